//! Mails that nobody gets.

use std::fs;

use adapters::mail::{Folder, Letter, MailError, Mailer};
use tempfile::TempDir;

use crate::message;

#[tokio::test]
async fn mails_are_listed_and_read() {
    let root = TempDir::new().unwrap();
    let folder = Folder::new(root.path().join("mails"));
    assert_eq!(folder.list().await.unwrap(), Vec::<String>::new());
    let mailer = Mailer::Folder(folder.clone());
    for id in ["02", "01", "03"] {
        mailer.send(&message(id, "ada@example.com")).await.unwrap();
    }
    assert_eq!(folder.list().await.unwrap(), ["03", "02", "01"]);
    let mail = String::from_utf8(folder.read("02").await.unwrap().unwrap()).unwrap();
    assert!(mail.contains("Message-ID: <02@mail.example.com>\r\n"), "{mail}");
    assert!(mail.contains("To: ada@example.com\r\n"), "{mail}");
    assert!(mail.contains("Date: Wed, 18 Nov 2026 11:06:40 +0000\r\n"), "{mail}");
    assert!(mail.contains("Content-Type: text/plain"), "{mail}");
    assert!(mail.contains("Content-Type: text/html"), "{mail}");
    assert_eq!(folder.read("04").await.unwrap(), None);
}

#[tokio::test]
async fn a_mail_may_be_of_text_only() {
    let root = TempDir::new().unwrap();
    let folder = Folder::new(root.path());
    let mut message = message("01", "ada@example.com");
    message.content.html = None;
    Mailer::Folder(folder.clone()).send(&message).await.unwrap();
    let mail = String::from_utf8(folder.read("01").await.unwrap().unwrap()).unwrap();
    assert!(mail.contains("Content-Type: text/plain"), "{mail}");
    assert!(!mail.contains("text/html"), "{mail}");
}

#[tokio::test]
async fn a_mail_sent_again_is_one_mail() {
    let root = TempDir::new().unwrap();
    let folder = Folder::new(root.path());
    let mailer = Mailer::Folder(folder.clone());
    mailer.send(&message("01", "ada@example.com")).await.unwrap();
    mailer.send(&message("01", "ada@example.com")).await.unwrap();
    assert_eq!(folder.list().await.unwrap(), ["01"]);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "something temporary is left");
}

#[tokio::test]
async fn only_whole_mails_of_this_folder_are_seen() {
    let root = TempDir::new().unwrap();
    let folder = Folder::new(root.path().join("mails"));
    let mailer = Mailer::Folder(folder.clone());
    mailer.send(&message("01", "ada@example.com")).await.unwrap();
    fs::write(root.path().join("mails/.02.tmp"), "half").unwrap();
    fs::write(root.path().join("mails/notes.txt"), "notes").unwrap();
    fs::write(root.path().join("secret.eml"), "secret").unwrap();
    assert_eq!(folder.list().await.unwrap(), ["01"]);
    for id in ["../secret", "..\\secret", ".02", "", "/etc/passwd", "01\0"] {
        assert_eq!(folder.read(id).await.unwrap(), None, "{id:?}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_tried_again() {
    let root = TempDir::new().unwrap();
    let taken = root.path().join("mails");
    fs::write(&taken, "a file").unwrap();
    let failed = Mailer::Folder(Folder::new(&taken)).send(&message("01", "ada@example.com")).await;
    assert!(matches!(failed, Err(MailError::Temporary(_))), "{failed:?}");
}

#[tokio::test]
async fn nobody_sees_half_a_mail() {
    let root = TempDir::new().unwrap();
    let folder = Folder::new(root.path());
    let mailer = Mailer::Folder(folder.clone());
    let mut large = message("01", "ada@example.com");
    large.content.text = "x".repeat(8_000_000);
    mailer.send(&large).await.unwrap();
    let whole = folder.read("01").await.unwrap().unwrap().len();
    let writing = async {
        for _ in 0..10 {
            mailer.send(&large).await.unwrap();
        }
    };
    let reading = async {
        loop {
            assert_eq!(folder.read("01").await.unwrap().unwrap().len(), whole);
        }
    };
    tokio::select! {
        () = writing => {}
        () = reading => {}
    }
}

#[tokio::test]
async fn a_mail_is_read_as_it_was_written() {
    let root = TempDir::new().unwrap();
    let folder = Folder::new(root.path());
    let mailer = Mailer::Folder(folder.clone());
    let mut written = message("01", "ada@example.com");
    mailer.send(&written).await.unwrap();
    let letter = Letter::parse(&folder.read("01").await.unwrap().unwrap()).unwrap();
    assert_eq!((&*letter.subject, &*letter.to), ("Grüße", "ada@example.com"));
    assert_eq!(letter.from, "office@alder.example");
    assert_eq!(letter.sent.as_deref(), Some("2026-11-18T11:06:40Z"));
    assert_eq!(letter.text.trim_end().replace('\r', ""), written.content.text.trim_end());
    assert_eq!(letter.html.as_deref().map(str::trim_end), Some("<p>Grüße</p>"));

    written.content.html = None;
    mailer.send(&written).await.unwrap();
    let letter = Letter::parse(&folder.read("01").await.unwrap().unwrap()).unwrap();
    assert_eq!(letter.html, None);
    assert_eq!(Letter::parse(b""), None);
}
