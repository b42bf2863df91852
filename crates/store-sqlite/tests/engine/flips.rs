//! Bits that flip on the disk: found or harmless, never another answer.
//!
//! `WRKBELT_FLIPS=1000` makes it more flips. The negative control reads rows without their
//! checksums, and must fail: `cargo test -p store-sqlite --features unchecked flips`

use std::{collections::BTreeMap, fs, path::Path};

use store::{
    Backend, Fault, Key, Order, Page, Query, Record, Result, StoredEvent,
    conformance::{ACCOUNTS, COLLECTIONS, SESSIONS, THINGS},
};
use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;

use crate::{
    fixtures::{OWNER, append, key, open, put, write},
    random::Random,
};

/// Documents of each collection.
const DOCUMENTS: u32 = 80;
/// Events of each stream.
const EVENTS: u64 = 4;

/// All that can be asked of the store.
struct Answers {
    documents: BTreeMap<Key, Result<Option<Record>>>,
    events: BTreeMap<Key, Result<Vec<StoredEvent>>>,
    lists: Vec<Result<(Vec<Record>, usize)>>,
    counts: Vec<Result<u64>>,
}

/// What became of a flip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Refused,
    Harmless,
    FoundByInspection,
    FoundByReading,
}

async fn fill(path: &Path) {
    let store = open(path).await;
    for number in 1..=DOCUMENTS {
        let kind = ["a", "b", "c"][number as usize % 3];
        let thing = format!(r#"{{"rank":{},"kind":"{kind}","done":true}}"#, number % 7);
        let account = format!(r#"{{"handle":"h{number}","email":"{number}@example.com"}}"#);
        let batch = vec![
            put(key(&THINGS, number), 0, &thing),
            put(key(&ACCOUNTS, number), 0, &account),
            append(key(&SESSIONS, number), 0, EVENTS),
        ];
        store.commit(batch).await.unwrap();
    }
    write(&store, put(key(&THINGS, 1), 1, r#"{"rank":1}"#)).await;
    store.close().await;
}

/// All pages; one that never ends is cut off.
async fn walk(store: &SqliteBackend, mut query: Query) -> Result<(Vec<Record>, usize)> {
    let (mut records, mut damaged) = (Vec::new(), 0);
    for _ in 0..=4 * DOCUMENTS {
        let page: Page = store.list(&query).await?;
        records.extend(page.records);
        damaged += page.damaged.len();
        let Some(next) = page.next else { return Ok((records, damaged)) };
        query.after = Some(next);
    }
    panic!("the pages do not end: {query:?}");
}

async fn ask(store: &SqliteBackend) -> Answers {
    let (mut documents, mut events) = (BTreeMap::new(), BTreeMap::new());
    let (mut lists, mut counts) = (Vec::new(), Vec::new());
    for collection in COLLECTIONS {
        for number in 1..=DOCUMENTS {
            let key = key(collection, number);
            documents.insert(key, store.get(&key).await);
            if collection.events.is_some() {
                events.insert(key, store.events(&key, 0, 100).await);
            }
        }
        for index in collection.indexes.iter().map(Some).chain([None]) {
            for order in [Order::Ascending, Order::Descending] {
                let by_id = Query::by_id(OWNER, collection.name, 37);
                let query = Query { index, order, ..by_id };
                counts.push(store.count(&query).await);
                lists.push(walk(store, query).await);
            }
        }
    }
    Answers { documents, events, lists, counts }
}

/// Whether every answer is there and the same; panics where content is another.
fn compare(now: &Answers, before: &Answers, flip: &str) -> bool {
    let mut same = true;
    let sound = |it: &Key| before.documents[it].as_ref().unwrap().as_ref();
    for (key, answer) in &now.documents {
        if let Ok(Some(found)) = answer {
            assert_eq!(Some(found), sound(key), "{flip}");
        }
        same &= answer.as_ref().is_ok_and(|it| it.as_ref() == sound(key));
    }
    for (key, answer) in &now.events {
        let sound = before.events[key].as_ref().unwrap();
        if let Ok(found) = answer {
            assert!(sound.starts_with(found), "{flip}: {found:?}");
        }
        same &= answer.as_ref().is_ok_and(|it| it == sound);
    }
    for (answer, sound) in now.lists.iter().zip(&before.lists) {
        for found in answer.iter().flat_map(|it| &it.0) {
            assert_eq!(
                before.documents[&found.key].as_ref().unwrap().as_ref(),
                Some(found),
                "{flip}"
            );
        }
        same &= answer.as_ref().is_ok_and(|it| it == sound.as_ref().unwrap());
    }
    for (answer, sound) in now.counts.iter().zip(&before.counts) {
        same &= answer.as_ref().is_ok_and(|it| it == sound.as_ref().unwrap());
    }
    same
}

async fn fate(path: &Path, before: &Answers, flip: &str) -> Fate {
    let Ok(store) = SqliteBackend::open(path, &Options::default()) else { return Fate::Refused };
    let faults: Vec<Fault> = store.inspect(COLLECTIONS).await.unwrap();
    if store.ensure(COLLECTIONS).await.is_err() {
        assert!(!faults.is_empty(), "{flip}: refused, and nothing is found");
        return Fate::Refused;
    }
    let same = compare(&ask(&store).await, before, flip);
    assert!(same || !faults.is_empty(), "{flip}: other answers, and nothing is found");
    match (same, faults.is_empty()) {
        (true, true) => Fate::Harmless,
        (true, false) => Fate::FoundByInspection,
        (false, _) => Fate::FoundByReading,
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found_or_harmless() {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is no part of the product")]
    let flips = std::env::var("WRKBELT_FLIPS").map_or(200, |it| it.parse().unwrap());
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    fill(&path).await;
    let bytes = fs::read(&path).unwrap();
    let before = ask(&open(&path).await).await;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut fates: BTreeMap<Fate, u32> = BTreeMap::new();
    for number in 0..flips {
        let bit = usize::try_from(random.below(bytes.len() as u64 * 8)).unwrap();
        let copy = folder.path().join(format!("{number}.db"));
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&copy, flipped).unwrap();
        let fate = fate(&copy, &before, &format!("bit {bit}")).await;
        *fates.entry(fate).or_default() += 1;
        for beside in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("{number}.db{beside}")));
        }
    }
    println!("{flips} flips in {} bytes: {fates:?}", bytes.len());
    assert!(fates.contains_key(&Fate::FoundByReading), "{fates:?}");
}
