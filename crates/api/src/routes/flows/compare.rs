use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation, Response as DocResponse, StatusCode as Status},
};
use axum::{
    Json,
    http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use model::{
    diagram::DiagramFormat,
    flow::{FlowDiff, draw_diff},
    scheduler::BookingFlow,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ONE, about, diagram::POLICY};
use crate::{
    Problem,
    callers::{Allowed, View},
    query::Queried,
    routes::{Routes, entities::EntityPath},
};

pub(super) fn routes() -> Routes {
    Routes::new().get(
        &format!("{ONE}/diff"),
        about("diff_booking_flow", "What differs between two versions of a flow, or a draft"),
        diff,
    )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Compared {
    /// The number of a version; absent is the one that visitors get.
    from: Option<u32>,
    /// The number of a version; absent is the draft.
    to: Option<u32>,
    /// `json` when absent.
    format: Option<DiffFormat>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum DiffFormat {
    Json,
    /// For people and pull requests.
    Text,
    /// Both graphs in one picture.
    Svg,
}

async fn diff(
    allowed: Allowed<View<BookingFlow>>,
    EntityPath(id): EntityPath<BookingFlow>,
    Queried(Compared { from, to, format }): Queried<Compared>,
) -> Result<Diff, Problem> {
    let (before, after) = allowed.0.flow(id).compared(from, to).await?;
    Ok(match format.unwrap_or(DiffFormat::Json) {
        DiffFormat::Json => Diff::Json(FlowDiff::between(&before, &after)),
        DiffFormat::Text => Diff::Text(FlowDiff::between(&before, &after).to_text()),
        DiffFormat::Svg => Diff::Svg(draw_diff(&before, &after).to_svg()),
    })
}

/// A difference as it was asked for.
enum Diff {
    Json(FlowDiff),
    Text(String),
    Svg(String),
}

impl IntoResponse for Diff {
    fn into_response(self) -> Response {
        match self {
            Self::Json(diff) => Json(diff).into_response(),
            Self::Text(text) => text.into_response(),
            Self::Svg(svg) => {
                let mime = DiagramFormat::Svg.mime_type();
                ([(CONTENT_TYPE, mime), (CONTENT_SECURITY_POLICY, POLICY)], svg).into_response()
            }
        }
    }
}

impl OperationOutput for Diff {
    type Inner = FlowDiff;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<DocResponse> {
        let mut response = <Json<FlowDiff> as OperationOutput>::operation_response(ctx, operation)?;
        for mime in ["text/plain", DiagramFormat::Svg.mime_type()] {
            response.content.insert(mime.to_owned(), MediaType::default());
        }
        Some(response)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<Status>, DocResponse)> {
        let response = Self::operation_response(ctx, operation);
        response.map(|it| (Some(Status::Code(200)), it)).into_iter().collect()
    }
}
