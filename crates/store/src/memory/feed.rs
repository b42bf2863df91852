use std::sync::Arc;

use async_trait::async_trait;

use super::Shared;
use crate::{Change, Feed, Position, Result};

/// Reads the log of what was written from a place on.
pub(super) struct MemoryFeed {
    shared: Arc<Shared>,
    seen: usize,
}

impl MemoryFeed {
    pub(super) fn new(shared: Arc<Shared>, seen: usize) -> Self {
        Self { shared, seen }
    }
}

#[async_trait]
impl Feed for MemoryFeed {
    async fn next(&mut self) -> Result<Change> {
        let shared = self.shared.clone();
        loop {
            let written = shared.written.notified();
            tokio::pin!(written);
            // From here on no write goes unnoticed.
            written.as_mut().enable();
            let next = shared.tables().log.get(self.seen).copied();
            if let Some((key, version)) = next {
                self.seen += 1;
                return Ok(Change { position: Position(self.seen.to_string()), key, version });
            }
            written.await;
        }
    }
}
