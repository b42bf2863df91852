//! The promises of a [`Backend`] as tests that every backend runs.

#![expect(missing_docs, reason = "each promise is its name")]
#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

mod batches;
mod bodies;
mod indexes;
mod pages;
mod streams;
mod together;

use std::{future::Future, future::poll_fn, pin::Pin, task::Poll};

use model::{Collection, EventCollection, Index, ObjectId, Only, Timestamp};

pub use self::{batches::*, bodies::*, indexes::*, pages::*, streams::*, together::*};
use crate::{Backend, Key, Owner, Query, Record, Scalar, Stored, StoredEvent, Write};

/// One test per promise for what `$make` makes: a backend, or one with what must outlive it, such
/// as its folder.
#[macro_export]
macro_rules! conformance {
    ($make:expr) => {
        $crate::conformance!($make;
            a_batch_is_all_or_nothing,
            a_batch_is_nothing_when_its_last_write_is_refused,
            writes_are_applied_in_their_order,
            a_put_needs_the_right_version,
            a_conflict_comes_before_a_duplicate,
            a_delete_needs_the_right_version,
            a_check_of_a_version_holds_the_batch,
            a_check_of_presence_holds_the_batch,
            another_owner_sees_nothing,
            the_same_document_can_be_written_twice_in_a_batch,
            an_empty_batch_is_applied,
            ensure_twice_is_harmless,
            an_unknown_collection_is_an_error,
            created_at_stays_and_updated_at_moves,
            a_body_comes_back_byte_for_byte,
            a_number_keeps_its_spelling,
            a_document_over_the_limit_is_refused_before_anything_is_written,
            a_document_at_the_limit_is_stored,
            a_unique_value_is_unique_for_its_owner_only,
            a_unique_index_counts_absent_as_a_value,
            an_index_on_presence_holds_only_documents_with_the_field,
            an_index_on_values_holds_only_documents_with_one_of_them,
            a_compound_index_is_unique_in_all_its_fields,
            a_unique_value_can_be_kept_by_its_document,
            a_unique_value_moves_on_in_the_order_of_the_writes,
            an_index_of_another_collection_is_an_error,
            values_that_do_not_fit_the_index_are_an_error,
            list_is_in_the_order_of_ids,
            list_by_an_index_finds_equals,
            list_by_an_index_is_ordered_by_its_fields_then_by_id,
            absent_and_null_come_first,
            a_range_has_its_lower_and_not_its_upper_bound,
            text_sorts_by_its_bytes,
            truth_values_are_found,
            nested_fields_are_found,
            the_times_of_the_envelope_are_indexed,
            a_change_moves_the_document_in_its_indexes,
            pages_have_each_document_once,
            pages_by_id_have_each_document_once,
            pages_of_a_range_have_each_document_once,
            pages_of_a_unique_index_have_each_document_once,
            pages_stay_stable_under_inserts_and_deletes,
            the_last_page_has_no_next,
            a_cursor_does_not_lead_out_of_the_range,
            an_append_needs_the_right_version,
            an_append_must_go_on_without_gaps,
            a_stream_is_written_by_appending_only,
            the_version_of_a_stream_is_the_number_of_its_events,
            events_come_after_a_sequence_in_order,
            events_are_limited,
            events_of_a_command_are_its_own,
            an_event_comes_back_as_it_was,
            an_append_and_a_put_are_one_batch,
            a_stream_goes_on_in_one_batch,
            a_deleted_stream_has_no_events_and_can_begin_again,
            events_of_a_collection_without_events_are_an_error,
            of_concurrent_writers_one_wins_each_version,
            of_concurrent_appends_one_wins_each_version,
            parallel_batches_all_land,
            a_unique_value_is_taken_once_by_concurrent_takers,
            checks_hold_against_concurrent_batches,
            what_was_committed_is_seen_at_once,
        );
    };
    ($make:expr; $($promise:ident,)+) => {
        mod conformance {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                let made = ($make)().await;
                let backend = $crate::conformance::Made::backend(&made);
                backend.ensure($crate::conformance::COLLECTIONS).await.unwrap();
                $crate::conformance::$promise(backend).await;
            })+
        }
    };
}

/// What a test is given: a backend, or one with its guard.
pub trait Made {
    fn backend(&self) -> &dyn Backend;
}

impl<B: Backend> Made for B {
    fn backend(&self) -> &dyn Backend {
        self
    }
}

impl<B: Backend, G> Made for (B, G) {
    fn backend(&self) -> &dyn Backend {
        &self.0
    }
}

pub const COLLECTIONS: &[Collection] = &[THINGS, ACCOUNTS, SESSIONS];

pub const THINGS: Collection = Collection {
    name: "things",
    label: "thing",
    indexes: &[BY_RANK, BY_KIND, BY_CITY, BY_DONE, BY_CREATED, BY_KIND_UPDATED],
    references: &[],
    events: None,
};

pub const ACCOUNTS: Collection = Collection {
    name: "accounts",
    label: "account",
    indexes: &[BY_HANDLE, BY_EMAIL, BY_SEAT, BY_TEAM],
    references: &[],
    events: None,
};

pub const SESSIONS: Collection = Collection {
    name: "sessions",
    label: "session",
    indexes: &[BY_STATUS],
    references: &[],
    events: Some(EventCollection { name: "session_events", stream_field: "session_id" }),
};

pub const BY_RANK: Index = plain("by_rank", &["rank"]);
pub const BY_KIND: Index = plain("by_kind", &["kind", "rank"]);
pub const BY_CITY: Index = plain("by_city", &["address.city"]);
pub const BY_DONE: Index = plain("by_done", &["done", "rank"]);
pub const BY_CREATED: Index = plain("by_created", &["created_at"]);
pub const BY_KIND_UPDATED: Index = plain("by_kind_updated", &["kind", "updated_at"]);
pub const BY_STATUS: Index = plain("by_status", &["status"]);
pub const BY_HANDLE: Index =
    Index { name: "by_handle", fields: &["handle"], unique: true, only: Only::All };
pub const BY_EMAIL: Index =
    Index { name: "by_email", fields: &["email"], unique: true, only: Only::Present("email") };
pub const BY_SEAT: Index = Index {
    name: "by_seat",
    fields: &["seat"],
    unique: true,
    only: Only::OneOf("status", &["open", "held"]),
};
pub const BY_TEAM: Index =
    Index { name: "by_team", fields: &["team", "slot"], unique: true, only: Only::Present("team") };

const fn plain(name: &'static str, fields: &'static [&'static str]) -> Index {
    Index { name, fields, unique: false, only: Only::All }
}

fn id(number: u32) -> ObjectId {
    ObjectId::from_parts(0x6741_2a01, [1, 2, 3, 4, 5], number)
}

fn org(number: u8) -> Owner {
    Owner::Organization(ObjectId::from_parts(1, [0, 0, 0, 0, number], 0))
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

fn key(collection: &Collection, number: u32) -> Key {
    Key { owner: org(1), collection: collection.name, id: id(number) }
}

fn thing(number: u32) -> Key {
    key(&THINGS, number)
}

fn account(number: u32) -> Key {
    key(&ACCOUNTS, number)
}

fn session(number: u32) -> Key {
    key(&SESSIONS, number)
}

fn json(text: impl Into<String>) -> Stored {
    Stored::from_json(text.into())
}

fn put(key: Key, expect: u64, body: impl Into<String>) -> Write {
    Write::Put { key, expect, at: at(0), body: json(body) }
}

fn append(stream: Key, expect: u64, count: u64) -> Write {
    let events = (expect + 1..=expect + count).map(|it| event(it, "command")).collect();
    let state = json(format!(r#"{{"status":"open","count":{}}}"#, expect + count));
    Write::Append { stream, expect, at: at(0), events, state }
}

fn event(sequence: u64, command: &str) -> StoredEvent {
    StoredEvent {
        id: id(u32::try_from(sequence).unwrap()),
        sequence,
        event_type: "STEP_ANSWERED".to_owned(),
        schema_version: 3,
        timestamp: at(77),
        command_id: command.to_owned(),
        body: json(r#"{"answer":"yes"}"#),
    }
}

fn query(collection: &Collection, index: &'static Index) -> Query {
    Query { index: Some(index), ..Query::by_id(org(1), collection.name, 100) }
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

async fn write(backend: &dyn Backend, write: Write) {
    backend.commit(vec![write]).await.unwrap();
}

async fn fill(backend: &dyn Backend, things: &[(u32, &str)]) {
    for (number, body) in things {
        write(backend, put(thing(*number), 0, *body)).await;
    }
}

async fn version(backend: &dyn Backend, key: Key) -> u64 {
    backend.get(&key).await.unwrap().map_or(0, |it| it.version)
}

async fn ids(backend: &dyn Backend, query: &Query) -> Vec<u32> {
    backend.list(query).await.unwrap().records.iter().map(number).collect()
}

fn number(record: &Record) -> u32 {
    let [.., a, b, c] = record.key.id.bytes();
    u32::from_be_bytes([0, a, b, c])
}

/// Runs all of them at once.
async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut ended = Vec::new();
    poll_fn(|context| {
        running.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(output) => {
                ended.push(output);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    ended
}

async fn all_gone(backend: &dyn Backend, keys: &[Key]) {
    for key in keys {
        assert_eq!(backend.get(key).await.unwrap(), None);
    }
}
