//! Routers that leak: the matrix must notice each.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};

use super::Matrix;

/// The findings with a router that is broken so.
async fn findings(breaks: impl FnOnce(&Matrix, Router) -> Router) -> Vec<String> {
    let mut matrix = Matrix::new().await;
    matrix.site.router = breaks(&matrix, matrix.site.router.clone());
    let few = ["list_roles", "get_role", "update_schedule", "create_service_zone"];
    matrix.every_operation(|it| few.contains(&&*it.id)).await;
    matrix.findings
}

#[tokio::test]
async fn nothing_is_found_with_the_router_as_it_is() {
    assert_eq!(findings(|_, router| router).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_check_of_permissions_that_is_forgotten_is_found() {
    let found = findings(|matrix, router| {
        let (name, value) = matrix.caller("owner").header.clone().unwrap();
        let value = HeaderValue::from_str(&value).unwrap();
        let be_owner = move |mut request: Request, next: Next| {
            if request.headers().contains_key(name) {
                request.headers_mut().insert(name, value.clone());
            }
            next.run(request)
        };
        router.layer(from_fn(be_owner))
    });
    let found = found.await;
    let by_viewer = |it: &&String| it.contains("by viewer") && it.contains("not Refused(403)");
    assert!(found.iter().any(|it| by_viewer(&it)), "{found:?}");
}

#[tokio::test]
async fn an_answer_that_tells_foreign_from_nobodys_is_found() {
    let found = findings(|matrix, router| {
        let foreign = matrix.other.organization.to_string();
        let tell = move |request: Request, next: Next| {
            let is_foreign = request.uri().path().contains(&foreign);
            async move {
                let mut response = next.run(request).await;
                if is_foreign && response.status() == StatusCode::NOT_FOUND {
                    response.headers_mut().insert("x-there", HeaderValue::from_static("1"));
                }
                response
            }
        };
        router.layer(from_fn(tell))
    });
    assert!(found.await.iter().any(|it| it.contains("another’s is not as nobody’s")));
}

#[tokio::test]
async fn another_organizations_text_is_found() {
    let found = findings(|_, router| {
        let show = async |request: Request, next: Next| -> Response {
            let is_list = request.uri().path().ends_with("/roles");
            let response = next.run(request).await;
            if !is_list || response.status() != StatusCode::OK {
                return response;
            }
            Body::from(r#"{"data":[{"name":"canary-other-1"}]}"#).into_response()
        };
        router.layer(from_fn(show))
    });
    assert!(found.await.iter().any(|it| it.contains("shows canary-other-1")));
}

#[tokio::test]
async fn a_refused_request_that_writes_is_found() {
    let found = findings(|_, router| {
        let refuse = async |request: Request, next: Next| -> Response {
            let is_safe = request.method().is_safe();
            let response = next.run(request).await;
            if is_safe || !response.status().is_success() {
                return response;
            }
            StatusCode::CONFLICT.into_response()
        };
        router.layer(from_fn(refuse))
    });
    assert!(found.await.iter().any(|it| it.contains("but something was written")));
}
