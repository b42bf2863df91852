//! Whatever is saved, nothing is left pointing at nothing, and what new things are called does not
//! matter.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::builder::{after, apply, at, bundle, graph, pond};

/// Replaces temporary ids by other ones, wherever they stand.
fn renamed(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => json!(names.get(text).unwrap_or(text)),
        Value::Array(items) => items.iter().map(|it| renamed(it, names)).collect(),
        Value::Object(members) => {
            // Fields that hold texts of their own are left alone.
            let free = ["slug", "title", "kind", "type", "currency"];
            let keep = |name: &str| free.contains(&name);
            let each = members.iter().map(|(name, it)| {
                (name.clone(), if keep(name) { it.clone() } else { renamed(it, names) })
            });
            Value::Object(each.collect())
        }
        other => other.clone(),
    }
}

/// All texts that are ids in what a flow consists of, with those that things have themselves.
fn pointers(value: &Value, own: &mut BTreeSet<String>, others: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|it| pointers(it, own, others)),
        Value::Object(members) => {
            for (name, it) in members {
                match it {
                    Value::String(text) if name == "_id" => {
                        own.insert(text.clone());
                    }
                    Value::String(text) if name.ends_with("_id") => {
                        others.insert(text.clone());
                    }
                    Value::Array(items) if name.ends_with("_ids") || name == "steps" => {
                        others.extend(items.iter().filter_map(|it| it.as_str()).map(str::to_owned));
                        for it in items {
                            pointers(it, own, others);
                        }
                    }
                    it => pointers(it, own, others),
                }
            }
        }
        _ => {}
    }
}

/// Places of what there is, and what of it may be deleted or changed.
const QUESTIONS: [&str; 2] = ["questions.what", "questions.height"];
const ANSWERS: [&str; 2] = ["questions.what.answers.lawn", "questions.what.answers.hedge"];
const SERVICES: [&str; 2] = ["services.lawn", "services.hedge"];

fn some(of: Vec<String>) -> impl Strategy<Value = Vec<String>> {
    let most = of.len();
    proptest::sample::subsequence(of, 0..=most)
}

fn places(of: &[&str]) -> Vec<String> {
    of.iter().map(|it| at(it)).collect()
}

prop_compose! {
    /// Deletes, new edges between anything, other answers and another root.
    fn any_save()(
        questions in some(places(&QUESTIONS)),
        answers in some(places(&ANSWERS)),
        services in some(places(&SERVICES)),
        categories in some(places(&["categories.green"])),
        nodes in some(graph(&bundle()).nodes.iter().map(|it| it.id.to_string()).collect()),
        edges in some(graph(&bundle()).edges.iter().map(|it| it.id.to_string()).collect()),
        listed in some([places(&ANSWERS), vec!["pond".to_owned()]].concat()),
        root in proptest::option::of(0..7_usize),
        with_pond in any::<bool>(),
        lists in any::<bool>(),
    ) -> Value {
        let mut save = if with_pond { pond() } else { json!({}) };
        save["questions"]["delete"] = json!(questions);
        save["answers"]["delete"] = json!(answers);
        save["services"]["delete"] = json!(services);
        save["categories"]["delete"] = json!(categories);
        save["graph"]["nodes"]["delete"] = json!(nodes);
        save["graph"]["edges"]["delete"] = json!(edges);
        if lists {
            let update = json!({ "_id": at("questions.what"), "answer_ids": listed });
            save["questions"]["update"] = json!([update]);
        }
        let spots = [
            "nodes.questions.what", "nodes.questions.height", "nodes.services.hedge",
            "nodes.questions.what.answers.lawn", "nodes.questions.what.answers.hedge",
        ];
        if let Some(n) = root {
            save["graph"]["root_node_id"] = match n {
                0..=4 => json!(at(spots[n])),
                5 => json!("n2"),
                _ => json!("nobody"),
            };
        }
        save
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_points_at_nothing_after_a_save(save in any_save()) {
        let Ok(saved) = apply(&save) else { return Ok(()) };
        let after = after(&saved);
        let value = serde_json::to_value(&after.snapshot).unwrap();
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        pointers(&value, &mut own, &mut others);
        own.insert(at("schedules.week"));
        let is_empty = graph(&after).nodes.is_empty();
        if is_empty {
            own.insert(graph(&after).root_node_id.to_string());
        }
        let dangling: Vec<_> = others.difference(&own).collect();
        prop_assert!(dangling.is_empty(), "{dangling:?} of {save}");
        let text = value.to_string();
        for name in saved.ids.keys() {
            let needle = format!("_id\":\"{name}\"");
            prop_assert!(!text.contains(&needle), "{}", needle);
        }
    }

    #[test]
    fn what_new_things_are_called_does_not_matter(
        names in proptest::collection::btree_set("[a-z]{1,3}[ #-][0-9A-Zä]{1,9}", 10..=10),
        breaks in proptest::option::of(0..10_usize),
    ) {
        let plain = apply(&pond()).unwrap();
        let names: BTreeMap<_, _> = plain.ids.keys().cloned().zip(names).collect();
        let mut save = renamed(&pond(), &names);
        if let Some(n) = breaks {
            // One pointer keeps the old name, which is nobody's now.
            let old = names.keys().nth(n).unwrap();
            let new = &names[old];
            let mut partly = names.clone();
            partly.remove(old);
            save = renamed(&pond(), &partly);
            for kind in ["categories", "services", "questions", "answers"] {
                for item in save[kind]["create"].as_array_mut().unwrap() {
                    if item["_id"] == **old { item["_id"] = json!(new); }
                }
            }
            for kind in ["nodes", "edges"] {
                for item in save["graph"][kind]["create"].as_array_mut().unwrap() {
                    if item["_id"] == **old { item["_id"] = json!(new); }
                }
            }
            let used = old != "e1" && old != "e3";
            prop_assert_eq!(apply(&save).is_err(), used, "{}", old);
            return Ok(());
        }
        let other = apply(&save).unwrap();
        prop_assert_eq!(&other.questions, &plain.questions);
        prop_assert_eq!(&other.answers, &plain.answers);
        prop_assert_eq!(&other.steps, &plain.steps);
        prop_assert_eq!(&other.canvas, &plain.canvas);
        for (name, id) in &plain.ids {
            prop_assert_eq!(&other.ids[&names[name]], id);
        }
    }
}
