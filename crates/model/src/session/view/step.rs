use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Id,
    flow::{CompiledFlow, CompiledStep},
    scheduler::{BookingQuestionAnswer, QuestionKind, ValueRules},
    step::{BookingFlowStep, CallToBook, GraphNode, StepConfig, StepType, TimeslotMode},
};

/// The step where the visitor is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ViewStep {
    pub id: Option<Id<BookingFlowStep>>,
    #[serde(rename = "type")]
    pub step_type: Option<StepType>,
    pub title: String,
    pub description: Option<String>,
    pub icon: Option<String>,
    /// What of its config a visitor's screen needs.
    pub config: ViewStepConfig,
}

/// By the type of the step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ViewStepConfig {
    Zipcode {
        country: String,
    },
    TimeslotSelection {
        mode: TimeslotMode,
        offer_first_available: bool,
        call_to_book: Option<CallToBook>,
    },
    CustomerInfo {
        /// The country of the flow's postal codes: where addresses most likely are.
        country: String,
    },
    Summary {
        show_price: bool,
        show_dispatch_fee: bool,
        terms: Option<String>,
    },
    Confirmation {
        message: String,
        redirect_url: Option<String>,
        add_to_calendar: bool,
        show_reference: bool,
    },
    Nothing {},
}

/// The question that is asked.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ViewQuestion {
    pub node_id: Id<GraphNode>,
    pub kind: QuestionKind,
    pub title: String,
    pub description: Option<String>,
    pub icon: Option<String>,
    pub required: bool,
    pub rules: ValueRules,
    /// To choose from.
    pub answers: Vec<ViewAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ViewAnswer {
    pub id: Id<BookingQuestionAnswer>,
    pub title: String,
    pub description: Option<String>,
    pub icon: Option<String>,
    /// The heading it stands under.
    pub category: Option<String>,
}

impl ViewStep {
    pub(super) fn new(flow: &CompiledFlow, step: Option<&CompiledStep>) -> Self {
        let Some(step) = step else {
            return Self {
                id: None,
                step_type: None,
                title: flow.title.clone(),
                description: None,
                icon: None,
                config: ViewStepConfig::Nothing {},
            };
        };
        Self {
            id: Some(step.id),
            step_type: Some(step.config.step_type()),
            title: step.content.title.clone(),
            description: step.content.description.clone(),
            icon: step.content.icon.clone(),
            config: view_config(flow, &step.config),
        }
    }
}

fn view_config(flow: &CompiledFlow, config: &StepConfig) -> ViewStepConfig {
    match config.clone() {
        StepConfig::Zipcode(it) => ViewStepConfig::Zipcode { country: it.country },
        StepConfig::TimeslotSelection(it) => ViewStepConfig::TimeslotSelection {
            mode: it.mode,
            offer_first_available: it.offer_first_available,
            call_to_book: it.call_to_book,
        },
        StepConfig::CustomerInfo(_) => ViewStepConfig::CustomerInfo { country: country(flow) },
        StepConfig::Summary(it) => ViewStepConfig::Summary {
            show_price: it.show_price,
            show_dispatch_fee: it.show_dispatch_fee,
            terms: it.terms,
        },
        StepConfig::Confirmation(it) => ViewStepConfig::Confirmation {
            message: it.message,
            redirect_url: it.redirect_url,
            add_to_calendar: it.add_to_calendar,
            show_reference: it.show_reference,
        },
        StepConfig::ServiceSelection(_) | StepConfig::AdditionalDetails(_) => {
            ViewStepConfig::Nothing {}
        }
    }
}

fn country(flow: &CompiledFlow) -> String {
    let of_zipcode = flow.steps.iter().find_map(|step| match &step.config {
        StepConfig::Zipcode(config) => Some(config.country.clone()),
        _ => None,
    });
    of_zipcode.unwrap_or_else(|| "US".to_owned())
}

impl ViewQuestion {
    pub(super) fn new(flow: &CompiledFlow, node_id: Id<GraphNode>) -> Option<Self> {
        let question = &flow.question(node_id)?.body;
        let single = question.kind == QuestionKind::SingleChoice;
        let stands_here =
            |id: &&Id<BookingQuestionAnswer>| !single || flow.choice(node_id, **id).is_some();
        let answers = question.answer_ids.iter().filter(stands_here).filter_map(|id| {
            let answer = flow.answer(*id)?;
            let category = answer.category_id.and_then(|it| flow.category(it));
            Some(ViewAnswer {
                id: *id,
                title: answer.content.title.clone(),
                description: answer.content.description.clone(),
                icon: answer.content.icon.clone(),
                category: category.map(|it| it.content.title.clone()),
            })
        });
        Some(Self {
            node_id,
            kind: question.kind,
            title: question.content.title.clone(),
            description: question.content.description.clone(),
            icon: question.content.icon.clone(),
            required: question.is_required,
            rules: question.rules.clone(),
            answers: answers.collect(),
        })
    }
}
