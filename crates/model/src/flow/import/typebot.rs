//! A chat flow that Typebot exported, versions 5 and 6 of its format.
//!
//! Bubbles become the titles and descriptions of what is asked after them, inputs questions, and
//! inputs for a name, an e-mail address or a phone number what is asked of whoever books. Every
//! end becomes a service. What depends on more than the visitor's last answer has no counterpart
//! and is named.

mod bot;
mod circles;
mod follow;
mod question;

use std::collections::{HashMap, HashSet};

use self::{
    bot::Bot,
    circles::cut_circles,
    follow::{Follower, Goes},
    question::{Asked, ask},
};
use super::{
    Defaults, ImportReport, Imported, NotImportable,
    draft::{Draft, Lead, Service},
    text::{Slugs, fit},
};
use crate::scheduler::Price;

/// A draft with a question for each input that a visitor can come to.
///
/// # Errors
/// What is no export of Typebot, and one that asks nothing.
pub fn from_typebot(text: &str, defaults: &Defaults) -> Result<Imported, NotImportable> {
    NotImportable::if_too_long(text)?;
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        NotImportable::at((error.line(), error.column()), "this is no JSON document")
    })?;
    let bot = Bot::read(&json)?;
    let start = bot.start().ok_or_else(|| NotImportable::new("no start leads to a group"))?;
    let mut report = ImportReport::default();
    let title = bot.name.as_ref().map(|it| fit(it, None, "name", &mut report).0);
    let defaults = Defaults { title: title.unwrap_or(defaults.title.clone()), ..defaults.clone() };
    let mut follower = Follower::new(&bot, &mut report);
    let mut asked = all_asked(&mut follower, start)?;
    cut_circles(&mut asked, &mut follower);
    follower.name_the_rest();
    let Follower { customer, ends, taken, .. } = follower;
    report.taken = taken;
    let (services, ends) = services(&bot, &asked, &ends, &defaults, &mut report);
    let mut slugs = Slugs::default();
    let by_place: HashMap<_, _> =
        asked.iter().map(|it| (it.at, slugs.make(&it.name, "question"))).collect();
    let lead = |goes: Goes| match goes {
        Goes::Input(at) => by_place.get(&at).cloned().map(Lead::Question),
        Goes::End(group) => ends.get(&group).cloned().map(Lead::Service),
    };
    let questions = asked.into_iter().map(|it| it.finish(&by_place, &lead)).collect();
    let email = customer.email || !customer.phone;
    Draft { services, questions, notes: false, email, phone: customer.phone }
        .finish(&defaults, report)
}

/// The first input, and every other that some answer leads to.
fn all_asked(
    follower: &mut Follower<'_, '_>,
    start: bot::Place,
) -> Result<Vec<Asked>, NotImportable> {
    let first = follower.follow(start);
    if let Goes::End(_) = first.0 {
        return Err(NotImportable::new("it asks nothing that could be a question of a flow"));
    }
    let (mut asked, mut seen) = (Vec::new(), HashSet::new());
    let mut waiting = vec![first];
    while let Some((goes, said)) = waiting.pop() {
        let Goes::Input(at) = goes else { continue };
        if seen.insert(at) {
            let (input, next) = ask(follower, at, &said);
            waiting.extend(next.into_iter().rev());
            asked.push(input);
        }
    }
    Ok(asked)
}

/// A service for each end that some answer leads to, and its slug by the group that it is in.
fn services(
    bot: &Bot<'_>,
    asked: &[Asked],
    said: &HashMap<usize, Vec<String>>,
    defaults: &Defaults,
    report: &mut ImportReport,
) -> (Vec<Service>, HashMap<usize, String>) {
    let mut slugs = Slugs::default();
    let (mut services, mut by_group) = (Vec::new(), HashMap::new());
    let ends = asked.iter().flat_map(Asked::leads).filter_map(|goes| match goes {
        Goes::End(group) => Some(*group),
        Goes::Input(_) => None,
    });
    for group in ends {
        if by_group.contains_key(&group) {
            continue;
        }
        let place = format!("groups.{group}");
        let title = bot.title(group).unwrap_or_else(|| defaults.title.clone());
        let same = services.iter().filter(|it: &&Service| it.title == title).count();
        let title = if same == 0 { title } else { format!("{title} ({})", group + 1) };
        let words = said.get(&group).map(|it| it.join(" ")).filter(|it| !it.is_empty());
        let (title, description) = fit(&title, words, &place, report);
        report.changed(
            &place,
            format!(
                "The end here is the service “{title}”: say how long it takes and what it costs."
            ),
        );
        let slug = slugs.make(&title, "service");
        by_group.insert(group, slug.clone());
        let price = Price::Quote { currency: defaults.currency.clone() };
        services.push(Service { slug, title, description, minutes: 60, price });
    }
    (services, by_group)
}
