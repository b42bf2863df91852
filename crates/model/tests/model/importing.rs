//! Drafts made of lists of services and of chat flows.

use model::{
    ObjectId,
    flow::{
        check::{Report, Severity, check},
        import::{Defaults, Imported, NotImportable, from_csv, from_typebot},
    },
    scheduler::Price,
    step::{Presence, StepConfig},
};
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};

const SERVICES: &str = include_str!("import/services.csv");
const GARDEN: &str = include_str!("import/garden.json");
const FIVE: &str = include_str!("import/five.json");

fn defaults() -> Defaults {
    Defaults {
        title: "Book a visit".to_owned(),
        time_zone: "America/Denver".to_owned(),
        currency: "USD".parse().unwrap(),
    }
}

/// The draft as it would be stored, and what a check says of it. It can always be stored.
fn checked(imported: &Imported) -> Report {
    let mut next = 0;
    let built = imported.file.build(&mut |_| {
        next += 1;
        ObjectId::from_parts(0, [0; 5], next)
    });
    assert_eq!(built.findings, [], "{}", imported.text);
    check(&built.bundle)
}

/// `question.answer -> where it leads`, and so on.
fn outline(imported: &Imported) -> Vec<String> {
    let file = serde_json::to_value(&imported.file).unwrap();
    let lead = |it: &Value| {
        let next = it["next"].as_str().or(it["next"]["service"].as_str());
        it["service"].as_str().or(next).unwrap_or_default().to_owned()
    };
    let mut lines = Vec::new();
    for (slug, entry) in &imported.file.questions {
        let question = &file["questions"][slug.as_str()];
        let kind = question["kind"].as_str().unwrap();
        let answers: Vec<_> = entry
            .answers
            .keys()
            .map(|it| (it, lead(&question["answers"][it.as_str()])))
            .map(|(it, to)| if to.is_empty() { it.to_string() } else { format!("{it}->{to}") })
            .collect();
        let next = lead(question);
        lines.push(format!("{slug} {kind} [{}] {next}", answers.join(" ")).trim_end().to_owned());
    }
    lines
}

fn notes(imported: &Imported) -> Vec<String> {
    imported.report.notes.iter().map(|it| format!("{}: {}", it.place, it.message)).collect()
}

#[test]
fn a_list_of_services_asks_for_the_category_and_then_for_the_service() {
    let imported = from_csv(SERVICES, &defaults()).unwrap();
    assert_eq!(
        outline(&imported),
        [
            "need single_choice [hands->hands feet->pedicure something-else->nail-art groups->bridal-party]",
            "hands single_choice [gel-manicure->gel-manicure classic-manicure->classic-manicure]",
        ]
    );
    let services: Vec<_> = imported
        .file
        .services
        .iter()
        .map(|(slug, it)| format!("{slug} {} {:?}", it.duration_minutes, it.price))
        .collect();
    let eur = |n: i64| Price::Fixed { amount_minor: n, currency: "EUR".parse().unwrap() };
    assert_eq!(services[0], format!("gel-manicure 60 {:?}", eur(4_950)));
    assert_eq!(services[1], format!("classic-manicure 45 {:?}", eur(3_500)));
    assert!(services[2].starts_with("pedicure 75 From"), "{services:?}");
    assert!(services[3].starts_with("nail-art 30 Quote"), "{services:?}");
    assert!(services[4].starts_with("bridal-party 60 Range"), "{services:?}");
    assert_eq!(imported.report.taken, 5);
    assert_eq!(
        notes(&imported),
        [
            "line 1, column 55: Nothing is known to do with the column “Online”.",
            "line 8, column 1: The row has no title.",
            "line 9, column 21: “a day” is no duration: it takes 60 minutes.",
        ]
    );
    let report = checked(&imported);
    assert!(report.ok && report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn one_service_alone_is_a_flow_too() {
    let imported = from_csv("title,price\nChimney sweep,$120\n", &defaults()).unwrap();
    assert_eq!(outline(&imported), ["need text [] chimney-sweep"]);
    assert!(checked(&imported).findings.is_empty());
}

#[test]
fn a_list_that_makes_no_draft_says_where_and_why() {
    let refused = |text: &str| from_csv(text, &defaults()).unwrap_err();
    assert_eq!(refused("").to_string(), "it is empty");
    assert_eq!(refused("name,price\n,\n").to_string(), "it has no service");
    assert_eq!(
        refused("what;how much\nx;1\n").to_string(),
        "line 1, column 1: no column is called title, name or service: there are “what”, “how much”"
    );
    assert_eq!(
        refused("name\n\"x").to_string(),
        "line 2, column 1: a quote is opened here and never closed"
    );
    let many = "name\n".to_owned() + &"x\n".repeat(1_001);
    let NotImportable { location, .. } = refused(&many);
    assert_eq!(location, Some((1_002, 1)));
    assert!(refused(&"x".repeat(4_000_001)).to_string().contains("more than 4 MB"));
}

#[test]
fn a_chat_flow_becomes_questions_and_every_end_a_service() {
    let imported = from_typebot(GARDEN, &defaults()).unwrap();
    assert_eq!(
        outline(&imported),
        [
            "what-shall-we-look-after single_choice [the-lawn->how-many-square-feet-is-it the-hedge->how-high-is-it-in-feet a-tree->show-us-the-tree]",
            "how-many-square-feet-is-it number [] what-else-would-you-like",
            "what-else-would-you-like multi_choice [edging feeding] lawn-care",
            "how-high-is-it-in-feet number [] who-are-you",
            "show-us-the-tree photo [] by-when",
            "by-when date [] your-answer",
            "your-answer single_choice [that-is-all->garden-visits start-again->garden-visits]",
        ]
    );
    let first = &imported.file.questions[0];
    assert_eq!(first.title, "What shall we look after?");
    assert_eq!(first.description.as_deref(), Some("Hi, we are the gardeners of Elm Street."));
    let rules = &imported.file.questions[1].rules;
    assert_eq!((rules.min, rules.max), (Some(100.0), Some(20_000.0)));
    let lawn = &imported.file.services[&"lawn-care".parse::<model::content::Slug>().unwrap()];
    assert_eq!(lawn.description.as_deref(), Some("Thank you! We will bring the mower."));
    let report = checked(&imported);
    assert!(report.ok && report.findings.is_empty(), "{:?}", report.findings);
    let notes = notes(&imported);
    for expected in [
        "groups.1.blocks.3: It repeats what was answered before: that part is left out.",
        "groups.2.blocks.2: A condition has no counterpart: visitors go on where none of it is true.",
        "groups.3.blocks.2: It leads back to what was asked before: the visit ends here instead.",
        "groups.4.blocks.1: It is asked where visitors say who they are.",
        "groups.4.blocks.2: A block of the type “webhook” has no counterpart.",
        "groups.5: No visitor comes to this group.",
    ] {
        assert!(notes.iter().any(|it| it == expected), "{expected} is not in {notes:#?}");
    }
}

#[test]
fn the_older_format_begins_with_a_block() {
    let imported = from_typebot(FIVE, &defaults()).unwrap();
    assert_eq!(outline(&imported), ["what-is-it single_choice [a-grand->piano an-upright->piano]"]);
    let built = imported.file.build(&mut ObjectId::of);
    let customer = built.bundle.snapshot.steps.iter().find_map(|it| match &it.body.config {
        StepConfig::CustomerInfo(config) => Some(&config.fields),
        _ => None,
    });
    let customer = customer.unwrap();
    assert_eq!((customer.email, customer.phone), (Presence::Optional, Presence::Required));
}

#[test]
fn a_chat_flow_that_makes_no_draft_says_why() {
    let refused = |text: &str| from_typebot(text, &defaults()).unwrap_err().to_string();
    assert_eq!(refused("{\n  nonsense"), "line 2, column 3: this is no JSON document");
    assert_eq!(refused("[]"), "it is no export of Typebot: it has no list of groups");
    assert_eq!(refused("{\"groups\": []}"), "no start leads to a group");
    let mute = json!({
        "events": [{ "type": "start", "outgoingEdgeId": "e" }],
        "edges": [{ "id": "e", "to": { "groupId": "g" } }],
        "groups": [{ "id": "g", "blocks": [{ "id": "b", "type": "text", "content": {} }] }],
    });
    let reason = "it asks nothing that could be a question of a flow";
    assert_eq!(refused(&mute.to_string()), reason);
    let mut endless = mute;
    endless["groups"][0]["blocks"][0] = json!({ "type": "Jump", "options": { "groupId": "g" } });
    assert_eq!(refused(&endless.to_string()), reason);
}

/// All places of blocks of an export.
fn blocks(json: &Value) -> Vec<(usize, usize)> {
    let count = |it: &Value| it["blocks"].as_array().map_or(0, Vec::len);
    let groups = json["groups"].as_array().into_iter().flatten().enumerate();
    groups.flat_map(|(n, it)| (0..count(it)).map(move |m| (n, m))).collect()
}

/// Replaces, drops or doubles something somewhere in the document.
fn mutate(json: &mut Value, path: &mut impl Iterator<Item = usize>) {
    let Some(choice) = path.next() else { return };
    let pick = |n: usize| choice / 7 % n;
    match json {
        Value::Array(items) if !items.is_empty() => {
            let n = pick(items.len());
            match choice % 7 {
                0 => drop(items.remove(n)),
                1 => items.push(items[n].clone()),
                2 => items.rotate_left(n),
                _ => mutate(&mut items[n], path),
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let n = pick(fields.len());
            let key = fields.keys().nth(n).unwrap().clone();
            match choice % 7 {
                0 => drop(fields.remove(&key)),
                1 => drop(fields.insert(key, Value::Null)),
                _ => mutate(&mut fields[&key], path),
            }
        }
        Value::String(text) => {
            const TEXTS: [&str; 18] = [
                "g0",
                "g1",
                "g2",
                "g3",
                "g4",
                "e0",
                "e0b",
                "e1",
                "e2",
                "i0",
                "b2",
                "Jump",
                "AB test",
                "text input",
                "choice input",
                "rating input",
                "{{x}}\u{0}\u{202e} \"'\\: #",
                "",
            ];
            let n = pick(TEXTS.len() + 1);
            *text = TEXTS.get(n).map_or_else(|| "é".repeat(300), |it| (*it).to_owned());
        }
        other => *other = [json!(-1e300), json!("g1"), json!([]), json!({})][pick(4)].clone(),
    }
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_list_with_anything_in_it_is_a_draft_in_which_every_row_is_or_is_named(
        rows in prop::collection::vec(prop::collection::vec("\\PC{0,6}|[a-z\u{0}-\u{1f}\"']{0,130}|[$€0-9.,-]{1,7}|", 5), 1..14),
    ) {
        let quote = |it: &String| format!("\"{}\"", it.replace('"', "\"\""));
        let line = |it: &Vec<String>| it.iter().map(quote).collect::<Vec<_>>().join(",") + "\n";
        let text: String = rows.iter().map(line).collect();
        let text = "title,category,minutes,price,description\n".to_owned() + &text;
        let filled = rows.iter().filter(|it| it.iter().any(|it| !it.trim().is_empty())).count();
        match from_csv(&text, &defaults()) {
            Ok(imported) => {
                let lost = imported.report.notes.iter();
                let lost = lost.filter(|it| it.message == "The row has no title.").count();
                prop_assert_eq!(imported.report.taken + lost, filled);
                prop_assert_eq!(imported.file.services.len(), imported.report.taken);
                let report = checked(&imported);
                prop_assert!(report.ok, "{:?}\n{}", report.findings, imported.text);
                let unused = report.findings.iter().any(|it| it.code == "graph.service_unused");
                prop_assert!(!unused, "{}", imported.text);
            }
            Err(error) => prop_assert_eq!(error.to_string(), "it has no service"),
        }
    }

    #[test]
    fn a_damaged_chat_flow_is_a_sound_draft_or_is_refused(
        older: bool,
        mutations in prop::collection::vec(prop::collection::vec(any::<usize>(), 3..9), 0..12),
    ) {
        let mut json: Value = serde_json::from_str(if older { FIVE } else { GARDEN }).unwrap();
        for path in mutations {
            mutate(&mut json, &mut path.into_iter());
        }
        let Ok(imported) = from_typebot(&json.to_string(), &defaults()) else { return Ok(()) };
        let report = checked(&imported);
        let errors: Vec<_> =
            report.findings.iter().filter(|it| it.severity == Severity::Error).collect();
        prop_assert!(errors.is_empty(), "{errors:?}\n{}", imported.text);
        let places: Vec<_> = imported.report.notes.iter().map(|it| it.place.as_str()).collect();
        let all = blocks(&json);
        let named = all.iter().filter(|(n, m)| {
            places.contains(&&*format!("groups.{n}.blocks.{m}")) || places.contains(&&*format!("groups.{n}"))
        });
        prop_assert!(imported.report.taken + named.count() >= all.len(), "{places:?}");
        prop_assert!(imported.report.taken >= imported.file.questions.len());
    }

    #[test]
    fn any_text_is_a_draft_or_a_reason(text in "\\PC{0,80}") {
        for made in [from_csv(&text, &defaults()), from_typebot(&text, &defaults())] {
            match made {
                Ok(imported) => prop_assert!(imported.report.taken > 0),
                Err(error) => prop_assert!(!error.to_string().contains('\n')),
            }
        }
    }
}
