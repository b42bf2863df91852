use model::ObjectId;

use super::fixtures::*;
use crate::{Backend, Owner, Referrers, Scanned, StoreError, Targets, Write};

pub async fn referrers_are_found_by_a_field(backend: &dyn Backend) {
    put_links(backend).await;
    for (field, target, expected) in [
        ("one", 1, &[1, 5][..]),
        ("one", 2, &[]),
        ("inner.one", 1, &[2]),
        ("list[]", 1, &[3]),
        ("list[]", 2, &[3, 5]),
        ("nodes[].thing", 3, &[4]),
        ("nodes[].thing", 1, &[]),
        ("groups[].members[]", 4, &[6]),
        ("groups[].members[]", 9, &[]),
    ] {
        assert_eq!(found(backend, field, &[target]).await, expected, "{field} {target}");
    }
}

pub async fn referrers_of_several_documents_are_found_once(backend: &dyn Backend) {
    put_links(backend).await;
    assert_eq!(found(backend, "list[]", &[1, 2, 9]).await, [3, 5]);
    assert_eq!(found(backend, "list[]", &[]).await, [0; 0]);
}

pub async fn referrers_come_in_pages(backend: &dyn Backend) {
    let body = format!(r#"{{"one":"{}"}}"#, id(1));
    for number in 1..=5 {
        write(backend, put(link(number), 0, body.clone())).await;
    }
    let mut referrers = Referrers { limit: 2, ..search("one", &[1]) };
    let mut seen = Vec::new();
    loop {
        let Scanned { records, next, .. } = backend.referrers(&referrers).await.unwrap();
        assert!(records.len() <= 2);
        seen.extend(records.iter().map(number));
        referrers.after = next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

pub async fn referrers_of_an_organizations_document_are_its_own(backend: &dyn Backend) {
    let body = format!(r#"{{"one":"{}"}}"#, id(1));
    let (mut theirs, mut nobodys) = (link(2), link(3));
    (theirs.owner, nobodys.owner) = (org(2), Owner::Platform);
    for key in [link(1), theirs, nobodys] {
        write(backend, put(key, 0, body.clone())).await;
    }
    assert_eq!(found(backend, "one", &[1]).await, [1]);
    let mut of_platform = search("one", &[1]);
    of_platform.targets.owner = Owner::Platform;
    let everybodys = backend.referrers(&of_platform).await.unwrap().records;
    assert_eq!(everybodys.iter().map(number).collect::<Vec<_>>(), [3, 1, 2]);
}

pub async fn unreferenced_holds_the_batch(backend: &dyn Backend) {
    put_links(backend).await;
    write(backend, put(thing(1), 0, "{}")).await;
    let batch = |field, target| {
        vec![Write::Delete { key: thing(1), expect: 1 }, unreferenced(field, &[target])]
    };
    for (field, target) in
        [("one", 1), ("list[]", 2), ("nodes[].thing", 3), ("groups[].members[]", 4)]
    {
        let refused = backend.commit(batch(field, target)).await;
        let named = thing(target);
        assert!(matches!(refused, Err(StoreError::Conflict(key)) if key == named), "{refused:?}");
    }
    assert_eq!(version(backend, thing(1)).await, 1);
    backend.commit(batch("one", 9)).await.unwrap();
}

pub async fn unreferenced_counts_what_the_batch_did_before(backend: &dyn Backend) {
    let body = format!(r#"{{"one":"{}"}}"#, id(1));
    write(backend, put(link(1), 0, body.clone())).await;
    let gone = Write::Delete { key: link(1), expect: 1 };
    let none = unreferenced("one", &[1]);
    let refused = backend.commit(vec![none.clone(), gone.clone()]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    let new = put(link(2), 0, body);
    let refused = backend.commit(vec![gone.clone(), new, none.clone()]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    backend.commit(vec![gone, none]).await.unwrap();
}

/// Each round somebody deletes a thing that nobody refers to while another refers to it.
pub async fn nobody_refers_to_what_was_deleted_meanwhile(backend: &dyn Backend) {
    for round in 0..20 {
        write(backend, put(thing(round), 0, "{}")).await;
        let body = format!(r#"{{"one":"{}"}}"#, id(round));
        let present = Write::Check { key: thing(round), expect: crate::Expected::Present };
        let delete = Write::Delete { key: thing(round), expect: 1 };
        let answers = all([
            backend.commit(vec![present, put(link(round), 0, body)]),
            backend.commit(vec![delete, unreferenced("one", &[round])]),
        ])
        .await;
        let refused = answers.iter().filter(|it| matches!(it, Err(StoreError::Conflict(_))));
        assert_eq!(refused.count(), 1, "{answers:?}");
        let (target, referrer) =
            (version(backend, thing(round)).await, version(backend, link(round)).await);
        assert_eq!(target, referrer, "both or neither");
    }
}

async fn put_links(backend: &dyn Backend) {
    let one = id(1);
    let two = id(2);
    let (three, four) = (id(3), id(4));
    for (number, body) in [
        (1, format!(r#"{{"one":"{one}"}}"#)),
        (2, format!(r#"{{"inner":{{"one":"{one}"}}}}"#)),
        (3, format!(r#"{{"list":["{one}","{two}"],"title":"{three}"}}"#)),
        (4, format!(r#"{{"nodes":[{{}},{{"thing":null}},{{"thing":"{three}"}}]}}"#)),
        (5, format!(r#"{{"one":"{one}","list":["{two}"]}}"#)),
        (6, format!(r#"{{"groups":[{{"members":[]}},{{"members":["{three}","{four}"]}}]}}"#)),
        (7, r#"{"one":null,"list":[],"nodes":[]}"#.to_owned()),
    ] {
        write(backend, put(link(number), 0, body)).await;
    }
}

fn targets(numbers: &[u32]) -> Targets {
    let ids: Vec<ObjectId> = numbers.iter().map(|it| id(*it)).collect();
    Targets { owner: org(1), collection: THINGS.name, ids }
}

fn search(field: &'static str, numbers: &[u32]) -> Referrers {
    Referrers { by: LINKS.name, field, targets: targets(numbers), after: None, limit: 100 }
}

fn unreferenced(field: &'static str, numbers: &[u32]) -> Write {
    Write::Unreferenced { by: LINKS.name, field, targets: targets(numbers) }
}

async fn found(backend: &dyn Backend, field: &'static str, numbers: &[u32]) -> Vec<u32> {
    let found = backend.referrers(&search(field, numbers)).await.unwrap();
    found.records.iter().map(number).collect()
}
