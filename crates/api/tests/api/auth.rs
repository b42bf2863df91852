//! Signing in and out, links, second factors, invitations: what people do with their accounts.

use app::NewUser;
use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use model::{
    Id,
    core::{Role, SystemRole},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    browser::{Browser, PASSWORD, authenticator, signed_in, site, user},
    site::token,
};

#[tokio::test]
async fn somebody_signs_in_and_out() {
    let site = site().await;
    let id = user(&site, "ada@example.com").await;
    let roles = vec![SystemRole::Owner.seeded_id()];
    site.system.add_member(site.tenant.organization(), id, roles).await.unwrap();
    let mut ada = Browser::default();
    ada.get(&site, "me").await.problem(401, "unauthenticated");
    let mut ada = signed_in(&site, " Ada@Example.com ").await;
    let me = ada.get(&site, "me").await.json();
    assert_eq!(me["email"], "ada@example.com");
    assert_eq!(me["memberships"][0]["slug"], "acme");
    assert!(me["permissions"].as_array().unwrap().contains(&"INVITE_USER".into()), "{me}");
    assert!(me.get("hashed_password").is_none());
    let patched =
        ada.send(&site, Method::PATCH, "me", json!({ "first_name": "Augusta" })).await.json();
    assert_eq!(
        (&patched["first_name"], &patched["last_name"]),
        (&"Augusta".into(), &"Lovelace".into())
    );
    let before = ada.clone();
    assert_eq!(ada.post(&site, "logout", Value::Null).await.status, 204);
    assert_eq!(ada.login, None);
    assert!(!before.clone().is_in(&site).await, "the token opens nothing any more");
}

#[tokio::test]
async fn signing_in_ends_the_session_that_the_browser_had() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    user(&site, "mary@example.com").await;
    let mut elsewhere = signed_in(&site, "ada@example.com").await;
    let mut browser = signed_in(&site, "ada@example.com").await;
    let mut before = browser.clone();
    let wrong = browser.log_in(&site, "mary@example.com", "another one entirely").await;
    wrong.problem(401, "auth.wrong_credentials");
    assert!(before.is_in(&site).await);
    assert_eq!(browser.log_in(&site, "mary@example.com", PASSWORD).await.status, 204);
    assert!(!before.is_in(&site).await);
    assert_eq!(browser.get(&site, "me").await.json()["email"], "mary@example.com");
    assert!(elsewhere.is_in(&site).await);
}

#[tokio::test]
async fn who_has_no_account_is_answered_like_who_has_a_wrong_password() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let invited = NewUser {
        first_name: "No".to_owned(),
        last_name: "Password".to_owned(),
        email: "invited@example.com".parse().unwrap(),
        hashed_password: None,
        is_platform_admin: false,
    };
    site.system.create_user(invited).await.unwrap();
    let mut answers = Vec::new();
    for (email, password) in [
        ("ada@example.com", "another one entirely"),
        ("nobody@example.com", PASSWORD),
        ("invited@example.com", PASSWORD),
        ("invited@example.com", ""),
        ("no address", PASSWORD),
    ] {
        let answer = Browser::default().log_in(&site, email, password).await;
        answer.problem(401, "auth.wrong_credentials");
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        answers.push((answer.body.clone(), headers));
    }
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    let mut forgot = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let answer =
            Browser::default().post(&site, "password/forgot", json!({ "email": email })).await;
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        forgot.push((answer.status, answer.body.clone(), headers));
    }
    assert_eq!(forgot[0].0, StatusCode::ACCEPTED);
    assert_eq!(forgot[0], forgot[1]);
}

#[tokio::test]
async fn strangers_guess_a_hundred_times_an_hour_and_the_owner_signs_in() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let mut owner = signed_in(&site, "ada@example.com").await;
    let mut guessed = 0;
    for n in 0..200_u32 {
        let mut request = Browser::default().request(
            Method::POST,
            "/api/v1/auth/login",
            &json!({ "email": "ada@example.com", "password": "guess" }),
        );
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + n * 256);
        request.extensions_mut().insert(api::ClientAddress(address.into()));
        let answer = site.send(request).await;
        if answer.status == 401 {
            guessed += 1;
        } else {
            answer.problem(429, "too_many_attempts");
        }
    }
    assert!((1..=100).contains(&guessed), "{guessed}");
    let answer = owner.log_in(&site, "ada@example.com", PASSWORD).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
}

#[tokio::test]
async fn the_token_is_another_one_after_each_sign_in_and_each_change_of_rights() {
    let site = site().await;
    let id = user(&site, "ada@example.com").await;
    site.system
        .add_member(site.tenant.organization(), id, vec![SystemRole::Viewer.seeded_id()])
        .await
        .unwrap();
    let mut ada = signed_in(&site, "ada@example.com").await;
    let mut other = signed_in(&site, "ada@example.com").await;
    assert_ne!(ada.login, other.login);
    let mut tokens = vec![ada.login.clone()];
    ada.log_in(&site, "ada@example.com", PASSWORD).await;
    tokens.push(ada.login.clone());
    let to = json!({ "organization_id": site.tenant.organization() });
    assert_eq!(ada.post(&site, "switch_organization", to).await.status, 204);
    tokens.push(ada.login.clone());
    let wrong = json!({ "old_password": "wrong", "password": "another good password" });
    assert_eq!(
        ada.post(&site, "password", wrong).await.error(422, "request.invalid").0,
        "old_password"
    );
    assert!(other.is_in(&site).await);
    let new = json!({ "old_password": PASSWORD, "password": "another good password" });
    let answer = ada.post(&site, "password", new).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    tokens.push(ada.login.clone());
    let mut distinct = tokens.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), tokens.len());
    assert!(ada.is_in(&site).await && !other.is_in(&site).await);
    for old in &tokens[2..3] {
        assert!(!Browser { login: old.clone(), device: None }.is_in(&site).await);
    }
    let unknown = json!({ "organization_id": "0".repeat(24) });
    ada.post(&site, "switch_organization", unknown).await.problem(404, "not_found");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    user(&site, "bob@example.com").await;
    let mut ada = signed_in(&site, "ada@example.com").await;
    let mut phone = signed_in(&site, "ada@example.com").await;
    let mut tablet = signed_in(&site, "ada@example.com").await;
    let mut bob = signed_in(&site, "bob@example.com").await;
    let listed = ada.get(&site, "sessions").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 3);
    assert!(!listed.to_string().contains("token"));
    let of_phone = phone.get(&site, "sessions").await.json();
    let of_phone = of_phone["data"].as_array().unwrap();
    let this = of_phone.iter().find(|it| it["is_this_one"] == true).unwrap();
    let path = format!("sessions/{}", this["_id"].as_str().unwrap());
    bob.send(&site, Method::DELETE, &path, Value::Null).await.problem(404, "not_found");
    assert!(phone.is_in(&site).await);
    assert_eq!(ada.send(&site, Method::DELETE, &path, Value::Null).await.status, 204);
    assert!(!phone.is_in(&site).await);
    assert!(tablet.is_in(&site).await);
    assert_eq!(ada.send(&site, Method::DELETE, "sessions", Value::Null).await.status, 204);
    assert!(!tablet.is_in(&site).await);
    assert!(ada.is_in(&site).await && bob.is_in(&site).await);
}

#[tokio::test]
async fn a_link_resets_a_password_once_among_a_thousand() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let mut before = signed_in(&site, "ada@example.com").await;
    let forgot = json!({ "email": "ada@example.com" });
    assert_eq!(Browser::default().post(&site, "password/forgot", forgot).await.status, 202);
    let token = site.mailed(None).await;
    let weak = json!({ "token": token, "password": "short" });
    let refused = Browser::default().post(&site, "password/reset", weak).await;
    assert_eq!(refused.error(422, "request.invalid").0, "password");
    let tries = (0..1_000).map(|n| {
        let site = &site;
        let body = json!({ "token": token, "password": format!("the new password {n}") });
        async move { (n, Browser::default().post(site, "password/reset", body).await) }
    });
    let mut won = Vec::new();
    for (n, answer) in join_all(tries).await {
        match answer.status.as_u16() {
            204 => won.push(n),
            404 => drop(answer.problem(404, "link.invalid")),
            other => assert_eq!(other, 429, "{}", answer.text()),
        }
    }
    assert_eq!(won.len(), 1);
    assert!(!before.is_in(&site).await);
    let password = format!("the new password {}", won[0]);
    assert_eq!(before.log_in(&site, "ada@example.com", &password).await.status, 204);
    let used = json!({ "token": token, "password": "one more password" });
    let used = Browser::default().post(&site, "password/reset", used).await;
    let wrong = json!({ "token": "A".repeat(43), "password": "one more password" });
    let wrong = Browser::default().post(&site, "password/reset", wrong).await;
    used.problem(404, "link.invalid");
    assert_eq!(used.body, wrong.body);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_taken_once() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let mut ada = signed_in(&site, "ada@example.com").await;
    let mut other = signed_in(&site, "ada@example.com").await;
    let set_up = ada.post(&site, "totp", Value::Null).await;
    assert_eq!(set_up.status, 200, "{}", set_up.text());
    assert!(signed_in(&site, "ada@example.com").await.is_in(&site).await, "not asked for yet");
    ada.post(&site, "totp/confirm", json!({ "code": "000000x" }))
        .await
        .problem(401, "auth.wrong_code");
    let secret = set_up.json()["secret"].as_str().unwrap().to_owned();
    let code = authenticator(&secret);
    let before = ada.login.clone();
    let confirmed = ada.post(&site, "totp/confirm", json!({ "code": code })).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    assert_ne!(ada.login, before);
    assert!(!other.is_in(&site).await);
    let codes = confirmed.json()["recovery_codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);
    let mut with = json!({ "email": "ada@example.com", "password": PASSWORD });
    let mut again = Browser::default();
    again.post(&site, "login", with.clone()).await.problem(401, "auth.second_factor_required");
    with["code"] = code.into();
    again.post(&site, "login", with.clone()).await.problem(401, "auth.wrong_code");
    with["code"] = codes[0].clone();
    assert_eq!(again.post(&site, "login", with.clone()).await.status, 204);
    again.post(&site, "login", with).await.problem(401, "auth.wrong_code");
    assert_eq!(again.get(&site, "me").await.json()["recovery_codes"], 9);
    let wrong = json!({ "password": "wrong" });
    again.send(&site, Method::DELETE, "totp", wrong).await.problem(422, "request.invalid");
    let right = json!({ "password": PASSWORD });
    assert_eq!(again.send(&site, Method::DELETE, "totp", right).await.status, 204);
    assert!(signed_in(&site, "ada@example.com").await.is_in(&site).await);
}

#[tokio::test]
async fn an_invitation_makes_a_member_and_touches_no_account() {
    let site = site().await;
    let owner = user(&site, "owner@example.com").await;
    let organization = site.tenant.organization();
    let roles = vec![SystemRole::Admin.seeded_id()];
    site.system.add_member(organization, owner, roles).await.unwrap();
    let mut owner = signed_in(&site, "owner@example.com").await;
    let path = format!("/api/v1/organizations/{organization}/invitations");
    let viewer: Id<Role> = SystemRole::Viewer.seeded_id();
    let beyond = json!({ "email": "eve@example.com", "roles": [SystemRole::Owner.seeded_id()] });
    let answer = owner.post(&site, &path, beyond).await;
    answer.problem(422, "request.invalid");
    let invite = |email: &str| json!({ "email": email, "roles": [viewer] });
    let answer = owner.post(&site, &path, invite("new@example.com")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let token = site.mailed(Some(organization)).await;
    let look =
        Browser::default().post(&site, "invitations/look", json!({ "token": token })).await.json();
    assert_eq!(look, json!({ "organization_name": "acme & sons", "email": "new@example.com" }));
    let join =
        json!({ "token": token, "first_name": "New", "last_name": "One", "password": PASSWORD });
    let mut new = Browser::default();
    let joined = new.post(&site, "invitations/join", join.clone()).await;
    assert_eq!(joined.status, 204, "{}", joined.text());
    let me = new.get(&site, "me").await.json();
    assert_eq!(me["memberships"][0]["roles"], json!([viewer]));
    Browser::default().post(&site, "invitations/join", join).await.problem(404, "link.invalid");

    user(&site, "known@example.com").await;
    owner.post(&site, &path, invite("known@example.com")).await;
    let token = site.mailed(Some(organization)).await;
    let eve = json!({
        "token": token, "first_name": "X", "last_name": "Y", "password": "taken over by eve",
    });
    Browser::default().post(&site, "invitations/join", eve).await.problem(409, "not_allowed");
    new.post(&site, "invitations/accept", json!({ "token": token }))
        .await
        .problem(409, "not_allowed");
    let mut known = signed_in(&site, "known@example.com").await;
    let accepted = known.post(&site, "invitations/accept", json!({ "token": token })).await;
    assert_eq!(accepted.json()["organization_id"], json!(organization));

    owner.post(&site, &path, invite("late@example.com")).await;
    let token = site.mailed(Some(organization)).await;
    let pending = owner.get(&site, &path).await.json();
    assert_eq!(pending["data"].as_array().unwrap().len(), 1, "{pending}");
    let id = pending["data"][0]["_id"].as_str().unwrap();
    let one = format!("{path}/{id}");
    assert_eq!(owner.send(&site, Method::DELETE, &one, Value::Null).await.status, 204);
    let look = Browser::default().post(&site, "invitations/look", json!({ "token": token })).await;
    look.problem(404, "link.invalid");
    new.get(&site, &path).await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_first_user_is_made_once() {
    let site = site().await;
    let link = site.system.setup_link().await.unwrap().unwrap();
    let second = site.system.setup_link().await.unwrap().unwrap();
    site.get("/account/setup").await;
    let body = |link: &str| {
        json!({
            "token": token(link), "first_name": "Ada", "last_name": "Lovelace",
            "email": "ada@example.com", "password": PASSWORD,
            "organization": { "name": "Engines", "slug": "engines", "time_zone": "Europe/London" },
        })
    };
    let mut ada = Browser::default();
    let answer = ada.post(&site, "setup", body(&link)).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    let me = ada.get(&site, "me").await.json();
    assert_eq!(
        (&me["is_platform_admin"], &me["memberships"][0]["slug"]),
        (&true.into(), &"engines".into())
    );
    for used in [&link, &second] {
        Browser::default().post(&site, "setup", body(used)).await.problem(404, "link.invalid");
    }
    assert_eq!(site.system.setup_link().await.unwrap(), None);
}

#[tokio::test]
async fn requests_from_other_sites_change_nothing() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let ada = signed_in(&site, "ada@example.com").await;
    let mut unsafe_routes = 0;
    for route in api::operations() {
        if route.method == "GET" || !route.path.starts_with("/api/") {
            continue;
        }
        unsafe_routes += 1;
        let path = route.path.replace(['{', '}'], "");
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]
        {
            let mut request = ada.request(route.method.parse().unwrap(), &path, &json!({}));
            request.headers_mut().insert(name, value.parse().unwrap());
            request.headers_mut().insert("host", "localhost".parse().unwrap());
            site.send(request).await.problem(403, "request.cross_site");
        }
    }
    assert!(unsafe_routes > 20, "{unsafe_routes}");
    assert!(ada.clone().is_in(&site).await);
}

#[tokio::test]
async fn an_address_is_shown_to_be_ones_own() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let mut ada = signed_in(&site, "ada@example.com").await;
    assert!(ada.get(&site, "me").await.json()["email_verified_at"].is_null());
    assert_eq!(ada.post(&site, "email/verification", Value::Null).await.status, 202);
    let token = site.mailed(None).await;
    let reset = json!({ "token": token, "password": "another good password" });
    Browser::default().post(&site, "password/reset", reset).await.problem(404, "link.invalid");
    let verify = json!({ "token": token });
    assert_eq!(Browser::default().post(&site, "email/verify", verify.clone()).await.status, 204);
    assert!(ada.get(&site, "me").await.json()["email_verified_at"].is_string());
    Browser::default().post(&site, "email/verify", verify).await.problem(404, "link.invalid");
}

#[tokio::test]
async fn what_is_ended_on_one_server_is_ended_on_every_other() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let beside = site.beside();
    let mut ada = signed_in(&site, "ada@example.com").await;
    let request = || ada.request(Method::GET, "me", &Value::Null);
    assert_eq!(beside.clone().oneshot(request()).await.unwrap().status(), 200);
    let before = request();
    assert_eq!(ada.post(&site, "logout", Value::Null).await.status, 204);
    assert_eq!(beside.oneshot(before).await.unwrap().status(), 401);
}

#[tokio::test]
async fn opening_the_page_of_a_link_does_not_use_it() {
    let site = site().await;
    user(&site, "ada@example.com").await;
    let forgot = json!({ "email": "ada@example.com" });
    Browser::default().post(&site, "password/forgot", forgot).await;
    let token = site.mailed(None).await;
    for _ in 0..3 {
        let page = site.get("/account/reset").await;
        assert_eq!(page.status, 200, "{}", page.text());
        Browser::default().get(&site, &format!("password/reset?token={token}")).await;
    }
    let reset = json!({ "token": token, "password": "another good password" });
    assert_eq!(Browser::default().post(&site, "password/reset", reset).await.status, 204);
}
