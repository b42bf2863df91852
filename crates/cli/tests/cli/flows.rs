//! Flows as files.

use serde_json::Value;

use crate::wrkbelt::{Folder, sample, visits};

const SAMPLES: [&str; 8] = [
    "peachtree-home-services",
    "hartwell-law",
    "sparkle-cleaning",
    "copperline-garage-doors",
    "bayside-pest-control",
    "lakeview-family-clinic",
    "two-rivers-moving",
    "highline-solar",
];

#[test]
fn every_sample_is_sound() {
    let folder = Folder::new();
    for name in SAMPLES {
        let flow = sample(&format!("{name}/flow.yaml"));
        let report = folder.json(&["flow", "validate", &flow]);
        assert_eq!(report["ok"], true, "{name}: {report}");
        let paths: u64 = report["paths"].as_str().unwrap().parse().unwrap();
        assert!(paths > 0 && report["nodes"].as_u64() > Some(1), "{name}: {report}");
        assert!(report["edges"].as_u64() >= Some(1) && report["findings"].is_array());
        let ran = folder.run(&["flow", "validate", &flow]);
        assert_eq!((ran.code, &*ran.stderr), (0, ""));
        assert!(ran.stdout.contains("sound: every path reaches exactly one service"), "{ran:?}");
    }
    let report = folder.json(&["flow", "validate", &sample("peachtree-home-services/flow.yaml")]);
    assert!(report["nodes"].as_u64() >= Some(60), "{report}");
}

#[test]
fn the_journeys_of_every_sample_end_where_they_should() {
    let folder = Folder::new();
    for name in SAMPLES {
        let answer = folder.json(&["flow", "test", &sample(&format!("{name}/flow.yaml"))]);
        assert_eq!((&answer["ok"], &answer["findings"]), (&true.into(), &Value::Array(vec![])));
        assert!(answer["journeys"].as_u64() > Some(0), "{name}");
    }
}

#[test]
fn a_journey_that_ends_elsewhere_fails() {
    let folder = Folder::new();
    let text = visits(1).replace("answers: [kitchen, 12]", "answers: [attic]");
    let flow = folder.write("flow.yaml", &text);
    let ran = folder.run(&["flow", "test", &flow, "--json"]);
    assert_eq!((ran.code, &ran.line()["ok"]), (1, &false.into()));
    let ran = folder.run(&["flow", "test", &flow]);
    assert!(ran.code == 1 && ran.stdout.contains("0 of 1 journeys"), "{ran:?}");
}

#[test]
fn what_is_wrong_with_a_flow_has_a_code_a_place_and_a_witness() {
    let folder = Folder::new();
    for (name, code, path, has_witness) in [
        ("cycle", "graph.cycle", "questions.symptom", true),
        ("dead-end", "graph.dead_end", "questions.system-age.answers.old", true),
        ("two-services", "graph.two_services", "questions.system-age.answers.new", true),
        ("unknown-reference", "reference.missing", "steps.0.zones.1", false),
        ("misspelled-field", "file.unreadable", "", false),
        ("step-order", "flow.order", "steps.1", false),
    ] {
        let flow = sample(&format!("broken/{name}.yaml"));
        let ran = folder.run(&["flow", "validate", &flow, "--json"]);
        assert_eq!((ran.code, &*ran.stderr), (1, ""), "{name}");
        let report = ran.line();
        assert_eq!(report["ok"], false);
        let finding = &report["findings"][0];
        assert_eq!((&finding["code"], &finding["path"]), (&code.into(), &path.into()), "{name}");
        assert_eq!(finding["severity"], "error");
        assert!(!finding["message"].as_str().unwrap().contains('\n'), "{finding}");
        assert_eq!(!finding["witness"].as_array().unwrap().is_empty(), has_witness, "{finding}");
        if name != "misspelled-field" {
            let ran = folder.run(&["flow", "validate", &flow]);
            assert_eq!((ran.code, &*ran.stderr), (1, ""), "{name}");
            assert!(ran.stdout.contains(&format!("error[{code}]")), "{ran:?}");
        }
    }
}

#[test]
fn an_import_prints_what_it_made_and_the_next_one_is_version_2() {
    let folder = Folder::new();
    let flow = folder.write("flow.yaml", &visits(1));
    let import = ["flow", "import", &flow, "--publish", "--organization", "acme"];
    let first = folder.json(&[&import[..], &["--create-organization"]].concat());
    assert_eq!(keys(&first), ["booking_flow_id", "organization_id", "public_key", "version"]);
    assert_eq!(first["version"], 1);
    for id in ["booking_flow_id", "organization_id"] {
        let id = first[id].as_str().unwrap();
        assert!(id.len() == 24 && id.bytes().all(|it| it.is_ascii_hexdigit()), "{id}");
    }
    let second = folder.json(&[&import[..], &["--create-organization"]].concat());
    assert_eq!(second["version"], 2);
    for same in ["booking_flow_id", "organization_id", "public_key"] {
        assert_eq!(first[same], second[same]);
    }
    let id = first["organization_id"].as_str().unwrap();
    let by_id = folder.json(&["flow", "import", &flow, "--publish", "--organization", id]);
    assert_eq!((&by_id["version"], &by_id["organization_id"]), (&3.into(), &id.into()));
    let draft = folder.json(&["flow", "import", &flow, "--organization", "acme"]);
    assert_eq!((&draft["version"], &draft["public_key"]), (&Value::Null, &Value::Null));
    let ran = folder.run(&import);
    let key = first["public_key"].as_str().unwrap();
    assert_eq!(ran.stdout, format!("visits is published as version 4; its public key is {key}\n"));
}

#[test]
fn a_diagram_is_a_picture_or_mermaid() {
    let folder = Folder::new();
    for name in SAMPLES {
        let flow = sample(&format!("{name}/flow.yaml"));
        let svg = folder.run(&["flow", "diagram", &flow, "--format", "svg"]);
        assert_eq!((svg.code, &*svg.stderr), (0, ""));
        assert!(svg.stdout.starts_with("<svg ") && svg.stdout.trim_end().ends_with("</svg>"));
        assert_eq!(folder.run(&["flow", "diagram", &flow]).stdout, svg.stdout, "svg is usual");
        let mermaid = folder.run(&["flow", "diagram", &flow, "--format", "mmd"]).stdout;
        assert!(mermaid.contains("flowchart") && mermaid.contains("-->"), "{mermaid}");
    }
    let cycle = folder.run(&["flow", "diagram", &sample("broken/cycle.yaml")]);
    assert!(cycle.code == 0 && cycle.stdout.contains("How old is the system"), "{cycle:?}");
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_stored_flow_is_published_scheduled_and_rolled_back() {
    let folder = Folder::new();
    let flow = folder.write("flow.yaml", &visits(1));
    let import = ["flow", "import", &flow, "--organization", "acme", "--create-organization"];
    folder.json(&import);
    let flow = |command: &str, more: &[&str]| {
        let all = [&["flow", command, "visits", "--organization", "acme"], more].concat();
        folder.json(&all)
    };
    assert_eq!(flow("versions", &[]), serde_json::json!([]));
    let first = flow("publish", &["--note", "The first"]);
    assert_eq!((&first["version"], &first["scheduled_for"]), (&1.into(), &Value::Null));
    assert_eq!(flow("publish", &[])["version"], 2);
    let later = flow("publish", &["--at", "2999-01-01T00:00:00Z"]);
    assert_eq!(later["scheduled_for"], "2999-01-01T00:00:00.000Z");
    assert_eq!(flow("rollback", &["--to", "1"])["version"], 1);
    let versions = flow("versions", &[]);
    let shown = |n: usize| (&versions[n]["number"], &versions[n]["is_published"]);
    assert_eq!(shown(0), (&3.into(), &false.into()));
    assert_eq!(shown(2), (&1.into(), &true.into()));
    assert_eq!((&versions[2]["note"], &versions[1]["note"]), (&"The first".into(), &Value::Null));
    assert_eq!(versions[0]["scheduled_for"], later["scheduled_for"]);
    assert_eq!(versions[2]["checksum"], first["checksum"]);

    let people = folder.run(&["flow", "versions", "visits", "--organization", "acme"]).stdout;
    assert!(people.contains("from 2999") && people.contains("The first"), "{people}");
    let refused = |all: &[&str]| {
        let ran = folder.run(all);
        assert_eq!((ran.code, &*ran.stdout), (1, ""), "{ran:?}");
        ran.stderr
    };
    let again = refused(&["flow", "rollback", "visits", "--to", "1", "--organization", "acme"]);
    assert!(again.contains("published already"), "{again}");
    let nobody = refused(&["flow", "publish", "nothing", "--organization", "acme"]);
    assert!(nobody.contains("no such booking flow"), "{nobody}");
    let nobody = refused(&["flow", "publish", "visits", "--organization", "nobody"]);
    assert!(nobody.contains("no organization nobody"), "{nobody}");
}
