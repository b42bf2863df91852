use std::collections::BTreeMap;

use model::core::AuditEntry;
use store::{Key, Owner, Record};

use super::{Finding, FindingCode};

/// The entries of all audit logs, as they are met.
#[derive(Default)]
pub(super) struct AuditLogs(BTreeMap<Owner, BTreeMap<u64, Entry>>);

struct Entry {
    key: Key,
    previous_hash: String,
    hash: String,
    is_unchanged: bool,
}

impl AuditLogs {
    pub(super) fn add(&mut self, record: &Record) {
        let Ok(entry) = record.body.read::<AuditEntry>() else { return };
        let is_unchanged = entry.hash == entry.computed_hash();
        let AuditEntry { sequence, previous_hash, hash, .. } = entry;
        let entry = Entry { key: record.key, previous_hash, hash, is_unchanged };
        self.0.entry(record.key.owner).or_default().insert(sequence, entry);
    }

    /// What does not follow from what is before it.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.0.values().flat_map(findings).collect()
    }
}

fn findings(log: &BTreeMap<u64, Entry>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut last = (0, String::new());
    for (sequence, entry) in log {
        let next = last.0 + 1;
        let wrong = if !entry.is_unchanged {
            Some(format!("entry {sequence} is not as it was written"))
        } else if *sequence != next {
            Some(format!("entry {next} is missing"))
        } else if entry.previous_hash != last.1 {
            Some(format!("entry {sequence} does not follow the one before it"))
        } else {
            None
        };
        let finding = |it| Finding::new(FindingCode::BrokenAuditLog, Some(entry.key), it);
        findings.extend(wrong.map(finding));
        last = (*sequence, entry.hash.clone());
    }
    findings
}
