//! A session opens to whoever has its token, and to nobody else.

use app::{Error, SchedulerSettings};
use model::{
    Id,
    scheduler::{Booking, BookingFlow},
    session::BookingSession,
};

use crate::{flows, world::World};

on_both! {
    a_token_opens_its_session_and_no_other,
    a_forged_token_opens_nothing,
    what_one_organization_has_another_does_not_see,
}

async fn a_token_opens_its_session_and_no_other(world: World) {
    let (acme, key) = world.business("acme", &flows::visits(1)).await;
    let (other, other_key) = world.business("other", &flows::visits(1)).await;
    let ada = world.visitor(&key).await;
    let bob = world.visitor(&key).await;
    let eve = world.visitor(&other_key).await;
    assert!(world.doors.session(ada.id, &ada.token).await.is_ok());
    let secret_of_eve = &eve.token["wbs_".len() + 24..];
    let secret_of_ada = &ada.token["wbs_".len() + 24..];
    for (id, token) in [
        (ada.id, bob.token.clone()),
        (ada.id, eve.token.clone()),
        (eve.id, ada.token.clone()),
        (ada.id, format!("wbs_{}{secret_of_eve}", acme.organization())),
        (ada.id, format!("wbs_{}{secret_of_ada}", other.organization())),
        (eve.id, format!("wbs_{}{secret_of_eve}", acme.organization())),
    ] {
        let answer = world.doors.session(id, &token).await;
        assert!(matches!(answer, Err(Error::WrongToken)), "{id} {token}");
    }
}

async fn a_forged_token_opens_nothing(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let ada = world.visitor(&key).await;
    let organization = tenant.organization();
    let stored = tenant.session(ada.id).await.unwrap().unwrap().body.token_hash;
    assert!(!ada.token.contains(&stored), "only the hash is stored");
    let mut last_digit = ada.token.clone();
    let changed = if last_digit.pop() == Some('0') { '1' } else { '0' };
    last_digit.push(changed);
    for forged in [
        String::new(),
        "wbs_".to_owned(),
        ada.token[..ada.token.len() - 1].to_owned(),
        format!("{}0", ada.token),
        format!(" {}", ada.token),
        ada.token.to_uppercase(),
        last_digit,
        format!("wbs_{organization}{stored}"),
        format!("wbs_{organization}{}", "é".repeat(32)),
        "é".repeat(46),
        "wbs_".to_owned() + &"0".repeat(67),
    ] {
        let answer = world.doors.session(ada.id, &forged).await;
        assert!(matches!(answer, Err(Error::WrongToken)), "{forged}");
    }
    let nobody: Id<BookingSession> = "000000000000000000000000".parse().unwrap();
    assert!(matches!(world.doors.session(nobody, &ada.token).await, Err(Error::WrongToken)));
}

async fn what_one_organization_has_another_does_not_see(world: World) {
    let (acme, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.books().await;
    let other = world.organization("other").await;
    let organization = other.organization();
    assert!(other.session(ada.id).await.unwrap().is_none());
    assert!(other.session_events(ada.id, None).await.unwrap().is_empty());
    assert!(matches!(other.replay_session(ada.id, None).await, Err(Error::NotFound(_))));
    assert!(matches!(other.draft(&"visits".parse().unwrap()).await, Err(Error::NotFound(_))));
    assert!(world.all::<Booking>(organization).await.is_empty());
    assert!(world.seats(&other).await.is_empty());

    let imported = other.import_flow(&flows::visits(1), true).await.unwrap();
    let flows = world.all::<BookingFlow>(acme.organization()).await;
    assert!(flows.iter().all(|it| it.id != imported.booking_flow_id));
    assert_eq!(imported.version, Some(1), "its own versions are counted");
    assert!(other.ensure_scheduler(flows[0].id, SchedulerSettings::default()).await.is_err());
}
