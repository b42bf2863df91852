use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, Timestamp,
    session::BookingSession,
};

/// One seat of one resource at one time. The unique index is what makes a double booking
/// impossible: whoever inserts first has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Flat", into = "Flat")]
pub struct SlotHold {
    /// What is limited: see [`crate::availability::Claim`].
    pub resource_key: String,
    pub window_start: Timestamp,
    /// 0 up to the capacity, itself excluded.
    pub seat: u32,
    pub booking_session_id: Id<BookingSession>,
    pub state: HoldState,
}

/// For how long the seat is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// Until then; after it anybody may take it over.
    Held { expires_at: Timestamp },
    /// For good: the booking is made.
    Booked,
}

/// As it is stored: many are read to tell what is free, and serde's `flatten` is slow.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Flat {
    resource_key: String,
    window_start: Timestamp,
    seat: u32,
    booking_session_id: Id<BookingSession>,
    state: FlatState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FlatState {
    Held,
    Booked,
}

impl TryFrom<Flat> for SlotHold {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, &'static str> {
        let Flat { resource_key, window_start, seat, booking_session_id, state, expires_at } = flat;
        let state = match (state, expires_at) {
            (FlatState::Held, Some(expires_at)) => HoldState::Held { expires_at },
            (FlatState::Held, None) => return Err("a held seat has expires_at"),
            (FlatState::Booked, _) => HoldState::Booked,
        };
        Ok(Self { resource_key, window_start, seat, booking_session_id, state })
    }
}

impl From<SlotHold> for Flat {
    fn from(hold: SlotHold) -> Self {
        let SlotHold { resource_key, window_start, seat, booking_session_id, state } = hold;
        let (state, expires_at) = match state {
            HoldState::Held { expires_at } => (FlatState::Held, Some(expires_at)),
            HoldState::Booked => (FlatState::Booked, None),
        };
        Self { resource_key, window_start, seat, booking_session_id, state, expires_at }
    }
}

impl SlotHold {
    /// The unique index.
    pub const SEAT: Index = Index {
        name: "seat",
        fields: &["resource_key", "window_start", "seat"],
        unique: true,
        only: Only::All,
    };

    /// Whether the seat is taken at `now`.
    pub fn is_taken(&self, now: Timestamp) -> bool {
        match self.state {
            HoldState::Held { expires_at } => now < expires_at,
            HoldState::Booked => true,
        }
    }
}

impl Entity for SlotHold {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "slot_holds",
        label: "slot hold",
        indexes: &[Self::SEAT],
        references: &[Reference {
            field: "booking_session_id",
            to: "booking_sessions",
            on_delete: OnDelete::Cascade,
        }],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("resource_key").text(&self.resource_key, 1, 200);
    }
}
