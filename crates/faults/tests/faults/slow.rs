//! Clients that keep connections for themselves, and those that only want to book.

use std::{
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use faults::{
    flood::{Raw, Slow, SlowKind, descriptors, head},
    run::{cannot, random, rounds, say},
    visitors::Visitors,
    wrkbelt::{Folder, Server},
};

const CLIENTS: usize = 1_000;
const VISITORS: usize = 4;
const SEATS: u32 = 200;

/// So long a slow client may stay.
const CLOSED: Duration = Duration::from_secs(15);
/// Between two bytes of one.
const PAUSE: Duration = Duration::from_millis(500);
/// 512 MB.
const MEMORY: u64 = 512 << 20;

/// What came of slow clients.
pub(crate) struct Held {
    /// Connections that were still there in the end.
    pub(crate) left: usize,
    took: Duration,
    commands: usize,
    peak: u64,
}

/// A thousand slow clients at once, while visitors book: at most for as long as they may stay.
pub(crate) fn hold(name: &str) -> Result<Held, String> {
    if descriptors() < 3 * CLIENTS {
        return Err(format!("{} descriptors are too few", descriptors()));
    }
    let (folder, key) = Folder::with_business(SEATS);
    let server = folder.serve();
    let mut visitors = Visitors::new(VISITORS, &key, &mut random(name));
    let sessions = format!("/public/v1/schedulers/{key}/sessions");
    let (mut left, mut took, mut commands) = (0, Duration::ZERO, 0);
    let own = server.sockets();
    let failures = visitors.book(server.base_url(), |progress| {
        progress.wait_until(|it| it.acknowledged() > 2 * VISITORS);
        let usual = own + VISITORS;
        let kinds = [SlowKind::Header, SlowKind::Body, SlowKind::Reading];
        let slow = (0..CLIENTS).map(|n| Slow::begin(&server, kinds[n % 3], &sessions).unwrap());
        let mut slow: Vec<_> = slow.collect();
        let begun = Instant::now();
        let before = progress.acknowledged();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    slow.iter_mut().for_each(Slow::drip);
                    thread::sleep(PAUSE);
                }
            });
            loop {
                left = server.sockets().saturating_sub(usual);
                took = begun.elapsed();
                if left == 0 || took > CLOSED {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            over.store(true, Relaxed);
        });
        commands = progress.acknowledged() - before;
    });
    assert!(failures.is_empty(), "{failures:?}");
    Ok(Held { left, took, commands, peak: server.peak_memory() })
}

#[test]
fn a_thousand_slow_clients_are_closed_while_visitors_book() {
    let name = "slow clients";
    for _ in 0..rounds(1, 5) {
        let held = match hold(name) {
            Ok(held) => held,
            Err(obstacle) => return cannot(name, &obstacle),
        };
        let Held { left, took, commands, peak } = held;
        say(&format!(
            "{name}: {CLIENTS}, of which {left} were left after {took:?}; {commands} commands of \
             visitors meanwhile; {} MB at most",
            peak >> 20
        ));
        assert_eq!(left, 0);
        assert!(commands > 0, "nobody booked");
        assert!(peak <= MEMORY);
    }
}

/// Those of so many connections at once that are answered; all are held until the end.
fn answered(server: &Server, connections: usize) -> usize {
    let all: Vec<_> = (0..connections).map(|_| Raw::connect(server).unwrap()).collect();
    let answers = all.iter().map(|it| it.asks(&head("GET", "/healthz", "")));
    answers.filter(|it| *it == Some(200)).count()
}

#[test]
fn one_client_has_no_more_connections_than_it_may() {
    let folder = Folder::new();
    let limited = |more: &[&str]| {
        let store = folder.store();
        Server::start(folder.command().args(["serve", "--store", &store]).args(more))
    };
    let server = limited(&[]);
    assert_eq!(answered(&server, 300), 256);
    // Places are given back.
    while server.sockets() > 40 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(answered(&server, 10), 10);
    server.stop();
    let server = limited(&["--most-connections", "7"]);
    assert_eq!(answered(&server, 20), 7);
    server.stop();
    let server = limited(&["--limits", "off"]);
    assert_eq!(answered(&server, 300), 300);
}

#[test]
fn a_server_without_descriptors_waits_and_goes_on() {
    let folder = Folder::new();
    let binary = folder.command();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 80; exec \"$0\" \"$@\""]).arg(binary.get_program());
    command.args(["serve", "--limits", "off", "--store", &folder.store()]);
    let server = Server::start(command.current_dir(folder.path(".")));
    let many: Vec<_> = (0..200).map(|_| Raw::connect(&server).unwrap()).collect();
    let before = server.ticks();
    thread::sleep(Duration::from_secs(1));
    let used = server.ticks() - before;
    assert!(used < 50, "it used {used} % of a processor for nothing");
    drop(many);
    assert_eq!(server.client().get("/readyz").status, 200);
    assert_eq!(server.stop().0.code(), Some(0));
}
