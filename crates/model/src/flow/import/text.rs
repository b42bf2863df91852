use std::collections::HashSet;

use super::ImportReport;
use crate::content::Slug;

const LONGEST_TITLE: usize = 100;
const LONGEST_DESCRIPTION: usize = 2_000;
const LONGEST_SLUG: usize = 48;

/// Makes slugs that nothing has yet.
#[derive(Default)]
pub(super) struct Slugs(HashSet<String>);

impl Slugs {
    /// Of a title; `otherwise` when nothing of it can be in a slug.
    pub(super) fn make(&mut self, title: &str, otherwise: &str) -> String {
        let mut slug = String::new();
        for it in title.chars().flat_map(char::to_lowercase) {
            let plain = plain(it);
            match plain.is_empty() {
                false => slug.push_str(plain),
                true if it.is_ascii_alphanumeric() => slug.push(it),
                true if slug.ends_with('-') || slug.is_empty() || it == '\'' => {}
                true => slug.push('-'),
            }
            if slug.len() >= LONGEST_SLUG {
                break;
            }
        }
        let slug = slug.trim_matches('-');
        let slug = if slug.parse::<Slug>().is_ok() { slug } else { otherwise };
        let numbered = (2..).map(|n| format!("{slug}-{n}"));
        let mut free = std::iter::once(slug.to_owned()).chain(numbered);
        let slug = free.find(|it| !self.0.contains(it)).unwrap_or_default();
        self.0.insert(slug.clone());
        slug
    }
}

/// The letters that stand for one of a language of the West.
fn plain(letter: char) -> &'static str {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ö' | 'œ' => "oe",
        'ß' => "ss",
        'ù' | 'ú' | 'û' => "u",
        'ü' => "ue",
        _ => "",
    }
}

/// Without what cannot be seen, and with single spaces; `None` when nothing is left.
pub(super) fn tidy(text: &str) -> Option<String> {
    let shown: String = text.chars().map(|it| if is_hidden(it) { ' ' } else { it }).collect();
    let words: Vec<_> = shown.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn is_hidden(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}')
        || u32::from(it) & 0xfffe == 0xfffe
}

/// A title and a description that are not too long: of a longer title the whole goes into the
/// description.
pub(super) fn fit(
    title: &str,
    description: Option<String>,
    place: &str,
    report: &mut ImportReport,
) -> (String, Option<String>) {
    let (title, description) = match cut(title, LONGEST_TITLE) {
        None => (title.to_owned(), description),
        Some(short) => {
            report.changed(
                place,
                format!("The title has more than {LONGEST_TITLE} characters: it goes on in the description."),
            );
            let whole = [Some(title.to_owned()), description].into_iter().flatten();
            (short, Some(whole.collect::<Vec<_>>().join(" ")))
        }
    };
    let description = description.map(|it| match cut(&it, LONGEST_DESCRIPTION) {
        None => it,
        Some(short) => {
            report.changed(
                place,
                format!("The description was cut to {LONGEST_DESCRIPTION} characters."),
            );
            short
        }
    });
    (title, description)
}

/// The beginning of a text that has more than `most` characters.
fn cut(text: &str, most: usize) -> Option<String> {
    if text.chars().count() <= most {
        return None;
    }
    let start: String = text.chars().take(most - 1).collect();
    let whole = start.rsplit_once(' ').map_or(start.as_str(), |(before, _)| before);
    let whole = if whole.chars().count() * 2 < most { &start } else { whole };
    Some(format!("{}…", whole.trim_end()))
}
