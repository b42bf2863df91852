use super::fixtures::*;
use crate::{Backend, Order, Query, Scalar, Write};

pub async fn list_is_in_the_order_of_ids(backend: &dyn Backend) {
    fill(backend, &[(3, "{}"), (1, "{}"), (0x00ff_ffff, "{}"), (2, "{}")]).await;
    let query = Query::by_id(org(1), "things", 100);
    assert_eq!(ids(backend, &query).await, [1, 2, 3, 0x00ff_ffff]);
    let backwards = Query { order: Order::Descending, ..query };
    assert_eq!(ids(backend, &backwards).await, [0x00ff_ffff, 3, 2, 1]);
}

pub async fn list_by_an_index_finds_equals(backend: &dyn Backend) {
    mixed(backend).await;
    let of = |equal| Query { equal, ..query(&THINGS, &BY_KIND) };
    assert_eq!(ids(backend, &of(vec![text("a")])).await, [4, 1, 3, 2]);
    assert_eq!(ids(backend, &of(vec![text("a"), Scalar::Number(2)])).await, [1, 3]);
    assert!(ids(backend, &of(vec![text("A")])).await.is_empty());
    assert!(ids(backend, &of(vec![text("a"), text("2")])).await.is_empty());
}

pub async fn list_by_an_index_is_ordered_by_its_fields_then_by_id(backend: &dyn Backend) {
    mixed(backend).await;
    let by_kind = query(&THINGS, &BY_KIND);
    assert_eq!(ids(backend, &by_kind).await, [7, 8, 4, 1, 3, 2, 5, 6]);
    let backwards = Query { order: Order::Descending, ..by_kind };
    assert_eq!(ids(backend, &backwards).await, [6, 5, 2, 3, 1, 4, 8, 7]);
}

pub async fn absent_and_null_come_first(backend: &dyn Backend) {
    let things = [(1, r#"{"rank":-5}"#), (2, r#"{"rank":null}"#), (3, "{}"), (4, r#"{"rank":0}"#)];
    fill(backend, &things).await;
    assert_eq!(ids(backend, &query(&THINGS, &BY_RANK)).await, [2, 3, 1, 4]);
}

pub async fn a_range_has_its_lower_and_not_its_upper_bound(backend: &dyn Backend) {
    mixed(backend).await;
    let range = |from: Option<i64>, until: Option<i64>, order| Query {
        from: from.map(Scalar::Number),
        until: until.map(Scalar::Number),
        order,
        ..query(&THINGS, &BY_RANK)
    };
    let (up, down) = (Order::Ascending, Order::Descending);
    for (query, expected) in [
        (range(Some(2), None, up), &[1, 3, 5, 2, 6][..]),
        (range(Some(2), Some(3), up), &[1, 3, 5]),
        (range(None, Some(3), up), &[4, 8, 1, 3, 5]),
        (range(None, Some(3), down), &[5, 3, 1, 8, 4]),
        (range(Some(3), Some(3), up), &[]),
        (range(Some(9), Some(3), up), &[]),
        (range(Some(3), Some(9), down), &[6, 2]),
    ] {
        assert_eq!(ids(backend, &query).await, expected, "{query:?}");
    }
    let of_kind = Query {
        equal: vec![text("a")],
        until: Some(Scalar::Number(3)),
        ..query(&THINGS, &BY_KIND)
    };
    assert_eq!(ids(backend, &of_kind).await, [4, 1, 3]);
}

pub async fn text_sorts_by_its_bytes(backend: &dyn Backend) {
    let cities = ["b", "a", "B", "é", "", "aa", "🐎", "z", "～"];
    for (at, city) in (1..).zip(cities) {
        write(backend, put(thing(at), 0, format!(r#"{{"address":{{"city":"{city}"}}}}"#))).await;
    }
    let found = ids(backend, &query(&THINGS, &BY_CITY)).await;
    let mut expected: Vec<_> = (1..).zip(cities).collect();
    expected.sort_by_key(|it| it.1);
    assert_eq!(found, expected.iter().map(|it| it.0).collect::<Vec<_>>());
}

pub async fn truth_values_are_found(backend: &dyn Backend) {
    let things = [
        (1, r#"{"done":true,"rank":2}"#),
        (2, r#"{"done":false,"rank":1}"#),
        (3, r#"{"done":true,"rank":1}"#),
        (4, r#"{"rank":1}"#),
    ];
    fill(backend, &things).await;
    let of = |done| Query { equal: vec![Scalar::Bool(done)], ..query(&THINGS, &BY_DONE) };
    assert_eq!(ids(backend, &of(true)).await, [3, 1]);
    assert_eq!(ids(backend, &of(false)).await, [2]);
    assert_eq!(walk(backend, &query(&THINGS, &BY_DONE), 1).await, [4, 2, 3, 1]);
}

pub async fn nested_fields_are_found(backend: &dyn Backend) {
    let things = [
        (1, r#"{"address":{"city":"Austin"}}"#),
        (2, r#"{"address":{"city":"Austin"},"city":"Boston"}"#),
        (3, r#"{"address.city":"Austin"}"#),
        (4, r#"{"address":"Austin"}"#),
    ];
    fill(backend, &things).await;
    let query = Query { equal: vec![text("Austin")], ..query(&THINGS, &BY_CITY) };
    assert_eq!(ids(backend, &query).await, [1, 2]);
}

pub async fn the_times_of_the_envelope_are_indexed(backend: &dyn Backend) {
    for (number, millis) in [(1, 30), (2, 10), (3, 20)] {
        let body = json(r#"{"kind":"a","created_at":0,"updated_at":"never"}"#);
        write(backend, Write::Put { key: thing(number), expect: 0, at: at(millis), body }).await;
    }
    let body = json(r#"{"kind":"a"}"#);
    write(backend, Write::Put { key: thing(2), expect: 1, at: at(40), body }).await;
    assert_eq!(ids(backend, &query(&THINGS, &BY_CREATED)).await, [2, 3, 1]);
    let of_kind = Query { equal: vec![text("a")], ..query(&THINGS, &BY_KIND_UPDATED) };
    assert_eq!(ids(backend, &of_kind).await, [3, 1, 2]);
    let since = Query { from: Some(Scalar::Number(at(30).millis())), ..of_kind };
    assert_eq!(walk(backend, &since, 1).await, [1, 2]);
}

pub async fn a_change_moves_the_document_in_its_indexes(backend: &dyn Backend) {
    fill(backend, &[(1, r#"{"rank":1}"#), (2, r#"{"rank":2}"#), (3, r#"{"rank":3}"#)]).await;
    write(backend, put(thing(1), 1, r#"{"rank":9}"#)).await;
    write(backend, put(thing(2), 1, "{}")).await;
    write(backend, Write::Delete { key: thing(3), expect: 1 }).await;
    assert_eq!(ids(backend, &query(&THINGS, &BY_RANK)).await, [2, 1]);
}

pub async fn a_count_is_of_all_pages(backend: &dyn Backend) {
    mixed(backend).await;
    let count = async |query: Query| backend.count(&query).await.unwrap();
    let by_kind = query(&THINGS, &BY_KIND);
    assert_eq!(count(Query::by_id(org(1), "things", 1)).await, 8);
    assert_eq!(count(Query::by_id(org(2), "things", 1)).await, 1);
    assert_eq!(count(Query { limit: 1, ..by_kind.clone() }).await, 8);
    let kind_a = Query { equal: vec![text("a")], ..by_kind };
    assert_eq!(count(kind_a.clone()).await, 4);
    let (from, until) = (Some(Scalar::Number(2)), Some(Scalar::Number(3)));
    assert_eq!(count(Query { from, until, ..kind_a }).await, 2);
    assert_eq!(count(query(&ACCOUNTS, &BY_EMAIL)).await, 0);
    fill_accounts(backend).await;
    assert_eq!(count(query(&ACCOUNTS, &BY_EMAIL)).await, 1);
    assert!(backend.count(&query(&ACCOUNTS, &BY_RANK)).await.is_err());
}

pub async fn a_list_can_be_of_some_fields(backend: &dyn Backend) {
    let bodies = [
        (1, r#"{"rank":1,"a":"x","big":[1,2],"n":1.50}"#),
        (2, r#"{"big":{"a":2},"rank":2,"a":null}"#),
        (3, r#"{"rank":3,"other":1}"#),
    ];
    fill(backend, &bodies).await;
    let fields = Some(&["n", "a", "rank"][..]);
    for query in [query(&THINGS, &BY_RANK), Query::by_id(org(1), "things", 9)] {
        let page = backend.list(&Query { fields, limit: 2, ..query }).await.unwrap();
        let bodies: Vec<_> = page.records.iter().map(|it| it.body.as_str()).collect();
        assert_eq!(bodies, [r#"{"n":1.50,"a":"x","rank":1}"#, r#"{"rank":2}"#]);
        assert!(page.next.is_some());
    }
}

async fn fill_accounts(backend: &dyn Backend) {
    for (number, body) in
        [(1, r#"{"handle":"a"}"#), (2, r#"{"handle":"b","email":"c"}"#), (3, r#"{"email":null}"#)]
    {
        write(backend, put(account(number), 0, body)).await;
    }
}
