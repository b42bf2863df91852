use std::{fmt::Write as _, process::ExitCode};

use app::Summary;
use clap::Args;
use model::{
    Id,
    session::{BookingSession, Decision, Parting},
};
use serde_json::json;

use super::find_in;
use crate::{
    config::Config,
    output::{Failure, Output, table},
    stores,
};

#[derive(Args)]
pub(crate) struct Diff {
    a: Id<BookingSession>,
    b: Id<BookingSession>,
    /// Slug or id; absent looks in all.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: Option<String>,
}

impl Diff {
    pub(super) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let opened = stores::open_existing(config.store()).await?;
        let organization = self.organization.as_deref();
        let mut summaries = Vec::with_capacity(2);
        for id in [self.a, self.b] {
            let tenant = find_in(&opened, id, organization).await?;
            summaries.push(tenant.summarize(id).await?);
        }
        let [a, b] = &summaries[..] else { return Err(Failure::new("two visits are compared")) };
        let parting = Parting::of(&a.decisions, &b.decisions);
        let answer = json!({ "common": parting.common, "parting": parting, "a": a, "b": b });
        output.answer(&answer, || for_people(&parting, a, b));
        Ok(ExitCode::SUCCESS)
    }
}

fn for_people(parting: &Parting, a: &Summary, b: &Summary) -> String {
    let mut text = String::new();
    let verdict = match (&parting.a, &parting.b) {
        (None, None) => "all decisions are the same",
        (None, Some(_)) => "then the second goes on alone",
        (Some(_), None) => "then the first goes on alone",
        (Some(_), Some(_)) => "then they part",
    };
    let _ = writeln!(text, "{} decisions in common; {verdict}\n", parting.common);
    let row = |name: &str, of: &dyn Fn(&Summary) -> String| vec![name.to_owned(), of(a), of(b)];
    let decision = |it: &Option<Decision>| {
        it.as_ref().map_or_else(
            || "–".to_owned(),
            |it| {
                let seconds = it.since_start_ms / 1_000;
                format!("#{} after {seconds} s: {}", it.sequence, it.label)
            },
        )
    };
    let optional = |it: &Option<String>| it.clone().unwrap_or_else(|| "–".to_owned());
    let rows = [
        vec!["first difference".to_owned(), decision(&parting.a), decision(&parting.b)],
        row("status", &|it| {
            let status = serde_json::to_value(it.status).unwrap_or_default();
            status.as_str().unwrap_or_default().to_owned()
        }),
        row("step", &|it| it.step.clone()),
        row("service", &|it| optional(&it.service)),
        row("timeslot", &|it| optional(&it.timeslot)),
        row("booking", &|it| optional(&it.reference)),
        row("flow version", &|it| it.booking_flow_version_id.to_string()),
        row("decisions", &|it| it.decisions.len().to_string()),
        row("events", &|it| it.metrics.event_count.to_string()),
        row("seconds", &|it| (it.metrics.duration_ms / 1_000).to_string()),
        row("questions answered", &|it| it.metrics.questions_answered.to_string()),
        row("back navigations", &|it| it.metrics.back_navigations.to_string()),
        row("timeslots viewed", &|it| it.metrics.slots_viewed.to_string()),
    ];
    let (first, second) = (a.session_id.to_string(), b.session_id.to_string());
    text + &table(&["", &first, &second], &rows)
}
