//! A guard is taken out of the binary, and the tests must notice.

use faults::run::cannot;

#[cfg(feature = "unsafe-no-deadlines")]
#[test]
fn without_deadlines_slow_clients_stay() {
    let name = "control: slow clients without deadlines";
    match crate::slow::hold(name) {
        Ok(held) => assert!(held.left > 0, "all slow clients were closed"),
        Err(obstacle) => cannot(name, &obstacle),
    }
}

/// Of these one loses something with near certainty: two thirds of all cuts do.
#[cfg(feature = "unsafe-normal-sync")]
const CUTS: usize = 20;

#[cfg(feature = "unsafe-normal-sync")]
#[test]
fn without_a_sync_for_each_commit_a_power_cut_loses_something() {
    let name = "control: power cuts without syncs";
    match crate::power::cut(name, CUTS, &mut faults::run::random(name)) {
        Ok(audit) => assert!(audit.lost > 0, "{CUTS} power cuts lost nothing"),
        Err(obstacle) => cannot(name, &obstacle),
    }
}
