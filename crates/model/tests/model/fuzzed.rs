//! The bodies of the fuzz targets on inputs that are merely random, so that they do not rot.

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
