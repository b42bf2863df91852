//! A list of services: CSV with a header.

use super::{
    Defaults, ImportReport, Imported, NotImportable,
    csv::{self, Cell, Row},
    draft::{Answer, Draft, Lead, Question, Service},
    money::{parse_minutes, parse_price},
    text::{Slugs, fit, tidy},
};
use crate::{content::Currency, scheduler::Price};

/// More services than that make no flow that anybody would go through.
const MOST: usize = 1_000;

/// What a service takes when nothing says how long.
const ORDINARY_MINUTES: u32 = 60;

/// Where each column stands.
struct Columns {
    title: usize,
    category: Option<usize>,
    duration: Option<usize>,
    in_hours: bool,
    price: Option<usize>,
    currency: Option<usize>,
    description: Option<usize>,
}

/// One service, and the heading it stands under.
struct Entry {
    service: Service,
    category: Option<String>,
}

/// A draft that asks for the category, where there are several, and then for the service. Columns
/// are known by their names; only the one with the titles must be there.
///
/// # Errors
/// What is no CSV, has no titles, or too many of them.
pub fn from_csv(text: &str, defaults: &Defaults) -> Result<Imported, NotImportable> {
    NotImportable::if_too_long(text)?;
    let mut rows = csv::parse(text)?.into_iter();
    let header = rows.next().ok_or_else(|| NotImportable::new("it is empty"))?;
    let mut report = ImportReport::default();
    let columns = Columns::of(&header, &mut report)?;
    let mut slugs = Slugs::default();
    let mut entries = Vec::new();
    for row in rows {
        if entries.len() == MOST {
            let at = row.cells.first().map_or((1, 1), |it| it.at);
            return Err(NotImportable::at(at, format!("it has more than {MOST} services")));
        }
        entries.extend(columns.entry(&row, header.cells.len(), defaults, &mut slugs, &mut report));
    }
    if entries.is_empty() {
        return Err(NotImportable::new("it has no service"));
    }
    report.taken = entries.len();
    let questions = questions(&entries, &mut report);
    let services = entries.into_iter().map(|it| it.service).collect();
    Draft { services, questions, notes: true, email: true, phone: true }.finish(defaults, report)
}

impl Columns {
    fn of(header: &Row, report: &mut ImportReport) -> Result<Self, NotImportable> {
        let names: Vec<_> = header.cells.iter().map(|it| bare(&it.text)).collect();
        let mut known = vec![false; names.len()];
        // First those that are called so, then those whose names have it in them.
        let mut find = |wanted: &[&str]| {
            let called = names.iter().position(|it| wanted.contains(&it.as_str()));
            let has = |it: &String| wanted.iter().any(|word| word.len() > 3 && it.contains(word));
            let free = |n: &usize| !known[*n];
            let found = called
                .filter(free)
                .or_else(|| (0..names.len()).filter(free).find(|n| has(&names[*n])));
            found.inspect(|n| known[*n] = true)
        };
        let description =
            find(&["description", "desc", "details", "notes", "note", "summary", "info", "about"]);
        let category =
            find(&["category", "categories", "group", "type", "section", "department", "kind"]);
        let currency = find(&["currency"]);
        let duration =
            find(&["duration", "minutes", "mins", "min", "length", "time", "hours", "hrs"]);
        let price = find(&["price", "cost", "rate", "fee", "amount", "charge"]);
        let title =
            find(&["title", "name", "service", "services", "item", "treatment", "product", "job"]);
        let Some(title) = title else {
            let seen: Vec<_> =
                header.cells.iter().map(|it| format!("“{}”", it.text.trim())).collect();
            return Err(NotImportable::at(
                (1, 1),
                format!(
                    "no column is called title, name or service: there are {}",
                    seen.join(", ")
                ),
            ));
        };
        for (cell, _) in header.cells.iter().zip(&known).filter(|(_, known)| !**known) {
            if let Some(name) = tidy(&cell.text) {
                report.left_out(
                    place(cell),
                    format!("Nothing is known to do with the column “{name}”."),
                );
            }
        }
        let in_hours =
            duration.is_some_and(|n| names[n].contains("hour") || names[n].contains("hrs"));
        Ok(Self { title, category, duration, in_hours, price, currency, description })
    }

    /// `None` for a row without a title, which is named.
    fn entry(
        &self,
        row: &Row,
        columns: usize,
        defaults: &Defaults,
        slugs: &mut Slugs,
        report: &mut ImportReport,
    ) -> Option<Entry> {
        let cell = |n: Option<usize>| n.and_then(|n| row.cells.get(n));
        let text = |n: Option<usize>| cell(n).and_then(|it| tidy(&it.text));
        for more in row.cells.iter().skip(columns).filter(|it| !it.text.trim().is_empty()) {
            report.left_out(place(more), "The row has more cells than there are columns.");
        }
        let at = row.cells.first().map_or_else(String::new, place);
        let Some(title) = text(Some(self.title)) else {
            report.left_out(at, "The row has no title.");
            return None;
        };
        let slug = slugs.make(&title, "service");
        let (title, description) = fit(&title, text(self.description), &at, report);
        let minutes = cell(self.duration).map_or(ORDINARY_MINUTES, |it| self.minutes(it, report));
        let currency = cell(self.currency).and_then(|it| currency(it, report));
        let currency = currency.unwrap_or_else(|| defaults.currency.clone());
        let price = match cell(self.price) {
            None => Price::Quote { currency },
            Some(cell) => price(cell, currency, report),
        };
        let category = text(self.category).map(|it| fit(&it, None, &at, report).0);
        Some(Entry { service: Service { slug, title, description, minutes, price }, category })
    }

    fn minutes(&self, cell: &Cell, report: &mut ImportReport) -> u32 {
        let read = parse_minutes(&cell.text, self.in_hours);
        if let Some(minutes) = read.filter(|it| (5..=1_440).contains(it)) {
            return minutes;
        }
        let message = match (tidy(&cell.text), read) {
            (None, _) => format!("It has no duration: it takes {ORDINARY_MINUTES} minutes."),
            (Some(text), None) => {
                format!("“{text}” is no duration: it takes {ORDINARY_MINUTES} minutes.")
            }
            (Some(text), Some(_)) => format!(
                "“{text}” is not between 5 minutes and a day: it takes {ORDINARY_MINUTES} minutes."
            ),
        };
        report.changed(place(cell), message);
        ORDINARY_MINUTES
    }
}

fn price(cell: &Cell, currency: Currency, report: &mut ImportReport) -> Price {
    parse_price(&cell.text, &currency).unwrap_or_else(|| {
        let text = tidy(&cell.text).unwrap_or_default();
        report.changed(place(cell), format!("“{text}” is no price: it is said after a look."));
        Price::Quote { currency }
    })
}

fn currency(cell: &Cell, report: &mut ImportReport) -> Option<Currency> {
    let text = tidy(&cell.text)?;
    let read = text.to_uppercase().parse().ok();
    if read.is_none() {
        report.changed(place(cell), format!("“{text}” is no currency code such as USD."));
    }
    read
}

fn questions(entries: &[Entry], report: &mut ImportReport) -> Vec<Question> {
    let mut slugs = Slugs::default();
    let mut headings: Vec<Option<&str>> = Vec::new();
    for entry in entries {
        let heading = entry.category.as_deref();
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    let of = |heading: Option<&str>| -> Vec<&Service> {
        let under = entries.iter().filter(|it| it.category.as_deref() == heading);
        under.map(|it| &it.service).collect()
    };
    let root = slugs.make("need", "need");
    if let [Entry { service, .. }] = entries {
        return vec![only(root, service)];
    }
    if let [_] = headings[..] {
        return vec![choice(
            root,
            "What do you need?".to_owned(),
            entries.iter().map(|it| &it.service),
        )];
    }
    let mut first = choice(root, "What do you need help with?".to_owned(), std::iter::empty());
    let mut rest = Vec::new();
    let mut answers = Slugs::default();
    for heading in headings {
        let title = heading.unwrap_or("Something else").to_owned();
        let services = of(heading);
        let lead = if let [service] = services[..] {
            Lead::Service(service.slug.clone())
        } else {
            let slug = slugs.make(&title, "category");
            let asked = format!("{title}: which one?");
            let (asked, _) = fit(&asked, None, &title, report);
            rest.push(choice(slug.clone(), asked, services.into_iter()));
            Lead::Question(slug)
        };
        let slug = answers.make(&title, "category");
        first.answers.push(Answer { slug, title, description: None, lead: Some(lead) });
    }
    rest.insert(0, first);
    rest
}

fn choice<'a>(
    slug: String,
    title: String,
    services: impl Iterator<Item = &'a Service>,
) -> Question {
    let answer = |it: &Service| Answer {
        slug: it.slug.clone(),
        title: it.title.clone(),
        description: it.description.clone(),
        lead: Some(Lead::Service(it.slug.clone())),
    };
    Question {
        slug,
        title,
        description: None,
        kind: "single_choice",
        required: true,
        range: None,
        answers: services.map(answer).collect(),
        next: None,
    }
}

/// What is asked where there is nothing to choose.
fn only(slug: String, service: &Service) -> Question {
    let title = "What should we know beforehand?".to_owned();
    Question {
        slug,
        title,
        description: None,
        kind: "text",
        required: false,
        range: None,
        answers: Vec::new(),
        next: Some(Lead::Service(service.slug.clone())),
    }
}

fn place(cell: &Cell) -> String {
    format!("line {}, column {}", cell.at.0, cell.at.1)
}

/// The letters of a column's name.
fn bare(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).filter(|it| it.is_alphanumeric()).collect()
}
