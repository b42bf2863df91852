use proptest::prelude::*;

use super::*;

fn secret() -> TotpSecret {
    TotpSecret::from_bytes(b"12345678901234567890").unwrap()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(seconds).unwrap() * 1_000)
}

#[test]
fn the_codes_are_those_of_rfc_6238() {
    for (seconds, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(secret().step_of(code, at(seconds), None), Some(seconds / 30), "{seconds}");
    }
    assert!(secret().step_of("081 804", at(1_111_111_109), None).is_some());
}

#[test]
fn a_code_is_used_once() {
    let code = "081804";
    let now = at(1_111_111_109);
    let step = secret().step_of(code, now, None).unwrap();
    assert_eq!(secret().step_of(code, now, Some(step)), None);
    assert_eq!(secret().step_of(code, now, Some(step + 1)), None, "nor after a later one");
    assert_eq!(secret().step_of(code, now, Some(step - 1)), Some(step));
}

#[test]
fn what_is_no_code_is_refused() {
    let now = at(1_111_111_109);
    for wrong in
        ["", "81804", "0081804", "+81804", "０８１８０４", "08180a", "-1", &"0".repeat(9_999)]
    {
        assert_eq!(secret().step_of(wrong, now, None), None, "{wrong}");
    }
    assert_eq!(secret().step_of("081804", Timestamp::from_millis(-1_000), None), None);
}

proptest! {
    #[test]
    fn a_code_holds_one_step_before_and_behind_its_own(
        bytes: [u8; 20],
        step in 2..100_000_000_u64,
        late in 0..5_u64,
        second in 0..30_u64,
    ) {
        let secret = TotpSecret::from_bytes(&bytes).unwrap();
        let code = secret.totp().generate(step * 30).to_string();
        let now = step + late - 2;
        // Two steps have the same code once in a million.
        let codes_of_others = (now - 1..=now + 1)
            .filter(|it| *it != step)
            .any(|it| secret.totp().generate(it * 30).to_string() == code);
        prop_assume!(!codes_of_others);
        let accepted = secret.step_of(&code, at(now * 30 + second), None);
        prop_assert_eq!(accepted, (1..=3).contains(&late).then_some(step));
    }
}

#[test]
fn an_app_reads_the_secret_out_of_the_url() {
    let secret = TotpSecret::new();
    let url = secret.url("ada+x@example.com").unwrap();
    let read = Totp::from_url(&*url).unwrap();
    assert_eq!(read.secret().as_bytes(), secret.bytes());
    assert_eq!((read.issuer(), read.account_name()), (Some("Wrkbelt"), "ada+x@example.com"));
    assert!(url.contains(&*secret.text()));
    assert!(secret.url("a:b").is_err());
}

#[test]
fn each_secret_is_another_and_not_in_the_log() {
    let secret = TotpSecret::new();
    assert_ne!(secret.bytes(), TotpSecret::new().bytes());
    assert_eq!(format!("{secret:?}"), "TotpSecret(…)");
    assert!(TotpSecret::from_bytes(&[0; 19]).is_none());
}
