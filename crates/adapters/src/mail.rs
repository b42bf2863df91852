//! Mail: templates with a business's brand, messages, and the ways on which they leave.

mod address;
mod backoff;
mod folder;
mod letter;
mod message;
mod smtp;
mod template;

pub use self::{
    address::{Mailbox, MessageId},
    backoff::next_attempt,
    folder::Folder,
    letter::Letter,
    message::{Attachment, Message},
    smtp::Smtp,
    template::{
        BookingConfirmed, Brand, Content, EmailVerification, Invitation, Link, NewSignIn,
        PasswordChanged, PasswordReset, Template,
    },
};

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It will not be taken later either: it is malformed, or was refused with a 5xx reply.
    #[error("{0}")]
    Permanent(String),
    /// It may be taken later: the server put it off with a 4xx reply, or could not be talked to.
    #[error("{0}")]
    Temporary(String),
}

/// Where mails go.
#[derive(Debug)]
pub enum Mailer {
    Smtp(Smtp),
    /// For development: nobody gets them.
    Folder(Folder),
}

impl Mailer {
    /// Returns when the mail is the other side's concern. It is taken for all recipients or none.
    ///
    /// # Errors
    /// [`MailError`]. A mail that timed out may have been taken all the same: what is sent again
    /// must have the same [`MessageId`].
    pub async fn send(&self, message: &Message) -> Result<(), MailError> {
        let ready = message.build()?;
        match self {
            Self::Smtp(server) => server.send(&ready).await,
            Self::Folder(folder) => folder.write(&message.id, ready.formatted()).await,
        }
    }
}
