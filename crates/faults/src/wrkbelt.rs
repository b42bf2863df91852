//! The binary, and folders to run it in.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::Client;

/// A flow file of the tests, with so many seats in each window.
pub fn visits(seats: u32) -> String {
    include_str!("visits.yaml").replace("SEATS", &seats.to_string())
}

/// One of the samples that the project has.
pub fn sample(path: &str) -> String {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    samples.join(path).to_str().unwrap().to_owned()
}

/// A folder with a store in it.
pub struct Folder {
    path: PathBuf,
    /// Removes it.
    _temporary: Option<TempDir>,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A running server; it is killed when it is dropped.
pub struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// The first line that it printed.
    pub announcement: Value,
}

impl Folder {
    #[expect(clippy::new_without_default, reason = "each is another folder")]
    pub fn new() -> Self {
        let temporary = TempDir::new().unwrap();
        Self { path: temporary.path().to_owned(), _temporary: Some(temporary) }
    }

    /// One that is there already, and stays.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), _temporary: None }
    }

    /// A folder whose store has a business with the test's flow; and its public key.
    pub fn with_business(seats: u32) -> (Self, String) {
        let folder = Self::new();
        let key = folder.add_business(seats);
        (folder, key)
    }

    /// Publishes the test's flow, with so many seats in each window; answers its public key.
    pub fn add_business(&self, seats: u32) -> String {
        let flow = self.write("flow.yaml", &visits(seats));
        let line = self.json(&[
            "flow",
            "import",
            &flow,
            "--publish",
            "--organization",
            "acme",
            "--create-organization",
        ]);
        line["public_key"].as_str().unwrap().to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Where the store of this folder is.
    pub fn store(&self) -> String {
        format!("sqlite://{}", self.path("store.db").display())
    }

    /// The binary in this folder, with nothing of the environment that would change what it does.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(&self.path);
        for name in ["STORE", "LISTEN", "LOG", "LOG_FORMAT", "LIMITS", "CONFIG", "MOST_CONNECTIONS"]
        {
            command.env_remove(format!("WRKBELT_{name}"));
        }
        command
    }

    /// Runs a command on the store of this folder.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command().args(arguments).args(["--store", &self.store()]))
    }

    /// The one line of JSON that a command prints which succeeds.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{arguments:?}: {}", ran.stdout);
        ran.line()
    }

    /// A server on the store of this folder, without rate limits.
    pub fn serve(&self) -> Server {
        Server::start(&mut self.serving())
    }

    /// One of several servers on the store of this folder.
    pub fn serve_shared(&self) -> Server {
        let store = format!("{}?shared", self.store());
        Server::start(&mut self.serving_from(&store))
    }

    /// A server without its log, for when errors are what is tested.
    pub fn serve_silently(&self) -> Server {
        Server::start(self.serving().stderr(Stdio::null()))
    }

    fn serving(&self) -> Command {
        self.serving_from(&self.store())
    }

    fn serving_from(&self, store: &str) -> Command {
        let mut command = self.command();
        command.args(["serve", "--limits", "off", "--store", store]);
        command
    }
}

/// The binary that was built together with the tests.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let binary = tests.parent().and_then(Path::parent).unwrap().join("wrkbelt");
    assert!(binary.exists(), "there is no {}: run `cargo build -p cli` first", binary.display());
    binary
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// All that was printed: one line of JSON.
    pub fn line(&self) -> Value {
        assert_eq!(self.stdout.matches('\n').count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The one sentence of a failure.
    pub fn failure(&self) -> &str {
        assert_eq!((self.code, &*self.stdout), (1, ""), "{self:?}");
        let sentence = self.stderr.strip_prefix("error: ").and_then(|it| it.strip_suffix('\n'));
        let sentence = sentence.unwrap_or_else(|| panic!("{self:?}"));
        assert!(!sentence.contains('\n') && !sentence.is_empty(), "{sentence}");
        sentence
    }
}

impl Server {
    /// A server on a free port, as soon as it listens.
    pub fn start(command: &mut Command) -> Self {
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

    pub fn base_url(&self) -> &str {
        self.announcement["base_url"].as_str().unwrap()
    }

    pub fn client(&self) -> Client {
        Client::connect(self.base_url())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops every thread where it is: from now on nothing is answered.
    pub fn freeze(&self) {
        assert!(signal("STOP", self.pid()));
        while !self.is_frozen() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// A thread that waits for the disk inside of a call stops as it comes out.
    fn is_frozen(&self) -> bool {
        let mut threads = fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
        threads.all(|it| {
            // Fails for one that has just ended.
            let stat = fs::read_to_string(it.unwrap().path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_none_or(|(_, it)| it.starts_with(['T', 'D']))
        })
    }

    /// At once, without a chance to finish anything.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has; also answers what it printed after the first line.
    pub fn stop(mut self) -> (ExitStatus, String) {
        assert!(signal("TERM", self.pid()));
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).unwrap();
        (status, rest)
    }
}

/// Whether there was such a process.
pub fn signal(name: &str, pid: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.args([&format!("-{name}"), &pid.to_string()]).stderr(Stdio::null());
    kill.status().unwrap().success()
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
