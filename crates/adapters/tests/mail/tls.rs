//! Mails through a server that encrypts.

use std::{env, path::PathBuf, process::Command};

use adapters::mail::{MailError, Mailer};
use tempfile::TempDir;

use crate::{
    message,
    server::{Server, cannot},
};

/// No name or address of the machine itself for which encryption may be left out.
const HOST: &str = "127.0.0.2";

/// Where this test, run again by itself, is to send a mail.
const URL: &str = "WRKBELT_TEST_SMTP_URL";

struct Certificate(TempDir);

impl Certificate {
    /// For [`HOST`], signed by nobody else.
    fn make() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            cannot("the system's certificates cannot be replaced for one process");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-noenc", "-days", "2", "-subj", "/CN=mail.test"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-addext", &format!("subjectAltName=IP:{HOST}")])
            .args(["-keyout", "both.pem", "-out", "certificate.pem"])
            .current_dir(folder.path())
            .output();
        match made {
            Ok(made) if made.status.success() => {}
            made => {
                cannot(&format!("openssl makes no certificate: {made:?}"));
                return None;
            }
        }
        let certificate = folder.path().join("certificate.pem");
        let mut both = std::fs::read(folder.path().join("both.pem")).unwrap();
        both.extend(std::fs::read(certificate).unwrap());
        std::fs::write(folder.path().join("both.pem"), both).unwrap();
        Some(Self(folder))
    }

    fn with_key(&self) -> PathBuf {
        self.0.path().join("both.pem")
    }

    fn alone(&self) -> PathBuf {
        self.0.path().join("certificate.pem")
    }
}

async fn send(url: &str) -> Result<(), MailError> {
    Mailer::Smtp(url.parse().unwrap()).send(&message("01", "ada@example.com")).await
}

#[expect(clippy::disallowed_methods, reason = "this test says to itself what it is to do")]
fn asked() -> Option<String> {
    env::var(URL).ok()
}

#[tokio::test]
async fn a_server_that_is_trusted_gets_mails_encrypted() {
    if let Some(url) = asked() {
        send(&url).await.unwrap();
        return;
    }
    let Some(certificate) = Certificate::make() else { return };
    for (mode, scheme) in [("starttls", "smtp"), ("tls", "smtps")] {
        let started = Server::start_with(HOST, mode, Some(&certificate.with_key()));
        let Some(mut server) = started else { return };
        let again = Command::new(env::current_exe().unwrap())
            .args(["--exact", "tls::a_server_that_is_trusted_gets_mails_encrypted"])
            .env("SSL_CERT_FILE", certificate.alone())
            .env_remove("SSL_CERT_DIR")
            .env(URL, format!("{scheme}://{HOST}:{}", server.port))
            .output()
            .unwrap();
        assert!(again.status.success(), "{mode}: {}", String::from_utf8_lossy(&again.stdout));
        assert_eq!(server.mail()["encrypted"], true, "{mode}");
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    let Some(certificate) = Certificate::make() else { return };
    for (mode, scheme) in [("starttls", "smtp"), ("tls", "smtps")] {
        let started = Server::start_with(HOST, mode, Some(&certificate.with_key()));
        let Some(server) = started else { return };
        let refused = send(&format!("{scheme}://{HOST}:{}", server.port)).await;
        let Err(MailError::Temporary(said)) = refused else { panic!("{mode}: {refused:?}") };
        assert!(said.contains("certificate"), "{mode}: {said}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_encrypt_gets_nothing() {
    let Some(mut server) = Server::start_with(HOST, "plain", None) else { return };
    let refused = send(&format!("smtp://{HOST}:{}", server.port)).await;
    let Err(MailError::Temporary(said)) = refused else { panic!("{refused:?}") };
    assert!(said.contains("STARTTLS"), "{said}");
    send(&format!("smtp+insecure://{HOST}:{}", server.port)).await.unwrap();
    assert_eq!(server.mail()["encrypted"], false);
}
