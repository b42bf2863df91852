use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::output::Failure;

/// A server on this machine or another, by address.
#[derive(Clone, Copy)]
pub(super) struct Target(SocketAddr);

/// One connection that is kept open, as a browser does.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    /// Sent with every request.
    pub(super) cookie: Option<String>,
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, Failure> {
        let address = url.strip_prefix("http://").map(|it| it.trim_end_matches('/'));
        let address = address.and_then(|it| it.replace("localhost", "127.0.0.1").parse().ok());
        address
            .map(Self)
            .ok_or_else(|| Failure::new(format!("`{url}` is not as http://127.0.0.1:8080")))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "hyper's connection is a task of its own; it ends with its sender"
)]
pub(super) async fn connect(target: &Target) -> Result<Connection, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", target.0));
    let stream = TcpStream::connect(target.0).await.map_err(|error| failed(&error))?;
    stream.set_nodelay(true).map_err(|error| failed(&error))?;
    let (sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    tokio::spawn(connection);
    Ok(Connection { sender, host: target.0.to_string(), cookie: None })
}

impl Connection {
    /// # Errors
    /// When there is no answer, or one that is no success: then with its body.
    pub(super) async fn call(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let bytes = self.send(method, path, token, body.map(Value::to_string)).await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| Failure::new(format!("{path}: {error}")))
    }

    /// As [`Self::call`], with bodies as they are sent.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<String>,
    ) -> Result<Bytes, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(format!("{path}: {error}"));
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request =
            request.body(Full::from(body.unwrap_or_default())).map_err(|error| failed(&error))?;
        self.sender.ready().await.map_err(|error| failed(&error))?;
        let response = self.sender.send_request(request).await.map_err(|error| failed(&error))?;
        let status = response.status();
        let bytes =
            response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
        if !status.is_success() {
            let text = String::from_utf8_lossy(&bytes);
            return Err(Failure::new(format!(
                "{path}: {status}: {}",
                text.chars().take(400).collect::<String>()
            )));
        }
        Ok(bytes)
    }
}
