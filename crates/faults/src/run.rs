//! How a run of the tests is asked for, and what it says.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io::Write,
};

use rand::{SeedableRng, rngs::StdRng};

/// The long versions of all tests.
pub fn is_long() -> bool {
    variable("WRKBELT_FAULTS").as_deref() == Some("long")
}

/// How often something is done: in every run of the tests, and in long ones.
pub fn rounds(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// Whatever is random in a test; its seed is said, and can be asked for.
pub fn random(test: &str) -> StdRng {
    let asked = variable("WRKBELT_FAULT_SEED").map(|it| it.parse().unwrap());
    let seed = asked.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    say(&format!("{test}: WRKBELT_FAULT_SEED={seed}"));
    StdRng::seed_from_u64(seed)
}

/// A line for whoever runs the tests, also when they pass.
pub fn say(line: &str) {
    // Not by a macro: their output is kept back.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Says why a test is not run here; where it must be, that is a failure.
pub fn cannot(test: &str, reason: &str) {
    let required = ["CI", "WRKBELT_REQUIRE_FAULTS"].into_iter().find(|it| variable(it).is_some());
    if let Some(required) = required {
        panic!("{test} cannot run, and {required} requires it: {reason}");
    }
    say(&format!("{test}: NOT RUN: {reason}"));
}

#[expect(clippy::disallowed_methods, reason = "these variables are the tests' own")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
