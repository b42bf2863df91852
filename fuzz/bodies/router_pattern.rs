//! A few routers of any patterns, and a page: who wins matches, is told so alone, and wins on the
//! pages of what the checker finds.

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Result, Unstructured};
use model::{
    Doc, Id, ObjectId, Timestamp,
    routing::{Asked, FindingKind, Page, Routers, VerdictCode, check},
    scheduler::{
        BookingFlowRouter, CampaignCriteria, MatchingCriteria, PriorityClass, QueryParameter,
    },
};

#[derive(Debug)]
pub(crate) struct Input<'a> {
    routers: Vec<Doc<BookingFlowRouter>>,
    url: &'a str,
}

const TEXTS: [&str; 12] =
    ["*", "**", "a", "A*", "*b*", "%2F", "ß", "ss", "utm_source", "utm_term", "", "."];

fn text(from: &mut Unstructured<'_>) -> Result<String> {
    let own = from.ratio(1, 8)?;
    Ok(if own { from.arbitrary()? } else { (*from.choose(&TEXTS)?).to_owned() })
}

fn maybe(from: &mut Unstructured<'_>) -> Result<Option<String>> {
    if from.arbitrary()? { text(from).map(Some) } else { Ok(None) }
}

fn criteria(from: &mut Unstructured<'_>) -> Result<MatchingCriteria> {
    let mut criteria = MatchingCriteria::default();
    if from.arbitrary()? {
        let path = criteria.path.insert(Vec::new());
        while path.len() < 6 && from.ratio(3, 5)? {
            path.push(text(from)?);
        }
    }
    for _ in 0..3 {
        if !from.ratio(1, 3)? {
            break;
        }
        let wanted = QueryParameter { value: maybe(from)?, required: from.arbitrary()? };
        criteria.query_params.insert(text(from)?, wanted);
    }
    if from.arbitrary()? {
        let (source, term) = (maybe(from)?, maybe(from)?);
        criteria.campaign = Some(CampaignCriteria { source, term, ..CampaignCriteria::default() });
    }
    Ok(criteria)
}

impl<'a> Arbitrary<'a> for Input<'a> {
    fn arbitrary(from: &mut Unstructured<'a>) -> Result<Self> {
        let mut routers = Vec::new();
        while routers.len() < 6 && from.ratio(4, 5)? {
            let number = u32::try_from(routers.len()).unwrap_or(u32::MAX);
            let classes = [PriorityClass::Override, PriorityClass::Standard];
            let body = BookingFlowRouter {
                name: "Router".to_owned(),
                description: None,
                booking_flow_id: Id::new(ObjectId::of("flow")),
                scheduler_config_id: None,
                example_urls: Vec::new(),
                matching_criteria: criteria(from)?,
                priority_class: *from.choose(&classes)?,
                is_default: from.ratio(1, 8)?,
                is_active: true,
                scheduling: None,
            };
            routers.push(Doc {
                id: Id::new(ObjectId::from_parts(number, [0; 5], 0)),
                organization_id: None,
                version: 1,
                created_at: Timestamp::EPOCH,
                updated_at: Timestamp::EPOCH,
                body,
            });
        }
        Ok(Self { routers, url: from.arbitrary()? })
    }
}

pub(crate) fn run(input: &Input<'_>) {
    let routers = Routers::compile(&input.routers);
    let (at, unpublished) = (Timestamp::EPOCH, BTreeSet::new());
    let decide = |url: &str| {
        let page = Page::parse(url);
        let asked = Asked { page: &page, at, scheduler: None, unpublished: &unpublished };
        let decision = routers.decide(&asked);
        let won = |code| matches!(code, VerdictCode::Won | VerdictCode::WonAsDefault);
        let winners: Vec<_> =
            decision.verdicts.iter().filter(|it| won(it.code)).map(|it| it.router_id).collect();
        let expected: Vec<_> = decision.routed.iter().map(|it| it.router).collect();
        assert_eq!(winners, expected, "{url}");
        // Without a winner nobody else matches either.
        let lost = decision.verdicts.iter().filter(|it| it.code >= VerdictCode::LostAsDefault);
        assert!(!winners.is_empty() || lost.count() == 0, "{url}");
        decision
    };
    decide(input.url);
    for finding in check(&routers, at).findings {
        let Some(url) = &finding.url else { continue };
        let decision = decide(url);
        let of = |id| decision.verdicts.iter().find(|it| it.router_id == id).map(|it| it.code);
        let matches = |id| of(id) >= Some(VerdictCode::LostAsDefault);
        let routed = decision.routed.map(|it| it.router);
        match finding.kind {
            FindingKind::Shadowed => {
                assert!(matches(finding.router_ids[0]), "{finding:?}");
                assert_eq!(routed, Some(finding.router_ids[1]), "{finding:?}");
            }
            FindingKind::Tie => {
                let [younger, older] = finding.router_ids[..] else { panic!("{finding:?}") };
                assert!(matches(younger), "{finding:?}");
                assert!(matches(older) || routed == Some(older), "{finding:?}");
            }
            FindingKind::Impossible => panic!("{finding:?}"),
        }
    }
}
