use std::collections::HashSet;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeOwned},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, Timestamp,
    core::User,
    hex,
    scheduler::{
        AnswerKind, BookingAnswerCategory, BookingFlow, BookingFlowStatus, BookingQuestion,
        BookingQuestionAnswer, BookingService,
    },
    step::{BookingFlowStep, NodeTarget, ServiceGraph, StepConfig},
};

/// A flow as it was when it was published; never changed after. A session stays on the version
/// that it began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingFlowVersion {
    pub booking_flow_id: Id<BookingFlow>,
    /// 1, 2, 3 … in its flow.
    pub number: u32,
    pub snapshot: FlowSnapshot,
    /// SHA-256 of the snapshot's canonical JSON, in hex.
    pub checksum: String,
    /// Absent when the command line published it.
    pub published_by_id: Option<Id<User>>,
    pub published_at: Timestamp,
    pub note: Option<String>,
}

/// A flow with all that it needs, so that later changes to any of it do not reach it. Zones and
/// schedules are not in it: when and where a business works today counts for every version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowSnapshot {
    pub flow: Identified<BookingFlow>,
    pub steps: Vec<Identified<BookingFlowStep>>,
    pub questions: Vec<Identified<BookingQuestion>>,
    pub answers: Vec<Identified<BookingQuestionAnswer>>,
    pub categories: Vec<Identified<BookingAnswerCategory>>,
    pub services: Vec<Identified<BookingService>>,
}

/// A document's id and body, without the rest of its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identified<E> {
    #[serde(rename = "_id")]
    pub id: Id<E>,
    #[serde(flatten)]
    pub body: E,
}

/// Written out because serde's `flatten` would drop fields that the body does not know.
impl<'de, E: DeserializeOwned> Deserialize<'de> for Identified<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let id = fields.remove("_id").ok_or_else(|| de::Error::missing_field("_id"))?;
        let id = Id::deserialize(id).map_err(de::Error::custom)?;
        let body = E::deserialize(Value::Object(fields)).map_err(de::Error::custom)?;
        Ok(Self { id, body })
    }
}

impl<E: JsonSchema> JsonSchema for Identified<E> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Identified{}", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = E::json_schema(generator);
        let id = generator.subschema_for::<Id<E>>().to_value();
        let fields = schema.ensure_object();
        if let Value::Object(properties) = fields.entry("properties").or_insert(json!({})) {
            properties.insert("_id".to_owned(), id);
        }
        if let Value::Array(required) = fields.entry("required").or_insert(json!([])) {
            required.push("_id".into());
        }
        schema
    }
}

impl FlowSnapshot {
    /// SHA-256 of the JSON with sorted keys, in hex.
    pub fn checksum(&self) -> String {
        let canonical = serde_json::to_value(self).unwrap_or_default().to_string();
        hex(&Sha256::digest(canonical))
    }

    /// SHA-256, in hex, of what visitors meet: the same for a draft and a version of it that
    /// differ in nothing but where the flow stands in its life, the order of their lists, and what
    /// no step leads to.
    pub fn content_checksum(&self) -> String {
        let mut content = self.clone().trimmed();
        content.flow.body = BookingFlow {
            status: BookingFlowStatus::Draft,
            published_version_id: None,
            has_unpublished_changes: false,
            scheduled_publication: None,
            failed_publication: None,
            ..content.flow.body
        };
        content.steps.sort_by_key(|it| it.id);
        content.questions.sort_by_key(|it| it.id);
        content.answers.sort_by_key(|it| it.id);
        content.categories.sort_by_key(|it| it.id);
        content.services.sort_by_key(|it| it.id);
        content.checksum()
    }

    /// Without the services and categories of the organization that nothing in the flow names.
    #[must_use]
    pub fn trimmed(mut self) -> Self {
        let services: HashSet<_> = self.service_ids().collect();
        let categories: HashSet<_> =
            self.answers.iter().filter_map(|it| it.body.category_id).collect();
        self.services.retain(|it| services.contains(&it.id));
        self.categories.retain(|it| categories.contains(&it.id));
        self
    }

    /// The graphs of its service-selection steps: one when it is sound.
    pub fn graphs(&self) -> impl Iterator<Item = &ServiceGraph> {
        self.steps.iter().filter_map(|it| match &it.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        })
    }

    /// What its nodes and answers lead to, each as often as it is named.
    pub fn service_ids(&self) -> impl Iterator<Item = Id<BookingService>> {
        let nodes = self.graphs().flat_map(|it| &it.nodes).filter_map(|it| match it.target {
            NodeTarget::Service { booking_service_id } => Some(booking_service_id),
            _ => None,
        });
        let answers = self.answers.iter().filter_map(|it| match it.body.kind {
            AnswerKind::ServiceReference { booking_service_id } => Some(booking_service_id),
            AnswerKind::Text {} => None,
        });
        nodes.chain(answers)
    }
}

impl Entity for BookingFlowVersion {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_flow_versions",
        label: "booking flow version",
        indexes: &[Index {
            name: "number",
            fields: &["booking_flow_id", "number"],
            unique: true,
            only: Only::All,
        }],
        references: &[
            Reference {
                field: "booking_flow_id",
                to: "booking_flows",
                on_delete: OnDelete::Restrict,
            },
            Reference { field: "published_by_id", to: "users", on_delete: OnDelete::SetNull },
        ],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        let intact = self.checksum == self.snapshot.checksum();
        place.at("checksum").require(intact, "checksum", "must be the snapshot's SHA-256");
        place.at("note").text(self.note.as_deref().unwrap_or_default(), 0, 2_000);
    }
}
