use std::{
    path::Path,
    time::{Duration, Instant},
};

use model::Timestamp;
use store::{Backend, Cursor, Key, Owner, Query, Scalar, Write};
use store_sqlite::{Options, SqliteBackend};

use crate::workload::{BY_RANK, COLLECTIONS, HOLDS, document, id, owner};

const PAGE: usize = 50;
const ROUNDS: usize = 500;

/// How long the first and the last page of one organization take.
pub(crate) async fn pages(folder: &Path, documents: u64, owners: u32) -> [Duration; 2] {
    let store = SqliteBackend::open(&folder.join("pages.db"), &Options::default()).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    let mut batch = Vec::new();
    for number in 0..documents {
        let of = u32::try_from(number % u64::from(owners)).unwrap();
        let key = Key { owner: owner(of), collection: HOLDS.name, id: id(0, number) };
        batch.push(Write::Put { key, expect: 0, at: Timestamp::EPOCH, body: document(number) });
        if batch.len() == 1_000 || number + 1 == documents {
            store.commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    let of = owner(owners / 2);
    let last = last(documents, u64::from(owners));
    let first = page(&store, of, None).await;
    let pages = [first, page(&store, of, Some(last)).await];
    store.close().await;
    pages
}

/// What the page of the last documents comes behind.
fn last(documents: u64, owners: u64) -> Cursor {
    let before = (documents / owners - PAGE as u64 - 1) * owners + owners / 2;
    Cursor { values: vec![Some(Scalar::Number(before.cast_signed()))], id: id(0, before) }
}

async fn page(store: &SqliteBackend, owner: Owner, after: Option<Cursor>) -> Duration {
    let by_id = Query::by_id(owner, HOLDS.name, PAGE);
    let query = Query { index: Some(&BY_RANK), after, ..by_id };
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let before = Instant::now();
        let page = store.list(&query).await.unwrap();
        took.push(before.elapsed());
        assert_eq!(page.records.len(), PAGE);
    }
    took.sort_unstable();
    took[ROUNDS / 2]
}
