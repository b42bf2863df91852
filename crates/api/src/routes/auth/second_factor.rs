use axum::Json;
use qrcode::{QrCode, render::svg};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{About, Routes, entities::NoContent},
    cookies::Fresh,
};
use crate::{Problem, body::Body, callers::LoggedIn};

/// What an authenticator app is set up with, this once.
#[derive(Serialize, JsonSchema)]
struct NewTotpView {
    /// Base32, for who types it.
    secret: String,
    /// `otpauth:`, for an app on the same device.
    url: String,
    /// The same for who scans it: a QR code as SVG.
    qr_code: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    /// Six digits.
    code: String,
}

/// Codes for who has lost the authenticator, this once.
#[derive(Serialize, JsonSchema)]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    password: String,
}

pub(super) fn routes() -> Routes {
    let about = |id, summary| About { id, tag: "auth", summary };
    let totp = "/api/v1/auth/totp";
    Routes::new()
        .post(totp, about("set_up_totp", "Begin to set up a second factor"), set_up)
        .post(
            &format!("{totp}/confirm"),
            about("confirm_totp", "Show a first code; answers the recovery codes"),
            confirm,
        )
        .delete(totp, about("disable_totp", "Take the second factor away"), disable)
}

async fn set_up(LoggedIn(caller): LoggedIn) -> Result<Json<NewTotpView>, Problem> {
    let new = caller.set_up_totp().await?;
    let (secret, url) = (new.secret.to_string(), new.url.to_string());
    Ok(Json(NewTotpView { secret, qr_code: qr_code(&url), url }))
}

#[expect(clippy::expect_used, reason = "an e-mail address is shorter than what a code can hold")]
fn qr_code(url: &str) -> String {
    let code = QrCode::new(url).expect("a URL that is not too long");
    code.render::<svg::Color<'_>>().build()
}

async fn confirm(
    LoggedIn(caller): LoggedIn,
    Body(Code { code }): Body<Code>,
) -> Result<Fresh<Json<RecoveryCodes>>, Problem> {
    let (codes, token) = caller.confirm_totp(&code).await?;
    let recovery_codes = codes.iter().map(|it| it.to_string()).collect();
    Ok(Fresh::rotated(&token, Json(RecoveryCodes { recovery_codes })))
}

async fn disable(
    LoggedIn(caller): LoggedIn,
    Body(Confirmation { password }): Body<Confirmation>,
) -> Result<Fresh, Problem> {
    Ok(Fresh::rotated(&caller.disable_totp(password.into()).await?, NoContent))
}
