use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, OnDelete, PerTenant, Place, Reference, Timestamp, content::Address,
};

/// A person or household that an organization works for. What they wrote at a booking stays in
/// the booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    pub first_name: String,
    pub last_name: String,
    #[serde(default)]
    pub emails: Vec<String>,
    /// E.164.
    #[serde(default)]
    pub phones: Vec<String>,
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// The customer's id in each vendor's system.
    #[serde(default)]
    pub vendor_ids: BTreeMap<String, String>,
    pub first_booked_at: Option<Timestamp>,
    pub last_booked_at: Option<Timestamp>,
    #[serde(default)]
    pub bookings_count: u32,
    #[serde(default)]
    pub consents: Vec<CustomerConsent>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub notes: Option<String>,
    /// The customer that this one turned out to be.
    pub merged_into: Option<Id<Customer>>,
    pub erased_at: Option<Timestamp>,
}

/// What a customer agreed to, or took back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerConsent {
    pub key: String,
    pub given: bool,
    pub at: Timestamp,
    /// Where it was said: `booking`, `admin` …
    pub source: String,
}

impl Entity for Customer {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "customers",
        label: "customer",
        indexes: &[],
        references: &[Reference {
            field: "merged_into",
            to: "customers",
            on_delete: OnDelete::SetNull,
        }],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[
        ("first_booked_at", "null"),
        ("last_booked_at", "null"),
        ("bookings_count", "0"),
        ("merged_into", "null"),
        ("erased_at", "null"),
    ];

    fn validate(&self, place: &mut Place<'_>) {
        place.at("first_name").text(&self.first_name, 0, 100);
        place.at("last_name").text(&self.last_name, 0, 100);
        for (n, email) in self.emails.iter().enumerate() {
            place.at(format_args!("emails.{n}")).email(email);
        }
        for (n, phone) in self.phones.iter().enumerate() {
            let e164 = phone.strip_prefix('+').is_some_and(|it| {
                (7..=15).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit())
            });
            place.at(format_args!("phones.{n}")).require(
                e164,
                "phone",
                "must be E.164 as +14045550134",
            );
        }
        for (n, address) in self.addresses.iter().enumerate() {
            address.validate(place.at(format_args!("addresses.{n}")));
        }
        place.at("notes").text(self.notes.as_deref().unwrap_or_default(), 0, 10_000);
    }
}
