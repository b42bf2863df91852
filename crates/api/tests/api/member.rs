//! Somebody who is signed in, and what they send.

use std::sync::atomic::{AtomicU32, Ordering};

use app::NewUser;
use axum::{
    body::Body,
    http::{Method, Request},
};
use model::{
    Id,
    core::{Organization, Role, SystemRole, User},
};
use serde_json::Value;

use crate::site::{Answer, Site};

/// A caller with a login session, or an API key.
#[derive(Clone)]
pub(crate) struct Member {
    header: (&'static str, String),
    pub(crate) user: Option<Id<User>>,
    pub(crate) organization: Id<Organization>,
}

static USERS: AtomicU32 = AtomicU32::new(0);

async fn new_user(site: &Site, is_platform_admin: bool) -> Id<User> {
    let n = USERS.fetch_add(1, Ordering::Relaxed);
    let new = NewUser {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: format!("ada{n}@example.com").parse().unwrap(),
        hashed_password: Some("$argon2id$never-matches".to_owned()),
        is_platform_admin,
    };
    site.system.create_user(new).await.unwrap()
}

impl Member {
    /// A new user with a system role in the site's business.
    pub(crate) async fn with(site: &Site, role: SystemRole) -> Self {
        Self::of(site, site.tenant.organization(), vec![role.seeded_id()]).await
    }

    /// A new user with roles in an organization; with none they are no member.
    pub(crate) async fn of(
        site: &Site,
        organization: Id<Organization>,
        roles: Vec<Id<Role>>,
    ) -> Self {
        site.system.migrations().up(None, &mut |_| {}).await.unwrap();
        let user = new_user(site, false).await;
        if !roles.is_empty() {
            site.system.add_member(organization, user, roles).await.unwrap();
        }
        Self::signed_in(site, user, organization).await
    }

    /// Somebody new who runs the platform.
    pub(crate) async fn operator(site: &Site) -> Self {
        site.system.migrations().up(None, &mut |_| {}).await.unwrap();
        Self::signed_in(site, new_user(site, true).await, site.tenant.organization()).await
    }

    async fn signed_in(site: &Site, user: Id<User>, organization: Id<Organization>) -> Self {
        let token = site.system.log_in(user).await.unwrap();
        let cookie = format!("theme=dark; __Host-wrkbelt={}", token.expose());
        Self { header: ("cookie", cookie), user: Some(user), organization }
    }

    pub(crate) fn with_key(organization: Id<Organization>, key: &str) -> Self {
        Self { header: ("authorization", format!("Bearer {key}")), user: None, organization }
    }

    /// What they show: a header's name and its value.
    pub(crate) fn header(&self) -> (&'static str, &str) {
        (self.header.0, &self.header.1)
    }

    /// A path below the organization.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/organizations/{}/{rest}", self.organization)
    }

    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Request<Body> {
        let request = Request::builder()
            .method(method)
            .uri(if path.starts_with('/') { path.to_owned() } else { self.path(path) })
            .header(self.header.0, &self.header.1);
        match body {
            None => request.body(Body::empty()).unwrap(),
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string().into())
                .unwrap(),
        }
    }

    /// A form with a file, behind parts that say how to keep it.
    pub(crate) fn form(
        &self,
        method: Method,
        path: &str,
        said: &[(&str, &str)],
        (name, mime, bytes): (&str, &str, &[u8]),
    ) -> Request<Body> {
        let mut body = Vec::new();
        for (part, value) in said {
            let part = format!("--cut\r\nContent-Disposition: form-data; name=\"{part}\"\r\n\r\n");
            body.extend([part.as_bytes(), value.as_bytes(), b"\r\n"].concat());
        }
        let head = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {mime}\r\n\r\n"
        );
        body.extend([head.as_bytes(), bytes, b"\r\n--cut--\r\n"].concat());
        let mut request = self.request(method, path, None);
        let form = "multipart/form-data; boundary=cut".parse().unwrap();
        request.headers_mut().insert("content-type", form);
        *request.body_mut() = body.into();
        request
    }

    pub(crate) async fn get(&self, site: &Site, path: &str) -> Answer {
        site.send(self.request(Method::GET, path, None)).await
    }

    pub(crate) async fn post(&self, site: &Site, path: &str, body: &Value) -> Answer {
        site.send(self.request(Method::POST, path, Some(body))).await
    }

    pub(crate) async fn patch(&self, site: &Site, path: &str, body: &Value) -> Answer {
        site.send(self.request(Method::PATCH, path, Some(body))).await
    }

    pub(crate) async fn put(&self, site: &Site, path: &str, body: &Value) -> Answer {
        site.send(self.request(Method::PUT, path, Some(body))).await
    }

    pub(crate) async fn delete(&self, site: &Site, path: &str) -> Answer {
        site.send(self.request(Method::DELETE, path, None)).await
    }
}
