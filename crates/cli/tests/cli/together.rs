//! Two servers on one store.

use std::{collections::HashSet, thread};

use serde_json::{Value, json};

use crate::{
    visitor::Visit,
    wrkbelt::{Folder, Server},
};

const VISITORS: usize = 16;

#[test]
fn two_servers_on_one_store_never_sell_a_seat_twice() {
    let (folder, key) = Folder::with_business(1);
    let servers = [folder.serve_shared(), folder.serve_shared()];
    let visits: Vec<_> = thread::scope(|scope| {
        let visitors: Vec<_> = (0..VISITORS)
            .map(|n| {
                let (server, key) = (&servers[n % 2], &key);
                scope.spawn(move || book_the_first(server, key))
            })
            .collect();
        visitors.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let starts: HashSet<_> = visits.iter().map(booked_start).collect();
    assert_eq!(starts.len(), VISITORS, "each has a timeslot of their own");
    let mut client = servers[0].client();
    let late = at_the_timeslots(&servers[1], &key);
    let offered = late.starts(&mut client).unwrap();
    assert!(offered.iter().all(|it| !starts.contains(it.as_str().unwrap())));
    for visit in &visits {
        let line = folder.json(&["session", "replay", &visit.id, "--verify"]);
        assert_eq!(line["identical"], true);
    }
}

#[test]
fn a_visit_goes_on_at_the_other_server() {
    let (folder, key) = Folder::with_business(1);
    let servers = [folder.serve_shared(), folder.serve_shared()];
    let mut clients = [servers[0].client(), servers[1].client()];
    let mut visit = Visit::start(&mut clients[0], &key).unwrap();
    let mut turn = 0;
    while let Some(command) = visit.next(&mut clients[turn], 0).unwrap() {
        turn = 1 - turn;
        visit.send(&mut clients[turn], command).unwrap();
    }
    assert_eq!(visit.view["status"], "completed");
    for client in &mut clients {
        assert_eq!(visit.events(client).len() as u64, visit.sequence());
    }
}

/// Books the first timeslot that is left; who loses it takes the next.
fn book_the_first(server: &Server, key: &str) -> Visit {
    let mut client = server.client();
    let mut visit = Visit::start(&mut client, key).unwrap();
    visit.book(&mut client, 0);
    visit
}

fn at_the_timeslots(server: &Server, key: &str) -> Visit {
    let mut client = server.client();
    let mut visit = Visit::start(&mut client, key).unwrap();
    while visit.step() != "timeslot_selection" {
        let command = visit.next(&mut client, 0).unwrap().unwrap();
        visit.send(&mut client, command).unwrap();
    }
    let today = json!({ "type": "view_timeslots", "from": "2020-01-01", "to": "2020-01-02" });
    visit.send(&mut client, today).unwrap();
    assert_eq!(visit.view["message"]["code"], "no_timeslots");
    visit
}

fn booked_start(visit: &Visit) -> String {
    let start: &Value = &visit.view["booking"]["timeslot"]["start"];
    start.as_str().unwrap().to_owned()
}
