use std::fmt::Write as _;

use serde_json::Value;

use super::{Change, ChangeKind, FlowDiff};

impl FlowDiff {
    /// For people and pull requests: the same changes are always the same text.
    pub fn to_text(&self) -> String {
        if self.equal {
            return "no difference\n".to_owned();
        }
        let mut text = self.summary() + "\n";
        for change in &self.changes {
            write_change(change, &mut text);
        }
        text
    }

    /// `3 changes: 1 added, 2 changed`.
    pub fn summary(&self) -> String {
        let words = ["added", "removed", "changed", "moved", "rewired", "rearranged"];
        let counts: Vec<_> = words
            .iter()
            .map(|word| (self.count(|it| it.word() == *word), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let all = self.changes.len();
        let plural = if all == 1 { "" } else { "s" };
        format!("{all} change{plural}: {}", counts.join(", "))
    }
}

fn write_change(change: &Change, text: &mut String) {
    let sign = match &change.kind {
        ChangeKind::Added { .. } => '+',
        ChangeKind::Removed { .. } => '-',
        ChangeKind::Changed { .. } => '~',
        ChangeKind::Moved { .. } => '>',
        ChangeKind::Rewired { .. } | ChangeKind::Rearranged {} => '=',
    };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "\n{sign} {} {} {} “{}”\n",
        change.kind.word(),
        change.what.word(),
        change.path,
        one_line(&change.title)
    );
    match &change.kind {
        ChangeKind::Added { entry } | ChangeKind::Removed { entry } => {
            if let Value::Object(fields) = entry {
                for (name, value) in fields {
                    let _ = writeln!(text, "    {sign} {name}: {value}");
                }
            } else if let Value::Array(next) = entry {
                let next: Vec<_> = next.iter().filter_map(Value::as_str).collect();
                let _ = writeln!(text, "    {sign} leads to {}", list(&next));
            }
        }
        ChangeKind::Changed { fields } => {
            for field in fields {
                let _ = writeln!(text, "    {}: {} → {}", field.field, field.before, field.after);
            }
        }
        ChangeKind::Moved { from, to } => {
            let _ = writeln!(text, "    from place {from} to {to}");
        }
        ChangeKind::Rewired { before, after } => {
            let _ = writeln!(text, "    leads to {}", list(after));
            let _ = writeln!(text, "    before   {}", list(before));
        }
        ChangeKind::Rearranged {} => {
            let _ = writeln!(text, "    only the order in the file is another");
        }
    }
}

fn list(names: &[impl AsRef<str>]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

fn one_line(title: &str) -> String {
    title.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}
