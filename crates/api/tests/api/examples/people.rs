//! What people do with their accounts and invitations.

use model::{
    Id,
    core::{SystemRole, User},
};
use serde_json::json;

use super::Run;
use crate::{
    browser::{PASSWORD, authenticator},
    site::token,
};

/// What stands for a secret of an authenticator app.
pub(super) const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/// What stands for a code that is scanned.
pub(super) const QR_CODE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>";
/// What stands for a recovery code.
pub(super) const RECOVERY_CODE: &str = "k3vd-w7qa-mz5c-r2hf";

const ADA: &str = "ada@lovelace.example";

/// The address that an app scans, with the secret that stands for all others.
pub(super) fn scanned(url: &str) -> String {
    let (before, secret) = url.split_once("secret=").unwrap();
    let after = secret.split_once('&').map_or("", |it| it.1);
    format!("{before}secret={SECRET}&{after}")
}

pub(super) fn is_recovery_code(text: &str) -> bool {
    text.len() == RECOVERY_CODE.len() && text.split('-').all(|it| it.len() == 4)
}

impl Run {
    /// Everything that people can do before, and besides, their work for the sample business.
    pub(super) async fn people(&mut self) {
        let ada = self.first_user().await;
        self.account(ada).await;
        self.second_factor(ada).await;
        self.invitations(ada).await;
        self.password(ada).await;
    }

    async fn first_user(&mut self) -> Id<User> {
        let link = self.site.system.setup_link().await.unwrap().unwrap();
        let first = json!({
            "token": token(&link), "first_name": "Ada", "last_name": "Lovelace", "email": ADA,
            "password": PASSWORD,
            "organization": {
                "name": "Lovelace Heating", "slug": "lovelace", "time_zone": "Europe/London",
            },
        });
        self.call("set_up", &[], None, Some(first)).await;
        self.site.system.find_user(&ADA.parse().unwrap()).await.unwrap().unwrap().id
    }

    /// A new login session of a user.
    async fn login(&self, user: Id<User>) -> String {
        self.site.system.log_in(user).await.unwrap().expose().to_owned()
    }

    async fn account(&mut self, ada: Id<User>) {
        let shown = json!({ "email": ADA, "password": PASSWORD });
        let login = self.login(ada).await;
        // One is left, as those of one moment have no order.
        self.call("end_other_logins", &[], Some(&login), None).await;
        self.call("list_logins", &[], Some(&login), None).await;
        self.call("log_in", &[], None, Some(shown)).await;
        let all = self.call("list_logins", &[], Some(&login), None).await;
        let other = all["data"].as_array().unwrap().iter().find(|it| it["is_this_one"] == false);
        let one = [("id", other.unwrap()["_id"].as_str().unwrap())];
        self.call("end_login", &one, Some(&login), None).await;
        let me = self.call("show_me", &[], Some(&login), None).await;
        let patch = json!({ "last_name": "King", "locale": "en-GB" });
        self.call("change_me", &[], Some(&login), Some(patch)).await;
        self.call("send_verification", &[], Some(&login), None).await;
        let verify = json!({ "token": self.site.mailed(None).await });
        self.call("verify_email", &[], None, Some(verify)).await;
        let to = json!({ "organization_id": me["memberships"][0]["organization_id"] });
        self.call("switch_organization", &[], Some(&login), Some(to)).await;
        let login = self.login(ada).await;
        self.call("log_out", &[], Some(&login), None).await;
    }

    async fn second_factor(&mut self, ada: Id<User>) {
        let login = self.login(ada).await;
        let new = self.call("set_up_totp", &[], Some(&login), None).await;
        let code = json!({ "code": authenticator(new["secret"].as_str().unwrap()) });
        self.call("confirm_totp", &[], Some(&login), Some(code)).await;
        let login = self.login(ada).await;
        let confirmation = json!({ "password": PASSWORD });
        self.call("disable_totp", &[], Some(&login), Some(confirmation)).await;
    }

    /// One is taken back, one accepted by somebody new, one by somebody with an account.
    async fn invitations(&mut self, ada: Id<User>) {
        let login = self.login(ada).await;
        let found = self.site.system.find_organization("lovelace").await.unwrap().unwrap().id;
        let organization = found.to_string();
        let all = [("organization_id", &*organization)];
        let invited =
            |email: &str| json!({ "email": email, "roles": [SystemRole::Viewer.seeded_id()] });

        let body = invited("mary@example.com");
        let made = self.call("invite", &all, Some(&login), Some(body.clone())).await;
        self.call("list_invitations", &all, Some(&login), None).await;
        let one = [all[0], ("id", made["_id"].as_str().unwrap())];
        self.call("revoke_invitation", &one, Some(&login), None).await;

        self.call("invite", &all, Some(&login), Some(body)).await;
        let token = self.site.mailed(Some(found)).await;
        self.call("show_invitation", &[], None, Some(json!({ "token": token }))).await;
        let join = json!({
            "token": token, "first_name": "Mary", "last_name": "Somerville", "password": PASSWORD,
        });
        self.call("join", &[], None, Some(join)).await;

        let charles = self.user("charles@example.com", false).await;
        self.call("invite", &all, Some(&login), Some(invited("charles@example.com"))).await;
        let accept = json!({ "token": self.site.mailed(Some(found)).await });
        let login = self.login(charles).await;
        self.call("accept_invitation", &[], Some(&login), Some(accept)).await;
    }

    async fn password(&mut self, ada: Id<User>) {
        let login = self.login(ada).await;
        let password = "nine gentle waterfalls";
        let change = json!({ "old_password": PASSWORD, "password": password });
        self.call("change_password", &[], Some(&login), Some(change)).await;
        self.call("forgot_password", &[], None, Some(json!({ "email": ADA }))).await;
        let reset = json!({ "token": self.site.mailed(None).await, "password": PASSWORD });
        self.call("reset_password", &[], None, Some(reset)).await;
    }
}
