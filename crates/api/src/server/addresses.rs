use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// How many connections each client has open.
pub(super) struct Addresses {
    most: usize,
    open: Mutex<HashMap<IpAddr, Open>>,
}

#[derive(Default)]
struct Open {
    connections: usize,
    is_told: bool,
}

/// One connection's place, for as long as it is held.
pub(super) struct Place {
    addresses: Arc<Addresses>,
    client: IpAddr,
}

impl Addresses {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default() })
    }

    /// `None` when the client has as many connections as it may.
    pub(super) fn place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let client = app::network(address);
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let open = all.entry(client).or_default();
        if open.connections >= self.most {
            if !std::mem::replace(&mut open.is_told, true) {
                let most = self.most;
                tracing::warn!(%client, most, "a client's further connections are closed");
            }
            return None;
        }
        open.connections += 1;
        Some(Place { addresses: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = all.get_mut(&self.client) {
            open.connections -= 1;
            if open.connections == 0 {
                all.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_places_and_gives_them_back() {
        let addresses = Addresses::new(2);
        let place = |it: &str| addresses.place(it.parse().unwrap());
        let first = [place("192.0.2.1"), place("192.0.2.1")];
        assert!(first.iter().all(Option::is_some));
        assert!(place("192.0.2.1").is_none());
        assert!(place("192.0.2.2").is_some());
        drop(first);
        assert!(place("192.0.2.1").is_some());
        assert!(addresses.open.lock().unwrap().is_empty(), "nothing is kept of those who left");
    }

    #[test]
    fn a_subscriber_with_many_addresses_is_one_client() {
        let addresses = Addresses::new(1);
        let held = addresses.place("2001:db8:0:1::1".parse().unwrap());
        assert!(held.is_some());
        assert!(addresses.place("2001:db8:0:1:ffff::2".parse().unwrap()).is_none());
        assert!(addresses.place("2001:db8:0:2::1".parse().unwrap()).is_some());
    }
}
