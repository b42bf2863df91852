//! Connections: slow ones are closed, and none that works is cut off.

use std::{net::SocketAddr, time::Duration};

use api::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinSet,
    time::timeout,
};

use crate::site::{Site, start};

/// A server gives a slow client ten seconds.
const SLOW: Duration = Duration::from_secs(14);

/// A server that runs until `stop` is sent or dropped.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinSet<()>,
}

fn run(site: &Site) -> Running {
    let server = Server::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = server.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = site.router.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        server
            .run(router, async {
                let _ = stopped.await;
            })
            .await;
    });
    Running { address, stop, server: tasks }
}

/// All that the server sends until it closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // An error is a connection that was closed too.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

/// An answer to the end of its head.
async fn head(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        text.push(char::from(stream.read_u8().await.unwrap()));
    }
    text
}

#[tokio::test]
async fn connections_that_send_no_whole_head_are_closed() {
    let site = Site::new().await;
    let running = run(&site);
    let mut connections = JoinSet::new();
    for begun in [
        "",
        "P",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: ",
        "PRI * HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        connections.spawn(async move {
            stream.write_all(begun.as_bytes()).await.unwrap();
            let closed = timeout(SLOW, until_closed(&mut stream)).await;
            assert!(closed.is_ok(), "still open after {begun:?}");
        });
    }
    connections.join_all().await;
}

#[tokio::test]
async fn a_connection_that_has_nothing_more_to_ask_is_closed() {
    let site = Site::new().await;
    let running = run(&site);
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let head = head(&mut stream).await.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 404 "), "{head}");
        let length = head.split("content-length: ").nth(1).unwrap();
        let mut body = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
    }
    assert_eq!(timeout(SLOW, until_closed(&mut stream)).await.as_deref(), Ok(""));
}

#[tokio::test]
async fn a_shutdown_finishes_the_request_that_is_under_way() {
    let site = Site::new().await;
    let Running { address, stop, mut server } = run(&site);
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (path, body) = (site.sessions(), start().to_string());
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let asked = head(&mut stream).await;
    assert!(asked.starts_with("HTTP/1.1 100 "), "the request is under way: {asked}");
    stop.send(()).unwrap();
    refuses(address).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let answer = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.contains("\"session_token\":\"wbs_"), "{answer}");
    assert_eq!(until_closed(&mut idle).await, "");
    server.join_next().await.unwrap().unwrap();
}

/// Waits until nobody listens there any more.
async fn refuses(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_before_it_is_read() {
    let site = Site::new().await;
    let running = run(&site);
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let path = site.sessions();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9999999999\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = timeout(SLOW, head(&mut stream)).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let site = Site::new().await;
    let running = run(&site);
    for nonsense in ["\0\0\0\0\r\n\r\n", "HELLO\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(nonsense.as_bytes()).await.unwrap();
        let answer = timeout(SLOW, until_closed(&mut stream)).await.unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1_000_000));
    // The server may close before all is sent.
    let _ = stream.write_all(long.as_bytes()).await;
    let answer = timeout(SLOW, until_closed(&mut stream)).await.unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
