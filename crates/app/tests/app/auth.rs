//! What time does to links, keys to secrets, and haste to the first account.

use std::fs;

use app::{
    Doors, Environment, Error, FirstUser, Installation, Keyring, LogIn, LoggedIn, MailFolder,
    Mailer, Mailing, NewUser, Origin, Outside, SystemDoor,
};
use model::{
    Id,
    core::{Email, User, UserStatus},
};
use serde_json::Value;
use store::{Find, Store};

use crate::world::World;

const PASSWORD: &str = "correct horse battery staple";

async fn user(system: &SystemDoor) -> Id<User> {
    let new = NewUser {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: "ada@example.com".parse().unwrap(),
        hashed_password: None,
        is_platform_admin: false,
    };
    system.create_user(new).await.unwrap()
}

/// Writes to a user past all rules.
async fn change(world: &World, user: Id<User>, change: impl FnOnce(&mut User)) {
    let seen = world.store.platform().get(user).await.unwrap().unwrap();
    let mut now = seen.body.clone();
    change(&mut now);
    let mut unit = world.store.platform().begin(seen.updated_at);
    unit.replace(&seen, &now).unwrap();
    unit.commit().await.unwrap();
}

async fn log_in(doors: &Doors, code: Option<String>) -> app::Result<LoggedIn> {
    let (email, password) = ("ada@example.com".to_owned(), PASSWORD.to_owned().into());
    doors.log_in(LogIn { email, password, code, device: None }, Origin::default()).await
}

/// Does the jobs that are due now, not those that they make: mails are queued and not sent.
async fn one_round(system: &SystemDoor) {
    let folder = tempfile::tempdir().unwrap();
    let mails = Mailer::Folder(MailFolder::new(folder.path()));
    let from = "post@example.com".parse().unwrap();
    assert!(system.worker(Mailing::new(mails, from)).work().await.unwrap() > 0);
}

fn token(link: &str) -> &str {
    link.split_once("#token=").unwrap().1
}

on_both! {
    a_link_opens_until_its_last_second,
    a_newer_link_takes_the_place_of_an_older_one,
    a_device_that_was_not_known_is_told_of,
    a_password_that_is_changed_is_told_of,
    who_is_suspended_is_out_and_stays_out,
    a_bcrypt_hash_is_taken_once_and_replaced,
    two_links_at_once_set_up_one_platform,
    secrets_are_sealed_anew_and_still_open,
    the_same_is_done_for_an_account_that_there_is_not,
}

async fn a_link_opens_until_its_last_second(world: World) {
    let user = user(&world.system).await;
    for (seconds, opens) in [(24 * 3_600, false), (24 * 3_600 - 1, true)] {
        let link = world.system.first_password_link(user).await.unwrap();
        world.clock.turn(seconds);
        let password = PASSWORD.to_owned().into();
        let reset = world.doors.reset_password(token(&link), password, Origin::default());
        match reset.await {
            Ok(()) => assert!(opens),
            Err(error) => assert!(!opens && matches!(error, Error::NotALink), "{error}"),
        }
    }
}

async fn a_newer_link_takes_the_place_of_an_older_one(world: World) {
    let user = user(&world.system).await;
    let older = world.system.first_password_link(user).await.unwrap();
    let newer = world.system.first_password_link(user).await.unwrap();
    for (link, opens) in [(&older, false), (&newer, true)] {
        let password = PASSWORD.to_owned().into();
        let reset = world.doors.reset_password(token(link), password, Origin::default());
        assert_eq!(reset.await.is_ok(), opens);
    }
}

impl World {
    async fn logs_in(&self, device: Option<String>) -> LoggedIn {
        let (email, password) = ("ada@example.com".to_owned(), PASSWORD.to_owned().into());
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        let origin = Origin {
            request_id: None,
            ip: Some("192.0.2.7".to_owned()),
            user_agent: Some(firefox.to_owned()),
        };
        self.doors.log_in(LogIn { email, password, code: None, device }, origin).await.unwrap()
    }

    /// Chooses the password with a link of the command line.
    async fn chooses_password(&self, user: Id<User>) {
        let link = self.system.first_password_link(user).await.unwrap();
        let password = PASSWORD.to_owned().into();
        self.doors.reset_password(token(&link), password, Origin::default()).await.unwrap();
    }

    /// What mails of a template are filled with.
    async fn mails_that_say(&self, template: &str) -> Vec<Value> {
        let (mails, _) = self.store.platform().list::<Email>(Find::all()).await.unwrap();
        let mails = mails.into_iter().filter(|it| it.body.template_id.as_deref() == Some(template));
        mails.map(|it| it.body.template_data.unwrap().into()).collect()
    }
}

async fn a_device_that_was_not_known_is_told_of(world: World) {
    let user = user(&world.system).await;
    world.chooses_password(user).await;
    let first = world.logs_in(None).await;
    world.logs_in(Some(first.device)).await;
    assert_eq!(world.mails_that_say("new_sign_in").await, Vec::<Value>::new());
    world.clock.turn(60);
    world.logs_in(None).await;
    world.logs_in(Some("forged".to_owned())).await;
    let mails = world.mails_that_say("new_sign_in").await;
    assert_eq!(mails.len(), 2, "{mails:?}");
    let mail = &mails[0];
    assert_eq!(
        (&mail["device"], &mail["ip_address"], &mail["when"]),
        (&"Firefox on Linux".into(), &"192.0.2.7".into(), &"23 November 2026, 15:01 UTC".into())
    );
    assert!(mail["sessions_link"].as_str().unwrap().ends_with("/account"), "{mail}");
}

async fn a_password_that_is_changed_is_told_of(world: World) {
    let user = user(&world.system).await;
    world.chooses_password(user).await;
    assert_eq!(world.mails_that_say("password_changed").await, Vec::<Value>::new(), "a first one");
    world.chooses_password(user).await;
    let mails = world.mails_that_say("password_changed").await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0]["first_name"], "Ada");
}

async fn who_is_suspended_is_out_and_stays_out(world: World) {
    let user = user(&world.system).await;
    let link = world.system.first_password_link(user).await.unwrap();
    let reset = |link: String| {
        let doors = world.doors.clone();
        async move {
            let password = PASSWORD.to_owned().into();
            doors.reset_password(token(&link), password, Origin::default()).await
        }
    };
    reset(link).await.unwrap();
    let session = log_in(&world.doors, None).await.unwrap().token;
    assert!(world.doors.signed_in(session.expose(), Origin::default()).await.is_ok());
    let link = world.system.first_password_link(user).await.unwrap();

    change(&world, user, |it| it.status = UserStatus::Suspended).await;
    let signed_in = world.doors.signed_in(session.expose(), Origin::default()).await;
    assert!(matches!(signed_in, Err(Error::Unauthenticated)));
    assert!(matches!(log_in(&world.doors, None).await, Err(Error::WrongCredentials)));
    assert!(matches!(reset(link).await, Err(Error::NotALink)));
    let email = "ada@example.com".parse().unwrap();
    world.doors.forgot_password(&email, Origin::default()).await.unwrap();
    one_round(&world.system).await;
    let (mails, _) = world.store.platform().list::<Email>(Find::all()).await.unwrap();
    assert_eq!(mails.len(), 0, "a suspended account is sent no link");

    change(&world, user, |it| it.status = UserStatus::Active).await;
    assert!(log_in(&world.doors, None).await.is_ok());
}

async fn a_bcrypt_hash_is_taken_once_and_replaced(world: World) {
    let user = user(&world.system).await;
    let bcrypt = bcrypt::hash(PASSWORD, 4).unwrap();
    change(&world, user, |it| {
        it.hashed_password = Some(bcrypt);
        it.status = UserStatus::Active;
    })
    .await;
    let mut hashes = Vec::new();
    for _ in 0..2 {
        log_in(&world.doors, None).await.unwrap();
        let now = world.store.platform().get(user).await.unwrap().unwrap();
        hashes.push(now.body.hashed_password.unwrap());
    }
    assert!(hashes[0].starts_with("$argon2id$"), "{hashes:?}");
    assert_eq!(hashes[0], hashes[1], "a hash of today is not replaced");
}

async fn two_links_at_once_set_up_one_platform(world: World) {
    let beside = world.beside().await;
    let links =
        [world.system.setup_link().await.unwrap(), beside.system.setup_link().await.unwrap()];
    let set_up = |doors: &Doors, n: usize| {
        let (doors, link) = (doors.clone(), links[n].clone().unwrap());
        async move {
            let first = FirstUser {
                first_name: "Ada".to_owned(),
                last_name: "Lovelace".to_owned(),
                email: format!("ada{n}@example.com").parse().unwrap(),
                password: PASSWORD.to_owned().into(),
                organization: None,
            };
            doors.set_up(token(&link), first, Origin::default()).await
        }
    };
    let (one, other) = tokio::join!(set_up(&world.doors, 0), set_up(&beside.doors, 1));
    let won = [one.is_ok(), other.is_ok()];
    assert_eq!(won.iter().filter(|it| **it).count(), 1, "{won:?}");
    let refused = if won[0] { other.err() } else { one.err() };
    assert!(matches!(refused, Some(Error::NotALink)), "{refused:?}");
    let (users, _) = world.store.platform().list::<User>(Find::all()).await.unwrap();
    assert_eq!(users.len(), 1);
}

/// Who knows how long an answer takes does not learn who has an account.
async fn the_same_is_done_for_an_account_that_there_is_not(world: World) {
    let user = user(&world.system).await;
    world.chooses_password(user).await;
    let mut done = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        world.meddling.take_asked();
        world.doors.forgot_password(&email.parse().unwrap(), Origin::default()).await.unwrap();
        let forgot = world.meddling.take_asked();
        let (email, password) = (email.to_owned(), "no password".to_owned().into());
        let with = LogIn { email, password, code: None, device: None };
        let refused = world.doors.log_in(with, Origin::default()).await;
        assert!(matches!(refused, Err(Error::WrongCredentials)));
        done.push((forgot, world.meddling.take_asked()));
    }
    assert_eq!(done[0], done[1]);
    assert_eq!(done[0].0, ["put temporary_links, put jobs, put audit_log"]);
    assert_eq!(done[0].1, ["list users"]);
    one_round(&world.system).await;
    assert_eq!(world.mails_that_say("password_reset").await.len(), 1);
}

async fn secrets_are_sealed_anew_and_still_open(world: World) {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let open = async || {
        let keyring = Keyring::at(&keys).unwrap();
        let installation = Installation { keyring, ..Installation::default() };
        let outside = Outside::from(Environment::new(world.clock.clone()));
        let store = Store::open(world.backend()).await.unwrap();
        app::open(store, outside.with_installation(installation))
    };
    let (doors, system) = open().await;
    let user = user(&system).await;
    let link = system.first_password_link(user).await.unwrap();
    let password = PASSWORD.to_owned().into();
    doors.reset_password(token(&link), password, Origin::default()).await.unwrap();
    let session = log_in(&doors, None).await.unwrap().token;
    let ada = doors.signed_in(session.expose(), Origin::default()).await.unwrap();
    let secret = ada.set_up_totp().await.unwrap().secret;
    ada.confirm_totp(&authenticator(&secret, &world)).await.unwrap();
    let email = "ada@example.com".parse().unwrap();
    doors.forgot_password(&email, Origin::default()).await.unwrap();
    one_round(&system).await;

    system.rotate_keys().unwrap();
    let first = system.reseal(&mut |_| ()).await.unwrap();
    assert_eq!(first.resealed, 2, "the secret of the app, and the link in the mail");
    assert_eq!(system.reseal(&mut |_| ()).await.unwrap().resealed, 0);
    let all = fs::read_to_string(&keys).unwrap();
    let newest = all.lines().find(|it| !it.starts_with('#')).unwrap();
    fs::write(&keys, newest).unwrap();

    let (doors, system) = open().await;
    world.clock.turn(60);
    let code = authenticator(&secret, &world);
    assert!(log_in(&doors, Some(code)).await.is_ok());
    let (mails, _) = world.store.platform().list::<Email>(Find::all()).await.unwrap();
    let mail = mails.iter().find(|it| it.body.sealed_data.is_some()).unwrap();
    let link = system.unsealed(mail).unwrap()["link"].as_str().unwrap().to_owned();
    let password = "another good password".to_owned().into();
    doors.reset_password(token(&link), password, Origin::default()).await.unwrap();
}

/// What an authenticator app shows.
fn authenticator(secret: &str, world: &World) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let app = totp_rs::Builder::new().with_secret(bytes).build_noncompliant();
    let seconds = u64::try_from(app::Clock::now(&*world.clock).millis() / 1_000).unwrap();
    app.generate(seconds).to_string()
}
