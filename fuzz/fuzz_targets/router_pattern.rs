#![no_main]

#[path = "../bodies/router_pattern.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|input: body::Input<'_>| body::run(&input));
