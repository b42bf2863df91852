//! A query as one SELECT that its index answers alone: no scan of others, no sorting.

use std::{cmp::Ordering, fmt::Write as _};

use model::{Collection, Index, ObjectId};
use rusqlite::types::Value;
use store::{Cursor, Order, Owner, Query, Scalar, Targets};

use crate::{
    apply::Place,
    row::RECORD,
    sql::{self, ABSENT},
};

/// SQL and what its parameters are, in order.
#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Value>,
}

/// One document more than the page has, to tell whether there is a next one. Behind the record
/// are the values of a cursor, as the index has them.
pub(crate) fn page(collection: &Collection, query: &Query) -> Select {
    let mut order: Vec<_> = free(query).iter().map(|it| sql::value(it)).collect();
    let columns = [&[RECORD.to_owned()], &order[..]].concat().join(", ");
    let mut select = Select::from(&columns, collection, query);
    order.push("id".to_owned());
    select.bounds(query, query.after.as_ref(), &order);
    if query.index.is_some_and(|it| it.unique) {
        // It is not in the index, and would tell nothing apart.
        order.pop();
    }
    let direction = match query.order {
        Order::Ascending => "",
        Order::Descending => " DESC",
    };
    if !order.is_empty() {
        let _ =
            write!(select.sql, " ORDER BY {}{direction}", order.join(&format!("{direction}, ")));
    }
    select.limit(query.limit);
    select
}

/// How many documents all pages have.
pub(crate) fn count(collection: &Collection, query: &Query) -> Select {
    let mut select = Select::from("count(*)", collection, query);
    let order: Vec<_> = free(query).iter().map(|it| sql::value(it)).collect();
    select.bounds(query, None, &order);
    select
}

/// The targets' owner's documents that point at them in the first field of an index.
pub(crate) fn pointing(
    collection: &Collection,
    index: &'static Index,
    targets: &Targets,
    after: Option<(Owner, ObjectId)>,
    limit: usize,
) -> Select {
    let all = Query { index: Some(index), ..Query::by_id(targets.owner, collection.name, limit) };
    let mut select = Select::from(RECORD, collection, &all);
    let ids: Vec<_> = targets.ids.iter().map(|it| format!(r#""{it}""#)).collect();
    let field = index.fields.first().map_or_else(String::new, |it| sql::value(it));
    let _ = write!(select.sql, " AND {field} IN (SELECT value FROM json_each(");
    select.parameter(Value::Text(format!("[{}]", ids.join(","))));
    select.sql.push_str("))");
    let after = after.filter(|it| it.0 >= targets.owner);
    if let Some((owner, id)) = after {
        let owner_is_done = owner > targets.owner;
        let id = if owner_is_done { vec![u8::MAX; 12] } else { id.bytes().to_vec() };
        select.compare("id", ">", Value::Blob(id));
    }
    select.sql.push_str(" ORDER BY id");
    select.limit(limit);
    select
}

/// Whether a place is behind the one that the query began with.
pub(crate) fn goes_on(query: &Query, next: &Cursor) -> bool {
    let Some(after) = &query.after else { return true };
    let values = after.values.iter().zip(&next.values);
    let order = values
        .map(|(after, next)| order(&value(next.as_ref()), &value(after.as_ref())))
        .find(|it| it.is_ne())
        .unwrap_or_else(|| next.id.cmp(&after.id));
    match query.order {
        Order::Ascending => order.is_gt(),
        Order::Descending => order.is_lt(),
    }
}

/// The fields of its index that the query does not fix.
fn free(query: &Query) -> &'static [&'static str] {
    let fields = query.index.map_or(&[][..], |it| it.fields);
    fields.get(query.equal.len()..).unwrap_or_default()
}

impl Select {
    /// All that the query finds but for its bounds.
    fn from(columns: &str, collection: &Collection, query: &Query) -> Self {
        let sql = format!("SELECT {columns} FROM {}", sql::quoted(collection.name));
        let mut select = Self { sql, parameters: Vec::new() };
        if let Some(index) = query.index {
            let index = sql::index_name(collection, index);
            let _ = write!(select.sql, " INDEXED BY {}", sql::quoted(&index));
        }
        select.sql.push_str(" WHERE owner = ");
        select.parameter(Value::Blob(Place::owner_of(query.owner)));
        if let Some(condition) = query.index.and_then(|it| sql::condition(it.only)) {
            let _ = write!(select.sql, " AND {condition}");
        }
        let fields = query.index.map_or(&[][..], |it| it.fields);
        for (field, equal) in fields.iter().zip(&query.equal) {
            select.compare(&sql::value(field), "=", value(Some(equal)));
        }
        select
    }

    fn limit(&mut self, limit: usize) {
        self.sql.push_str(" LIMIT ");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        self.parameter(Value::Integer(limit));
    }

    /// Of a bound and a cursor on the same side only the narrower one is written: SQLite would
    /// take either of two for where to begin.
    fn bounds(&mut self, query: &Query, mut after: Option<&Cursor>, order: &[String]) {
        let ranged = query.from.is_some() || query.until.is_some();
        let present = ranged.then_some(Value::Integer(ABSENT + 1));
        let mut lower = query.from.as_ref().map(|it| value(Some(it))).or(present);
        let mut upper = query.until.as_ref().map(|it| value(Some(it)));
        let first = after.and_then(|it| it.values.first()).map(|it| value(it.as_ref()));
        if let Some(first) = first {
            match query.order {
                Order::Ascending if is_below(&first, lower.as_ref()) => after = None,
                Order::Descending if upper.is_some() && !is_below(&first, upper.as_ref()) => {
                    after = None;
                }
                Order::Ascending => lower = None,
                Order::Descending => upper = None,
            }
        }
        if let (Some(next), Some(lower)) = (order.first(), lower) {
            self.compare(next, ">=", lower);
        }
        if let (Some(next), Some(upper)) = (order.first(), upper) {
            self.compare(next, "<", upper);
        }
        if let Some(cursor) = after {
            let behind = match query.order {
                Order::Ascending => ">",
                Order::Descending => "<",
            };
            let id = Value::Blob(cursor.id.bytes().to_vec());
            let values = cursor.values.iter().map(|it| value(it.as_ref())).chain([id]);
            let _ = write!(self.sql, " AND ({}) {behind} (", order.join(", "));
            for (position, value) in values.enumerate() {
                self.sql.push_str(if position == 0 { "" } else { ", " });
                self.parameter(value);
            }
            self.sql.push(')');
        }
    }

    fn compare(&mut self, left: &str, operator: &str, right: Value) {
        let _ = write!(self.sql, " AND {left} {operator} ");
        self.parameter(right);
    }

    fn parameter(&mut self, value: Value) {
        self.parameters.push(value);
        let _ = write!(self.sql, "?{}", self.parameters.len());
    }
}

fn value(scalar: Option<&Scalar>) -> Value {
    match scalar {
        None => Value::Integer(ABSENT),
        Some(Scalar::Bool(truth)) => Value::Integer(i64::from(*truth)),
        Some(Scalar::Number(number)) => Value::Integer(*number),
        Some(Scalar::Text(text)) => Value::Text(text.clone()),
    }
}

fn is_below(left: &Value, right: Option<&Value>) -> bool {
    right.is_some_and(|right| order(left, right).is_lt())
}

/// As SQLite orders them: numbers before text.
fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Integer(_), _) => Ordering::Less,
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests;
