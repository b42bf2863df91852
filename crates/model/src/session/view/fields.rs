use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    scheduler::ValueRules,
    step::{CustomerFields, DetailField, DetailKind, Presence, StepConfig},
};

/// One thing to type in. Its key is its place in the command: `address.street`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ViewField {
    pub key: String,
    pub kind: FieldKind,
    pub label: String,
    pub required: bool,
    pub rules: ValueRules,
    /// Of a select.
    pub options: Vec<FieldOption>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Textarea,
    Number,
    Select,
    Checkbox,
    Email,
    Tel,
    PostalCode,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldOption {
    pub value: String,
    pub label: String,
}

/// Something to agree to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ViewConsent {
    pub key: String,
    pub text: String,
    pub required: bool,
    pub url: Option<String>,
}

pub(super) fn fields(config: &StepConfig) -> Vec<ViewField> {
    match config {
        StepConfig::Zipcode(config) => {
            let label = if config.country == "US" { "ZIP code" } else { "Postal code" };
            vec![field("zip", FieldKind::PostalCode, label, true)]
        }
        StepConfig::AdditionalDetails(config) => config.fields.iter().map(detail_field).collect(),
        StepConfig::CustomerInfo(config) => customer_fields(&config.fields),
        StepConfig::ServiceSelection(_)
        | StepConfig::TimeslotSelection(_)
        | StepConfig::Summary(_)
        | StepConfig::Confirmation(_) => Vec::new(),
    }
}

pub(super) fn consents(config: &StepConfig) -> Vec<ViewConsent> {
    let StepConfig::CustomerInfo(config) = config else { return Vec::new() };
    let consents = config.consents.iter().cloned();
    consents
        .map(|it| ViewConsent { key: it.key, text: it.text, required: it.required, url: it.url })
        .collect()
}

fn field(key: &str, kind: FieldKind, label: &str, required: bool) -> ViewField {
    ViewField {
        key: key.to_owned(),
        kind,
        label: label.to_owned(),
        required,
        rules: ValueRules::default(),
        options: Vec::new(),
    }
}

fn detail_field(detail: &DetailField) -> ViewField {
    let kind = match detail.kind {
        DetailKind::Text => FieldKind::Text,
        DetailKind::Textarea => FieldKind::Textarea,
        DetailKind::Number => FieldKind::Number,
        DetailKind::Select => FieldKind::Select,
        DetailKind::Checkbox => FieldKind::Checkbox,
    };
    let options = detail.options.iter();
    ViewField {
        rules: detail.rules.clone(),
        options: options.map(|it| FieldOption { value: it.clone(), label: it.clone() }).collect(),
        ..field(&detail.key, kind, &detail.label, detail.required)
    }
}

fn customer_fields(fields: &CustomerFields) -> Vec<ViewField> {
    let shown = |presence: Presence, list: &[(&str, FieldKind, &str, bool)]| -> Vec<ViewField> {
        if presence == Presence::Hidden {
            return Vec::new();
        }
        let required = presence == Presence::Required;
        list.iter()
            .map(|(key, kind, label, always)| field(key, *kind, label, required && *always))
            .collect()
    };
    let address = [
        ("address.street", FieldKind::Text, "Street address", true),
        ("address.unit", FieldKind::Text, "Apartment, suite", false),
        ("address.city", FieldKind::Text, "City", true),
        ("address.region", FieldKind::Text, "State", false),
        ("address.postal_code", FieldKind::PostalCode, "ZIP code", true),
    ];
    [
        shown(
            fields.name,
            &[
                ("first_name", FieldKind::Text, "First name", true),
                ("last_name", FieldKind::Text, "Last name", true),
            ],
        ),
        shown(fields.email, &[("email", FieldKind::Email, "E-mail", true)]),
        shown(fields.phone, &[("phone", FieldKind::Tel, "Phone", true)]),
        shown(fields.address, &address),
    ]
    .concat()
}
