use adapters::mail::{NewSignIn, Template};
use model::{Timestamp, core::User};
use store::PlatformUnit;

use super::{in_words, recipient};
use crate::{Origin, Result, doors::House};

/// What a user agent says of itself, and its name; most say more than one.
const BROWSERS: [(&str, &str); 5] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

impl House {
    /// Tells somebody of a sign-in that may not be theirs.
    pub(crate) fn tell_of_sign_in(
        &self,
        unit: &mut PlatformUnit,
        user: &User,
        origin: &Origin,
        at: Timestamp,
    ) -> Result<()> {
        let template = Template::NewSignIn(NewSignIn {
            first_name: user.first_name.clone(),
            when: in_words(at),
            device: device(origin.user_agent.as_deref().unwrap_or_default()),
            ip_address: origin.ip.clone().unwrap_or_else(|| "an unknown address".to_owned()),
            sessions_link: self.link("/account")?,
        });
        self.mail(unit, None, recipient(user), &template, at)
    }
}

/// In words of our own: the mail says nothing that a stranger wrote.
fn device(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|it| user_agent.contains(it.0)).map(|it| it.1)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "An unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn a_device_has_a_name() {
        const CHROME: &str = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0";
        for (user_agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on Linux",
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                &format!("Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/142.0"),
                "Edge on Windows",
            ),
            ("curl/8.17.0 (Linux)", "Linux"),
            ("Call +1 404 555 0134 now", "An unknown device"),
        ] {
            assert_eq!(device(user_agent), name);
        }
    }
}
