use std::{
    path::Path,
    time::{Duration, Instant},
};

use hyper::Method;

use super::{child::Child, client};
use crate::output::Failure;

const MEASURED: Duration = Duration::from_secs(3);

/// Requests per second of a handler that does nothing, asked by as many connections through the
/// same accept loop.
pub(super) async fn empty_handler(concurrency: usize) -> Result<f64, Failure> {
    let server = Child::start(&["empty-server"])?;
    let until = Instant::now() + MEASURED;
    let asking: Vec<_> = (0..concurrency).map(|_| ask(server.target(), until)).collect();
    let mut requests = 0;
    for asked in asking {
        requests += asked.await.map_err(|error| Failure::new(error.to_string()))??;
    }
    Ok(f64::from(requests) / MEASURED.as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "one task for each connection, all awaited")]
fn ask(target: client::Target, until: Instant) -> tokio::task::JoinHandle<Result<u32, Failure>> {
    tokio::spawn(async move {
        let mut connection = client::connect(&target).await?;
        let mut requests = 0;
        while Instant::now() < until {
            connection.call(Method::GET, "/", None, None).await?;
            requests += 1;
        }
        Ok(requests)
    })
}

/// Rows per second that raw SQLite makes durable on the same disk, as many in a transaction as
/// visitors can wait for one.
pub(super) fn raw_store(folder: &Path, concurrency: usize) -> Result<f64, Failure> {
    store_sqlite::durable_rows_per_second(&folder.join("floor.db"), MEASURED, concurrency)
        .map_err(|error| Failure::new(error.to_string()))
}
