//! Pages of a collection. The whole place in an index is where a page begins, so that each page
//! costs the same.

use std::cmp::Ordering;

use futures_util::TryStreamExt;
use model::Index;
use mongodb::{
    bson::{
        Bson, DateTime, Document, doc, oid,
        raw::{RawDocument, RawDocumentBuf},
    },
    error::Error,
    options::{Hint, ReadConcern},
};
use store::{Catalog, Cursor, Damaged, Order, PAGE_BYTES, Page, Query, Record, Result, Scalar};

use crate::{
    MongoBackend, PRIMARY,
    body::TEXT,
    document::{answered, asked, id_of, is_time, key_in, owner_of, record},
    error::unavailable,
    schema::{condition, keys},
};

/// The server's own name of the index on the id.
pub(crate) const BY_ID: &str = "_id_";

/// A query as `find` takes it.
#[derive(Debug, Default)]
pub(crate) struct Select {
    pub(crate) filter: Document,
    pub(crate) sort: Document,
    /// The name of the index.
    pub(crate) hint: &'static str,
    /// The first place in the index, itself included.
    pub(crate) min: Option<Document>,
    /// The last place in the index, itself excluded.
    pub(crate) max: Option<Document>,
    pub(crate) projection: Option<Document>,
}

/// `None` when nothing can be found.
///
/// # Errors
/// When the collection does not declare the index, or the values do not fit it.
pub(crate) fn select(catalog: &Catalog, query: &Query) -> Result<Option<Select>> {
    let collection = catalog.admit_query(query)?;
    let Some(index) = query.index else { return Ok(Some(by_id(query))) };
    let mut filter = matching(catalog, query, index)?;
    let prefix: Vec<_> = filter.values().take(1 + query.equal.len()).cloned().collect();
    let free = index.fields.get(query.equal.len()..).unwrap_or_default();
    let bson = |value: Option<&Scalar>, field: &str| asked(collection, field, value);
    let next = free.first().copied().unwrap_or_default();
    let Some(range) = Range::new(query, next) else { return Ok(None) };

    let mut low = prefix.clone();
    match (&query.from, &query.until) {
        (Some(from), _) => low.push(bson(Some(from), next)),
        // Above absent, below all numbers.
        (None, Some(_)) => low.push(Bson::Double(f64::NEG_INFINITY)),
        (None, None) => {}
    }
    let mut high = prefix.clone();
    high.extend(query.until.as_ref().map(|it| bson(Some(it), next)));
    let mut is_bounded = high.len() > prefix.len() || low.len() > prefix.len();
    let mut high_rest = if query.until.is_some() { Bson::MinKey } else { Bson::MaxKey };

    if let Some(after) = &query.after {
        let values: Vec<_> =
            free.iter().zip(&after.values).map(|(field, it)| bson(it.as_ref(), field)).collect();
        let id = id_of(query.owner, after.id);
        let behind = if query.order == Order::Ascending { "$lte" } else { "$gte" };
        let mut seen: Document =
            free.iter().map(|it| (*it).to_owned()).zip(values.iter().cloned()).collect();
        seen.insert("_id", doc! { behind: id.clone() });
        filter.insert("$nor", vec![seen]);
        let mut place = [prefix, values].concat();
        if !index.unique {
            place.push(id.into());
        } else if query.order == Order::Descending && !free.is_empty() {
            // The end is excluded, and the document there may have been replaced by another.
            place = place
                .split_last()
                .map_or_else(Vec::new, |(last, rest)| [rest, &[successor(last)]].concat());
        }
        let moves = range.holds_cursor && !(index.unique && free.is_empty());
        if moves && query.order == Order::Ascending {
            (low, is_bounded) = (place, true);
        } else if moves {
            (high, is_bounded) = (place, true);
            high_rest = Bson::MaxKey;
        }
    }

    let keys = keys(index);
    let place = |values: Vec<Bson>, rest: Bson| {
        let values = values.into_iter().chain(std::iter::repeat(rest));
        keys.keys().cloned().zip(values).collect::<Document>()
    };
    let direction = direction(query.order);
    Ok(Some(Select {
        filter,
        sort: keys.keys().map(|it| (it.clone(), direction.into())).collect(),
        min: is_bounded.then(|| place(low, Bson::MinKey)),
        max: is_bounded.then(|| place(high, high_rest)),
        projection: projection(query, free),
        hint: index.name,
    }))
}

/// The owner, the equal values, and what a partial index asks for; in this order.
pub(crate) fn matching(catalog: &Catalog, query: &Query, index: &Index) -> Result<Document> {
    let collection = catalog.collection(query.collection)?;
    let mut filter = doc! { "organization_id": owner_of(query.owner) };
    for (field, value) in index.fields.iter().zip(&query.equal) {
        filter.insert(*field, asked(collection, field, Some(value)));
    }
    if let Some((field, condition)) = condition(index.only) {
        filter.insert("$and", vec![doc! { field: condition }]);
    }
    Ok(filter)
}

/// All that a query finds on all of its pages, for counting.
///
/// # Errors
/// As [`select`].
pub(crate) fn all(catalog: &Catalog, query: &Query) -> Result<(Document, &'static str)> {
    let collection = catalog.admit_query(query)?;
    let Some(index) = query.index else {
        let Select { filter, hint, .. } = by_id(&Query { after: None, ..query.clone() });
        return Ok((filter, hint));
    };
    let mut filter = matching(catalog, query, index)?;
    if let Some(field) = index.fields.get(query.equal.len()) {
        let path = format!("${field}");
        let bound = |operator: &str, value: Bson| doc! { operator: [&path, { "$literal": value }] };
        let mut bounds = Vec::new();
        bounds.extend(
            query.from.as_ref().map(|it| bound("$gte", asked(collection, field, Some(it)))),
        );
        bounds.extend(
            query.until.as_ref().map(|it| bound("$lt", asked(collection, field, Some(it)))),
        );
        if !bounds.is_empty() {
            bounds.push(bound("$gt", Bson::Null));
            filter.insert("$expr", doc! { "$and": bounds });
        }
    }
    Ok((filter, index.name))
}

fn by_id(query: &Query) -> Select {
    let owner = owner_of(query.owner);
    let mut low = doc! { "$gt": { "organization_id": owner.clone(), "id": Bson::MinKey } };
    let mut high = doc! { "$lt": { "organization_id": owner, "id": Bson::MaxKey } };
    if let Some(after) = &query.after {
        let place = id_of(query.owner, after.id);
        match query.order {
            Order::Ascending => low = doc! { "$gt": place },
            Order::Descending => high = doc! { "$lt": place },
        }
    }
    low.extend(high);
    Select {
        filter: doc! { "_id": low },
        sort: doc! { "_id": direction(query.order) },
        hint: BY_ID,
        projection: projection(query, &[]),
        ..Select::default()
    }
}

fn direction(order: Order) -> i32 {
    match order {
        Order::Ascending => 1,
        Order::Descending => -1,
    }
}

/// The fields that are asked for, the envelope, and what the next cursor is made of.
fn projection(query: &Query, free: &[&str]) -> Option<Document> {
    let fields = query.fields?;
    let first = |it: &&str| it.split('.').next().unwrap_or_default().to_owned();
    let envelope = ["version", "created_at", "updated_at", TEXT];
    let names = envelope.iter().chain(fields).map(|it| (*it).to_owned());
    Some(names.chain(free.iter().map(first)).map(|it| (it, 1.into())).collect())
}

/// The record with only the fields that are asked for.
fn only(mut record: Record, query: &Query) -> Result<Record, Damaged> {
    if let Some(fields) = query.fields {
        record.body = record
            .body
            .only(fields)
            .map_err(|error| Damaged { key: record.key, reason: error.to_string() })?;
    }
    Ok(record)
}

/// The place in the query's index of a document that cannot be read.
fn cursor(query: &Query, document: &RawDocumentBuf) -> Option<Cursor> {
    let key = key_in(query.collection, document.get_document("_id").ok()?)?;
    let fields = query.index.map_or(&[][..], |it| it.fields);
    let free = fields.get(query.equal.len()..).unwrap_or_default();
    let document: &RawDocument = document;
    Some(Cursor { values: free.iter().map(|it| answered(document, it)).collect(), id: key.id })
}

impl MongoBackend {
    pub(crate) async fn page(&self, query: &Query, select: Select) -> Result<Page> {
        let selected = self.selected(query, select).await;
        let (found, more) = selected.map_err(|error| unavailable(&error))?;
        let mut page = Page::default();
        for (count, document) in (1..).zip(&found) {
            let read = record(query.collection, document);
            if more && count == found.len() {
                let place = read.as_ref().and_then(|it| Cursor::at(it.as_ref().ok()?, query).ok());
                page.next = place.or_else(|| cursor(query, document));
            }
            match read.map(|it| it.and_then(|it| only(it, query))) {
                Some(Ok(record)) => page.records.push(record),
                Some(Err(damaged)) => page.damaged.push(damaged),
                None => {}
            }
        }
        Ok(page)
    }

    /// How the server answers a query: the stages of its plan, the last one first.
    ///
    /// # Errors
    /// As [`Backend::list`](store::Backend::list).
    pub async fn explain(&self, query: &Query) -> Result<Vec<String>> {
        let Some(select) = select(&self.tables().catalog, query)? else { return Ok(Vec::new()) };
        let mut find = doc! {
            "find": query.collection,
            "filter": select.filter,
            "sort": select.sort,
            "hint": select.hint,
        };
        find.extend(select.min.map(|it| ("min".to_owned(), it.into())));
        find.extend(select.max.map(|it| ("max".to_owned(), it.into())));
        let explain = doc! { "explain": find, "verbosity": "queryPlanner" };
        let explained = self.database.run_command(explain).selection_criteria(PRIMARY).await;
        let explained = explained.map_err(|error| unavailable(&error))?;
        let mut found = Vec::new();
        let plan =
            explained.get_document("queryPlanner").and_then(|it| it.get_document("winningPlan"));
        if let Ok(plan) = plan {
            stages(plan, &mut found);
        }
        Ok(found)
    }

    /// As many as a page has, and whether there are more.
    async fn selected(
        &self,
        query: &Query,
        select: Select,
    ) -> Result<(Vec<RawDocumentBuf>, bool), Error> {
        let limit = i64::try_from(query.limit.saturating_add(1)).unwrap_or(i64::MAX);
        let collection = self.raw(query.collection);
        let mut find = collection.find(select.filter).sort(select.sort).limit(limit);
        find = find.hint(Hint::Name(select.hint.to_owned()));
        find = find.selection_criteria(PRIMARY).read_concern(ReadConcern::majority());
        if let (Some(min), Some(max)) = (select.min, select.max) {
            find = find.min(min).max(max);
        }
        if let Some(projection) = select.projection {
            find = find.projection(projection);
        }
        let mut cursor = find.await?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(document) = cursor.try_next().await? {
            if found.len() == query.limit || bytes >= PAGE_BYTES {
                return Ok((found, true));
            }
            bytes += document.as_bytes().len();
            found.push(document);
        }
        Ok((found, false))
    }
}

fn stages(plan: &Document, found: &mut Vec<String>) {
    found.extend(plan.get_str("stage").ok().map(str::to_owned));
    let one = plan.get_document("inputStage").ok().into_iter();
    let more = plan.get_array("inputStages").into_iter().flatten().filter_map(Bson::as_document);
    for inner in one.chain(more) {
        stages(inner, found);
    }
}

struct Range {
    /// The cursor is within the range, not before its first place.
    holds_cursor: bool,
}

impl Range {
    /// `None` when it is empty, or over before the cursor.
    fn new(query: &Query, field: &str) -> Option<Self> {
        let (from, until) = (query.from.as_ref(), query.until.as_ref());
        let cursor = query.after.as_ref().filter(|_| query.order == Order::Ascending);
        let start = cursor.and_then(|it| it.values.first()?.as_ref()).or(from);
        let is_text = |it: Option<&Scalar>| matches!(it, Some(Scalar::Text(_)));
        // No time is above any text.
        if is_time(field) && (is_text(start) || is_text(from)) {
            return None;
        }
        if let (Some(from), Some(until)) = (from, until)
            && by_place(Some(from), Some(until)).is_ge()
        {
            return None;
        }
        let Some(next) = query.after.as_ref().and_then(|it| it.values.first()) else {
            return Some(Self { holds_cursor: true });
        };
        let next = next.as_ref();
        let is_before = match from {
            Some(from) => by_place(next, Some(from)).is_lt(),
            None => until.is_some() && next.is_none(),
        };
        let is_behind = until.is_some_and(|it| by_place(next, Some(it)).is_ge());
        let is_over = match query.order {
            Order::Ascending => is_behind,
            Order::Descending => is_before,
        };
        (!is_over).then_some(Self { holds_cursor: !is_before && !is_behind })
    }
}

/// The order of values in an index.
fn by_place(one: Option<&Scalar>, other: Option<&Scalar>) -> Ordering {
    fn place(value: Option<&Scalar>) -> (u8, i64, &str) {
        match value {
            None => (0, 0, ""),
            Some(Scalar::Bool(truth)) => (1, i64::from(*truth), ""),
            Some(Scalar::Number(number)) => (1, *number, ""),
            Some(Scalar::Text(text)) => (2, 0, text),
        }
    }
    place(one).cmp(&place(other))
}

/// The lowest value above one in an index.
fn successor(value: &Bson) -> Bson {
    match value {
        Bson::Null => Bson::Double(f64::NEG_INFINITY),
        Bson::Int64(number) => {
            number.checked_add(1).map_or(Bson::Double(f64::INFINITY), Bson::Int64)
        }
        Bson::DateTime(date) => {
            DateTime::from_millis(date.timestamp_millis().saturating_add(1)).into()
        }
        Bson::String(text) => Bson::String(format!("{text}\0")),
        Bson::ObjectId(id) => {
            let mut bytes = id.bytes();
            for byte in bytes.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    return oid::ObjectId::from_bytes(bytes).into();
                }
            }
            Bson::MaxKey
        }
        _ => Bson::MaxKey,
    }
}
