//! A system call of the writer that kills the process, or fails, at every place of one booking.

use std::{collections::BTreeMap, fs, os::unix::process::ExitStatusExt, path::Path};

use faults::{
    audit,
    http::Client,
    run::{cannot, is_long, say},
    strace::{self, CHANGES, Strace},
    visitor::{Failure, Visit},
    wrkbelt::{Folder, Server},
};

const SEATS: u32 = 1_000;

/// Places of each call at which a short run breaks it.
const PLACES: usize = 16;

/// In which way a call is broken: it ends the process, or fails once, or from then on until it is
/// mended.
const FAULTS: [&str; 4] =
    ["signal=KILL:when=N", "error=EIO:when=N", "error=EIO:when=N+", "error=ENOSPC:when=N+"];

/// What came of broken calls.
#[derive(Default)]
struct Tally {
    killed: usize,
    refused: usize,
    /// Failed without anybody being refused.
    unnoticed: usize,
}

#[test]
fn every_broken_call_of_a_booking_loses_nothing() {
    let (folder, key) = Folder::with_business(SEATS);
    sweep("calls of a booking", &folder, &key);
}

#[test]
fn every_broken_call_of_a_booking_that_writes_the_log_back_loses_nothing() {
    let (folder, key) = Folder::with_business(SEATS);
    let before = Folder::new();
    let server = folder.serve();
    let file = || fs::read(folder.path("store.db")).unwrap();
    let unchanged = file();
    while file() == unchanged {
        copy(&folder, &before);
        book(server.base_url(), &key, &mut None).unwrap();
    }
    drop(server);
    sweep("calls of a booking that writes the log back", &before, &key);
}

/// Breaks each call that a booking in a copy of the folder makes, one in each copy.
fn sweep(name: &str, folder: &Folder, key: &str) {
    if let Some(obstacle) = strace::obstacle() {
        return cannot(name, &obstacle);
    }
    let counts = match calls(folder, key) {
        Ok(counts) => counts,
        Err(obstacle) => return cannot(name, &obstacle),
    };
    assert!(counts.contains_key("pwrite64") && counts.contains_key("fsync"), "{counts:?}");
    let mut tally = Tally::default();
    for (call, count) in &counts {
        let step = if is_long() { 1 } else { count.div_ceil(PLACES) };
        for fault in FAULTS {
            let mut n = 1;
            while tally.try_fault(folder, key, call, &fault.replace("=N", &format!("={n}"))) {
                n += step;
            }
        }
    }
    let Tally { killed, refused, unnoticed } = tally;
    say(&format!(
        "{name}: {counts:?} broken at {} places: {killed} times killed, {refused} refused, \
         {unnoticed} unnoticed, 0 lost",
        killed + refused + unnoticed
    ));
    assert!(killed > 0 && refused > 0, "no fault was reached");
}

/// How often a booking makes each call, until its server has ended.
fn calls(template: &Folder, key: &str) -> Result<BTreeMap<String, usize>, String> {
    let folder = Folder::new();
    copy(template, &folder);
    let server = folder.serve();
    let strace = Strace::attach(&server, CHANGES, None, folder.path("calls"))?;
    book(server.base_url(), key, &mut None).unwrap();
    server.stop();
    let mut counts = BTreeMap::new();
    for (call, _) in strace.detach().lines().filter_map(|it| it.split_once('(')) {
        *counts.entry(call.to_owned()).or_default() += 1;
    }
    Ok(counts)
}

impl Tally {
    /// Whether the booking came to the place of the fault.
    fn try_fault(&mut self, template: &Folder, key: &str, call: &str, fault: &str) -> bool {
        let folder = Folder::new();
        copy(template, &folder);
        let mut server = folder.serve_silently();
        let log = folder.path("calls");
        let strace = Strace::attach(&server, call, Some(fault), log).unwrap();
        let mut visit = None;
        let reached = match book(server.base_url(), key, &mut visit) {
            Ok(()) => {
                let (status, _) = server.stop();
                let killed = status.signal() == Some(9);
                let failed = strace.detach().contains("(INJECTED)") && !killed;
                self.killed += usize::from(killed);
                self.unnoticed += usize::from(failed);
                killed || failed
            }
            Err(Failure::Refused(answer)) => {
                // What SQLite says of any other call that fails does not tell for want of what.
                let is_full = call == "pwrite64" && fault.contains("ENOSPC");
                let status = if is_full { 507 } else { 503 };
                assert_eq!(answer.status, status, "{call} {fault}: {}", answer.text());
                assert_eq!(answer.content_type, "application/problem+json");
                self.refused += 1;
                without_effect(&server, visit.as_ref());
                crash_would_lose_nothing(&folder, visit.as_ref());
                strace.detach();
                book(server.base_url(), key, &mut visit).unwrap();
                assert_eq!(server.stop().0.code(), Some(0));
                true
            }
            Err(Failure::Ended(error)) => {
                assert!(fault.contains("KILL"), "{call} {fault}: {error}");
                server.kill();
                strace.detach();
                self.killed += 1;
                let server = folder.serve();
                book(server.base_url(), key, &mut visit).unwrap();
                server.stop();
                true
            }
        };
        let audit = audit::sqlite(&folder.path("store.db"), &[visit.as_ref().unwrap()], SEATS);
        assert_eq!(audit.violations, [""; 0], "{call} {fault}");
        reached
    }
}

/// Goes on with a visit, or begins one, until it has booked.
fn book(base_url: &str, key: &str, visit: &mut Option<Visit>) -> Result<(), Failure> {
    let mut client = Client::try_connect(base_url)?;
    let visit = match visit {
        Some(visit) => visit,
        None => visit.insert(Visit::start(&mut client, key)?),
    };
    visit.send_again(&mut client)?;
    while let Some(command) = visit.next(&mut client, 0)? {
        visit.send(&mut client, command)?;
    }
    assert!(visit.is_completed(), "{}", visit.view);
    Ok(())
}

/// Reads go on, and show nothing of what was refused.
fn without_effect(server: &Server, visit: Option<&Visit>) {
    let mut client = server.client();
    assert_eq!(client.get("/readyz").status, 200);
    if let Some(visit) = visit {
        assert_eq!(visit.events(&mut client).len() as u64, visit.sequence());
    }
}

/// The files as they are now hold all that was acknowledged.
fn crash_would_lose_nothing(folder: &Folder, visit: Option<&Visit>) {
    let crashed = Folder::new();
    copy(folder, &crashed);
    let visits: Vec<_> = visit.into_iter().collect();
    let audit = audit::sqlite(&crashed.path("store.db"), &visits, SEATS);
    assert_eq!(audit.violations, [""; 0]);
}

/// The store and its log; whoever opens it makes the index of the log anew.
fn copy(from: &Folder, to: &Folder) {
    for name in ["store.db", "store.db-wal"] {
        if Path::exists(&from.path(name)) {
            fs::copy(from.path(name), to.path(name)).unwrap();
        }
    }
}
