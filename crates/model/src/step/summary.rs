use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Place;

/// Shows all of it once more before it is booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    #[serde(default = "shown_by_default")]
    pub show_price: bool,
    #[serde(default = "shown_by_default")]
    pub show_dispatch_fee: bool,
    #[serde(default)]
    pub terms: Option<String>,
    #[serde(default)]
    pub deposit: Option<Deposit>,
}

/// What is paid at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deposit {
    /// In minor units of the service's currency.
    Fixed { amount: i64 },
    /// Of the service's price, 1 to 100.
    Percent { amount: i64 },
}

fn shown_by_default() -> bool {
    true
}

impl Default for Summary {
    fn default() -> Self {
        Self { show_price: true, show_dispatch_fee: true, terms: None, deposit: None }
    }
}

impl Summary {
    pub(super) fn validate(&self, mut place: Place<'_>) {
        place.at("terms").text(self.terms.as_deref().unwrap_or_default(), 0, 5_000);
        match &self.deposit {
            Some(Deposit::Fixed { amount }) => {
                place.at("deposit.amount").range(amount, &1, &1_000_000_000);
            }
            Some(Deposit::Percent { amount }) => place.at("deposit.amount").range(amount, &1, &100),
            None => {}
        }
    }
}
