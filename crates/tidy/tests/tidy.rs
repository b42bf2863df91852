//! Fails when the repository loses its shape, and says where.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Which of our crates a crate may use: dependencies point one way.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("store", &["model"]),
    ("store-sqlite", &["model", "store"]),
    ("store-mongo", &["model", "store"]),
    ("adapters", &["model"]),
    ("app", &["adapters", "model", "store"]),
    ("api", &["app", "model"]),
    ("cli", &["api", "app", "model", "store", "store-mongo", "store-sqlite"]),
    ("faults", &["app", "model", "store", "store-sqlite"]),
    ("tidy", &[]),
];

/// Functions are held to 100 lines by clippy.
const LONGEST_FILE: usize = 500;
const MEDIAN_FILE: usize = 150;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust file below `folder`, with its text.
fn sources(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(!found.is_empty(), "no sources below {}", folder.display());
    found
}

#[test]
fn dependencies_point_one_way() {
    let crates = root().join("crates");
    let mut names: Vec<_> = fs::read_dir(&crates)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in &names {
        let (_, may_use) = MAY_USE
            .iter()
            .find(|(it, _)| it == name)
            .unwrap_or_else(|| panic!("say in MAY_USE what the new crate {name} may use"));
        let text = fs::read_to_string(crates.join(name).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let Some(dependencies) = manifest.get("dependencies") else { continue };
        for dependency in dependencies.as_table().unwrap().keys().filter(|it| names.contains(it)) {
            assert!(may_use.contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
    }
}

#[test]
fn the_model_is_pure() {
    for (path, text) in sources(&root().join("crates/model/src")) {
        for impure in
            ["async fn", "async move", ".await", "std::fs", "std::net", "std::env", "rand::"]
        {
            assert!(
                !text.contains(impure),
                "{}: `{impure}` has no place in the model",
                path.display()
            );
        }
    }
}

#[test]
fn only_one_file_asks_for_the_time() {
    let mut asking = Vec::new();
    for (path, text) in sources(&root().join("crates")) {
        let product = path.components().any(|it| it.as_os_str() == "src");
        if product
            && ["Timestamp::now()", "SystemTime::now()", "Zoned::now()"]
                .iter()
                .any(|it| text.contains(it))
        {
            asking.push(path);
        }
    }
    assert_eq!(asking.len(), 1, "{asking:?}");
    assert!(asking[0].ends_with("app/src/environment.rs"), "{asking:?}");
}

#[test]
fn files_stay_small() {
    let mut lengths = Vec::new();
    for (path, text) in sources(&root().join("crates")) {
        let lines = text.lines().count();
        lengths.push(lines);
        assert!(lines <= LONGEST_FILE, "{}: {} lines", path.display(), lines);
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN_FILE, "half of all files have more than {median} lines");
}

#[test]
fn nothing_is_left_undone() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["#[ign", "ore"].concat(),
        ["#[al", "low("].concat(),
    ];
    for (path, text) in sources(&root().join("crates")) {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{}: {mark}", path.display());
        }
    }
}
