//! What time does to links, and keys to secrets.

use app::{Error, LogIn, LoggedIn, NewUser, Origin, SystemDoor};
use model::{
    Id,
    core::{Email, User},
};
use serde_json::Value;
use store::Find;

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

fn token(link: &str) -> &str {
    link.split_once("#token=").unwrap().1
}

on_both! {
    a_link_opens_until_its_last_second,
    a_newer_link_takes_the_place_of_an_older_one,
    a_device_that_was_not_known_is_told_of,
    a_password_that_is_changed_is_told_of,
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
