use std::process::ExitCode;

use app::{Diagnosis, Finding};
use clap::Args;
use serde_json::json;

use crate::{
    config::Config,
    output::{Failure, Output, raw, table},
    progress, stores,
};

#[derive(Args)]
pub(crate) struct Doctor {
    /// Mend what can be mended, after showing what that is.
    #[arg(long)]
    repair: bool,
}

impl Doctor {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let (opened, faults) = stores::open_inspected(config.store()).await?;
        let bar = progress::count(output, "documents examined");
        let mut show = |done| bar.set_position(done);
        let mut diagnosis = opened.system.diagnose(faults, &mut show).await?;
        bar.finish_and_clear();
        let mut mended = 0;
        if self.repair && diagnosis.findings.iter().any(|it| it.repair.is_some()) {
            if !output.is_json() {
                raw(&for_people(&diagnosis));
            }
            mended = opened.system.mend(&diagnosis).await?;
            let faults = opened.system.inspect().await?;
            diagnosis = opened.system.diagnose(faults, &mut |_| {}).await?;
        }
        let Diagnosis { ok, checked, findings } = &diagnosis;
        let mut answer = json!({ "ok": ok, "checked": checked, "findings": findings });
        if self.repair {
            answer["mended"] = mended.into();
        }
        output.answer(&answer, || {
            let mended = if mended > 0 { format!("mended: {mended}\n") } else { String::new() };
            mended + &for_people(&diagnosis)
        });
        Ok(if diagnosis.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn for_people(diagnosis: &Diagnosis) -> String {
    let checked = &diagnosis.checked;
    let events = checked.get("events").copied().unwrap_or(0);
    let documents = checked.values().sum::<u64>() - events;
    let counts = format!("{documents} documents and {events} events examined");
    if diagnosis.ok {
        return format!("{counts}: all is well\n");
    }
    let row = |it: &Finding| {
        let code = serde_json::to_value(it.code).unwrap_or_default();
        vec![
            code.as_str().unwrap_or_default().to_owned(),
            it.collection.unwrap_or_default().to_owned(),
            it.id.map(|it| it.to_string()).unwrap_or_default(),
            it.repair.clone().unwrap_or_else(|| "cannot be mended".to_owned()),
            it.message.clone(),
        ]
    };
    let rows: Vec<_> = diagnosis.findings.iter().map(row).collect();
    let head = ["finding", "collection", "id", "--repair", "what"];
    format!("{}{counts}: {} findings\n", table(&head, &rows), rows.len())
}
