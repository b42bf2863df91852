//! Flows as code: a flow with all that it owns as one document, out and in.

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation},
};
use app::ImportPlan;
use axum::{
    Json,
    extract::{FromRequest, Request},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use model::{
    Id,
    flow::{
        FlowDiff,
        file::{FlowFile, Positions, text_of},
    },
    scheduler::BookingFlow,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Routes, entities::EntityPath};
use crate::{
    Api, LARGEST_ADMIN_BODY, Problem, body,
    callers::{Allowed, Update, View},
    query::Queried,
};

pub(super) fn routes() -> Routes {
    let all = "/api/v1/organizations/{organization_id}/booking_flows";
    let about = |id, summary| About { id, tag: "booking_flows", summary };
    Routes::new()
        .get(
            &format!("{all}/{{id}}/export"),
            about("export_booking_flow", "A flow with all that it owns as one file"),
            export,
        )
        .post(
            &format!("{all}/import"),
            about(
                "import_booking_flow",
                "Store the flow of a file as a draft, or say what that would change",
            ),
            import,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Exported {
    /// `yaml` when absent.
    format: Option<FileFormat>,
    /// Number of a version; the draft when absent.
    version: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FileFormat {
    Yaml,
    Json,
}

/// A flow file, as YAML or as JSON.
struct FileText {
    content_type: &'static str,
    text: String,
}

async fn export(
    allowed: Allowed<View<BookingFlow>>,
    EntityPath(id): EntityPath<BookingFlow>,
    Queried(asked): Queried<Exported>,
) -> Result<FileText, Problem> {
    let bundle = allowed.0.tenant().export_flow_by_id(id, asked.version).await?;
    let written = FlowFile::of(&bundle);
    Ok(match asked.format.unwrap_or(FileFormat::Yaml) {
        FileFormat::Yaml => FileText { content_type: "application/yaml", text: written.to_yaml() },
        FileFormat::Json => {
            FileText { content_type: "application/json", text: written.file.to_json() }
        }
    })
}

impl IntoResponse for FileText {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, self.content_type)], self.text).into_response()
    }
}

impl OperationOutput for FileText {
    type Inner = FlowFile;

    fn operation_response(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Option<aide::openapi::Response> {
        let response = <Json<FlowFile> as OperationOutput>::operation_response(ctx, operation)?;
        Some(or_yaml(response))
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        let inferred = <Json<FlowFile> as OperationOutput>::inferred_responses(ctx, operation);
        inferred.into_iter().map(|(status, response)| (status, or_yaml(response))).collect()
    }
}

/// The same document, written the other way.
fn or_yaml(mut response: aide::openapi::Response) -> aide::openapi::Response {
    response.content.insert("application/yaml".to_owned(), MediaType::default());
    response
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Imported {
    /// Says what would be done, and does nothing.
    #[serde(default)]
    dry_run: bool,
    /// The hash of a plan: refused when anything that it is about has changed since.
    plan: Option<String>,
}

/// What an import does, or would do.
#[derive(Serialize, JsonSchema)]
struct ImportView {
    /// Absent while nothing is done.
    booking_flow_id: Option<Id<BookingFlow>>,
    /// There was no flow with its slug.
    is_new: bool,
    /// Of the plan: sent as `plan`, it makes sure that only this is done.
    hash: String,
    diff: FlowDiff,
}

async fn import(
    allowed: Allowed<Update<BookingFlow>>,
    Queried(asked): Queried<Imported>,
    FileSent(file): FileSent,
) -> Result<Json<ImportView>, Problem> {
    let view = |plan: ImportPlan, booking_flow_id| {
        let ImportPlan { is_new, diff, hash } = plan;
        Json(ImportView { booking_flow_id, is_new, hash, diff })
    };
    if asked.dry_run {
        return Ok(view(file.located(allowed.0.plan_import(&file.file).await)?, None));
    }
    let imported = allowed.0.import_flow(&file.file, asked.plan.as_deref()).await;
    let (plan, imported) = file.located(imported)?;
    Ok(view(plan, Some(imported.booking_flow_id)))
}

/// A flow file as a body, in YAML or JSON.
struct FileSent(Sent);

struct Sent {
    file: FlowFile,
    positions: Positions,
}

impl Sent {
    /// What is wrong with the file, with lines and columns.
    fn located<T>(&self, result: app::Result<T>) -> Result<T, Problem> {
        result.map_err(|error| match error {
            app::Error::Unsound(report) => {
                app::Error::Unsound(Box::new(report.located(&self.positions))).into()
            }
            other => other.into(),
        })
    }
}

impl FromRequest<Api> for FileSent {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        const YAML: [&str; 3] = ["application/yaml", "application/x-yaml", "text/yaml"];
        let bytes = body::bytes_of(request, api, LARGEST_ADMIN_BODY, &YAML).await?;
        let text = text_of(&bytes).map_err(app::Error::from)?;
        let file = FlowFile::parse(text).map_err(app::Error::from)?;
        Ok(Self(Sent { file, positions: Positions::of(text) }))
    }
}

impl OperationInput for FileSent {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Json<FlowFile> as OperationInput>::operation_input(ctx, operation);
    }
}
