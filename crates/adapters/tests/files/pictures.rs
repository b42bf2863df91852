//! Pictures are written anew.

use adapters::files::{Kind, Picture, PictureError, Pictures};
use image::{DynamicImage, ImageFormat};

use crate::{baggage::*, crafted::*};

async fn renew(kind: Kind, bytes: Vec<u8>) -> Result<Picture, PictureError> {
    Pictures::default().renew(kind, bytes.into()).await
}

fn decoded(picture: &Picture) -> DynamicImage {
    let format = match picture.kind {
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        other => panic!("{other:?} is not written"),
    };
    image::load_from_memory_with_format(&picture.bytes, format).unwrap()
}

#[tokio::test]
async fn a_picture_stays_what_it_shows() {
    let transparent = |format| encoded(&transparent(), format);
    for (kind, bytes, written) in [
        (Kind::Jpeg, jpeg(), Kind::Jpeg),
        (Kind::Png, png(), Kind::Png),
        (Kind::Webp, webp(), Kind::Jpeg),
        (Kind::Png, transparent(ImageFormat::Png), Kind::Png),
        (Kind::Webp, transparent(ImageFormat::WebP), Kind::Png),
    ] {
        let before = image::load_from_memory(&bytes).unwrap();
        let picture = renew(kind, bytes).await.unwrap();
        assert_eq!((picture.width, picture.height), (before.width(), before.height()));
        assert_eq!(picture.kind, written);
        assert_eq!(letters(&decoded(&picture)), letters(&before));
    }
}

#[tokio::test]
async fn all_eight_orientations_come_out_upright() {
    let upright = ["rgbw", "rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"];
    for (orientation, letters_upright) in (0..).zip(upright) {
        let exif = exif(orientation);
        let held = joined(&[b"Exif\0\0", &exif]);
        for (kind, bytes) in [
            (Kind::Jpeg, jpeg_with(0xE1, &held)),
            (Kind::Png, png_with(&png_chunk(*b"eXIf", &exif))),
            (
                Kind::Webp,
                webp_of(&[
                    (b"VP8X", &canvas(0b1000, 48, 32)),
                    (b"VP8L", &lossless()),
                    (b"EXIF", &exif),
                ]),
            ),
        ] {
            let picture = renew(kind, bytes).await.unwrap();
            let turned = orientation >= 5;
            let size = if turned { (32, 48) } else { (48, 32) };
            assert_eq!((picture.width, picture.height), size, "{kind:?} {orientation}");
            assert_eq!(letters(&decoded(&picture)), letters_upright, "{kind:?} {orientation}");
        }
    }
}

#[tokio::test]
async fn nothing_but_pixels_comes_out() {
    let canary = CANARY.as_bytes();
    let exif = joined(&[&exif(1), canary]);
    let held = joined(&[b"Exif\0\0", &exif]);
    let profile = joined(&[b"ICC_PROFILE\0\x01\x01", canary]);
    for (kind, bytes) in [
        (Kind::Jpeg, jpeg_with(0xE1, &held)),
        (Kind::Jpeg, jpeg_with(0xE1, &joined(&[b"http://ns.adobe.com/xap/1.0/\0", canary]))),
        (Kind::Jpeg, jpeg_with(0xE2, &profile)),
        (Kind::Jpeg, jpeg_with(0xED, canary)),
        (Kind::Jpeg, jpeg_with(0xFE, canary)),
        (Kind::Jpeg, joined(&[&jpeg(), canary])),
        (Kind::Png, png_with(&png_chunk(*b"eXIf", &exif))),
        (Kind::Png, png_with(&png_chunk(*b"tEXt", &joined(&[b"Comment\0", canary])))),
        (Kind::Png, png_with(&png_chunk(*b"iTXt", &joined(&[b"a\0\0\0\0\0", canary])))),
        (Kind::Png, png_with(&png_chunk(*b"prVt", canary))),
        (Kind::Png, joined(&[&png(), canary])),
        (
            Kind::Webp,
            webp_of(&[
                (b"VP8X", &canvas(0b1100, 48, 32)),
                (b"VP8L", &lossless()),
                (b"EXIF", &exif),
                (b"XMP ", canary),
            ]),
        ),
        (Kind::Webp, joined(&[&webp(), canary])),
    ] {
        let contains = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|it| it == what);
        assert!(contains(&bytes, canary));
        let picture = renew(kind, bytes).await.unwrap();
        for trace in [canary, b"GPS", b"Exif", b"ICC_PROFILE", b"eXIf", b"iCCP", b"tEXt"] {
            assert!(!contains(&picture.bytes, trace), "{kind:?}: {}", trace.escape_ascii());
        }
    }
}

#[tokio::test]
async fn a_moving_picture_becomes_still_or_is_refused() {
    let moving = png_with(&png_chunk(*b"acTL", &joined(&[&[0, 0, 0, 2], &[0; 4]])));
    let picture = renew(Kind::Png, moving).await.unwrap();
    assert_eq!(letters(&decoded(&picture)), "rgbw");
    assert!(!picture.bytes.windows(4).any(|it| it == b"acTL"));

    let chunks: [(&[u8; 4], &[u8]); 2] = [(b"VP8X", &canvas(0b10, 48, 32)), (b"VP8L", &lossless())];
    assert_eq!(renew(Kind::Webp, webp_of(&chunks)).await, Err(PictureError::Moving));
}

#[tokio::test]
async fn pictures_wait_for_each_other() {
    let pictures = Pictures::default();
    let renewed = (0..20).map(|_| pictures.renew(Kind::Png, png().into()));
    for picture in futures_util::future::join_all(renewed).await {
        assert_eq!(letters(&decoded(&picture.unwrap())), "rgbw");
    }
}

#[tokio::test]
async fn only_pictures_are_renewed() {
    for kind in Kind::ALL.into_iter().filter(|it| !it.is_picture()) {
        assert_eq!(renew(kind, png()).await, Err(PictureError::Unreadable));
    }
}
