//! Many clients append to the same streams through two servers on one store.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::Instant,
};

use faults::{
    history::{self, Event, Operation, Seen},
    http::Client,
    run::{random, rounds, say},
    visitor::Visit,
    wrkbelt::{Folder, Server},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

const CLIENTS: usize = 16;

/// Streams at the same time.
const STREAMS: usize = 8;

/// Acknowledged appends after which other streams are begun.
const APPENDS: usize = 1_000;

/// A client that appends to all streams, through all servers.
struct Writer {
    name: String,
    random: StdRng,
    servers: Vec<Client>,
    /// The stream and the server that it is at.
    at: (usize, usize),
    /// Each stream as the client saw it last.
    seen: Vec<Value>,
    /// What it did on each stream.
    done: Vec<Vec<Operation>>,
}

#[test]
fn appends_through_two_servers_happen_in_one_order() {
    let name = "appends through two servers";
    let mut random = random(name);
    let (folder, key) = Folder::with_business(1);
    let servers = [folder.serve_shared(), folder.serve_shared()];
    let (mut appended, mut refused, mut others) = (0, 0, 0);
    while appended < rounds(6_000, 200_000) {
        let visits: Vec<_> = (0..STREAMS).map(|_| begin(&servers[0], &key)).collect();
        let histories = append(&servers, &visits, &mut random);
        for (visit, operations) in visits.iter().zip(histories) {
            let events = visit.events(&mut servers[0].client());
            let stream: Vec<_> = events.iter().map(event).collect();
            assert_eq!(history::anomalies(&operations, &stream), [""; 0]);
            for operation in operations {
                match operation.seen {
                    Seen::Appended { .. } => appended += 1,
                    Seen::Refused { .. } => refused += 1,
                    Seen::Read { .. } | Seen::Unanswered { .. } => others += 1,
                }
            }
        }
    }
    say(&format!(
        "{name}: {CLIENTS} clients: {appended} appended, {refused} refused, {others} others, \
         0 anomalies"
    ));
    assert!(refused > 0, "nobody was in anybody's way");
}

/// Lets all clients append; answers what happened on each stream.
fn append(servers: &[Server], visits: &[Visit], random: &mut StdRng) -> Vec<Vec<Operation>> {
    let (start, appended) = (Instant::now(), AtomicUsize::new(0));
    let mut histories = vec![Vec::new(); visits.len()];
    thread::scope(|scope| {
        let writers: Vec<_> = (0..CLIENTS)
            .map(|n| {
                let mut writer = Writer {
                    name: format!("client-{n}"),
                    random: StdRng::from_rng(random),
                    servers: servers.iter().map(Server::client).collect(),
                    at: (n % visits.len(), n % servers.len()),
                    seen: visits.iter().map(|it| it.view.clone()).collect(),
                    done: vec![Vec::new(); visits.len()],
                };
                let appended = &appended;
                scope.spawn(move || {
                    while appended.load(Relaxed) < APPENDS {
                        let has_appended = writer.act(visits, start);
                        appended.fetch_add(usize::from(has_appended), Relaxed);
                    }
                    writer.done
                })
            })
            .collect();
        for writer in writers {
            for (history, done) in histories.iter_mut().zip(writer.join().unwrap()) {
                history.extend(done);
            }
        }
    });
    histories
}

impl Writer {
    /// Reads a stream or appends to it, and notes what came of it; answers whether it has appended.
    fn act(&mut self, visits: &[Visit], start: Instant) -> bool {
        if self.random.random_ratio(1, 4) {
            let servers = self.servers.len();
            self.at =
                (self.random.random_range(0..visits.len()), self.random.random_range(0..servers));
        }
        let (n, server) = self.at;
        let (visit, client) = (&visits[n], &mut self.servers[server]);
        let begun = start.elapsed();
        let seen = if self.random.random_ratio(1, 10) {
            self.seen[n] = visit.present(client);
            Seen::Read { sequence: sequence(&self.seen[n]) }
        } else {
            let expected = sequence(&self.seen[n]);
            let command = format!("{}-{}", self.name, self.done[n].len());
            let body = json!({
                "command_id": command,
                "expected_sequence": expected,
                "command": next(&self.seen[n]),
            });
            let answer = visit.send_body(client, &body).unwrap();
            if answer.status >= 500 {
                Seen::Unanswered { command }
            } else {
                assert!(answer.status == 200 || answer.status == 409, "{}", answer.text());
                self.seen[n] = answer.json()["view"].take();
                let sequence = sequence(&self.seen[n]);
                if answer.status == 200 {
                    Seen::Appended { command, expected, sequence }
                } else {
                    Seen::Refused { command, sequence }
                }
            }
        };
        let has_appended = matches!(seen, Seen::Appended { .. });
        self.done[n].push(Operation { begun, ended: start.elapsed(), seen });
        has_appended
    }
}

fn begin(server: &Server, key: &str) -> Visit {
    Visit::start(&mut server.client(), key).unwrap()
}

/// There and back again, for as long as it is asked for.
fn next(view: &Value) -> Value {
    if view["step"]["type"] == "zipcode" {
        json!({ "type": "submit_zip", "zip": "30305" })
    } else {
        json!({ "type": "go_back" })
    }
}

fn sequence(view: &Value) -> u64 {
    view["sequence"].as_u64().unwrap()
}

fn event(event: &Value) -> Event {
    Event {
        sequence: event["sequence"].as_u64().unwrap(),
        command: event["command_id"].as_str().unwrap().to_owned(),
    }
}
