use std::{fmt::Write as _, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    config::Config,
    output::{Failure, Output},
    progress, stores,
};

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Put a new key in front and seal every secret anew with it, while servers go on.
    ///
    /// Example: wrkbelt keys rotate
    Rotate(Rotate),
}

#[derive(Args)]
pub(crate) struct Rotate {
    /// Make no new key: only seal anew what is sealed with older ones.
    #[arg(long)]
    resume: bool,
}

impl Keys {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let Self::Rotate(Rotate { resume }) = self;
        let opened = stores::open_with_keys(config).await?;
        if !resume {
            let rotated = opened.system.rotate_keys();
            rotated.map_err(|error| Failure::new(error.to_string()))?;
        }
        let bar = progress::count(output, "secrets looked at");
        let resealed = opened.system.reseal(&mut |looked_at| bar.set_position(looked_at)).await?;
        bar.finish_and_clear();
        output.answer(
            &json!({ "resealed": resealed.resealed, "key": resealed.key, "removable": resealed.older }),
            || {
                let app::Resealed { resealed, key, older } = &resealed;
                let mut text = format!("sealed {resealed} secrets anew with key {key}\n");
                if !older.is_empty() {
                    let _ = writeln!(
 text,
                        "after all servers were started again and `keys rotate --resume` finds nothing, \
                         these keys can go: {}",
                        older.join(", ")
                    );
                }
                text
            },
        );
        Ok(ExitCode::SUCCESS)
    }
}
