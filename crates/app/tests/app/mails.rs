//! Mails that are queued: to a folder, and through a real server.

use std::net::TcpListener;

use app::{MailFolder, Mailer, Mailing, Worker};
use model::{
    Id,
    core::{Email, EmailRecipient, EmailStatus, Job, JobKind, Organization},
    scheduler::Booking,
};
use serde_json::json;
use store::Find;

use crate::{
    flows,
    server::Server,
    world::{Beside, World},
};

on_both! {
    a_booking_is_confirmed_by_mail,
    what_the_server_refuses_is_given_up,
    what_the_server_puts_off_is_tried_until_it_is_given_up,
    a_mail_waits_for_a_server_that_is_not_there,
    a_mail_of_a_process_that_ended_is_sent_again_under_the_same_id,
    two_processes_send_each_mail_once,
}

/// The longest wait between two attempts.
const DAY: i64 = 24 * 3_600;

fn mailing(mailer: Mailer) -> Mailing {
    Mailing::new(mailer, "post@example.com".parse().unwrap())
}

fn through(port: u16) -> Mailing {
    mailing(Mailer::Smtp(format!("smtp://127.0.0.1:{port}").parse().unwrap()))
}

/// Until nothing is due.
async fn work_off(worker: &Worker) {
    while worker.work().await.unwrap() > 0 {}
}

impl World {
    /// Queues a mail of the platform that somebody wrote by hand.
    async fn queue(&self, to: &str) -> Id<Email> {
        let email: Email = serde_json::from_value(json!({
            "subject": "Grüße", "text_body": "Hello", "status": "queued",
            "to": [EmailRecipient { email: to.parse().unwrap(), name: None }],
        }))
        .unwrap();
        let at = app::Clock::now(&*self.clock);
        let id = Id::new(model::ObjectId::of(&format!("{to} {at}")));
        let job = Job {
            kind: JobKind::SendEmail,
            organization_id: None,
            target_id: id.object_id(),
            due_at: at,
            attempts: 0,
        };
        let mut unit = self.store.platform().begin(at);
        unit.insert(id, &email).unwrap();
        unit.insert(Id::new(id.object_id()), &job).unwrap();
        unit.commit().await.unwrap();
        id
    }

    async fn mail(&self, id: Id<Email>) -> Email {
        self.store.platform().get(id).await.unwrap().unwrap().body
    }

    async fn mails_of(&self, organization: Id<Organization>) -> Vec<model::Doc<Email>> {
        self.store.scoped(organization).list(Find::all()).await.unwrap().0
    }

    async fn jobs(&self) -> usize {
        self.store.platform().list::<Job>(Find::all()).await.unwrap().0.len()
    }
}

async fn a_booking_is_confirmed_by_mail(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.books().await;
    let bookings = world.all::<Booking>(tenant.organization()).await;
    let booking = &bookings[0].body;
    let queued = world.mails_of(tenant.organization()).await.remove(0);
    assert_eq!((queued.body.status, world.jobs().await), (EmailStatus::Queued, 1));

    let folder = tempfile::tempdir().unwrap();
    let mails = MailFolder::new(folder.path());
    let worker = world.system.worker(mailing(Mailer::Folder(mails.clone())));
    work_off(&worker).await;

    assert_eq!(mails.list().await.unwrap(), [queued.id.to_string()]);
    let file = mails.read(&queued.id.to_string()).await.unwrap().unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains("From: acme <post@example.com>"), "{file}");
    assert!(file.contains("text/calendar"), "{file}");
    let sent = world.mails_of(tenant.organization()).await.remove(0).body;
    assert_eq!((sent.status, sent.attempts, sent.error), (EmailStatus::Sent, 1, None));
    assert_eq!(sent.subject, format!("Your booking with acme: {}", booking.reference));
    assert_eq!(sent.to[0].email.to_string(), booking.customer.email.clone().unwrap());
    assert!(sent.html_body.unwrap().contains("<html"));
    let text = sent.text_body.unwrap();
    assert!(text.contains(booking.reference.as_str()), "{text}");
    assert!(text.contains("(America/New_York)"), "{text}");
    let calendar = sent.attachments[0].inline.clone().unwrap();
    let start = booking.timeslot.clone().unwrap().start.jiff().strftime("%Y%m%dT%H%M%SZ");
    assert!(calendar.contains(&format!("\r\nDTSTART:{start}\r\n")), "{calendar}");
    assert_eq!(world.jobs().await, 0);
}

async fn what_the_server_refuses_is_given_up(world: World) {
    let Some(server) = Server::start() else { return };
    let worker = world.system.worker(through(server.port));
    let id = world.queue("unknown@example.com").await;
    work_off(&worker).await;
    let mail = world.mail(id).await;
    assert_eq!((mail.status, mail.attempts), (EmailStatus::Failed, 1));
    assert!(mail.error.unwrap().contains("no such mailbox"));
    assert_eq!(world.jobs().await, 0);
}

async fn what_the_server_puts_off_is_tried_until_it_is_given_up(world: World) {
    let Some(server) = Server::start() else { return };
    let worker = world.system.worker(through(server.port));
    let id = world.queue("greylisted@example.com").await;
    for attempts in 1..=7 {
        work_off(&worker).await;
        let mail = world.mail(id).await;
        assert_eq!((mail.status, mail.attempts), (EmailStatus::Queued, attempts));
        assert!(mail.error.unwrap().contains("try again later"));
        world.clock.turn(DAY);
    }
    work_off(&worker).await;
    let mail = world.mail(id).await;
    assert_eq!((mail.status, mail.attempts), (EmailStatus::Failed, 8));
    assert_eq!(world.jobs().await, 0);
}

async fn a_mail_waits_for_a_server_that_is_not_there(world: World) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let worker = world.system.worker(through(port));
    let id = world.queue("ada@example.com").await;
    work_off(&worker).await;
    let mail = world.mail(id).await;
    assert_eq!((mail.status, mail.attempts), (EmailStatus::Queued, 1));

    let Some(mut server) = Server::start_on(port) else { return };
    world.clock.turn(59);
    assert_eq!(worker.work().await.unwrap(), 0, "before its time");
    world.clock.turn(1);
    work_off(&worker).await;
    let taken = server.mail();
    let mail = world.mail(id).await;
    assert_eq!((mail.status, mail.attempts, mail.error), (EmailStatus::Sent, 2, None));
    assert_eq!(taken["headers"]["message-id"], mail.message_id.unwrap());
    assert_eq!(taken["headers"]["from"], "Wrkbelt <post@example.com>");
}

async fn a_mail_of_a_process_that_ended_is_sent_again_under_the_same_id(world: World) {
    let Some(mut server) = Server::start() else { return };
    let id = world.queue("ada@example.com").await;
    world.meddling.keep_jobs(true);
    work_off(&world.system.worker(through(server.port))).await;
    let first = server.mail();
    assert_eq!(world.mail(id).await.status, EmailStatus::Sending);

    world.meddling.keep_jobs(false);
    let worker = world.system.worker(through(server.port));
    assert_eq!(worker.work().await.unwrap(), 0, "still the other process's");
    world.clock.turn(5 * 60);
    work_off(&worker).await;
    let second = server.mail();
    assert_eq!(first["headers"]["message-id"], second["headers"]["message-id"]);
    let mail = world.mail(id).await;
    assert_eq!((mail.status, mail.attempts), (EmailStatus::Sent, 2));
    assert_eq!(world.jobs().await, 0);
}

async fn two_processes_send_each_mail_once(world: World) {
    let Some(mut server) = Server::start() else { return };
    let Beside { system, .. } = world.beside().await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(world.queue(&format!("ada{n}@example.com")).await);
    }
    let (one, other) =
        (world.system.worker(through(server.port)), system.worker(through(server.port)));
    tokio::join!(work_off(&one), work_off(&other));
    while world.jobs().await > 0 {
        work_off(&one).await;
    }
    // What comes next is the thirty-first: nothing was sent twice before.
    world.queue("last@example.com").await;
    work_off(&one).await;
    let mut sent = Vec::new();
    loop {
        let mail = server.mail();
        if mail["to"][0] == "last@example.com" {
            break;
        }
        sent.push(mail["headers"]["message-id"].as_str().unwrap().to_owned());
    }
    sent.sort_unstable();
    let mut expected: Vec<_> = ids.iter().map(|it| format!("<{it}@example.com>")).collect();
    expected.sort_unstable();
    assert_eq!(sent, expected);
    for id in ids {
        assert_eq!(world.mail(id).await.attempts, 1);
    }
}
