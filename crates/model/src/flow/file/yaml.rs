//! Writes YAML for people: small maps on one line, no quotes where none are needed.

use std::fmt::Write as _;

use super::Tree;

/// A map or list that fits into so many columns stands on one line.
const WIDTH: usize = 100;

/// Maps whose entries have a line each, however few they are.
const SPREAD: [&str; 10] = [
    "answers",
    "categories",
    "edges",
    "journeys",
    "nodes",
    "questions",
    "schedules",
    "services",
    "steps",
    "zones",
];

/// Words that a reader of YAML could take for something else than a text.
const TAKEN: [&str; 12] =
    ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan", "infinity"];

/// A document that is a map.
pub(super) fn write(document: &Tree) -> String {
    let mut text = Writer(String::new());
    if let Tree::Map(fields) = document {
        text.fields(fields, 0);
    }
    text.0
}

struct Writer(String);

impl Writer {
    fn fields(&mut self, fields: &[(String, Tree)], indent: usize) {
        for (n, (key, value)) in fields.iter().enumerate() {
            if n > 0 || indent == 0 {
                self.pad(indent);
            }
            let key_text = scalar(key, true);
            self.0.push_str(&key_text);
            self.0.push(':');
            let spread = SPREAD.contains(&key.as_str()) && matches!(value, Tree::Map(_))
                || indent == 0 && matches!(value, Tree::List(_));
            self.value(value, indent + 2, key_text.chars().count() + 1, spread);
        }
    }

    /// After a `:`. What does not fit on the line goes on below, at `indent`.
    fn value(&mut self, value: &Tree, indent: usize, taken: usize, spread: bool) {
        if let Tree::Text(text) = value
            && let Some(block) = literal(text)
        {
            self.0.push_str(block);
            self.lines(text, indent);
            return;
        }
        let line = one_line(value, false);
        let room = WIDTH.saturating_sub(indent - 2 + taken + 1);
        match value {
            Tree::Map(fields) if !fields.is_empty() && (spread || line.chars().count() > room) => {
                self.0.push('\n');
                self.pad(indent);
                self.fields(fields, indent);
            }
            Tree::List(items) if !items.is_empty() && (spread || line.chars().count() > room) => {
                self.0.push('\n');
                for item in items {
                    self.item(item, indent);
                }
            }
            _ => {
                self.0.push(' ');
                self.0.push_str(&line);
                self.0.push('\n');
            }
        }
    }

    fn item(&mut self, item: &Tree, indent: usize) {
        self.pad(indent);
        self.0.push('-');
        let too_long = one_line(item, false).chars().count() + indent + 2 > WIDTH;
        match item {
            Tree::Map(fields) if too_long => {
                self.0.push(' ');
                self.fields(fields, indent + 2);
            }
            _ => self.value(item, indent + 2, 1, false),
        }
    }

    /// The lines of a literal block.
    fn lines(&mut self, text: &str, indent: usize) {
        self.0.push('\n');
        for line in text.lines() {
            if !line.is_empty() {
                self.pad(indent);
                self.0.push_str(line);
            }
            self.0.push('\n');
        }
    }

    fn pad(&mut self, indent: usize) {
        self.0.extend(std::iter::repeat_n(' ', indent));
    }
}

/// How a text of several lines begins as a block, when it can be one.
fn literal(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let first = body.lines().next()?;
    let fits = text.contains('\n')
        && !first.starts_with(' ')
        && !body.ends_with('\n')
        && body.split('\n').all(|it| it.is_empty() || !it.trim().is_empty())
        && !first.is_empty()
        && body.chars().all(|it| it == '\n' || is_printable(it));
    fits.then_some(if body.len() < text.len() { " |" } else { " |-" })
}

fn one_line(tree: &Tree, in_flow: bool) -> String {
    match tree {
        Tree::Null => "null".to_owned(),
        Tree::Bool(it) => it.to_string(),
        Tree::Number(it) => it.to_string(),
        Tree::Text(it) => scalar(it, in_flow),
        Tree::List(items) => {
            let items: Vec<_> = items.iter().map(|it| one_line(it, true)).collect();
            format!("[{}]", items.join(", "))
        }
        Tree::Map(fields) if fields.is_empty() => "{}".to_owned(),
        Tree::Map(fields) => {
            let field = |(key, value): &(String, Tree)| {
                format!("{}: {}", scalar(key, true), one_line(value, true))
            };
            format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

fn scalar(text: &str, in_flow: bool) -> String {
    if is_plain(text, in_flow) { text.to_owned() } else { quoted(text) }
}

/// Whether every reader of YAML takes the bare text for this text.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let inside = |it: char| {
        it.is_alphanumeric() || " -_./'()?!%&+;–—…’“”€£°".contains(it) || (it == ',' && !in_flow)
    };
    text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && text.chars().all(inside)
        && !TAKEN.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for it in text.chars() {
        match it {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            it if is_printable(it) => quoted.push(it),
            it => {
                let code = u32::from(it);
                // Writing to a String cannot fail.
                let _ = match code {
                    0..=0xff => write!(quoted, "\\x{code:02x}"),
                    0x100..=0xffff => write!(quoted, "\\u{code:04x}"),
                    _ => write!(quoted, "\\U{code:08x}"),
                };
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether it may stand in YAML as it is, and is seen.
fn is_printable(it: char) -> bool {
    let hidden = matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    !it.is_control() && !hidden
}
