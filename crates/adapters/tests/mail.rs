//! What mails say, and how they arrive.
#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "mail/folder.rs"]
mod folder;
#[path = "mail/hostile.rs"]
mod hostile;
#[path = "mail/server.rs"]
mod server;
#[path = "mail/smtp.rs"]
mod smtp;
#[path = "mail/templates.rs"]
mod templates;
#[path = "mail/tls.rs"]
mod tls;

use std::time::{Duration, SystemTime};

use adapters::mail::{Brand, Content, Mailbox, Message, MessageId};

fn brand() -> Brand {
    Brand {
        name: "Alder Plumbing".to_owned(),
        logo_url: None,
        primary: "#0b5d4e".parse().unwrap(),
        on_primary: "#ffffff".parse().unwrap(),
    }
}

fn mailbox(email: &str) -> Mailbox {
    Mailbox::new(email, None).unwrap()
}

/// From Alder, with both parts.
fn message(id: &str, to: &str) -> Message {
    Message {
        id: MessageId::new(id, "mail.example.com").unwrap(),
        date: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000),
        from: Mailbox::new("office@alder.example", Some("Alder Plumbing")).unwrap(),
        reply_to: None,
        to: vec![mailbox(to)],
        cc: Vec::new(),
        bcc: Vec::new(),
        content: Content {
            subject: "Grüße".to_owned(),
            html: Some("<p>Grüße</p>".to_owned()),
            text: "Grüße\n.\n.. from Alder\n".to_owned(),
        },
        attachments: Vec::new(),
    }
}
