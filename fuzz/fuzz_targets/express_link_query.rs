#![no_main]

#[path = "../bodies/express_link_query.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
