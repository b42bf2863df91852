mod addresses;
mod patient;

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
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt;

use self::{
    addresses::{Addresses, Place},
    patient::Patient,
};

/// The address that a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Accepts connections and serves a router on them. Slow and idle connections are closed, so that
/// they cannot use up the server.
pub struct Server {
    listener: TcpListener,
    connections: Arc<Semaphore>,
    addresses: Option<Arc<Addresses>>,
    behind_proxy: bool,
}

/// A request's head must be there by then; so long may a connection be idle.
const HEADER_TIMEOUT: Duration = patience(10);

/// So long may a client take nothing of its answer.
const ANSWER_TIMEOUT: Duration = patience(8);

const fn patience(seconds: u64) -> Duration {
    Duration::from_secs(if cfg!(feature = "unsafe-no-deadlines") { 3_600 } else { seconds })
}

/// Bytes of answers that the operating system keeps for each connection, at least. With a few more
/// of them, whoever reads slowly would be noticed late.
const SEND_BUFFER: u32 = 128 * 1_024;

/// Connections that the operating system has accepted and this process has not.
const BACKLOG: u32 = 1_024;

/// After an error that others would meet too, such as no free descriptor, so long nothing is
/// accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// Requests that are under way at a shutdown have so long to end.
const GRACE: Duration = Duration::from_secs(20);

/// More connections than that wait to be accepted.
const MOST_CONNECTIONS: usize = 8_192;

impl Server {
    /// Port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // What is accepted has it too.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        Ok(Self { listener, connections, addresses: None, behind_proxy: false })
    }

    /// At most so many connections at a time: fewer than there are descriptors.
    #[must_use]
    pub fn most_connections(self, most: usize) -> Self {
        let connections = Arc::new(Semaphore::new(most.clamp(1, MOST_CONNECTIONS)));
        Self { connections, ..self }
    }

    /// At most so many of one client; further ones are closed at once. Behind a proxy, all are the
    /// proxy's, and it is for the proxy to limit them.
    #[must_use]
    pub fn most_per_address(self, most: usize) -> Self {
        Self { addresses: Some(Addresses::new(most)), ..self }
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
        let mut is_failing = false;
        loop {
            let accepted = tokio::select! {
                accepted = self.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok(None) => {}
                Ok(Some((stream, address, places))) => {
                    is_failing = false;
                    let proxied = self.behind_proxy;
                    serve(stream, (address, proxied), places, router.clone(), &graceful);
                }
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        tracing::warn!(%error, "connections cannot be accepted");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(self.listener);
        if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections that did not end were closed");
        }
    }

    /// `None` for a client that has enough of them.
    async fn accept(&self) -> io::Result<Option<(TcpStream, SocketAddr, Places)>> {
        let permit = self.connections.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (stream, address) = self.listener.accept().await?;
        let place = match &self.addresses {
            Some(addresses) if !self.behind_proxy => {
                let Some(place) = addresses.place(address.ip().to_canonical()) else {
                    return Ok(None);
                };
                Some(place)
            }
            _ => None,
        };
        // Fails for one that has ended already, which reading from it will say.
        let _ = stream.set_nodelay(true);
        Ok(Some((stream, address, (permit, place))))
    }
}

/// What a connection holds until it ends.
type Places = (OwnedSemaphorePermit, Option<Place>);

/// Of a connection that was gone before it was accepted; the next one may be well.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[expect(clippy::disallowed_methods, reason = "one task for each connection, ended by `graceful`")]
fn serve(
    stream: TcpStream,
    (address, proxied): (SocketAddr, bool),
    places: Places,
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
        .serve_connection(TokioIo::new(Patient::new(stream, ANSWER_TIMEOUT)), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
        drop(places);
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
