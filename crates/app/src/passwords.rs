//! Passwords: which are taken, how they are stored, and how many are looked at in one moment.

pub(crate) mod rules;

use std::{
    sync::Arc,
    thread::{self, available_parallelism},
    time::Duration,
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
#[cfg(target_os = "linux")]
use rustix::{process::setpriority_process, thread::gettid};
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

use crate::{attempts::RetryAfter, environment::random};

/// Hashes and verifies on few threads, so that the rest of the server has the others: each
/// password takes 19 MiB and some ten milliseconds.
pub(crate) struct Passwords {
    /// To be worked on or to wait.
    places: Arc<Semaphore>,
    /// To be worked on.
    turns: Arc<Semaphore>,
}

/// Whether a password is the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verified {
    No,
    Yes,
    /// It is, but the stored hash is of a kind that is no longer made: store a new one.
    NeedsRehash,
}

/// So many may wait: more would wait longer than anybody does.
const WAITING: usize = 64;
const FULL: RetryAfter = RetryAfter(Duration::from_secs(1));

impl Passwords {
    /// Half of the machine's cores work on passwords.
    pub(crate) fn new() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::with_turns((cores / 2).max(1))
    }

    fn with_turns(turns: usize) -> Self {
        let semaphore = |it| Arc::new(Semaphore::new(it));
        Self { places: semaphore(turns + WAITING), turns: semaphore(turns) }
    }

    /// What to store.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, RetryAfter> {
        self.work(move || argon2id(&password)).await
    }

    /// `stored` is `None` where there is no such account, which then takes as long.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) async fn verify(
        &self,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<Verified, RetryAfter> {
        self.work(move || verify(&password, stored.as_deref())).await
    }

    /// The work goes on, and keeps its turn, when nobody waits for it any more.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RetryAfter> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| FULL)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| FULL)?;
        let (reply, answer) = oneshot::channel();
        let working = move || {
            give_way();
            let done = work();
            drop((place, turn));
            // Nobody may wait for it any more.
            let _ = reply.send(done);
        };
        let thread = thread::Builder::new().name("password".to_owned());
        thread.spawn(working).map_err(|_| FULL)?;
        answer.await.map_err(|_| FULL)
    }
}

/// Has this thread, which ends with its work, give way to all that answer requests: they run when
/// they have something to do, and not at the end of its slice of time. Beside one of them that is
/// always busy it has a quarter of a core, so that whoever signs in is not kept waiting for ever.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = setpriority_process(Some(gettid()), 5) {
        tracing::debug!(%error, "passwords are worked on like anything else");
    }
}

/// A password that nobody has, of 80 random bits.
pub fn random_password() -> Zeroizing<String> {
    let bits = Zeroizing::new(random::<10>());
    Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&*bits).to_lowercase())
}

/// How a hash begins that needs no new one: 19 MiB, twice, one lane, which OWASP asks for.
const CURRENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// A PHC string with the library's own parameters, which are [`CURRENT`].
#[expect(clippy::expect_used, reason = "16 bytes of salt and these parameters are always taken")]
fn argon2id(password: &str) -> String {
    let salt: [u8; 16] = random();
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.expect("a salt of the right length").to_string()
}

fn verify(password: &str, stored: Option<&str>) -> Verified {
    let Some(stored) = stored else {
        argon2id(password);
        return Verified::No;
    };
    let right = if stored.starts_with("$2") {
        // It costs what its own parameters say; the other one is for costing no less than others.
        let right = bcrypt::verify(password, stored).unwrap_or(false);
        argon2id(password);
        right
    } else {
        Argon2::default().verify_password(password.as_bytes(), stored).is_ok()
    };
    match right {
        false => Verified::No,
        true if stored.starts_with(CURRENT) => Verified::Yes,
        true => Verified::NeedsRehash,
    }
}

#[cfg(test)]
mod tests;
