use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, Timestamp,
    session::BookingSession,
};

/// One seat of one resource at one time. The unique index is what makes a double booking
/// impossible: whoever inserts first has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlotHold {
    /// What is limited: see [`crate::availability::Claim`].
    pub resource_key: String,
    pub window_start: Timestamp,
    /// 0 up to the capacity, itself excluded.
    pub seat: u32,
    pub booking_session_id: Id<BookingSession>,
    #[serde(flatten)]
    pub state: HoldState,
}

/// For how long the seat is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum HoldState {
    /// Until then; after it anybody may take it over.
    Held { expires_at: Timestamp },
    /// For good: the booking is made.
    Booked,
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
