use std::{
    borrow::Cow,
    fmt,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::MailError;

/// How many connections are kept for the next mail.
const KEPT: usize = 4;

/// How long one mail may take, connecting included.
const PATIENCE: Duration = Duration::from_mins(1);

/// A mail server that relays what it is given.
pub struct Smtp {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    patience: Duration,
    /// Each is between two mails: one that was given up in the middle of a mail is closed.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

enum Security {
    None,
    /// TLS is begun on the open connection, before anything secret is said.
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

impl FromStr for Smtp {
    type Err = String;

    /// `smtps://USER:PASSWORD@HOST:PORT` for TLS, `smtp://…` for STARTTLS, which only a local
    /// server may lack, `smtp+insecure://…` for neither. User and password are percent-encoded.
    fn from_str(text: &str) -> Result<Self, String> {
        // Never the text itself, which holds the password.
        let wrong = |why: &str| {
            format!("the URL of the mail server {why}: smtps://USER:PASSWORD@HOST:PORT is one")
        };
        let url = Url::parse(text).map_err(|error| wrong(&format!("is not one ({error})")))?;
        let host = url.host_str().filter(|it| !it.is_empty());
        let host = host.ok_or_else(|| wrong("has no host"))?.trim_matches(['[', ']']);
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has something after the host"));
        }
        let tls = || TlsParameters::new(host.to_owned()).map_err(|error| error.to_string());
        let (security, port) = match url.scheme() {
            "smtps" => (Security::Tls(tls()?), 465),
            "smtp" if is_local(host) => (Security::None, 25),
            "smtp" => (Security::StartTls(tls()?), 587),
            "smtp+insecure" => (Security::None, 25),
            _ => return Err(wrong("is of another protocol")),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(wrong("has only one of user and password")),
            (user, Some(password)) => {
                let decode = |it| percent_decode_str(it).decode_utf8().map(Cow::into_owned);
                let both = decode(user).and_then(|user| Ok((user, decode(password)?)));
                Some(both.map_err(|_| wrong("has a user or password that is no text"))?.into())
            }
        };
        Ok(Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            security,
            credentials,
            patience: PATIENCE,
            idle: Mutex::default(),
        })
    }
}

impl Smtp {
    /// Held to one minute for each mail, connecting included, unless something else is said here.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) async fn send(&self, message: &lettre::Message) -> Result<(), MailError> {
        let sent = tokio::time::timeout(self.patience, self.relay(message)).await;
        sent.unwrap_or_else(|_| {
            let Self { host, patience, .. } = self;
            Err(MailError::Temporary(format!("{host} took longer than {patience:?}")))
        })
    }

    async fn relay(&self, message: &lettre::Message) -> Result<(), MailError> {
        let mut connection = self.connection().await?;
        // Taken out of `idle` meanwhile: whoever gives up closes it, and its late answers are
        // nobody else's.
        connection.send(message.envelope(), &message.formatted()).await.map_err(|error| {
            let reason = format!("{}: {error}", self.host);
            if error.is_permanent() {
                MailError::Permanent(reason)
            } else {
                MailError::Temporary(reason)
            }
        })?;
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(())
    }

    /// One that is open already, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, MailError> {
        loop {
            let Some(mut kept) = self.idle().pop() else { break };
            if kept.test_connected().await {
                return Ok(kept);
            }
        }
        // Whatever the server says before it has seen a mail says nothing about the mail.
        self.connect()
            .await
            .map_err(|error| MailError::Temporary(format!("{}:{}: {error}", self.host, self.port)))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let name = ClientId::default();
        let tls = match &self.security {
            Security::Tls(parameters) => Some(parameters.clone()),
            Security::None | Security::StartTls(_) => None,
        };
        let address = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.patience), &name, tls, None)
                .await?;
        if let Security::StartTls(parameters) = &self.security {
            connection.starttls(parameters.clone(), &name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Smtp({}:{})", self.host, self.port)
    }
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_how_much_is_encrypted() {
        for (url, port, security) in [
            ("smtps://ada:secret@mail.example.com", 465, "tls"),
            ("smtps://mail.example.com:2465/", 2465, "tls"),
            ("smtp://ada:secret@mail.example.com", 587, "starttls"),
            ("smtp://localhost.example.com", 587, "starttls"),
            ("smtp://127.0.0.1.example.com", 587, "starttls"),
            ("smtp://localhost@mail.example.com", 0, "refused"),
            ("smtp://localhost:1025", 1025, "none"),
            ("smtp://[::1]", 25, "none"),
            ("smtp://[2001:db8::1]", 587, "starttls"),
            ("smtp+insecure://mail.example.com:2525", 2525, "none"),
        ] {
            let read = url.parse::<Smtp>();
            let found = match &read {
                Ok(Smtp { security: Security::None, .. }) => "none",
                Ok(Smtp { security: Security::StartTls(_), .. }) => "starttls",
                Ok(Smtp { security: Security::Tls(_), .. }) => "tls",
                Err(_) => "refused",
            };
            assert_eq!(found, security, "{url}");
            assert_eq!(read.map_or(0, |it| it.port), port, "{url}");
        }
    }

    #[test]
    fn users_and_passwords_are_percent_decoded() {
        let server: Smtp = "smtps://ada%40example.com:a%2Fb%25@mail.example.com".parse().unwrap();
        let expected = Credentials::new("ada@example.com".to_owned(), "a/b%".to_owned());
        assert!(server.credentials == Some(expected));
    }

    #[test]
    fn a_wrong_url_is_refused_without_its_password() {
        for url in [
            "mail.example.com",
            "https://ada:hunter2@mail.example.com",
            "smtp://ada:hunter2@",
            "smtp://ada:hunter2@mail.example.com:99999",
            "smtp://ada:hunter2@mail.example.com?tls=opportunistic",
            "smtp://ada:hunter2@mail.example.com/name",
            "smtp://:hunter2@mail.example.com",
            "smtp://ada:hunter2%ff@mail.example.com",
        ] {
            let refused = url.parse::<Smtp>().unwrap_err();
            assert!(!refused.contains("hunter2"), "{refused}");
            assert!(refused.starts_with("the URL of the mail server "), "{refused}");
        }
        let server: Smtp = "smtps://ada:hunter2@mail.example.com".parse().unwrap();
        assert_eq!(format!("{server:?}"), "Smtp(mail.example.com:465)");
    }
}
