//! What express links have beside what every document has: their address, and a code to print.

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation, Response as DocResponse, SchemaObject, StatusCode},
};
use axum::{
    http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use model::scheduler::BookingFlowExpressLink;
use qrcode::{EcLevel, QrCode, render::svg};
use schemars::json_schema;

use super::{
    About, Routes,
    entities::{EntityPath, Located},
};
use crate::{
    Problem,
    callers::{Allowed, View},
    problem::Code,
};

const ONE: &str = "/api/v1/organizations/{organization_id}/booking_flow_express_links/{id}";

/// In pixels at least; what prints it scales it.
const SIDE: u32 = 480;

pub(super) fn routes() -> Routes {
    let about = |id, summary| About { id, tag: "booking_flow_express_links", summary };
    Routes::new()
        .get(ONE, about("get_booking_flow_express_link", "One express link, with its address"), get)
        .get(
            &format!("{ONE}/qr.svg"),
            about("show_express_link_code", "A QR code of an express link’s address, for print"),
            code,
        )
}

async fn get(
    allowed: Allowed<View<BookingFlowExpressLink>>,
    EntityPath(id): EntityPath<BookingFlowExpressLink>,
) -> Result<Located<BookingFlowExpressLink>, Problem> {
    let doc = allowed.0.get(id).await?;
    let url = allowed.0.link_url(&doc).await?;
    Ok(Located { doc, url })
}

async fn code(
    allowed: Allowed<View<BookingFlowExpressLink>>,
    EntityPath(id): EntityPath<BookingFlowExpressLink>,
) -> Result<Svg, Problem> {
    let link = allowed.0.get(id).await?;
    let url = allowed.0.link_url(&link).await?;
    // A quarter of it may be dirty or torn.
    let code = QrCode::with_error_correction_level(&url, EcLevel::Q)
        .map_err(|_| Problem::new(Code::Invalid).detail("The address is too long for a code."))?;
    let svg = code.render::<svg::Color<'_>>().quiet_zone(true).min_dimensions(SIDE, SIDE).build();
    Ok(Svg(svg))
}

struct Svg(String);

impl IntoResponse for Svg {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "image/svg+xml"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        ];
        (headers, self.0).into_response()
    }
}

impl OperationOutput for Svg {
    type Inner = ();

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<StatusCode>, DocResponse)> {
        let json_schema = json_schema!({ "type": "string" });
        let schema = SchemaObject { json_schema, external_docs: None, example: None };
        let media = MediaType { schema: Some(schema), ..MediaType::default() };
        let response = DocResponse {
            description: "The code".to_owned(),
            content: [("image/svg+xml".to_owned(), media)].into_iter().collect(),
            ..DocResponse::default()
        };
        vec![(Some(StatusCode::Code(200)), response)]
    }
}
