use crate::{Problems, step::StepType};

/// A command that makes no sense now. Nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("This visit is over.")]
    NotActive,
    #[error("This visit was begun too long ago. Please start again.")]
    Expired,
    #[error("`{command}` is not possible at this step, which is `{}`.", .step.name())]
    NotHere { command: &'static str, step: StepType },
    #[error("The question at node_id is not the one that is asked now.")]
    OtherQuestion,
    #[error("There is nothing before this.")]
    NothingBefore,
    #[error("This visit has not come past the place it is to go back to.")]
    NotVisited,
    #[error("Something is missing before this can be booked: {0}.")]
    Incomplete(&'static str),
    #[error("The visit is not abandoned.")]
    NotAbandoned,
    #[error("The flow has no such step any more.")]
    BrokenFlow,
    /// Values break rules: the visitor can mend them.
    #[error("Please check what you have entered.")]
    Invalid(Problems),
}
