#![no_main]

#[path = "../bodies/page_url.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|input: body::Input<'_>| body::run(&input));
