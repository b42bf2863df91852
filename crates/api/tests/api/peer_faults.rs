//! Faults that other booking systems were reported for, tried here: one test for each that has a
//! counterpart.
//!
//! Some are tried elsewhere. Invitations over an account (Cal.com 2026-01):
//! `auth::an_invitation_makes_a_member_and_touches_no_account`, and its handlers that nobody listed:
//! `matrix::routes_description_and_policy_are_the_same_operations`. Foreign ids in a body or beside
//! an own organization, lists without sign-in, a lower role's settings, a right to read that lets
//! write (CVE-2026-16624, CVE-2023-3285 … 38055, CVE-2023-3700, CVE-2022-0482, CVE-2026-110620,
//! CVE-2026-105090, GHSA-xxwr-vvr3-2g9f): `matrix`, and `rbac` of the app. Races for the last seat
//! (Cal.com #13397): `seats` of the app. A default account (CVE-2023-1269):
//! `auth::the_first_user_is_made_once`. Ids that are authority (CVE-2026-108758): `tokens`. Sealed
//! secrets moved to another row (CVE-2026-48765): `keyring` of the app. Guesses
//! (CVE-2026-62862): `auth::strangers_guess_a_hundred_times_an_hour_and_the_owner_signs_in`.
//!
//! Some have no counterpart yet: nothing keeps credentials of vendors (CVE-2026-109143), calls out
//! to addresses of tenants (CVE-2025-64709, CVE-2026-33712), takes webhooks (CVE-2026-39969)
//! or exports CSV (CVE-2026-47705).

use axum::http::Method;
use model::core::{ApiKey, SystemRole};
use serde_json::{Value, json};
use store::Find;

use crate::{member::Member, site::Site};

async fn owned() -> (Site, Member) {
    let site = Site::new().await;
    let owner = Member::with(&site, SystemRole::Owner).await;
    (site, owner)
}

/// How much the audit log tells.
async fn told(site: &Site, owner: &Member) -> Value {
    owner.get(site, "audit_log?include_total=true&limit=1").await.json()["total"].clone()
}

/// CVE-2026-23478: a request named the address of another account and got that account.
#[tokio::test]
async fn nobody_writes_who_they_are() {
    let (site, owner) = owned().await;
    let before = owner.get(&site, "/api/v1/auth/me").await.json();
    for field in ["email", "hashed_password", "is_platform_admin", "email_verified_at", "_id"] {
        let answer =
            owner.patch(&site, "/api/v1/auth/me", &json!({ field: "x@example.com" })).await;
        assert_eq!(answer.error(422, "request.invalid").0, field);
    }
    assert_eq!(owner.get(&site, "/api/v1/auth/me").await.json(), before);
}

/// CVE-2024-58355, CVE-2026-57858: texts and settings of a business ran as scripts in its pages.
#[tokio::test]
async fn what_a_business_writes_is_no_script_of_its_pages() {
    let (site, owner) = owned().await;
    let script = "</script></style><script>alert(1)</script>";
    let kit = json!({ "name": "Kit", "colors": { "primary": script } });
    owner.post(&site, "brand_kits", &kit).await.problem(422, "request.invalid");
    let path = format!("/api/v1/organizations/{}", owner.organization);
    let profile = owner.patch(&site, &path, &json!({ "name": script })).await;
    assert_eq!(profile.status, 200, "{}", profile.text());
    let page = site.get(&format!("/book/{}", site.key)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(!page.text().contains("<script>alert"), "{}", page.text());
}

/// CVE-2026-23622: what is changed by POST was changed by GET as well, past the check of the origin.
#[tokio::test]
async fn safe_methods_change_nothing() {
    let (site, owner) = owned().await;
    let before = told(&site, &owner).await;
    for route in api::operations().iter().filter(|it| it.path.starts_with("/api/")) {
        let path = route.path.replace("{organization_id}", &owner.organization.to_string());
        let path = path.replace("{id}", &"0".repeat(24));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let answer = site.send(owner.request(method.clone(), &path, None)).await;
            assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.text());
        }
    }
    assert_eq!(told(&site, &owner).await, before);
}

/// CVE-2026-52839: the row was written, and then the answer was an error.
#[tokio::test]
async fn what_is_answered_with_an_error_has_no_effect() {
    let (site, owner) = owned().await;
    let total = async || {
        owner.get(&site, "booking_flow_express_links?include_total=true").await.json()["total"]
            .clone()
    };
    let before = (total().await, told(&site, &owner).await);
    let link = json!({ "booking_flow_id": "0".repeat(24), "slug": "x", "name": "X" });
    let answer = owner.post(&site, "booking_flow_express_links", &link).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    assert_eq!((total().await, told(&site, &owner).await), before);
}

/// CVE-2026-47702: whoever read the database had the tokens of all.
#[tokio::test]
async fn a_key_is_kept_as_its_hash() {
    let (site, owner) = owned().await;
    let new = json!({ "name": "Website", "scopes": ["VIEW_BOOKINGS"] });
    let made = owner.post(&site, "api_keys", &new).await.json();
    let key = made["key"].as_str().unwrap();
    let (stored, _) =
        site.store.scoped(owner.organization).list(Find::<ApiKey>::all()).await.unwrap();
    assert_eq!(stored.len(), 1);
    let secret = &key[key.len() - 32..];
    for text in [
        serde_json::to_string(&stored).unwrap(),
        owner.get(&site, "api_keys").await.text().to_owned(),
        owner.get(&site, "audit_log").await.text().to_owned(),
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// CVE-2026-48768: the name that a client gave a file was where it was written.
#[tokio::test]
async fn the_name_of_a_file_is_not_its_place() {
    let (site, owner) = owned().await;
    let said = [("directory", "logos"), ("access_level", "private")];
    for name in ["../../outside.txt", "/tmp/outside.txt", "..\\outside.txt", "logos/outside.txt"] {
        let file = (name, "text/plain", &b"a note"[..]);
        let answer = site.send(owner.form(Method::POST, "files", &said, file)).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
    }
    let mut folders = vec![site.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            assert!(!path.to_string_lossy().contains("outside"), "{}", path.display());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
}

/// CVE-2024-30264: where a visitor was sent at the end was a script.
#[tokio::test]
async fn nobody_is_sent_to_a_script() {
    let (site, owner) = owned().await;
    let steps = owner.get(&site, "booking_flow_steps?limit=200").await.json();
    let mut steps = steps["data"].as_array().unwrap().iter();
    let step = steps.find(|it| it["step_type"] == "confirmation").unwrap();
    let path = format!("booking_flow_steps/{}", step["_id"].as_str().unwrap());
    let to = |url: &str| json!({ "config": { "redirect_url": url } });
    for script in
        ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//example.com"]
    {
        owner.patch(&site, &path, &to(script)).await.problem(422, "request.invalid");
    }
    let taken = owner.patch(&site, &path, &to("https://example.com/thanks")).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
}

/// CVE-2025-59934: what a token said was believed without its signature.
#[tokio::test]
async fn a_token_that_was_not_given_out_is_worth_nothing() {
    let (site, owner) = owned().await;
    let new = json!({ "name": "Website", "scopes": ["VIEW_SERVICE_ZONES"] });
    let made = owner.post(&site, "api_keys", &new).await.json();
    let key = made["key"].as_str().unwrap();
    assert_eq!(
        Member::with_key(owner.organization, key).get(&site, "service_zones").await.status,
        200
    );
    let last = if key.ends_with('0') { "1" } else { "0" };
    for forged in [
        format!("{}{last}", &key[..key.len() - 1]),
        key[..key.len() - 1].to_owned(),
        // {"alg":"none"} {"sub":"owner"}
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciJ9.".to_owned(),
    ] {
        let forger = Member::with_key(owner.organization, &forged);
        forger.get(&site, "service_zones").await.problem(401, "unauthenticated");
    }
}
