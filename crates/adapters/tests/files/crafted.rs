//! Pictures whose size and parts can be chosen.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A picture with another colour in each corner: red, green, blue, white.
pub(crate) fn corners() -> DynamicImage {
    let mut image = RgbImage::new(48, 32);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        *pixel = match (x < 24, y < 16) {
            (true, true) => Rgb([255, 0, 0]),
            (false, true) => Rgb([0, 255, 0]),
            (true, false) => Rgb([0, 0, 255]),
            (false, false) => Rgb([255, 255, 255]),
        };
    }
    image.into()
}

pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

pub(crate) fn jpeg() -> Vec<u8> {
    encoded(&corners(), ImageFormat::Jpeg)
}

pub(crate) fn webp() -> Vec<u8> {
    encoded(&corners(), ImageFormat::WebP)
}

/// Several byte strings in a row.
pub(crate) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Length, name, content and CRC-32.
pub(crate) fn png_chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let named = joined(&[&name, content]);
    joined(&[&length, &named, &crc32fast::hash(&named).to_be_bytes()])
}

/// A PNG that says that it is this large and has no pixels.
pub(crate) fn png_of_size(width: u32, height: u32, depth: u8, colors: u8) -> Vec<u8> {
    let header = joined(&[&width.to_be_bytes(), &height.to_be_bytes(), &[depth, colors, 0, 0, 0]]);
    let nothing = [0x78, 0x9C, 3, 0, 0, 0, 0, 1];
    joined(&[
        b"\x89PNG\r\n\x1A\n",
        &png_chunk(*b"IHDR", &header),
        &png_chunk(*b"IDAT", &nothing),
        &png_chunk(*b"IEND", &[]),
    ])
}

/// A JPEG whose frame says that it is this large.
pub(crate) fn jpeg_of_size(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = jpeg();
    let frame = jpeg.windows(2).position(|it| it == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// A RIFF file of these chunks.
pub(crate) fn webp_of(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, content) in chunks {
        body.extend_from_slice(*name);
        body.extend_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
        body.extend_from_slice(content);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    joined(&[b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes(), &body])
}

/// The head of an extended WebP: flags, and the canvas in 24 bits each.
pub(crate) fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let three = |it: u32| (it - 1).to_le_bytes()[..3].to_vec();
    joined(&[&[flags, 0, 0, 0], &three(width), &three(height)])
}

/// The pixels of [`webp`], as they lie in its one chunk.
pub(crate) fn lossless() -> Vec<u8> {
    let webp = webp();
    assert_eq!(&webp[12..16], b"VP8L");
    let length = u32::from_le_bytes(webp[16..20].try_into().unwrap());
    webp[20..20 + length as usize].to_vec()
}
