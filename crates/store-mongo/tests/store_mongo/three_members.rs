//! The promises that every backend keeps, on a set of three members.

use crate::server::on_three_members;

store::conformance!(on_three_members);
