use std::{collections::HashSet, sync::LazyLock};

use model::Place;

/// Those that guessers try first, in lower case. Shorter ones than [`SHORTEST`] need not be here.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("common.txt").lines().filter(|it| !it.starts_with('#')).collect()
});

/// Characters, whatever they are.
const SHORTEST: usize = 12;
const LONGEST: usize = 256;

/// A part of an address that is shorter is in many passwords by chance.
const SHORTEST_NAME: usize = 4;

/// Adds what is wrong with a password that somebody wants to have.
pub(crate) fn check_new_password(password: &str, email: &str, mut place: Place<'_>) {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        place.add("length", format!("must have {SHORTEST} to {LONGEST} characters"));
    }
    let lower = password.to_lowercase();
    let common = COMMON.contains(&*lower) || repeats(&lower);
    place.require(!common, "common", "must not be one that guessers try first");
    let email = email.to_lowercase();
    let name = email.rsplit_once('@').map_or(&*email, |(name, _)| name);
    let personal = name.chars().count() >= SHORTEST_NAME && lower.contains(name);
    place.require(!personal, "personal", "must not contain your e-mail address's name");
    place.require(!lower.contains("wrkbelt"), "product", "must not contain `wrkbelt`");
}

/// Whether up to four characters come again and again: `aaaa…`, `abcabc…`.
fn repeats(text: &str) -> bool {
    let characters: Vec<_> = text.chars().collect();
    (1..=4).any(|period| {
        characters.len() > period
            && characters.iter().zip(&characters[period..]).all(|(a, b)| a == b)
    })
}

#[cfg(test)]
mod tests {
    use model::Problems;
    use proptest::prelude::*;

    use super::*;

    fn codes(password: &str, email: &str) -> Vec<&'static str> {
        let mut problems = Problems::default();
        check_new_password(password, email, problems.root());
        problems.0.into_iter().map(|it| it.code).collect()
    }

    #[test]
    fn a_password_is_refused_for_the_reason_that_holds() {
        for (password, email, expected) in [
            ("correct horse battery staple", "ada@example.com", &[][..]),
            ("tr0ub4dor&3x", "ada@example.com", &[]),
            ("пароль из слов", "ada@example.com", &[]),
            ("tr0ub4dor&3", "ada@example.com", &["length"]),
            ("éééééêêêêêè", "ada@example.com", &["length"]),
            ("", "ada@example.com", &["length"]),
            ("PasswordPassword", "ada@example.com", &["common"]),
            ("qwertyuiop123", "ada@example.com", &["common"]),
            ("aaaaaaaaaaaaaaa", "ada@example.com", &["common"]),
            ("ab1!ab1!ab1!ab1", "ada@example.com", &["common"]),
            ("ada is my name", "ada@example.com", &[]),
            ("I am Lovelace, really", "lovelace@example.com", &["personal"]),
            ("lovelace and more", "Lovelace@Example.com", &["personal"]),
            ("my WrkBelt secret", "ada@example.com", &["product"]),
        ] {
            assert_eq!(codes(password, email), expected, "{password}");
        }
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let text = |length: usize| "aé漢🔑zyxwvu".chars().cycle().take(length).collect::<String>();
        for (length, fits) in [(11, false), (12, true), (256, true), (257, false)] {
            assert_eq!(codes(&text(length), "ada@example.com").is_empty(), fits, "{length}");
        }
    }

    #[test]
    fn the_list_is_as_it_is_looked_up() {
        assert!(COMMON.len() > 800, "{}", COMMON.len());
        for entry in &*COMMON {
            assert!(entry.chars().count() >= SHORTEST, "{entry} is too short anyway");
            assert_eq!(*entry, entry.to_lowercase());
            assert_eq!(*entry, entry.trim());
        }
    }

    proptest! {
        #[test]
        fn no_password_and_no_address_is_too_strange(password: String, email: String) {
            codes(&password, &email);
        }

        #[test]
        fn long_random_passwords_are_taken(password in "[a-z0-9]{24}") {
            prop_assert_eq!(codes(&password, "ada@example.com"), Vec::<&str>::new());
        }
    }
}
