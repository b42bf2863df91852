use std::{borrow::Cow, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference as References,
    Timestamp,
    content::Address,
    core::File,
    scheduler::{BookingService, Customer, Price},
    session::BookingSession,
};

/// The appointment that a completed session made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    /// One booking of one session.
    pub booking_session_id: Id<BookingSession>,
    /// Unique in the organization.
    pub reference: Reference,
    pub booking_service_id: Id<BookingService>,
    /// Absent when the flow only takes requests.
    pub timeslot: Option<BookingWindow>,
    pub customer_id: Option<Id<Customer>>,
    /// As it was given.
    pub customer: BookingCustomer,
    pub address: Option<Address>,
    /// Readable without the flow.
    #[serde(default)]
    pub answers: Vec<AnswerSummary>,
    pub price: Option<Price>,
    #[serde(default)]
    pub file_ids: Vec<Id<File>>,
    pub status: BookingStatus,
    pub vendor: Option<BookingVendor>,
    /// Counts the versions of its calendar entry.
    #[serde(default)]
    pub ics_sequence: u32,
    #[serde(default)]
    pub consents: Vec<Consent>,
}

/// Six letters and digits that cannot be taken for one another when spoken, as `K7M-2QX`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Reference(String);

/// When somebody comes, or the appointment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingWindow {
    pub start: Timestamp,
    pub end: Timestamp,
    /// IANA zone in which it was chosen.
    pub time_zone: String,
    /// An arrival window; otherwise the exact time.
    pub window: bool,
}

/// Who booked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingCustomer {
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Whether the organization did not know them.
    pub is_new: bool,
}

/// A question and what was answered, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerSummary {
    pub question: String,
    pub answer: String,
}

/// Where a booking stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// Without a time yet.
    Requested,
    Confirmed,
    Rescheduled,
    Cancelled,
    Completed,
    NoShow,
}

/// How far it has come to the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingVendor {
    pub vendor: String,
    pub state: BookingVendorState,
    pub external_id: Option<String>,
    #[serde(default)]
    pub attempts: u32,
    pub last_error: Option<String>,
    pub pushed_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingVendorState {
    Pending,
    Pushed,
    Accepted,
    Converted,
    Dismissed,
    Failed,
}

/// What was agreed to at the booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    pub key: String,
    /// The words that were shown.
    pub text: String,
    pub at: Timestamp,
}

/// Without 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V.
const ALPHABET: &[u8; 24] = b"34679ACDEFGHJKMNPQRTUWXY";

impl Reference {
    /// Six digits of base 24 from `random`: 191 million references.
    pub fn from_random(mut random: u32) -> Self {
        let mut text = String::with_capacity(7);
        for n in 0..6 {
            if n == 3 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[(random % 24) as usize]));
            random /= 24;
        }
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.to_ascii_uppercase();
        let shaped = upper.len() == 7
            && upper
                .bytes()
                .enumerate()
                .all(|(n, it)| if n == 3 { it == b'-' } else { ALPHABET.contains(&it) });
        if shaped {
            Ok(Self(upper))
        } else {
            Err(format!("`{text}` is not a reference such as K7M-4QX"))
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Booking {
    /// Name of the unique index on the reference.
    pub const REFERENCE_INDEX: &'static str = "reference";
}

impl Entity for Booking {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "bookings",
        label: "booking",
        indexes: &[
            Index {
                name: "booking_session",
                fields: &["booking_session_id"],
                unique: true,
                only: Only::All,
            },
            Index {
                name: Self::REFERENCE_INDEX,
                fields: &["reference"],
                unique: true,
                only: Only::All,
            },
            Index {
                name: "timeslot",
                fields: &["timeslot.start"],
                unique: false,
                only: Only::Present("timeslot.start"),
            },
        ],
        references: &[
            References {
                field: "booking_session_id",
                to: "booking_sessions",
                on_delete: OnDelete::Restrict,
            },
            References {
                field: "booking_service_id",
                to: "booking_services",
                on_delete: OnDelete::Restrict,
            },
            References { field: "customer_id", to: "customers", on_delete: OnDelete::SetNull },
        ],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[
        ("booking_session_id", "null"),
        ("reference", "null"),
        ("booking_service_id", "null"),
        ("timeslot", "null"),
        ("price", "null"),
        ("file_ids", "null"),
        ("status", "null"),
        ("vendor", "null"),
        ("ics_sequence", "null"),
        ("consents", "null"),
    ];

    fn validate(&self, place: &mut Place<'_>) {
        if let Some(timeslot) = &self.timeslot {
            let forward = timeslot.start < timeslot.end;
            place.at("timeslot.end").require(forward, "range", "must be after start");
            place.at("timeslot.time_zone").time_zone(&timeslot.time_zone);
        }
        if let Some(address) = &self.address {
            address.validate(place.at("address"));
        }
        let waits = self.status != BookingStatus::Requested || self.timeslot.is_none();
        place.at("status").require(waits, "status", "a requested booking has no timeslot yet");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_they_are_spoken() {
        let reference = Reference::from_random(191_102_975);
        assert_eq!(reference.to_string(), "YYY-YYY");
        assert_eq!("yyy-yyy".parse(), Ok(reference));
        assert!("YYY-YY0".parse::<Reference>().is_err());
    }
}
