use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What the writer did; for tests and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Batches that were applied.
    pub batches: u64,
    /// Batches that were refused, each alone.
    pub refused: u64,
    /// Transactions that were committed: each is one wait for the disk.
    pub transactions: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) batches: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) transactions: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        Stats {
            batches: self.batches.load(Relaxed),
            refused: self.refused.load(Relaxed),
            transactions: self.transactions.load(Relaxed),
        }
    }
}
