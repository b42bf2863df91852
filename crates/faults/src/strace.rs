use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::wrkbelt::{Server, signal};

/// Calls that change what is on the disk.
pub const CHANGES: &str = "pwrite64,pwritev,fsync,fdatasync,sync_file_range,fallocate,\
    ftruncate,truncate,unlink,unlinkat,rename,renameat,renameat2";

/// Watches the thread of a server that writes the store, and breaks calls that it makes.
pub struct Strace {
    process: Child,
    log: PathBuf,
}

/// Why calls cannot be broken here.
pub fn obstacle() -> Option<String> {
    match Command::new("strace").arg("--version").output() {
        Ok(_) => None,
        Err(error) => Some(format!("strace: {error}: install the package strace")),
    }
}

impl Strace {
    /// Watches `calls` from now on; `fault` as strace's `inject` takes it, such as
    /// `error=EIO:when=3`. The log comes beside the store.
    ///
    /// # Errors
    /// What strace says when it may not.
    pub fn attach(
        server: &Server,
        calls: &str,
        fault: Option<&str>,
        log: PathBuf,
    ) -> Result<Self, String> {
        let thread = writer(server.pid());
        let mut strace = Command::new("strace");
        strace.args(["-qq", "-p", &thread, "-e", &format!("trace={calls}"), "-o"]).arg(&log);
        if let Some(fault) = fault {
            strace.args(["-e", &format!("inject={calls}:{fault}")]);
        }
        let process = strace.stderr(Stdio::piped()).spawn().map_err(|it| it.to_string())?;
        let mut this = Self { process, log };
        while !is_traced(server.pid(), &thread) {
            if this.process.try_wait().unwrap().is_some() {
                let output = this.process.wait_with_output().unwrap();
                return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(this)
    }

    /// Lets the thread go on alone, if it still runs; answers the calls, a line for each.
    pub fn detach(mut self) -> String {
        signal("INT", self.process.id());
        self.process.wait().unwrap();
        fs::read_to_string(&self.log).unwrap()
    }
}

fn writer(server: u32) -> String {
    let tasks = fs::read_dir(format!("/proc/{server}/task")).unwrap();
    let writers = tasks.map(|it| it.unwrap().path()).filter(|it| name(it) == "sqlite-writer");
    let ids: Vec<_> = writers.map(|it| it.file_name().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 1, "a server has one thread that writes");
    ids[0].to_str().unwrap().to_owned()
}

/// Empty for a thread that has just ended.
fn name(task: &Path) -> String {
    fs::read_to_string(task.join("comm")).unwrap_or_default().trim().to_owned()
}

fn is_traced(server: u32, thread: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{server}/task/{thread}/status")).unwrap();
    let tracer = status.lines().find_map(|it| it.strip_prefix("TracerPid:")).unwrap();
    tracer.trim() != "0"
}
