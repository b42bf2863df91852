use app::Request;
use model::core::Email;

use super::{
    About, Routes,
    entities::{EntityPath, Made, shown},
    once::Named,
};
use crate::{
    Problem,
    callers::{Allowed, permission::UpdateEmail},
};

const ONE: &str = "/api/v1/organizations/{organization_id}/emails/{id}";

pub(super) fn routes() -> Routes {
    Routes::new().post(
        &format!("{ONE}/resend"),
        About {
            id: "resend_email",
            tag: "emails",
            summary: "Send an e-mail again that failed or came back",
        },
        resend,
    )
}

async fn resend(
    allowed: Allowed<UpdateEmail>,
    EntityPath(id): EntityPath<Email>,
    named: Named,
) -> Result<Made<Email, 200>, Problem> {
    let asked = Request { retry: named.retry(b""), answer: shown };
    Ok(Made { created: allowed.0.resend_email(id, asked).await?, path: ONE.to_owned() })
}
