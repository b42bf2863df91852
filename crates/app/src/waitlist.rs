use model::{
    core::EmailAddress,
    marketing::{WaitlistRequest, WaitlistStatus},
};

use crate::{By, Doors, Error, Result, audit::Change};

/// What somebody says who asks to be let in; they have agreed to be written to.
#[derive(Debug, Clone)]
pub struct NewWaitlistRequest {
    pub first_name: String,
    pub last_name: String,
    pub email: EmailAddress,
    pub company_name: String,
    pub company_website: String,
    pub source: Option<String>,
}

impl Doors {
    /// Keeps the request, once for each address: who asks again is not told whether they did.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub async fn join_waitlist(&self, new: NewWaitlistRequest) -> Result<()> {
        let house = &self.0;
        let (id, at) = (house.environment.new_id(), house.environment.now());
        let request = WaitlistRequest {
            first_name: new.first_name,
            last_name: new.last_name,
            email: new.email,
            company_name: new.company_name,
            company_website: new.company_website,
            source: new.source,
            status: WaitlistStatus::New,
            consent_at: at,
        };
        let mut unit = house.store.platform().begin(at);
        unit.insert(id, &request)?;
        match house.commit(unit, None, &By::system(), Change::created(id, &request), at).await {
            Err(Error::Duplicate { .. }) => Ok(()),
            written => written,
        }
    }
}
