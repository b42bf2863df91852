//! `kill -9` at any moment.

use std::time::Duration;

use faults::{
    audit,
    run::{random, rounds, say},
    visitors::Visitors,
    wrkbelt::Folder,
};

const VISITORS: usize = 16;

/// Kills on one store; then the next is begun, so that long runs do not sell out.
const KILLS: usize = 50;

/// A kill comes at most so long after some commands.
const LONGEST: Duration = Duration::from_millis(300);

#[test]
fn a_killed_server_has_lost_nothing_that_it_acknowledged() {
    kill("kills", 200);
}

#[test]
fn a_killed_server_has_sold_no_seat_twice() {
    kill("kills among few seats", 3);
}

/// Kills servers on stores whose windows have so many seats; half of all kills that are asked for.
fn kill(name: &str, seats: u32) {
    let mut random = random(name);
    for _ in 0..rounds(1, 20) {
        let (folder, key) = Folder::with_business(seats);
        let mut visitors = Visitors::new(VISITORS, &key, &mut random);
        for _ in 0..KILLS {
            let mut server = folder.serve();
            let base_url = server.base_url().to_owned();
            visitors.book(&base_url, |progress| {
                progress.wait_for_a_moment(2 * VISITORS, LONGEST, &mut random);
                server.kill();
            });
        }
        let visits = visitors.visits();
        let acknowledged: usize = visits.iter().map(|it| it.acknowledged.len()).sum();
        let resent = visitors.resent();
        let audit = audit::sqlite(&folder.path("store.db"), &visits, seats);
        say(&format!(
            "{name}: {KILLS} kills, {acknowledged} commands acknowledged, {resent} sent again; {audit}"
        ));
        assert_eq!(audit.violations, [""; 0]);
        assert!(acknowledged > KILLS && resent > 0 && audit.bookings > 0, "too little was done");
    }
}
