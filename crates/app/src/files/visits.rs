use std::{fmt::Display, time::Duration};

use bytes::Bytes;
use futures_util::Stream;
use model::{
    Doc, Id,
    core::{AccessLevel, File},
    session::{BookingSession, FilePlace},
};

use super::upload::{MOST_BYTES, NewFile, Owner, Terms, boxed};
use crate::{Result, Tenant, doors::House};

/// What a visitor does not attach by then goes.
const UNATTACHED: Duration = Duration::from_hours(1);

impl House {
    /// Keeps a visitor's file, on the terms of the place where they are.
    pub(crate) async fn upload_for_visit<E: Display>(
        &self,
        tenant: &Tenant,
        session: Id<BookingSession>,
        place: &FilePlace,
        new: NewFile,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Doc<File>> {
        let owner = Owner {
            organization: Some(tenant.organization()),
            session: Some(session),
            ..Owner::default()
        };
        let new =
            NewFile { directory: "visits".to_owned(), access_level: AccessLevel::Private, ..new };
        let terms = Terms {
            most_bytes: place.max_bytes.min(MOST_BYTES),
            place: Some(place),
            ends_at: Some(self.environment.now().plus(UNATTACHED)),
            by: None,
        };
        self.upload(owner, new, boxed(chunks), &terms, |_, _| Ok(())).await
    }
}
