use super::fixtures::*;
use crate::{Backend, StoreError, Write};

pub async fn an_append_needs_the_right_version(backend: &dyn Backend) {
    for (expect, fits) in [(1, false), (0, true), (0, false), (1, false), (2, true), (3, false)] {
        let answer = backend.commit(vec![append(session(1), expect, 2)]).await;
        match answer {
            Ok(()) => assert!(fits, "{expect}"),
            Err(StoreError::Conflict(key)) => assert!(!fits && key == session(1), "{expect}"),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(backend.events(&session(1), 0, 9).await.unwrap().len(), 4);
}

pub async fn an_append_must_go_on_without_gaps(backend: &dyn Backend) {
    write(backend, append(session(1), 0, 1)).await;
    for sequences in [&[][..], &[1], &[3], &[2, 4], &[2, 2], &[3, 2]] {
        let events = sequences.iter().map(|it| event(*it, "command")).collect();
        let stream = session(1);
        let write = Write::Append { stream, expect: 1, at: at(0), events, state: json("{}") };
        let refused = backend.commit(vec![put(thing(1), 0, "{}"), write]).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{sequences:?}: {refused:?}");
    }
    all_gone(backend, &[thing(1)]).await;
    assert_eq!(version(backend, session(1)).await, 1);
}

pub async fn a_stream_is_written_by_appending_only(backend: &dyn Backend) {
    write(backend, append(session(1), 0, 1)).await;
    for refused in [put(session(1), 1, "{}"), append(thing(1), 0, 1)] {
        let answer = backend.commit(vec![refused]).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
}

pub async fn the_version_of_a_stream_is_the_number_of_its_events(backend: &dyn Backend) {
    let write = |expect: u64, millis| Write::Append {
        stream: session(1),
        expect,
        at: at(millis),
        events: (expect + 1..=expect + 3).map(|it| event(it, "command")).collect(),
        state: json(format!(r#"{{"after":{expect}}}"#)),
    };
    backend.commit(vec![write(0, 5)]).await.unwrap();
    backend.commit(vec![write(3, 9)]).await.unwrap();
    let record = backend.get(&session(1)).await.unwrap().unwrap();
    assert_eq!((record.key, record.version), (session(1), 6));
    assert_eq!((record.created_at, record.updated_at), (at(5), at(9)));
    assert_eq!(record.body, json(r#"{"after":3}"#));
}

pub async fn events_come_after_a_sequence_in_order(backend: &dyn Backend) {
    for expect in [0, 3, 6, 9] {
        write(backend, append(session(1), expect, 3)).await;
        write(backend, append(session(2), expect, 3)).await;
    }
    for after in [0, 1, 4, 11, 12, 99, u64::MAX] {
        let sequences = sequences(backend, after, 100).await;
        assert_eq!(sequences, (1..=12).filter(|it| *it > after).collect::<Vec<_>>());
    }
    assert!(backend.events(&session(3), 0, 9).await.unwrap().is_empty());
}

pub async fn events_are_limited(backend: &dyn Backend) {
    write(backend, append(session(1), 0, 5)).await;
    assert_eq!(sequences(backend, 1, 2).await, [2, 3]);
    assert_eq!(sequences(backend, 0, 5).await, [1, 2, 3, 4, 5]);
    assert!(sequences(backend, 0, 0).await.is_empty());
    assert_eq!(sequences(backend, 3, usize::MAX).await, [4, 5]);
}

pub async fn events_of_a_command_are_its_own(backend: &dyn Backend) {
    let write = |number, events| Write::Append {
        stream: session(number),
        expect: 0,
        at: at(0),
        events,
        state: json("{}"),
    };
    let mine = vec![event(1, "b"), event(2, "a"), event(3, "b"), event(4, "")];
    backend.commit(vec![write(1, mine), write(2, vec![event(1, "b")])]).await.unwrap();
    for (command, expected) in [("b", &[1, 3][..]), ("a", &[2]), ("", &[4]), ("c", &[])] {
        let events = backend.events_of_command(&session(1), command).await.unwrap();
        assert_eq!(events.iter().map(|it| it.sequence).collect::<Vec<_>>(), expected, "{command}");
    }
}

pub async fn an_event_comes_back_as_it_was(backend: &dyn Backend) {
    let mut odd = event(1, "Příkaz 'x' \" \u{0}");
    odd.body = json(r#"{"price":1.0,"text":"a\nb 🐎","big":18446744073709551615}"#);
    odd.schema_version = u16::MAX;
    odd.timestamp = at(-1_800_000_000_123);
    let events = vec![odd.clone(), event(2, "")];
    let stream = session(1);
    write(backend, Write::Append { stream, expect: 0, at: at(0), events, state: json("1") }).await;
    assert_eq!(backend.events(&stream, 0, 9).await.unwrap(), [odd.clone(), event(2, "")]);
    assert_eq!(backend.events_of_command(&stream, &odd.command_id).await.unwrap(), [odd]);
}

pub async fn an_append_and_a_put_are_one_batch(backend: &dyn Backend) {
    let refused = backend.commit(vec![append(session(1), 0, 1), put(thing(1), 1, "{}")]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(key)) if key == thing(1)), "{refused:?}");
    let refused = backend.commit(vec![put(thing(1), 0, "{}"), append(session(1), 1, 1)]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(key)) if key == session(1)), "{refused:?}");
    all_gone(backend, &[thing(1), session(1)]).await;
    assert!(backend.events(&session(1), 0, 9).await.unwrap().is_empty());
    backend.commit(vec![append(session(1), 0, 1), put(thing(1), 0, "{}")]).await.unwrap();
    assert_eq!((version(backend, thing(1)).await, version(backend, session(1)).await), (1, 1));
}

pub async fn a_stream_goes_on_in_one_batch(backend: &dyn Backend) {
    let batch = vec![append(session(1), 0, 2), append(session(1), 2, 1)];
    backend.commit(batch).await.unwrap();
    assert_eq!(version(backend, session(1)).await, 3);
    assert_eq!(sequences(backend, 0, 9).await, [1, 2, 3]);
    let batch = vec![append(session(1), 3, 2), append(session(1), 3, 1)];
    assert!(matches!(backend.commit(batch).await, Err(StoreError::Conflict(_))));
    assert_eq!(sequences(backend, 0, 9).await, [1, 2, 3]);
}

pub async fn a_deleted_stream_has_no_events_and_can_begin_again(backend: &dyn Backend) {
    write(backend, append(session(1), 0, 3)).await;
    write(backend, append(session(2), 0, 3)).await;
    let delete = Write::Delete { key: session(1), expect: 3 };
    let refused = backend.commit(vec![delete.clone(), put(thing(1), 1, "{}")]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(sequences(backend, 0, 9).await, [1, 2, 3]);
    write(backend, delete).await;
    assert!(sequences(backend, 0, 9).await.is_empty());
    write(backend, append(session(1), 0, 2)).await;
    assert_eq!(sequences(backend, 0, 9).await, [1, 2]);
    assert_eq!(backend.events(&session(2), 0, 9).await.unwrap().len(), 3);
}

pub async fn events_of_a_collection_without_events_are_an_error(backend: &dyn Backend) {
    assert!(matches!(backend.events(&thing(1), 0, 1).await, Err(StoreError::Unavailable(_))));
    let answer = backend.events_of_command(&thing(1), "command").await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))));
}

async fn sequences(backend: &dyn Backend, after: u64, limit: usize) -> Vec<u64> {
    let events = backend.events(&session(1), after, limit).await.unwrap();
    events.iter().map(|it| it.sequence).collect()
}
