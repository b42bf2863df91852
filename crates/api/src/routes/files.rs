//! Files: how they come in, and how they go out.

mod form;
mod sent;

use app::{FileLink, Link, Request};
use axum::{Json, extract::DefaultBodyLimit};
use model::{Id, Timestamp, core::File};
use schemars::JsonSchema;
use serde::Serialize;

use self::{
    form::Form,
    sent::{FileBytes, Wanted},
};
use super::{
    About, Created, Routes,
    entities::{EntityPath, Made, shown},
    once::{Answered, Named, json},
};
use crate::{
    Problem,
    callers::{Allowed, ByToken, Create, LoggedIn, Public, View},
};

const ALL: &str = "/api/v1/organizations/{organization_id}/files";

/// With the parts beside the file.
#[expect(clippy::cast_possible_truncation, reason = "25 MiB fit everywhere")]
const LARGEST_FORM: usize = app::MOST_BYTES as usize + 256 * 1_024;

/// The way to a private file.
#[derive(Serialize, JsonSchema)]
struct LinkView {
    /// Path and query on this server.
    url: String,
    expires_at: Timestamp,
}

/// A file of a visit, before it is attached.
#[derive(Serialize, JsonSchema)]
struct AddedView {
    /// For `attach_file`.
    id: Id<File>,
    filename: String,
    /// As the content says; pictures are written anew.
    mime_type: String,
    /// In bytes.
    size: u64,
}

#[derive(Serialize, JsonSchema)]
struct AvatarView {
    /// Path on this server.
    avatar_url: String,
}

pub(super) fn routes() -> Routes {
    let about = |id, summary| About { id, tag: "files", summary };
    let uploads = Routes::new()
        .post(ALL, about("upload_file", "Keep a file"), upload)
        .put(
            "/api/v1/auth/me/avatar",
            About { id: "change_avatar", tag: "auth", summary: "Change the picture of oneself" },
            change_avatar,
        )
        .layered(|it| it.layer(DefaultBodyLimit::max(LARGEST_FORM)));
    uploads.post(
        &format!("{ALL}/{{id}}/link"),
        about("link_file", "Let whoever has the link read a file for 15 minutes"),
        link,
    )
}

/// What visitors add to their visit.
pub(super) fn of_visits() -> Routes {
    let summary = "Keep a file for the photo question or the step where the visitor is; `attach_file` adds it to the visit";
    let about = About { id: "add_session_file", tag: "widget", summary };
    Routes::new()
        .post("/public/v1/sessions/{id}/files", about, add)
        .layered(|it| it.layer(DefaultBodyLimit::max(LARGEST_FORM)))
}

/// What everybody may read who has the address.
pub(super) fn served() -> Routes {
    let summary = "The bytes of a public file, or of a private one to which there is a link";
    Routes::new().get("/files/{file}", About { id: "serve_file", tag: "files", summary }, serve)
}

/// The address of a file's bytes.
pub(super) fn path(to: Link) -> String {
    format!("/files/{to}")
}

async fn add(ByToken(visitor): ByToken, form: Form) -> Result<Created<AddedView>, Problem> {
    let added = form.file_alone(async |new, chunks| visitor.upload(new, chunks).await);
    let doc = Box::pin(added).await?;
    let File { filename, mime_type, size, .. } = doc.body;
    Ok(Created(AddedView { id: doc.id, filename, mime_type, size }))
}

async fn upload(
    allowed: Allowed<Create<File>>,
    named: Named,
    form: Form,
) -> Result<Made<File>, Problem> {
    let asked = Request { retry: named.retry(b""), answer: shown };
    let made = form.file(async |new, chunks| allowed.0.upload(new, chunks, asked).await).await?;
    Ok(Made { created: made, path: format!("{ALL}/{{id}}") })
}

async fn change_avatar(LoggedIn(user): LoggedIn, form: Form) -> Result<Json<AvatarView>, Problem> {
    let file = form.file(async |new, chunks| user.change_avatar(new, chunks).await).await?;
    Ok(Json(AvatarView { avatar_url: path(Link::to(&file)) }))
}

async fn link(
    allowed: Allowed<View<File>>,
    EntityPath(id): EntityPath<File>,
    named: Named,
) -> Result<Answered<LinkView>, Problem> {
    let asked = Request { retry: named.retry(b""), answer: |link| json(&LinkView::new(link)) };
    let link = allowed.0.link_file(id, asked).await?;
    Ok(Answered(link.map(|it| LinkView::new(&it))))
}

impl LinkView {
    fn new(link: &FileLink) -> Self {
        let FileLink { to, expires_at, signature } = link;
        let end = expires_at.millis();
        let url = format!("{}?expires={end}&signature={signature}", path(*to));
        Self { url, expires_at: *expires_at }
    }
}

async fn serve(_: Public, wanted: Wanted) -> Result<FileBytes, Problem> {
    wanted.open().await
}
