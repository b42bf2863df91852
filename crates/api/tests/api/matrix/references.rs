//! What refers to another organization's documents is refused, as if they were not there.

use serde_json::Value;

use super::{
    Matrix, NOBODYS,
    policy::Operation,
    world::{documents, each_text, is_id, put_back},
};

impl Matrix {
    /// Each id in the body in turn is one of the other organization.
    pub(super) async fn references(&mut self, operation: &Operation, body: &Value) {
        let mut ids = Vec::new();
        each_text(&mut body.clone(), &mut |text| {
            if is_id(text) {
                ids.push(text.clone());
            }
        });
        let (organization, id) = self.own_target(operation);
        let path = Self::path(operation, &organization, &id, &self.own);
        for own in ids {
            let other = self.other.same_id(&own, &self.own);
            let mut answers = Vec::new();
            for in_place in [&*other, NOBODYS] {
                let mut mixed = body.clone();
                each_text(&mut mixed, &mut |text| {
                    if *text == own {
                        in_place.clone_into(text);
                    }
                });
                let owner = self.caller("owner");
                let answer = self.ask(owner, &operation.method, &path, Some(&mixed)).await;
                let backend = self.site.store.backend().clone();
                let is_same = documents(&*backend).await == self.before;
                if !is_same && !answer.status.is_success() {
                    self.findings.push(format!("{path} {mixed}: refused, but it was written"));
                }
                if !is_same {
                    put_back(&*backend, &self.before).await;
                }
                let refers = refers(operation, &mixed, in_place);
                if refers && answer.status != 422 {
                    let text = answer.text();
                    self.findings.push(format!("{path} refers to another’s {in_place}: {text}"));
                }
                answers.push(answer);
            }
            let what = format!("{} {path} with {other}", operation.method);
            self.same_text(&what, &answers[0], &answers[1], &[&other, NOBODYS]);
        }
    }
}

/// Whether a declared reference of the body has the id.
fn refers(operation: &Operation, body: &Value, id: &str) -> bool {
    let collection = model::COLLECTIONS.iter().find(|it| it.name == operation.collection());
    let references = collection.into_iter().flat_map(|it| it.references);
    let mut ids = references.flat_map(|it| store::ids_at(body, it.field));
    ids.any(|it| it.to_string() == id)
}
