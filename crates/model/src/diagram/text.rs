//! Text for pictures: cleaned, measured without a font, wrapped and escaped.

const ELLIPSIS: char = '…';

/// Makes one line of visible characters: white space becomes single spaces, controls vanish.
pub(super) fn clean(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let start = line.len();
        if start > 0 {
            line.push(' ');
        }
        let before = line.len();
        line.extend(word.chars().filter(|&c| !is_invisible_control(c)));
        if line.len() == before {
            line.truncate(start);
        }
    }
    line
}

fn is_invisible_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Escapes text for XML content and attribute values.
pub(super) fn escape_xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Estimates the width in pixels of a line set in a system sans font.
pub(super) fn width(text: &str, font_size: f64) -> f64 {
    text.chars().map(em_width).sum::<f64>() * font_size
}

fn em_width(c: char) -> f64 {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.27,
        'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' | ' ' | '·' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—' => 0.9,
        'a'..='z' | '0'..='9' | '$' | '?' | '"' => 0.58,
        'A'..='Z' | '&' | '+' | '<' | '>' | '=' => 0.7,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f000}'..='\u{3ffff}' => 1.05,
        _ => 0.62,
    }
}

/// Text broken into lines, and whether some of it had to be left out.
pub(super) struct Wrapped {
    pub(super) lines: Vec<String>,
    pub(super) cut: bool,
}

/// Breaks a clean line at spaces, and inside words too long for a line.
pub(super) fn wrap(text: &str, font_size: f64, max_width: f64, max_lines: usize) -> Wrapped {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        add_word(&mut lines, word, font_size, max_width);
        if lines.len() > max_lines {
            break;
        }
    }
    let cut = lines.len() > max_lines;
    lines.truncate(max_lines);
    if let Some(last) = lines.last_mut().filter(|_| cut) {
        shorten(last, font_size, max_width);
    }
    Wrapped { lines, cut }
}

fn add_word(lines: &mut Vec<String>, word: &str, font_size: f64, max_width: f64) {
    let line = lines.last().map_or("", String::as_str);
    let separator = if line.is_empty() { "" } else { " " };
    let joined = format!("{line}{separator}{word}");
    if width(&joined, font_size) <= max_width {
        lines.pop();
        lines.push(joined);
        return;
    }
    let mut rest = if line.is_empty() { lines.pop().unwrap_or_default() } else { String::new() };
    let mut used = 0.0;
    for c in word.chars() {
        let advance = em_width(c) * font_size;
        if used + advance > max_width && !rest.is_empty() {
            lines.push(std::mem::take(&mut rest));
            used = 0.0;
        }
        rest.push(c);
        used += advance;
    }
    lines.push(rest);
}

fn shorten(line: &mut String, font_size: f64, max_width: f64) {
    let room = max_width - em_width(ELLIPSIS) * font_size;
    while width(line, font_size) > room && line.pop().is_some() {}
    line.truncate(line.trim_end().len());
    line.push(ELLIPSIS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning_leaves_one_line_without_controls() {
        assert_eq!(clean(" a\n\tb\u{0}c \u{202e} d\r\n"), "a bc d");
        assert_eq!(clean("\u{1}\n\u{7f}"), "");
    }

    #[test]
    fn xml_specials_are_escaped() {
        assert_eq!(
            escape_xml("<a b='c' d=\"e\">&"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;"
        );
    }

    #[test]
    fn lines_stay_within_the_width() {
        let text =
            "Is water coming through the ceiling of the room below right now, or has it stopped?";
        let wrapped = wrap(text, 13.0, 190.0, 9);
        assert!(!wrapped.cut);
        assert_eq!(wrapped.lines.join(" "), text);
        assert!(wrapped.lines.iter().all(|line| width(line, 13.0) <= 190.0));
        assert!(wrapped.lines.iter().all(|line| line.chars().count() <= 34));
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        let wrapped = wrap("word ".repeat(40).trim_end(), 13.0, 120.0, 3);
        assert!(wrapped.cut);
        assert_eq!(wrapped.lines.len(), 3);
        assert!(wrapped.lines[2].ends_with(ELLIPSIS));
        assert!(width(&wrapped.lines[2], 13.0) <= 120.0);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken() {
        let word = "Donaudampfschifffahrtsgesellschaft".repeat(2);
        let wrapped = wrap(&word, 13.0, 150.0, 9);
        assert_eq!(wrapped.lines.concat(), word);
        assert!(wrapped.lines.iter().all(|line| width(line, 13.0) <= 150.0));
    }
}
