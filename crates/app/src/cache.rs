use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use model::Timestamp;

/// Shared values by key, forgotten when they are too old or too many. Keys of tenants' values
/// hold the organization.
pub(crate) struct Cache<K, V> {
    entries: RwLock<HashMap<K, (Timestamp, Arc<V>)>>,
    most: usize,
    longest: Option<Duration>,
}

impl<K: Eq + Hash, V> Cache<K, V> {
    /// `longest` is how long a value may be used without being read again; `None` is for values
    /// that never change.
    pub(crate) fn new(most: usize, longest: Option<Duration>) -> Self {
        Self { entries: RwLock::default(), most, longest }
    }

    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<Arc<V>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = entries.get(key)?;
        let fresh = self.longest.is_none_or(|it| *at <= now && now < at.plus(it));
        fresh.then(|| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) -> Arc<V> {
        let value = Arc::new(value);
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.most {
            entries.clear();
        }
        entries.insert(key, (now, value.clone()));
        value
    }

    pub(crate) fn forget(&self, key: &K) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(crate) fn clear(&self) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
