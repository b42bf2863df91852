//! Progress bars: on a terminal, for people only.

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// Counts up without a known end.
pub(crate) fn count(output: &Output, what: &'static str) -> ProgressBar {
    bar(output, "{spinner} {human_pos} {msg}").with_message(what)
}

/// Counts up to `total`.
pub(crate) fn of(output: &Output, what: &'static str, total: u64) -> ProgressBar {
    let bar = bar(output, "{msg} {bar:30} {human_pos}/{human_len} {eta}").with_message(what);
    bar.set_length(total);
    bar
}

fn bar(output: &Output, template: &str) -> ProgressBar {
    if output.is_json() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length();
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
