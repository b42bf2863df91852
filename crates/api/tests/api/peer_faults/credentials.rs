//! Who somebody is.

use std::net::Ipv4Addr;

use app::NewUser;
use axum::http::{Method, Request};
use model::core::{ApiKey, SystemRole, User};
use serde_json::json;
use store::Find;

use super::{Case, Found};
use crate::{
    browser::{Browser, PASSWORD},
    member::Member,
};

/// Somebody with a password.
async fn known(case: &Case) -> &'static str {
    const KNOWN: &str = "known@example.com";
    let email = KNOWN.parse().unwrap();
    let system = &case.site.system;
    let hashed = system.hash_password(PASSWORD.to_owned().into(), &email).await.unwrap();
    let new = NewUser {
        first_name: "Known".to_owned(),
        last_name: "One".to_owned(),
        email,
        hashed_password: Some(hashed),
        is_platform_admin: false,
    };
    system.create_user(new).await.unwrap();
    KNOWN
}

pub(super) async fn nobody_writes_who_they_are(Case { site, owner }: &Case, found: &mut Found) {
    let before = owner.get(site, "/api/v1/auth/me").await.json();
    for field in ["email", "hashed_password", "is_platform_admin", "email_verified_at", "_id"] {
        let answer = owner.patch(site, "/api/v1/auth/me", &json!({ field: "x@example.com" })).await;
        found.unless(
            answer.status == 422 && answer.text().contains(field),
            format!("{field} is taken"),
        );
    }
    found.unless(owner.get(site, "/api/v1/auth/me").await.json() == before, "it was written");
}

pub(super) async fn an_invitation_changes_no_account(case: &Case, found: &mut Found) {
    let Case { site, owner } = case;
    let email = known(case).await;
    let invitation = json!({ "email": email, "roles": [SystemRole::Viewer.seeded_id()] });
    let invited = owner.post(site, "invitations", &invitation).await;
    assert_eq!(invited.status, 201, "{}", invited.text());
    let token = site.mailed(Some(owner.organization)).await;
    let eve = json!({
        "token": token, "first_name": "X", "last_name": "Y", "password": "taken over by eve",
    });
    let joined = Browser::default().post(site, "invitations/join", eve).await;
    found.unless(joined.status == 409, format!("joined: {}", joined.status));
    let login = json!({ "email": email, "password": PASSWORD });
    let login = Browser::default().post(site, "login", login).await;
    found.unless(login.status == 204, "the password is another one");
}

pub(super) async fn there_is_no_account_to_begin_with(case: &Case, found: &mut Found) {
    let (users, _) = case.site.store.platform().list::<User>(Find::all()).await.unwrap();
    let only = users.iter().all(|it| Some(it.id) == case.owner.user);
    found.unless(only, format!("{} accounts", users.len()));
    for name in ["admin", "administrator", "root", "wrkbelt"] {
        for password in [name, "password", "123456", ""] {
            let login = json!({ "email": format!("{name}@example.com"), "password": password });
            let answer = Browser::default().post(&case.site, "login", login).await;
            let is_refused = answer.status.is_client_error();
            found.unless(is_refused, format!("{name} and {password:?} sign in"));
        }
    }
}

pub(super) async fn a_key_is_kept_as_its_hash(Case { site, owner }: &Case, found: &mut Found) {
    let new = json!({ "name": "Website", "scopes": ["VIEW_BOOKINGS"] });
    let made = owner.post(site, "api_keys", &new).await.json();
    let key = made["key"].as_str().unwrap();
    let (stored, _) =
        site.store.scoped(owner.organization).list(Find::<ApiKey>::all()).await.unwrap();
    assert_eq!(stored.len(), 1);
    let secret = &key[key.len() - 32..];
    for text in [
        serde_json::to_string(&stored).unwrap(),
        owner.get(site, "api_keys").await.text().to_owned(),
        owner.get(site, "audit_log").await.text().to_owned(),
    ] {
        found.unless(!text.contains(secret), text);
    }
}

pub(super) async fn a_token_that_was_not_given_out_is_worth_nothing(
    Case { site, owner }: &Case,
    found: &mut Found,
) {
    let new = json!({ "name": "Website", "scopes": ["VIEW_SERVICE_ZONES"] });
    let made = owner.post(site, "api_keys", &new).await.json();
    let key = made["key"].as_str().unwrap();
    let ask = async |key: &str| {
        Member::with_key(owner.organization, key).get(site, "service_zones").await.status
    };
    assert_eq!(ask(key).await, 200);
    let last = if key.ends_with('0') { "1" } else { "0" };
    for forged in [
        format!("{}{last}", &key[..key.len() - 1]),
        key[..key.len() - 1].to_owned(),
        // {"alg":"none"} {"sub":"owner"}
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciJ9.".to_owned(),
    ] {
        found.unless(ask(&forged).await == 401, format!("{forged} is believed"));
    }
}

pub(super) async fn an_id_is_no_authority(Case { site, .. }: &Case, found: &mut Found) {
    let (theirs, mine) = (site.visit().await, site.visit().await);
    let before = theirs.events().await;
    let command = theirs.body(&json!({ "type": "submit_zip", "zip": "30305" })).to_string();
    for (method, rest) in [(Method::GET, ""), (Method::GET, "/events"), (Method::POST, "/commands")]
    {
        for token in [None, Some(&mine.token)] {
            let mut request = Request::builder().method(&method).uri(theirs.path(rest));
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let request = request.header("content-type", "application/json");
            let body = if method == Method::POST { command.clone() } else { String::new() };
            let answer = site.send(request.body(body.into()).unwrap()).await;
            let is_refused = answer.status.is_client_error();
            found.unless(is_refused, format!("{method} {rest} {token:?}: {}", answer.status));
        }
    }
    found.unless(theirs.events().await == before, "the visit goes on");
}

pub(super) async fn guesses_come_to_an_end(case: &Case, found: &mut Found) {
    const GUESSES: u32 = 30;
    let email = known(case).await;
    let mut looked_at = 0;
    for n in 0..GUESSES {
        let guess = json!({ "email": email, "password": format!("guess {n}") });
        let mut request = Browser::default().request(Method::POST, "login", &guess);
        let address = Ipv4Addr::from(0x0a00_0000 + n * 256);
        request.extensions_mut().insert(api::ClientAddress(address.into()));
        looked_at += u32::from(case.site.send(request).await.status == 401);
    }
    found.unless(looked_at < GUESSES, "each guess was looked at");
}
