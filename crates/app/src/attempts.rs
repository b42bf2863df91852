//! How often somebody may guess. A budget that is used up fills again with time and nothing is
//! ever locked; who signs in from a known device has a budget that strangers cannot use up.

mod device;

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, state::keyed::DashMapStateStore,
};
use model::Timestamp;
use sha2::{Digest, Sha256};

pub(crate) use self::device::KnownDevice;
use crate::Environment;

/// How long to wait before asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) Duration);

/// Who has guessed how often, in this process.
pub(crate) struct Attempts {
    /// From all unknown devices together: at most 100 in any hour.
    accounts: Budgets<Account>,
    /// From each device that the account's owner has signed in with: at most 30 in any hour.
    devices: Budgets<(Account, KnownDevice)>,
    /// For whatever accounts: at most 180 in any hour.
    networks: Budgets<IpAddr>,
    clock: Elapsed,
    /// When idle budgets were forgotten last.
    swept: Mutex<Duration>,
}

/// The hash of whatever names an account, so that long names need no more memory.
type Account = [u8; 32];

const SWEEP: Duration = Duration::from_mins(1);

impl Attempts {
    pub(crate) fn new(environment: Environment) -> Self {
        let clock = Elapsed::new(environment);
        Self {
            accounts: Budgets::new(20, 80, &clock),
            devices: Budgets::new(10, 20, &clock),
            networks: Budgets::new(60, 120, &clock),
            clock,
            swept: Mutex::default(),
        }
    }

    /// Before each guess; `account` is what was typed, in lower case, whether it exists or not.
    ///
    /// # Errors
    /// When to come again.
    pub(crate) fn check(
        &self,
        account: &str,
        address: IpAddr,
        known_device: Option<KnownDevice>,
    ) -> Result<(), RetryAfter> {
        self.forget_idle();
        let account = Sha256::digest(account).into();
        if let Some(device) = known_device {
            return self.devices.take(&(account, device));
        }
        self.networks.take(&network(address))?;
        self.accounts.take(&account)
    }

    fn forget_idle(&self) {
        let now = self.clock.now();
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*swept) >= SWEEP {
            *swept = now;
            self.accounts.limiter.retain_recent();
            self.devices.limiter.retain_recent();
            self.networks.limiter.retain_recent();
        }
    }
}

/// What one subscriber has: an IPv4 address, or the first half of an IPv6 one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// A budget for each key.
struct Budgets<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, Elapsed, NoOpMiddleware<Duration>>,
}

/// So many keys are counted; while there are more, nobody guesses but from known devices.
const MOST: usize = 100_000;

impl<K: Hash + Eq + Clone> Budgets<K> {
    /// `at_once` to begin with, and `an_hour` more, evenly.
    fn new(at_once: u32, an_hour: u32, clock: &Elapsed) -> Self {
        let positive = |it| NonZeroU32::new(it).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_hour(positive(an_hour)).allow_burst(positive(at_once));
        Self { limiter: RateLimiter::dashmap_with_clock(quota, clock.clone()) }
    }

    fn take(&self, key: &K) -> Result<(), RetryAfter> {
        if self.limiter.len() >= MOST {
            return Err(RetryAfter(SWEEP));
        }
        let taken = self.limiter.check_key(key);
        taken.map_err(|it| RetryAfter(it.wait_time_from(self.limiter.clock().now())))
    }
}

/// What the environment's clock has gone forward since the beginning. When it is set back no
/// budget takes longer to fill.
#[derive(Clone)]
struct Elapsed {
    environment: Environment,
    seen: Arc<Mutex<(Timestamp, Duration)>>,
}

impl Elapsed {
    fn new(environment: Environment) -> Self {
        let seen = Arc::new(Mutex::new((environment.now(), Duration::ZERO)));
        Self { environment, seen }
    }
}

impl Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, elapsed) = &mut *seen;
        let now = self.environment.now();
        *elapsed += Duration::from_millis(now.millis_since(*before));
        *before = now;
        *elapsed
    }
}

#[cfg(test)]
mod tests;
