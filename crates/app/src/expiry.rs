use model::{
    Entity, Index, OfPlatform, Timestamp,
    core::{IdempotencyKey, TemporaryLink, UserSession},
};
use store::{Find, Scalar, StoreError};

use crate::{Result, SystemDoor, doors::House};

/// So many are deleted at once.
const BATCH: usize = 100;

impl SystemDoor {
    /// Deletes login sessions, links and remembered answers whose time is over; how many those
    /// were. They have not counted since then: this only makes room.
    pub async fn forget_expired(&self) -> Result<usize> {
        let house = &self.0;
        Ok(house.forget::<UserSession>(expires_at::<UserSession>()).await?
            + house.forget::<TemporaryLink>(expires_at::<TemporaryLink>()).await?
            + house.forget::<IdempotencyKey>(expires_at::<IdempotencyKey>()).await?)
    }
}

fn expires_at<E: Entity>() -> Option<&'static Index> {
    E::COLLECTION.indexes.iter().find(|it| it.name == "expires_at")
}

impl House {
    async fn forget<E: Entity<Scope: OfPlatform>>(
        &self,
        index: Option<&'static Index>,
    ) -> Result<usize> {
        let Some(index) = index else { return Ok(0) };
        let text = |it: Timestamp| Scalar::Text(it.to_string());
        let now = self.environment.now();
        let mut forgotten = 0;
        loop {
            let over = Find::<E>::by(index, []).between(text(Timestamp::EPOCH), text(now));
            let (page, next) = self.store.platform().list(over.limit(BATCH)).await?;
            let mut unit = self.store.platform().begin(now);
            for doc in &page {
                unit.delete(doc.id, doc.version);
            }
            match unit.commit().await {
                Ok(()) => forgotten += page.len(),
                // Another server does the same.
                Err(StoreError::Conflict(_)) => return Ok(forgotten),
                Err(error) => return Err(error.into()),
            }
            if next.is_none() {
                return Ok(forgotten);
            }
        }
    }
}
