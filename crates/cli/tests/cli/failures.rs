//! What fails says why in one sentence, and has no effect.

use std::{fs, net::TcpListener};

use crate::wrkbelt::{Folder, ran, sample, visits};

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = Folder::new();
    for arguments in [
        &["flow", "validate", "absent.yaml"][..],
        &["flow", "test", "absent.yaml"],
        &["flow", "diagram", "absent.yaml"],
        &["flow", "import", "absent.yaml", "--organization", "acme"],
        &["--config", "absent.yaml", "serve"],
    ] {
        let ran = folder.run(arguments);
        assert!(ran.failure().starts_with("absent.yaml: "), "{ran:?}");
    }
    assert_eq!(entries(&folder), 0);
}

#[test]
fn a_file_that_is_no_flow_is_refused_with_its_line() {
    let folder = Folder::new();
    for text in ["", "wrkbelt: [", "just a text", "wrkbelt: flow/2\nflow: { slug: a, title: A }\n"]
    {
        let flow = folder.write("flow.yaml", text);
        let ran = folder.run(&["flow", "validate", &flow]);
        assert!(ran.failure().contains("flow.yaml:1:"), "{ran:?}");
        let ran = folder.run(&["flow", "validate", &flow, "--json"]);
        assert_eq!((ran.code, &*ran.stderr), (1, ""));
        assert_eq!(ran.line()["findings"][0]["code"], "file.unreadable");
    }
    let ran = folder.run(&["flow", "validate", &sample("broken/misspelled-field.yaml")]);
    let sentence = ran.failure();
    assert!(
        sentence.contains("misspelled-field.yaml:27:") && sentence.contains("`descripton`"),
        "{sentence}"
    );
}

#[test]
fn a_store_that_cannot_be_had_is_named() {
    let folder = Folder::new();
    let text = format!("sqlite://{}", folder.write("text.db", "no database"));
    let inside = format!("{text}/store.db");
    let directory = format!("sqlite://{}", folder.path("").display());
    for (store, part) in [
        (&*text, "text.db: file is not a database"),
        (&inside, "text.db"),
        (&directory, &directory["sqlite://".len()..]),
        ("mongodb://localhost", "database"),
        ("store.db", "`store.db`"),
        ("sqlite://", "`sqlite://`"),
        ("", "``"),
    ] {
        let ran =
            ran(folder.command().args(["serve", "--listen", "127.0.0.1:0", "--store", store]));
        assert!(ran.failure().contains(part), "{ran:?}");
    }
    let absent = folder.run(&["session", "show", "000000000000000000000000"]);
    assert!(absent.failure().contains("there is no store at"), "{absent:?}");
    assert_eq!(entries(&folder), 1, "looking makes no store");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ran = folder.run(&["serve", "--listen", &address]);
    assert!(ran.failure().contains(&address), "{ran:?}");
}

#[test]
fn settings_that_are_wrong_are_named_with_their_place() {
    let folder = Folder::new();
    for (text, part) in [
        ("stor = 1\n", "`stor`"),
        ("limits = \"perhaps\"\n", "`perhaps`"),
        ("\nlisten = \"here\"\n", "line 2"),
        ("listen = \n", "line 1"),
    ] {
        folder.write("wrkbelt.toml", text);
        let ran = folder.run(&["session", "show", "000000000000000000000000"]);
        let sentence = ran.failure();
        assert!(sentence.starts_with("wrkbelt.toml: ") && sentence.contains(part), "{sentence}");
    }
    fs::remove_file(folder.path("wrkbelt.toml")).unwrap();
    let ran = folder.run(&["serve", "--log", "=="]);
    assert!(ran.failure().starts_with("--log: "), "{ran:?}");
}

#[test]
fn an_argument_that_is_wrong_is_named() {
    let folder = Folder::new();
    for (arguments, part) in [
        (&["session", "show", "xyz"][..], "24 hex digits"),
        (&["serve", "--listen", "here"], "--listen"),
        (&["session", "replay", "000000000000000000000000", "--at", "0"], "--at"),
        (&["session", "replay", "000000000000000000000000", "--at", "1", "--verify"], "--verify"),
        (&["flow", "diagram", "flow.yaml", "--format", "png"], "--format"),
        (&["fly"], "fly"),
        (&[], "Usage"),
    ] {
        let ran = folder.run(arguments);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
}

#[test]
fn a_flow_that_is_refused_leaves_no_organization_and_no_store() {
    let folder = Folder::new();
    let cycle = sample("broken/cycle.yaml");
    let import = ["flow", "import", &cycle, "--publish", "--organization", "acme"];
    let create = [&import[..], &["--create-organization"]].concat();
    let ran = folder.run(&create);
    assert_eq!((ran.code, &*ran.stderr), (1, ""));
    assert!(ran.stdout.contains("error[graph.cycle]"), "{ran:?}");
    assert_eq!(entries(&folder), 0);

    let flow = folder.write("flow.yaml", &visits(1));
    folder.json(&["flow", "import", &flow, "--organization", "other", "--create-organization"]);
    assert_eq!(folder.run(&create).code, 1);
    let ran = folder.run(&["flow", "import", &flow, "--organization", "acme"]);
    assert!(ran.failure().contains("there is no organization acme"), "{ran:?}");
}

#[test]
fn an_organization_that_cannot_be_is_refused() {
    let folder = Folder::new();
    let flow = folder.write("flow.yaml", &visits(1));
    for (slug, part) in [("Not A Slug", "`Not A Slug`"), ("", "``"), ("a", "3 to 63")] {
        let ran =
            folder.run(&["flow", "import", &flow, "--organization", slug, "--create-organization"]);
        assert!(ran.failure().contains(part), "{ran:?}");
    }
}

/// Files in the folder; that a lock was tried leaves its file.
fn entries(folder: &Folder) -> usize {
    let paths = fs::read_dir(folder.path("")).unwrap().map(|it| it.unwrap().path());
    paths.filter(|it| it.extension().is_none_or(|it| it != "lock")).count()
}
