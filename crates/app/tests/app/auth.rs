//! What time does to links, and keys to secrets.

use app::{Error, NewUser, Origin, SystemDoor};
use model::{Id, core::User};

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
