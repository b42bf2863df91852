//! Mails of accounts, from a request to the folder, and what the store shows of them.

use std::fs;

use faults::http::Client;
use serde_json::{Value, json};

use crate::wrkbelt::{Folder, Server, ran};

const EMAIL: &str = "ada@example.com";

fn with_ada() -> Folder {
    let folder = Folder::new();
    folder.json(&[
        "user",
        "create",
        "--email",
        EMAIL,
        "--first-name",
        "Ada",
        "--last-name",
        "Lovelace",
    ]);
    folder
}

fn post(client: &mut Client, path: &str, body: &Value) -> u16 {
    let path = format!("/api/v1/auth/{path}");
    client.call("POST", &path, None, Some(body)).unwrap().status
}

fn page(client: &mut Client, path: &str) -> String {
    let page = client.get(path);
    assert_eq!(page.status, 200, "{path}: {}", page.text());
    page.text().replace("&#x2f;", "/")
}

/// The newest of so many mails, as the mailbox shows it when it is there.
fn mail(client: &mut Client, count: usize) -> String {
    loop {
        let list = page(client, "/mailbox");
        let mails: Vec<_> = list.split("\"/mailbox/").skip(1).collect();
        if mails.len() == count {
            let (id, _) = mails[0].split_once('"').unwrap();
            return page(client, &format!("/mailbox/{id}"));
        }
        assert!(mails.len() < count, "{list}");
        std::thread::yield_now();
    }
}

fn token(mail: &str) -> String {
    let (_, rest) = mail.split_once("#token=").unwrap_or_else(|| panic!("no link: {mail}"));
    rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "_-.".contains(*it)).collect()
}

/// All that is stored, and an export of it.
fn stored(folder: &Folder) -> Vec<u8> {
    let export = folder.path("all.jsonl").display().to_string();
    folder.json(&["export", "--out", &export, "--force"]);
    let mut bytes = fs::read(&export).unwrap();
    for file in ["store.db", "store.db-wal"] {
        bytes.extend(fs::read(folder.path(file)).unwrap());
    }
    bytes
}

fn hits(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|it| *it == text.as_bytes()).count()
}

#[test]
fn who_forgot_a_password_chooses_another_by_mail_and_is_told() {
    let folder = with_ada();
    let server = folder.serve();
    let mut client = server.client();
    let mailbox = server.announcement["mailbox_url"].as_str().unwrap();
    assert_eq!(mailbox, format!("{}/mailbox", server.base_url()));

    for (mails, password) in [(1, "correct horse battery"), (2, "staple battery horse")] {
        assert_eq!(post(&mut client, "password/forgot", &json!({ "email": EMAIL })), 202);
        let token = token(&mail(&mut client, mails));
        assert!(token.len() >= 32, "{token}");
        let stored = stored(&folder);
        assert!(hits(&stored, EMAIL) > 1, "what is stored was looked at");
        assert_eq!(hits(&stored, &token), 0);

        let reset = json!({ "token": token, "password": password });
        assert_eq!(post(&mut client, "password/reset", &reset), 204);
        assert_eq!(post(&mut client, "password/reset", &reset), 404, "a link is used once");
        let login = json!({ "email": EMAIL, "password": password });
        assert_eq!(post(&mut client, "login", &login), 204);
    }
    let both = [mail(&mut client, 4), page(&mut client, "/mailbox")].concat();
    assert!(
        both.contains("Your password for Wrkbelt was changed") && both.contains("New sign-in"),
        "{both}"
    );
    assert_eq!(fs::read_dir(folder.path("mail")).unwrap().count(), 4);
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn a_link_that_waits_to_be_sent_cannot_be_read_in_the_store() {
    let folder = with_ada();
    let mut serve = folder.command();
    serve.args(["serve", "--store", &folder.store(), "--mail-from", "post@example.com"]);
    let server = Server::start(serve.args(["--smtp", "smtp://127.0.0.1:1"]));
    let mut client = server.client();
    assert_eq!(post(&mut client, "password/forgot", &json!({ "email": EMAIL })), 202);
    let stored = loop {
        let stored = stored(&folder);
        if hits(&stored, "\"password_reset\"") > 0 {
            break stored;
        }
    };
    assert!(hits(&stored, "sealed_data") > 0);
    assert_eq!(hits(&stored, "#token="), 0);
    assert_eq!(client.get("/mailbox").status, 404, "mails do not go to a folder");
}

#[test]
fn the_mailbox_is_for_this_machine_only_unless_it_is_asked_for() {
    let folder = Folder::new();
    let public = ["--public-url", "https://book.example.com"];
    let serve = |arguments: &[&str]| {
        let mut command = folder.command();
        command.args(["serve", "--store", &folder.store()]).args(arguments);
        let server = Server::start(&mut command);
        let is_announced = server.announcement["mailbox_url"].is_string();
        (is_announced, server.client().get("/mailbox").status)
    };
    assert_eq!(serve(&[]), (true, 200));
    assert_eq!(serve(&public), (false, 404));
    assert_eq!(serve(&[&public[..], &["--mailbox"]].concat()), (true, 200));
    let help = ran(folder.command().args(["serve", "--help"])).stdout;
    assert!(help.contains("--mailbox"), "{help}");
}
