use std::collections::BTreeMap;

use crate::{
    Entity, Problems,
    flow::{FlowBundle, check::Finding},
};

/// What each entity's own rules say, at the entity's place in the file.
pub(super) fn broken(bundle: &FlowBundle) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut check = |place: String, entity: &dyn Fn(&mut Problems)| {
        let mut problems = Problems::default();
        entity(&mut problems);
        findings.extend(problems.0.into_iter().map(|problem| {
            let message = format!("{} {}.", problem.path, problem.message);
            Finding::error("field.invalid", format!("{place}.{}", problem.path), message)
        }));
    };
    let snapshot = &bundle.snapshot;
    check("flow".to_owned(), &|problems| snapshot.flow.body.validate(&mut problems.root()));
    for (n, step) in snapshot.steps.iter().enumerate() {
        check(format!("steps.{n}"), &|problems| step.body.validate(&mut problems.root()));
    }
    for it in &bundle.zones {
        check(format!("zones.{}", it.body.slug), &|problems| {
            it.body.validate(&mut problems.root());
        });
    }
    for it in &bundle.schedules {
        check(format!("schedules.{}", it.body.slug), &|problems| {
            it.body.validate(&mut problems.root());
        });
    }
    for it in &snapshot.services {
        check(format!("services.{}", it.body.slug), &|problems| {
            it.body.validate(&mut problems.root());
        });
    }
    for it in &snapshot.categories {
        check(format!("categories.{}", it.body.slug), &|problems| {
            it.body.validate(&mut problems.root());
        });
    }
    let mut slugs = BTreeMap::new();
    for it in &snapshot.questions {
        slugs.insert(it.id, &it.body.slug);
        check(format!("questions.{}", it.body.slug), &|problems| {
            it.body.validate(&mut problems.root());
        });
    }
    for it in &snapshot.answers {
        let question = slugs.get(&it.body.booking_question_id).map_or("", |slug| slug.as_str());
        check(format!("questions.{question}.answers.{}", it.body.slug), &|problems| {
            it.body.validate(&mut problems.root());
        });
    }
    findings
}
