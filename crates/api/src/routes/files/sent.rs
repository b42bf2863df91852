use std::ops::Range;

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation, Response as DocResponse, SchemaObject, StatusCode as Status},
};
use app::{Error, Link, OpenedFile};
use axum::{
    body::Body,
    extract::{FromRequestParts, Path, Query},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_NONE_MATCH, RANGE,
        },
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use model::{Timestamp, core::AccessLevel};
use schemars::{JsonSchema, json_schema};
use serde::Deserialize;

use crate::{Api, Problem};

/// Which bytes are wanted, and what the client has already. An address that nobody has made is
/// that of no file.
pub(super) struct Wanted {
    doors: app::Doors,
    to: Link,
    signed: Option<(Timestamp, String)>,
    range: Option<Range<u64>>,
    seen: Option<HeaderValue>,
}

/// The bytes of a file, or that the client has them.
pub(super) enum FileBytes {
    Same(HeaderMap),
    Opened(Box<OpenedFile>, HeaderMap),
}

#[derive(Deserialize, JsonSchema)]
struct FilePath {
    /// As a link, a view or an avatar names it.
    file: String,
}

/// What a link ends with.
#[derive(Deserialize, JsonSchema)]
struct Signed {
    expires: Option<String>,
    signature: Option<String>,
}

impl FromRequestParts<Api> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let unknown = || Problem::from(Error::NotFound("file"));
        let path = Path::<FilePath>::from_request_parts(parts, api).await;
        let to = path.map_err(|_| unknown())?.0.file.parse()?;
        let query = Query::<Signed>::from_request_parts(parts, api).await;
        let Query(Signed { expires, signature }) = query.map_err(|_| unknown())?;
        let expires = expires.and_then(|it| it.parse().ok()).map(Timestamp::from_millis);
        let range = parts.headers.get(RANGE).and_then(|it| range(it.to_str().ok()?));
        let seen = parts.headers.get(IF_NONE_MATCH).cloned();
        let signed = expires.zip(signature);
        Ok(Self { doors: api.doors().clone(), to, signed, range, seen })
    }
}

/// One range with its beginning; of any other all of the file is sent.
fn range(text: &str) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    let end = if last.is_empty() { u64::MAX } else { last.parse::<u64>().ok()?.checked_add(1)? };
    (first < end).then_some(first..end)
}

impl Wanted {
    pub(super) async fn open(self) -> Result<FileBytes, Problem> {
        let signed = self.signed.as_ref().map(|(end, signature)| (*end, signature.as_str()));
        let opened = self.doors.file(self.to, signed, self.range).await?;
        let mut headers = HeaderMap::new();
        let caching = match opened.file.body.access_level {
            AccessLevel::Public => "public, max-age=300",
            AccessLevel::Private => "private, no-store",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        for (name, value) in opened.served.headers() {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let sha256 = opened.file.body.sha256.as_deref().unwrap_or_default();
        let etag = HeaderValue::from_str(&format!("\"{sha256}\"")).ok();
        if let Some(etag) = &etag {
            headers.insert(ETAG, etag.clone());
        }
        if etag.is_some() && etag == self.seen {
            return Ok(FileBytes::Same(headers));
        }
        Ok(FileBytes::Opened(Box::new(opened), headers))
    }
}

impl IntoResponse for FileBytes {
    fn into_response(self) -> Response {
        let (opened, mut headers) = match self {
            Self::Same(headers) => return (StatusCode::NOT_MODIFIED, headers).into_response(),
            Self::Opened(opened, headers) => (opened, headers),
        };
        let OpenedFile { content, .. } = *opened;
        let Range { start, end } = content.range;
        let is_whole = start == 0 && end == content.size;
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(CONTENT_LENGTH, (end - start).into());
        let said = format!("bytes {start}-{}/{}", end.saturating_sub(1), content.size);
        let status = match HeaderValue::from_str(&said) {
            Ok(said) if !is_whole => {
                headers.insert(CONTENT_RANGE, said);
                StatusCode::PARTIAL_CONTENT
            }
            _ => StatusCode::OK,
        };
        (status, headers, Body::from_stream(content.chunks)).into_response()
    }
}

impl OperationInput for Wanted {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Path<FilePath> as OperationInput>::operation_input(ctx, operation);
        <Query<Signed> as OperationInput>::operation_input(ctx, operation);
    }
}

impl OperationOutput for FileBytes {
    type Inner = ();

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<Status>, DocResponse)> {
        let json_schema = json_schema!({ "type": "string", "format": "binary" });
        let schema = SchemaObject { json_schema, external_docs: None, example: None };
        let media = MediaType { schema: Some(schema), ..MediaType::default() };
        let bytes = DocResponse {
            description: "The bytes; `Content-Type` says of which type".to_owned(),
            content: [("application/octet-stream".to_owned(), media)].into_iter().collect(),
            ..DocResponse::default()
        };
        let part =
            DocResponse { description: "The part that was asked for".to_owned(), ..bytes.clone() };
        let same = DocResponse {
            description: "The client has it already".to_owned(),
            ..DocResponse::default()
        };
        [(200, bytes), (206, part), (304, same)]
            .map(|(status, response)| (Some(Status::Code(status)), response))
            .into()
    }
}
