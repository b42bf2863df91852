use std::borrow::Cow;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderValue, Response, StatusCode,
        header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::IntoResponse,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::{Problem, problem::Code};

/// What `npm run build` made of `web/`; in development read from the disk.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// A file of the web build as text, for templates.
pub(crate) fn text(path: &str) -> Option<String> {
    String::from_utf8(Dist::get(path)?.data.into_owned()).ok()
}

/// Files whose name has the hash of their content, for ever; the loader, whose name stays, for a
/// few minutes.
pub(crate) async fn serve(request: Request) -> axum::response::Response {
    let path = request.uri().path().trim_start_matches('/');
    let Some(file) = Dist::get(path).filter(|_| !path.starts_with("pages/")) else {
        return Problem::new(Code::NotFound).into_response();
    };
    let etag = etag(&file);
    let known =
        request.headers().get(IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == etag.as_bytes());
    let cache = match path {
        "embed.js" => "public, max-age=300",
        _ => "public, max-age=31536000, immutable",
    };
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let content_type = file.metadata.mimetype().to_owned();
        let mut response = Response::new(Body::from(match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        }));
        if let Ok(value) = HeaderValue::from_str(&content_type) {
            response.headers_mut().insert(CONTENT_TYPE, value);
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    response
}

fn etag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    hash[..8].iter().fold(String::from("\""), |text, byte| text + &format!("{byte:02x}")) + "\""
}
