use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation, Response as DocResponse, StatusCode as Status},
};
use app::Drawing;
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use model::{diagram::DiagramFormat, scheduler::BookingFlow};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ONE, about};
use crate::{
    Problem,
    callers::{Allowed, View},
    query::Queried,
    routes::{Routes, entities::EntityPath},
};

/// An SVG that is opened by itself is a page: it may style itself and nothing else.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// One route for each format.
pub(super) fn routes() -> Routes {
    DiagramFormat::ALL.into_iter().fold(Routes::new(), |routes, format| {
        let ending = format.extension();
        let draw = async move |allowed: Allowed<View<BookingFlow>>,
                               EntityPath(id): EntityPath<BookingFlow>,
                               Queried(Which { version }): Queried<Which>,
                               seen: Seen|
                    -> Result<Drawn, Problem> {
            let drawing = allowed.0.flow(id).drawing(version).await?;
            Ok(Drawn::new(&drawing, format, &seen, "private, no-cache"))
        };
        routes.get(
            &format!("{ONE}/diagram.{ending}"),
            about(&format!("draw_booking_flow_{ending}"), "The flow as a diagram"),
            draw,
        )
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// The number of a version; absent is the draft.
    version: Option<u32>,
}

/// The `ETag` that the client has already.
pub(crate) struct Seen(Option<HeaderValue>);

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.headers.get(IF_NONE_MATCH).cloned()))
    }
}

impl OperationInput for Seen {}

/// A diagram, or that the client has it.
pub(crate) struct Drawn {
    format: DiagramFormat,
    tag: String,
    caching: &'static str,
    /// Absent when the client has it.
    text: Option<String>,
}

impl Drawn {
    /// Drawn only when the client does not have it.
    pub(crate) fn new(
        drawing: &Drawing,
        format: DiagramFormat,
        Seen(seen): &Seen,
        caching: &'static str,
    ) -> Self {
        let tag = format!("\"{}\"", drawing.tag(format));
        let has_it = seen.as_ref().and_then(|it| it.to_str().ok()).is_some_and(|it| {
            it.trim() == "*" || it.split(',').any(|it| it.trim().trim_start_matches("W/") == tag)
        });
        let text = (!has_it).then(|| drawing.write(format));
        Self { format, tag, caching, text }
    }
}

impl IntoResponse for Drawn {
    fn into_response(self) -> Response {
        let mut response = match self.text {
            None => StatusCode::NOT_MODIFIED.into_response(),
            Some(text) => ([(CONTENT_TYPE, self.format.mime_type())], text).into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.caching));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(ETAG, tag);
        }
        response
    }
}

impl OperationOutput for Drawn {
    type Inner = ();

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<Status>, DocResponse)> {
        let media = |it: DiagramFormat| {
            let mime = it.mime_type().split(';').next().unwrap_or_default();
            (mime.to_owned(), MediaType::default())
        };
        let drawn = DocResponse {
            description: "The diagram".to_owned(),
            content: DiagramFormat::ALL.into_iter().map(media).collect(),
            ..DocResponse::default()
        };
        let same = DocResponse {
            description: "It is the one with the `If-None-Match`".to_owned(),
            ..DocResponse::default()
        };
        vec![(Some(Status::Code(200)), drawn), (Some(Status::Code(304)), same)]
    }
}
