use super::fixtures::*;
use crate::{Backend, Cursor, Query, Scalar, StoreError, Write};

pub async fn a_unique_value_is_unique_for_its_owner_only(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a"}"#)).await;
    taken(backend, put(account(2), 0, r#"{"handle":"a"}"#), "by_handle").await;
    write(backend, put(account(2), 0, r#"{"handle":"A"}"#)).await;
    taken(backend, put(account(2), 1, r#"{"handle":"a"}"#), "by_handle").await;
    let mut theirs = account(1);
    theirs.owner = org(2);
    write(backend, put(theirs, 0, r#"{"handle":"a"}"#)).await;
    write(backend, Write::Delete { key: account(1), expect: 1 }).await;
    write(backend, put(account(2), 1, r#"{"handle":"a"}"#)).await;
}

pub async fn a_unique_index_counts_absent_as_a_value(backend: &dyn Backend) {
    write(backend, put(account(1), 0, "{}")).await;
    taken(backend, put(account(2), 0, "{}"), "by_handle").await;
    taken(backend, put(account(2), 0, r#"{"handle":null}"#), "by_handle").await;
}

pub async fn an_index_on_presence_holds_only_documents_with_the_field(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a","email":"x"}"#)).await;
    write(backend, put(account(2), 0, r#"{"handle":"b"}"#)).await;
    write(backend, put(account(3), 0, r#"{"handle":"c","email":null}"#)).await;
    taken(backend, put(account(4), 0, r#"{"handle":"d","email":"x"}"#), "by_email").await;
    taken(backend, put(account(2), 1, r#"{"handle":"b","email":"x"}"#), "by_email").await;
    assert_eq!(ids(backend, &query(&ACCOUNTS, &BY_EMAIL)).await, [1]);
    write(backend, put(account(1), 1, r#"{"handle":"a"}"#)).await;
    write(backend, put(account(2), 1, r#"{"handle":"b","email":"x"}"#)).await;
    assert_eq!(ids(backend, &query(&ACCOUNTS, &BY_EMAIL)).await, [2]);
}

pub async fn an_index_on_values_holds_only_documents_with_one_of_them(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a","seat":7,"status":"open"}"#)).await;
    write(backend, put(account(2), 0, r#"{"handle":"b","seat":7,"status":"left"}"#)).await;
    write(backend, put(account(3), 0, r#"{"handle":"c","seat":7}"#)).await;
    let held = r#"{"handle":"d","seat":7,"status":"held"}"#;
    taken(backend, put(account(4), 0, held), "by_seat").await;
    let by_seat = Query { equal: vec![Scalar::Number(7)], ..query(&ACCOUNTS, &BY_SEAT) };
    assert_eq!(ids(backend, &by_seat).await, [1]);
    write(backend, put(account(1), 1, r#"{"handle":"a","seat":7,"status":"left"}"#)).await;
    write(backend, put(account(4), 0, held)).await;
    assert_eq!(ids(backend, &by_seat).await, [4]);
}

pub async fn a_compound_index_is_unique_in_all_its_fields(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a","team":"x","slot":1}"#)).await;
    write(backend, put(account(2), 0, r#"{"handle":"b","team":"x","slot":2}"#)).await;
    write(backend, put(account(3), 0, r#"{"handle":"c","team":"y","slot":1}"#)).await;
    write(backend, put(account(4), 0, r#"{"handle":"d","slot":1}"#)).await;
    write(backend, put(account(5), 0, r#"{"handle":"e","slot":1}"#)).await;
    taken(backend, put(account(6), 0, r#"{"handle":"f","team":"x","slot":2}"#), "by_team").await;
    let of_team = Query { equal: vec![text("x")], ..query(&ACCOUNTS, &BY_TEAM) };
    assert_eq!(ids(backend, &of_team).await, [1, 2]);
    assert_eq!(ids(backend, &query(&ACCOUNTS, &BY_TEAM)).await, [1, 2, 3]);
}

pub async fn a_unique_value_can_be_kept_by_its_document(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a","email":"x"}"#)).await;
    write(backend, put(account(1), 1, r#"{"handle":"a","email":"x","more":1}"#)).await;
    assert_eq!(version(backend, account(1)).await, 2);
}

pub async fn a_unique_value_moves_on_in_the_order_of_the_writes(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a"}"#)).await;
    write(backend, put(account(2), 0, r#"{"handle":"b"}"#)).await;
    let give = put(account(1), 1, r#"{"handle":"c"}"#);
    let take = put(account(2), 1, r#"{"handle":"a"}"#);
    let refused = backend.commit(vec![take.clone(), give.clone()]).await;
    assert!(matches!(refused, Err(StoreError::Duplicate { .. })), "{refused:?}");
    backend.commit(vec![give, take]).await.unwrap();
    let of = |handle| Query { equal: vec![text(handle)], ..query(&ACCOUNTS, &BY_HANDLE) };
    assert_eq!(ids(backend, &of("a")).await, [2]);
    assert_eq!(ids(backend, &of("c")).await, [1]);
    assert!(ids(backend, &of("b")).await.is_empty());
}

pub async fn an_index_of_another_collection_is_an_error(backend: &dyn Backend) {
    let answer = backend.list(&query(&THINGS, &BY_HANDLE)).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(it)) if it.contains("by_handle")));
}

pub async fn values_that_do_not_fit_the_index_are_an_error(backend: &dyn Backend) {
    let one = || Scalar::Number(1);
    let cursor = |values| Some(Cursor { values, id: account(1).id });
    let by_rank = query(&THINGS, &BY_RANK);
    for wrong in [
        Query { equal: vec![one(), one()], ..by_rank.clone() },
        Query { equal: vec![one()], from: Some(one()), ..by_rank.clone() },
        Query { equal: vec![one()], until: Some(one()), ..by_rank.clone() },
        Query { after: cursor(vec![]), ..by_rank.clone() },
        Query { after: cursor(vec![None, None]), ..by_rank.clone() },
        Query { equal: vec![text("a")], after: cursor(vec![]), ..query(&THINGS, &BY_KIND) },
        Query { equal: vec![one()], index: None, ..by_rank.clone() },
        Query { limit: 0, ..by_rank },
    ] {
        let answer = backend.list(&wrong).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{wrong:?}: {answer:?}");
    }
}

async fn taken(backend: &dyn Backend, write: Write, index: &str) {
    let refused = backend.commit(vec![write]).await;
    assert!(
        matches!(refused, Err(StoreError::Duplicate { collection: "accounts", index: it })
            if it == index),
        "{refused:?}"
    );
}
