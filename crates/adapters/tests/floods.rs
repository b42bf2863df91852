//! Pictures that say that they are huge are refused before memory is taken for them. Alone in its
//! process, whose memory it measures.
#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

use std::fs;

use adapters::files::{Kind, PictureError, Pictures};

#[path = "files/crafted.rs"]
mod crafted;

const MIB: u64 = 1024 * 1024;

/// The most memory that this process ever had, in bytes.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().unwrap() * 1024)
}

#[tokio::test]
async fn a_flood_of_pixels_takes_no_memory() {
    let floods = [
        (Kind::Png, crafted::png_of_size(65_535, 65_535, 8, 6)),
        (Kind::Png, crafted::png_of_size(8_001, 5_000, 8, 2)),
        (Kind::Jpeg, crafted::jpeg_of_size(65_535, 65_535)),
        (Kind::Jpeg, crafted::jpeg_of_size(8_001, 5_000)),
        (Kind::Webp, crafted::webp_of(&[(b"VP8L", b"\x2F\xFE\xBF\xFF\x0F")])),
        (
            Kind::Webp,
            crafted::webp_of(&[
                (b"VP8X", &crafted::canvas(0, 65_535, 65_535)),
                (b"VP8L", &crafted::lossless()),
            ]),
        ),
    ];
    let pictures = Pictures::default();
    let before = peak();
    for round in 0..10 {
        for (kind, bytes) in &floods {
            let renewed = pictures.renew(*kind, bytes.clone().into()).await;
            assert_eq!(renewed, Err(PictureError::TooManyPixels), "{kind:?} {round}");
        }
    }
    let (Some(before), Some(after)) = (before, peak()) else {
        println!("not measured: this system has no /proc/self/status");
        return;
    };
    let grown = after - before;
    println!("{} KiB for {} floods", grown / 1024, 10 * floods.len());
    assert!(grown < 64 * MIB, "{} MiB", grown / MIB);
}
