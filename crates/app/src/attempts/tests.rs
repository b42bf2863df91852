use std::sync::{Arc, Mutex};

use model::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{Clock as _, environment, keyring::Keyring};

struct Hands(Mutex<Timestamp>);

impl environment::Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn attempts() -> (Attempts, Arc<Hands>) {
    let hands = Arc::new(Hands(Mutex::new("2026-11-22T16:00:00Z".parse().unwrap())));
    (Attempts::new(Environment::new(hands.clone())), hands)
}

impl Hands {
    fn forward(&self, duration: Duration) {
        let later = self.now().plus(duration);
        *self.0.lock().unwrap() = later;
    }

    fn back(&self, duration: Duration) {
        let earlier = self.now().minus(duration);
        *self.0.lock().unwrap() = earlier;
    }
}

/// One of many: each has a network of its own.
fn address(number: u32) -> IpAddr {
    IpAddr::V4(number.into())
}

fn all_that_pass(mut check: impl FnMut(u32) -> Result<(), RetryAfter>) -> u32 {
    (0..1_000).take_while(|it| check(*it).is_ok()).map(|_| 1).sum()
}

#[test]
fn an_account_has_one_budget_for_all_addresses() {
    let (attempts, _) = attempts();
    let guess = |number| attempts.check("ada@example.com", address(number), None);
    assert_eq!(all_that_pass(guess), 20);
    assert_eq!(guess(5_000), Err(RetryAfter(Duration::from_secs(45))));
    assert!(attempts.check("bob@example.com", address(1), None).is_ok());
}

#[test]
fn an_address_has_one_budget_for_all_accounts() {
    let (attempts, _) = attempts();
    let guess = |number: u32| attempts.check(&number.to_string(), address(1), None);
    assert_eq!(all_that_pass(guess), 60);
    assert!(guess(5_000).is_err());
    assert!(attempts.check("ada@example.com", address(2), None).is_ok());
}

#[test]
fn who_waits_as_told_may_guess_again() {
    let (attempts, hands) = attempts();
    let guess = || attempts.check("ada@example.com", address(1), None);
    assert_eq!(all_that_pass(|_| guess()), 20);
    let RetryAfter(wait) = guess().unwrap_err();
    let millisecond = Duration::from_millis(1);
    hands.forward(wait.saturating_sub(millisecond));
    assert!(guess().is_err());
    hands.forward(millisecond);
    assert!(guess().is_ok());
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let (attempts, hands) = attempts();
    let guess = || attempts.check("ada@example.com", address(1), None);
    assert_eq!(all_that_pass(|_| guess()), 20);
    hands.back(Duration::from_hours(1_000));
    let RetryAfter(wait) = guess().unwrap_err();
    assert_eq!(wait, Duration::from_secs(45));
    hands.forward(wait);
    assert!(guess().is_ok());
}

#[test]
fn strangers_do_not_keep_the_owner_out() {
    let (attempts, _) = attempts();
    let device = KnownDevice::new();
    while attempts.check("ada@example.com", address(1), None).is_ok() {}
    while attempts.check("bob@example.com", address(1), None).is_ok() {}
    let owner = |_| attempts.check("ada@example.com", address(1), Some(device));
    assert_eq!(all_that_pass(owner), 10);
    let other = KnownDevice::new();
    assert!(attempts.check("ada@example.com", address(1), Some(other)).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The guesses come at random times, in the best moments for who guesses among them.
    #[test]
    fn no_hour_has_more_than_a_hundred_guesses(
        waits in prop::collection::vec(prop_oneof![Just(0), Just(45_000), 0..400_000_u64], 600),
    ) {
        let (attempts, hands) = attempts();
        let mut passed = Vec::new();
        for (number, wait) in (0..).zip(waits) {
            hands.forward(Duration::from_millis(wait));
            while attempts.check("ada@example.com", address(number), None).is_ok() {
                passed.push(hands.now());
            }
        }
        for (first, start) in passed.iter().enumerate() {
            let end = start.plus(Duration::from_hours(1));
            let within = passed[first..].iter().take_while(|it| **it < end).count();
            prop_assert!(within <= 100, "{within} in the hour from {start}");
        }
    }
}

#[test]
fn idle_budgets_are_forgotten_and_used_ones_are_not() {
    let (attempts, hands) = attempts();
    for number in 0..1_000 {
        attempts.check(&number.to_string(), address(number), None).unwrap();
    }
    assert_eq!(attempts.accounts.limiter.len(), 1_000);
    while attempts.check("ada@example.com", address(2_000), None).is_ok() {}
    hands.forward(SWEEP + Duration::from_mins(1));
    attempts.check("bob@example.com", address(2_000), None).unwrap();
    assert_eq!(attempts.accounts.limiter.len(), 2);
    assert_eq!(all_that_pass(|it| attempts.check("ada@example.com", address(it), None)), 2);
}

#[test]
fn the_number_of_budgets_is_bounded_and_shrinks_again() {
    let (attempts, hands) = attempts();
    let most = u32::try_from(MOST).unwrap();
    for number in 0..most {
        attempts.check(&number.to_string(), address(number), None).unwrap();
    }
    let stranger = || attempts.check("ada@example.com", address(most), None);
    assert_eq!(stranger(), Err(RetryAfter(SWEEP)));
    assert!(attempts.check("ada@example.com", address(most), Some(KnownDevice::new())).is_ok());
    assert_eq!(attempts.accounts.limiter.len(), MOST);
    hands.forward(2 * SWEEP);
    assert!(stranger().is_ok());
}

#[test]
fn a_subscriber_has_one_network() {
    let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
    assert!(same("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"));
    assert!(!same("2001:db8:0:1::1", "2001:db8:0:2::1"));
    assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
    assert!(!same("192.0.2.1", "192.0.2.2"));
}

#[test]
fn a_device_is_known_to_its_account_only() {
    let ring = |byte: u8| model::hex(&[byte; 32]).parse::<Keyring>().unwrap();
    let (keyring, device) = (ring(1), KnownDevice::new());
    let cookie = device.cookie("ada", &keyring);
    assert_eq!(KnownDevice::from_cookie(&cookie, "ada", &keyring), Some(device));
    assert_eq!(KnownDevice::from_cookie(&cookie, "bob", &keyring), None);
    assert_eq!(KnownDevice::from_cookie(&cookie, "ada", &ring(2)), None);
    let other = KnownDevice::new().cookie("ada", &keyring);
    let spliced = format!("{}{}", &other[..22], &cookie[22..]);
    for wrong in ["", "é", &cookie[1..], &cookie[..22], &spliced] {
        assert_eq!(KnownDevice::from_cookie(wrong, "ada", &keyring), None, "{wrong}");
    }
}
