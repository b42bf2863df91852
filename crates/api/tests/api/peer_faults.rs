//! Faults that other booking systems were reported for, tried here. Each that has a counterpart is
//! a row: it finds nothing in the API as it is, and something once the guard is taken away by a
//! router that behaves as the system of the report did.
//!
//! Tried elsewhere, because no router can take the guard away: races for the last seat (Cal.com
//! #13397) in `seats` of the app, where a store that forgets seats is noticed; sealed secrets moved
//! to another row (CVE-2026-48765) in `keyring` of the app, and in `reseal`; handlers that nobody
//! listed (Cal.com 2026-01) by `matrix::routes_description_and_policy_are_the_same_operations`;
//! roles that a migration merges (Kanidm #3182) in `migrations` of the app. Every operation and
//! every caller, instead of the few that a row shows it with, has `matrix`.
//!
//! Some have no counterpart yet: nothing keeps credentials of vendors (CVE-2026-109143), calls out
//! to addresses of tenants (CVE-2025-64709, CVE-2026-33712), takes webhooks (CVE-2026-39969)
//! or exports CSV (CVE-2026-47705).

#[path = "peer_faults/content.rs"]
mod content;
#[path = "peer_faults/credentials.rs"]
mod credentials;
#[path = "peer_faults/guards.rs"]
mod guards;
#[path = "peer_faults/tenants.rs"]
mod tenants;

use model::core::SystemRole;
use serde_json::Value;

use crate::{member::Member, site::Site};

/// A site, and the owner of its business.
struct Case {
    site: Site,
    owner: Member,
}

/// What a row has found.
#[derive(Default)]
struct Found(Vec<String>);

impl Case {
    async fn new() -> Self {
        let site = Site::new().await;
        let owner = Member::with(&site, SystemRole::Owner).await;
        Self { site, owner }
    }

    /// How much the audit log tells.
    async fn told(&self) -> Value {
        let all = self.owner.get(&self.site, "audit_log?include_total=true&limit=1").await;
        all.json()["total"].clone()
    }

    /// The ids of the documents of another business, or of this one.
    async fn first(&self, owner: &Member, collection: &str) -> String {
        let page = owner.get(&self.site, &format!("{collection}?limit=1")).await.json();
        page["data"][0]["_id"].as_str().unwrap_or_else(|| panic!("no {collection}")).to_owned()
    }

    /// The owner of another business.
    async fn other(&self) -> Member {
        self.site.other_business().await;
        let other = self.site.system.find_organization("other").await.unwrap().unwrap();
        Member::of(&self.site, other.id, vec![SystemRole::Owner.seeded_id()]).await
    }
}

impl Found {
    fn unless(&mut self, as_it_should_be: bool, otherwise: impl Into<String>) {
        if !as_it_should_be {
            self.0.push(otherwise.into());
        }
    }
}

/// Tests of rows: what each finds with all guards, and without its own.
macro_rules! rows {
    ($($(#[$doc:meta])* $row:path, as $name:ident, without $guard:path;)+) => {$(
        $(#[$doc])*
        mod $name {
            use super::*;

            #[tokio::test]
            async fn finds_nothing() {
                let mut found = Found::default();
                $row(&Case::new().await, &mut found).await;
                assert_eq!(found.0, Vec::<String>::new());
            }

            #[tokio::test]
            async fn finds_what_its_guard_keeps_out() {
                let mut case = Case::new().await;
                case.site.router = $guard(&case, case.site.router.clone()).await;
                let mut found = Found::default();
                $row(&case, &mut found).await;
                assert_ne!(found.0, Vec::<String>::new());
            }
        }
    )+};
}

rows! {
    /// CVE-2026-23478: a request named the address of another account and got that account.
    credentials::nobody_writes_who_they_are, as an_address_that_is_written,
        without guards::refusing_unknown_fields;
    /// Cal.com 2026-01: an invitation to a known address set another password.
    credentials::an_invitation_changes_no_account, as an_invitation_over_an_account,
        without guards::keeping_passwords;
    /// CVE-2023-1269: everybody knew the password of the first account.
    credentials::there_is_no_account_to_begin_with, as a_default_account,
        without guards::having_no_default_account;
    /// CVE-2026-47702: whoever read the database had the tokens of all.
    credentials::a_key_is_kept_as_its_hash, as a_token_that_is_kept,
        without guards::hiding_keys;
    /// CVE-2025-59934: what a token said was believed without its signature.
    credentials::a_token_that_was_not_given_out_is_worth_nothing, as a_token_that_is_forged,
        without guards::comparing_whole_tokens;
    /// CVE-2026-108758: who knew an id, and said that they managed it, did.
    credentials::an_id_is_no_authority, as an_id_as_authority,
        without guards::asking_for_the_session_token;
    /// CVE-2026-62862: a code could be guessed as often as one liked.
    credentials::guesses_come_to_an_end, as guesses_without_end,
        without guards::counting_guesses;

    /// CVE-2026-16624, CVE-2023-3700: a body named what is another organization's.
    tenants::foreign_ids_in_a_body_are_nobodys, as a_foreign_id_in_a_body,
        without guards::looking_for_references_at_home;
    /// CVE-2023-3285 … 38055: one organization's requests reached another's documents.
    tenants::another_organization_is_not_there, as another_organizations_documents,
        without guards::asking_whose_organization;
    /// CVE-2026-110620: one's own organization beside the id of another's document.
    tenants::a_foreign_id_below_ones_own_is_not_there, as a_foreign_id_below_ones_own,
        without guards::looking_at_home;
    /// CVE-2022-0482: calendars were anybody's to read.
    tenants::nothing_is_shown_without_signing_in, as a_list_without_signing_in,
        without guards::asking_who_it_is;
    /// CVE-2026-105090: a lower role set what runs for a higher one.
    tenants::a_lower_role_sets_nothing, as a_setting_of_a_lower_role,
        without guards::asking_what_they_may_do;
    /// GHSA-xxwr-vvr3-2g9f: a right to read let write.
    tenants::a_right_to_read_lets_nobody_write, as a_right_to_read_that_writes,
        without guards::asking_what_they_may_do;

    /// CVE-2024-58355, CVE-2026-57858: texts and settings of a business ran as scripts.
    content::what_a_business_writes_is_no_script, as a_text_that_is_a_script,
        without guards::escaping;
    /// CVE-2024-30264: where a visitor was sent at the end was a script.
    content::nobody_is_sent_to_a_script, as a_link_that_is_a_script,
        without guards::looking_at_links;
    /// CVE-2026-48768: the name that a client gave a file was where it was written.
    content::the_name_of_a_file_is_not_its_place, as a_name_that_is_a_place,
        without guards::naming_files;
    /// CVE-2026-23622: what is changed by POST was changed by GET as well.
    content::safe_methods_change_nothing, as a_safe_method_that_writes,
        without guards::keeping_methods_apart;
    /// CVE-2026-52839: the row was written, and then the answer was an error.
    content::what_is_answered_with_an_error_has_no_effect, as an_error_that_writes,
        without guards::writing_all_or_nothing;
}
