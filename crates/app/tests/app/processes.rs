//! Two processes on one store: what one of them remembers, the other may have changed.

use app::Error;
use serde_json::json;

use crate::{
    flows,
    visitor::customer,
    world::{Beside, World},
};

on_both! {
    a_visit_can_go_on_in_another_process_at_every_command,
    a_command_that_another_process_has_had_is_not_done_again,
    a_view_is_never_out_of_date,
    a_command_without_events_is_stale_where_another_process_went_on,
}

async fn a_visit_can_go_on_in_another_process_at_every_command(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let Beside { doors, .. } = world.beside().await;
    let mut ada = world.visitor(&key).await.in_process(&doors);
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    ada = ada.in_process(&world.doors);
    ada.answers("A blocked drain").await;
    ada = ada.in_process(&doors);
    ada.does(json!({ "type": "submit_details", "values": {} })).await;
    ada = ada.in_process(&world.doors);
    let start = ada.starts().await[0];
    ada = ada.in_process(&doors);
    ada.chooses(start).await;
    ada = ada.in_process(&world.doors);
    ada.introduces_themselves().await;
    ada = ada.in_process(&doors);
    ada.confirms().await;
    assert!(ada.is_booked());
    let id = ada.id;
    assert_eq!(ada.in_process(&world.doors).door().await.view().await.unwrap().sequence, 27);
    assert_eq!(tenant.replay_session(id, None).await.unwrap().identical, Some(true));
}

async fn a_command_that_another_process_has_had_is_not_done_again(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let Beside { doors, .. } = world.beside().await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    for (n, json) in [
        json!({ "type": "select_timeslot", "start": start }),
        json!({ "type": "go_back" }),
        json!({ "type": "release_timeslot" }),
        json!({ "type": "select_timeslot", "start": start }),
        customer(),
        json!({ "type": "confirm" }),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, sequence) = (format!("twice-{n}"), ada.view.sequence);
        let there = ada.in_process(&doors);
        let first = there.send_as(&id, sequence, json.clone()).await.unwrap();
        ada = there.in_process(&world.doors);
        let again = ada.send_as(&id, sequence, json).await.unwrap();
        assert_eq!((&again.view, &again.events), (&first.view, &first.events));
        ada.view = again.view;
    }
    assert!(ada.is_booked());
}

async fn a_view_is_never_out_of_date(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let Beside { doors, .. } = world.beside().await;
    let mut ada = world.visitor(&key).await.in_process(&doors);
    ada.goes_to_the_timeslots().await;
    let here = ada.in_process(&world.doors);
    assert_eq!(here.door().await.view().await.unwrap(), here.view);
    assert!(!here.starts().await.is_empty());
    let answer = here.send_as("old", 3, json!({ "type": "go_back" })).await;
    let Err(Error::Stale { view, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(*view, here.view);
}

async fn a_command_without_events_is_stale_where_another_process_went_on(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let Beside { doors, .. } = world.beside().await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let old = ada.view.sequence;
    let mut there = ada.in_process(&doors);
    let start = there.starts().await[0];
    there.chooses(start).await;
    let here = there.in_process(&world.doors);
    let answer = here.send_as("old", old, json!({ "type": "release_timeslot" })).await;
    let Err(Error::Stale { view, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(*view, here.view);
}
