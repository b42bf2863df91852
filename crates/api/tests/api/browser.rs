//! Somebody with a browser and an account.

use app::NewUser;
use axum::{
    body::Body,
    http::{HeaderMap, Method, Request},
};
use model::{Id, core::User};
use serde_json::{Value, json};

use crate::site::{Answer, Site};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Somebody with a browser, which keeps cookies.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    pub(crate) login: Option<String>,
    pub(crate) device: Option<String>,
}

impl Browser {
    pub(crate) fn request(&self, method: Method, path: &str, body: &Value) -> Request<Body> {
        let cookie =
            |name: &str, value: &Option<String>| value.as_ref().map(|it| format!("{name}={it}"));
        let cookies =
            [cookie("__Host-wrkbelt", &self.login), cookie("__Host-wrkbelt-device", &self.device)];
        let path =
            if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/auth/{path}") };
        let mut request = Request::builder().method(method).uri(path);
        let cookies: Vec<_> = cookies.into_iter().flatten().collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if body.is_null() {
            return request.body(Body::empty()).unwrap();
        }
        let request = request.header("content-type", "application/json");
        request.body(body.to_string().into()).unwrap()
    }

    pub(crate) async fn send(
        &mut self,
        site: &Site,
        method: Method,
        path: &str,
        body: Value,
    ) -> Answer {
        let answer = site.send(self.request(method, path, &body)).await;
        self.keep(&answer.headers);
        answer
    }

    pub(crate) async fn post(&mut self, site: &Site, path: &str, body: Value) -> Answer {
        self.send(site, Method::POST, path, body).await
    }

    pub(crate) async fn get(&mut self, site: &Site, path: &str) -> Answer {
        self.send(site, Method::GET, path, Value::Null).await
    }

    pub(crate) fn keep(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; Path=/; "), "{cookie}");
            assert!(cookie.ends_with("; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let value = (!value.is_empty()).then(|| value.to_owned());
            match name {
                "__Host-wrkbelt" => self.login = value,
                "__Host-wrkbelt-device" => self.device = value,
                other => panic!("{other}"),
            }
        }
    }

    pub(crate) async fn log_in(&mut self, site: &Site, email: &str, password: &str) -> Answer {
        self.post(site, "login", json!({ "email": email, "password": password })).await
    }

    pub(crate) async fn is_in(&mut self, site: &Site) -> bool {
        self.get(site, "me").await.status == 200
    }
}

pub(crate) async fn site() -> Site {
    let site = Site::new().await;
    site.system.migrations().up(None, &mut |_| {}).await.unwrap();
    site
}

pub(crate) async fn user(site: &Site, email: &str) -> Id<User> {
    let email = email.parse().unwrap();
    let hashed = site.system.hash_password(PASSWORD.to_owned().into(), &email).await.unwrap();
    let new = NewUser {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email,
        hashed_password: Some(hashed),
        is_platform_admin: false,
    };
    site.system.create_user(new).await.unwrap()
}

pub(crate) async fn signed_in(site: &Site, email: &str) -> Browser {
    let mut browser = Browser::default();
    let answer = browser.log_in(site, email, PASSWORD).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    browser
}

/// What an authenticator app shows on Monday at 15:00.
pub(crate) fn authenticator(secret: &str) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let app = totp_rs::Builder::new().with_secret(bytes).build_noncompliant();
    app.generate(1_795_446_000).to_string()
}
