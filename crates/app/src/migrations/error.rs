use model::{Entity, Timestamp, data_migrations::Lease};
use store::StoreError;

/// Why a store is not migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("this store has to be migrated first ({}): run `wrkbelt migrate up`", .0.join(", "))]
    Pending(Vec<&'static str>),
    #[error(
        "this store was migrated by a newer version of Wrkbelt (migration {0}): use that version \
         or a newer one"
    )]
    Newer(String),
    #[error(
        "migration {0} was applied to this store as something else than it is in this version of \
         Wrkbelt: use the version that applied it"
    )]
    Changed(&'static str),
    #[error("there is no migration {0}")]
    Unknown(String),
    /// Another process is at it.
    #[error("{holder} is migrating this store, until {until} at least")]
    Leased { holder: String, until: Timestamp },
    /// This one was too slow, and another has gone on in its place.
    #[error("another process has taken over migrating this store")]
    LostLease,
    /// It is recorded, and the next run goes on from its cursor.
    #[error("migration {unique_name} failed at {at}: {reason}")]
    Failed { unique_name: &'static str, at: String, reason: StoreError },
    #[error(transparent)]
    Store(StoreError),
}

/// A lease that is at another version is somebody else's.
impl From<StoreError> for MigrationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(key) if key.collection == Lease::COLLECTION.name => {
                Self::LostLease
            }
            other => Self::Store(other),
        }
    }
}
