use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{self, Command, Stdio},
};

use app::SchedulerSettings;
use model::flow::file::FlowFile;
use serde_json::Value;

use super::client::Target;
use crate::{output::Failure, samples::SAMPLES, stores};

/// A server in a process of its own, so that what it costs can be told from what asking costs.
pub(super) struct Child {
    process: process::Child,
    target: Target,
}

impl Child {
    pub(super) fn start(arguments: &[&str]) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format!("the server does not start: {error}"))
        };
        let program = std::env::current_exe().map_err(|error| failed(&error))?;
        let mut process = Command::new(program)
            .args(arguments)
            .args(["--json", "--listen", "127.0.0.1:0", "--limits", "off", "--log", "error"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| failed(&error))?;
        }
        let said: Value = serde_json::from_str(&line).map_err(|_| failed(&"it said nothing"))?;
        let target = Target::parse(said["base_url"].as_str().unwrap_or_default())?;
        Ok(Self { process, target })
    }

    pub(super) fn target(&self) -> Target {
        self.target
    }

    /// User and system time so far, where `/proc` tells.
    pub(super) fn cpu_seconds(&self) -> Option<f64> {
        const TICKS_PER_SECOND: f64 = 100.0;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
        Some((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server with the first sample business, whose capacity is raised so that a long run
/// does not sell out; answers its public key too.
pub(super) async fn start_sample(folder: &Path) -> Result<(Child, String), Failure> {
    let url = format!("sqlite://{}", folder.join("load.db").display());
    let public_key = {
        let opened = stores::open_or_make(&url).await?;
        let [sample, ..] = &SAMPLES;
        let business = sample.install(&opened.system).await?.business;
        let mut flow =
            FlowFile::parse(sample.flow).map_err(|error| Failure::new(error.to_string()))?;
        for schedule in flow.schedules.values_mut() {
            schedule.capacity.per_window = 200;
            schedule.capacity.per_day = None;
            schedule.capacity.by_zone.clear();
            schedule.capacity.by_service.clear();
            schedule.overrides.iter_mut().for_each(|it| it.capacity = None);
            schedule.horizon_days = 365;
        }
        let organization = opened.system.find_organization(&business.slug).await?;
        let organization = organization.ok_or_else(|| Failure::new("the sample is not there"))?;
        let tenant = opened.system.enter(organization.id);
        let imported = tenant.import_flow(&flow, true).await?;
        let settings = SchedulerSettings::default();
        tenant.ensure_scheduler(imported.booking_flow_id, settings).await?.to_string()
    };
    Ok((Child::start(&["serve", "--store", &url])?, public_key))
}
