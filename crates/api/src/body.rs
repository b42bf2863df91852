use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::header::CONTENT_TYPE,
    response::IntoResponse,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Problem, problem::Code};

/// A JSON body. What is wrong with one is named with its place in it.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(Code::NotJson));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(too_large)?;
        read(&bytes).map(Self)
    }
}

fn too_large(rejection: BytesRejection) -> Problem {
    match rejection.into_response().status().as_u16() {
        413 => Problem::new(Code::TooLarge),
        _ => Problem::new(Code::BadJson).detail("The body could not be read."),
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            "." => String::new(),
            path => path.replace(['[', ']'], ".").replace("..", ".").trim_matches('.').to_owned(),
        };
        let inner = error.into_inner();
        if inner.is_data() {
            let sentence = sentence(&inner.to_string());
            Problem::new(Code::Invalid).detail(sentence.clone()).error(path, "body", sentence)
        } else {
            Problem::new(Code::BadJson).detail(format!("The body is not JSON: {inner}."))
        }
    })?;
    deserializer.end().map_err(|error| {
        Problem::new(Code::BadJson).detail(format!("The body is not JSON: {error}."))
    })?;
    Ok(value)
}

/// Without serde's position, which counts bytes.
fn sentence(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Json<T> as OperationInput>::operation_input(ctx, operation);
    }
}
