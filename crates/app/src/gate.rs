use crate::{Environment, Keyring, attempts::Attempts, passwords::Passwords};

/// What one installation has that is not in its store.
pub struct Installation {
    pub keyring: Keyring,
    /// Where people reach it, such as `https://book.example.com`.
    pub public_url: String,
}

impl Default for Installation {
    /// For what neither seals nor sends anything that has to be opened later: keys that are
    /// forgotten with the process.
    fn default() -> Self {
        Self { keyring: Keyring::random(), public_url: "http://localhost:8080".to_owned() }
    }
}

/// What stands between a stranger and an account.
pub(crate) struct Gate {
    pub(crate) keyring: Keyring,
    pub(crate) public_url: String,
    pub(crate) passwords: Passwords,
    pub(crate) attempts: Attempts,
}

impl Gate {
    pub(crate) fn new(installation: Installation, environment: Environment) -> Self {
        let Installation { keyring, public_url } = installation;
        let attempts = Attempts::new(environment);
        Self { keyring, public_url, passwords: Passwords::new(), attempts }
    }
}
