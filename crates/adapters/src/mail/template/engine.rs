//! Templates are MJML and plain text that minijinja fills in; mrml makes HTML of the MJML.

use std::{collections::HashMap, fmt::Write, sync::LazyLock};

use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, context,
    escape_formatter, value::Serde,
};
use mrml::prelude::render::RenderOptions;

use super::{Brand, Content};

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../templates/", $name)))),*]
    };
}

/// A text begins with its subject, on a line of its own.
const SOURCES: &[(&str, &str)] = sources![
    "layout.mjml",
    "invitation.mjml",
    "invitation.txt",
    "password_reset.mjml",
    "password_reset.txt",
    "email_verification.mjml",
    "email_verification.txt",
    "password_changed.mjml",
    "password_changed.txt",
    "new_sign_in.mjml",
    "new_sign_in.txt",
    "booking_confirmed.mjml",
    "booking_confirmed.txt",
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "txt")) => AutoEscape::None,
        _ => AutoEscape::Html,
    });
    environment.set_formatter(write_value);
    environment.set_loader(|name| {
        Ok(SOURCES.iter().find(|(it, _)| *it == name).map(|(_, source)| *source))
    });
    environment
});

pub(super) fn render(
    name: &str,
    data: Value,
    brand: &Brand,
) -> Result<Content, Box<dyn std::error::Error>> {
    let context = context! { brand => Value::from(Serde(brand)), ..data };
    let mjml = ENVIRONMENT.get_template(&format!("{name}.mjml"))?.render(context.clone())?;
    // No fonts: they would be fetched from another's server.
    let options = RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() };
    let html = mrml::parse(mjml)?.element.render(&options)?;
    let text = ENVIRONMENT.get_template(&format!("{name}.txt"))?.render(context)?;
    let (subject, text) = text.split_once("\n\n").ok_or("the text has no subject")?;
    Ok(Content { subject: subject.to_owned(), html: Some(html), text: text.to_owned() })
}

/// No value holds a line break, so that none can end a subject or pretend to be a line of the
/// text. URLs stay as they are written, for filters that look for them.
fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let Some(text) = value.as_str().filter(|_| !value.is_safe()) else {
        return escape_formatter(out, state, value);
    };
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    for character in text.chars() {
        match character {
            '&' if is_html => out.write_str("&amp;")?,
            '<' if is_html => out.write_str("&lt;")?,
            '>' if is_html => out.write_str("&gt;")?,
            '"' if is_html => out.write_str("&quot;")?,
            '\'' if is_html => out.write_str("&#39;")?,
            it if it.is_control() => out.write_char(' ')?,
            it => out.write_char(it)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_missing_is_an_error() {
        let brand = Brand {
            name: "Alder Plumbing".to_owned(),
            logo_url: None,
            primary: "#0b5d4e".parse().unwrap(),
            on_primary: "#ffffff".parse().unwrap(),
        };
        let link = "https://alder.example/";
        let data = context! { inviter => "Ada", link => link, valid_for => "7 days" };
        assert!(render("invitation", data, &brand).is_ok());
        let data = context! { inviter => "Ada", link => link };
        assert!(render("invitation", data, &brand).is_err());
    }
}
