use std::{
    ffi::OsStr,
    fs,
    io::{self, ErrorKind},
    path::Path,
    time::SystemTime,
};

/// Removes files that were not written to their end and not touched since `before`, and counts
/// them: `KEY#1`, which a rename makes `KEY`.
pub(super) fn remove(folder: &Path, before: SystemTime) -> io::Result<u64> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            removed += remove(&path, before)?;
        } else if is_unfinished(&entry.file_name()) && entry.metadata()?.modified()? < before {
            match fs::remove_file(path) {
                Ok(()) => removed += 1,
                // It came to its end meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(removed)
}

fn is_unfinished(name: &OsStr) -> bool {
    let parts = name.to_str().and_then(|it| it.split_once('#'));
    parts.is_some_and(|(_, number)| number.parse::<u32>().is_ok())
}
