use std::str;

/// As many bytes of a file as [`Kind::of`] looks at.
pub const HEAD: usize = 16 * 1024;

/// A type of file that is taken, told by its content. What is not here is refused: programs, bare
/// archives, the older Office formats with their macros, moving pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Jpeg,
    Png,
    /// Comes in only: it is kept as JPEG or PNG.
    Webp,
    Pdf,
    Text,
    /// Text that was said to be CSV: content does not tell them apart.
    Csv,
    Svg,
    /// Any markup that a browser might take for a page.
    Html,
    Docx,
    Xlsx,
    Pptx,
    Odt,
    Ods,
    Odp,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Pdf,
        Self::Text,
        Self::Csv,
        Self::Svg,
        Self::Html,
        Self::Docx,
        Self::Xlsx,
        Self::Pptx,
        Self::Odt,
        Self::Ods,
        Self::Odp,
    ];

    /// What a file is by its first [`HEAD`] bytes, whatever it is called; nothing for an empty one.
    pub fn of(head: &[u8]) -> Option<Self> {
        let head = head.get(..HEAD).unwrap_or(head);
        if head.is_empty() {
            return None;
        }
        if head.starts_with(b"%PDF-") {
            return Some(Self::Pdf);
        }
        match text(head) {
            Some(text) => Some(of_text(text)),
            None => of_bytes(head),
        }
    }

    /// What a stored media type means.
    pub fn from_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.mime() == mime)
    }

    /// Its media type, without parameters.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
            Self::Svg => "image/svg+xml",
            Self::Html => "text/html",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
        }
    }

    /// How the names of such files end; the first is the usual one.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Pdf => &["pdf"],
            Self::Text => &["txt", "text", "log", "md"],
            Self::Csv => &["csv"],
            Self::Svg => &["svg"],
            Self::Html => &["html", "htm"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Pptx => &["pptx"],
            Self::Odt => &["odt"],
            Self::Ods => &["ods"],
            Self::Odp => &["odp"],
        }
    }

    /// It is decoded and written anew before it is kept.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp)
    }

    /// A browser may show it: pictures that were written anew, and text, which runs nothing. No
    /// browser shows a PDF in a sandbox, so it is saved like the rest.
    pub const fn is_inline(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Text)
    }

    /// What content of this kind is when its sender calls it `declared`; nothing when that is a
    /// contradiction. A sender who says nothing, or that it is just bytes, is not contradicted.
    pub fn declared(self, declared: Option<&str>) -> Option<Self> {
        let Some(declared) = declared else { return Some(self) };
        let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match (essence.as_str(), self) {
            ("" | "application/octet-stream", _)
            | ("image/jpg", Self::Jpeg)
            | ("application/xhtml+xml", Self::Html) => Some(self),
            // Windows calls CSV what opens it.
            ("text/csv" | "application/csv" | "application/vnd.ms-excel", Self::Text) => {
                Some(Self::Csv)
            }
            (essence, _) => (essence == self.mime()).then_some(self),
        }
    }
}

/// The head as text, when it is UTF-8 without control characters; a character that the end of the
/// head cuts is left out.
fn text(head: &[u8]) -> Option<&str> {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let plain = |it: char| !it.is_control() || matches!(it, '\t' | '\n' | '\r' | '\x0C');
    (!text.is_empty() && text.chars().all(plain)).then_some(text)
}

fn of_text(text: &str) -> Kind {
    let start = text.trim_start_matches('\u{FEFF}').trim_start().to_ascii_lowercase();
    let is_markup = start.strip_prefix('<').is_some_and(|rest| {
        rest.starts_with(|it: char| it.is_ascii_alphabetic() || matches!(it, '!' | '?' | '/'))
    });
    let is_page = start.starts_with("<!doctype html") || start.contains("<html");
    match is_markup {
        false => Kind::Text,
        true if start.contains("<svg") && !is_page => Kind::Svg,
        true => Kind::Html,
    }
}

fn of_bytes(head: &[u8]) -> Option<Kind> {
    let kind = Kind::from_mime(infer::get(head)?.mime_type())?;
    let exact = match kind {
        Kind::Png => head.starts_with(b"\x89PNG\r\n\x1A\n"),
        Kind::Webp => head.starts_with(b"RIFF"),
        // Elsewhere than at the start it is another file that hides a PDF.
        Kind::Pdf | Kind::Html => false,
        _ => true,
    };
    exact.then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_media_type() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_mime(kind.mime()), Some(kind));
            assert_eq!(kind.declared(Some(kind.mime())), Some(kind));
        }
    }

    #[test]
    fn text_that_looks_like_a_signature_is_text() {
        for text in ["BMW needs new brakes", "GIFT card, please", "MZ", "#!/bin/sh", "ID3", "<3 it"]
        {
            assert_eq!(Kind::of(text.as_bytes()), Some(Kind::Text), "{text}");
        }
    }

    #[test]
    fn a_character_cut_by_the_end_of_the_head_is_still_text() {
        let text = "ü".repeat(HEAD);
        assert_eq!(Kind::of(&text.as_bytes()[..HEAD - 1]), Some(Kind::Text));
        assert_eq!(Kind::of(b"\xC3"), None);
    }

    #[test]
    fn what_a_sender_says_must_fit() {
        for (kind, declared, is) in [
            (Kind::Text, None, Some(Kind::Text)),
            (Kind::Text, Some("text/csv; charset=utf-8"), Some(Kind::Csv)),
            (Kind::Text, Some("application/vnd.ms-excel"), Some(Kind::Csv)),
            (Kind::Text, Some("image/png"), None),
            (Kind::Text, Some("text/html"), None),
            (Kind::Html, Some("text/plain"), None),
            (Kind::Html, Some("image/png"), None),
            (Kind::Html, Some("Text/HTML;charset=utf-8"), Some(Kind::Html)),
            (Kind::Svg, Some("image/png"), None),
            (Kind::Png, Some("image/jpeg"), None),
            (Kind::Png, Some("application/octet-stream"), Some(Kind::Png)),
            (Kind::Jpeg, Some("image/jpg"), Some(Kind::Jpeg)),
            (Kind::Jpeg, Some("image/jpeg\0"), None),
        ] {
            assert_eq!(kind.declared(declared), is, "{kind:?} as {declared:?}");
        }
    }
}
