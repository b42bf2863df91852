//! What is hidden in files, or passed off as others.

use image::{DynamicImage, GenericImageView, ImageFormat, Rgba, RgbaImage};

use crate::crafted::{corners, encoded, joined, jpeg};

/// What must be in nothing that a browser may run or show.
pub(crate) const CANARY: &str = "<script>canary()</script>";

/// The colours near the corners of a picture, in reading order, as letters.
pub(crate) fn letters(image: &DynamicImage) -> String {
    let (right, bottom) = (image.width() - 4, image.height() - 4);
    let letter = |(x, y)| match image.get_pixel(x, y).0.map(|it| it >= 128) {
        [true, true, true, _] => 'w',
        [true, _, _, _] => 'r',
        [_, true, _, _] => 'g',
        [_, _, true, _] => 'b',
        _ => '?',
    };
    [(3, 3), (right, 3), (3, bottom), (right, bottom)].into_iter().map(letter).collect()
}

pub(crate) fn png() -> Vec<u8> {
    encoded(&corners(), ImageFormat::Png)
}

pub(crate) fn transparent() -> DynamicImage {
    RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 100])).into()
}

/// A PNG with `chunk` behind its header.
pub(crate) fn png_with(chunk: &[u8]) -> Vec<u8> {
    let png = png();
    joined(&[&png[..33], chunk, &png[33..]])
}

/// A JPEG with a segment behind its first two bytes.
pub(crate) fn jpeg_with(marker: u8, content: &[u8]) -> Vec<u8> {
    let jpeg = jpeg();
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    joined(&[&jpeg[..2], &[0xFF, marker], &length, content, &jpeg[2..]])
}

/// Exif that says how a picture was held and where it was taken.
pub(crate) fn exif(orientation: u16) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        joined(&[&tag.to_le_bytes(), &kind.to_le_bytes(), &count.to_le_bytes(), &value])
    };
    let orientation = u32::from(orientation).to_le_bytes();
    let place = b"GPS 50.0755N 14.4378E";
    joined(&[
        b"II*\0",
        &8_u32.to_le_bytes(),
        &3_u16.to_le_bytes(),
        &entry(0x010E, 2, 21, 50_u32.to_le_bytes()),
        &entry(0x0112, 3, 1, orientation),
        &entry(0x8825, 4, 1, 71_u32.to_le_bytes()),
        &0_u32.to_le_bytes(),
        place,
        &1_u16.to_le_bytes(),
        &entry(0x0001, 2, 2, *b"N\0\0\0"),
        &0_u32.to_le_bytes(),
    ])
}

/// A zip archive's first entries, not compressed.
pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in entries {
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        bytes.extend_from_slice(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
        bytes.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
        bytes.extend_from_slice(&[size, size].concat());
        bytes.extend_from_slice(&name_length);
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content);
    }
    bytes
}

pub(crate) fn docx() -> Vec<u8> {
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", b"<Relationships/>"),
        ("word/document.xml", b"<document/>"),
        ("word/styles.xml", b"<styles/>"),
    ])
}
