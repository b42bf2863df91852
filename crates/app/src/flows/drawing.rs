use model::{
    diagram::{Diagram, DiagramFormat},
    flow::{FlowBundle, draw},
    hex,
};
use sha2::{Digest as _, Sha256};

use super::{draft::Draft, keeper::FlowKeeper};
use crate::Result;

/// A flow that can be drawn, or need not be because it was drawn before.
#[derive(Debug, Clone)]
pub struct Drawing {
    diagram: Diagram,
    checksum: String,
}

impl FlowKeeper {
    /// The draft, or a version of it, as a diagram.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn drawing(&self, version: Option<u32>) -> Result<Drawing> {
        Ok(match version {
            None => {
                let draft = Draft::load(&self.tenant, self.seen(None).await?).await?;
                Drawing::of(&draft.bundle())
            }
            Some(number) => {
                let snapshot = self.version(number).await?.body.snapshot;
                Drawing::of(&FlowBundle { snapshot, zones: Vec::new(), schedules: Vec::new() })
            }
        })
    }
}

impl Drawing {
    /// Of any flow.
    pub fn of(bundle: &FlowBundle) -> Self {
        Self { diagram: draw(bundle), checksum: bundle.snapshot.content_checksum() }
    }

    /// The text.
    pub fn write(&self, format: DiagramFormat) -> String {
        self.diagram.write(format)
    }

    /// The same for the same flow in the same format of this version of the program.
    pub fn tag(&self, format: DiagramFormat) -> String {
        let made_by = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let text = format!("{made_by}:{}:{}", format.extension(), self.checksum);
        hex(&Sha256::digest(text)[..16])
    }
}
