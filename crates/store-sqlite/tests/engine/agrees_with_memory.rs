//! The engine and the simulator answer the same to the same: batches and queries at random.

use model::{ObjectId, Timestamp};
use store::{
    Backend, Cursor, Expected, Key, Order, Owner, Query, Referrers, Scalar, Stored, StoredEvent,
    Targets, Write,
    conformance::{COLLECTIONS, SESSIONS, THINGS},
    memory::MemoryBackend,
};
use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;

use crate::random::Random;

impl Random {
    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }

    fn key(&mut self) -> Key {
        let collection = self.of(COLLECTIONS).name;
        let id = ObjectId::from_bytes([u8::try_from(self.below(9)).unwrap(); 12]);
        Key { owner: self.owner(), collection, id }
    }

    fn owner(&mut self) -> Owner {
        self.of(&[Owner::Platform, Owner::Organization(ObjectId::from_bytes([1; 12]))])
    }

    fn body(&mut self) -> Stored {
        let mut fields = Vec::new();
        for name in ["rank", "kind", "done", "handle", "email", "seat", "status", "team", "slot"] {
            let value = match self.below(8) {
                0 => continue,
                1 => "null".to_owned(),
                2 if name == "done" => "true".to_owned(),
                3 if name == "done" => "false".to_owned(),
                4 => (self.below(5).cast_signed() - 2).to_string(),
                5 => r#""open""#.to_owned(),
                _ => format!(r#""{}""#, self.of(&["a", "b", "", "é", "held"])),
            };
            fields.push(format!(r#""{name}":{value}"#));
        }
        for name in ["kind", "parent"] {
            if self.below(3) == 0 {
                fields.retain(|it| !it.starts_with(&format!(r#""{name}""#)));
                fields.push(format!(r#""{name}":"{}""#, self.key().id));
            }
        }
        fields.push(format!(r#""list":["{}","{}"]"#, self.key().id, self.key().id));
        Stored::from_json(format!("{{{}}}", fields.join(",")))
    }

    fn scalar(&mut self) -> Scalar {
        match self.below(4) {
            0 => Scalar::Number(self.below(5).cast_signed() - 2),
            1 => Scalar::Bool(self.below(2) == 0),
            _ => Scalar::Text(self.of(&["a", "b", "", "é", "held", "open"]).to_owned()),
        }
    }

    fn write(&mut self, version: u64) -> Write {
        let (key, at) = (self.key(), Timestamp::from_millis(self.below(6).cast_signed()));
        let expect = if self.below(5) == 0 { self.below(4) } else { version };
        match self.below(10) {
            0 => Write::Check { key, expect: Expected::Version(expect) },
            1 => Write::Check { key, expect: Expected::Present },
            2 if self.below(2) == 0 => {
                let Referrers { by, field, targets, .. } = self.referrers();
                Write::Unreferenced { by, field, targets }
            }
            2 => Write::Delete { key, expect },
            _ if key.collection == SESSIONS.name => {
                let event = |sequence| StoredEvent {
                    id: key.id,
                    sequence,
                    event_type: "A".to_owned(),
                    schema_version: 1,
                    timestamp: at,
                    command_id: format!("c{}", sequence % 3),
                    body: Stored::from_json(sequence.to_string()),
                };
                let events = (expect + 1..=expect + 1 + self.below(3)).map(event).collect();
                Write::Append { stream: key, expect, at, events, state: self.body() }
            }
            _ => Write::Put { key, expect, at, body: self.body() },
        }
    }

    fn referrers(&mut self) -> Referrers {
        let targets = Targets {
            owner: self.owner(),
            collection: THINGS.name,
            ids: (0..=self.below(2)).map(|_| self.key().id).collect(),
        };
        let by = self.of(COLLECTIONS).name;
        let field = self.of(&["kind", "status", "handle", "parent", "list[]"]);
        let after = (self.below(3) == 0).then(|| (self.owner(), self.key().id));
        let limit = usize::try_from(1 + self.below(3)).unwrap();
        Referrers { by, field, targets, after, limit }
    }

    fn query(&mut self) -> Query {
        let collection = self.of(COLLECTIONS);
        let index = self.of(&collection.indexes.iter().map(Some).chain([None]).collect::<Vec<_>>());
        let fields = index.map_or(0, |it| it.fields.len());
        let fixed = usize::try_from(self.below(fields as u64 + 1)).unwrap();
        let ranged = fixed < fields;
        let bound = |random: &mut Self| (ranged && random.below(3) == 0).then(|| random.scalar());
        let mut query = Query {
            index,
            equal: (0..fixed).map(|_| self.scalar()).collect(),
            from: bound(self),
            until: bound(self),
            order: self.of(&[Order::Ascending, Order::Descending]),
            limit: usize::try_from(1 + self.below(4)).unwrap(),
            ..Query::by_id(self.owner(), collection.name, 1)
        };
        if self.below(4) == 0 {
            query.fields = Some(&["kind", "rank"]);
        }
        if self.below(3) == 0 {
            let some = |random: &mut Self| (random.below(4) > 0).then(|| random.scalar());
            let values = (fixed..fields).map(|_| some(self)).collect();
            query.after = Some(Cursor { values, id: self.key().id });
        }
        query
    }
}

#[tokio::test]
async fn at_random() {
    let folder = TempDir::new().unwrap();
    let engine = SqliteBackend::open(&folder.path().join("a.db"), &Options::default()).unwrap();
    let memory = MemoryBackend::default();
    engine.ensure(COLLECTIONS).await.unwrap();
    memory.ensure(COLLECTIONS).await.unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut landed, mut pointing) = (0, 0);
    for _ in 0..1_500 {
        let mut batch = Vec::new();
        for _ in 0..=random.below(3) {
            let write = random.write(0);
            let version = match write.key() {
                Some(key) => memory.get(&key).await.unwrap().map_or(0, |it| it.version),
                None => 0,
            };
            batch.push(random_at(&mut random, write, version));
        }
        let (left, right) = (engine.commit(batch.clone()).await, memory.commit(batch).await);
        landed += usize::from(left.is_ok());
        assert_eq!(format!("{left:?}"), format!("{right:?}"));
        let key = random.key();
        assert_eq!(engine.get(&key).await.unwrap(), memory.get(&key).await.unwrap());
        let stream = Key { collection: SESSIONS.name, ..key };
        let after = random.below(4);
        assert_eq!(
            engine.events(&stream, after, 3).await.unwrap(),
            memory.events(&stream, after, 3).await.unwrap()
        );
        assert_eq!(
            engine.events_of_command(&stream, "c1").await.unwrap(),
            memory.events_of_command(&stream, "c1").await.unwrap()
        );
        for _ in 0..4 {
            let referrers = random.referrers();
            let found = engine.referrers(&referrers).await.unwrap();
            pointing += found.records.len();
            assert_eq!(found, memory.referrers(&referrers).await.unwrap(), "{referrers:?}");
            let mut query = random.query();
            let count = engine.count(&query).await.unwrap();
            assert_eq!(count, memory.count(&query).await.unwrap(), "{query:?}");
            loop {
                let page = engine.list(&query).await.unwrap();
                assert_eq!(page, memory.list(&query).await.unwrap(), "{query:?}");
                let Some(next) = page.next else { break };
                query.after = Some(next);
            }
        }
    }
    assert!(landed > 300 && pointing > 300, "{landed} {pointing}");
}

/// The same write on what is there now, mostly.
fn random_at(random: &mut Random, write: Write, version: u64) -> Write {
    if random.below(6) == 0 {
        return write;
    }
    match write {
        Write::Put { key, at, body, .. } => Write::Put { key, expect: version, at, body },
        Write::Delete { key, .. } => Write::Delete { key, expect: version },
        Write::Append { stream, at, mut events, state, .. } => {
            for (event, sequence) in events.iter_mut().zip(version + 1..) {
                event.sequence = sequence;
            }
            Write::Append { stream, expect: version, at, events, state }
        }
        other => other,
    }
}
