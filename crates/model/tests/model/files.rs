//! Flow files made into bundles.

use std::collections::HashMap;

use model::{
    ObjectId,
    flow::{
        FlowBundle,
        file::{Built, FlowFile},
    },
};

pub(crate) fn parse(text: &str) -> FlowFile {
    FlowFile::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// With ids counted from 1, the same for the same file.
pub(crate) fn build(file: &FlowFile) -> Built {
    let mut ids = HashMap::new();
    let mut asked_twice = Vec::new();
    let built = file.build(&mut |place| {
        let id = ObjectId::from_parts(u32::try_from(ids.len()).unwrap() + 1, [7; 5], 0);
        if ids.insert(place.to_owned(), id).is_some() {
            asked_twice.push(place.to_owned());
        }
        id
    });
    assert_eq!(asked_twice, [""; 0], "each place is asked for once");
    built
}

/// Of a file in which nothing is named wrongly.
pub(crate) fn bundle(text: &str) -> FlowBundle {
    let built = build(&parse(text));
    assert_eq!(built.findings, []);
    built.bundle
}
