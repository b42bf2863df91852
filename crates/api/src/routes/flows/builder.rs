use std::collections::BTreeMap;

use app::{Builder, BuilderSaved};
use axum::{
    Json,
    http::{HeaderValue, header::ETAG},
    response::{IntoResponse, Response},
};
use model::{
    Doc, ObjectId,
    flow::{builder::BuilderSave, check::Report},
    scheduler::{
        BookingAnswerCategory, BookingFlow, BookingQuestion, BookingQuestionAnswer, BookingService,
        CanvasData, DiagramKind,
    },
    step::BookingFlowStep,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ONE, about};
use crate::{
    Problem, body,
    callers::{Allowed, Update, View},
    routes::{
        Routes,
        entities::{Document, EntityPath, IfMatch, Routed, Sent, shown_value},
    },
};

pub(super) fn routes() -> Routes {
    let path = format!("{ONE}/builder");
    Routes::new()
        .get(&path, about("get_booking_flow_builder", "All that a builder shows of a flow"), show)
        .put(
            &path,
            about("save_booking_flow_builder", "Save many changes of a flow at once, or none"),
            save,
        )
}

/// A flow with all that a builder shows.
#[derive(Serialize, JsonSchema)]
struct BuilderView {
    #[schemars(with = "Document<BookingFlow>")]
    flow: serde_json::Value,
    /// In the flow's order.
    #[schemars(with = "Vec<Document<BookingFlowStep>>")]
    steps: Vec<serde_json::Value>,
    #[schemars(with = "Vec<Document<BookingQuestion>>")]
    questions: Vec<serde_json::Value>,
    #[schemars(with = "Vec<Document<BookingQuestionAnswer>>")]
    answers: Vec<serde_json::Value>,
    /// All of the organization's.
    #[schemars(with = "Vec<Document<BookingAnswerCategory>>")]
    categories: Vec<serde_json::Value>,
    /// All of the organization's.
    #[schemars(with = "Vec<Document<BookingService>>")]
    services: Vec<serde_json::Value>,
    canvas_data: CanvasView,
    /// What stands against publishing the draft.
    report: Report,
    /// What each temporary id of the request stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<BTreeMap<String, ObjectId>>,
}

/// Where the builder draws things.
#[derive(Serialize, JsonSchema)]
struct CanvasView {
    flow: Option<CanvasData>,
    service_selection: Option<CanvasData>,
}

impl BuilderView {
    fn new(builder: Builder, ids: Option<BTreeMap<String, ObjectId>>) -> Self {
        fn all<E: Routed>(docs: &[Doc<E>]) -> Vec<serde_json::Value> {
            docs.iter().map(shown_value).collect()
        }
        let Builder { flow, steps, questions, answers, categories, services, canvas, report } =
            builder;
        let mut canvas: BTreeMap<&str, CanvasData> = canvas
            .into_iter()
            .map(|(kind, data)| match kind {
                DiagramKind::Flow => ("flow", data),
                DiagramKind::ServiceSelection => ("service_selection", data),
            })
            .collect();
        Self {
            flow: shown_value(&flow),
            steps: all(&steps),
            questions: all(&questions),
            answers: all(&answers),
            categories: all(&categories),
            services: all(&services),
            canvas_data: CanvasView {
                flow: canvas.remove("flow"),
                service_selection: canvas.remove("service_selection"),
            },
            report,
            ids,
        }
    }
}

async fn show(
    allowed: Allowed<View<BookingFlow>>,
    EntityPath(id): EntityPath<BookingFlow>,
) -> Result<Versioned<BuilderView>, Problem> {
    let builder = allowed.0.flow(id).builder().await?;
    let version = builder.flow.version;
    Ok(Versioned(version, BuilderView::new(builder, None)))
}

async fn save(
    allowed: Allowed<Update<BookingFlow>>,
    EntityPath(id): EntityPath<BookingFlow>,
    IfMatch(expected): IfMatch,
    sent: Sent<BuilderSave>,
) -> Result<Versioned<BuilderView>, Problem> {
    let save: BuilderSave = body::typed(&sent.fields)?;
    let BuilderSaved { ids, builder } = allowed.0.flow(id).save(expected, &save).await?;
    let version = builder.flow.version;
    Ok(Versioned(version, BuilderView::new(builder, Some(ids))))
}

/// With the version of the flow as `ETag`.
struct Versioned<T>(u64, T);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.1).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

impl<T: JsonSchema> aide::OperationOutput for Versioned<T> {
    type Inner = T;

    fn operation_response(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Option<aide::openapi::Response> {
        <Json<T> as aide::OperationOutput>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        <Json<T> as aide::OperationOutput>::inferred_responses(ctx, operation)
    }
}
