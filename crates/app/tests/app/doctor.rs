//! What is wrong in a store is found, named, and mended where that can be done.

use app::FindingCode::{self, MissingLookup, Orphan, StaleLookup, StateDiffers, UnreadableRecord};
use model::scheduler::BookingFlow;
use store::{Key, Owner, Record, Stored, Write};

use crate::{flows, world::World};

on_both! {
    a_sound_store_is_well,
    an_unknown_tag_is_named_and_the_rest_goes_on,
    a_session_that_differs_from_its_events_is_folded_again,
    orphans_are_found_and_mended_as_declared,
    lookups_are_mended,
    an_unreadable_document_keeps_its_lookup,
    what_cannot_be_read_is_left_out_of_an_export,
}

async fn a_sound_store_is_well(world: World) {
    furnish(&world).await;
    let diagnosis = diagnose(&world).await;
    assert_eq!(diagnosis, []);
}

async fn an_unknown_tag_is_named_and_the_rest_goes_on(world: World) {
    let (tenant, key) = furnish(&world).await;
    let flows: Vec<model::Doc<BookingFlow>> = world.all(tenant.organization()).await;
    let owner = Owner::Organization(tenant.organization().object_id());
    let place = Key { owner, collection: "booking_flows", id: flows[0].id.object_id() };
    let broken = Stored::from_json(r#"{"content":{"title":"x"},"status":"sideways"}"#.to_owned());
    let mut copy = world.store.backend().get(&place).await.unwrap().unwrap();
    copy.key.id = model::ObjectId::from_bytes([7; 12]);
    copy.body = broken;
    commit(&world, vec![Write::Restore { record: copy, events: Vec::new() }]).await;
    assert_eq!(diagnose(&world).await, [(UnreadableRecord, false)]);
    let found = world.system.diagnose(Vec::new(), &mut |_| {}).await.unwrap().findings;
    assert_eq!(found[0].collection, Some("booking_flows"));
    assert_eq!(found[0].id, Some(model::ObjectId::from_bytes([7; 12])));
    assert!(found[0].message.contains("sideways"), "{}", found[0].message);
    // A list leaves it out, and visitors notice nothing.
    let left: Vec<model::Doc<BookingFlow>> = world.all(tenant.organization()).await;
    assert_eq!(left.len(), flows.len());
    world.visitor(&key).await.books().await;
}

async fn a_session_that_differs_from_its_events_is_folded_again(world: World) {
    let (tenant, key) = furnish(&world).await;
    let visitor = world.visitor(&key).await;
    let place = Key {
        owner: Owner::Organization(tenant.organization().object_id()),
        collection: "booking_sessions",
        id: visitor.id.object_id(),
    };
    let backend = world.store.backend();
    let record = backend.get(&place).await.unwrap().unwrap();
    let events = backend.events(&place, 0, 100).await.unwrap();
    let altered = record.body.as_str().replacen("en-US", "fr-FR", 1);
    assert_ne!(altered, record.body.as_str());
    let forged = Record { body: Stored::from_json(altered), ..record.clone() };
    let delete = Write::Delete { key: place, expect: record.version };
    commit(&world, vec![delete, Write::Restore { record: forged, events }]).await;
    assert_eq!(diagnose(&world).await, [(StateDiffers, true)]);
    mend(&world).await;
    assert_eq!(world.store.backend().get(&place).await.unwrap(), Some(record));
    assert_eq!(diagnose(&world).await, []);
}

async fn orphans_are_found_and_mended_as_declared(world: World) {
    let (tenant, _) = furnish(&world).await;
    let owner = Owner::Organization(tenant.organization().object_id());
    // Below the entities' own rules nobody looks at references.
    let gone = "0123456789abcdef01234567";
    let service = first(&world, owner, "booking_services").await;
    let body = service.body.as_str().replacen(
        "\"service_zone_ids\":[",
        &format!("\"service_zone_ids\":[\"{gone}\""),
        1,
    );
    assert_ne!(body, service.body.as_str());
    let step = first(&world, owner, "booking_flow_steps").await;
    let mut lost = step.clone();
    lost.key.id = model::ObjectId::from_bytes([9; 12]);
    let flow: serde_json::Value = step.body.read().unwrap();
    let flow = flow["booking_flow_id"].as_str().unwrap().to_owned();
    lost.body = Stored::from_json(step.body.as_str().replace(&flow, gone));
    let put = Write::Put {
        key: service.key,
        expect: service.version,
        at: service.updated_at,
        body: Stored::from_json(body),
    };
    commit(&world, vec![put, Write::Restore { record: lost.clone(), events: Vec::new() }]).await;
    assert_eq!(diagnose(&world).await, [(Orphan, true), (Orphan, true)]);
    mend(&world).await;
    assert_eq!(diagnose(&world).await, []);
    let backend = world.store.backend();
    assert_eq!(backend.get(&lost.key).await.unwrap(), None);
    let mended = backend.get(&service.key).await.unwrap().unwrap();
    assert!(!mended.body.as_str().contains(gone));
}

async fn lookups_are_mended(world: World) {
    let (_, key) = furnish(&world).await;
    let lookup = first(&world, Owner::Platform, "lookups").await;
    let (id, expect) = (lookup.key, lookup.version);
    commit(&world, vec![Write::Delete { key: id, expect }]).await;
    assert_eq!(diagnose(&world).await, [(MissingLookup, true)]);
    assert!(world.doors.scheduler(&key).await.is_err());
    mend(&world).await;
    assert!(world.doors.scheduler(&key).await.is_ok());
    let mut stale = lookup;
    stale.key.id = model::ObjectId::from_bytes([8; 12]);
    commit(&world, vec![Write::Restore { record: stale, events: Vec::new() }]).await;
    assert_eq!(diagnose(&world).await, [(StaleLookup, true)]);
    mend(&world).await;
    assert_eq!(diagnose(&world).await, []);
}

async fn an_unreadable_document_keeps_its_lookup(world: World) {
    let (tenant, _) = furnish(&world).await;
    let owner = Owner::Organization(tenant.organization().object_id());
    let config = first(&world, owner, "scheduler_configs").await;
    let body = config.body.as_str().replacen("\"active\"", "\"sideways\"", 1);
    assert_ne!(body, config.body.as_str());
    let Record { key, version: expect, updated_at: at, .. } = config;
    commit(&world, vec![Write::Put { key, expect, at, body: Stored::from_json(body) }]).await;
    assert_eq!(diagnose(&world).await, [(UnreadableRecord, false)]);
}

async fn what_cannot_be_read_is_left_out_of_an_export(world: World) {
    let (tenant, _) = furnish(&world).await;
    let owner = Owner::Organization(tenant.organization().object_id());
    let mut zone = first(&world, owner, "service_zones").await;
    zone.key.id = model::ObjectId::from_bytes([7; 12]);
    zone.body = Stored::from_json("{}".to_owned());
    commit(&world, vec![Write::Restore { record: zone.clone(), events: Vec::new() }]).await;
    let mut text = Vec::new();
    let everything = app::Extent::Everything;
    let exported = world.system.export(everything, &mut text, &mut |_| {}).await.unwrap();
    assert_eq!(exported.left_out, [("service_zones".to_owned(), zone.key.id)]);
    app::Checked::read(&*text).unwrap();
}

async fn furnish(world: &World) -> (app::Tenant, String) {
    let (tenant, key) = world.business("acme", &flows::visits(3)).await;
    world.visitor(&key).await.books().await;
    (tenant, key)
}

/// What is found, and whether it can be mended.
async fn diagnose(world: &World) -> Vec<(FindingCode, bool)> {
    let faults = world.system.inspect().await.unwrap();
    let diagnosis = world.system.diagnose(faults, &mut |_| {}).await.unwrap();
    assert_eq!(diagnosis.ok, diagnosis.findings.is_empty());
    diagnosis.findings.iter().map(|it| (it.code, it.repair.is_some())).collect()
}

async fn mend(world: &World) {
    let diagnosis = world.system.diagnose(Vec::new(), &mut |_| {}).await.unwrap();
    let expected = diagnosis.findings.iter().filter(|it| it.repair.is_some()).count() as u64;
    assert_eq!(world.system.mend(&diagnosis).await.unwrap(), expected);
}

async fn commit(world: &World, batch: Vec<Write>) {
    let backend = world.store.backend();
    backend.commit(batch).await.unwrap();
}

async fn first(world: &World, owner: Owner, collection: &'static str) -> Record {
    let backend = world.store.backend();
    let page = backend.list(&store::Query::by_id(owner, collection, 1)).await.unwrap();
    page.records.into_iter().next().unwrap()
}
