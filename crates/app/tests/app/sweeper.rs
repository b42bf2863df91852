//! Sessions that nobody goes on with.

use app::{Error, Swept, Tenant};
use model::{
    scheduler::SchedulerConfig,
    session::{
        AbandonReason, BookingSession, EventData, Notice, Outcome, SessionEvent, ViewStatus,
    },
    step::StepType,
};
use serde_json::json;
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    flows,
    visitor::Visitor,
    world::{Beside, World},
};

on_both! {
    an_idle_session_is_abandoned_to_the_second_and_a_resume_goes_on,
    held_seats_are_free_once_their_session_is_abandoned,
    a_visitor_who_had_chosen_a_time_chooses_once_more_after_a_resume,
    sessions_expire_at_the_end_of_their_time,
    what_another_server_has_just_written_is_not_abandoned,
    four_servers_with_wrong_clocks_sweep_each_session_once,
    a_visitor_who_goes_on_during_the_sweep_wins,
    a_visitor_and_the_sweep_at_once_have_one_winner,
    what_is_over_is_left_alone,
    a_sweeper_runs_until_it_is_asked_to_stop,
}

/// `abandon_after_minutes` of a scheduler that says nothing of it, in seconds.
const IDLE: i64 = 30 * 60;
/// `resume_ttl_hours`, in seconds.
const LIFE: i64 = 72 * 60 * 60;
/// What another server has written is swept so much later.
const SKEW: i64 = 4 * 60;

const NOTHING: Swept = Swept { abandoned: 0, expired: 0 };
const ONE_ABANDONED: Swept = Swept { abandoned: 1, expired: 0 };
const ONE_EXPIRED: Swept = Swept { abandoned: 0, expired: 1 };

async fn swept(world: &World) -> Swept {
    world.system.sweeper().sweep().await.unwrap()
}

async fn assert_sound(tenant: &Tenant, ada: &Visitor) -> BookingSession {
    let replayed = tenant.replay_session(ada.id, None).await.unwrap();
    assert_eq!(replayed.identical, Some(true));
    replayed.session
}

async fn an_idle_session_is_abandoned_to_the_second_and_a_resume_goes_on(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    world.clock.turn(IDLE - 1);
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    world.clock.turn(IDLE - 1);
    assert_eq!(swept(&world).await, NOTHING);
    world.clock.turn(1);
    assert_eq!(swept(&world).await, ONE_ABANDONED);
    assert_eq!(swept(&world).await, NOTHING, "it is abandoned already");

    let session = assert_sound(&tenant, &ada).await;
    let Outcome::Abandoned { reason, recoverable, drop_off_step_id, .. } = session.booking_outcome
    else {
        panic!("{:?}", session.booking_outcome)
    };
    assert_eq!((reason, recoverable), (Some(AbandonReason::Timeout), true));
    assert_eq!(drop_off_step_id, session.current_state.step_id);

    let answer = ada.send(json!({ "type": "go_back" })).await;
    let Err(Error::Stale { view, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!((view.status, &view.allowed[..]), (ViewStatus::Abandoned, &["resume"][..]));
    ada.view = *view;
    assert_eq!(ada.does(json!({ "type": "resume" })).await, ["SESSION_RESUMED"]);
    assert_eq!(swept(&world).await, NOTHING, "the resume is its last event");
    ada.answers("A blocked drain").await;
    ada.does(json!({ "type": "submit_details", "values": {} })).await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    ada.confirms().await;
    assert!(ada.is_booked());
    assert_sound(&tenant, &ada).await;
}

async fn held_seats_are_free_once_their_session_is_abandoned(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let configs = world.all::<SchedulerConfig>(tenant.organization()).await;
    abandon_after(&world, &configs[0], 5).await;
    let mut ada = world.visitor(&key).await;
    let mut bob = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    bob.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    world.clock.turn(5 * 60 - 1);
    bob.does(json!({ "type": "view_timeslots", "from": "2026-11-24", "to": "2026-11-24" })).await;
    world.clock.turn(1);
    assert!(!bob.starts().await.contains(&start));
    assert_eq!(swept(&world).await, ONE_ABANDONED);
    assert_eq!(world.seats(&tenant).await, []);
    assert!(bob.starts().await.contains(&start));
    bob.chooses(start).await;
    assert_eq!(bob.step(), StepType::CustomerInfo);

    let events = ada.door().await.events().await.unwrap();
    let types: Vec<_> = events.iter().map(|it| it.body.data.event_type()).collect();
    assert_eq!(types[types.len() - 2..], ["TIMESLOT_RELEASED", "SESSION_ABANDONED"]);
    assert_sound(&tenant, &ada).await;
}

async fn a_visitor_who_had_chosen_a_time_chooses_once_more_after_a_resume(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    world.clock.turn(IDLE);
    assert_eq!(swept(&world).await, ONE_ABANDONED);
    let last = ada.door().await.events().await.unwrap().pop().unwrap();
    assert_eq!(
        last.body.data,
        EventData::SessionAbandoned { reason: Some(AbandonReason::Timeout) }
    );

    ada.view = ada.door().await.view().await.unwrap();
    ada.does(json!({ "type": "resume" })).await;
    assert_eq!(ada.step(), StepType::TimeslotSelection);
    assert_eq!(ada.notice(), Some(Notice::TimeslotExpired));
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    ada.confirms().await;
    assert!(ada.is_booked());
    assert_sound(&tenant, &ada).await;
}

async fn sessions_expire_at_the_end_of_their_time(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let (ada, mut bob) = (world.visitor(&key).await, world.visitor(&key).await);
    world.clock.turn(IDLE);
    assert_eq!(swept(&world).await, Swept { abandoned: 2, expired: 0 });
    bob.view = bob.door().await.view().await.unwrap();
    bob.does(json!({ "type": "resume" })).await;
    // The sweep wrote last, and remembers nothing: its words count like another server's.
    world.clock.turn(LIFE - IDLE - 1);
    assert_eq!(swept(&world).await, ONE_ABANDONED, "Bob was idle again");
    world.clock.turn(SKEW);
    assert_eq!(swept(&world).await, NOTHING);
    world.clock.turn(1);
    assert_eq!(swept(&world).await, Swept { abandoned: 0, expired: 2 });
    assert_eq!(swept(&world).await, NOTHING);
    for visitor in [ada, bob] {
        let session = assert_sound(&tenant, &visitor).await;
        assert!(matches!(session.booking_outcome, Outcome::Expired { .. }));
        assert_eq!(visitor.door().await.view().await.unwrap().status, ViewStatus::Expired);
    }
    let cleo = world.visitor(&key).await;
    world.clock.turn(LIFE);
    assert_eq!(swept(&world).await, ONE_EXPIRED, "nobody looked for days");
    assert_sound(&tenant, &cleo).await;
}

async fn abandon_after(world: &World, config: &model::Doc<SchedulerConfig>, minutes: u32) {
    let mut changed = config.body.clone();
    changed.session.abandon_after_minutes = minutes;
    let now = app::Clock::now(&*world.clock);
    let mut unit = world.store.scoped(config.organization_id.unwrap()).begin(now);
    unit.replace(config, &changed).unwrap();
    unit.commit().await.unwrap();
}

async fn what_another_server_has_just_written_is_not_abandoned(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let configs = world.all::<SchedulerConfig>(tenant.organization()).await;
    abandon_after(&world, &configs[0], 1).await;
    let behind = world.beside_with_clock_wrong_by(-120).await;
    let ahead = world.beside_with_clock_wrong_by(120).await;
    let mut ada = Visitor::start(&behind.doors, &key).await;
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    let sweeper = ahead.system.sweeper();
    assert_eq!(sweeper.sweep().await.unwrap(), NOTHING, "it looks four minutes old");
    world.clock.turn(59);
    assert_eq!(sweeper.sweep().await.unwrap(), NOTHING);
    world.clock.turn(1);
    assert_eq!(sweeper.sweep().await.unwrap(), ONE_ABANDONED, "idle for a minute, for certain");

    let mut bob = Visitor::start(&ahead.doors, &key).await;
    bob.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    world.clock.turn(60);
    assert_eq!(sweeper.sweep().await.unwrap(), ONE_ABANDONED, "its own clock wrote it");
}

async fn four_servers_with_wrong_clocks_sweep_each_session_once(world: World) {
    const SESSIONS: usize = 1_000;
    let (tenant, key) = world.business("acme", &flows::visits(3)).await;
    let mut starting = JoinSet::new();
    for n in 0..20 {
        let (doors, key) = (world.doors.clone(), key.clone());
        starting.spawn(async move {
            let mut started = Vec::new();
            for m in 0..SESSIONS / 20 {
                let mut ada = Visitor::start(&doors, &key).await;
                if m == 0 {
                    ada.goes_to_the_timeslots().await;
                    let start = ada.starts().await[n / 2];
                    ada.chooses(start).await;
                }
                started.push(ada);
            }
            started
        });
    }
    let visitors: Vec<_> = starting.join_all().await.into_iter().flatten().collect();
    assert_eq!(world.seats(&tenant).await.len(), 20);
    world.clock.turn(IDLE + SKEW + 120);
    let mut sweeping = JoinSet::new();
    for wrong_by in [-120, -40, 40, 120] {
        let Beside { system, .. } = world.beside_with_clock_wrong_by(wrong_by).await;
        sweeping.spawn(async move { system.sweeper().sweep().await.unwrap() });
    }
    let abandoned: u64 = sweeping.join_all().await.into_iter().map(|it| it.abandoned).sum();
    assert_eq!(abandoned, SESSIONS as u64);
    for visitor in &visitors {
        let events = tenant.session_events(visitor.id, None).await.unwrap();
        let abandoned = |it: &&SessionEvent| it.body.data.event_type() == "SESSION_ABANDONED";
        assert_eq!(events.iter().filter(abandoned).count(), 1, "{}", visitor.id);
        assert!(events.is_sorted_by_key(|it| it.timestamp), "{}", visitor.id);
        assert_sound(&tenant, visitor).await;
    }
    assert_eq!(world.seats(&tenant).await, []);
    assert_eq!(swept(&world).await, NOTHING);
}

async fn a_visitor_who_goes_on_during_the_sweep_wins(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    world.clock.turn(IDLE);

    let mut paused = world.meddling.after_next_read("slot_holds");
    let going_on = async {
        paused.reached().await;
        ada.introduces_themselves().await;
        paused.go_on();
        ada
    };
    let (found, mut ada) = tokio::join!(swept(&world), going_on);
    assert_eq!(found, NOTHING);
    assert_eq!(world.seats(&tenant).await.len(), 1, "the seat is still Ada's");
    ada.confirms().await;
    assert!(ada.is_booked());
    assert_sound(&tenant, &ada).await;
}

async fn a_visitor_and_the_sweep_at_once_have_one_winner(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    for round in 0..30 {
        let mut ada = world.visitor(&key).await;
        world.clock.turn(IDLE);
        let zip = json!({ "type": "submit_zip", "zip": "30305" });
        let (answer, found) = tokio::join!(ada.send(zip.clone()), swept(&world));
        match answer {
            Ok(_) => assert_eq!(found, NOTHING, "round {round}"),
            Err(Error::Stale { view, .. }) => {
                assert_eq!(found, ONE_ABANDONED, "round {round}");
                ada.view = *view;
                ada.does(json!({ "type": "resume" })).await;
                ada.does(zip).await;
            }
            Err(error) => panic!("round {round}: {error}"),
        }
        ada.answers("A blocked drain").await;
        ada.does(json!({ "type": "abandon" })).await;
        assert_sound(&tenant, &ada).await;
    }
}

async fn what_is_over_is_left_alone(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.books().await;
    let before = assert_sound(&tenant, &ada).await;
    world.clock.turn(IDLE);
    assert_eq!(swept(&world).await, NOTHING);
    world.clock.turn(LIFE + SKEW);
    assert_eq!(swept(&world).await, NOTHING);
    assert_eq!(assert_sound(&tenant, &ada).await, before);
    assert_eq!(world.seats(&tenant).await.len(), 1, "it is booked");
}

async fn a_sweeper_runs_until_it_is_asked_to_stop(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let ada = world.visitor(&key).await;
    world.clock.turn(IDLE);
    let (stop, stopped) = oneshot::channel::<()>();
    let sweeper = world.system.sweeper();
    let watching = async {
        while ada.door().await.view().await.unwrap().status == ViewStatus::Active {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
    };
    tokio::join!(sweeper.run(async { drop(stopped.await) }), watching);
    assert_sound(&tenant, &ada).await;
}
