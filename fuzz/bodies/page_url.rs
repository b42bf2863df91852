//! A URL, written from pieces that mean something or from any text, and what must hold of its
//! page: writing the URL otherwise, where this means nothing, makes no other page.

use arbitrary::{Arbitrary, Result, Unstructured};
use model::routing::Page;

#[derive(Debug)]
pub(crate) struct Input<'a> {
    path: Vec<&'a str>,
    query: Vec<(&'a str, &'a str)>,
    raw: &'a str,
}

const PIECES: [&str; 16] = [
    "a", "B", "%2F", "%00", "%", "%zz", "%FF", "%c3%9f", "%C3%A9", ".", "..", "%2e", "*", "+", "ß",
    "%2561",
];

impl<'a> Arbitrary<'a> for Input<'a> {
    fn arbitrary(from: &mut Unstructured<'a>) -> Result<Self> {
        let piece = |from: &mut Unstructured<'a>| -> Result<&'a str> {
            if from.ratio(1, 8)? { from.arbitrary() } else { Ok(*from.choose(&PIECES)?) }
        };
        let (mut path, mut query) = (Vec::new(), Vec::new());
        while path.len() < 12 && from.ratio(4, 5)? {
            path.push(piece(from)?);
        }
        while query.len() < 8 && from.ratio(3, 5)? {
            query.push((piece(from)?, piece(from)?));
        }
        Ok(Self { path, query, raw: from.arbitrary()? })
    }
}

pub(crate) fn run(input: &Input<'_>) {
    let Input { path, query, raw } = input;
    let _ = Page::parse(raw).utm();
    let is_plain = |it: &&str| !it.contains(['/', '?', '#', '&', '=', ':']);
    let path: Vec<_> = path.iter().copied().filter(is_plain).collect();
    let query: Vec<_> = query
        .iter()
        .filter(|(name, value)| is_plain(name) && is_plain(value))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let (path, query) = (path.join("/"), query.join("&"));
    let page = Page::parse(&format!("https://example.com/{path}?{query}"));
    for same in [
        format!("/{path}?{query}"),
        format!("HTTP://other.example:1///{path}/?{query}#{raw}"),
        format!("https://example.com/x/../{path}?&{query}&&=y"),
        format!("https://example.com/./{path}/.?{query}"),
    ] {
        assert_eq!(Page::parse(&same), page, "{same}");
    }
}
