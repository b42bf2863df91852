use std::{io::Cursor, sync::Arc};

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{self, JoinError},
};

use super::Kind;

/// 40 megapixels; pictures with more are refused before any pixel is decoded.
pub const MOST_PIXELS: u64 = 40_000_000;
/// Bytes that the pixels of one picture may have in memory.
const MOST_MEMORY: u64 = 4 * MOST_PIXELS;
/// A picture with more pixels is worked on alone.
const SMALL: u64 = MOST_PIXELS / 2;
/// Pictures that are worked on at the same time.
const AT_ONCE: u32 = 2;
/// Pictures that are in memory at the same time, with those that are being read.
const IN_LINE: u32 = 12;
const JPEG_QUALITY: u8 = 85;

/// Writes pictures anew: what comes out has the pixels of what went in and nothing else. Of a
/// moving PNG that is the still picture that it has for those who show no other.
#[derive(Debug, Clone)]
pub struct Pictures {
    room: Arc<Semaphore>,
    /// For those whose bytes are being read: all of a picture is in memory until it is renewed.
    line: Arc<Semaphore>,
}

/// A picture without metadata, the right way up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// [`Kind::Jpeg`], or [`Kind::Png`] where JPEG would lose something.
    pub kind: Kind,
    pub width: u32,
    pub height: u32,
    pub bytes: Bytes,
}

/// Why a picture is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("the picture has more than {} megapixels", MOST_PIXELS / 1_000_000)]
    TooManyPixels,
    /// To decode a moving WebP takes three times the memory.
    #[error("the picture moves")]
    Moving,
    /// Damaged, cut off, or not what its beginning says.
    #[error("the picture cannot be read")]
    Unreadable,
}

impl Default for Pictures {
    fn default() -> Self {
        let of = |places: u32| Arc::new(Semaphore::new(places as usize));
        Self { room: of(AT_ONCE), line: of(IN_LINE) }
    }
}

impl Pictures {
    /// A place among those whose bytes are read, for as long as it is held.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.line).acquire_owned().await.ok()
    }

    /// Decodes and encodes on a thread of its own, after those that came before.
    pub async fn renew(&self, kind: Kind, bytes: Bytes) -> Result<Picture, PictureError> {
        let format = match kind {
            Kind::Jpeg => ImageFormat::Jpeg,
            Kind::Png => ImageFormat::Png,
            Kind::Webp => ImageFormat::WebP,
            _ => return Err(PictureError::Unreadable),
        };
        let header = bytes.clone();
        let pixels = task::spawn_blocking(move || decoder(&header, format).map(|it| pixels(&it)));
        let permits = if pixels.await?? > SMALL { AT_ONCE } else { 1 };
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await;
        let renewed = task::spawn_blocking(move || {
            // Kept to the end of the work, even when nobody waits for it any more.
            let _room = room;
            renew(&bytes, format)
        });
        renewed.await?
    }
}

fn renew(bytes: &[u8], format: ImageFormat) -> Result<Picture, PictureError> {
    let mut decoder = decoder(bytes, format)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    image.apply_orientation(orientation);
    let (width, height, alpha) = (image.width(), image.height(), image.color().has_alpha());
    let mut out = Vec::new();
    let kind = if alpha || format == ImageFormat::Png { Kind::Png } else { Kind::Jpeg };
    let encoded = match kind {
        Kind::Jpeg => image
            .into_rgb8()
            .write_with_encoder(JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY)),
        _ if alpha => image.into_rgba8().write_to(&mut Cursor::new(&mut out), ImageFormat::Png),
        _ => image.into_rgb8().write_to(&mut Cursor::new(&mut out), ImageFormat::Png),
    };
    encoded.map_err(unreadable)?;
    Ok(Picture { kind, width, height, bytes: out.into() })
}

/// A decoder that has read the header and found it within the limits.
fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder + '_, PictureError> {
    if format == ImageFormat::WebP && is_moving(bytes) {
        return Err(PictureError::Moving);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(unreadable)?;
    if pixels(&decoder) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(PictureError::TooManyPixels);
    }
    Ok(decoder)
}

/// By the flags of an extended WebP.
fn is_moving(webp: &[u8]) -> bool {
    webp.get(12..16) == Some(b"VP8X") && webp.get(20).is_some_and(|flags| flags & 2 != 0)
}

fn pixels(decoder: &impl ImageDecoder) -> u64 {
    let (width, height) = decoder.dimensions();
    u64::from(width) * u64::from(height)
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err calls")]
fn unreadable(error: image::ImageError) -> PictureError {
    match error {
        image::ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::Unreadable,
    }
}

impl From<JoinError> for PictureError {
    fn from(_: JoinError) -> Self {
        Self::Unreadable
    }
}
