//! Clocks that are set back.

use serde_json::json;

use crate::{flows, world::World};

on_both! {
    time_never_runs_backward_in_a_visit,
}

async fn time_never_runs_backward_in_a_visit(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    world.clock.turn(60);
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    world.clock.turn(-3_600);
    ada.answers("A blocked drain").await;
    ada.does(json!({ "type": "submit_details", "values": {} })).await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    world.clock.turn(-24 * 3_600);
    ada.confirms().await;
    assert!(ada.is_booked());
    let events = ada.door().await.events().await.unwrap();
    assert!(events.is_sorted_by_key(|it| it.timestamp));
    let last = events[events.len() - 1].timestamp;
    assert_eq!(last.millis_since(events[0].timestamp), 60_000);
    let replayed = tenant.replay_session(ada.id, None).await.unwrap();
    assert_eq!((replayed.identical, replayed.session.metrics.duration_ms), (Some(true), 60_000));
}
