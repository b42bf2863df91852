use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A small ext4 volume in a file, mounted.
pub struct Volume {
    folder: TempDir,
}

impl Volume {
    /// # Errors
    /// Why it cannot be had here.
    pub fn new(megabytes: u64) -> Result<Self, String> {
        let volume = Self { folder: TempDir::new().unwrap() };
        File::create(volume.image()).unwrap().set_len(megabytes * 1024 * 1024).unwrap();
        fs::create_dir(volume.path()).unwrap();
        run("mkfs.ext4", ["-q", "-m", "0"].map(OsStr::new), &volume.image())?;
        volume.mount()?;
        Ok(volume)
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("volume")
    }

    /// What was not synced is gone. Nobody may have a file open there any more when it is mounted
    /// again.
    pub fn cut_power(&self) {
        let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/power-cut");
        run(tool, [], &self.path()).unwrap();
    }

    /// After a power cut.
    pub fn mount_again(&self) {
        run("umount", [], &self.path()).unwrap();
        self.mount().unwrap();
    }

    /// Leaves so many bytes of room, and no more.
    pub fn fill(&self, room: u64) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let full = io::copy(&mut io::repeat(0), &mut ballast).unwrap_err();
        assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length.saturating_sub(room)).unwrap();
        ballast.sync_all().unwrap();
    }

    /// Gives the room back.
    pub fn empty(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn mount(&self) -> Result<(), String> {
        let image = self.image();
        run("mount", ["-o".as_ref(), "loop".as_ref(), image.as_os_str()], &self.path())
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Fails when it is not mounted.
        let _ = run("umount", [], &self.path());
    }
}

/// # Errors
/// What the program says.
fn run<const N: usize>(
    program: impl AsRef<OsStr>,
    arguments: [&OsStr; N],
    path: &Path,
) -> Result<(), String> {
    let program = program.as_ref();
    let failed = |reason: &dyn std::fmt::Display| format!("{}: {reason}", program.display());
    let said = |it: io::Result<std::process::Output>| it.map_err(|error| failed(&error));
    let output = said(Command::new(program).args(arguments).arg(path).output())?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(&String::from_utf8_lossy(&output.stderr).trim()))
}
