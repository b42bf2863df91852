//! The disk is full, and has room again.

use std::time::{Duration, Instant};

use faults::{
    audit,
    run::{cannot, random, rounds, say},
    visitor::Failure,
    visitors::Visitors,
    volume::Volume,
    wrkbelt::{Folder, Server},
};
use rand::rngs::StdRng;

const VISITORS: usize = 16;
const SEATS: u32 = 200;

/// What bookings may use before the disk is full.
const ROOM: u64 = 768 * 1024;

/// Times that one volume is filled and emptied; for more there is another.
const CYCLES: usize = 10;

/// By then there are writes again.
const RESUMED: Duration = Duration::from_secs(5);

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let name = "full disk";
    let mut random = random(name);
    for _ in 0..rounds(1, 5) {
        if let Err(obstacle) = fill_and_empty(name, &mut random) {
            return cannot(name, &obstacle);
        }
    }
}

/// Fails where there can be no volume.
fn fill_and_empty(name: &str, random: &mut StdRng) -> Result<(), String> {
    let volume = Volume::new(48)?;
    let folder = Folder::at(&volume.path());
    let key = folder.add_business(SEATS);
    let mut visitors = Visitors::new(VISITORS, &key, random);
    let server = folder.serve_silently();
    let mut slowest = Duration::ZERO;
    for _ in 0..CYCLES {
        volume.fill(ROOM);
        refuses(&server, &mut visitors);
        reads_go_on(&server, &visitors);
        volume.empty();
        slowest = slowest.max(resumes(&server, &mut visitors));
    }
    assert_eq!(server.stop().0.code(), Some(0));
    let visits = visitors.visits();
    let acknowledged: usize = visits.iter().map(|it| it.acknowledged.len()).sum();
    let audit = audit::sqlite(&folder.path("store.db"), &visits, SEATS);
    say(&format!(
        "{name}: {CYCLES} cycles, {acknowledged} commands acknowledged, {} sent again, \
         resumed within {slowest:?}; {audit}",
        visitors.resent(),
    ));
    assert_eq!(audit.violations, [""; 0]);
    Ok(())
}

/// Books until each visitor is refused.
fn refuses(server: &Server, visitors: &mut Visitors) {
    let failures = visitors.book(server.base_url(), |progress| {
        progress.wait_until(|it| it.ended() == VISITORS);
    });
    for failure in failures {
        let Failure::Refused(answer) = failure else { panic!("{failure:?}") };
        assert_eq!(answer.status, 507, "{}", answer.text());
        assert_eq!(answer.content_type, "application/problem+json");
        assert_eq!(answer.json()["code"], "store.full");
    }
}

/// What was refused had no effect, and everything else can be read.
fn reads_go_on(server: &Server, visitors: &Visitors) {
    let mut client = server.client();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(client.get(path).status, 200, "{path}");
    }
    for visit in visitors.present() {
        assert_eq!(visit.present(&mut client), visit.view);
        assert_eq!(visit.events(&mut client).len() as u64, visit.sequence());
    }
}

/// Answers how long it took until each visitor had written.
fn resumes(server: &Server, visitors: &mut Visitors) -> Duration {
    let began = Instant::now();
    loop {
        let failures = visitors.book(server.base_url(), |progress| {
            progress.wait_until(|it| it.ended() > 0 || it.acknowledged() >= 2 * VISITORS);
        });
        let took = began.elapsed();
        if failures.is_empty() {
            return took;
        }
        assert!(took < RESUMED, "no room after {took:?}: {:?}", failures[0]);
    }
}
