use std::fmt::Display;

use model::{Index, Only};
use serde_json::Value;

use crate::{Cursor, Key, Query, Record, Result, Scalar, StoreError};

impl Record {
    /// What the fields of an index are in this document; `None` where one is absent or null.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the body is no JSON or a field holds what no index can: a
    /// fraction, a number beyond 64 bits, a list or an object.
    pub fn values(&self, fields: &[&str]) -> Result<Vec<Option<Scalar>>> {
        let body = self.json()?;
        fields.iter().map(|field| self.value(&body, field)).collect()
    }

    /// The same, or `None` when the index does not hold this document.
    ///
    /// # Errors
    /// As [`Record::values`].
    pub fn indexed(&self, index: &Index) -> Result<Option<Vec<Option<Scalar>>>> {
        let body = self.json()?;
        let held = match index.only {
            Only::All => true,
            Only::Present(field) => at(&body, field).is_some(),
            Only::OneOf(field, values) => {
                at(&body, field).and_then(Value::as_str).is_some_and(|it| values.contains(&it))
            }
        };
        let values = || index.fields.iter().map(|field| self.value(&body, field)).collect();
        held.then(values).transpose()
    }

    fn value(&self, body: &Value, field: &str) -> Result<Option<Scalar>> {
        let scalar = match (field, at(body, field)) {
            ("created_at", _) => Scalar::Number(self.created_at.millis()),
            ("updated_at", _) => Scalar::Number(self.updated_at.millis()),
            (_, None) => return Ok(None),
            (_, Some(Value::String(text))) => Scalar::Text(text.clone()),
            (_, Some(Value::Bool(truth))) => Scalar::Bool(*truth),
            (_, Some(value)) => Scalar::Number(
                value
                    .as_i64()
                    .ok_or_else(|| self.corrupt(&format!("`{field}` cannot be indexed")))?,
            ),
        };
        Ok(Some(scalar))
    }

    fn json(&self) -> Result<Value> {
        self.body.read().map_err(|error| self.corrupt(&error))
    }

    pub(crate) fn corrupt(&self, reason: &dyn Display) -> StoreError {
        let Key { collection, id, .. } = self.key;
        StoreError::Corrupt { collection, id, reason: reason.to_string() }
    }
}

impl Cursor {
    /// The place of a document that the query found.
    ///
    /// # Errors
    /// As [`Record::values`].
    pub fn at(record: &Record, query: &Query) -> Result<Self> {
        let fields = query.index.map_or(&[][..], |it| it.fields);
        let free = fields.get(query.equal.len()..).unwrap_or_default();
        let values = if free.is_empty() { Vec::new() } else { record.values(free)? };
        Ok(Self { values, id: record.key.id })
    }
}

fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(body, |value, name| value.get(name)).filter(|it| !it.is_null())
}
