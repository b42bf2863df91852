use model::Collection;
use rusqlite::{Connection, Row};
use store::{Fault, FaultKind, Key, Result};

use crate::{
    apply::Place,
    error, log,
    row::{self, Document, Event},
    schema,
    sql::TableSql,
};

/// Rows of the log that are looked at together.
const LOGGED: usize = 1_000;

/// All that is wrong, of one instant.
pub(crate) fn faults(connection: &Connection, collections: &[Collection]) -> Result<Vec<Fault>> {
    let transaction = connection.unchecked_transaction().map_err(|it| error::unavailable(&it))?;
    let mut faults = Vec::new();
    inspect(&mut faults, None, |faults| structure(&transaction, faults));
    inspect(&mut faults, None, |faults| changes(&transaction, faults));
    for collection in collections {
        let it = Inspected { connection: &transaction, collection };
        inspect(&mut faults, Some(collection), |faults| it.indexes(faults));
        inspect(&mut faults, Some(collection), |faults| it.documents(faults));
        inspect(&mut faults, Some(collection), |faults| it.events(faults));
    }
    Ok(faults)
}

struct Inspected<'a> {
    connection: &'a Connection,
    collection: &'a Collection,
}

/// What cannot be looked at is a fault too.
fn inspect(
    faults: &mut Vec<Fault>,
    collection: Option<&Collection>,
    look: impl FnOnce(&mut Vec<Fault>) -> rusqlite::Result<()>,
) {
    if let Err(error) = look(faults) {
        faults.push(fault(FaultKind::DamagedStructure, collection, error.to_string()));
    }
}

fn structure(connection: &Connection, faults: &mut Vec<Fault>) -> rusqlite::Result<()> {
    let mut check = connection.prepare("PRAGMA integrity_check")?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let found: String = row.get(0)?;
        if found != "ok" {
            faults.push(fault(FaultKind::DamagedStructure, None, found));
        }
    }
    Ok(())
}

fn changes(connection: &Connection, faults: &mut Vec<Fault>) -> rusqlite::Result<()> {
    let mut due = None;
    loop {
        let rows = log::rows(connection, due.unwrap_or(0), LOGGED)?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let position = row.position;
            if !row.is_whole() || due.is_some_and(|it| it != position) {
                let detail = format!("the log of changes is damaged at {position}");
                faults.push(fault(FaultKind::DamagedRecord, None, detail));
            }
            due = Some(position + 1);
        }
    }
}

impl Inspected<'_> {
    fn indexes(&self, faults: &mut Vec<Fault>) -> rusqlite::Result<()> {
        for (table, declared) in schema::declared(self.collection) {
            let found = schema::found(self.connection, table)?;
            for (name, _) in declared.iter().filter(|it| !found.contains(it)) {
                let is_there = found.iter().any(|it| it.0 == *name);
                let how = if is_there { "is not as it is declared" } else { "is not there" };
                let detail = format!("the index `{name}` {how}");
                faults.push(fault(FaultKind::MissingIndex, Some(self.collection), detail));
            }
            for (name, _) in found {
                if !declared.iter().any(|it| it.0 == name) {
                    let detail = format!("nobody declares the index `{name}`");
                    faults.push(fault(FaultKind::ExtraIndex, Some(self.collection), detail));
                }
            }
        }
        Ok(())
    }

    fn documents(&self, faults: &mut Vec<Fault>) -> rusqlite::Result<()> {
        if !self.is_there(self.collection.name)? {
            return Ok(());
        }
        self.rows(&TableSql::new(self.collection).all, |row, key| {
            if let Err(reason) = Document::read(row, 0, &Place::of(&key)) {
                faults.push(damaged(&key, reason));
            }
        })
    }

    fn events(&self, faults: &mut Vec<Fault>) -> rusqlite::Result<()> {
        let (Some(sql), Some(events)) =
            (TableSql::new(self.collection).events, self.collection.events)
        else {
            return Ok(());
        };
        if !self.is_there(self.collection.name)? || !self.is_there(events.name)? {
            return Ok(());
        }
        self.rows(&sql.all, |row, stream| {
            if let Err(reason) = Event::read(row, 2, &Place::of(&stream)) {
                faults.push(damaged(&stream, row::of_event(row, 2, &reason)));
            }
        })?;
        self.rows(&sql.uneven, |_, stream| {
            let detail = "its events are not 1, 2, 3 … up to its version";
            let uneven = damaged(&stream, detail.to_owned());
            faults.push(Fault { kind: FaultKind::UnevenStream, ..uneven });
        })
    }

    /// Before the first `ensure` there is nothing to read, and the indexes are missing.
    fn is_there(&self, table: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
        self.connection.prepare(sql)?.exists([table])
    }

    fn rows(&self, sql: &str, mut look: impl FnMut(&Row<'_>, Key)) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            look(row, row::key(row, self.collection.name));
        }
        Ok(())
    }
}

fn damaged(key: &Key, detail: String) -> Fault {
    let (kind, collection) = (FaultKind::DamagedRecord, Some(key.collection));
    Fault { kind, collection, id: Some(key.id), detail }
}

fn fault(kind: FaultKind, collection: Option<&Collection>, detail: String) -> Fault {
    Fault { kind, collection: collection.map(|it| it.name), id: None, detail }
}
