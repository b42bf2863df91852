use std::collections::HashSet;

use model::{Collection, Index, ObjectId, Only};
use rusqlite::{Connection, params_from_iter};
use serde_json::Value;
use store::{Key, Owner, Referrers, Result, Scan, Scanned, Stored, ids_at};

use crate::{read, row, schema::Tables, select};

/// More ids than these are not looked for in the text before a document is parsed.
const FEW: usize = 8;

/// Documents that point at others: by an index when one begins with the field, else by looking
/// at all documents that may.
pub(crate) fn search(
    connection: &Connection,
    tables: &Tables,
    referrers: &Referrers,
) -> Result<Scanned> {
    let collection = tables.catalog.collection(referrers.by)?;
    match (referrers.targets.owner, index(collection, referrers.field)) {
        (Owner::Organization(_), Some(index)) => by_index(connection, collection, index, referrers),
        _ => by_looking(connection, tables, referrers),
    }
}

/// One that holds every document in which the field is.
fn index(collection: &Collection, field: &str) -> Option<&'static Index> {
    let holds = |only| match only {
        Only::All => true,
        Only::Present(present) => present == field,
        Only::OneOf(..) => false,
    };
    collection.indexes.iter().find(|it| it.fields.first() == Some(&field) && holds(it.only))
}

fn by_index(
    connection: &Connection,
    collection: &Collection,
    index: &'static Index,
    referrers: &Referrers,
) -> Result<Scanned> {
    let Referrers { targets, after, limit, .. } = referrers;
    let select = select::pointing(collection, index, targets, *after, *limit);
    let mut found =
        read::rows(connection, &select.sql, params_from_iter(&select.parameters), |row| {
            let key = Key { owner: targets.owner, ..row::key(row, collection.name) };
            Ok((key, row::record(row, key)))
        })?;
    let mut scanned = Scanned::default();
    if found.len() > *limit {
        found.truncate(*limit);
        scanned.next = found.last().map(|(key, _)| (key.owner, key.id));
    }
    for (_, found) in found {
        read::push(&mut scanned, found);
    }
    Ok(scanned)
}

fn by_looking(
    connection: &Connection,
    tables: &Tables,
    Referrers { by, field, targets, after, limit }: &Referrers,
) -> Result<Scanned> {
    let owner = Some(targets.owner).filter(|it| *it != Owner::Platform);
    let scan = Scan { collection: by, owner, after: *after, limit: *limit };
    let ids: HashSet<ObjectId> = targets.ids.iter().copied().collect();
    let texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let points = |body: &Stored| {
        let may = texts.len() > FEW || texts.iter().any(|it| body.as_str().contains(it));
        let parsed = may.then(|| body.read::<Value>().ok()).flatten();
        parsed.is_some_and(|it| ids_at(&it, field).iter().any(|id| ids.contains(id)))
    };
    read::search(connection, tables, &scan, |record| points(&record.body))
}
