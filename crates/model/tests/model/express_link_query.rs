//! The body of the fuzz target on inputs that are merely random, so that it does not rot.

#[path = "../../../../fuzz/bodies/express_link_query.rs"]
mod body;

use proptest::{prelude::*, test_runner::Config};

proptest! {
    #![proptest_config(Config { cases: 60, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_visit_begins_by_any_link(data in prop::collection::vec(any::<u8>(), 0..80)) {
        body::run(&data);
    }

    #[test]
    fn a_text_is_a_slug_or_none(text in "[a-z0-9-]{0,66}|\\PC{0,12}") {
        body::run(text.as_bytes());
    }
}
