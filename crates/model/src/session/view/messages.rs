use super::Message;
use crate::{flow::CompiledFlow, session::Notice, step::StepConfig};

/// What the visitor reads of an expected "no".
pub(super) fn message(code: Notice, flow: &CompiledFlow) -> Message {
    let text = match code {
        Notice::OutOfArea | Notice::Waitlist => flow
            .steps
            .iter()
            .find_map(|step| match &step.config {
                StepConfig::Zipcode(config) => Some(config.outside_area.message.clone()),
                _ => None,
            })
            .filter(|it| !it.is_empty())
            .unwrap_or_else(|| "We do not serve this area yet.".to_owned()),
        Notice::NoTimeslots => "There is no free time in these days.".to_owned(),
        Notice::TimeslotLost => {
            "Somebody else has just taken this time. Please choose another one.".to_owned()
        }
        Notice::TimeslotExpired => {
            "The time was kept for you for a while and is free again. Please choose it once more."
                .to_owned()
        }
        Notice::LinkExpired => "This offer has ended. You can still book below.".to_owned(),
        Notice::LinkUsedUp => {
            "This offer has been used as often as it can be. You can still book below.".to_owned()
        }
        Notice::LinkInactive | Notice::LinkUnpublished => {
            "This offer is not available at the moment. You can still book below.".to_owned()
        }
        Notice::LinkUnknown => {
            "The link that you followed is not known here. You can still book below.".to_owned()
        }
    };
    Message { code, text }
}
