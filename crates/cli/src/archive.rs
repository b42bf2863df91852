use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter},
    path::{Path, PathBuf},
    process::ExitCode,
};

use app::{BackupKey, Checked, Dangling, Exported, Extent, SealedWriter, SystemDoor, open_archive};
use clap::Args;
use serde_json::json;

use crate::{
    config::Config,
    output::{Failure, Output},
    progress,
    stores::{self, Location},
};

#[derive(Args)]
pub(crate) struct Export {
    /// Where to write; nothing is there before all of it is.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Slug or id; absent exports everything.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: Option<String>,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
pub(crate) struct Import {
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Backup {
    /// Where to write; nothing is there before all of it is.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Seal it with the key in this file: 64 hexadecimal digits.
    #[arg(long, env = "WRKBELT_BACKUP_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
pub(crate) struct Restore {
    file: PathBuf,
    /// The key that it was sealed with.
    #[arg(long, env = "WRKBELT_BACKUP_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Replace what the store has; it stays beside the new one as `….before-restore`.
    #[arg(long)]
    replace: bool,
}

impl Export {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let opened = stores::open_unchecked(config.store()).await?;
        let extent = match &self.organization {
            None => Extent::Everything,
            Some(name) => {
                let found = opened.system.find_organization(name).await?;
                let found = found
                    .ok_or_else(|| Failure::new(format!("there is no organization `{name}`")))?;
                Extent::Organization(found.id)
            }
        };
        let exported = write(&self.out, self.force, None, &opened.system, extent, output).await?;
        Ok(told("exported", &exported, &self.out, output))
    }
}

impl Backup {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let key = self.key_file.as_deref().map(read_key).transpose()?;
        let opened = stores::open_unchecked(config.store()).await?;
        let extent = Extent::Everything;
        let key = key.as_ref();
        let exported = write(&self.out, self.force, key, &opened.system, extent, output).await?;
        Ok(told("backed up", &exported, &self.out, output))
    }
}

impl Import {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let checked = check(&self.file, None)?;
        let opened = match checked.extent() {
            Extent::Everything => stores::open(config.store()).await?,
            Extent::Organization(_) => stores::open_or_make(config.store()).await?,
        };
        put(&opened.system, &checked, &self.file, None, Dangling::Refused, output).await?;
        output.answer(&checked, || {
            format!("imported {} documents and {} events\n", checked.documents, checked.events)
        });
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let key = self.key_file.as_deref().map(read_key).transpose()?;
        let checked = check(&self.file, key.as_ref())?;
        if checked.extent() != Extent::Everything {
            let reason = "it is of one organization: use `wrkbelt import`";
            return Err(Failure::new(format!("{}: {reason}", self.file.display())));
        }
        let kept = match Location::parse(config.store())? {
            Location::Sqlite { path, .. } => self.beside(&path, &checked, key, output).await?,
            Location::Mongo(_) if self.replace => {
                let reason = "--replace is for SQLite only: name another database in --store";
                return Err(Failure::new(reason));
            }
            Location::Mongo(_) => {
                let opened = stores::open(config.store()).await?;
                put(&opened.system, &checked, &self.file, key.as_ref(), Dangling::Kept, output)
                    .await?;
                None
            }
        };
        let answer = json!({
            "documents": checked.documents,
            "events": checked.events,
            "kept": kept.as_ref().map(|it| it.display().to_string()),
        });
        output.answer(&answer, || {
            let counts = format!("{} documents and {} events", checked.documents, checked.events);
            let kept = kept.map(|it| format!("what was there before is {}\n", it.display()));
            format!("restored {counts}\n{}", kept.unwrap_or_default())
        });
        Ok(ExitCode::SUCCESS)
    }

    /// Makes a new file, reads it back, and only then puts it in place of the old one.
    async fn beside(
        &self,
        path: &Path,
        checked: &Checked,
        key: Option<BackupKey>,
        output: &Output,
    ) -> Result<Option<PathBuf>, Failure> {
        let _lock = stores::lock(path, false)?;
        if path.exists() && !self.replace {
            let reason = "say --replace to put the backup in its place";
            return Err(Failure::new(format!("there is a store at {}: {reason}", path.display())));
        }
        let new = with_suffix(path, ".restoring");
        remove_store(&new)?;
        if let Err(failure) = self.make(&new, checked, key, output).await {
            remove_store(&new)?;
            return Err(failure);
        }
        replace_store(&new, path).await
    }

    async fn make(
        &self,
        new: &Path,
        checked: &Checked,
        key: Option<BackupKey>,
        output: &Output,
    ) -> Result<(), Failure> {
        let opened = stores::open(&format!("sqlite://{}", new.display())).await?;
        put(&opened.system, checked, &self.file, key.as_ref(), Dangling::Kept, output).await?;
        let again = opened.system.export(Extent::Everything, &mut io::sink(), &mut |_| {}).await?;
        if again.sha256 == checked.sha256 {
            return Ok(());
        }
        Err(Failure::new("the restored store reads back differently; nothing was changed"))
    }
}

async fn write(
    path: &Path,
    force: bool,
    key: Option<&BackupKey>,
    system: &SystemDoor,
    extent: Extent,
    output: &Output,
) -> Result<Exported, Failure> {
    let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    if path.exists() && !force {
        let reason = "there is a file already: say --force to replace it";
        return Err(Failure::new(format!("{}: {reason}", path.display())));
    }
    let part = with_suffix(path, ".part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = BufWriter::new(options.open(&part).map_err(failed)?);
    let bar = progress::count(output, "documents");
    let written = async {
        let mut progress = |done| bar.set_position(done);
        let (exported, file) = match key {
            None => {
                let mut file = file;
                (system.export(extent, &mut file, &mut progress).await?, file)
            }
            Some(key) => {
                let mut sealed = SealedWriter::new(file, key).map_err(failed)?;
                let exported = system.export(extent, &mut sealed, &mut progress).await?;
                (exported, sealed.finish().map_err(failed)?)
            }
        };
        let file = file.into_inner().map_err(|it| failed(it.into_error()))?;
        file.sync_all().map_err(failed)?;
        // What cannot be read back is no backup, and replaces none.
        let again = check(&part, key)?;
        if again.sha256 != exported.sha256 {
            return Err(Failure::new(format!("{}: it reads back differently", part.display())));
        }
        fs::rename(&part, path).map_err(failed)?;
        sync_folder(path).map_err(failed)?;
        Ok(exported)
    }
    .await;
    bar.finish_and_clear();
    if written.is_err() {
        // Fails when it was never made.
        let _ = fs::remove_file(&part);
    }
    written
}

fn check(path: &Path, key: Option<&BackupKey>) -> Result<Checked, Failure> {
    let failed = |error: app::NotAnArchive| Failure::new(format!("{}: {error}", path.display()));
    Checked::read(open_archive(path, key).map_err(failed)?).map_err(failed)
}

async fn put(
    system: &SystemDoor,
    checked: &Checked,
    path: &Path,
    key: Option<&BackupKey>,
    dangling: Dangling,
    output: &Output,
) -> Result<(), Failure> {
    let failed = |error: app::NotAnArchive| Failure::new(format!("{}: {error}", path.display()));
    let input = open_archive(path, key).map_err(failed)?;
    let bar = progress::of(output, "documents", checked.documents);
    let imported =
        system.import(checked, input, dangling, &mut |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    Ok(imported?)
}

fn told(what: &str, exported: &Exported, out: &Path, output: &Output) -> ExitCode {
    for (collection, id) in &exported.left_out {
        tracing::error!(collection, %id, "damaged and left out");
    }
    output.answer(exported, || {
        let Exported { documents, events, sha256, left_out } = exported;
        let left_out = match left_out.len() {
            0 => String::new(),
            some => format!("{some} damaged documents were left out: see `wrkbelt doctor`\n"),
        };
        let out = out.display();
        format!(
            "{what} {documents} documents and {events} events to {out}\n{left_out}sha256 {sha256}\n"
        )
    });
    if exported.left_out.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read_key(path: &Path) -> Result<BackupKey, Failure> {
    let failed =
        |reason: &dyn std::fmt::Display| Failure::new(format!("{}: {reason}", path.display()));
    fs::read_to_string(path).map_err(|it| failed(&it))?.parse().map_err(|it: &str| failed(&it))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A database and the files that SQLite keeps beside it.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn remove_store(path: &Path) -> Result<(), Failure> {
    for part in PARTS.map(|it| with_suffix(path, it)) {
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::new(format!("{}: {error}", part.display())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts a new database in the place of another, which stays beside it; answers where.
async fn replace_store(new: &Path, path: &Path) -> Result<Option<PathBuf>, Failure> {
    let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    let old = with_suffix(path, ".before-restore");
    let keeps = path.exists();
    if keeps {
        remove_store(&old)?;
        // The log of a server that was killed is written into its file; where that cannot be done
        // it is taken along.
        let _ = stores::open(&format!("sqlite://{}", path.display())).await;
        for part in &PARTS[1..] {
            let log = with_suffix(path, part);
            if log.exists() {
                fs::rename(&log, with_suffix(&old, part)).map_err(failed)?;
            }
        }
        fs::hard_link(path, &old).map_err(failed)?;
    } else {
        // Of a database that is gone.
        remove_store(path)?;
    }
    fs::rename(new, path).map_err(failed)?;
    sync_folder(path).map_err(failed)?;
    Ok(keeps.then_some(old))
}

/// A new name is durable when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
