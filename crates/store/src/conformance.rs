//! The promises of a [`Backend`] as tests that every backend runs.

#![expect(missing_docs, reason = "each promise is its name")]
#![cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "every promise uses most of the fixtures")
)]
#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

mod batches;
mod bodies;
mod deletes;
mod feed;
mod fixtures;
mod indexes;
mod lists;
mod pages;
mod referrers;
mod snapshots;
mod streams;
mod together;

pub use self::{
    batches::*, bodies::*, deletes::*, feed::*, fixtures::*, indexes::*, lists::*, pages::*,
    referrers::*, snapshots::*, streams::*, together::*,
};
use crate::Backend;

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
            a_page_ends_when_it_is_large,
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
            a_count_is_of_all_pages,
            a_list_can_be_of_some_fields,
            referrers_are_found_by_a_field,
            referrers_of_several_documents_are_found_once,
            referrers_come_in_pages,
            referrers_of_an_organizations_document_are_its_own,
            unreferenced_holds_the_batch,
            unreferenced_counts_what_the_batch_did_before,
            nobody_refers_to_what_was_deleted_meanwhile,
            the_feed_tells_what_is_committed_in_its_order,
            the_feed_tells_nothing_of_what_was_refused,
            the_feed_tells_of_everybodys_documents,
            the_feed_goes_on_behind_any_change,
            the_feed_waits_for_what_comes,
            the_feed_has_no_gap_and_no_duplicate_under_concurrent_writers,
            a_position_that_was_never_given_out_is_refused,
            a_scan_has_everybodys_documents_by_owner_and_id,
            a_scan_of_an_owner_has_only_its_documents,
            a_snapshot_does_not_see_what_comes_after_it,
            what_was_stored_can_be_put_back,
            a_stream_can_be_put_back_with_its_events,
            a_sound_store_has_no_faults,
            a_delete_takes_along_what_cascades_across_levels_and_in_cycles,
            a_delete_is_refused_by_what_restricts_it,
            a_delete_empties_the_fields_that_it_should,
            a_delete_takes_along_any_number,
            deletes_agree_with_a_model_on_random_graphs,
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
