use std::{net::IpAddr, num::NonZeroU32};

use axum::http::{Method, request::Parts};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock};

use crate::{ClientAddress, Problem, problem::Code};

/// Token buckets for each client, which is an address or, of IPv6, a network of 64 bits: generous for people behind one router, narrow for programs.
pub(crate) struct Limits {
    buckets: Option<Buckets>,
}

struct Buckets {
    /// Everything.
    all: DefaultKeyedRateLimiter<IpAddr>,
    /// What anybody may begin, which makes documents.
    starts: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

const fn per_second(rate: u32, burst: u32) -> Option<Quota> {
    match (NonZeroU32::new(rate), NonZeroU32::new(burst)) {
        (Some(rate), Some(burst)) => Some(Quota::per_second(rate).allow_burst(burst)),
        _ => None,
    }
}

impl Limits {
    pub(crate) fn new(on: bool) -> Self {
        let buckets = || {
            Some(Buckets {
                all: RateLimiter::keyed(per_second(50, 1_000)?),
                starts: RateLimiter::keyed(per_second(5, 300)?),
                clock: DefaultClock::default(),
            })
        };
        Self { buckets: on.then(buckets).flatten() }
    }

    /// # Errors
    /// A 429 that says when to come again.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Problem> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        let Some(ClientAddress(address)) = parts.extensions.get::<ClientAddress>() else {
            return Ok(());
        };
        let address = app::network(*address);
        let mut checked = buckets.all.check_key(&address);
        if checked.is_ok()
            && parts.method == Method::POST
            && parts.uri.path().starts_with("/public/")
            && ["/sessions", "/waitlist", "/files"].iter().any(|it| parts.uri.path().ends_with(it))
        {
            checked = buckets.starts.check_key(&address);
        }
        checked.map_err(|not_until| {
            let wait = not_until.wait_time_from(buckets.clock.now());
            Problem::new(Code::RateLimited).retry_after(wait.as_secs() + 1)
        })
    }

    /// Buckets that are full again are forgotten, so that addresses do not add up.
    pub(crate) fn forget_idle(&self) {
        if let Some(buckets) = &self.buckets {
            buckets.all.retain_recent();
            buckets.starts.retain_recent();
        }
    }
}
