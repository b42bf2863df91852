use std::path::PathBuf;

use app::{MailFolder, Mailer, Mailing, Smtp};

use crate::{config::Config, output::Failure, stores::Location};

/// Whom mails are from that nobody gets.
const NOBODY: &str = "wrkbelt@example.com";

/// How the mails of a store leave.
pub(crate) fn mailing(config: &Config, store: &str) -> Result<Mailing, Failure> {
    if let Some(url) = &config.smtp {
        let server: Smtp = url.parse().map_err(Failure::new)?;
        let from = config.mail_from.clone().ok_or_else(|| {
            Failure::new("a mail server needs an address that mails are from (--mail-from)")
        })?;
        return Ok(Mailing::new(Mailer::Smtp(server), from));
    }
    let folder = match &config.mail_folder {
        Some(folder) => folder.clone(),
        None => beside(store)?,
    };
    tracing::debug!(folder = %folder.display(), "without --smtp, mails go to a folder");
    let from = match &config.mail_from {
        Some(from) => from.clone(),
        None => NOBODY.parse().map_err(|error| Failure::new(format!("{error}")))?,
    };
    Ok(Mailing::new(Mailer::Folder(MailFolder::new(folder)), from))
}

/// The folder whose mails are shown. Their links open accounts: behind a proxy, which a public URL
/// tells of, that has to be asked for.
pub(crate) fn mailbox(config: &Config, mailing: &Mailing) -> Option<MailFolder> {
    let is_for_itself = config.listen.ip().is_loopback() && config.public_url.is_none();
    mailing.folder().filter(|_| config.mailbox || is_for_itself).cloned()
}

fn beside(store: &str) -> Result<PathBuf, Failure> {
    Ok(match Location::parse(store)? {
        Location::Sqlite { path, .. } => path.with_file_name("mail"),
        Location::Mongo(_) => PathBuf::from("data/mail"),
    })
}
