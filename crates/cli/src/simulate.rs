use std::{fmt::Write as _, path::Path, process::ExitCode};

use app::{Period, Tenant};
use clap::Args;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use model::{
    Timestamp,
    flow::{
        FlowBundle,
        simulate::{End, Group, Spot, Verdict},
    },
};
use serde_json::json;

use crate::{
    config::Config,
    flow,
    output::{Failure, Output},
    progress, stores,
};

#[derive(Args)]
pub(crate) struct Simulate {
    /// A flow file, or the slug of a stored draft.
    flow: String,
    /// Slug or id.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: String,
    /// Visits that began on this day or later, in the organization's time zone.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Visits that began on this day or earlier.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
}

impl Simulate {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let url = config.store.as_deref().unwrap_or(stores::ORDINARY);
        let opened = stores::open_existing(url).await?;
        let asked = &self.organization;
        let organization = opened.system.find_organization(asked).await?;
        let organization = organization
            .ok_or_else(|| Failure::new(format!("there is no organization {asked}")))?;
        let period = self.period(&organization.body.time_zone)?;
        let tenant = opened.system.enter(organization.id);
        let draft = self.draft(&tenant).await?;
        let bar = progress::count(output, "visits tried");
        let simulation = tenant
            .simulate(draft, period, u64::MAX, &mut |tally| bar.set_position(tally.visits))
            .await?;
        bar.finish_and_clear();
        let tally = &simulation.tally;
        let groups = tally.groups();
        let answer = json!({
            "visits": tally.visits,
            "same_end": tally.same_end,
            "other_end": tally.other_end,
            "stuck": tally.stuck,
            "unreadable": tally.unreadable,
            "in_no_group": tally.in_no_group,
            "groups": groups,
        });
        output.answer(&answer, || {
            let mut text: String = groups.iter().map(one_group).collect();
            if tally.in_no_group > 0 {
                let _ = writeln!(text, "{} more in other ways", tally.in_no_group);
            }
            if tally.unreadable > 0 {
                let _ =
                    writeln!(text, "{} cannot be read (see `wrkbelt doctor`)", tally.unreadable);
            }
            let _ = writeln!(
                text,
                "{} visits: {} to the same end, {} to another end, {} stuck",
                tally.visits, tally.same_end, tally.other_end, tally.stuck
            );
            text
        });
        Ok(ExitCode::SUCCESS)
    }

    async fn draft(&self, tenant: &Tenant) -> Result<FlowBundle, Failure> {
        let path = Path::new(&self.flow);
        if path.exists() {
            return Ok(tenant.draft_of(&flow::read(path)?).await?.0);
        }
        let slug = self.flow.parse().map_err(|_| {
            Failure::new(format!("{}: neither a file nor the slug of a flow", self.flow))
        })?;
        Ok(tenant.draft(&slug).await?.0)
    }

    fn period(&self, time_zone: &str) -> Result<Period, Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to < from
        {
            return Err(Failure::new(format!("--to {to} is before --from {from}")));
        }
        let zone = TimeZone::get(time_zone)
            .map_err(|_| Failure::new(format!("there is no time zone {time_zone}")))?;
        let begins = |day: Date| -> Result<Timestamp, Failure> {
            let instant = day.to_zoned(zone.clone());
            let instant = instant.map_err(|_| Failure::new(format!("{day} is no usable day")))?;
            Ok(instant.timestamp().into())
        };
        let after = |day: Date| {
            let next = day.checked_add(1.day());
            next.map_err(|_| Failure::new(format!("{day} is no usable day")))
        };
        Ok(Period {
            from: self.from.map(begins).transpose()?,
            until: self.to.map(after).transpose()?.map(begins).transpose()?,
        })
    }
}

fn one_group(group: &Group) -> String {
    let how = match group.verdict {
        Verdict::SameEnd => "the same end",
        Verdict::OtherEnd => "another end",
        Verdict::Stuck => "stuck",
    };
    let mut text = format!("{} visits: {how}\n", group.visits);
    if let Some(spot) = &group.parts_at {
        let _ = writeln!(text, "    parts at {}", place(spot));
    }
    let _ = writeln!(text, "    was   {}", end(&group.recorded));
    let _ = writeln!(text, "    would {}", end(&group.simulated));
    let examples: Vec<_> = group.examples.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, "    such as {}", examples.join(", "));
    text
}

fn end(end: &End) -> String {
    match end {
        End::Booked { service, title } => format!("book {service} ({title})"),
        End::Left { at, reason, .. } => format!("leave at {}: {reason}", place(at)),
    }
}

fn place(Spot { step, question, .. }: &Spot) -> String {
    match question {
        Some(question) => format!("“{step}”, question {question}"),
        None => format!("“{step}”"),
    }
}
