//! Files that nobody wrote in good faith, or that were damaged on the way.

use std::time::{Duration, Instant};

use model::flow::file::{FlowFile, NotAFlowFile, Positions};
use proptest::{collection::vec, prelude::*, sample::Index};

#[path = "../../../../fuzz/bodies/flow_file.rs"]
mod body;

const TERSE: &str = include_str!("terse.yaml");
const SAMPLES: [&str; 5] = [
    TERSE,
    include_str!("twice.yaml"),
    include_str!("whole.yaml"),
    include_str!("../../../../samples/sparkle-cleaning/flow.yaml"),
    include_str!("../../../../samples/broken/cycle.yaml"),
];

/// Refused within seconds, even in a build that is not optimised.
fn refused(text: &str) -> NotAFlowFile {
    let begin = Instant::now();
    let error = FlowFile::parse(text).unwrap_err();
    let _ = Positions::of(text).find("flow");
    assert!(begin.elapsed() < Duration::from_secs(20), "took {:?}", begin.elapsed());
    assert!(!error.message.is_empty() && error.message.len() < 500, "{error}");
    error
}

#[test]
fn aliases_that_grow_are_refused() {
    let mut bomb = "wrkbelt: flow/1\na: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i"].into_iter().zip('a'..) {
        let aliases = vec![format!("*{of}"); 10].join(", ");
        bomb += &[name, ": &", name, " [", &aliases, "]\n"].concat();
    }
    refused(&bomb);
    let skills = bomb.replace("wrkbelt: flow/1\n", "");
    refused(&TERSE.replace("flow: {", &format!("{skills}flow: {{")));
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let deep = format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
        refused(&deep);
        refused(&format!("wrkbelt: flow/1\nflow: {deep}"));
    }
    let block: Vec<_> = (0..2_000).map(|it| " ".repeat(it) + "a:\n").collect();
    refused(&block.concat());
    refused(&"- ".repeat(50_000));
}

#[test]
fn a_file_of_five_megabytes_is_refused_before_it_is_read() {
    let begin = Instant::now();
    let error = refused(&format!("{TERSE}# {}", "x".repeat(5 * 1024 * 1024)));
    assert!(error.message.contains("at most"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn control_characters_are_named_with_their_place() {
    for control in ['\0', '\u{1b}', '\u{7f}', '\u{9f}'] {
        let text = TERSE.replacen("Mow the lawn", &format!("Mow{control} the lawn"), 1);
        let error = refused(&text);
        let line = text.lines().position(|it| it.contains("the lawn")).unwrap() as u64 + 1;
        assert_eq!(error.location.unwrap().0, line, "{error}");
        assert!(error.message.contains(&format!("U+{:04X}", u32::from(control))), "{error}");
    }
}

#[test]
fn what_stands_twice_is_refused_with_its_line() {
    for (from, to) in [
        ("  age:\n", "  need:\n"),
        ("no:  {", "yes: {"),
        ("  mow:  {", "  trim: {"),
        ("{ per_window: 3 }", "{ per_window: 3, per_window: 4 }"),
        ("journeys:\n", "steps:\n"),
    ] {
        let text = TERSE.replacen(from, to, 1);
        let error = refused(&text);
        let (line, _) = error.location.unwrap();
        let named = text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
        assert!(named.contains(to.trim_end()), "{error}: {named}");
    }
}

#[test]
fn several_documents_are_no_file() {
    refused(&format!("{TERSE}---\n{TERSE}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_file_is_refused_or_read_and_never_more(
        which in 0..SAMPLES.len(),
        edits in vec((any::<Index>(), any::<Index>(), 0..6, any::<char>()), 1..6),
    ) {
        let mut text: Vec<char> = SAMPLES[which].chars().collect();
        for (place, other, edit, it) in edits {
            let (place, other) = (place.index(text.len()), other.index(text.len()));
            match edit {
                0 => text[place] = it,
                1 => drop(text.remove(place)),
                2 => text.insert(place, it),
                3 => text.swap(place, other),
                4 => {
                    let end = (place + 40).min(text.len());
                    let piece = text[place..end].to_vec();
                    text.splice(other..other, piece);
                }
                _ => text.insert(place, ":{}[],&*!|>'\"%@`#-?\n \t".chars().nth(other % 22).unwrap()),
            }
        }
        body::run(text.into_iter().collect::<String>().as_bytes());
    }
}
