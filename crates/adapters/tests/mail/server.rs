//! A real mail server for tests: it ends with the process, however it ends.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

pub(crate) struct Server {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    pub(crate) port: u16,
}

impl Server {
    /// `None` when there is no server to be had here, which is said.
    pub(crate) fn start() -> Option<Self> {
        Self::start_on(0)
    }

    /// On a port of which it is known that it is free.
    pub(crate) fn start_on(port: u16) -> Option<Self> {
        Self::start_at("127.0.0.1", port, "plain", None)
    }

    /// `mode`: `plain`, `password`, `starttls` or `tls`; `certificate`: a PEM file with its key.
    pub(crate) fn start_with(host: &str, mode: &str, certificate: Option<&Path>) -> Option<Self> {
        Self::start_at(host, 0, mode, certificate)
    }

    fn start_at(host: &str, port: u16, mode: &str, certificate: Option<&Path>) -> Option<Self> {
        static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
        let Some(python) = PYTHON.get_or_init(python) else {
            cannot("there is no SMTP server: tools/smtp says why");
            return None;
        };
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/tests/mail/server.py"))
            .args([host, &port.to_string(), mode])
            .arg(certificate.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut server = Self { child, said, port: 0 };
        let listening = server.says("listening");
        server.port = u16::try_from(listening["port"].as_u64().unwrap()).unwrap();
        Some(server)
    }

    /// The next mail that it took.
    pub(crate) fn mail(&mut self) -> Value {
        self.says("mail")
    }

    fn says(&mut self, event: &str) -> Value {
        let line = self.said.next().unwrap().unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["event"], event, "{said}");
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says why a test is not run here; where it must be, that is a failure.
pub(crate) fn cannot(reason: &str) {
    assert!(std::env::var_os("WRKBELT_REQUIRE_FAULTS").is_none(), "cannot run: {reason}");
    // Not by a macro: their output is kept back.
    let _ = writeln!(std::io::stderr(), "NOT RUN: {reason}");
}

fn python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = Command::new(root.join("tools/smtp")).stderr(Stdio::inherit()).output().unwrap();
    found.status.success().then(|| String::from_utf8(found.stdout).unwrap().trim().into())
}
