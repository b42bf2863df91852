//! The binary, and folders to run it in.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::Client;

/// A flow file of the tests, with so many seats in each window.
pub(crate) fn visits(seats: u32) -> String {
    include_str!("visits.yaml").replace("SEATS", &seats.to_string())
}

/// One of the samples that the project has.
pub(crate) fn sample(path: &str) -> String {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    samples.join(path).to_str().unwrap().to_owned()
}

/// A folder with a store in it.
pub(crate) struct Folder(TempDir);

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running server; it is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// The first line that it printed.
    pub(crate) announcement: Value,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A folder whose store has a business with the test's flow; and its public key.
    pub(crate) fn with_business(seats: u32) -> (Self, String) {
        let folder = Self::new();
        let flow = folder.write("flow.yaml", &visits(seats));
        let line = folder.json(&[
            "flow",
            "import",
            &flow,
            "--publish",
            "--organization",
            "acme",
            "--create-organization",
        ]);
        (folder, line["public_key"].as_str().unwrap().to_owned())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Where the store of this folder is.
    pub(crate) fn store(&self) -> String {
        format!("sqlite://{}", self.path("store.db").display())
    }

    /// The binary in this folder, with nothing of the environment that would change what it does.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wrkbelt"));
        command.current_dir(self.0.path());
        for name in ["STORE", "LISTEN", "LOG", "LOG_FORMAT", "LIMITS", "CONFIG"] {
            command.env_remove(format!("WRKBELT_{name}"));
        }
        command
    }

    /// Runs a command on the store of this folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command().args(arguments).args(["--store", &self.store()]))
    }

    /// The one line of JSON that a command prints which succeeds.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{arguments:?}: {}", ran.stdout);
        ran.line()
    }

    /// A server on the store of this folder, without rate limits.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.command().args(["serve", "--limits", "off", "--store", &self.store()]))
    }
}

/// Runs a command to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// All that was printed: one line of JSON.
    pub(crate) fn line(&self) -> Value {
        assert_eq!(self.stdout.matches('\n').count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The one sentence of a failure.
    pub(crate) fn failure(&self) -> &str {
        assert_eq!((self.code, &*self.stdout), (1, ""), "{self:?}");
        let sentence = self.stderr.strip_prefix("error: ").and_then(|it| it.strip_suffix('\n'));
        let sentence = sentence.unwrap_or_else(|| panic!("{self:?}"));
        assert!(!sentence.contains('\n') && !sentence.is_empty(), "{sentence}");
        sentence
    }
}

impl Server {
    /// A server on a free port, as soon as it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.args(["--listen", "127.0.0.1:0", "--json", "--log", "error"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let announcement: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("the server ended with {:?} and printed {line:?}", child.wait().unwrap())
        });
        assert_eq!(announcement["event"], "listening");
        Self { child, stdout, announcement }
    }

    pub(crate) fn base_url(&self) -> &str {
        self.announcement["base_url"].as_str().unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.base_url())
    }

    /// At once, without a chance to finish anything.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has; also answers what it printed after the first line.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).unwrap();
        (status, rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
