//! The last seat: as many winners as there are seats, whoever comes at the same time.

use std::sync::Arc;

use app::Doors;
use model::{
    Timestamp,
    scheduler::{Booking, HoldState, SlotHold},
    session::Notice,
    step::StepType,
};
use serde_json::json;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{flows, visitor::Visitor, world::World};

on_both! {
    of_a_hundred_visitors_one_gets_the_only_seat,
    of_a_hundred_visitors_three_get_the_three_seats,
    no_more_are_booked_on_a_day_than_the_day_takes,
    appointments_never_overlap,
    two_processes_never_sell_a_seat_twice,
}

const VISITORS: usize = 100;

async fn of_a_hundred_visitors_one_gets_the_only_seat(world: World) {
    Box::pin(last_seat(&world, 1)).await;
}

async fn of_a_hundred_visitors_three_get_the_three_seats(world: World) {
    Box::pin(last_seat(&world, 3)).await;
}

async fn last_seat(world: &World, capacity: u32) {
    let (tenant, key) = world.business("acme", &flows::visits(capacity)).await;
    let visitors = at_the_timeslots(&[&world.doors], &key, VISITORS).await;
    let starts = visitors[0].starts().await;
    let wanted = starts[0];
    let visitors = all_choose(visitors, move |_| wanted).await;

    let (winners, losers): (Vec<_>, Vec<_>) =
        visitors.into_iter().partition(|it| it.step() == StepType::CustomerInfo);
    assert_eq!(winners.len(), capacity as usize);
    for loser in &losers {
        assert_eq!(loser.step(), StepType::TimeslotSelection);
        assert_eq!(loser.notice(), Some(Notice::TimeslotLost));
        let events = loser.door().await.events().await.unwrap();
        assert_eq!(events[events.len() - 1].body.data.event_type(), "TIMESLOT_LOST");
    }
    assert_eq!(world.seats(&tenant).await.len(), capacity as usize);

    let mut loser = losers.into_iter().next().unwrap();
    let others = loser.starts().await;
    assert_eq!(others, starts[1..], "what was lost is not offered any more");
    loser.chooses(others[0]).await;
    assert_eq!((loser.step(), loser.notice()), (StepType::CustomerInfo, None));
    for mut winner in winners.into_iter().chain([loser]) {
        winner.introduces_themselves().await;
        winner.confirms().await;
        assert!(winner.is_booked());
    }
    let booked = world.seats(&tenant).await;
    assert!(booked.iter().all(|it| it.state == HoldState::Booked));
    assert_eq!(booked.len(), capacity as usize + 1);
}

/// The control of the two above: there would be more winners than seats.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_forgets_seats_is_noticed() {
    let world = World::in_memory().await;
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let visitors = at_the_timeslots(&[&world.doors], &key, 10).await;
    let wanted = visitors[0].starts().await[0];
    world.meddling.forget_seats();
    let visitors = all_choose(visitors, move |_| wanted).await;
    let winners = visitors.iter().filter(|it| it.step() == StepType::CustomerInfo);
    assert!(winners.count() > 1);
}

async fn no_more_are_booked_on_a_day_than_the_day_takes(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits_per_day(2)).await;
    let visitors = at_the_timeslots(&[&world.doors], &key, 12).await;
    let starts = visitors[0].starts().await;
    // Tuesday's three windows.
    let visitors = all_choose(visitors, move |n| starts[1 + n % 3]).await;
    let winners = visitors.iter().filter(|it| it.step() == StepType::CustomerInfo).count();
    assert_eq!(winners, 2);
    let of_day = |it: &SlotHold| it.resource_key.ends_with("/day");
    let seats = world.seats(&tenant).await;
    assert_eq!((seats.len(), seats.iter().filter(|it| of_day(it)).count()), (4, 2));
}

async fn appointments_never_overlap(world: World) {
    const BUFFER: u64 = 15 * 60_000;
    let (tenant, key) = world.business("acme", &flows::appointments()).await;
    let mut visitors = Vec::new();
    for n in 0..24 {
        let mut visitor = world.visitor(&key).await;
        visitor.answers(if n % 2 == 0 { "A lot" } else { "A little" }).await;
        visitors.push(visitor);
    }
    let (long, short) = (visitors[0].starts().await, visitors[1].starts().await);
    assert_eq!((long.len(), short.len()), (5, 11));
    let wanted = move |n: usize| {
        if n.is_multiple_of(2) { long[n / 2 % long.len()] } else { short[n / 2 % short.len()] }
    };
    let visitors = all_choose(visitors, wanted).await;
    for mut visitor in visitors.into_iter().filter(|it| it.step() == StepType::CustomerInfo) {
        let (first_name, last_name, email) = ("Ada", "Lovelace", "ada@example.com");
        visitor
            .does(json!({
                "type": "submit_customer",
                "first_name": first_name, "last_name": last_name, "email": email,
            }))
            .await;
        visitor.confirms().await;
        assert!(visitor.is_booked());
    }
    let bookings = world.all::<Booking>(tenant.organization()).await;
    let mut booked: Vec<_> = bookings.into_iter().filter_map(|it| it.body.timeslot).collect();
    booked.sort_by_key(|it| it.start);
    assert!(!booked.is_empty());
    for pair in booked.windows(2) {
        let apart =
            pair[0].end <= pair[1].start && pair[1].start.millis_since(pair[0].end) >= BUFFER;
        assert!(apart, "{pair:?}");
    }
}

async fn two_processes_never_sell_a_seat_twice(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(2)).await;
    let beside = world.beside().await.doors;
    let visitors = at_the_timeslots(&[&world.doors, &beside], &key, 24).await;
    let wanted = visitors[0].starts().await[0];
    let visitors = all_choose(visitors, move |_| wanted).await;
    let winners = visitors.iter().filter(|it| it.step() == StepType::CustomerInfo).count();
    assert_eq!((winners, world.seats(&tenant).await.len()), (2, 2));
}

/// So many visitors with the timeslots in front of them, in turn of each process.
async fn at_the_timeslots(processes: &[&Doors], key: &str, number: usize) -> Vec<Visitor> {
    let mut tasks = JoinSet::new();
    for n in 0..number {
        let (doors, key) = (processes[n % processes.len()].clone(), key.to_owned());
        tasks.spawn(async move {
            let mut visitor = Visitor::start(&doors, &key).await;
            visitor.goes_to_the_timeslots().await;
            visitor
        });
    }
    tasks.join_all().await
}

/// Each chooses the timeslot that `wanted` gives the nth, all at once.
async fn all_choose(visitors: Vec<Visitor>, wanted: impl Fn(usize) -> Timestamp) -> Vec<Visitor> {
    let gate = Arc::new(Barrier::new(visitors.len()));
    let mut tasks = JoinSet::new();
    for (n, mut visitor) in visitors.into_iter().enumerate() {
        let (gate, start) = (gate.clone(), wanted(n));
        tasks.spawn(async move {
            gate.wait().await;
            visitor.chooses(start).await;
            visitor
        });
    }
    tasks.join_all().await
}
