//! `kill -9` at any moment loses no acknowledged command.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hasher, RandomState},
    sync::mpsc::{self, Sender},
    thread,
};

use crate::{
    http::Client,
    visitor::Visit,
    wrkbelt::{Folder, Server},
};

const ROUNDS: usize = 12;
const VISITORS: usize = 8;

/// Kills in a round after a number of acknowledgements below this.
const MOST_ACKNOWLEDGED: u64 = 150;

#[test]
fn a_killed_server_has_lost_nothing_that_it_acknowledged() {
    let (folder, key) = Folder::with_business(1_000);
    let mut visits = Vec::new();
    let mut unanswered = 0;
    for _ in 0..ROUNDS {
        let mut server = folder.serve();
        unanswered += verify(&server, &mut visits);
        visits.extend(crash(&mut server, &key));
    }
    let server = folder.serve();
    unanswered += verify(&server, &mut visits);
    assert!(unanswered > 0, "no kill came between a command and its answer: try other moments");
    let acknowledged: u64 = visits.iter().map(Visit::sequence).sum();
    assert!(acknowledged > 0);
    replay_all(&folder, &visits);
}

/// Lets visitors book until some commands are acknowledged, and kills the server right then.
fn crash(server: &mut Server, key: &str) -> Vec<Visit> {
    let (acknowledge, acknowledged) = mpsc::channel();
    let visitors: Vec<_> = (0..VISITORS)
        .map(|n| {
            let (client, key, acknowledge) = (server.client(), key.to_owned(), acknowledge.clone());
            thread::spawn(move || book_until_it_ends(client, &key, n, &acknowledge))
        })
        .collect();
    let moment = 1 + RandomState::new().build_hasher().finish() % MOST_ACKNOWLEDGED;
    for _ in 0..moment {
        acknowledged.recv().unwrap();
    }
    server.kill();
    visitors.into_iter().flat_map(|it| it.join().unwrap()).collect()
}

/// One booking after another until the connection ends.
fn book_until_it_ends(
    mut client: Client,
    key: &str,
    preferred: usize,
    acknowledge: &Sender<()>,
) -> Vec<Visit> {
    let mut visits = Vec::new();
    while let Ok(mut visit) = Visit::start(&mut client, key) {
        let mut ended = false;
        while let Ok(Some(command)) = visit.next(&mut client, preferred) {
            if visit.send(&mut client, command).is_err() {
                ended = true;
                break;
            }
            // Fails when the kill has come.
            let _ = acknowledge.send(());
        }
        visits.push(visit);
        if ended {
            break;
        }
    }
    visits
}

/// Everything acknowledged is there, and what was not answered can be sent again; answers how much
/// of that there was.
fn verify(server: &Server, visits: &mut [Visit]) -> usize {
    let mut client = server.client();
    let mut unanswered = 0;
    for visit in visits {
        let events = visit.events(&mut client);
        let sequences = events.iter().map(|it| it["sequence"].as_u64().unwrap());
        assert!(sequences.eq(1..=events.len() as u64), "{visit:?}");
        assert!(
            events.len() as u64 >= visit.sequence(),
            "an acknowledged event is lost: {visit:?}"
        );
        let ids: HashSet<_> = events.iter().map(|it| it["_id"].as_str()).collect();
        assert_eq!(ids.len(), events.len());
        let Some(body) = visit.unanswered.take() else { continue };
        unanswered += 1;
        let answer = visit.send_body(&mut client, &body).unwrap();
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        let answer = answer.json();
        visit.view = answer["view"].clone();
        let events = visit.events(&mut client);
        assert_eq!(events.len() as u64, visit.sequence(), "one effect only: {visit:?}");
        let of_command = events.iter().filter(|it| it["command_id"] == body["command_id"]);
        let types: Vec<_> = of_command.map(|it| &it["event_type"]).collect();
        assert_eq!(types, answer["events"].as_array().unwrap().iter().collect::<Vec<_>>());
    }
    unanswered
}

/// Each stored session is the fold of its events.
fn replay_all(folder: &Folder, visits: &[Visit]) {
    let halves = visits.split_at(visits.len() / 2);
    thread::scope(|scope| {
        for half in [halves.0, halves.1] {
            scope.spawn(move || {
                for visit in half {
                    let line = folder.json(&["session", "replay", &visit.id, "--verify"]);
                    assert_eq!(line["identical"], true, "{visit:?}");
                    assert_eq!(line["events"].as_u64(), Some(visit.sequence()), "{visit:?}");
                }
            });
        }
    });
}
