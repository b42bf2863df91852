use app::Member;
use axum::{
    body::{Body, Bytes},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;

use super::{About, Routes, entities::shown};
use crate::{
    callers::{Allowed, permission::ViewAuditLog},
    problem::Problem,
};

pub(super) fn routes() -> Routes {
    Routes::new().get(
        "/api/v1/organizations/{organization_id}/audit_log/export",
        About {
            id: "export_audit_log",
            tag: "audit_log",
            summary: "The whole audit log, one entry of JSON a line, oldest first",
        },
        export,
    )
}

async fn export(allowed: Allowed<ViewAuditLog>) -> Result<Lines, Problem> {
    Ok(Lines(allowed.0))
}

/// Read and written page by page, so that a long log needs no more memory than a short one.
struct Lines(Member);

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        let pages = stream::try_unfold((self.0, 0), |(member, after)| async move {
            let page = member.audit_log(after).await?;
            let Some(last) = page.last().map(|it| it.body.sequence) else {
                return Ok::<_, app::Error>(None);
            };
            let lines: String = page.iter().map(|it| shown(it) + "\n").collect();
            Ok(Some((Bytes::from(lines), (member, last))))
        });
        let headers = [
            (CONTENT_TYPE, "application/x-ndjson"),
            (CONTENT_DISPOSITION, "attachment; filename=\"audit-log.ndjson\""),
        ];
        (headers, Body::from_stream(pages)).into_response()
    }
}

impl aide::OperationOutput for Lines {
    type Inner = ();

    fn inferred_responses(
        _: &mut aide::generate::GenContext,
        _: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        let media = ("application/x-ndjson".to_owned(), aide::openapi::MediaType::default());
        let response = aide::openapi::Response {
            description: "The entries".to_owned(),
            content: [media].into_iter().collect(),
            ..aide::openapi::Response::default()
        };
        vec![(Some(aide::openapi::StatusCode::Code(200)), response)]
    }
}
