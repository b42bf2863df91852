use std::collections::{BTreeSet, HashMap};

use model::Collection;
use rusqlite::{Connection, TransactionBehavior};
use store::{Catalog, Result, StoreError};

use crate::{
    error::Fault,
    sql::{self, EventsSql, TableSql},
};

/// What was ensured: the declarations and the statements made from them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tables {
    pub(crate) catalog: Catalog,
    statements: HashMap<&'static str, TableSql>,
}

impl Tables {
    pub(crate) fn extend(&mut self, collections: &[Collection]) {
        self.catalog.extend(collections);
        self.statements.extend(collections.iter().map(|it| (it.name, TableSql::new(it))));
    }

    /// # Errors
    /// When the collection was not ensured.
    pub(crate) fn table(&self, name: &str) -> Result<(&Collection, &TableSql)> {
        let collection = self.catalog.collection(name)?;
        let missing = || StoreError::Unavailable(format!("there is no table `{name}`"));
        Ok((collection, self.statements.get(name).ok_or_else(missing)?))
    }

    /// # Errors
    /// When the collection was not ensured or has no events.
    pub(crate) fn events(&self, collection: &str) -> Result<&EventsSql> {
        let none = || StoreError::Unavailable(format!("`{collection}` has no events"));
        self.table(collection)?.1.events.as_ref().ok_or_else(none)
    }
}

/// Brings the file to what the collections declare. Indexes that nobody declared stay unless they
/// are told to go: a newer version may have made them.
pub(crate) fn ensure(
    connection: &mut Connection,
    collections: &[Collection],
    drop_extra: bool,
) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for collection in collections {
        transaction.execute_batch(&sql::create_table(collection))?;
        columns(&transaction, collection)?;
        if let Some(events) = collection.events {
            transaction.execute_batch(&sql::create_events(events))?;
        }
        for (table, declared) in declared(collection) {
            indexes(&transaction, collection, table, declared, drop_extra)?;
        }
    }
    Ok(transaction.commit()?)
}

/// An index's name and what SQLite keeps of its making.
pub(crate) type NamedIndex = (String, String);

/// The indexes of each table of a collection, from the last to the first: SQLite asks the newest
/// first, so that of several unique ones the first declared is named.
pub(crate) fn declared(collection: &Collection) -> Vec<(&'static str, Vec<NamedIndex>)> {
    let indexes = collection.indexes.iter().rev().map(|it| sql::create_index(collection, it));
    let of_events = collection.events.map(|it| (it.name, sql::create_event_indexes(it)));
    [(collection.name, indexes.collect())].into_iter().chain(of_events).collect()
}

/// The indexes that a table has beside the one of its primary key.
pub(crate) fn found(connection: &Connection, table: &str) -> rusqlite::Result<Vec<NamedIndex>> {
    let mut found = connection.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql NOT NULL",
    )?;
    found.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Columns of indexes that are no more stay: they take no room.
fn columns(connection: &Connection, collection: &Collection) -> Result<(), Fault> {
    let mut found = connection.prepare("SELECT name FROM pragma_table_xinfo(?)")?;
    let found = found.query_map([collection.name], |row| row.get(0))?;
    let found = found.collect::<rusqlite::Result<BTreeSet<String>>>()?;
    for path in sql::columns(collection).difference(&found) {
        connection.execute_batch(&sql::add_column(collection.name, path))?;
    }
    Ok(())
}

fn indexes(
    connection: &Connection,
    collection: &Collection,
    table: &str,
    mut declared: Vec<NamedIndex>,
    drop_extra: bool,
) -> Result<(), Fault> {
    for found in found(connection, table)? {
        let before = declared.len();
        declared.retain(|it| *it != found);
        let is_other = declared.iter().any(|it| it.0 == found.0);
        if is_other || (drop_extra && declared.len() == before) {
            connection.execute_batch(&sql::drop_index(&found.0))?;
        }
    }
    for (_, sql) in declared {
        connection.execute_batch(&sql).map_err(|error| Fault::of_write(collection, error))?;
    }
    Ok(())
}
