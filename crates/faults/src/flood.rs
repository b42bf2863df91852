//! What a server is sent that no honest client sends, and what that costs it.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use crate::wrkbelt::Server;

/// A server that has not answered by then has not noticed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request as bytes on the wire.
pub struct Raw {
    stream: TcpStream,
}

impl Raw {
    pub fn connect(server: &Server) -> io::Result<Self> {
        let stream = TcpStream::connect(server.base_url().strip_prefix("http://").unwrap())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream })
    }

    /// Sends until the server takes no more, and answers the status; `None` when the connection
    /// was closed without one.
    pub fn ask(self, parts: impl IntoIterator<Item = Vec<u8>> + Send) -> Option<u16> {
        let mut writing = self.stream.try_clone().unwrap();
        thread::scope(|scope| {
            let asking = scope.spawn(move || {
                for part in parts {
                    // Refused as soon as the server has read enough of it.
                    if writing.write_all(&part).is_err() {
                        return;
                    }
                }
            });
            let mut line = String::new();
            let read = BufReader::new(&self.stream).read_line(&mut line);
            let _ = self.stream.shutdown(std::net::Shutdown::Both);
            asking.join().unwrap();
            read.ok().filter(|it| *it > 0)?;
            line.split(' ').nth(1)?.parse().ok()
        })
    }
}

impl Raw {
    /// Sends a request and answers the status of what comes back; the connection stays.
    pub fn asks(&self, request: &[u8]) -> Option<u16> {
        (&self.stream).write_all(request).ok()?;
        let mut line = String::new();
        BufReader::new(&self.stream).read_line(&mut line).ok()?;
        line.split(' ').nth(1)?.parse().ok()
    }

    /// All that comes back to a request, to the end of the connection.
    pub fn read(mut self, parts: Vec<Vec<u8>>) -> String {
        for part in parts {
            self.stream.write_all(&part).unwrap();
        }
        let mut text = String::new();
        self.stream.read_to_string(&mut text).unwrap();
        text
    }
}

/// The head of a request to the server, with more lines of it.
pub fn head(method: &str, path: &str, more: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{more}\r\n").into_bytes()
}

/// A request with a body of JSON.
pub fn json(path: &str, more: &str, body: &str) -> Vec<Vec<u8>> {
    let length = body.len();
    let more = format!("content-type: application/json\r\ncontent-length: {length}\r\n{more}");
    vec![head("POST", path, &more), body.as_bytes().to_vec()]
}

/// A client that wants to keep a connection for as long as it can.
pub struct Slow {
    stream: TcpStream,
    kind: SlowKind,
}

/// With what it takes its time.
#[derive(Debug, Clone, Copy)]
pub enum SlowKind {
    Header,
    Body,
    Reading,
}

impl Slow {
    /// # Errors
    /// When there is no connection to be had.
    pub fn begin(server: &Server, kind: SlowKind, sessions: &str) -> io::Result<Self> {
        let Raw { mut stream } = Raw::connect(server)?;
        let begun = match kind {
            SlowKind::Header => b"GET /healthz HTTP/1.1\r\nx-slow: ".to_vec(),
            SlowKind::Body => head(
                "POST",
                sessions,
                "content-type: application/json\r\ncontent-length: 60000\r\n",
            ),
            SlowKind::Reading => head("GET", "/openapi.json", ""),
        };
        stream.write_all(&begun)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, kind })
    }

    /// One byte further, as long as somebody is there.
    pub fn drip(&mut self) {
        let _ = match self.kind {
            SlowKind::Header | SlowKind::Body => self.stream.write(b" "),
            SlowKind::Reading => self.stream.read(&mut [0]),
        };
    }
}

impl Server {
    /// The most memory that it ever had resident, in bytes.
    pub fn peak_memory(&self) -> u64 {
        peak_memory(self.pid()).unwrap()
    }

    /// How many sockets it has open.
    pub fn sockets(&self) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap();
        // Fails for one that was closed meanwhile.
        let targets = open.filter_map(|it| fs::read_link(it.ok()?.path()).ok());
        targets.filter(|it| it.to_string_lossy().starts_with("socket:")).count()
    }

    /// Ticks of the processor that it has used, of which there are a hundred in a second.
    pub fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

/// `None` for a process that has ended.
pub fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1_024)
}

/// How many descriptors a process here may have open.
pub fn descriptors() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|it| it.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX)
}
