mod tagged;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    Json,
    body::{Bytes, HttpBody},
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::header::CONTENT_TYPE,
    response::IntoResponse,
};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use crate::{LARGEST_BODY, Problem, problem::Code};

/// A JSON body. What is wrong with one is named with its place in it.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        read(&bytes(request, state, LARGEST_BODY).await?).map(Self)
    }
}

/// The bytes of a JSON body.
pub(crate) async fn bytes<S: Send + Sync>(
    request: Request,
    state: &S,
    largest: usize,
) -> Result<Bytes, Problem> {
    bytes_of(request, state, largest, &[]).await
}

/// The bytes of a body that is JSON or of one of some other types.
pub(crate) async fn bytes_of<S: Send + Sync>(
    request: Request,
    state: &S,
    largest: usize,
    others: &[&str],
) -> Result<Bytes, Problem> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let json = ["application/json", "application/merge-patch+json"];
    if !json.iter().chain(others).any(|it| essence.eq_ignore_ascii_case(it)) {
        return Err(Problem::new(Code::NotJson));
    }
    if request.body().size_hint().lower() > largest as u64 {
        return Err(Problem::new(Code::TooLarge));
    }
    Bytes::from_request(request, state).await.map_err(too_large)
}

/// Fields as what they are said to be.
///
/// # Errors
/// [`app::Error::Invalid`] with the place.
pub(crate) fn typed<T: DeserializeOwned>(fields: &Map<String, Value>) -> Result<T, app::Error> {
    let bytes = serde_json::to_vec(fields).unwrap_or_default();
    read(&bytes).map_err(|it: Problem| app::Error::Invalid(it.into_errors()))
}

fn too_large(rejection: BytesRejection) -> Problem {
    match rejection.into_response().status().as_u16() {
        413 => Problem::new(Code::TooLarge),
        _ => Problem::new(Code::BadJson).detail("The body could not be read."),
    }
}

pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        let other: Result<IgnoredAny, _> = serde_json::from_slice(bytes);
        return Err(match other {
            Ok(IgnoredAny) => invalid(String::new(), "must be an object".to_owned()),
            Err(error) => bad_json(&error),
        });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            "." => String::new(),
            path => path.replace(['[', ']'], ".").replace("..", ".").trim_matches('.').to_owned(),
        };
        let inner = error.into_inner();
        if !inner.is_data() {
            return bad_json(&inner);
        }
        let message = sentence(&inner);
        invalid(tagged::place::<T>(bytes, &path, &message).unwrap_or(path), message)
    })?;
    deserializer.end().map_err(|error| bad_json(&error))?;
    Ok(value)
}

fn invalid(path: String, message: String) -> Problem {
    Problem::new(Code::Invalid).detail(message.clone()).error(path, "body", message)
}

fn bad_json(error: &serde_json::Error) -> Problem {
    Problem::new(Code::BadJson).detail(format!("The body is not JSON: {error}."))
}

/// Without serde's position, which counts bytes.
fn sentence(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or(&message).to_owned()
}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Json<T> as OperationInput>::operation_input(ctx, operation);
    }
}
