use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    content::Slug,
    flow::{
        CompiledFlow, Leads,
        check::{Finding, Severity},
        file::FlowFile,
    },
    scheduler::{QuestionKind, ServiceZone, ZoneIndex, normalize_postal_code},
    step::StepConfig,
};

/// A visit and what must come of it: a test of the flow, kept in its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journey {
    pub name: String,
    #[serde(default)]
    pub zip: Option<String>,
    /// In the order of the questions: an answer's slug, a list of them, or a value.
    pub answers: Vec<Given>,
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    #[serde(default)]
    pub service: Option<Slug>,
    #[serde(default)]
    pub zone: Option<Slug>,
}

impl FlowFile {
    /// Takes every journey and reports those that end elsewhere than they expect.
    pub fn run_journeys(
        &self,
        flow: &CompiledFlow,
        zones: &IndexMap<Slug, ServiceZone>,
    ) -> Vec<Finding> {
        self.journeys
            .iter()
            .enumerate()
            .filter_map(|(n, journey)| {
                let problem = journey.run(flow, zones).err()?;
                Some(Finding {
                    code: "journey.failed",
                    severity: Severity::Error,
                    message: format!("The journey “{}” fails: {problem}.", journey.name),
                    path: format!("journeys.{n}"),
                    ids: Vec::new(),
                    witness: Vec::new(),
                })
            })
            .collect()
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
        let Some(zip) = &self.zip else { return Ok(()) };
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
            (_, None) if !config.zone_ids.is_empty() => Err(format!("{zip} is in no zone")),
            _ => Ok(()),
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
                let Given::Text(choice) = given else {
                    return Err(format!("{slug} wants the slug of an answer"));
                };
                let mut choices = flow.choices(node);
                let (answer, _) = choices
                    .find(|(_, answer)| answer.slug.as_str() == choice)
                    .ok_or_else(|| format!("{slug} has no answer {choice}"))?;
                flow.after_answer(answer)
            } else {
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
