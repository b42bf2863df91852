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
use tokio::time::{Instant, Sleep, sleep};

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

/// A body that ends in an error when it comes too slowly. Only time in which it was waited for
/// counts: whoever reads it may have other things to do.
struct Paced {
    body: Body,
    /// How long this window has been waited for, before `since`.
    waited: Duration,
    /// Since when nothing has come.
    since: Option<Instant>,
    /// Bytes in this window.
    came: usize,
    alarm: Option<Pin<Box<Sleep>>>,
    is_late: Arc<AtomicBool>,
}

impl Paced {
    fn new(body: Body, is_late: Arc<AtomicBool>) -> Self {
        Self { body, waited: Duration::ZERO, since: None, came: 0, alarm: None, is_late }
    }

    fn has_come(&mut self, bytes: usize) {
        self.waited += self.since.take().map_or(Duration::ZERO, |it| it.elapsed());
        self.came += bytes;
    }

    /// Whether too little came, when a window is over; wakes up at its end.
    fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            let now = Instant::now();
            let since = *self.since.get_or_insert(now);
            let left = WINDOW.checked_sub(self.waited + (now - since));
            let Some(left) = left.filter(|it| !it.is_zero()) else {
                if self.came < LEAST {
                    return true;
                }
                (self.waited, self.since, self.came) = (Duration::ZERO, Some(now), 0);
                continue;
            };
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(left)));
            alarm.as_mut().reset(now + left);
            if alarm.as_mut().poll(cx).is_pending() {
                return false;
            }
        }
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
                let bytes = frame.as_ref().and_then(|it| it.as_ref().ok()?.data_ref());
                self.has_come(bytes.map_or(0, Bytes::len));
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
