//! `wrkbelt migrate`, and what the other commands do with a store that is not migrated.

use std::{sync::Arc, thread};

use model::{
    Timestamp,
    data_migrations::{DataMigration, Direction, MigrationStatus},
};
use serde_json::{Value, json};
use store::Store;
use store_sqlite::{Options, SqliteBackend};

use crate::wrkbelt::{Folder, Server, ran, visits};

const ALL: [&str; 6] = [
    "0001_seed_permissions",
    "0002_seed_system_roles",
    "0003_seed_permissions_of_people",
    "0004_seed_system_roles_of_people",
    "0005_seed_permission_to_resend",
    "0006_seed_system_roles_that_resend",
];

fn statuses(folder: &Folder) -> Vec<Value> {
    let status = folder.json(&["migrate", "status"]);
    let all = status["migrations"].as_array().unwrap();
    all.iter().map(|it| it["record"]["status"].clone()).collect()
}

fn names(line: &Value) -> &Value {
    &line["migrations"]
}

/// As a newer version leaves it.
fn migrated_by_a_newer_version(folder: &Folder) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let path = folder.path("store.db");
        let backend = SqliteBackend::open(&path, &Options::default()).unwrap();
        let store = Store::open(Arc::new(backend)).await.unwrap();
        let record = DataMigration {
            unique_name: "0099_of_the_future".to_owned(),
            description: "Does what nobody knows yet.".to_owned(),
            checksum: String::new(),
            status: MigrationStatus::Applied,
            direction: Direction::Up,
            started_at: Timestamp::EPOCH,
            finished_at: Some(Timestamp::EPOCH),
            duration_ms: Some(0),
            applied_by: "wrkbelt 99".to_owned(),
            progress: None,
            error: None,
        };
        let id = DataMigration::id_for(&record.unique_name);
        store.platform().insert(id, Timestamp::EPOCH, &record).await.unwrap();
    });
}

#[test]
fn a_store_is_migrated_there_and_back() {
    let folder = Folder::new();
    let line = folder.json(&["migrate", "up", "--to", ALL[0]]);
    assert_eq!(line, json!({ "direction": "up", "dry_run": false, "migrations": [ALL[0]] }));
    let mut first_only = vec![Value::Null; ALL.len()];
    first_only[0] = json!("applied");
    assert_eq!(statuses(&folder), first_only);
    let planned = folder.json(&["migrate", "up", "--dry-run"]);
    assert_eq!((names(&planned), &planned["dry_run"]), (&json!(ALL[1..]), &json!(true)));
    assert_eq!(statuses(&folder), first_only, "nothing was done");
    let applied = ALL[1..].iter().fold(String::new(), |text, it| text + "applied " + it + "\n");
    assert_eq!(folder.run(&["migrate", "up"]).stdout, applied);
    assert_eq!(folder.run(&["migrate", "up"]).stdout, "nothing to do\n");
    let table = folder.run(&["migrate", "status"]).stdout;
    assert!(table.starts_with("migration ") && table.contains(" applied  6/6 "), "{table}");
    let planned = folder.run(&["migrate", "down", "--dry-run"]).stdout;
    assert_eq!(planned, format!("would take back {}\n", ALL[ALL.len() - 1]));
    let line = folder.json(&["migrate", "down", "--to", ALL[0]]);
    let back: Vec<_> = ALL[1..].iter().rev().collect();
    assert_eq!(names(&line), &json!(back));
    assert_eq!(names(&folder.json(&["migrate", "down"])), &json!([ALL[0]]));
    assert_eq!(statuses(&folder), vec!["rolled_back"; ALL.len()]);
    assert_eq!(names(&folder.json(&["migrate", "up"])), &json!(ALL));
}

#[test]
fn what_cannot_be_migrated_is_said_in_one_sentence() {
    let folder = Folder::new();
    for arguments in
        [&["migrate", "status"][..], &["migrate", "down"], &["migrate", "up", "--dry-run"]]
    {
        let ran = folder.run(arguments);
        assert!(ran.failure().contains("there is no store at"), "{ran:?}");
    }
    assert!(!folder.path("store.db").exists());
    let ran = folder.run(&["migrate", "up", "--to", "0009"]);
    assert_eq!(ran.failure(), "there is no migration 0009");
}

#[test]
fn a_command_that_only_looks_refuses_a_store_that_is_not_migrated() {
    let (folder, _) = Folder::with_business(1);
    assert_eq!(statuses(&folder), vec!["applied"; ALL.len()], "a new store is made whole");
    folder.json(&["migrate", "down"]);
    let flow = folder.write("again.yaml", &visits(1));
    for arguments in [
        &["session", "show", "000000000000000000000000"][..],
        &["flow", "import", &flow, "--organization", "acme"],
        &["flow", "import", &flow, "--organization", "acme", "--create-organization"],
    ] {
        let ran = folder.run(arguments);
        assert_eq!(
            ran.failure(),
            "this store has to be migrated first (0006_seed_system_roles_that_resend): run \
             `wrkbelt migrate up`"
        );
    }
    let server = folder.serve();
    assert_eq!(server.client().get("/readyz").status, 200);
    assert_eq!(statuses(&folder), vec!["applied"; ALL.len()]);
    folder.json(&["migrate", "down"]);
    let unready = server.client().get("/readyz");
    assert_eq!((unready.status, &unready.json()["code"]), (503, &json!("store.not_migrated")));
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let (folder, key) = Folder::with_business(1);
    let old = folder.serve_shared();
    let shared = format!("{}?shared", folder.store());
    migrated_by_a_newer_version(&folder);
    let sentence = "this store was migrated by a newer version of Wrkbelt (migration \
                    0099_of_the_future): use that version or a newer one";
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["demo", "--listen", "127.0.0.1:0"],
        &["migrate", "up"],
        &["migrate", "down"],
        &["session", "show", "000000000000000000000000"],
    ] {
        let ran = ran(folder.command().args(arguments).args(["--store", &shared]));
        assert_eq!(ran.failure(), sentence, "{arguments:?}");
    }
    let status = folder.run(&["migrate", "status"]).stdout;
    assert!(status.contains("0099_of_the_future") && status.contains("of a newer version"));
    let mut client = old.client();
    assert_eq!(client.get("/readyz").status, 503, "no new visitors come here");
    let scheduler = client.get(&format!("/public/v1/schedulers/{key}"));
    assert_eq!(scheduler.status, 200, "those who are here go on");
}

#[test]
fn eight_servers_start_at_once_on_a_store_that_is_not_there() {
    let folder = Folder::new();
    let servers: Vec<Server> = thread::scope(|scope| {
        let starting: Vec<_> = (0..8).map(|_| scope.spawn(|| folder.serve_shared())).collect();
        starting.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for server in &servers {
        assert_eq!(server.client().get("/readyz").status, 200);
    }
    assert_eq!(statuses(&folder), vec!["applied"; ALL.len()]);
    for migration in folder.json(&["migrate", "status"])["migrations"].as_array().unwrap() {
        let progress = &migration["record"]["progress"];
        assert_eq!(progress["done"], progress["total"]);
    }
}
