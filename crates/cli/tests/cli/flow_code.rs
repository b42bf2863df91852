//! Flows as code: diff, export, import with a plan, schema.

use serde_json::{Value, json};

use crate::wrkbelt::{Folder, Ran, sample, visits};

const SAMPLES: [&str; 3] = ["peachtree-home-services", "hartwell-law", "sparkle-cleaning"];

fn export(folder: &Folder, slug: &str, more: &[&str]) -> String {
    let ran = folder.run(&[&["flow", "export", slug, "--organization", "acme"], more].concat());
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.stdout);
    ran.stdout
}

fn import(folder: &Folder, file: &str, more: &[&str]) -> Ran {
    folder.run(&[&["flow", "import", file, "--organization", "acme"], more].concat())
}

#[test]
fn what_is_exported_is_imported_and_exported_byte_by_byte() {
    for name in SAMPLES {
        let (here, there) = (Folder::new(), Folder::new());
        let file = sample(&format!("{name}/flow.yaml"));
        assert_eq!(import(&here, &file, &["--publish", "--create-organization"]).code, 0);
        let before = here.json(&["flow", "validate", &file]);
        let text = std::fs::read_to_string(&file).unwrap();
        let slug = text.split("slug: ").nth(1).unwrap().split([',', '\n', ' ']).next().unwrap();
        for (format, file) in [("yaml", "exported.yaml"), ("json", "exported.json")] {
            let first = export(&here, slug, &["--format", format]);
            let copy = there.write(file, &first);
            let ran = import(&there, &copy, &["--create-organization", "--publish"]);
            assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.stdout);
            assert_eq!(export(&there, slug, &["--format", format]), first, "{name}");
            assert_eq!(there.json(&["flow", "test", &copy])["ok"], true, "its journeys are in it");
            let after = there.json(&["flow", "validate", &copy]);
            for same in ["paths", "nodes", "edges", "questions"] {
                assert_eq!(after[same], before[same], "{name}");
            }
            let diff = there.run(&["flow", "diff", &sample(&format!("{name}/flow.yaml")), &copy]);
            assert_eq!((diff.code, &*diff.stdout), (0, "no difference\n"), "{name}");
        }
    }
}

#[test]
fn two_files_are_compared_like_diff_does() {
    let folder = Folder::new();
    let one = folder.write("one.yaml", &visits(1));
    let other = folder.write(
        "other.yaml",
        &visits(2).replace("title: In the bathroom, service: drain", "title: Upstairs, next: age"),
    );
    let same = folder.run(&["flow", "diff", &one, &one]);
    assert_eq!((same.code, &*same.stdout), (0, "no difference\n"));
    let text = folder.run(&["flow", "diff", &one, &other]);
    assert_eq!((text.code, &*text.stderr), (1, ""));
    for part in [
        "~ changed answer questions.where.answers.bath “Upstairs”\n",
        "    title: \"In the bathroom\" → \"Upstairs\"\n",
        "= rewired answer questions.where.answers.bath “Upstairs”\n    leads to questions.age\n",
        "~ changed schedule schedules.field “field”\n    capacity.per_window: 1 → 2\n",
    ] {
        assert!(text.stdout.contains(part), "{part}\n{}", text.stdout);
    }
    let json = folder.run(&["flow", "diff", &one, &other, "--format", "json"]);
    assert_eq!((json.code, &json.line()["equal"]), (1, &json!(false)));
    assert_eq!(json.line(), folder.run(&["flow", "diff", &one, &other, "--json"]).line());
    let svg = folder.run(&["flow", "diff", &one, &other, "--format", "svg"]);
    assert!(svg.code == 1 && svg.stdout.starts_with("<svg ") && svg.stdout.contains("CHANGED"));
    let broken = sample("broken/misspelled-field.yaml");
    for (a, b) in [(&*one, "missing.yaml"), (&*broken, &*one), (&*one, "visits"), ("a/b", &*one)] {
        let ran = folder.run(&["flow", "diff", a, b]);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.lines().count() == 1, "{ran:?}");
    }
}

#[test]
fn versions_of_a_store_are_compared_with_each_other_and_with_files() {
    let folder = Folder::new();
    folder.add_business(1);
    let changed = visits(1).replace("title: Where is the drain?", "title: Where is it?");
    let file = folder.write("changed.yaml", &changed);
    folder.json(&["flow", "import", &file, "--publish", "--organization", "acme"]);
    let diff = |a: &str, b: &str| folder.run(&["flow", "diff", a, b, "--organization", "acme"]);
    let between = diff("visits@1", "visits@2");
    assert_eq!(between.code, 1);
    assert!(between.stdout.starts_with("1 change: 1 changed\n"), "{}", between.stdout);
    assert!(between.stdout.contains("\"Where is the drain?\" → \"Where is it?\""));
    assert_eq!(diff("visits@2", "visits").code, 0);
    assert_eq!(diff("visits", &file).code, 0);
    assert_eq!(diff("visits@1", &file).stdout, between.stdout);
    for unknown in ["visits@3", "others", "visits@x"] {
        let ran = diff("visits", unknown);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
    }
    let first = export(&folder, "visits", &["--version", "1"]);
    assert!(first.contains("Where is the drain?"), "{first}");
}

#[test]
fn an_import_that_changes_something_shows_what_and_needs_a_yes() {
    let folder = Folder::new();
    let file = folder.write("flow.yaml", &visits(1));
    let plan = import(&folder, &file, &["--dry-run", "--create-organization"]);
    assert_eq!((plan.code, &*plan.stderr), (0, ""));
    assert!(plan.stdout.contains("+ added question questions.where"), "{}", plan.stdout);
    assert!(!folder.path("store.db").exists(), "a plan makes nothing");
    let first = import(&folder, &file, &["--create-organization"]);
    assert_eq!((first.code, &*first.stderr), (0, ""));
    assert!(first.stdout.contains("+ added service services.drain"), "{}", first.stdout);
    assert!(first.stdout.ends_with("visits is stored as a draft\n"));
    let before = export(&folder, "visits", &[]);

    let other = folder.write("other.yaml", &visits(5));
    let refused = import(&folder, &other, &[]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stdout.contains("capacity.per_window: 1 → 5"), "{}", refused.stdout);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(export(&folder, "visits", &[]), before);
    let planned = import(&folder, &other, &["--dry-run", "--json"]);
    assert_eq!((planned.code, &planned.line()["equal"]), (0, &json!(false)));
    assert_eq!(export(&folder, "visits", &[]), before);
    let applied = import(&folder, &other, &["--yes"]);
    assert_eq!((applied.code, &*applied.stderr), (0, ""));
    assert!(export(&folder, "visits", &[]).contains("per_window: 5"));
    // What is only added needs none.
    let steps = "  - { type: summary, title: Check and book }\n";
    let more = visits(5)
        .replace(steps, &format!("  - {{ type: additional_details, title: More }}\n{steps}"));
    let more = folder.write("more.yaml", &more);
    let added = import(&folder, &more, &[]);
    assert_eq!(added.code, 0, "{added:?}");
    // A program is not asked.
    folder.json(&["flow", "import", &file, "--organization", "acme"]);
    assert_eq!(export(&folder, "visits", &[]), before);
}

#[test]
fn what_is_wrong_has_a_line_and_a_column() {
    let folder = Folder::new();
    let flow = sample("broken/unknown-reference.yaml");
    let text = std::fs::read_to_string(&flow).unwrap();
    let line =
        text.lines().position(|it| it.contains("midtown") && !it.starts_with('#')).unwrap() + 1;
    let column = text.lines().nth(line - 1).unwrap().find("midtown").unwrap() + 1;
    let ran = folder.run(&["flow", "validate", &flow]);
    let wanted = format!("{flow}:{line}:{column}: error[reference.missing] ");
    assert!(ran.stdout.starts_with(&wanted), "{wanted}\n{}", ran.stdout);
    let finding = folder.run(&["flow", "validate", &flow, "--json"]).line()["findings"][0].clone();
    assert_eq!((&finding["line"], &finding["column"]), (&json!(line), &json!(column)));
    let flow = sample("broken/misspelled-field.yaml");
    let ran = folder.run(&["flow", "validate", &flow]);
    assert!(ran.stderr.starts_with(&format!("error: {flow}:")), "{}", ran.stderr);
    let finding = folder.run(&["flow", "validate", &flow, "--json"]).line()["findings"][0].clone();
    assert!(finding["line"].as_u64() > Some(1) && finding["column"].is_u64(), "{finding}");
    let unknown = folder.write("step.yaml", &visits(1).replace("type: summary", "type: sumary"));
    let ran = folder.run(&["flow", "validate", &unknown]);
    let line = visits(1).lines().position(|it| it.contains("type: summary")).unwrap() + 1;
    assert!(ran.stderr.starts_with(&format!("error: {unknown}:{line}:")), "{}", ran.stderr);
}

#[test]
fn the_schema_and_the_graph_are_printed() {
    let folder = Folder::new();
    let schema = folder.run(&["flow", "schema"]);
    let kept = include_str!("../../../../docs/flow.schema.json");
    assert_eq!((schema.code, &*schema.stdout), (0, kept));
    let schema: Value = serde_json::from_str(kept).unwrap();
    assert_eq!(schema["type"], "object");
    for name in SAMPLES {
        let flow = sample(&format!("{name}/flow.yaml"));
        let dot = folder.run(&["flow", "diagram", &flow, "--format", "dot"]);
        assert!(dot.code == 0 && dot.stdout.starts_with("digraph ") && dot.stdout.contains("->"));
        assert_eq!(dot.stdout, folder.run(&["flow", "diagram", &flow, "--format", "dot"]).stdout);
    }
}
