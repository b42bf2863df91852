//! Files that are made to do harm: refused, or kept so that they can do none.

use adapters::files::{
    FileError, FileName, Kind, Pictures, Served, StorageKey, Stored, Upload, UploadError,
};
use bytes::Bytes;
use futures_util::stream;
use image::ImageFormat;

use crate::{baggage::*, crafted::*, place::Place};

const MOST: usize = 2_000_000;

/// A file, what its sender says it is, and what comes of it.
struct Case {
    name: String,
    declared: Option<&'static str>,
    content: Vec<u8>,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Empty,
    TooLarge,
    UnknownType,
    Contradicted,
    Picture,
    /// A picture is written anew, so nothing of what was hidden in it is kept.
    Clean(Kind),
    /// As it is, to be saved and not shown.
    Saved(Kind),
    /// As it is, shown as text.
    Shown,
}
use Outcome::*;

fn case(
    name: impl Into<String>,
    declared: Option<&'static str>,
    content: impl Into<Vec<u8>>,
    outcome: Outcome,
) -> Case {
    Case { name: name.into(), declared, content: content.into(), outcome }
}

const PNG: Option<&str> = Some("image/png");
const JPEG: Option<&str> = Some("image/jpeg");
const WEBP: Option<&str> = Some("image/webp");
const TEXT: Option<&str> = Some("text/plain");

fn polyglots() -> Vec<Case> {
    let page = format!("<!DOCTYPE html><html>{CANARY}</html>");
    let page = page.as_bytes();
    let gif_script = b"GIF89a/*\x01\0\x01\0\0\0*/=1;alert(1)//";
    let commented = jpeg_with(0xFE, page);
    let exif = joined(&[b"Exif\0\0", &exif(1), page]);
    vec![
        case("gif that is JavaScript", Some("image/gif"), gif_script, UnknownType),
        case("gif that is JavaScript, as PNG", PNG, gif_script, UnknownType),
        case("gif that is plain ASCII", Some("image/gif"), "GIF89a=1;alert(1)", Contradicted),
        case("gif that is a page", None, joined(&[b"GIF89a\x01\0\x01\0\0", page]), UnknownType),
        case("png with a page behind", PNG, joined(&[&png(), page]), Clean(Kind::Png)),
        case("jpeg with a page behind", JPEG, joined(&[&jpeg(), page]), Clean(Kind::Jpeg)),
        case("webp with a page behind", WEBP, joined(&[&webp(), page]), Clean(Kind::Jpeg)),
        case("jpeg with a page in a comment", JPEG, commented.clone(), Clean(Kind::Jpeg)),
        case("jpeg said to be a page", Some("text/html"), commented, Contradicted),
        case("jpeg with a page in its Exif", JPEG, jpeg_with(0xE1, &exif), Clean(Kind::Jpeg)),
        case("jpeg with a zip behind", JPEG, joined(&[&jpeg(), &docx(), page]), Clean(Kind::Jpeg)),
        case("png with a zip behind", PNG, joined(&[&png(), &docx(), page]), Clean(Kind::Png)),
        case(
            "png with a page in a text chunk",
            PNG,
            png_with(&png_chunk(*b"tEXt", &joined(&[b"a\0", page]))),
            Clean(Kind::Png),
        ),
        case(
            "png with PHP in a private chunk",
            PNG,
            png_with(&png_chunk(*b"prVt", &joined(&[b"<?php system($_GET[0]) ?>", page]))),
            Clean(Kind::Png),
        ),
        case("page behind the start of a png", PNG, joined(&[b"\x89PNG\r\n\x1A\n", page]), Picture),
        case("page behind the start of a jpeg", JPEG, joined(&[b"\xFF\xD8\xFF", page]), Picture),
        case(
            "page behind the start of a webp",
            WEBP,
            joined(&[b"RIFF\x10\0\0\0WEBP", page]),
            Picture,
        ),
        case("page behind WEBP alone", WEBP, joined(&[b"\0\0\0\0\0\0\0\0WEBP", page]), UnknownType),
        case("page behind half a png's start", PNG, joined(&[b"\x89PNG", page]), UnknownType),
        case("page that is a PDF later", None, joined(&[page, b"\n%PDF-1.7\n"]), Saved(Kind::Html)),
        case(
            "page that is a PDF later, said to be one",
            Some("application/pdf"),
            joined(&[page, b"\n%PDF-1.7\n"]),
            Contradicted,
        ),
        case("bytes that are a PDF later", None, joined(&[b"\0\x01", b"%PDF-1.7"]), UnknownType),
        case("PDF with JavaScript", None, joined(&[b"%PDF-1.7\n", page]), Saved(Kind::Pdf)),
        case("PDF as a picture", PNG, "%PDF-1.7\n", Contradicted),
        case("docx with a page behind", None, joined(&[&docx(), page]), Saved(Kind::Docx)),
        case("docx as a picture", PNG, docx(), Contradicted),
        case("zip and page in one", None, joined(&[&zip(&[("a", b"a")]), page]), UnknownType),
    ]
}

fn pages() -> Vec<Case> {
    let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{CANARY}</svg>");
    let mut cases = vec![
        case("svg as a png", PNG, svg.clone(), Contradicted),
        case("svg as text", TEXT, svg.clone(), Contradicted),
        case("page as a png", PNG, "<html></html>", Contradicted),
        case("page as text", TEXT, "<html></html>", Contradicted),
        case("page as CSV", Some("text/csv"), "<html></html>", Contradicted),
        case("page in UTF-16", None, b"\xFF\xFE<\0h\0t\0m\0l\0>\0", UnknownType),
        case("page in UTF-16, other way", None, b"\xFE\xFF\0<\0h\0t\0m\0l\0>", UnknownType),
        case("page in UTF-7", TEXT, "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", Shown),
        case("page behind text", TEXT, format!("hello {CANARY}"), Shown),
        case("page behind the head", TEXT, format!("{}{CANARY}", "a".repeat(20_000)), Shown),
        case("page behind white space", TEXT, format!("{}{CANARY}", " ".repeat(20_000)), Shown),
        case("page with a NUL before", None, format!("\0{CANARY}"), UnknownType),
        case("page with NULs in the tag", None, "<scr\0ipt>alert(1)</script>", UnknownType),
        case("page with an escape sequence", TEXT, "\x1B]0;owned\x07", UnknownType),
        case("script", Some("text/javascript"), "alert(1)", Contradicted),
        case("script as text", TEXT, "alert(1)", Shown),
        case("style sheet", Some("text/css"), "a{b:url(c)}", Contradicted),
        case("CSV with a formula", Some("text/csv"), "=cmd|' /C calc'!A0", Saved(Kind::Csv)),
        case("multipart page", Some("multipart/related"), "MIME-Version: 1.0", Contradicted),
        case("cached page", Some("message/rfc822"), "MIME-Version: 1.0", Contradicted),
        case("two types in one", Some("image/png, text/html"), png(), Contradicted),
        case("type with a line break", Some("image/png\r\nX: y"), png(), Contradicted),
        case("shell script", TEXT, "#!/bin/sh\nrm -rf /", Shown),
        case("registry file", Some("application/x-ms-reg"), "Windows Registry", Contradicted),
    ];
    for (number, page) in [
        "<script>alert(1)</script>",
        "<ScRiPt >alert(1)</sCrIpT>",
        "\u{FEFF}<html>",
        " \t\r\n\x0C<html>",
        "<!-- --><html>",
        "<!doctype html>",
        "<img src=x onerror=alert(1)>",
        "<iframe src=javascript:alert(1)>",
        "<a href=javascript:alert(1)>",
        "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        "<?xml version=\"1.0\"?><?xml-stylesheet href=\"x.xsl\"?><a/>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        "<math><mtext></mtext></math>",
        "<html><svg onload=alert(1)></svg></html>",
        "</p><script>alert(1)</script>",
        "<?php system($_GET[0]); ?>",
        "<%@ page import=\"java.io.*\" %>",
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = if page.starts_with("<%") { Shown } else { Saved(Kind::Html) };
        cases.push(case(format!("page {number}"), None, page, outcome));
    }
    for (number, svg) in [
        svg.clone(),
        format!("<?xml version=\"1.0\"?>{svg}"),
        format!("\u{FEFF}\n<!-- a -->{svg}"),
        svg.to_uppercase(),
        "<svg onload=alert(1)>".into(),
        "<svg><foreignObject><body/></foreignObject></svg>".into(),
        "<svg><use href=\"data:image/svg+xml;base64,PHN2Zy8+#x\"/></svg>".into(),
        "<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><svg>&a;</svg>".into(),
        "<!DOCTYPE svg [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><svg>&b;</svg>".into(),
    ]
    .into_iter()
    .enumerate()
    {
        cases.push(case(format!("svg {number}"), Some("image/svg+xml"), svg, Saved(Kind::Svg)));
    }
    cases
}

/// Not taken whatever they are called.
fn programs() -> impl Iterator<Item = Case> {
    let zeros = vec![0; 1_000_000];
    [
        ("ELF program", joined(&[b"\x7FELF\x02\x01\x01\0", &zeros[..64]])),
        ("Windows program", joined(&[b"MZ\x90\0\x03\0\0\0", &zeros[..64]])),
        ("Java class", b"\xCA\xFE\xBA\xBE\0\0\0\x34".to_vec()),
        ("WebAssembly", b"\0asm\x01\0\0\0".to_vec()),
        ("zip", zip(&[("a.txt", b"a")])),
        ("zip with paths that climb", zip(&[("../../etc/passwd", b"a")])),
        ("zip bomb", zip(&[("zeros", &zeros)])),
        ("zip in a zip", zip(&[("a.zip", &zip(&[("b", b"b")]))])),
        ("Java archive", zip(&[("META-INF/MANIFEST.MF", b"a")])),
        ("Android package", zip(&[("AndroidManifest.xml", b"\x03\0\x08\0")])),
        ("empty zip", joined(&[b"PK\x05\x06", &zeros[..18]])),
        ("gzip bomb", joined(&[b"\x1F\x8B\x08\0\0\0\0\0\0\x03", &zeros])),
        ("bzip2", b"BZh91AY&SY\0\0\0\0".to_vec()),
        ("xz", b"\xFD7zXZ\0\0\x04".to_vec()),
        ("7z", b"7z\xBC\xAF\x27\x1C\0\x04".to_vec()),
        ("rar", b"Rar!\x1A\x07\x01\0".to_vec()),
        ("Word of 1997, with macros", joined(&[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", &zeros])),
        ("Flash", b"CWS\x0A\0\0\0\0".to_vec()),
        ("SQLite", b"SQLite format 3\0".to_vec()),
        ("MP4", b"\0\0\0\x18ftypmp42\0\0\0\0".to_vec()),
        ("bitmap", joined(&[b"BM\x46\0\0\0", &zeros[..64]])),
        ("icon", b"\0\0\x01\0\x01\0\x10\x10\0\0".to_vec()),
        ("TIFF", b"II*\0\x08\0\0\0\0\0\0\0".to_vec()),
        ("AVIF", b"\0\0\0\x20ftypavif\0\0\0\0avifmif1".to_vec()),
        ("Windows link", joined(&[b"L\0\0\0\x01\x14\x02\0", &zeros[..64]])),
        ("nothing but NULs", zeros.clone()),
        ("bytes of no kind", (0..=255).collect()),
        ("one NUL", vec![0]),
    ]
    .into_iter()
    .flat_map(|(name, content)| {
        [None, PNG].map(|declared| case(name, declared, content.clone(), UnknownType))
    })
}

fn liars() -> Vec<Case> {
    let mut cases = vec![
        case("nothing", None, "", Empty),
        case("nothing, as a png", PNG, "", Empty),
        case("png as a jpeg", JPEG, png(), Contradicted),
        case("jpeg as a png", PNG, jpeg(), Contradicted),
        case("webp as a png", PNG, webp(), Contradicted),
        case("text as a png", PNG, "hello", Contradicted),
        case("png of 0 × 0", PNG, png_of_size(0, 0, 8, 2), Picture),
        case("png without pixels", PNG, png_of_size(10, 10, 8, 2), Picture),
        case("png of bad depth", PNG, png_of_size(10, 10, 3, 2), Picture),
        case("png of 2³¹ × 2³¹", PNG, png_of_size(1 << 31, 1 << 31, 8, 6), Picture),
        case("png of 65,535 × 65,535", PNG, png_of_size(65_535, 65_535, 8, 6), Picture),
        case("png of 65,535 × 65,535 bits", PNG, png_of_size(65_535, 65_535, 1, 0), Picture),
        case("png of 4,294,967,295 × 1", PNG, png_of_size(u32::MAX, 1, 16, 6), Picture),
        case("png just too large", PNG, png_of_size(8_001, 5_000, 8, 2), Picture),
        case("png of 16 bits, too large", PNG, png_of_size(6_000, 6_000, 16, 6), Picture),
        case("jpeg of 65,535 × 65,535", JPEG, jpeg_of_size(65_535, 65_535), Picture),
        case("jpeg of 0 × 0", JPEG, jpeg_of_size(0, 0), Picture),
        case(
            "webp of 16,383 × 16,383",
            WEBP,
            webp_of(&[(b"VP8L", b"\x2F\xFE\xBF\xFF\x0F")]),
            Picture,
        ),
        case(
            "webp canvas of 65,535 × 65,535",
            WEBP,
            webp_of(&[(b"VP8X", &canvas(0, 65_535, 65_535)), (b"VP8L", &lossless())]),
            Picture,
        ),
        case(
            "webp canvas other than its picture",
            WEBP,
            webp_of(&[(b"VP8X", &canvas(0, 5_000, 5_000)), (b"VP8L", &lossless())]),
            Picture,
        ),
        case("webp without a picture", WEBP, webp_of(&[(b"VP8X", &canvas(0, 8, 8))]), Picture),
        case(
            "webp whose frame is larger than its canvas",
            WEBP,
            webp_of(&[(b"VP8X", &canvas(2, 8, 8)), (b"ANIM", &[0; 6]), (b"ANMF", &[255; 40])]),
            Picture,
        ),
        case(
            "png chunk longer than the file",
            PNG,
            {
                let mut png = png();
                png[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
                png
            },
            Picture,
        ),
        case(
            "png with a wrong checksum",
            PNG,
            {
                let mut png = png();
                png[29] ^= 1;
                png
            },
            Picture,
        ),
        case("png with two headers", PNG, png_with(&png()[8..33]), Picture),
        case("one byte too many", TEXT, "a".repeat(MOST + 1), TooLarge),
        case("a picture that is too large", PNG, joined(&[&png(), &vec![0; MOST]]), TooLarge),
        case("as much as is taken", TEXT, "a".repeat(MOST), Shown),
        case(
            "a profile that is a bomb",
            PNG,
            png_with(&png_chunk(*b"iCCP", &bomb())),
            Clean(Kind::Png),
        ),
        case(
            "a text that is a bomb",
            PNG,
            png_with(&png_chunk(*b"zTXt", &bomb())),
            Clean(Kind::Png),
        ),
    ];
    for (declared, whole) in [(PNG, png()), (JPEG, jpeg()), (WEBP, webp())] {
        for part in [2, 3, 5, 9] {
            let cut = whole[..whole.len() / part].to_vec();
            // A JPEG that breaks off shows what came in.
            if declared != JPEG {
                cases.push(case(format!("1/{part} of {declared:?}"), declared, cut, Picture));
            }
        }
    }
    cases.push(case("jpeg without pixels", JPEG, jpeg()[..40].to_vec(), Picture));
    cases
}

/// A compressed chunk: its text is 250 times as large.
fn bomb() -> Vec<u8> {
    let zeros = image::GrayImage::new(2_000, 1_000).into();
    let png = encoded(&zeros, ImageFormat::Png);
    let start = png.windows(4).position(|it| it == b"IDAT").unwrap() + 4;
    let length = u32::from_be_bytes(png[start - 8..start - 4].try_into().unwrap());
    joined(&[b"name\0\0", &png[start..start + length as usize]])
}

async fn outcome(place: &Place, key: &StorageKey, case: &Case) -> Result<Stored, UploadError> {
    // In pieces, so that no signature comes in whole.
    let pieces: Vec<_> =
        case.content.chunks(1 + case.content.len() / 3).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces.into_iter().map(Ok::<_, FileError>));
    Upload::begin(pieces, case.declared, MOST as u64)
        .await?
        .store(key, &place.store, &Pictures::default())
        .await
}

#[tokio::test]
async fn no_hostile_file_does_harm() {
    let cases: Vec<_> =
        polyglots().into_iter().chain(pages()).chain(programs()).chain(liars()).collect();
    assert!(cases.len() >= 100, "{} files", cases.len());
    println!("{} hostile files", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let place = Place::local();
        let key = StorageKey::new([7; 16]);
        let found = match outcome(&place, &key, case).await {
            Err(error) => {
                assert_eq!(place.bytes(), 0, "{} left something", case.name);
                match error {
                    UploadError::Empty => Empty,
                    UploadError::TooLarge(_) => TooLarge,
                    UploadError::UnknownType => UnknownType,
                    UploadError::Contradicted(_) => Contradicted,
                    UploadError::Picture(_) => Picture,
                    error => panic!("{}: {error}", case.name),
                }
            }
            Ok(stored) => {
                let kept = place.store.get(&key, None).await.unwrap().bytes().await.unwrap();
                served(case, stored.kind, &kept)
            }
        };
        if found != case.outcome {
            wrong.push(format!("{}: {found:?}, not {:?}", case.name, case.outcome));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How a kept file goes out; nothing that is shown has anything of what was hidden in it.
fn served(case: &Case, kind: Kind, kept: &Bytes) -> Outcome {
    let served = Served::new(kind.mime(), &FileName::sanitized(&case.name));
    let headers = served.headers();
    assert!(headers.contains(&("x-content-type-options", "nosniff")));
    assert!(headers.contains(&("content-security-policy", "sandbox; default-src 'none'")));
    if kind.is_picture() {
        assert!(served.disposition.starts_with("inline"));
        for trace in [CANARY.as_bytes(), b"<?php", b"GPS", b"PK\x03\x04"] {
            assert!(!kept.windows(trace.len()).any(|it| it == trace), "{}", case.name);
        }
        return Clean(kind);
    }
    assert_eq!(*kept, case.content, "{}", case.name);
    if served.disposition.starts_with("inline") {
        assert_eq!(served.content_type, "text/plain; charset=utf-8");
        return Shown;
    }
    Saved(kind)
}
