use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, http::HeaderMap};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt;

/// The address that a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Accepts connections and serves a router on them. Slow and idle connections are closed, so that
/// they cannot use up the server.
pub struct Server {
    listener: TcpListener,
    connections: Arc<Semaphore>,
    behind_proxy: bool,
}

/// A request's head must be there by then; so long may a connection be idle.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests that are under way at a shutdown have so long to end.
const GRACE: Duration = Duration::from_secs(20);

/// More connections than that wait to be accepted.
const MOST_CONNECTIONS: usize = 8_192;

impl Server {
    /// Port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        Ok(Self { listener, connections, behind_proxy: false })
    }

    /// Takes the last address of `X-Forwarded-For` for the client's: for a server that only a proxy
    /// can reach, which writes that header.
    #[must_use]
    pub fn behind_proxy(self, behind_proxy: bool) -> Self {
        Self { behind_proxy, ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` ends; then what is under way is answered first.
    pub async fn run(self, router: Router, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, address, permit)) => {
                    let proxied = self.behind_proxy;
                    serve(stream, (address, proxied), permit, router.clone(), &graceful);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(self.listener);
        if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections that did not end were closed");
        }
    }

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let permit = self.connections.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (stream, address) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, address, permit))
    }
}

#[expect(clippy::disallowed_methods, reason = "one task for each connection, ended by `graceful`")]
fn serve(
    stream: TcpStream,
    (address, proxied): (SocketAddr, bool),
    permit: OwnedSemaphorePermit,
    router: Router,
    graceful: &GracefulShutdown,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        let forwarded = if proxied { forwarded_for(request.headers()) } else { None };
        let client = forwarded.unwrap_or(address.ip()).to_canonical();
        request.extensions_mut().insert(ClientAddress(client));
        router.clone().oneshot(request.map(Body::new))
    });
    // No other protocol: finding out which one a client speaks would wait for ever for one that
    // says nothing, and browsers speak HTTP/2 only where a proxy adds TLS.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
        drop(permit);
    });
}

/// The address that the proxy itself saw: what is before it is the client's to write.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_that_the_proxy_wrote_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded_for(&headers), None);
        headers.append("x-forwarded-for", "192.0.2.9".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.1, 2001:db8::7".parse().unwrap());
        assert_eq!(forwarded_for(&headers), "2001:db8::7".parse().ok());
        headers.append("x-forwarded-for", "unknown".parse().unwrap());
        assert_eq!(forwarded_for(&headers), None);
    }
}
