//! The one place that spells SQL of documents. A field that is indexed is a generated column: the
//! planner knows one by its name, and takes a whole cursor over several as where to begin.

use std::{collections::BTreeSet, fmt::Write as _};

use model::{Collection, EventCollection, Index, Only};

use crate::row::{EVENT, RECORD};

/// Stands for a field that is absent or null. Being the lowest value it comes first, and being one
/// it can be compared, which SQL's own NULL cannot.
pub(crate) const ABSENT: i64 = i64::MIN;

/// The statements of one collection.
#[derive(Debug, Clone)]
pub(crate) struct TableSql {
    pub(crate) all: String,
    pub(crate) get: String,
    pub(crate) version: String,
    pub(crate) held: String,
    pub(crate) insert: String,
    pub(crate) update: String,
    pub(crate) delete: String,
    pub(crate) scan: String,
    pub(crate) scan_of_owner: String,
    pub(crate) events: Option<EventsSql>,
}

/// The statements of one collection's events.
#[derive(Debug, Clone)]
pub(crate) struct EventsSql {
    pub(crate) insert: String,
    pub(crate) delete: String,
    pub(crate) after: String,
    pub(crate) of_command: String,
    pub(crate) all: String,
    /// Streams whose events are not 1 to the version of their document.
    pub(crate) uneven: String,
}

impl TableSql {
    pub(crate) fn new(collection: &Collection) -> Self {
        let table = quoted(collection.name);
        let this = "WHERE owner = ?1 AND id = ?2";
        Self {
            all: format!("SELECT {RECORD} FROM {table} NOT INDEXED"),
            get: format!("SELECT {RECORD} FROM {table} {this}"),
            version: format!("SELECT version FROM {table} {this}"),
            held: format!("SELECT rowid, {RECORD} FROM {table} {this}"),
            insert: format!(
                "INSERT INTO {table} (owner, id, version, created_at, updated_at, checksum, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (owner, id) DO NOTHING"
            ),
            update: format!(
                "UPDATE {table} SET version = ?2, updated_at = ?3, checksum = ?4, body = ?5
                 WHERE rowid = ?1"
            ),
            delete: format!("DELETE FROM {table} {this} AND version = ?3"),
            scan: format!(
                "SELECT {RECORD} FROM {table} WHERE (owner, id) > (?1, ?2) ORDER BY owner, id"
            ),
            scan_of_owner: format!(
                "SELECT {RECORD} FROM {table} WHERE owner = ?1 AND id > ?2 ORDER BY id"
            ),
            events: collection.events.map(|it| EventsSql::new(collection, it)),
        }
    }
}

impl EventsSql {
    fn new(collection: &Collection, events: EventCollection) -> Self {
        let (documents, table) = (quoted(collection.name), quoted(events.name));
        let this = "WHERE owner = ?1 AND stream = ?2";
        Self {
            insert: format!(
                "INSERT INTO {table} (owner, stream, sequence, id, event_type, schema_version,
                 timestamp, command_id, checksum, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            ),
            delete: format!("DELETE FROM {table} {this}"),
            after: format!(
                "SELECT {EVENT} FROM {table} {this} AND sequence > ?3 ORDER BY sequence LIMIT ?4"
            ),
            of_command: format!(
                "SELECT {EVENT} FROM {table} {this} AND command_id = ?3 ORDER BY sequence"
            ),
            all: format!("SELECT owner, stream, {EVENT} FROM {table}"),
            uneven: format!(
                "SELECT owner, id FROM {documents} AS it WHERE (version, version, 1) IS NOT
                     (SELECT count(*), max(sequence), min(sequence) FROM {table}
                      WHERE owner = it.owner AND stream = it.id)
                 UNION ALL SELECT DISTINCT owner, stream FROM {table} AS it WHERE NOT EXISTS
                     (SELECT 1 FROM {documents} WHERE owner = it.owner AND id = it.stream)"
            ),
        }
    }
}

/// What is no JSON cannot be written; when it has become so on the disk, its indexes hold it as
/// one without fields, so that it can be listed and removed.
pub(crate) fn create_table(collection: &Collection) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (
             owner BLOB NOT NULL,
             id BLOB NOT NULL,
             version INTEGER NOT NULL,
             created_at INTEGER NOT NULL,
             updated_at INTEGER NOT NULL,
             checksum INTEGER NOT NULL,
             body TEXT NOT NULL CHECK (json_valid(body)),
             PRIMARY KEY (owner, id)
         ) STRICT",
        quoted(collection.name)
    )
}

pub(crate) fn create_events(events: EventCollection) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (
             owner BLOB NOT NULL,
             stream BLOB NOT NULL,
             sequence INTEGER NOT NULL,
             id BLOB NOT NULL,
             event_type TEXT NOT NULL,
             schema_version INTEGER NOT NULL,
             timestamp INTEGER NOT NULL,
             command_id TEXT NOT NULL,
             checksum INTEGER NOT NULL,
             body TEXT NOT NULL,
             PRIMARY KEY (owner, stream, sequence)
         ) STRICT, WITHOUT ROWID",
        quoted(events.name)
    )
}

/// The index's name in the file and what SQLite keeps of its making.
pub(crate) fn create_index(collection: &Collection, index: &Index) -> (String, String) {
    let name = index_name(collection, index);
    let mut sql = String::from(if index.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
    let _ = write!(sql, "{} ON {} (owner", quoted(&name), quoted(collection.name));
    for field in index.fields {
        let _ = write!(sql, ", {}", value(field));
    }
    // A unique index needs no id to tell documents apart.
    sql.push_str(if index.unique { ")" } else { ", id)" });
    if let Some(condition) = condition(index.only) {
        let _ = write!(sql, " WHERE {condition}");
    }
    (name, sql)
}

pub(crate) fn create_event_indexes(events: EventCollection) -> Vec<(String, String)> {
    [("by_command", "stream, command_id"), ("by_type", "event_type, timestamp")]
        .into_iter()
        .map(|(name, fields)| {
            let name = format!("{}.{name}", events.name);
            let (index, table) = (quoted(&name), quoted(events.name));
            let sql = format!("CREATE INDEX {index} ON {table} (owner, {fields})");
            (name, sql)
        })
        .collect()
}

pub(crate) fn drop_index(name: &str) -> String {
    format!("DROP INDEX {}", quoted(name))
}

/// The fields that need a column, each once.
pub(crate) fn columns(collection: &Collection) -> BTreeSet<String> {
    let fields = collection.indexes.iter().flat_map(|it| {
        let condition = match it.only {
            Only::All => None,
            Only::Present(field) | Only::OneOf(field, _) => Some(field),
        };
        it.fields.iter().copied().chain(condition)
    });
    fields.filter(|it| !is_envelope(it)).map(path).collect()
}

pub(crate) fn add_column(table: &str, path: &str) -> String {
    let (table, column, path) = (quoted(table), quoted(path), literal(path));
    format!(
        "ALTER TABLE {table} ADD COLUMN {column} ANY GENERATED ALWAYS AS
         (ifnull(iif(json_valid(body), json_extract(body, {path}), NULL), {ABSENT})) VIRTUAL"
    )
}

/// A field as it is indexed, ordered and compared.
pub(crate) fn value(field: &str) -> String {
    if is_envelope(field) { field.to_owned() } else { quoted(&path(field)) }
}

/// Which documents a partial index holds; a query must say the same to use it.
pub(crate) fn condition(only: Only) -> Option<String> {
    match only {
        Only::All => None,
        Only::Present(field) => Some(format!("{} <> {ABSENT}", value(field))),
        Only::OneOf(field, values) => {
            let values: Vec<_> = values.iter().map(|it| literal(it)).collect();
            Some(format!("{} IN ({})", value(field), values.join(", ")))
        }
    }
}

/// Whether SQLite's message of a unique violation is about this index.
pub(crate) fn names_index(message: &str, collection: &Collection, index: &Index) -> bool {
    let fields = index.fields.iter().map(|it| match *it {
        envelope if is_envelope(envelope) => envelope.to_owned(),
        field => path(field),
    });
    let columns = std::iter::once("owner".to_owned()).chain(fields);
    let columns: Vec<_> = columns.map(|it| format!("{}.{it}", collection.name)).collect();
    message.ends_with(&format!(": {}", columns.join(", ")))
}

pub(crate) fn index_name(collection: &Collection, index: &Index) -> String {
    format!("{}.{}", collection.name, index.name)
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn is_envelope(field: &str) -> bool {
    matches!(field, "created_at" | "updated_at")
}

fn path(field: &str) -> String {
    format!("$.{field}")
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
