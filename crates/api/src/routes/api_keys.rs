use app::{NewApiKey, Request};
use model::{
    Id, Timestamp,
    core::{ApiKey, Permission},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Routes,
    entities::{EntityPath, Shown},
    once::{Answered, Keyed, json},
};
use crate::{
    Problem,
    callers::{Allowed, Create, Update},
};

/// What makes a key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    name: String,
    /// None that the caller does not have.
    scopes: Vec<Permission>,
    /// Absent is never.
    expires_at: Option<Timestamp>,
}

/// A key, this once.
#[derive(Serialize, JsonSchema)]
struct KeyView {
    #[serde(rename = "_id")]
    id: Id<ApiKey>,
    /// To be sent as `Authorization: Bearer …`.
    key: String,
    name: String,
    /// By which the key is recognised later.
    prefix: String,
    scopes: Vec<Permission>,
    expires_at: Option<Timestamp>,
}

pub(super) fn routes() -> Routes {
    let all = "/api/v1/organizations/{organization_id}/api_keys";
    let about = |id, summary| About { id, tag: "api_keys", summary };
    Routes::new()
        .post(all, about("create_api_key", "Make an API key, which only this answer shows"), create)
        .post(
            &format!("{all}/{{id}}/revoke"),
            about("revoke_api_key", "End an API key, from the next request on"),
            revoke,
        )
}

async fn create(
    allowed: Allowed<Create<ApiKey>>,
    Keyed(new, retry): Keyed<NewKey>,
) -> Result<Answered<KeyView, 201>, Problem> {
    let NewKey { name, scopes, expires_at } = new;
    let asked = Request { retry, answer: |made| json(&KeyView::new(made)) };
    let made = allowed.0.create_api_key(NewApiKey { name, scopes, expires_at }, asked).await?;
    Ok(Answered(made.map(|it| KeyView::new(&it))))
}

impl KeyView {
    fn new(made: &app::NewKey) -> Self {
        let app::NewKey { doc, token } = made;
        let ApiKey { name, prefix, scopes, expires_at, .. } = doc.body.clone();
        Self { id: doc.id, key: token.to_string(), name, prefix, scopes, expires_at }
    }
}

async fn revoke(
    allowed: Allowed<Update<ApiKey>>,
    EntityPath(id): EntityPath<ApiKey>,
) -> Result<Shown<ApiKey>, Problem> {
    Ok(Shown(allowed.0.revoke_api_key(id).await?))
}
