//! Which flow the visitor of a page gets: pages, what routers ask of them, who wins and why.

mod check;
mod criteria;
mod examples;
mod explain;
mod glob;
mod index;
mod needles;
mod page;
mod routers;

pub use check::{Finding, FindingKind, Findings, check};
pub use examples::{TakenExample, taken_examples};
pub use explain::{Verdict, VerdictCode};
pub use page::Page;
pub(crate) use page::is_dots;
pub use routers::{Asked, Decision, Routed, Routers};

/// `utm_*`, in the order in which campaign criteria name them.
const CAMPAIGN: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];
