//! Collections and indexes: what is declared, what is there, and making one like the other.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use model::{Collection, EventCollection, Index, Only};
use mongodb::{
    IndexModel,
    bson::{Document, doc},
    error::Result,
    options::{CommitQuorum, IndexOptions},
};
use store::{Catalog, Fault, FaultKind};

use crate::{
    MongoBackend,
    document::flat,
    error::{is_gone_already, is_other_index, is_there_already, was_interrupted},
    majority,
    select::BY_ID,
};

/// What the backend was told of.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tables {
    pub(crate) catalog: Catalog,
    /// Of the collections of documents.
    pub(crate) names: BTreeSet<&'static str>,
}

/// One index as it should be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) keys: Document,
    unique: bool,
    only: Option<Document>,
}

/// How often making an index is tried while other processes make and drop the same one.
const ATTEMPTS: u32 = 50;

/// The types of all values but null.
const PRESENT: [&str; 6] = ["number", "string", "objectId", "bool", "object", "array"];

/// What an index's documents have in common; a query must say the same to use it.
pub(crate) fn condition(only: Only) -> Option<(&'static str, Document)> {
    match only {
        Only::All => None,
        Only::Present(field) => Some((field, doc! { "$type": &PRESENT[..] })),
        Only::OneOf(field, values) => Some((field, doc! { "$in": values })),
    }
}

/// The organization, the fields, and the id where the fields are not unique.
pub(crate) fn keys(index: &Index) -> Document {
    let mut keys = doc! { "organization_id": 1 };
    keys.extend(index.fields.iter().map(|it| ((*it).to_owned(), 1.into())));
    if !index.unique {
        keys.insert("_id", 1);
    }
    keys
}

/// The index by which documents that point at others in a field are found: that declared on the
/// field alone, or one of its own.
pub(crate) fn reference_index(collection: &Collection, field: &str) -> String {
    let is_same = |it: &&Index| it.fields == [field] && !it.unique && it.only == Only::All;
    let declared = collection.indexes.iter().find(is_same).map(|it| it.name.to_owned());
    declared.unwrap_or_else(|| format!("reference {field}"))
}

impl Declared {
    /// The indexes of a collection and, apart, of its events.
    pub(crate) fn of(collection: &Collection) -> Vec<(&'static str, Vec<Self>)> {
        let indexes = collection.indexes.iter().map(|it| Self {
            name: it.name.to_owned(),
            keys: keys(it),
            unique: it.unique,
            only: condition(it.only).map(|(field, condition)| doc! { field: condition }),
        });
        let mut of_documents: Vec<_> = indexes.collect();
        for reference in collection.references {
            let name = reference_index(collection, reference.field);
            if !of_documents.iter().any(|it| it.name == name) {
                let keys = doc! { "organization_id": 1, flat(reference.field): 1, "_id": 1 };
                of_documents.push(Self::plain(name, keys));
            }
        }
        let mut declared = vec![(collection.name, of_documents)];
        declared.extend(collection.events.map(|it| (it.name, Self::of_events(it))));
        declared
    }

    fn of_events(events: EventCollection) -> Vec<Self> {
        let stream = events.stream_field;
        vec![
            Self::plain("by_command", doc! { "organization_id": 1, stream: 1, "command_id": 1 }),
            Self::plain("by_type", doc! { "organization_id": 1, "event_type": 1, "timestamp": 1 }),
        ]
    }

    fn plain(name: impl Into<String>, keys: Document) -> Self {
        Self { name: name.into(), keys, unique: false, only: None }
    }

    fn model(&self) -> IndexModel {
        let options = IndexOptions::builder()
            .name(self.name.clone())
            .unique(self.unique.then_some(true))
            .partial_filter_expression(self.only.clone())
            .build();
        IndexModel::builder().keys(self.keys.clone()).options(options).build()
    }

    /// The same in what the server says of an index.
    fn read(model: IndexModel) -> Option<Self> {
        let options = model.options?;
        Some(Self {
            name: options.name?,
            keys: plain_keys(&model.keys),
            unique: options.unique.unwrap_or(false),
            only: options.partial_filter_expression,
        })
    }
}

/// Servers give directions back as whatever number they were made with.
fn plain_keys(keys: &Document) -> Document {
    let number = |value: &mongodb::bson::Bson| {
        let whole = value.as_i64().map(|it| i32::try_from(it).unwrap_or(0));
        #[expect(clippy::cast_possible_truncation, reason = "directions are 1 and -1")]
        whole.or_else(|| value.as_f64().map(|it| it as i32))
    };
    keys.iter()
        .map(|(name, value)| {
            (name.clone(), number(value).map_or_else(|| value.clone(), Into::into))
        })
        .collect()
}

impl MongoBackend {
    pub(crate) async fn make(&self, collections: &[Collection]) -> Result<()> {
        for (name, declared) in collections.iter().flat_map(Declared::of) {
            let mut attempts = 1..=ATTEMPTS;
            while let Err(error) = self.make_one(name, &declared).await {
                let is_contended = was_interrupted(&error) || is_other_index(&error);
                if !is_contended || attempts.next().is_none() {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn make_one(&self, name: &str, declared: &[Declared]) -> Result<()> {
        let there = self.indexes(name).await?;
        if there.is_none() {
            let create = self.database.create_collection(name).write_concern(majority());
            if let Err(error) = create.await
                && !is_there_already(&error)
            {
                return Err(error);
            }
        }
        let there = there.unwrap_or_default();
        let missing = || declared.iter().filter(|it| there.get(&it.name) != Some(it));
        for index in missing() {
            let is_in_the_way = |it: &&Declared| {
                let is_same = it.keys == index.keys && it.only == index.only;
                it.name == index.name || (is_same && !declared.contains(it))
            };
            for other in there.values().filter(is_in_the_way) {
                self.drop_index(name, &other.name).await?;
            }
        }
        let models: Vec<_> = missing().map(Declared::model).collect();
        if models.is_empty() {
            return Ok(());
        }
        let collection = self.collection(name);
        let make = collection.create_indexes(models).commit_quorum(CommitQuorum::Majority);
        make.write_concern(majority()).await.map(drop)
    }

    async fn drop_index(&self, collection: &str, name: &str) -> Result<()> {
        tracing::info!(collection, index = name, "index dropped: it is not as declared");
        match self.collection(collection).drop_index(name).write_concern(majority()).await {
            Err(error) if !is_gone_already(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The indexes of a collection but that on the id; `None` when there is no such collection.
    async fn indexes(&self, collection: &str) -> Result<Option<BTreeMap<String, Declared>>> {
        let names = self.database.list_collection_names().filter(doc! { "name": collection });
        if names.await?.is_empty() {
            return Ok(None);
        }
        let models: Vec<_> =
            self.collection(collection).list_indexes().await?.try_collect().await?;
        let declared = models.into_iter().filter_map(Declared::read);
        let others = declared.filter(|it| it.name != BY_ID).map(|it| (it.name.clone(), it));
        Ok(Some(others.collect()))
    }

    /// Indexes that are not as declared.
    pub(crate) async fn index_faults(&self, collection: &Collection) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        let mut fault = |kind, detail| {
            let collection = Some(collection.name);
            faults.push(Fault { kind, collection, id: None, detail });
        };
        for (name, declared) in Declared::of(collection) {
            let mut there = self.indexes(name).await?.unwrap_or_default();
            for index in declared {
                let detail = match there.remove(&index.name) {
                    None => format!("`{name}` has no index `{}`", index.name),
                    Some(other) if other != index => {
                        format!("the index `{}` of `{name}` is not as declared", index.name)
                    }
                    Some(_) => continue,
                };
                fault(FaultKind::MissingIndex, detail);
            }
            for extra in there.into_keys() {
                let detail = format!("nobody declared the index `{extra}` of `{name}`");
                fault(FaultKind::ExtraIndex, detail);
            }
        }
        Ok(faults)
    }

    /// Makes all indexes anew, and no others.
    pub(crate) async fn make_anew(&self, collections: &[Collection]) -> Result<()> {
        for (name, _) in collections.iter().flat_map(Declared::of) {
            for index in self.indexes(name).await?.unwrap_or_default().into_keys() {
                self.drop_index(name, &index).await?;
            }
        }
        self.make(collections).await
    }
}
