//! A query as one SELECT that its index answers alone: no scan of others, no sorting.

use std::{cmp::Ordering, fmt::Write as _};

use model::Collection;
use rusqlite::types::Value;
use store::{Order, Query, Scalar};

use crate::{
    apply::Place,
    sql::{self, ABSENT, RECORD},
};

/// SQL and what its parameters are, in order.
#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Value>,
}

/// One document more than the page has, to tell whether there is a next one.
pub(crate) fn page(collection: &Collection, query: &Query) -> Select {
    let mut select = Select { sql: String::new(), parameters: Vec::new() };
    let fields = query.index.map_or(&[][..], |it| it.fields);
    let (fixed, free) = fields.split_at(query.equal.len().min(fields.len()));
    let _ = write!(select.sql, "SELECT {RECORD} FROM {}", sql::quoted(collection.name));
    if let Some(index) = query.index {
        let index = sql::index_name(collection, index);
        let _ = write!(select.sql, " INDEXED BY {}", sql::quoted(&index));
    }
    select.sql.push_str(" WHERE owner = ");
    select.parameter(Value::Blob(Place::owner_of(query.owner)));
    if let Some(condition) = query.index.and_then(|it| sql::condition(it.only)) {
        let _ = write!(select.sql, " AND {condition}");
    }
    for (field, equal) in fixed.iter().zip(&query.equal) {
        select.compare(&sql::value(field), "=", value(Some(equal)));
    }
    let mut order: Vec<_> = free.iter().map(|it| sql::value(it)).chain(["id".to_owned()]).collect();
    select.bounds(query, &order);
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
    select.sql.push_str(" LIMIT ");
    let limit = query.limit.saturating_add(1);
    select.parameter(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    select
}

impl Select {
    /// Of a bound and a cursor on the same side only the narrower one is written: SQLite would
    /// take either of two for where to begin.
    fn bounds(&mut self, query: &Query, order: &[String]) {
        let ranged = query.from.is_some() || query.until.is_some();
        let present = ranged.then_some(Value::Integer(ABSENT + 1));
        let mut lower = query.from.as_ref().map(|it| value(Some(it))).or(present);
        let mut upper = query.until.as_ref().map(|it| value(Some(it)));
        let mut after = query.after.as_ref();
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

/// As SQLite orders them: numbers before text.
fn is_below(left: &Value, right: Option<&Value>) -> bool {
    let order = match (left, right) {
        (Value::Integer(left), Some(Value::Integer(right))) => left.cmp(right),
        (Value::Integer(_), Some(Value::Text(_))) => Ordering::Less,
        (Value::Text(left), Some(Value::Text(right))) => left.cmp(right),
        _ => Ordering::Greater,
    };
    order == Ordering::Less
}

#[cfg(test)]
mod tests;
