use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::{Rejection, Visit};
use crate::{
    Place, Problems,
    scheduler::{QuestionKind, ValueRules, compile_pattern},
    session::EventData,
    step::{AdditionalDetails, DetailField, DetailKind, StepConfig},
};

/// A text without a rule of its own has at most so many characters.
const LONGEST_TEXT: u32 = 5_000;

impl Visit<'_> {
    pub(super) fn submit_details(
        &mut self,
        values: &BTreeMap<String, Value>,
    ) -> Result<(), Rejection> {
        let StepConfig::AdditionalDetails(config) = &self.step().config else {
            return Err(self.not_here("submit_details"));
        };
        let mut problems = Problems::default();
        let mut kept = self.details_of_other_steps(config);
        let mut root = problems.root();
        for key in values.keys().filter(|key| config.fields.iter().all(|it| it.key != **key)) {
            root.at(format_args!("values.{key}")).add("unknown", "is not a field of this step");
        }
        for field in &config.fields {
            let place = root.at(format_args!("values.{}", field.key));
            if let Some(value) = check_field(field, values.get(&field.key), place) {
                kept.insert(field.key.clone(), value);
            }
        }
        problems.into_result().map_err(Rejection::Invalid)?;
        self.happens(EventData::DetailsSubmitted { values: kept });
        self.complete_step()
    }

    fn details_of_other_steps(&self, config: &AdditionalDetails) -> BTreeMap<String, Value> {
        let others = self.active.selections.details.iter();
        others
            .filter(|(key, _)| config.fields.iter().all(|it| it.key != **key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

pub(super) fn check_field(
    field: &DetailField,
    value: Option<&Value>,
    mut place: Place<'_>,
) -> Option<Value> {
    match field.kind {
        DetailKind::Text | DetailKind::Textarea => {
            check_value(QuestionKind::Text, &field.rules, field.required, value, place)
        }
        DetailKind::Number => {
            check_value(QuestionKind::Number, &field.rules, field.required, value, place)
        }
        DetailKind::Select => {
            let value =
                check_value(QuestionKind::Text, &field.rules, field.required, value, place.here())?;
            let known = field.options.iter().any(|it| value == it.as_str());
            place.require(known, "option", "Choose one of the options.");
            Some(value)
        }
        DetailKind::Checkbox => {
            let checked = match value {
                None | Some(Value::Null) => false,
                Some(Value::Bool(checked)) => *checked,
                Some(_) => {
                    place.add("type", "must be true or false");
                    false
                }
            };
            place.require(checked || !field.required, "required", "This is needed to go on.");
            Some(Value::Bool(checked))
        }
    }
}

/// A typed-in value in the form in which it is kept; `None` for none, or when it breaks a rule,
/// which is added at `place`.
pub(crate) fn check_value(
    kind: QuestionKind,
    rules: &ValueRules,
    required: bool,
    value: Option<&Value>,
    mut place: Place<'_>,
) -> Option<Value> {
    let value =
        value.filter(|it| !it.is_null() && it.as_str().is_none_or(|it| !it.trim().is_empty()));
    let Some(value) = value else {
        let sentence = match kind {
            QuestionKind::Number => "Enter a number.",
            QuestionKind::Date => "Choose a date.",
            QuestionKind::Photo => "Add a photo.",
            _ => "Fill this in.",
        };
        place.require(!required, "required", sentence);
        return None;
    };
    match kind {
        QuestionKind::Number => check_number(rules, value, place),
        QuestionKind::Date => {
            let date = value.as_str().and_then(|it| it.parse::<Date>().ok());
            place.require(date.is_some(), "date", "Enter a date such as 2026-11-24.");
            date.map(|it| Value::String(it.to_string()))
        }
        // Which ones these can be is for the caller to say.
        QuestionKind::Photo => {
            place.require(value.is_array(), "photo", "Add a photo.");
            Some(value.clone())
        }
        QuestionKind::Text | QuestionKind::SingleChoice | QuestionKind::MultiChoice => {
            check_text(rules, value, place)
        }
    }
}

fn check_number(rules: &ValueRules, value: &Value, mut place: Place<'_>) -> Option<Value> {
    let Some(number) = value.as_f64().filter(|it| it.is_finite()) else {
        place.add("type", "Enter a number.");
        return None;
    };
    let low = rules.min.is_some_and(|min| number < min);
    let high = rules.max.is_some_and(|max| number > max);
    if low || high {
        place.add(
            "range",
            match (rules.min, rules.max) {
                (Some(min), Some(max)) => format!("Enter a number from {min} to {max}."),
                (Some(min), None) => format!("Enter {min} or more."),
                _ => format!("Enter {} or less.", rules.max.unwrap_or_default()),
            },
        );
    }
    Some(value.clone())
}

fn check_text(rules: &ValueRules, value: &Value, mut place: Place<'_>) -> Option<Value> {
    let Some(text) = value.as_str().map(str::trim) else {
        place.add("type", "must be a text");
        return None;
    };
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let (min, max) = (rules.min_length.unwrap_or(0), rules.max_length.unwrap_or(LONGEST_TEXT));
    if length > max {
        place.add("length", format!("Use at most {max} characters."));
    } else if length < min {
        place.add("length", format!("Use at least {min} characters."));
    }
    if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        place.add("characters", "must not contain control characters");
    }
    let pattern = rules.pattern.as_deref().and_then(|it| compile_pattern(it).ok());
    if pattern.is_some_and(|it| !it.is_match(text)) {
        place.add("pattern", "This does not look right. Please check it.");
    }
    Some(Value::String(text.to_owned()))
}
