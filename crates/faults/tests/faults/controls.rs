//! A guard is taken out of the binary, and the tests must notice.

use faults::run::{cannot, random};

use crate::power;

/// Of these one loses something with near certainty: two thirds of all cuts do.
const CUTS: usize = 20;

#[test]
fn without_a_sync_for_each_commit_a_power_cut_loses_something() {
    let name = "control: power cuts without syncs";
    match power::cut(name, CUTS, &mut random(name)) {
        Ok(audit) => assert!(audit.lost > 0, "{CUTS} power cuts lost nothing"),
        Err(obstacle) => cannot(name, &obstacle),
    }
}
