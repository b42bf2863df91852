use super::fixtures::*;
use crate::{Backend, Cursor, Order, Owner, PAGE_BYTES, Query, Scalar, Write};

pub async fn pages_have_each_document_once(backend: &dyn Backend) {
    mixed(backend).await;
    let all = [7, 8, 4, 1, 3, 2, 5, 6];
    let mut backwards = all;
    backwards.reverse();
    let by_kind = query(&THINGS, &BY_KIND);
    for limit in 1..=9 {
        assert_eq!(walk(backend, &by_kind, limit).await, all);
        let query = Query { order: Order::Descending, ..by_kind.clone() };
        assert_eq!(walk(backend, &query, limit).await, backwards);
        let query = Query { equal: vec![text("a")], ..by_kind.clone() };
        assert_eq!(walk(backend, &query, limit).await, [4, 1, 3, 2]);
        let query = Query { equal: vec![text("a"), Scalar::Number(2)], ..by_kind.clone() };
        assert_eq!(walk(backend, &query, limit).await, [1, 3]);
    }
}

pub async fn pages_by_id_have_each_document_once(backend: &dyn Backend) {
    mixed(backend).await;
    let query = Query::by_id(org(1), "things", 1);
    for limit in 1..=9 {
        assert_eq!(walk(backend, &query, limit).await, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
    let query = Query { order: Order::Descending, ..query };
    assert_eq!(walk(backend, &query, 3).await, [8, 7, 6, 5, 4, 3, 2, 1]);
}

pub async fn pages_of_a_range_have_each_document_once(backend: &dyn Backend) {
    mixed(backend).await;
    for limit in 1..=6 {
        let query = Query {
            from: Some(Scalar::Number(2)),
            until: Some(Scalar::Number(4)),
            ..query(&THINGS, &BY_RANK)
        };
        assert_eq!(walk(backend, &query, limit).await, [1, 3, 5, 2]);
        let query = Query { order: Order::Descending, ..query };
        assert_eq!(walk(backend, &query, limit).await, [2, 5, 3, 1]);
    }
}

pub async fn pages_of_a_unique_index_have_each_document_once(backend: &dyn Backend) {
    for (at, handle) in [(1, "c"), (2, "a"), (3, "b"), (4, "d")] {
        write(backend, put(account(at), 0, format!(r#"{{"handle":"{handle}"}}"#))).await;
    }
    write(backend, put(account(5), 0, "{}")).await;
    for limit in 1..=6 {
        let query = query(&ACCOUNTS, &BY_HANDLE);
        assert_eq!(walk(backend, &query, limit).await, [5, 2, 3, 1, 4]);
        let query = Query { order: Order::Descending, ..query };
        assert_eq!(walk(backend, &query, limit).await, [4, 1, 3, 2, 5]);
    }
}

pub async fn pages_stay_stable_under_inserts_and_deletes(backend: &dyn Backend) {
    for number in (10..=60).step_by(10) {
        write(backend, put(thing(number), 0, format!(r#"{{"rank":{}}}"#, number / 20))).await;
    }
    let mut query = Query { limit: 2, ..query(&THINGS, &BY_RANK) };
    let page = backend.list(&query).await.unwrap();
    assert_eq!(page.records.iter().map(number).collect::<Vec<_>>(), [10, 20]);
    write(backend, put(thing(5), 0, r#"{"rank":0}"#)).await;
    write(backend, put(thing(15), 0, r#"{"rank":1}"#)).await;
    write(backend, put(thing(25), 0, r#"{"rank":1}"#)).await;
    write(backend, Write::Delete { key: thing(20), expect: 1 }).await;
    write(backend, Write::Delete { key: thing(40), expect: 1 }).await;
    query.after = page.next;
    assert_eq!(walk(backend, &query, 2).await, [25, 30, 50, 60]);
}

pub async fn the_last_page_has_no_next(backend: &dyn Backend) {
    fill(backend, &[(1, "{}"), (2, "{}")]).await;
    let next = async |query: Query| backend.list(&query).await.unwrap().next;
    for limit in 1..=3 {
        let by_rank = Query { limit, ..query(&THINGS, &BY_RANK) };
        let by_id = Query::by_id(org(1), "things", limit);
        assert_eq!(next(by_id).await.is_some(), limit == 1, "{limit}");
        let cursor = next(by_rank.clone()).await;
        assert_eq!(cursor.is_some(), limit == 1, "{limit}");
        if cursor.is_some() {
            assert_eq!(next(Query { after: cursor, ..by_rank }).await, None);
        }
    }
    assert_eq!(next(Query::by_id(Owner::Platform, "things", 1)).await, None);
}

pub async fn a_page_ends_when_it_is_large(backend: &dyn Backend) {
    let large = format!(r#"{{"rank":1,"note":"{}"}}"#, "x".repeat(PAGE_BYTES * 3 / 4));
    for number in 1..=5 {
        write(backend, put(thing(number), 0, large.clone())).await;
    }
    for order in [Order::Ascending, Order::Descending] {
        for query in [Query::by_id(org(1), "things", 9), query(&THINGS, &BY_RANK)] {
            let query = Query { order, limit: 9, ..query };
            let page = backend.list(&query).await.unwrap();
            assert_eq!((page.records.len(), page.next.is_some()), (2, true));
            let mut all = walk(backend, &query, 9).await;
            all.sort_unstable();
            assert_eq!(all, [1, 2, 3, 4, 5]);
        }
    }
}

pub async fn a_cursor_does_not_lead_out_of_the_range(backend: &dyn Backend) {
    mixed(backend).await;
    for (value, order, expected) in [
        (None, Order::Ascending, &[1, 3, 5][..]),
        (Some(0), Order::Ascending, &[1, 3, 5]),
        (Some(2), Order::Ascending, &[3, 5]),
        (Some(9), Order::Ascending, &[]),
        (Some(9), Order::Descending, &[5, 3, 1]),
        (Some(2), Order::Descending, &[]),
        (None, Order::Descending, &[]),
    ] {
        let after = Some(Cursor { values: vec![value.map(Scalar::Number)], id: thing(1).id });
        let query = Query {
            from: Some(Scalar::Number(2)),
            until: Some(Scalar::Number(3)),
            after,
            order,
            ..query(&THINGS, &BY_RANK)
        };
        assert_eq!(ids(backend, &query).await, expected, "{value:?} {order:?}");
    }
}
