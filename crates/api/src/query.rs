use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Api, Problem, problem::Code};

/// The query of a request, with what is wrong with it named.
pub(crate) struct Queried<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Queried<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, api).await;
        let Query(query) = query.map_err(|error| {
            Problem::new(Code::Invalid).detail(error.body_text()).error(
                "query".to_owned(),
                "query",
                error.body_text(),
            )
        })?;
        Ok(Self(query))
    }
}

impl<T: JsonSchema> OperationInput for Queried<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Query<T> as OperationInput>::operation_input(ctx, operation);
    }
}
