use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use model::{Id, ObjectId, Timestamp, hex};

/// The time, as a dependency.
pub trait Clock: Send + Sync {
    /// The instant that it is.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks for the time")]
    fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }
}

/// Where time, ids and randomness come from.
#[derive(Clone)]
pub struct Environment {
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
}

struct Ids {
    process: [u8; 5],
    counter: AtomicU32,
}

impl Environment {
    /// Ids are made from the clock's seconds, a random process value and a counter.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let ids = Ids { process: random(), counter: AtomicU32::new(u32::from_be_bytes(random())) };
        Self { clock, ids: Arc::new(ids) }
    }

    /// The instant that it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What this process is called where several work on one store.
    pub fn process(&self) -> String {
        format!("wrkbelt {} ({})", env!("CARGO_PKG_VERSION"), hex(&self.ids.process))
    }

    /// An id that nothing has yet.
    pub fn new_id<E>(&self) -> Id<E> {
        Id::new(self.new_object_id())
    }

    /// The same without its type.
    pub fn new_object_id(&self) -> ObjectId {
        let seconds = u32::try_from(self.now().millis() / 1_000).unwrap_or(0);
        let counter = self.ids.counter.fetch_add(1, Ordering::Relaxed);
        ObjectId::from_parts(seconds, self.ids.process, counter)
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes[..]);
    bytes
}
