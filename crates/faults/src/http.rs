//! HTTP/1.1 as plain as it gets: one connection, one request at a time.

use std::{
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;

/// A server that has not answered by then is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server closes connections on which nothing is asked for longer: then a new one is made, as
/// browsers do.
const LONGEST_IDLE: Duration = Duration::from_secs(5);

pub struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    answered_at: Instant,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

fn open(host: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

impl Client {
    /// `base_url` as the server prints it.
    pub fn connect(base_url: &str) -> Self {
        Self::try_connect(base_url).unwrap()
    }

    /// # Errors
    /// When there is no server.
    pub fn try_connect(base_url: &str) -> io::Result<Self> {
        let host = base_url.strip_prefix("http://").unwrap().to_owned();
        Ok(Self { stream: open(&host)?, host, answered_at: Instant::now() })
    }

    /// # Errors
    /// When the connection ends before the answer does.
    pub fn call(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        if self.answered_at.elapsed() > LONGEST_IDLE {
            self.stream = open(&self.host)?;
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        if let Some(token) = token {
            write!(request, "authorization: Bearer {token}\r\n").unwrap();
        }
        if !body.is_empty() {
            request += "content-type: application/json\r\n";
        }
        write!(request, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let answer = self.answer()?;
        self.answered_at = Instant::now();
        Ok(answer)
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None, None).unwrap()
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|it| it.parse().ok());
        let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (mut length, mut content_type) = (0, String::new());
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match &*name.to_ascii_lowercase() {
                "content-length" => length = value.parse().unwrap(),
                "content-type" => value.clone_into(&mut content_type),
                "transfer-encoding" => panic!("an answer without a length"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, content_type, body })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if line.ends_with("\r\n") {
            line.truncate(line.len() - 2);
            Ok(line)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
