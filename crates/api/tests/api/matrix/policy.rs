//! `permissions.txt` as it is checked in: what the matrix expects, said apart from the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// One operation and who may call it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) who: Who,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    Anybody,
    PublicKey,
    SessionToken,
    SignedIn,
    Member(String),
    Operator(String),
}

/// All of the file.
pub(crate) struct Policy {
    pub(crate) operations: Vec<Operation>,
    /// The permissions of each system role.
    pub(crate) roles: BTreeMap<String, BTreeSet<String>>,
}

impl Policy {
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../permissions.txt");
        let text = fs::read_to_string(path).unwrap();
        let (operations, permissions) = text.split_once("\n# Which").unwrap();
        let lines: Vec<_> = operations.lines().skip(2).collect();
        let operations = lines.chunks(2).map(|it| Operation::read(it[0], it[1])).collect();
        let mut roles = BTreeMap::<_, BTreeSet<_>>::new();
        for line in permissions.lines().skip(2) {
            let (permission, by) = line.split_once(' ').unwrap();
            for role in by.split_whitespace() {
                roles.entry(role.to_owned()).or_default().insert(permission.to_owned());
            }
        }
        Self { operations, roles }
    }
}

impl Operation {
    fn read(route: &str, about: &str) -> Self {
        let (method, path) = route.split_once(' ').unwrap();
        let (id, who) = about.trim().split_once(": ").unwrap();
        let who = match who.split_once(' ') {
            _ if who == "anybody" => Who::Anybody,
            _ if who == "public key" => Who::PublicKey,
            _ if who == "session token" => Who::SessionToken,
            _ if who == "signed in" => Who::SignedIn,
            Some(("member", permission)) => Who::Member(permission.to_owned()),
            Some(("operator", permission)) => Who::Operator(permission.to_owned()),
            _ => panic!("`{who}` is a new kind of caller: say in `Who` and `expected` what it may"),
        };
        let path = path.trim().to_owned();
        Self { method: method.to_owned(), path, id: id.to_owned(), who }
    }

    /// The collection that the last id in the path is of, and where bodies come from.
    pub(crate) fn collection(&self) -> &str {
        let segments: Vec<_> = self.path.split('/').collect();
        let before_id = segments.windows(2).rfind(|it| it[1] == "{id}").map(|it| it[0]);
        before_id.or(segments.last().copied()).unwrap_or_default()
    }

    pub(crate) fn has(&self, parameter: &str) -> bool {
        self.path.contains(&format!("{{{parameter}}}"))
    }

    pub(crate) fn is_safe(&self) -> bool {
        self.method == "GET"
    }
}
