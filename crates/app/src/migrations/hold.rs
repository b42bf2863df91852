use std::time::Duration;

use model::{Doc, data_migrations::Lease};
use store::Store;

use super::MigrationError;
use crate::Environment;

/// The lease, held: the only way to a store that a migration may write to.
pub(super) struct Hold {
    store: Store,
    environment: Environment,
    lease: Doc<Lease>,
}

const NAME: &str = "data_migrations";

/// A step that takes longer may find itself taken over. A process that ends without a word is
/// waited for as long.
const TERM: Duration = Duration::from_secs(30);

impl Hold {
    /// # Errors
    /// [`MigrationError::Leased`] when another process has it.
    pub(super) async fn acquire(
        store: &Store,
        environment: &Environment,
    ) -> Result<Self, MigrationError> {
        let platform = store.platform();
        let id = Lease::id_for(NAME);
        let now = environment.now();
        let holder = environment.process();
        let lease = Lease { name: NAME.to_owned(), holder, until: now.plus(TERM) };
        let seen = platform.get(id).await?;
        // One that ends later than any could was had by a clock that was wrong.
        let latest = now.plus(TERM * 2);
        let mut unit = platform.begin(now);
        let (version, created_at) = match seen {
            Some(seen) if seen.body.until > now && seen.body.until <= latest => {
                let Lease { holder, until, .. } = seen.body;
                return Err(MigrationError::Leased { holder, until });
            }
            Some(seen) => {
                unit.replace(&seen, &lease)?;
                (seen.version + 1, seen.created_at)
            }
            None => {
                unit.insert(id, &lease)?;
                (1, now)
            }
        };
        unit.commit().await?;
        let lease =
            Doc { id, organization_id: None, version, created_at, updated_at: now, body: lease };
        Ok(Self { store: store.clone(), environment: environment.clone(), lease })
    }

    /// Takes batches as long as nobody else has the lease.
    pub(super) fn store(&self) -> Store {
        self.store.fenced(self.lease.id, self.lease.version)
    }

    /// Goes on holding it when half of the term is over.
    ///
    /// # Errors
    /// [`MigrationError::LostLease`] when another process has it.
    pub(super) async fn renew(&mut self) -> Result<(), MigrationError> {
        let now = self.environment.now();
        if now.plus(TERM / 2) < self.lease.body.until {
            return Ok(());
        }
        let lease = Lease { until: now.plus(TERM), ..self.lease.body.clone() };
        self.write(lease).await
    }

    /// Others need not wait for the end of the term. The document stays: its version goes on.
    pub(super) async fn release(mut self) {
        let lease = Lease { until: self.environment.now(), ..self.lease.body.clone() };
        match self.write(lease).await {
            Ok(()) | Err(MigrationError::LostLease) => {}
            Err(error) => tracing::warn!(%error, "the lease on migrations was not given back"),
        }
    }

    async fn write(&mut self, lease: Lease) -> Result<(), MigrationError> {
        let mut unit = self.store.platform().begin(self.environment.now());
        unit.replace(&self.lease, &lease)?;
        unit.commit().await?;
        self.lease.version += 1;
        self.lease.body = lease;
        Ok(())
    }
}
