//! Given what a visitor did, when they do this, then that happens.

mod answers;
mod chain;
mod customer;
mod details;
mod express_link;
mod express_link_random;
mod files;
mod finish;
mod navigation;
mod random;
mod scene;
mod simulated;
mod state;
mod timeline;
mod timeslots;
mod wrong_step;
mod zip;

use scene::{Given, Scene, check};
