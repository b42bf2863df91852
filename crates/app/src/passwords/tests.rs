use std::sync::mpsc;

use argon2::{Params, password_hash::phc::PasswordHash};

use super::*;

const RIGHT: &str = "correct horse battery staple";

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

#[tokio::test]
async fn a_password_is_verified_by_its_own_hash() {
    let passwords = Passwords::new();
    let hash = passwords.hash(secret(RIGHT)).await.unwrap();
    assert!(hash.starts_with(CURRENT), "{hash}");
    assert_ne!(passwords.hash(secret(RIGHT)).await.unwrap(), hash, "each has its own salt");
    for (typed, expected) in [
        (RIGHT, Verified::Yes),
        ("Correct horse battery staple", Verified::No),
        ("correct horse battery staple ", Verified::No),
        ("", Verified::No),
    ] {
        let verified = passwords.verify(secret(typed), Some(hash.clone())).await;
        assert_eq!(verified, Ok(expected), "{typed}");
    }
    assert_eq!(passwords.verify(secret(RIGHT), None).await, Ok(Verified::No));
}

#[tokio::test]
async fn an_older_hash_is_verified_and_wants_a_new_one() {
    let passwords = Passwords::new();
    let cheap = Argon2::from(Params::new(8, 1, 1, None).unwrap());
    let cheap: PasswordHash = cheap.hash_password_with_salt(RIGHT.as_bytes(), &[1; 16]).unwrap();
    let cheap = cheap.to_string();
    let bcrypt = bcrypt::hash(RIGHT, 4).unwrap();
    for stored in [cheap, bcrypt.replacen("$2b$", "$2a$", 1), bcrypt] {
        let verified = passwords.verify(secret(RIGHT), Some(stored.clone())).await;
        assert_eq!(verified, Ok(Verified::NeedsRehash), "{stored}");
        let verified = passwords.verify(secret("wrong"), Some(stored.clone())).await;
        assert_eq!(verified, Ok(Verified::No), "{stored}");
    }
}

#[tokio::test]
async fn a_bcrypt_hash_of_a_long_password_is_verified_as_it_was_made() {
    let long = "a".repeat(72);
    let stored = bcrypt::hash(&long, 4).unwrap();
    let typed = secret(&format!("{long} and more, which bcrypt has never looked at"));
    let verified = Passwords::new().verify(typed, Some(stored)).await;
    assert_eq!(verified, Ok(Verified::NeedsRehash));
}

#[tokio::test]
async fn what_is_no_hash_verifies_nothing() {
    let passwords = Passwords::new();
    for stored in
        ["", "$2b$", "$2b$99$x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1", "plain", RIGHT]
    {
        let verified = passwords.verify(secret(RIGHT), Some(stored.to_owned())).await;
        assert_eq!(verified, Ok(Verified::No), "{stored}");
    }
}

#[tokio::test]
async fn so_many_wait_and_the_next_is_sent_away() {
    let passwords = Arc::new(Passwords::with_turns(2));
    let (let_go, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let ask = || {
        let (passwords, held) = (passwords.clone(), held.clone());
        let work = move || held.lock().unwrap().recv().unwrap();
        Box::pin(async move { passwords.work(work).await })
    };
    let mut asked: Vec<_> = (0..2 + WAITING).map(|_| ask()).collect();
    for one in &mut asked {
        assert!(now(one).is_none(), "nobody is done yet");
    }
    assert_eq!(now(&mut ask()), Some(Err(FULL)));
    assert_eq!(passwords.turns.available_permits(), 0);
    // Who goes away while waiting leaves a place; who goes away while being worked on does not.
    drop(asked.pop());
    drop(asked.remove(0));
    let mut next = ask();
    assert!(now(&mut next).is_none());
    assert_eq!(now(&mut ask()), Some(Err(FULL)));
    for _ in 0..2 + WAITING {
        let_go.send(()).unwrap();
    }
    for one in asked {
        assert_eq!(one.await, Ok(()));
    }
    assert_eq!(next.await, Ok(()));
}

#[tokio::test]
async fn work_that_fails_gives_its_turn_back() {
    let passwords = Passwords::with_turns(1);
    assert_eq!(passwords.work(|| panic!("on purpose")).await, Err::<(), _>(FULL));
    assert_eq!(passwords.work(|| 7).await, Ok(7));
}

/// What a future has when it is asked once.
fn now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => None,
    }
}
