use model::session::Rejection;
use serde::Serialize;

/// What there is to know of one kind of problem, for the person who integrates.
#[derive(Serialize)]
pub(crate) struct About {
    pub(crate) status: u16,
    /// Stable, for programs; the last part of its page's path.
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) mend: &'static str,
}

/// Makes the codes from one table. A code has its status, its name for programs, its title, what
/// causes it and what mends it.
macro_rules! codes {
    ($($name:ident $status:literal $code:literal $title:literal
        cause $cause:literal
        mend $mend:literal;)+) => {
        /// What can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $($name,)+
        }

        impl Code {
            /// All of them, in the order of the table.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            pub(crate) const fn about(self) -> &'static About {
                match self {
                    $(Self::$name => &About {
                        status: $status,
                        code: $code,
                        title: $title,
                        cause: $cause,
                        mend: $mend,
                    },)+
                }
            }
        }
    };
}

codes! {
    BadJson 400 "request.bad_json" "The body is not JSON"
        cause "The body is empty, cut off or not written as JSON; `detail` says where reading stopped."
        mend "Send one JSON value, encoded as UTF-8.";
    NotJson 415 "request.not_json" "The body must be application/json"
        cause "The request has no `Content-Type`, or another one."
        mend "Send `Content-Type: application/json` with every body.";
    Encoded 415 "request.encoded" "The body must not be compressed"
        cause "The request has a `Content-Encoding`."
        mend "Send the body as it is, without that header.";
    TooLarge 413 "request.too_large" "The body is too large"
        cause "The body has more bytes than are taken here."
        mend "Send less: a JSON body may have 64 KiB.";
    NotMultipart 415 "request.not_multipart" "The body must be multipart/form-data"
        cause "The request has another `Content-Type`, or its body is not written as a form."
        mend "Send a form whose last part is the file, called `file`.";
    FileRefused 422 "file.refused" "The file is not taken"
        cause "Its content is of a type that is not taken, or is not what it is said to be; `detail` says more."
        mend "Send a picture (JPEG, PNG, WebP), a PDF, text, CSV, or a document of an office suite, whole and under its own media type.";
    OverQuota 422 "file.over_quota" "There is no room for more files"
        cause "The organization keeps as many files, or bytes, as it may."
        mend "Delete files that are not needed any more; a minute later there is room.";
    FilesUnavailable 503 "file.store_unavailable" "The file store is not available"
        cause "The folder or the bucket of the files did not answer, or none is configured. The server's log says more."
        mend "Send the same request again after the seconds that the `Retry-After` header says; if it stays so, look after the file store.";
    Invalid 422 "request.invalid" "The request is not valid"
        cause "The body or the query was read, but breaks a rule, lacks a field or has one that is not known. Nothing happened."
        mend "Look at `errors`: each has the path of the place and a message that says what is wanted there.";
    Timeout 408 "request.timeout" "The request took too long"
        cause "The server gave up the request, or its body came too slowly. Whether it had an effect is not known."
        mend "Send the same request again; a command with the same `command_id` has its effect once.";
    NotFound 404 "not_found" "Not found"
        cause "There is nothing at this path, or what is there belongs to somebody else."
        mend "Check the path, the ids and the public key in it.";
    MethodNotAllowed 405 "method_not_allowed" "The method is not allowed here"
        cause "The path is there, but does not take this method."
        mend "Use one of the methods that the `Allow` header names.";
    RateLimited 429 "rate_limited" "Too many requests"
        cause "More requests came from this address than its limit allows."
        mend "Wait for the seconds that the `Retry-After` header says, then send the request again.";
    OriginNotAllowed 403 "scheduler.origin_not_allowed" "This site may not embed it"
        cause "The page that embeds the widget is not among the scheduler's allowed origins."
        mend "Add the page's origin, such as `https://example.com`, to `allowed_origins` of the scheduler.";
    Paused 409 "scheduler.paused" "Online booking is paused"
        cause "The business takes no bookings here at the moment. Visits that have begun can be ended."
        mend "Set the scheduler's status to `active`, or begin the visit later.";
    NotPublished 409 "scheduler.not_published" "The flow is not published"
        cause "The scheduler's booking flow has no published version."
        mend "Publish the flow, then begin the visit again.";
    WrongToken 401 "session.wrong_token" "The session token is not valid"
        cause "The `Authorization` header is missing, or its token is not the one of this session."
        mend "Send `Authorization: Bearer` with the `session_token` that beginning the visit answered, or begin another visit.";
    Unauthenticated 401 "unauthenticated" "Not signed in"
        cause "The request has neither the cookie of a login session nor an API key, or what it has is not, or no longer, valid."
        mend "Sign in, or send `Authorization: Bearer` with an API key that was not revoked and has not expired.";
    Forbidden 403 "forbidden" "Not permitted"
        cause "Whoever sent the request lacks the permission that `detail` names."
        mend "Ask somebody who may give it for a role with this permission, or use an API key that has it among its scopes.";
    CrossSite 403 "request.cross_site" "The request comes from another site"
        cause "A page of another site sent a request that would change something with the visitor's cookie."
        mend "Send it from the server's own pages, or from a program with an API key.";
    Changed 409 "changed" "Changed by someone else"
        cause "The document is no longer at the version that `If-Match` names."
        mend "Read the document again, apply the change to it, and send it with the `ETag` of that answer. Where somebody else published a flow, `diff` says what that changed for visitors.";
    Unsound 422 "flow.unsound" "The flow is not sound"
        cause "The flow breaks a rule that every published flow keeps, or the file names slugs that nothing has. Nothing happened; visitors get what they got before."
        mend "Look at `errors`: each has its code, a sentence, and the shortest path that shows it in `witness`. Mend the draft, and publish it again.";
    Duplicate 409 "duplicate" "Another one has the same value"
        cause "The field that `detail` names must be unique, and another document has the value."
        mend "Choose another value.";
    Referenced 409 "referenced" "Something else refers to it"
        cause "The document cannot be deleted while the one that `detail` names points at it."
        mend "Change or delete that one first.";
    NotAllowed 409 "not_allowed" "This cannot be done as things are"
        cause "A rule about more than one document stands against it; `detail` says which."
        mend "Change what `detail` names first, such as giving another member the role of an owner.";
    NotAFlowFile 422 "flow.unreadable" "This is no flow file"
        cause "The body is not YAML or JSON, or has a field that flow files do not have; `detail` says which, with line and column."
        mend "Compare it with `docs/flow.schema.json`; `wrkbelt flow validate` finds the same without a server.";
    PlanOutdated 409 "flow.plan_outdated" "The plan is out of date"
        cause "The flow, or something that it shares with others, was changed after the plan of the import was made."
        mend "Ask for another plan with `dry_run=true`, look at it, and import with its `plan`.";
    IdempotencyKeyReused 422 "idempotency_key.reused" "The Idempotency-Key was used before"
        cause "Another request was sent with the same `Idempotency-Key` within 7 days."
        mend "Use a new key for each request, and the same one only to send the same request again.";
    UnderWay 409 "idempotency_key.under_way" "The same request is under way"
        cause "A request with the same `Idempotency-Key` has not been answered yet."
        mend "Send it again after the seconds that the `Retry-After` header says: it is answered as the first one was.";
    TooManyAttempts 429 "too_many_attempts" "Too many attempts"
        cause "Passwords or codes were tried too often for this account or from this address."
        mend "Wait for the seconds that the `Retry-After` header says. Nothing is locked for good.";
    WrongCredentials 401 "auth.wrong_credentials" "The e-mail address or the password is wrong"
        cause "There is no such account, its password is another one, it has none yet, or it is suspended. Which of these is not told."
        mend "Enter them again, or ask for a link to choose another password.";
    SecondFactorRequired 401 "auth.second_factor_required" "A code is required"
        cause "The password is right, and the account has a second factor."
        mend "Send the same again with `code`: six digits of the authenticator app, or a recovery code.";
    WrongSecondFactor 401 "auth.wrong_code" "The code is wrong"
        cause "The code is not the present one, or was used before."
        mend "Wait for the next code of the authenticator app, and check that the device's clock is right; or use a recovery code that is left.";
    NotALink 404 "link.invalid" "The link is not valid"
        cause "The link is wrong, has expired, was used or was revoked. Which of these is not told."
        mend "Ask for another one.";
    Stale 409 "session.stale" "The session has moved on"
        cause "`expected_sequence` is not the session's present sequence: another command came first."
        mend "Draw the `view` of the answer, and let the visitor decide again with its `sequence`.";
    NotActive 422 "session.not_active" "The visit is over"
        cause "The session is completed, abandoned or expired, and takes no such command any more."
        mend "Draw the `view` of the answer. An abandoned visit can be resumed; otherwise begin another one.";
    Expired 422 "session.expired" "The visit was begun too long ago"
        cause "The session has come to the end of its time before it was booked."
        mend "Begin another visit.";
    NotAbandoned 422 "session.not_abandoned" "The visit is not abandoned"
        cause "`resume` was sent to a session that is going on, or is over for good."
        mend "Draw the `view` of the answer: when it is active, go on with it.";
    Incomplete 422 "session.incomplete" "Something is missing before this can be booked"
        cause "`confirm` was sent before the visitor had said all that the flow asks; `detail` says what is missing."
        mend "Go back to the step where it is asked, and confirm after that.";
    BrokenFlow 422 "session.broken_flow" "The flow has no such step any more"
        cause "The session stands at a place that its version of the flow does not have."
        mend "Begin another visit. When that meets the same problem, check the flow and publish it again.";
    NotFoldable 409 "session.not_foldable" "The visit cannot be folded here"
        cause "An event of the visit is of a newer version than this server; `detail` says which. It is kept as it is, and its session with it."
        mend "Ask again when the server has been updated. Until then look at the events before it (`at`), or at all of them as they are stored (`/events`).";
    BeingUpdated 503 "session.being_updated" "Online booking is being updated"
        cause "A server of a newer version has gone on with the visit, and this one does not know what it did."
        mend "Send the same request again after the seconds that the `Retry-After` header says. Nothing is lost.";
    CommandInvalid 422 "command.invalid" "What was entered is not valid"
        cause "A value breaks a rule of the step. It is counted among the session's events and has no other effect."
        mend "Show the messages of `errors` at the fields of their paths, and send the command again with a new `command_id`.";
    NotHere 422 "command.not_here" "The command is not possible at this step"
        cause "The command belongs to another step than the one where the visitor is."
        mend "Draw the `view` of the answer, and send only commands that its `allowed` names.";
    OtherQuestion 422 "command.other_question" "Another question is asked now"
        cause "`node_id` is not the one of the question that the visitor sees."
        mend "Draw the `view` of the answer, and answer with the `node_id` of its `question`.";
    NothingBefore 422 "command.nothing_before" "There is nothing before this"
        cause "`go_back` was sent at the first step or question of the visit."
        mend "Offer going back only while `can_go_back` of the view is true.";
    NotVisited 422 "command.not_visited" "The visit has not come past that place"
        cause "`go_back` names a step or a question that the visitor has not been at."
        mend "Go back to a place on the visitor's path only: those in `selections` of the view, and the steps before this one.";
    CommandIdReused 422 "command.id_reused" "The command id was used before"
        cause "Another command of the session came with the same `command_id`."
        mend "Make a new `command_id` for every interaction; use one again only to repeat the same body.";
    Busy 503 "busy" "Too many writers at once"
        cause "Others wrote to the same place first, again and again. Nothing happened."
        mend "Send the same request again after the seconds that the `Retry-After` header says.";
    StoreFull 507 "store.full" "The store is full"
        cause "The disk of the store has no room to write. What is there can still be read."
        mend "Make room on the disk of the store: the server goes on by itself.";
    StoreUnavailable 503 "store.unavailable" "The store is not available"
        cause "The database did not answer. Whether a write happened is not known; the server's log says more."
        mend "Send the same request again after the seconds that the `Retry-After` header says; if it stays so, look after the database.";
    NotMigrated 503 "store.not_migrated" "The store is not migrated"
        cause "The data are of another version than the server, or a migration is going on."
        mend "Run `wrkbelt migrate up` with the server's version, or wait until the migration has ended.";
    Internal 500 "internal" "Internal error"
        cause "The server made a mistake. Its log has what happened, under the id in the `X-Request-Id` header."
        mend "Report it with that id to whoever runs the server.";
}

impl Code {
    /// The code with this name for programs.
    pub(crate) fn find(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.about().code == code)
    }
}

impl From<&Rejection> for Code {
    fn from(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::NotActive => Self::NotActive,
            Rejection::Expired => Self::Expired,
            Rejection::NotHere { .. } => Self::NotHere,
            Rejection::OtherQuestion => Self::OtherQuestion,
            Rejection::NothingBefore => Self::NothingBefore,
            Rejection::NotVisited => Self::NotVisited,
            Rejection::Incomplete(_) => Self::Incomplete,
            Rejection::NotAbandoned => Self::NotAbandoned,
            Rejection::BrokenFlow => Self::BrokenFlow,
            Rejection::Invalid(_) => Self::CommandInvalid,
        }
    }
}

/// A sentence that is missing does not compile.
const _: () = {
    let mut n = 0;
    while n < Code::ALL.len() {
        let About { title, cause, mend, .. } = Code::ALL[n].about();
        assert!(!title.is_empty() && !cause.is_empty() && !mend.is_empty());
        n += 1;
    }
};
