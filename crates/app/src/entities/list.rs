use std::collections::BTreeMap;

use model::{Doc, Entity, Index, ObjectId, Only, Problems};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Cursor, Find, Scalar};

use super::Readable;
use crate::{Error, Member, Result};

/// What a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// 1 to 200; 50 when not said.
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub after: Option<String>,
    /// A field, `-` before it for highest first; by id when not said.
    pub sort: Option<String>,
    pub include_total: bool,
    /// Fields and the values that they must have.
    pub filters: BTreeMap<String, String>,
}

/// One page.
pub struct Listed<E> {
    pub data: Vec<Doc<E>>,
    /// For the next page; absent on the last.
    pub next_cursor: Option<String>,
    /// Of all pages.
    pub total: Option<u64>,
}

const LONGEST_PAGE: usize = 200;
const ORDINARY_PAGE: usize = 50;

/// A cursor as clients carry it.
#[derive(Serialize, Deserialize)]
struct Opaque {
    /// The index and its direction, so that a cursor of another list is refused.
    of: String,
    values: Vec<Option<Value>>,
    id: ObjectId,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    Bool(bool),
    Number(i64),
    Text(String),
}

impl Member {
    /// A page of the organization's documents.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a filter or an order that no index serves, and a cursor of another
    /// list.
    pub async fn list<E: Readable + JsonSchema>(&self, asked: &Asked) -> Result<Listed<E>> {
        let plan = Plan::<E>::of(asked)?;
        let scoped = self.tenant().scoped();
        let (mut data, next) = scoped.list(plan.find()).await?;
        data.retain(|it: &Doc<E>| !it.body.is_gone());
        E::complete(self, &mut data).await?;
        let total = if asked.include_total { Some(scoped.count(plan.all()).await?) } else { None };
        let next_cursor = next.map(|it| plan.cursor_text(it));
        Ok(Listed { data, next_cursor, total })
    }
}

/// How a list is read.
pub(crate) struct Plan<E> {
    index: Option<&'static Index>,
    equal: Vec<Scalar>,
    descending: bool,
    after: Option<Cursor>,
    limit: usize,
    of: std::marker::PhantomData<E>,
}

impl<E: Entity + JsonSchema> Plan<E> {
    /// # Errors
    /// [`Error::Invalid`] for what no index serves.
    pub(crate) fn of(asked: &Asked) -> Result<Self> {
        let mut problems = Problems::default();
        let limit = asked.limit.unwrap_or(ORDINARY_PAGE);
        problems.root().at("limit").range(&limit, &1, &LONGEST_PAGE);
        let sort = asked.sort.as_deref().filter(|it| !matches!(*it, "_id" | "-_id"));
        let descending = asked.sort.as_deref().is_some_and(|it| it.starts_with('-'));
        let sort = sort.map(|it| it.trim_start_matches('-'));
        let index = if asked.filters.is_empty() && sort.is_none() {
            None
        } else {
            let found = E::COLLECTION.indexes.iter().find(|it| serves(it, asked, sort));
            if found.is_none() {
                let (path, message) = refusal::<E>(asked, sort);
                problems.root().at(path).add("no_index", message);
            }
            found
        };
        let mut equal = Vec::new();
        for field in index.into_iter().flat_map(|it| it.fields).take(asked.filters.len()) {
            match asked.filters.get(*field).map(|it| scalar::<E>(field, it)) {
                Some(Some(value)) => equal.push(value),
                _ => problems.root().at(field).add("type", "is not a value of this field"),
            }
        }
        let mut plan =
            Self { index, equal, descending, after: None, limit, of: std::marker::PhantomData };
        if let Some(text) = &asked.after {
            plan.after = plan.read_cursor(text);
            let known = plan.after.is_some();
            problems.root().at("after").require(known, "cursor", "is not a cursor of this list");
        }
        problems.into_result().map_err(Error::Invalid)?;
        Ok(plan)
    }

    pub(crate) fn all(&self) -> Find<E> {
        match self.index {
            Some(index) => Find::by(index, self.equal.clone()),
            None => Find::all(),
        }
    }

    pub(crate) fn find(&self) -> Find<E> {
        let find = self.all().after(self.after.clone()).limit(self.limit);
        if self.descending { find.descending() } else { find }
    }

    fn name(&self) -> String {
        let direction = if self.descending { "-" } else { "" };
        let index = self.index.map_or("_id", |it| it.name);
        format!("{}.{direction}{index}.{}", E::COLLECTION.name, self.equal.len())
    }

    pub(crate) fn cursor_text(&self, cursor: Cursor) -> String {
        let values = cursor.values.into_iter().map(|it| it.map(Value::from)).collect();
        let opaque = Opaque { of: self.name(), values, id: cursor.id };
        let json = serde_json::to_vec(&opaque).unwrap_or_default();
        data_encoding::BASE64URL_NOPAD.encode(&json)
    }

    fn read_cursor(&self, text: &str) -> Option<Cursor> {
        let json = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let opaque: Opaque = serde_json::from_slice(&json).ok()?;
        let open = self.index.map_or(0, |it| it.fields.len() - self.equal.len());
        let values: Vec<_> = opaque.values.into_iter().map(|it| it.map(Scalar::from)).collect();
        (opaque.of == self.name() && values.len() == open)
            .then_some(Cursor { values, id: opaque.id })
    }
}

/// Whether an index holds all documents that are asked for, in the order that is asked for.
fn serves(index: &Index, asked: &Asked, sort: Option<&str>) -> bool {
    let filters = asked.filters.len();
    let (fixed, rest) = index.fields.split_at(filters.min(index.fields.len()));
    let complete = match index.only {
        Only::All => true,
        Only::Present(field) => asked.filters.contains_key(field),
        Only::OneOf(field, values) => {
            asked.filters.get(field).is_some_and(|it| values.contains(&it.as_str()))
        }
    };
    complete
        && fixed.len() == filters
        && fixed.iter().all(|it| asked.filters.contains_key(*it))
        && sort.is_none_or(|it| rest.first() == Some(&it))
}

fn refusal<E: Entity>(asked: &Asked, sort: Option<&str>) -> (String, String) {
    let whole = E::COLLECTION.indexes.iter().filter(|it| it.only == Only::All);
    let can: Vec<_> = whole.map(|it| it.fields.join(", ")).collect();
    let can = if can.is_empty() { "nothing".to_owned() } else { can.join("; ") };
    let path = asked.filters.keys().next().map_or("sort", String::as_str);
    let path = if sort.is_some() { "sort" } else { path };
    (path.to_owned(), format!("this list can be asked by the first fields of: {can}"))
}

/// A value as its field has it.
fn scalar<E: Entity + JsonSchema>(field: &str, text: &str) -> Option<Scalar> {
    if matches!(field, "created_at" | "updated_at") {
        return text.parse::<model::Timestamp>().ok().map(|it| Scalar::Number(it.millis()));
    }
    let schema = schemars::schema_for!(E);
    let kind = schema.pointer(&format!("/properties/{}/type", field.replace('.', "/properties/")));
    match kind.and_then(|it| it.as_str().or_else(|| it.get(0)?.as_str())) {
        Some("boolean") => text.parse().ok().map(Scalar::Bool),
        Some("integer") => text.parse().ok().map(Scalar::Number),
        _ => Some(Scalar::Text(text.to_owned())),
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Text(it) => Self::Text(it),
            Scalar::Number(it) => Self::Number(it),
            Scalar::Bool(it) => Self::Bool(it),
        }
    }
}

impl From<Value> for Scalar {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(it) => Self::Text(it),
            Value::Number(it) => Self::Number(it),
            Value::Bool(it) => Self::Bool(it),
        }
    }
}
