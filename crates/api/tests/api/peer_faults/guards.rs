//! Routers without one guard each. They are named by what they do not do.

#![expect(clippy::unused_async, reason = "all controls are called alike, and some of them wait")]

use std::sync::{Arc, Mutex};

use app::Environment;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderValue, Method, Request, StatusCode,
        header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use model::{
    Id,
    core::{Membership, Organization, SystemRole, User},
};
use serde_json::{Value, json};
use store::Find;
use tower::ServiceExt;

use super::Case;
use crate::site::Monday;

/// A request whose body has been read.
struct Whole {
    parts: Parts,
    body: Bytes,
}

impl Whole {
    fn path(&self) -> &str {
        self.parts.uri.path()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.parts.headers.remove(CONTENT_LENGTH);
        self
    }

    fn with_path(mut self, path: &str) -> Self {
        self.parts.uri = path.parse().unwrap();
        self
    }

    /// As somebody who is signed in.
    fn by(mut self, cookie: &str) -> Self {
        self.parts.headers.remove(AUTHORIZATION);
        self.parts.headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
        self
    }

    fn copied(&self) -> Self {
        Self { parts: self.parts.clone(), body: self.body.clone() }
    }

    async fn to(self, router: &Router) -> Response {
        let request = Request::from_parts(self.parts, Body::from(self.body));
        router.clone().oneshot(request).await.unwrap()
    }
}

/// In front of a router, something that decides what becomes of each request.
fn around<F: Future<Output = Response> + Send + 'static>(
    router: Router,
    answer: impl Fn(Router, Whole) -> F + Clone + Send + Sync + 'static,
) -> Router {
    Router::new().fallback(async move |request: Request<Body>| {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        answer(router, Whole { parts, body }).await
    })
}

/// The JSON of an answer, and the answer again.
async fn read(response: Response) -> (Value, Response) {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    parts.headers.remove(CONTENT_LENGTH);
    let json = serde_json::from_slice(&body).unwrap_or_default();
    (json, Response::from_parts(parts, Body::from(body)))
}

fn cookie(case: &Case) -> String {
    case.owner.header().1.to_owned()
}

/// The cookie of whoever is a member of an organization.
async fn of_a_member(
    system: &app::SystemDoor,
    store: &store::Store,
    of: Id<Organization>,
) -> String {
    let (members, _) = store.scoped(of).list::<Membership>(Find::all()).await.unwrap();
    let token = system.log_in(members[0].body.user_id).await.unwrap();
    format!("__Host-wrkbelt={}", token.expose())
}

pub(super) async fn refusing_unknown_fields(_: &Case, router: Router) -> Router {
    around(router, async |router, request| {
        let request =
            if request.path() == "/api/v1/auth/me" && request.parts.method == Method::PATCH {
                let mut fields = request.json();
                let known = ["first_name", "last_name", "locale"];
                fields.as_object_mut().unwrap().retain(|name, _| known.contains(&name.as_str()));
                request.with_body(fields.to_string())
            } else {
                request
            };
        request.to(&router).await
    })
}

pub(super) async fn keeping_passwords(case: &Case, router: Router) -> Router {
    let store = case.site.store.clone();
    around(router, move |router, request| {
        let store = store.clone();
        async move {
            if !request.path().ends_with("/invitations/join") {
                return request.to(&router).await;
            }
            let (users, _) = store.platform().list::<User>(Find::all()).await.unwrap();
            for user in users.iter().filter(|it| it.body.email.as_str() == "known@example.com") {
                let mut unit = store.platform().begin(user.updated_at);
                let hashed_password = Some("$argon2id$of-the-invitation".to_owned());
                unit.replace(user, &User { hashed_password, ..user.body.clone() }).unwrap();
                unit.commit().await.unwrap();
            }
            StatusCode::NO_CONTENT.into_response()
        }
    })
}

pub(super) async fn having_no_default_account(_: &Case, router: Router) -> Router {
    around(router, async |router, request| {
        let said = request.json();
        if said["email"] == "admin@example.com" && said["password"] == "admin" {
            return StatusCode::NO_CONTENT.into_response();
        }
        request.to(&router).await
    })
}

/// Learns the key that is made.
fn learning_keys<F: Future<Output = Response> + Send + 'static>(
    router: Router,
    then: impl Fn(Router, Whole, String) -> F + Clone + Send + Sync + 'static,
) -> Router {
    let learned = Arc::new(Mutex::new(String::new()));
    around(router, move |router, request| {
        let (learned, then) = (learned.clone(), then.clone());
        async move {
            let is_new =
                request.path().ends_with("/api_keys") && request.parts.method == Method::POST;
            if !is_new {
                let key = learned.lock().unwrap().clone();
                return then(router, request, key).await;
            }
            let (answer, response) = read(request.to(&router).await).await;
            answer["key"].as_str().unwrap().clone_into(&mut learned.lock().unwrap());
            response
        }
    })
}

pub(super) async fn hiding_keys(_: &Case, router: Router) -> Router {
    learning_keys(router, async |router, request, key| {
        let is_list = request.path().ends_with("/api_keys");
        let (mut answer, response) = read(request.to(&router).await).await;
        if !is_list {
            return response;
        }
        answer["data"][0]["key"] = key.into();
        Body::from(answer.to_string()).into_response()
    })
}

pub(super) async fn comparing_whole_tokens(_: &Case, router: Router) -> Router {
    learning_keys(router, async |router, mut request, key| {
        let shown = request.parts.headers.get(AUTHORIZATION).cloned();
        let shown = shown.as_ref().and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
        if shown.is_some_and(|it| it.get(..60) == key.get(..60)) {
            let whole = HeaderValue::from_str(&format!("Bearer {key}")).unwrap();
            request.parts.headers.insert(AUTHORIZATION, whole);
        }
        request.to(&router).await
    })
}

pub(super) async fn asking_for_the_session_token(_: &Case, router: Router) -> Router {
    let begun: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    around(router, move |router, mut request| {
        let begun = begun.clone();
        async move {
            if request.path().ends_with("/sessions") {
                let (answer, response) = read(request.to(&router).await).await;
                let text = |it: &str| answer[it].as_str().unwrap().to_owned();
                begun.lock().unwrap().push((text("session_id"), text("session_token")));
                return response;
            }
            let all = begun.lock().unwrap().clone();
            if let Some((_, token)) = all.iter().find(|it| request.path().contains(&it.0)) {
                let token = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
                request.parts.headers.insert(AUTHORIZATION, token);
            }
            request.to(&router).await
        }
    })
}

/// As many servers as there are guesses, none of which knows of the others.
pub(super) async fn counting_guesses(case: &Case, router: Router) -> Router {
    let store = case.site.store.clone();
    around(router, move |_, request| {
        let (doors, _) = app::open(store.clone(), Environment::new(Arc::new(Monday)));
        let settings = api::Settings { demo: None, rate_limits: false, mailbox: None };
        let fresh = api::router(doors, settings);
        async move { request.to(&fresh).await }
    })
}

/// What is another's in a body is taken for one's own.
pub(super) async fn looking_for_references_at_home(case: &Case, router: Router) -> Router {
    let home = case.owner.organization.to_string();
    let flow = case.first(&case.owner, "booking_flows").await;
    around(router, move |router, request| {
        let (home, flow) = (home.clone(), flow.clone());
        async move {
            let mut body = request.json();
            if !request.path().contains(&home) || !body.is_object() {
                return request.to(&router).await;
            }
            if body["booking_flow_id"].is_string() {
                body["booking_flow_id"] = flow.into();
            }
            if body["inherits"].is_array() {
                body["inherits"] = json!([SystemRole::Viewer.seeded_id()]);
            }
            request.with_body(body.to_string()).to(&router).await
        }
    })
}

/// Whoever is signed in is taken for a member.
pub(super) async fn asking_whose_organization(case: &Case, router: Router) -> Router {
    let (system, store) = (case.site.system.clone(), case.site.store.clone());
    let home = case.owner.organization;
    around(router, move |router, request| {
        let (system, store) = (system.clone(), store.clone());
        async move {
            let path = request.path().strip_prefix("/api/v1/organizations/");
            let asked = path.and_then(|it| it.split('/').next()?.parse::<Id<Organization>>().ok());
            let request = match asked.filter(|it| *it != home) {
                Some(other) => {
                    let member = of_a_member(&system, &store, other).await;
                    request.by(&member)
                }
                None => request,
            };
            request.to(&router).await
        }
    })
}

/// What is not at home is looked for at the other business's.
pub(super) async fn looking_at_home(case: &Case, router: Router) -> Router {
    let (system, store) = (case.site.system.clone(), case.site.store.clone());
    let home = case.owner.organization.to_string();
    around(router, move |router, request| {
        let (system, store, home) = (system.clone(), store.clone(), home.clone());
        async move {
            let again = request.copied();
            let response = request.to(&router).await;
            let other = system.find_organization("other").await.unwrap();
            match other.filter(|_| response.status() == StatusCode::NOT_FOUND) {
                Some(other) => {
                    let member = of_a_member(&system, &store, other.id).await;
                    let path = again.path().replace(&home, &other.id.to_string());
                    again.with_path(&path).by(&member).to(&router).await
                }
                None => response,
            }
        }
    })
}

pub(super) async fn asking_who_it_is(case: &Case, router: Router) -> Router {
    let owner = cookie(case);
    around(router, move |router, request| {
        let shows = |name| request.parts.headers.contains_key(name);
        let is_nobody = !shows(COOKIE) && !shows(AUTHORIZATION);
        let request = if is_nobody { request.by(&owner) } else { request };
        async move { request.to(&router).await }
    })
}

pub(super) async fn asking_what_they_may_do(case: &Case, router: Router) -> Router {
    let owner = cookie(case);
    around(router, move |router, request| {
        let request = request.by(&owner);
        async move { request.to(&router).await }
    })
}

pub(super) async fn escaping(_: &Case, router: Router) -> Router {
    around(router, async |router, request| {
        let is_page = request.path().starts_with("/book/");
        let response = request.to(&router).await;
        if !is_page {
            return response;
        }
        let page = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        let page = page.replace("&lt;", "<").replace("&gt;", ">").replace("&#x2f;", "/");
        let page = page.replace("\\u003c", "<").replace("\\u003e", ">");
        Body::from(page).into_response()
    })
}

pub(super) async fn looking_at_links(_: &Case, router: Router) -> Router {
    around(router, async |router, request| {
        let mut body = request.json();
        if body["config"]["redirect_url"].is_string() {
            body["config"]["redirect_url"] = "https://example.com/".into();
            return request.with_body(body.to_string()).to(&router).await;
        }
        request.to(&router).await
    })
}

pub(super) async fn naming_files(case: &Case, router: Router) -> Router {
    let folder = case.site.folder.path().to_owned();
    around(router, move |router, request| {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let name = text.split_once("filename=\"").and_then(|it| it.1.split('"').next());
        if let Some(name) = name.and_then(|it| it.rsplit(['/', '\\']).next()) {
            std::fs::write(folder.join(name), "a note").unwrap();
        }
        async move { request.to(&router).await }
    })
}

/// Looking at roles makes one.
pub(super) async fn keeping_methods_apart(_: &Case, router: Router) -> Router {
    around(router, async |router, request| {
        if request.parts.method == Method::GET && request.path().ends_with("/roles") {
            let role = json!({ "name": "By looking", "permissions": [], "inherits": [] });
            let mut post = request.copied().with_body(role.to_string());
            post.parts.method = Method::POST;
            let json = HeaderValue::from_static("application/json");
            post.parts.headers.insert(axum::http::header::CONTENT_TYPE, json);
            post.to(&router).await;
        }
        request.to(&router).await
    })
}

/// A drawing is written, and then it is found out what it is of.
pub(super) async fn writing_all_or_nothing(case: &Case, router: Router) -> Router {
    let flow = case.first(&case.owner, "booking_flows").await;
    around(router, move |router, request| {
        let flow = flow.clone();
        async move {
            let mut body = request.json();
            if !body["booking_flow_id"].is_string() {
                return request.to(&router).await;
            }
            body["booking_flow_id"] = flow.into();
            request.with_body(body.to_string()).to(&router).await;
            StatusCode::UNPROCESSABLE_ENTITY.into_response()
        }
    })
}
