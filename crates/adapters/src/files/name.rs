use std::{fmt, str::FromStr};

/// In bytes: what file systems take.
pub const LONGEST_NAME: usize = 255;

/// What a person calls a file: 1 to 255 bytes without path separators, control characters or
/// characters that reorder or hide text. Shown and offered for saving, never used as a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

/// A text that is no [`FileName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a file name has 1 to 255 bytes, no path separators, no control or invisible characters, and \
     neither dots nor spaces at its ends"
)]
pub struct BadFileName;

impl FileName {
    /// The closest name to what a client says, whatever it says.
    pub fn sanitized(text: &str) -> Self {
        let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|&it| is_allowed(it)).collect();
        let name = trim(&name);
        let name = if name.is_empty() { "file" } else { name };
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if extension.len() <= 16 => (stem, Some(extension)),
            _ => (name, None),
        };
        Self(joined(stem, extension))
    }

    /// The same with one of these extensions, so that nothing is opened as what it is not.
    #[must_use]
    pub fn ending_with(&self, extensions: &[&str]) -> Self {
        let extension = self.0.rsplit_once('.').map(|(_, it)| it);
        let fits = |it: &str| extensions.iter().any(|one| one.eq_ignore_ascii_case(it));
        match extensions.first() {
            Some(usual) if !extension.is_some_and(fits) => Self(joined(&self.0, Some(usual))),
            _ => self.clone(),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The stem gives way when both are too long together.
fn joined(stem: &str, extension: Option<&str>) -> String {
    let suffix = extension.map(|it| format!(".{it}")).unwrap_or_default();
    let end = stem.floor_char_boundary(LONGEST_NAME - suffix.len());
    trim(&format!("{}{suffix}", stem[..end].trim_end())).to_owned()
}

fn trim(name: &str) -> &str {
    name.trim_matches(|it: char| it.is_whitespace() || it == '.')
}

/// Not one of those that reorder or hide what is beside them.
fn is_allowed(it: char) -> bool {
    !it.is_control()
        && !matches!(it,
            '/' | '\\'
            | '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

impl FromStr for FileName {
    type Err = BadFileName;

    fn from_str(text: &str) -> Result<Self, BadFileName> {
        let good = (1..=LONGEST_NAME).contains(&text.len())
            && text.chars().all(is_allowed)
            && trim(text) == text;
        if good { Ok(Self(text.to_owned())) } else { Err(BadFileName) }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (text, name) in [
            ("photo.jpg", "photo.jpg"),
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\me\boiler.png", "boiler.png"),
            ("..", "file"),
            ("/", "file"),
            ("", "file"),
            ("\0", "file"),
            (".htaccess", "htaccess"),
            ("a\0b\r\nc.txt", "abc.txt"),
            ("annual\u{202E}fdp.exe", "annualfdp.exe"),
            ("in\u{200B}voice.pdf", "invoice.pdf"),
            (" name. ", "name"),
            ("Überweisung 1.pdf", "Überweisung 1.pdf"),
        ] {
            assert_eq!(FileName::sanitized(text).as_str(), name, "{text:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = FileName::sanitized(&format!("{}.pdf", "ü".repeat(200)));
        assert_eq!(name.as_str().len(), 254);
        assert!(name.as_str().ends_with("ü.pdf"));
    }

    #[test]
    fn a_name_ends_as_its_content_does() {
        let named = |text: &str| FileName::sanitized(text).ending_with(&["jpg", "jpeg"]).0;
        assert_eq!(named("a.JPEG"), "a.JPEG");
        assert_eq!(named("a.exe"), "a.exe.jpg");
        assert_eq!(named("jpg"), "jpg.jpg");
        assert_eq!(named(&"a".repeat(255)).len(), 255);
        assert!(named(&"a".repeat(255)).ends_with("a.jpg"));
    }

    proptest! {
        #[test]
        fn whatever_is_said_becomes_a_name(text in any::<String>()) {
            let name = FileName::sanitized(&text);
            prop_assert_eq!(name.as_str().parse(), Ok(name.clone()));
            let name = name.ending_with(&["png"]);
            prop_assert_eq!(name.as_str().parse(), Ok(name.clone()));
        }
    }
}
