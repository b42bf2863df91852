//! Exports, backups and the doctor, as an operator uses them.

use std::{fs, thread};

use serde_json::json;

use crate::{
    visitor::Visit,
    wrkbelt::{Folder, ran},
};

#[test]
fn what_is_exported_is_imported_elsewhere_as_the_same_bytes() {
    let (folder, key) = Folder::with_business(3);
    let server = folder.serve();
    Visit::start(&mut server.client(), &key).unwrap().book(&mut server.client(), 0);
    let file = folder.path("all.jsonl").display().to_string();
    let exported = folder.json(&["export", "--out", &file]);
    let other = Folder::new();
    let imported = other.json(&["import", &file]);
    assert_eq!(imported["sha256"], exported["sha256"]);
    let again = other.path("again.jsonl").display().to_string();
    other.json(&["export", "--out", &again]);
    assert!(fs::read(&file).unwrap() == fs::read(&again).unwrap());
    let other_server = other.serve();
    Visit::start(&mut other_server.client(), &key).unwrap().book(&mut other_server.client(), 0);
    assert_eq!(other.json(&["doctor"])["ok"], true);

    let one = folder.path("acme.jsonl").display().to_string();
    folder.json(&["export", "--out", &one, "--organization", "acme"]);
    let third = Folder::new();
    third.json(&["import", &one]);
    assert_eq!(third.json(&["doctor"])["ok"], true);
    let twice = third.run(&["import", &one]);
    assert!(twice.failure().contains("already"), "{twice:?}");
    let overwrite = folder.run(&["export", "--out", &one]);
    assert!(overwrite.failure().contains("--force"), "{overwrite:?}");
}

#[test]
fn a_backup_is_made_while_visitors_book_and_restored_as_a_whole() {
    let (folder, key) = Folder::with_business(200);
    let server = folder.serve();
    let secret = folder.write("backup.key", &"5a".repeat(32));
    let backup = folder.path("backup").display().to_string();
    thread::scope(|scope| {
        for _ in 0..4 {
            let mut client = server.client();
            let key = &key;
            scope.spawn(move || {
                for _ in 0..5 {
                    Visit::start(&mut client, key).unwrap().book(&mut client, 0);
                }
            });
        }
        folder.json(&["backup", "--out", &backup, "--key-file", &secret]);
    });
    let busy = folder.run(&["restore", &backup, "--key-file", &secret, "--replace"]);
    assert!(busy.failure().contains("is being served"), "{busy:?}");

    let other = Folder::new();
    other.json(&["restore", &backup, "--key-file", &secret]);
    assert_eq!(other.json(&["doctor"])["ok"], true);
    let kept = other.run(&["restore", &backup, "--key-file", &secret]);
    assert!(kept.failure().contains("--replace"), "{kept:?}");
    let line = other.json(&["restore", &backup, "--key-file", &secret, "--replace"]);
    assert!(line["kept"].as_str().unwrap().ends_with(".before-restore"));
    assert_eq!(other.json(&["doctor"])["ok"], true);
    let server = other.serve();
    Visit::start(&mut server.client(), &key).unwrap().book(&mut server.client(), 0);
}

#[test]
fn a_backup_that_is_not_whole_changes_nothing() {
    let (folder, _) = Folder::with_business(1);
    let secret = folder.write("backup.key", &"5a".repeat(32));
    let wrong = folder.write("wrong.key", &"a5".repeat(32));
    let no_key = folder.write("no.key", "secret");
    let sealed = folder.path("sealed").display().to_string();
    let plain = folder.path("plain").display().to_string();
    folder.json(&["backup", "--out", &sealed, "--key-file", &secret]);
    folder.json(&["backup", "--out", &plain]);
    let cut = |name: &str, of: &str| {
        let bytes = fs::read(of).unwrap();
        fs::write(folder.path(name), &bytes[..bytes.len() * 2 / 3]).unwrap();
        folder.path(name).display().to_string()
    };
    let (cut_sealed, cut_plain) = (cut("cut-sealed", &sealed), cut("cut-plain", &plain));
    let mut bytes = fs::read(&plain).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(folder.path("altered"), bytes).unwrap();
    let altered = folder.path("altered").display().to_string();
    let before = fs::read(folder.path("store.db")).unwrap();
    for (arguments, part) in [
        (&["restore", &sealed][..], "it is sealed"),
        (&["restore", &sealed, "--key-file", &wrong], "another key"),
        (&["restore", &sealed, "--key-file", &no_key], "64 hexadecimal digits"),
        (&["restore", &cut_sealed, "--key-file", &secret], "cut-sealed: "),
        (&["restore", &cut_plain], "cut-plain: "),
        (&["restore", &altered], "altered: "),
        (&["restore", "absent"], "absent: "),
        (&["restore", &secret], "backup.key: "),
        (&["import", &cut_plain], "cut-plain: "),
        (&["import", &altered], "altered: "),
    ] {
        let ran = folder.run(&[arguments, &["--json"]].concat());
        assert!(ran.failure().contains(part), "{arguments:?}: {ran:?}");
        let replaced = [arguments, if arguments[0] == "restore" { &["--replace"] } else { &[] }];
        assert!(folder.run(&replaced.concat()).failure().contains(part));
    }
    assert!(fs::read(folder.path("store.db")).unwrap() == before, "the store was changed");
    assert!(!folder.path("store.db.restoring").exists());
}

#[test]
fn the_doctor_says_what_is_wrong_and_fails() {
    let (folder, _) = Folder::with_business(1);
    let well = folder.json(&["doctor"]);
    assert_eq!((&well["ok"], &well["findings"]), (&json!(true), &json!([])));
    assert!(well["checked"]["booking_flows"].as_u64().unwrap() > 0);
    let database = rusqlite::Connection::open(folder.path("store.db")).unwrap();
    database.execute_batch("DROP INDEX \"booking_services.slug\"").unwrap();
    database.execute("UPDATE booking_questions SET updated_at = updated_at + 1", []).unwrap();
    drop(database);
    let ran = folder.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 1);
    let line = ran.line();
    let codes: Vec<_> = line["findings"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert!(codes.contains(&&json!("missing_index")), "{line}");
    assert!(codes.contains(&&json!("damaged_record")), "{line}");
    let people = folder.run(&["doctor", "--repair"]);
    assert_eq!(people.code, 1);
    assert!(people.stdout.contains("cannot be mended"), "{people:?}");
    // What is damaged stands in nobody's way.
    let server = folder.serve_silently();
    assert_eq!(server.client().get("/readyz").status, 200);
}

#[test]
fn a_damaged_session_is_made_again_from_its_events() {
    let (folder, key) = Folder::with_business(1);
    let server = folder.serve();
    let mut visit = Visit::start(&mut server.client(), &key).unwrap();
    visit.book(&mut server.client(), 0);
    drop(server);
    let before = folder.json(&["session", "show", &visit.id]);
    let database = rusqlite::Connection::open(folder.path("store.db")).unwrap();
    database
        .execute("UPDATE booking_sessions SET body = replace(body, 'en-US', 'fr-FR')", [])
        .unwrap();
    drop(database);
    let finding = &folder.run(&["doctor", "--json"]).line()["findings"][0];
    assert_eq!((&finding["code"], &finding["_id"]), (&json!("damaged_record"), &json!(visit.id)));
    assert_eq!(finding["repair"], "fold it again from its events");
    let mended = folder.json(&["doctor", "--repair"]);
    assert_eq!((&mended["ok"], &mended["mended"]), (&json!(true), &json!(1)));
    assert_eq!(folder.json(&["session", "show", &visit.id]), before);
}

#[test]
fn a_store_with_damage_can_still_be_backed_up() {
    let (folder, key) = Folder::with_business(3);
    let server = folder.serve();
    let visits = [(); 2].map(|()| {
        let mut visit = Visit::start(&mut server.client(), &key).unwrap();
        visit.book(&mut server.client(), 0);
        visit
    });
    drop(server);
    let backup = folder.path("backup").display().to_string();
    folder.json(&["backup", "--out", &backup]);
    let good = fs::read(&backup).unwrap();
    let database = rusqlite::Connection::open(folder.path("store.db")).unwrap();
    let damage = "UPDATE booking_session_events SET timestamp = 1
                  WHERE sequence = 3 AND hex(stream) = upper(?)";
    assert_eq!(database.execute(damage, [&visits[0].id]).unwrap(), 1);
    drop(database);
    let refused = folder.run(&["backup", "--out", &backup]);
    assert!(refused.failure().contains("--force"), "{refused:?}");
    assert!(fs::read(&backup).unwrap() == good);
    let made = folder.run(&["backup", "--out", &backup, "--force", "--json"]);
    assert_eq!(made.code, 1, "something is left out");
    assert_eq!(made.line()["left_out"], json!([["booking_sessions", visits[0].id]]));
    // The booking of the lost visit is kept, although it refers to what is not there.
    let other = Folder::new();
    other.json(&["restore", &backup]);
    let codes = other.run(&["doctor", "--json"]).line();
    assert_eq!(codes["findings"][0]["code"], "orphan");
    assert_eq!(other.json(&["session", "replay", &visits[1].id, "--verify"])["identical"], true);
}

#[test]
fn a_key_does_not_make_an_unsealed_file_trusted() {
    let (folder, _) = Folder::with_business(1);
    let secret = folder.write("backup.key", &"5a".repeat(32));
    let plain = folder.path("plain").display().to_string();
    folder.json(&["backup", "--out", &plain]);
    let refused = folder.run(&["restore", &plain, "--key-file", &secret, "--replace"]);
    assert!(refused.failure().contains("not sealed"), "{refused:?}");
}

#[test]
fn a_restore_after_a_kill_leaves_no_log_behind() {
    let (folder, key) = Folder::with_business(1);
    let backup = folder.path("backup").display().to_string();
    folder.json(&["backup", "--out", &backup]);
    let mut server = folder.serve();
    let mut visit = Visit::start(&mut server.client(), &key).unwrap();
    visit.book(&mut server.client(), 0);
    server.kill();
    assert!(fs::metadata(folder.path("store.db-wal")).unwrap().len() > 0);
    let kept = folder.json(&["restore", &backup, "--replace"]);
    assert!(!folder.path("store.db-wal").exists());
    assert_eq!(folder.json(&["doctor"])["checked"]["booking_sessions"], 0);
    // What was acknowledged before is still there, in the file that was replaced.
    let old = format!("sqlite://{}", kept["kept"].as_str().unwrap());
    let doctor = ran(folder.command().args(["doctor", "--json", "--store", &old])).line();
    assert_eq!((&doctor["ok"], &doctor["checked"]["bookings"]), (&json!(true), &json!(1)));
}

#[test]
fn a_second_server_on_one_file_is_refused_unless_both_share_it() {
    let (folder, _) = Folder::with_business(1);
    let server = folder.serve();
    let second = ["serve", "--listen", "127.0.0.1:0"];
    let refused = folder.run(&second);
    assert!(refused.failure().contains("?shared"), "{refused:?}");
    let shared = format!("{}?shared", folder.store());
    let refused = ran(folder.command().args(second).args(["--store", &shared]));
    assert!(refused.failure().contains("is being served"), "{refused:?}");
    drop(server);
    let servers = [folder.serve_shared(), folder.serve_shared()];
    assert_eq!(servers[1].client().get("/readyz").status, 200);
    assert!(folder.run(&second).failure().contains("is being served"));
}
