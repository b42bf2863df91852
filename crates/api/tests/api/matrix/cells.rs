//! One operation and one caller: what is theirs, what is not, and what is not there.

use axum::http::header::HeaderName;
use model::Id;
use serde_json::Value;

use super::{
    Matrix, NOBODYS,
    callers::{Caller, Expected},
    is_unreached,
    policy::{Operation, Who},
    world::{Side, documents, put_back},
};
use crate::site::Answer;

/// What of an answer must not differ.
#[derive(PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<(HeaderName, Vec<u8>)>,
    body: String,
}

impl Matrix {
    pub(super) async fn cells(
        &mut self,
        operation: &Operation,
        caller: &Caller,
        body: Option<&Value>,
    ) {
        let own = self.own.organization.to_string();
        let other = self.other.organization.to_string();
        let (own_id, other_id) =
            (Self::target(operation, &self.own), Self::target(operation, &self.other));
        self.cell(operation, caller, body, (&own, &own_id), true).await;
        let is_theirs = caller.name == "the other’s owner";
        if operation.has("organization_id") && !is_theirs {
            let foreign = self.cell(operation, caller, body, (&other, &other_id), true).await;
            let nobodys = self.cell(operation, caller, body, (NOBODYS, &other_id), false).await;
            self.same(operation, caller, &foreign, &nobodys);
        }
        if operation.has("id") {
            // To those who run the platform, nothing of the platform is another's.
            let is_platforms = matches!(operation.who, Who::Operator(_));
            let foreign = (&*own, &*other_id);
            let foreign = self.cell(operation, caller, body, foreign, is_platforms).await;
            let nobodys = self.cell(operation, caller, body, (&own, NOBODYS), false).await;
            self.same(operation, caller, &foreign, &nobodys);
        }
    }

    /// One request, and whether what came of it is what had to.
    async fn cell(
        &mut self,
        operation: &Operation,
        caller: &Caller,
        body: Option<&Value>,
        (organization, id): (&str, &str),
        is_there: bool,
    ) -> Seen {
        let path = Self::path(operation, organization, id, &self.own);
        let is_own = id == Self::target(operation, &self.own);
        let at = organization.parse().map_or_else(|_| self.own.organization, Id::new);
        let mine = !operation.has("id") || operation.who != Who::SignedIn;
        let expected = caller.expected(&operation.who, at, is_own, is_there && mine);
        let answer = self.ask(caller, &operation.method, &path, body).await;
        let status = answer.status.as_u16();
        let name = format!("{} {path} by {}", operation.method, caller.name);
        let mut findings = Vec::new();
        let is_as_expected = match expected {
            Expected::Refused(code) => status == code,
            Expected::Allowed if operation.who == Who::Anybody => status < 500,
            // What a file changes may need more than the route asks for.
            Expected::Allowed if operation.id == "import_booking_flow" => {
                status < 500 && status != 401
            }
            Expected::Allowed if is_unreached(operation) => {
                status < 500 && !matches!(status, 401 | 403)
            }
            Expected::Allowed => status < 500 && !matches!(status, 401 | 403 | 404),
        };
        if !is_as_expected {
            findings.push(format!("{name}: {status}, not {expected:?}: {}", answer.text()));
        }
        let sent = format!("{path} {}", body.map(Value::to_string).unwrap_or_default());
        findings.extend(
            self.leak(operation, caller, at, &sent, answer.text())
                .map(|leaked| format!("{name}: shows {leaked}: {}", answer.text())),
        );
        if !operation.is_safe() || caller.name == "owner" {
            let backend = self.site.store.backend().clone();
            let is_same = documents(&*backend).await == self.before;
            if !is_same && (operation.is_safe() || !answer.status.is_success()) {
                findings.push(format!("{name}: {status}, but something was written"));
            }
            if !is_same {
                put_back(&*backend, &self.before).await;
            }
        }
        self.findings.extend(findings);
        seen(&answer, &[organization, id])
    }

    /// A text or an id of an organization that the caller has nothing to do with.
    fn leak<'a>(
        &'a self,
        operation: &Operation,
        caller: &Caller,
        at: Id<model::core::Organization>,
        sent: &str,
        answer: &'a str,
    ) -> Option<&'a str> {
        if matches!(operation.who, Who::Operator(_)) {
            return None;
        }
        let is_theirs = |side: &Side| match &*caller.name {
            "the other’s owner" => side.organization == self.other.organization,
            "the platform’s admin" => side.organization == at,
            _ => side.organization == self.own.organization,
        };
        [&self.own, &self.other]
            .into_iter()
            .filter(|it| !is_theirs(it))
            .find_map(|side| side.traces(answer).into_iter().find(|trace| !sent.contains(trace)))
    }

    pub(super) fn same_text(
        &mut self,
        what: &str,
        foreign: &Answer,
        nobodys: &Answer,
        ids: &[&str],
    ) {
        let (foreign, nobodys) = (seen(foreign, ids), seen(nobodys, ids));
        let both_succeed = foreign.status < 300 && nobodys.status < 300;
        if foreign != nobodys && !both_succeed {
            self.findings.push(format!(
                "{what}: {} {}\n is not {} {}",
                foreign.status, foreign.body, nobodys.status, nobodys.body
            ));
        }
    }

    /// What is another's is what is not there.
    fn same(&mut self, operation: &Operation, caller: &Caller, foreign: &Seen, nobodys: &Seen) {
        let caller = &*caller.name;
        let both_succeed = foreign.status < 300 && nobodys.status < 300;
        if foreign != nobodys && !both_succeed && caller != "the platform’s admin" {
            self.findings.push(format!(
                "{} {} by {caller}: another’s is not as nobody’s: {} {}\n{} {}",
                operation.method,
                operation.path,
                foreign.status,
                foreign.body,
                nobodys.status,
                nobodys.body
            ));
        }
    }
}

fn seen(answer: &Answer, ids: &[&str]) -> Seen {
    let without = |text: &str| ids.iter().fold(text.to_owned(), |it, id| it.replace(id, "…"));
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|it| it.0 != "x-request-id")
        .map(|(name, value)| (name.clone(), value.as_bytes().to_vec()))
        .collect();
    headers.sort_by(|a, b| (a.0.as_str(), &a.1).cmp(&(b.0.as_str(), &b.1)));
    Seen { status: answer.status.as_u16(), headers, body: without(answer.text()) }
}
