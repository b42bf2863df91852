use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Everything wrong with one document, each with its place: reported together, never the first
/// only.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// Dotted, with list positions as numbers: `steps.0.content.title`.
    pub path: String,
    /// Stable, for programs: `length`, `required`, `range` …
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
}

/// Where in the document a check stands; checks below it add to its path.
pub struct Place<'a> {
    problems: &'a mut Problems,
    path: String,
}

impl Problems {
    /// The document itself.
    pub fn root(&mut self) -> Place<'_> {
        Place { problems: self, path: String::new() }
    }

    /// `Err` when anything was found.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Place<'_> {
    /// The place `name` below this one.
    pub fn at(&mut self, name: impl fmt::Display) -> Place<'_> {
        let path =
            if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) };
        Place { problems: self.problems, path }
    }

    /// This place again, for a check that takes it.
    pub fn here(&mut self) -> Place<'_> {
        Place { problems: self.problems, path: self.path.clone() }
    }

    /// A rule is broken here.
    pub fn add(&mut self, code: &'static str, message: impl Into<String>) {
        self.problems.0.push(Problem { path: self.path.clone(), code, message: message.into() });
    }

    /// Adds unless `holds`.
    pub fn require(&mut self, holds: bool, code: &'static str, message: &str) {
        if !holds {
            self.add(code, message);
        }
    }

    /// Between `min` and `max` characters, none of them a control character other than a line
    /// break or a tab.
    pub fn text(&mut self, text: &str, min: usize, max: usize) {
        let length = text.trim().chars().count();
        if length < min && length == 0 {
            self.add("required", "must not be empty");
        } else if length < min || text.chars().count() > max {
            self.add("length", format!("must have {min} to {max} characters"));
        }
        if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
            self.add("characters", "must not contain control characters");
        }
    }

    /// Between `min` and `max`, both included.
    pub fn range<T: PartialOrd + fmt::Display>(&mut self, value: &T, min: &T, max: &T) {
        if value < min || value > max {
            self.add("range", format!("must be between {min} and {max}"));
        }
    }

    /// `http` or `https`, absolute.
    pub fn web_url(&mut self, url: &str) {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let holds = host.is_some_and(|it| !it.is_empty() && !it.starts_with('/'))
            && url.len() <= 2_048
            && !url
                .chars()
                .any(|it| it.is_whitespace() || it.is_control() || "\"<>\\".contains(it));
        self.require(holds, "url", "must be an http or https URL");
    }

    /// Something that mail can be sent to: whether it arrives only sending tells.
    pub fn email(&mut self, email: &str) {
        self.require(is_email(email), "email", "must be an e-mail address such as ada@example.com");
    }

    /// An IANA zone that the bundled database knows.
    pub fn time_zone(&mut self, name: &str) {
        let known = jiff::tz::TimeZone::get(name).is_ok();
        self.require(known, "time_zone", "must be an IANA time zone such as America/New_York");
    }
}

/// The shape that mail servers take: one `@`, a dotted host, no spaces, at most 254 bytes.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let plain =
        |it: char| !it.is_whitespace() && !it.is_control() && !"@,;:<>()[]\\\"".contains(it);
    let label = |it: &str| {
        !it.is_empty()
            && !it.starts_with('-')
            && !it.ends_with('-')
            && it.chars().all(|it| it.is_alphanumeric() || it == '-')
    };
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && host.contains('.')
        && host.split('.').all(label)
        && host.rsplit('.').next().is_some_and(|it| it.chars().count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_cannot_be_sent_to_is_no_email() {
        for good in ["ada@example.com", "a.b+c@mail.example.co.uk", "jürgen@müller.de"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "ada@example",
            "a@b@c.com",
            "ada@.com",
            "ada@-x.com",
            "ada@example.c",
            "ada@example.com\r\nBcc: x@y.zz",
            ".a@b.cc",
            "a..b@c.dd",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
