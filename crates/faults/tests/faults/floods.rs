//! Requests and files that ask for more than there is: refused in time, within the memory of a
//! small machine.

use std::{
    fmt::Write as _,
    io::Write,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use faults::{
    flood::{Raw, head, json, peak_memory},
    run::{rounds, say},
    wrkbelt::{Folder, Server, visits},
};
use serde_json::Value;

/// 512 MB.
const MEMORY: u64 = 512 << 20;

/// Nothing here takes longer, however large it is.
const LONGEST: Duration = Duration::from_mins(1);

/// A server, and somebody who may do everything there.
struct Admin {
    _folder: Folder,
    server: Server,
    sessions: String,
    organization: String,
    /// A line of a head.
    cookie: String,
}

/// A flood: its name, the request, and which answers are right.
struct Flood {
    name: &'static str,
    request: Box<dyn Fn() -> Box<dyn Iterator<Item = Vec<u8>> + Send> + Sync>,
    /// `None` is a closed connection.
    right: &'static [Option<u16>],
}

impl Admin {
    fn new() -> Self {
        let (folder, key) = Folder::with_business(1);
        let mut create = folder.command();
        create.args(["user", "create", "--email", "ada@example.com", "--first-name", "Ada"]);
        create.args(["--last-name", "Lovelace", "--organization", "acme", "--role", "owner"]);
        create.args(["--password-stdin", "--store", &folder.store()]);
        let mut child = create.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"seven quiet mountains\n").unwrap();
        assert!(child.wait().unwrap().success());
        let server = folder.serve();
        let shown = r#"{"email":"ada@example.com","password":"seven quiet mountains"}"#;
        let answer = Raw::connect(&server).unwrap().read(json(
            "/api/v1/auth/login",
            "connection: close\r\n",
            shown,
        ));
        let cookie = answer.lines().find_map(|it| it.strip_prefix("set-cookie: __Host-wrkbelt="));
        let cookie = cookie.unwrap_or_else(|| panic!("{answer}")).split(';').next().unwrap();
        let cookie = format!("cookie: __Host-wrkbelt={cookie}\r\n");
        let me = head("GET", "/api/v1/auth/me", &format!("connection: close\r\n{cookie}"));
        let me = Raw::connect(&server).unwrap().read(vec![me]);
        let me: Value = serde_json::from_str(me.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let organization = me["memberships"][0]["organization_id"].as_str().unwrap().to_owned();
        let sessions = format!("/public/v1/schedulers/{key}/sessions");
        Self { _folder: folder, server, sessions, organization, cookie }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/organizations/{}/{rest}", self.organization)
    }

    /// A body of the administration's API.
    fn posts(&self, name: &'static str, to: &str, body: String) -> Flood {
        let (path, cookie) = (self.path(to), self.cookie.clone());
        let request = move || boxed(json(&path, &cookie, &body));
        Flood { name, request: Box::new(request), right: &[Some(400), Some(413), Some(422)] }
    }

    /// A body of the public API.
    fn says(&self, name: &'static str, body: String) -> Flood {
        let path = self.sessions.clone();
        let request = move || boxed(json(&path, "", &body));
        Flood { name, request: Box::new(request), right: &[Some(400), Some(413), Some(422)] }
    }

    /// Pieces without an end.
    fn streams(&self, name: &'static str, path: String, more: &str) -> Flood {
        let more = format!("{}transfer-encoding: chunked\r\n{more}", self.cookie);
        let request = move || {
            let piece = [format!("{:x}\r\n", 65_536).into_bytes(), vec![b' '; 65_536]].concat();
            let pieces = std::iter::repeat([piece, b"\r\n".to_vec()].concat());
            let begun = head("POST", &path, &more);
            Box::new(std::iter::once(begun).chain(pieces)) as Box<dyn Iterator<Item = _> + Send>
        };
        Flood { name, request: Box::new(request), right: &[Some(413), Some(415), None] }
    }

    fn floods(&self) -> Vec<Flood> {
        const JSON: &str = "content-type: application/json\r\n";
        let deep = |n: usize| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
        let list = |item: &str, n: usize| format!("[{}]", vec![item; n].join(","));
        let keys: String = (0..100_000).fold(String::new(), |mut all, n| {
            let _ = write!(all, "\"key{n}\":1,");
            all
        });
        let lines: String = (0..10_000).fold(String::new(), |mut all, n| {
            let _ = write!(all, "x-{n}: y\r\n");
            all
        });
        let declared = format!("{JSON}content-length: 9999999999\r\n");
        let answers = list("\"a\"", 10_000);
        let zone = format!(
            r#"{{"slug":"z","content":{{"title":"Z"}},"country":"US","postal_codes":{}}}"#,
            list("\"x\"", 100_000)
        );
        let zipped = [
            head(
                "POST",
                &self.sessions,
                &format!("{JSON}content-encoding: gzip\r\ncontent-length: 20\r\n"),
            ),
            vec![0x1f; 20],
        ]
        .concat();
        let page =
            |limit: &str| head("GET", &self.path(&format!("roles?limit={limit}")), &self.cookie);
        let sessions = &self.sessions;
        vec![
            sends("declared too large", &[Some(413)], head("POST", sessions, &declared)),
            self.streams("chunks without end", self.sessions.clone(), JSON),
            self.streams("chunks without end to a member", self.path("roles"), JSON),
            self.streams(
                "a file without end",
                self.path("files"),
                "content-type: multipart/form-data; boundary=cut\r\n",
            ),
            self.says("129 levels", deep(129)),
            self.says("10,000 levels", deep(10_000)),
            self.posts("300,000 levels", "roles", deep(300_000)),
            self.posts("an array of 300,000 levels", "roles", "[".repeat(300_000)),
            self.posts("100,000 keys", "roles", format!("{{{keys}\"name\":\"x\"}}")),
            self.says("an array of 10,000", format!("{{\"page_url\":{answers}}}")),
            self.posts("100,000 postal codes", "service_zones", zone),
            self.posts(
                "10,000 scopes",
                "api_keys",
                format!(r#"{{"name":"k","scopes":{}}}"#, list("\"VIEW_NOTHING\"", 10_000)),
            ),
            sends("a compressed body", &[Some(415)], zipped),
            sends(
                "a megabyte of header",
                &[Some(431), None],
                head("GET", "/healthz", &format!("x: {}\r\n", "y".repeat(1 << 20))),
            ),
            sends("10,000 headers", &[Some(431), None], head("GET", "/healthz", &lines)),
            sends(
                "a path of 100,000 characters",
                &[Some(414), Some(404), None],
                head("GET", &format!("/{}", "a".repeat(100_000)), ""),
            ),
            sends("a page of 10,000", &[Some(422)], page("10000")),
            sends("a page of 10^30", &[Some(422)], page(&"9".repeat(30))),
            self.picture(),
        ]
    }

    /// 3.6 gigapixels in 60 bytes.
    fn picture(&self) -> Flood {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut size = [60_000_u32.to_be_bytes(), 60_000_u32.to_be_bytes()].concat();
        size.extend([8, 6, 0, 0, 0]);
        for (kind, data) in [(b"IHDR", &*size), (b"IDAT", b"\x78\x9c"), (b"IEND", b"")] {
            png.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            let chunk = [&kind[..], data].concat();
            png.extend(&chunk);
            png.extend(crc32(&chunk).to_be_bytes());
        }
        let part = "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
            content-type: image/png\r\n\r\n";
        let body = [part.as_bytes(), &png, b"\r\n--cut--\r\n"].concat();
        let more = format!(
            "content-type: multipart/form-data; boundary=cut\r\ncontent-length: {}\r\n{}",
            body.len(),
            self.cookie
        );
        let whole = [head("POST", &self.path("files"), &more), body].concat();
        sends("a picture of 3.6 gigapixels", &[Some(422)], whole)
    }
}

fn sends(name: &'static str, right: &'static [Option<u16>], whole: Vec<u8>) -> Flood {
    Flood { name, request: Box::new(move || boxed(vec![whole.clone()])), right }
}

fn boxed(parts: Vec<Vec<u8>>) -> Box<dyn Iterator<Item = Vec<u8>> + Send> {
    Box::new(parts.into_iter())
}

/// As PNG has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

#[test]
fn requests_that_ask_for_too_much_are_refused_within_512_mb() {
    let admin = Admin::new();
    let (at_once, mut slowest) = (rounds(8, 64), Duration::ZERO);
    for flood in admin.floods() {
        let begun = Instant::now();
        let answers: Vec<_> = thread::scope(|scope| {
            let asking: Vec<_> = (0..at_once)
                .map(|_| {
                    scope.spawn(|| Raw::connect(&admin.server).unwrap().ask((flood.request)()))
                })
                .collect();
            asking.into_iter().map(|it| it.join().unwrap()).collect()
        });
        let (took, name) = (begun.elapsed(), flood.name);
        slowest = slowest.max(took);
        for answer in answers {
            assert!(flood.right.contains(&answer), "{name}: {answer:?}");
        }
        assert!(took < LONGEST, "{name}: {took:?}");
        assert_eq!(admin.server.client().get("/readyz").status, 200, "after {name}");
        let peak = admin.server.peak_memory();
        assert!(peak <= MEMORY, "{name}: {} MB", peak >> 20);
    }
    let peak = admin.server.peak_memory() >> 20;
    say(&format!("floods of requests: {at_once} at once, {slowest:?} at most, {peak} MB at most"));
}

#[test]
fn files_that_unfold_are_refused_within_512_mb() {
    let folder = Folder::new();
    let flow = visits(1);
    let question = |n: usize| {
        format!("  q{n}: {{ title: \"{}\", kind: number, next: q{} }}\n", "x".repeat(60), n + 1)
    };
    let questions: String = (0..50_000).map(question).collect();
    let few: String = (0..19_000).map(question).collect();
    let aliases: String =
        (1..12).fold("x0: &x0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |all, n| {
            let ten = vec![format!("*x{}", n - 1); 10].join(", ");
            all + &format!("x{n}: &x{n} [{ten}]\n")
        });
    let titles = |bomb: &str| flow.replace("title: Book a visit", bomb);
    let floods = [
        ("5 MB of questions", flow.replace("questions:\n", &format!("questions:\n{questions}"))),
        ("2 MB of questions", flow.replace("questions:\n", &format!("questions:\n{few}"))),
        ("aliases of aliases", aliases + &flow),
        ("aliases within a flow", titles(&format!("title: [&a [{}], *a, *a]", "[".repeat(100)))),
        (
            "100,000 levels",
            titles(&format!("title: {}x{}", "[".repeat(100_000), "]".repeat(100_000))),
        ),
        ("5 MB in one text", titles(&format!("title: \"{}\"", "x".repeat(5_000_000)))),
        ("no text at all", "\u{0}".repeat(1_000_000)),
    ];
    for (name, text) in floods {
        let file = folder.write("flood.yaml", &text);
        for command in [
            &["flow", "validate"][..],
            &["flow", "import", "--organization", "acme", "--create-organization"],
        ] {
            let mut run = folder.command();
            run.args(&command[..2])
                .arg(&file)
                .args(&command[2..])
                .args(["--store", &folder.store()]);
            let begun = Instant::now();
            let mut child = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut peak = 0;
            let status = loop {
                peak = peak.max(peak_memory(child.id()).unwrap_or(0));
                match child.try_wait().unwrap() {
                    Some(status) => break status,
                    None => thread::sleep(Duration::from_millis(2)),
                }
            };
            let mut said = String::new();
            std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
            let took = begun.elapsed();
            assert_eq!(status.code(), Some(1), "{name}: {said}");
            assert!(
                said.starts_with("error: ") && said.matches('\n').count() == 1,
                "{name}: {said}"
            );
            assert!(said.len() < 1_000, "{name}: the error is as large as the flood");
            assert!(peak <= MEMORY, "{name}: {} MB", peak >> 20);
            assert!(took < LONGEST, "{name}: {took:?}");
        }
    }
}
