//! The power goes at any moment.

use std::time::Duration;

use faults::{
    audit::{self, Audit},
    run::{cannot, random, rounds, say},
    visitors::Visitors,
    volume::Volume,
    wrkbelt::Folder,
};
use rand::rngs::StdRng;

const VISITORS: usize = 16;
const SEATS: u32 = 200;

/// Power cuts on one volume; then the next is made.
const CUTS: usize = 10;

/// A cut comes at most so long after some commands.
const LONGEST: Duration = Duration::from_millis(400);

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let name = "power cuts";
    let mut random = random(name);
    for _ in 0..rounds(1, 20) {
        match cut(name, CUTS, &mut random) {
            Ok(audit) => {
                assert_eq!(audit.violations, [""; 0]);
                assert!(audit.events > 0, "nothing was done");
            }
            Err(obstacle) => return cannot(name, &obstacle),
        }
    }
}

/// Cuts the power until something is lost, at most so often. Fails where there can be no volume.
pub(crate) fn cut(name: &str, most: usize, random: &mut StdRng) -> Result<Audit, String> {
    let volume = Volume::new(128)?;
    let folder = Folder::at(&volume.path());
    let key = folder.add_business(SEATS);
    let mut visitors = Visitors::new(VISITORS, &key, random);
    let mut cuts = 0;
    loop {
        let mut server = folder.serve_silently();
        let base_url = server.base_url().to_owned();
        visitors.book(&base_url, |progress| {
            progress.wait_for_a_moment(2 * VISITORS, LONGEST, random);
            // A sync that is under way while the volume ends may say that it succeeded.
            server.freeze();
            volume.cut_power();
            server.kill();
        });
        volume.mount_again();
        cuts += 1;
        let visits = visitors.visits();
        let audit = audit::sqlite(&folder.path("store.db"), &visits, SEATS);
        if cuts == most || !audit.violations.is_empty() {
            let acknowledged: usize = visits.iter().map(|it| it.acknowledged.len()).sum();
            say(&format!("{name}: {cuts} cuts, {acknowledged} commands acknowledged; {audit}"));
            return Ok(audit);
        }
    }
}
