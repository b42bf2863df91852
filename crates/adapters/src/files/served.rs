use std::fmt::Write;

use super::{FileName, Kind};

/// How a stored file goes out: what a browser may do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Content-Disposition`.
    pub disposition: String,
}

impl Served {
    /// `X-Content-Type-Options` of every file: a browser takes the type for what it is said to be.
    pub const CONTENT_TYPE_OPTIONS: &str = "nosniff";
    /// `Content-Security-Policy` of every file: as a page it runs nothing and loads nothing.
    pub const CONTENT_SECURITY_POLICY: &str = "sandbox; default-src 'none'";

    /// By the stored media type. One that is not known here is bytes to save.
    pub fn new(mime: &str, name: &FileName) -> Self {
        let Some(kind) = Kind::from_mime(mime) else {
            let content_type = "application/octet-stream";
            return Self { content_type, disposition: disposition(false, name) };
        };
        let content_type = match kind {
            Kind::Text => "text/plain; charset=utf-8",
            Kind::Csv => "text/csv; charset=utf-8",
            kind => kind.mime(),
        };
        let name = name.ending_with(kind.extensions());
        Self { content_type, disposition: disposition(kind.is_inline(), &name) }
    }

    /// All headers that make the file safe, with names in lower case.
    pub fn headers(&self) -> [(&'static str, &str); 4] {
        [
            ("content-type", self.content_type),
            ("content-disposition", &self.disposition),
            ("x-content-type-options", Self::CONTENT_TYPE_OPTIONS),
            ("content-security-policy", Self::CONTENT_SECURITY_POLICY),
        ]
    }
}

/// As RFC 6266 has it: the name in ASCII, and as it is where that says less.
fn disposition(inline: bool, name: &FileName) -> String {
    let name = name.as_str();
    let plain = |it: char| matches!(it, ' '..='~') && !matches!(it, '"' | '\\' | '%');
    let fallback: String = name.chars().map(|it| if plain(it) { it } else { '_' }).collect();
    let kind = if inline { "inline" } else { "attachment" };
    let mut text = format!("{kind}; filename=\"{fallback}\"");
    if fallback != name {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn served(mime: &str, name: &str) -> Served {
        Served::new(mime, &FileName::sanitized(name))
    }

    #[test]
    fn only_pictures_and_text_are_shown() {
        for kind in Kind::ALL {
            let inline = served(kind.mime(), "it").disposition.starts_with("inline");
            let shown = matches!(kind, Kind::Jpeg | Kind::Png | Kind::Text);
            assert_eq!(inline, shown, "{kind:?}");
        }
    }

    #[test]
    fn an_unknown_type_is_bytes_to_save() {
        for mime in ["", "text/html; charset=utf-8", "text/xml", "image/gif", "IMAGE/PNG"] {
            let served = served(mime, "page.html");
            assert_eq!(served.content_type, "application/octet-stream", "{mime}");
            assert_eq!(served.disposition, "attachment; filename=\"page.html\"");
        }
    }

    #[test]
    fn a_name_is_saved_as_what_the_content_is() {
        let name = |mime, name| served(mime, name).disposition;
        assert_eq!(name("text/plain", "run.exe"), "inline; filename=\"run.exe.txt\"");
        assert_eq!(name("image/png", "a.webp"), "inline; filename=\"a.webp.png\"");
    }

    #[test]
    fn names_beyond_ascii_are_said_twice() {
        assert_eq!(
            served("application/pdf", "Öl \"50 %\".pdf").disposition,
            "attachment; filename=\"_l _50 __.pdf\"; \
             filename*=UTF-8''%C3%96l%20%2250%20%25%22.pdf"
        );
    }

    #[test]
    fn every_file_has_the_headers_that_hold_it() {
        let served = served("image/svg+xml", "logo.svg");
        assert_eq!(
            served.headers(),
            [
                ("content-type", "image/svg+xml"),
                ("content-disposition", "attachment; filename=\"logo.svg\""),
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", "sandbox; default-src 'none'"),
            ]
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_its_header(mime in any::<String>(), name in any::<String>()) {
            let text = served(&mime, &name).disposition;
            prop_assert!(text.bytes().all(|it| matches!(it, b' '..=b'~')));
            prop_assert_eq!(text.matches('"').count(), 2);
        }
    }
}
