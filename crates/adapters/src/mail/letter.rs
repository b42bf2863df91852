use mail_parser::{Address, MessageParser};

/// A mail as whoever gets it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub from: String,
    pub to: String,
    /// RFC 3339.
    pub sent: Option<String>,
    pub text: String,
    pub html: Option<String>,
}

impl Letter {
    /// `None` when it is no mail.
    pub fn parse(mail: &[u8]) -> Option<Self> {
        let mail = MessageParser::default().parse(mail)?;
        // A mail of text only has a part that is made of it.
        let html = mail.html_part(0).filter(|it| it.is_text_html());
        Some(Self {
            subject: mail.subject().unwrap_or_default().to_owned(),
            from: mail.from().map(addresses).unwrap_or_default(),
            to: mail.to().map(addresses).unwrap_or_default(),
            sent: mail.date().map(ToString::to_string),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
            html: html.and_then(|it| it.text_contents()).map(str::to_owned),
        })
    }
}

fn addresses(of: &Address<'_>) -> String {
    let each = of.iter().filter_map(|it| it.address());
    each.collect::<Vec<_>>().join(", ")
}
