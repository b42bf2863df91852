//! What can be asked of one connection.

use model::Collection;
use rusqlite::{Connection, Params, Row, params, params_from_iter, types::ValueRef};
use store::{
    Cursor, Damaged, Key, Owner, PAGE_BYTES, Page, Query, Record, Result, Scalar, Scan, Scanned,
    StoreError, StoredEvent,
};

use crate::{apply::Place, error, row, schema::Tables, select, sql::ABSENT};

pub(crate) fn get(connection: &Connection, tables: &Tables, key: &Key) -> Result<Option<Record>> {
    let (collection, sql) = tables.table(key.collection)?;
    let (key, place) = (Key { collection: collection.name, ..*key }, Place::of(key));
    let found = |row: &Row<'_>| Ok(row::record(row, key));
    let found = rows(connection, &sql.get, params![place.owner(), place.id()], found)?.pop();
    found.transpose().map_err(|it| row::corrupt(&it.key, it.reason))
}

pub(crate) fn list(connection: &Connection, tables: &Tables, query: &Query) -> Result<Page> {
    let collection = tables.catalog.admit_query(query)?;
    let select = select::page(collection, query);
    let (mut found, mut bytes, mut more) = (Vec::new(), 0, false);
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(&select.sql)?;
        let mut rows = statement.query(params_from_iter(&select.parameters))?;
        while let Some(row) = rows.next()? {
            if found.len() == query.limit || bytes >= PAGE_BYTES {
                more = true;
                break;
            }
            let key = Key { owner: query.owner, ..row::key(row, collection.name) };
            let record = row::record(row, key).map_err(|damaged| (damaged, place(row)));
            bytes += record.as_ref().map_or(0, |it| it.body.as_str().len());
            found.push(record);
        }
        Ok(())
    };
    read().map_err(|it| error::unavailable(&it))?;
    let next = found.last().filter(|_| more).map(|last| match last {
        Ok(record) => Cursor::at(record, query),
        Err((damaged, values)) => Ok(Cursor { values: values.clone(), id: damaged.key.id }),
    });
    let next = next.transpose()?;
    if next.as_ref().is_some_and(|it| !select::goes_on(query, it)) {
        return Err(out_of_order(collection));
    }
    let mut page = Page { next, ..Page::default() };
    for found in found {
        match found {
            Ok(record) => page.records.push(only(record, query)?),
            Err((damaged, _)) => page.damaged.push(damaged),
        }
    }
    Ok(page)
}

pub(crate) fn count(connection: &Connection, tables: &Tables, query: &Query) -> Result<u64> {
    let select = select::count(tables.catalog.admit_query(query)?, query);
    let parameters = params_from_iter(&select.parameters);
    let counted = rows(connection, &select.sql, parameters, |row| row.get(0))?;
    Ok(counted.first().map_or(0, |it: &i64| it.cast_unsigned()))
}

pub(crate) fn scan(connection: &Connection, tables: &Tables, scan: &Scan) -> Result<Scanned> {
    search(connection, tables, scan, |_| true)
}

/// The part of a collection of which `holds` is true, and what in it cannot be read.
pub(crate) fn search(
    connection: &Connection,
    tables: &Tables,
    scan: &Scan,
    holds: impl Fn(&Record) -> bool,
) -> Result<Scanned> {
    let (collection, sql) = tables.table(scan.collection)?;
    let statement = if scan.owner.is_some() { &sql.scan_of_owner } else { &sql.scan };
    let owner = scan.owner.or(scan.after.map(|it| it.0)).unwrap_or(Owner::Platform);
    let id = match scan.after {
        Some((before, _)) if before < owner => Vec::new(),
        Some((before, _)) if before > owner => return Ok(Scanned::default()),
        Some((_, id)) => id.bytes().to_vec(),
        None => Vec::new(),
    };
    let mut scanned = Scanned::default();
    let (mut last, mut seen) = (None, scan.after);
    let searched = || -> rusqlite::Result<Result<Scanned>> {
        let mut statement = connection.prepare_cached(statement)?;
        let mut rows = statement.query(params![Place::owner_of(owner), id])?;
        while let Some(row) = rows.next()? {
            let key = row::key(row, collection.name);
            let place = Some((key.owner, key.id));
            if seen >= place {
                return Ok(Err(out_of_order(collection)));
            }
            seen = place;
            let found = row::record(row, key);
            if found.as_ref().is_ok_and(|it| !holds(it)) {
                continue;
            }
            if scanned.records.len() + scanned.damaged.len() == scan.limit {
                scanned.next = last;
                break;
            }
            last = place;
            push(&mut scanned, found);
        }
        Ok(Ok(scanned))
    };
    searched().map_err(|it| error::unavailable(&it))?
}

pub(crate) fn events(
    connection: &Connection,
    tables: &Tables,
    stream: &Key,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>> {
    let from = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (sql, place) = (tables.events(stream.collection)?, Place::of(stream));
    let parameters = params![place.owner(), place.id(), from, limit];
    let found = rows(connection, &sql.after, parameters, |row| Ok(row::event(row, stream)))?;
    let events = found.into_iter().collect::<Result<Vec<_>>>()?;
    match events.iter().zip(after.saturating_add(1)..).find(|(it, due)| it.sequence != *due) {
        None => Ok(events),
        Some((_, due)) => Err(row::corrupt(stream, format!("its event {due} is not there"))),
    }
}

pub(crate) fn events_of_command(
    connection: &Connection,
    tables: &Tables,
    stream: &Key,
    command_id: &str,
) -> Result<Vec<StoredEvent>> {
    let (sql, place) = (tables.events(stream.collection)?, Place::of(stream));
    let parameters = params![place.owner(), place.id(), command_id];
    let found = rows(connection, &sql.of_command, parameters, |row| Ok(row::event(row, stream)))?;
    found.into_iter().collect()
}

pub(crate) fn push(scanned: &mut Scanned, found: Result<Record, Damaged>) {
    match found {
        Ok(record) => scanned.records.push(record),
        Err(damaged) => scanned.damaged.push(damaged),
    }
}

pub(crate) fn rows<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let found = || -> rusqlite::Result<Vec<T>> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_map(parameters, read)?.collect()
    };
    found().map_err(|it| error::unavailable(&it))
}

/// What the index says of a document that cannot be read.
fn place(row: &Row<'_>) -> Vec<Option<Scalar>> {
    let columns = row::RECORD_COLUMNS..row.as_ref().column_count();
    let scalar = |column| match row.get_ref(column) {
        Ok(ValueRef::Integer(number)) if number != ABSENT => Some(Scalar::Number(number)),
        Ok(ValueRef::Text(text)) => Some(Scalar::Text(String::from_utf8_lossy(text).into_owned())),
        _ => None,
    };
    columns.map(scalar).collect()
}

fn only(mut record: Record, query: &Query) -> Result<Record, StoreError> {
    if let Some(fields) = query.fields {
        let only = record.body.only(fields);
        record.body = only.map_err(|it| row::corrupt(&record.key, it.to_string()))?;
    }
    Ok(record)
}

/// Going on from there would never end.
fn out_of_order(collection: &Collection) -> StoreError {
    StoreError::Unavailable(format!("an index of `{}` is damaged", collection.name))
}
