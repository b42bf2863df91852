//! The bodies of the fuzz targets on inputs that are merely random, so that they do not rot.

#[path = "../../../../fuzz/bodies/express_link_query.rs"]
mod express_link_query;
#[path = "../../../../fuzz/bodies/page_url.rs"]
mod page_url;
#[path = "../../../../fuzz/bodies/router_pattern.rs"]
mod router_pattern;

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn page_url(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        page_url::run(&page_url::Input::arbitrary(&mut Unstructured::new(&bytes)).unwrap());
    }

    #[test]
    fn router_pattern(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let input = router_pattern::Input::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        router_pattern::run(&input);
    }
}

// Each compiles a whole flow.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn express_link_query(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        express_link_query::run(&bytes);
    }

    #[test]
    fn express_link_query_of_text(text in "[a-z0-9-]{0,66}|\\PC{0,12}") {
        express_link_query::run(text.as_bytes());
    }
}
