use super::NotImportable;

/// One record.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
}

pub(super) struct Cell {
    pub(super) text: String,
    /// Line and column where it begins, from 1.
    pub(super) at: (usize, usize),
}

/// Records as RFC 4180 has them, separated by whatever separates the first: `,`, `;` or a tab.
/// Lines without anything are no records. A quote inside a cell that does not begin with one is
/// itself.
///
/// # Errors
/// A quoted cell that does not end, or goes on after its end.
pub(super) fn parse(text: &str) -> Result<Vec<Row>, NotImportable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, line: 1, column: 1 };
    let separator = separator(text);
    let mut rows = Vec::new();
    while !reader.rest.is_empty() {
        let mut cells = Vec::new();
        loop {
            cells.push(reader.cell(separator)?);
            if reader.peek() != Some(separator) {
                break;
            }
            reader.take();
        }
        if cells.iter().any(|it| !it.text.trim().is_empty()) {
            rows.push(Row { cells });
        }
        reader.line_end();
    }
    Ok(rows)
}

/// What stands oftenest in the first line outside of quotes.
fn separator(text: &str) -> char {
    let mut quoted = false;
    let mut counts = [(',', 0), (';', 0), ('\t', 0)];
    for it in text.chars() {
        match it {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(of, _)| *of == it).for_each(|(_, n)| *n += 1),
        }
    }
    let most = counts.iter().rev().max_by_key(|(_, n)| *n);
    most.map_or(',', |(it, _)| *it)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let it = self.peek()?;
        self.rest = &self.rest[it.len_utf8()..];
        // A line ends with `\n`, `\r\n`, or an `\r` alone.
        if it == '\n' || (it == '\r' && self.peek() != Some('\n')) {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(it)
    }

    fn line_end(&mut self) {
        if self.peek() == Some('\r') {
            self.take();
        }
        if self.peek() == Some('\n') {
            self.take();
        }
    }

    fn cell(&mut self, separator: char) -> Result<Cell, NotImportable> {
        let at = (self.line, self.column);
        if self.peek() == Some('"') {
            return self.quoted(separator, at);
        }
        let ends = |it: char| it == separator || matches!(it, '\n' | '\r');
        let mut text = String::new();
        while let Some(it) = self.peek().filter(|it| !ends(*it)) {
            text.push(it);
            self.take();
        }
        Ok(Cell { text, at })
    }

    fn quoted(&mut self, separator: char, at: (usize, usize)) -> Result<Cell, NotImportable> {
        self.take();
        let mut text = String::new();
        loop {
            match self.take() {
                None => {
                    return Err(NotImportable::at(at, "a quote is opened here and never closed"));
                }
                Some('"') if self.peek() == Some('"') => text.extend(self.take()),
                Some('"') => break,
                Some(it) => text.push(it),
            }
        }
        match self.peek() {
            None | Some('\n' | '\r') => Ok(Cell { text, at }),
            Some(it) if it == separator => Ok(Cell { text, at }),
            Some(_) => {
                let here = (self.line, self.column);
                Err(NotImportable::at(here, "something stands behind a closing quote"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let rows = parse(text).unwrap();
        rows.into_iter().map(|it| it.cells.into_iter().map(|it| it.text).collect()).collect()
    }

    #[test]
    fn records_are_read_as_rfc_4180_has_them() {
        for text in [
            "a,b\r\n\"1,\"\"x\"\"\",\"2\r\n3\"\r\n",
            "\u{feff}a;b\n\"1,\"\"x\"\"\";\"2\r\n3\"",
            "a\tb\r\"1,\"\"x\"\"\"\t\"2\r\n3\"\r\r",
        ] {
            assert_eq!(cells(text), [["a", "b"], ["1,\"x\"", "2\r\n3"]], "{text:?}");
        }
        assert_eq!(cells("size\n6\" pipe\n"), [["size"], ["6\" pipe"]]);
        assert_eq!(cells("\n\na,b\n,\n"), [["a", "b"]]);
    }

    #[test]
    fn what_is_no_record_is_named_with_its_place() {
        for (text, at) in [("a,b\n1,\"2", (2, 3)), ("a,b\n\"x\ny\",\"1\"2", (3, 7))] {
            assert_eq!(parse(text).err().unwrap().location, Some(at), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            rows in prop::collection::vec(prop::collection::vec("[a-z;,\"\r\n\té]{0,6}", 2), 1..6),
            separator in prop::sample::select(&[',', ';', '\t'][..]),
        ) {
            let quote = |it: &String| format!("\"{}\"", it.replace('"', "\"\""));
            let line = |it: &Vec<String>| {
                it.iter().map(quote).collect::<Vec<_>>().join(&separator.to_string()) + "\r\n"
            };
            let text: String = rows.iter().map(line).collect();
            let seen: Vec<_> =
                rows.into_iter().filter(|it| it.iter().any(|it| !it.trim().is_empty())).collect();
            prop_assert_eq!(cells(&text), seen);
        }

        #[test]
        fn any_text_is_records_or_not(text in "[a,;\"\r\n\té]{0,40}") {
            if let Ok(rows) = parse(&text) {
                prop_assert!(rows.iter().all(|it| !it.cells.is_empty()));
            }
        }
    }
}
