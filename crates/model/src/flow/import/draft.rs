use std::fmt::Write as _;

use super::{Defaults, ImportReport, Imported, NotImportable, text::Slugs};
use crate::{flow::file::FlowFile, scheduler::Price};

/// A flow before it is one: what importers find, with slugs in place of ids.
pub(super) struct Draft {
    pub(super) services: Vec<Service>,
    /// The first is where a visit begins.
    pub(super) questions: Vec<Question>,
    /// Asks what else there is to say.
    pub(super) notes: bool,
    /// What must be said of whoever books; one of the two at least.
    pub(super) email: bool,
    pub(super) phone: bool,
}

pub(super) struct Service {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) minutes: u32,
    pub(super) price: Price,
}

pub(super) struct Question {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// As the file writes it: `single_choice`.
    pub(super) kind: &'static str,
    pub(super) required: bool,
    pub(super) range: Option<(Option<f64>, Option<f64>)>,
    pub(super) answers: Vec<Answer>,
    /// Of what is no single choice.
    pub(super) next: Option<Lead>,
}

pub(super) struct Answer {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// Of a single choice.
    pub(super) lead: Option<Lead>,
}

/// Where a path goes on, by slug.
#[derive(Clone)]
pub(super) enum Lead {
    Question(String),
    Service(String),
}

impl Draft {
    /// Written, and read again as any other file is.
    pub(super) fn finish(
        &self,
        defaults: &Defaults,
        report: ImportReport,
    ) -> Result<Imported, NotImportable> {
        let text = self.write(defaults);
        let file = FlowFile::parse(&text)
            .map_err(|it| NotImportable::new(format!("the draft cannot be read again: {it}")))?;
        Ok(Imported { file, text, report })
    }

    fn write(&self, defaults: &Defaults) -> String {
        let slug = Slugs::default().make(&defaults.title, "booking");
        let title = quoted(&defaults.title);
        let mut text = format!(
            "wrkbelt: flow/1\nflow: {{ slug: {}, title: {title} }}\nservices:\n",
            quoted(&slug)
        );
        for it in &self.services {
            let price = serde_json::to_string(&it.price).unwrap_or_default();
            let _ = writeln!(
                text,
                "  {}: {{ title: {}{}, duration_minutes: {}, price: {price}, schedule: week }}",
                quoted(&it.slug),
                quoted(&it.title),
                described(it.description.as_ref()),
                it.minutes,
            );
        }
        let _ =
            writeln!(text, "schedules:\n  week:\n    time_zone: {}", quoted(&defaults.time_zone));
        text.push_str(WEEK);
        text.push_str("questions:\n");
        self.questions.iter().for_each(|it| write_question(&mut text, it));
        self.write_steps(&mut text);
        text
    }

    fn write_steps(&self, text: &mut String) {
        let start = self.questions.first().map_or("", |it| it.slug.as_str());
        let presence = |required| if required { "required" } else { "optional" };
        let _ = writeln!(
            text,
            "steps:\n  - {{ type: service_selection, title: What do you need?, start: {} }}",
            quoted(start)
        );
        if self.notes {
            text.push_str("  - { type: additional_details, title: Anything else?, fields: [ { key: notes, kind: textarea, label: What else should we know?, required: false } ] }\n");
        }
        text.push_str("  - { type: timeslot_selection, title: When?, mode: arrival_window }\n");
        let _ = writeln!(
            text,
            "  - {{ type: customer_info, title: Who are you?, fields: {{ name: required, email: {}, phone: {}, address: optional }} }}",
            presence(self.email),
            presence(self.phone)
        );
        text.push_str("  - { type: summary, title: Check and book }\n");
        text.push_str("  - { type: confirmation, title: Thank you, message: We look forward to seeing you. }\n");
    }
}

/// What a schedule has that nobody told of.
const WEEK: &str = r#"    weekly_hours: { mon: ["08:00-17:00"], tue: ["08:00-17:00"], wed: ["08:00-17:00"], thu: ["08:00-17:00"], fri: ["08:00-17:00"] }
    arrival_windows: ["08:00-10:00", "10:00-12:00", "13:00-15:00", "15:00-17:00"]
    capacity: { per_window: 1 }
    lead_time_minutes: 720
    horizon_days: 60
"#;

fn write_question(text: &mut String, question: &Question) {
    let _ = writeln!(text, "  {}:\n    title: {}", quoted(&question.slug), quoted(&question.title));
    if let Some(description) = &question.description {
        let _ = writeln!(text, "    description: {}", quoted(description));
    }
    let _ = writeln!(text, "    kind: {}", question.kind);
    if !question.required {
        text.push_str("    required: false\n");
    }
    if let Some((min, max)) = question.range {
        let bound = |name: &str, it: Option<f64>| it.map(|it| format!("{name}: {it}"));
        let bounds: Vec<_> = [bound("min", min), bound("max", max)].into_iter().flatten().collect();
        let _ = writeln!(text, "    rules: {{ {} }}", bounds.join(", "));
    }
    if !question.answers.is_empty() {
        text.push_str("    answers:\n");
    }
    for it in &question.answers {
        let lead = match &it.lead {
            None => String::new(),
            Some(Lead::Question(slug)) => format!(", next: {}", quoted(slug)),
            Some(Lead::Service(slug)) => format!(", service: {}", quoted(slug)),
        };
        let description = described(it.description.as_ref());
        let (slug, title) = (quoted(&it.slug), quoted(&it.title));
        let _ = writeln!(text, "      {slug}: {{ title: {title}{description}{lead} }}");
    }
    match &question.next {
        None => {}
        Some(Lead::Question(slug)) => {
            let _ = writeln!(text, "    next: {}", quoted(slug));
        }
        Some(Lead::Service(slug)) => {
            let _ = writeln!(text, "    next: {{ service: {} }}", quoted(slug));
        }
    }
}

fn described(description: Option<&String>) -> String {
    description.map(|it| format!(", description: {}", quoted(it))).unwrap_or_default()
}

/// A text of JSON is one of YAML too. Slugs that are all digits are texts only in quotes.
fn quoted(text: &str) -> String {
    let is_word = text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if is_word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
