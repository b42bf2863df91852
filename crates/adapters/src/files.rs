//! Files that people upload: what may come in, where it is kept, how it goes out.

mod key;
mod kind;
mod name;
mod picture;
mod served;
mod store;
mod unfinished;
mod upload;

pub use self::{
    key::{BadKey, StorageKey},
    kind::{HEAD, Kind},
    name::{BadFileName, FileName, LONGEST_NAME},
    picture::{MOST_PIXELS, Picture, PictureError, Pictures},
    served::Served,
    store::{Content, FileError, FileStore, Listed, S3Settings},
    upload::{Stored, Upload, UploadError},
};
