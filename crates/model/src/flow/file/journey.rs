use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Place, Problems,
    content::Slug,
    flow::{
        CompiledFlow, Leads,
        check::Finding,
        file::{FlowFile, StepEntry},
    },
    scheduler::{BookingQuestion, QuestionKind, ServiceZone, ZoneIndex, normalize_postal_code},
    session::check_value,
    step::{OutsideAction, StepConfig},
};

/// A visit and what must come of it: a test of the flow, kept in its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journey {
    /// What it shows, 1 to 200 characters.
    pub name: String,
    /// The postal code, in a flow that asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// In the order of the questions: an answer's slug, a list of them, or a value.
    pub answers: Vec<Given>,
    #[serde(default)]
    pub expect: Expectation,
}

/// One answer of a journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Given {
    Number(f64),
    Text(String),
    Several(Vec<Slug>),
}

/// What must come of a journey.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Where the answers lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Slug>,
    /// Where the postal code lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Slug>,
}

impl Journey {
    /// Checks lengths; whether it ends where it should, [`FlowFile::run_journeys`] finds out.
    pub(crate) fn validate(&self, mut place: Place<'_>) {
        place.at("name").text(&self.name, 1, 200);
        place.at("zip").text(self.zip.as_deref().unwrap_or_default(), 0, 20);
        place.at("answers").range(&self.answers.len(), &0, &1_000);
        for (n, given) in self.answers.iter().enumerate() {
            let mut place = place.at(format_args!("answers.{n}"));
            match given {
                Given::Number(number) => {
                    place.require(number.is_finite(), "range", "must be a finite number");
                }
                Given::Text(text) => place.require(text.len() <= 10_000, "length", "is too long"),
                Given::Several(slugs) => place.range(&slugs.len(), &0, &1_000),
            }
        }
    }
}

impl FlowFile {
    /// Takes every journey and reports those that end elsewhere than they expect.
    pub fn run_journeys(
        &self,
        flow: &CompiledFlow,
        zones: &IndexMap<Slug, ServiceZone>,
    ) -> Vec<Finding> {
        let zones = self.served(zones);
        self.journeys
            .iter()
            .enumerate()
            .filter_map(|(n, journey)| {
                let problem = journey.run(flow, &zones).err()?;
                let message = format!("The journey “{}” fails: {problem}.", journey.name);
                Some(Finding::error("journey.failed", format!("journeys.{n}"), message))
            })
            .collect()
    }
}

impl FlowFile {
    /// The zones that count for the step that asks for the postal code.
    fn served(&self, zones: &IndexMap<Slug, ServiceZone>) -> IndexMap<Slug, ServiceZone> {
        let named = self.steps.iter().find_map(|step| match step {
            StepEntry::Zipcode { zones, .. } if !zones.is_empty() => Some(zones),
            _ => None,
        });
        let counts = |slug: &Slug| named.is_none_or(|it| it.contains(slug));
        let served = zones.iter().filter(|(slug, _)| counts(slug));
        served.map(|(slug, zone)| (slug.clone(), zone.clone())).collect()
    }
}

impl Journey {
    fn run(&self, flow: &CompiledFlow, zones: &IndexMap<Slug, ServiceZone>) -> Result<(), String> {
        self.check_zone(flow, zones)?;
        let service = self.walk(flow)?;
        match &self.expect.service {
            Some(expected) if *expected != service => {
                Err(format!("it ends at {service}, not at {expected}"))
            }
            _ => Ok(()),
        }
    }

    fn check_zone(
        &self,
        flow: &CompiledFlow,
        zones: &IndexMap<Slug, ServiceZone>,
    ) -> Result<(), String> {
        let Some(zip) = &self.zip else {
            return match &self.expect.zone {
                Some(zone) => Err(format!("it expects the zone {zone} without a postal code")),
                None => Ok(()),
            };
        };
        let config = flow.steps.iter().find_map(|step| match &step.config {
            StepConfig::Zipcode(config) => Some(config),
            _ => None,
        });
        let Some(config) = config else {
            return Err("the flow asks for no postal code".to_owned());
        };
        let code = normalize_postal_code(&config.country, zip)
            .ok_or_else(|| format!("{zip} is not a postal code of {}", config.country))?;
        // Ids do not matter here: the position in the file stands in for them.
        let ids = |n: usize| {
            let mut bytes = [0; 12];
            bytes[4..].copy_from_slice(&(n as u64).to_be_bytes());
            crate::Id::new(crate::ObjectId::from_bytes(bytes))
        };
        let index = ZoneIndex::new(zones.values().enumerate().map(|(n, zone)| (ids(n), zone)));
        let found = index.find(&config.country, &code);
        let found =
            zones.keys().enumerate().find(|(n, _)| Some(ids(*n)) == found).map(|(_, slug)| slug);
        match (&self.expect.zone, found) {
            (Some(expected), Some(found)) if expected != found => {
                Err(format!("{zip} is in the zone {found}, not in {expected}"))
            }
            (_, Some(_)) => Ok(()),
            (None, None) if config.zone_ids.is_empty() => Ok(()),
            (None, None) if config.outside_area.action == OutsideAction::Continue => Ok(()),
            (_, None) => Err(format!("{zip} is in no zone")),
        }
    }

    fn walk(&self, flow: &CompiledFlow) -> Result<Slug, String> {
        let mut node = flow.root();
        let mut answers = self.answers.iter();
        loop {
            let question = flow.question(node).ok_or("the graph has no question there")?;
            let slug = &question.body.slug;
            let given = answers.next().ok_or_else(|| format!("it has no answer to {slug}"))?;
            let leads = if question.body.kind == QuestionKind::SingleChoice {
                let [choice] = &given.slugs()[..] else {
                    return Err(format!("{slug} wants the slug of one answer"));
                };
                let mut choices = flow.choices(node);
                let (answer, _) = choices
                    .find(|(_, answer)| answer.slug.as_str() == choice)
                    .ok_or_else(|| format!("{slug} has no answer {choice}"))?;
                flow.after_answer(answer)
            } else {
                given.fits(flow, &question.body)?;
                flow.after_question(node)
            };
            match leads {
                Some(Leads::Question(next)) => node = next,
                Some(Leads::Service(service)) => {
                    if answers.next().is_some() {
                        return Err("it has answers left when a service is reached".to_owned());
                    }
                    return flow
                        .service(service)
                        .map(|it| it.slug.clone())
                        .ok_or_else(|| "it ends at a service that does not exist".to_owned());
                }
                None => return Err(format!("the path ends after {slug} without a service")),
            }
        }
    }
}

impl Given {
    /// As slugs of answers. One that is all digits is read as a number.
    fn slugs(&self) -> Vec<String> {
        match self {
            Self::Number(number) => vec![number.to_string()],
            Self::Text(slug) => vec![slug.clone()],
            Self::Several(slugs) => slugs.iter().map(Slug::to_string).collect(),
        }
    }

    /// Whether a visitor could answer a question that only collects data like that.
    fn fits(&self, flow: &CompiledFlow, question: &BookingQuestion) -> Result<(), String> {
        let slug = &question.slug;
        if question.kind == QuestionKind::MultiChoice {
            let answers: Vec<_> =
                question.answer_ids.iter().filter_map(|it| flow.answer(*it)).collect();
            let chosen = self.slugs();
            let known = |it: &String| answers.iter().any(|answer| answer.slug.as_str() == it);
            return match chosen.iter().find(|it| !known(it)) {
                Some(unknown) => Err(format!("{slug} has no answer {unknown}")),
                None if chosen.is_empty() && question.is_required => {
                    Err(format!("{slug} wants at least one answer"))
                }
                None => Ok(()),
            };
        }
        let value = match self {
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Several(_) => return Err(format!("{slug} wants one value")),
        };
        let mut problems = Problems::default();
        let BookingQuestion { kind, rules, is_required, .. } = question;
        check_value(*kind, rules, *is_required, Some(&value), problems.root());
        match problems.0.first() {
            Some(problem) => {
                let sentence = problem.message.trim_end_matches('.');
                Err(format!("{slug} does not take {value}: {sentence}"))
            }
            None => Ok(()),
        }
    }
}
