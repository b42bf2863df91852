//! The promises that every backend keeps, on a set of one member.

use crate::server::on_one_member;

store::conformance!(on_one_member);
