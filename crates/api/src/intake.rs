//! What of a request is taken, and how long it may take.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{Method, header::CONTENT_ENCODING},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::{Problem, problem::Code};

/// A request that has not been answered by then is given up.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// One that brings a file may take longer: people have slow lines.
const LONGEST_UPLOAD: Duration = Duration::from_mins(5);

/// In each of these a body must bring as much as is asked for below.
const WINDOW: Duration = if cfg!(feature = "unsafe-no-deadlines") {
    Duration::from_hours(1)
} else {
    Duration::from_secs(10)
};

/// Bytes in a [`WINDOW`]: of 25 MiB in the time of the longest upload it would be far more, and of
/// what people type there is less in all.
const LEAST: usize = 10 * 1_024;

pub(crate) async fn intake(request: Request, next: Next) -> Response {
    let encoding = request.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Problem::new(Code::Encoded).into_response();
    }
    let path = request.uri().path();
    let is_upload =
        request.method() != Method::GET && (path.ends_with("/files") || path.ends_with("/avatar"));
    let longest = if is_upload { LONGEST_UPLOAD } else { LONGEST_REQUEST };
    let is_late = Arc::new(AtomicBool::new(false));
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| Body::new(Paced::new(body, is_late.clone())))
    };
    match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) if !is_late.load(Ordering::Relaxed) => response,
        _ => Problem::new(Code::Timeout).into_response(),
    }
}

/// A body that ends in an error when it comes too slowly.
struct Paced {
    body: Body,
    /// Runs while bytes are waited for.
    window: Option<Pin<Box<Sleep>>>,
    /// Bytes in this window.
    came: usize,
    /// The window may have ended while nobody asked for more.
    is_waiting: bool,
    is_late: Arc<AtomicBool>,
}

impl Paced {
    fn new(body: Body, is_late: Arc<AtomicBool>) -> Self {
        Self { body, window: None, came: 0, is_waiting: false, is_late }
    }

    /// Whether too little came, when a window is over.
    fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        let had_asked = std::mem::replace(&mut self.is_waiting, true);
        let window = self.window.get_or_insert_with(|| Box::pin(sleep(WINDOW)));
        while window.as_mut().poll(cx).is_ready() {
            if had_asked && self.came < LEAST {
                return true;
            }
            self.came = 0;
            *window = Box::pin(sleep(WINDOW));
        }
        false
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.is_waiting = false;
                if let Some(Ok(frame)) = &frame {
                    self.came += frame.data_ref().map_or(0, Bytes::len);
                }
                Poll::Ready(frame)
            }
            Poll::Pending if self.is_too_slow(cx) => {
                self.is_late.store(true, Ordering::Relaxed);
                Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(
                    std::io::ErrorKind::TimedOut,
                )))))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
