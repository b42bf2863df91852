//! Mails through a real server.

use std::{net::TcpListener, time::Duration};

use adapters::mail::{Attachment, MailError, Mailbox, Mailer, Smtp};

use crate::{mailbox, message, server::Server};

fn mailer(port: u16) -> Mailer {
    Mailer::Smtp(format!("smtp://127.0.0.1:{port}").parse().unwrap())
}

#[tokio::test]
async fn a_mail_arrives_whole() {
    let Some(mut server) = Server::start() else { return };
    let mut message = message("01", "ada@example.com");
    message.to = vec![Mailbox::new("ada@example.com", Some("Ada \"Byron\" Lovelace")).unwrap()];
    message.cc = vec![Mailbox::new("carl@example.com", Some("Carl Gauß")).unwrap()];
    message.bcc = vec![mailbox("eve@example.com")];
    message.reply_to = Some(mailbox("help@alder.example"));
    message.attachments = vec![Attachment {
        filename: "Termin – 8 Uhr.ics".to_owned(),
        mime_type: "text/calendar; charset=utf-8".to_owned(),
        bytes: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".into(),
    }];
    mailer(server.port).send(&message).await.unwrap();

    let mail = server.mail();
    assert_eq!(mail["from"], "office@alder.example");
    let recipients = ["ada@example.com", "carl@example.com", "eve@example.com"];
    assert_eq!(mail["to"], serde_json::json!(recipients));
    let headers = &mail["headers"];
    assert_eq!(headers["message-id"], "<01@mail.example.com>");
    assert_eq!(headers["from"], "Alder Plumbing <office@alder.example>");
    assert_eq!(headers["to"], "\"Ada \\\"Byron\\\" Lovelace\" <ada@example.com>");
    assert_eq!(headers["cc"], "Carl Gauß <carl@example.com>");
    assert_eq!(headers["reply-to"], "help@alder.example");
    assert_eq!(headers["subject"], "Grüße");
    assert!(headers.get("bcc").is_none(), "{headers}");
    assert!(!headers.to_string().contains("eve@"), "{headers}");
    let [text, html, calendar] = mail["parts"].as_array().unwrap().as_slice() else {
        panic!("{mail}")
    };
    assert_eq!(text["type"], "text/plain");
    assert_eq!(text["text"], "Grüße\r\n.\r\n.. from Alder\r\n");
    assert_eq!(html["type"], "text/html");
    assert_eq!(html["text"].as_str().unwrap().trim_end(), "<p>Grüße</p>");
    assert_eq!(calendar["type"], "text/calendar");
    assert_eq!(calendar["filename"], "Termin – 8 Uhr.ics");
    assert_eq!(calendar["base64"], "QkVHSU46VkNBTEVOREFSDQpFTkQ6VkNBTEVOREFSDQo=");
}

#[tokio::test]
async fn a_refusal_is_permanent() {
    let Some(mut server) = Server::start() else { return };
    let mailer = mailer(server.port);
    for (to, reason) in [("unknown@example.com", "no such mailbox"), ("spam@example.com", "spam")] {
        let refused = mailer.send(&message("01", to)).await;
        let Err(MailError::Permanent(said)) = refused else { panic!("{to}: {refused:?}") };
        assert!(said.contains(reason), "{said}");
    }
    mailer.send(&message("02", "ada@example.com")).await.unwrap();
    assert_eq!(server.mail()["headers"]["message-id"], "<02@mail.example.com>");
}

#[tokio::test]
async fn one_refused_recipient_keeps_the_mail_from_all() {
    let Some(mut server) = Server::start() else { return };
    let mailer = mailer(server.port);
    let mut both = message("01", "ada@example.com");
    both.to.push(mailbox("unknown@example.com"));
    assert!(matches!(mailer.send(&both).await, Err(MailError::Permanent(_))));
    mailer.send(&message("02", "ada@example.com")).await.unwrap();
    assert_eq!(server.mail()["headers"]["message-id"], "<02@mail.example.com>");
}

#[tokio::test]
async fn what_is_put_off_is_temporary() {
    let Some(server) = Server::start() else { return };
    let put_off = mailer(server.port).send(&message("01", "greylisted@example.com")).await;
    let Err(MailError::Temporary(said)) = put_off else { panic!("{put_off:?}") };
    assert!(said.contains("try again later"), "{said}");
}

#[tokio::test]
async fn a_connection_that_is_closed_midway_is_temporary() {
    let Some(mut server) = Server::start() else { return };
    let mailer = mailer(server.port);
    let closed = mailer.send(&message("01", "closing@example.com")).await;
    assert!(matches!(closed, Err(MailError::Temporary(_))), "{closed:?}");
    // The server says what it would have taken, had anybody been there to hear it.
    assert_eq!(server.mail()["headers"]["message-id"], "<01@mail.example.com>");
    mailer.send(&message("02", "ada@example.com")).await.unwrap();
    assert_eq!(server.mail()["headers"]["message-id"], "<02@mail.example.com>");
}

#[tokio::test]
async fn who_is_given_up_on_is_not_listened_to_later() {
    let Some(mut server) = Server::start() else { return };
    let smtp: Smtp = format!("smtp://127.0.0.1:{}", server.port).parse().unwrap();
    let mailer = Mailer::Smtp(smtp.with_patience(Duration::from_secs(5)));
    mailer.send(&message("01", "ada@example.com")).await.unwrap();
    assert_eq!(server.mail()["connection"], 1);
    let late = mailer.send(&message("02", "slow@example.com")).await;
    let Err(MailError::Temporary(said)) = late else { panic!("{late:?}") };
    assert!(said.contains("took longer than"), "{said}");
    mailer.send(&message("03", "ada@example.com")).await.unwrap();
    let third = server.mail();
    assert_eq!(third["headers"]["message-id"], "<03@mail.example.com>");
    assert_eq!(third["connection"], 2);
}

#[tokio::test]
async fn a_connection_serves_mail_after_mail() {
    let Some(mut server) = Server::start() else { return };
    let mailer = mailer(server.port);
    for id in ["01", "02", "03"] {
        mailer.send(&message(id, "ada@example.com")).await.unwrap();
        let mail = server.mail();
        assert_eq!(mail["headers"]["message-id"], format!("<{id}@mail.example.com>"));
        assert_eq!(mail["connection"], 1);
    }
}

#[tokio::test]
async fn a_server_that_was_restarted_is_connected_to_anew() {
    let Some(mut first) = Server::start() else { return };
    let mailer = mailer(first.port);
    mailer.send(&message("01", "ada@example.com")).await.unwrap();
    first.mail();
    let port = first.port;
    drop(first);
    let Some(mut second) = Server::start_on(port) else { return };
    mailer.send(&message("02", "ada@example.com")).await.unwrap();
    assert_eq!(second.mail()["headers"]["message-id"], "<02@mail.example.com>");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_temporary() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let unheard = mailer(port).send(&message("01", "ada@example.com")).await;
    assert!(matches!(unheard, Err(MailError::Temporary(_))), "{unheard:?}");
}

#[tokio::test]
async fn users_sign_in_and_a_wrong_password_is_no_fault_of_the_mail() {
    let Some(mut server) = Server::start_with("127.0.0.1", "password", None) else { return };
    let port = server.port;
    let send = async |who: &str| {
        let smtp: Smtp = format!("smtp+insecure://{who}127.0.0.1:{port}").parse().unwrap();
        Mailer::Smtp(smtp).send(&message("01", "ada@example.com")).await
    };
    send("ada:p%40ss%2Fword@").await.unwrap();
    assert_eq!(server.mail()["user"], "ada");
    let wrong = send("ada:guess@").await;
    let Err(MailError::Temporary(said)) = &wrong else { panic!("{wrong:?}") };
    assert!(said.contains("535") && !said.contains("guess"), "{said}");
}
