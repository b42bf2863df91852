//! What those who run the platform do.

use app::{Creation, Global, Listed};
use model::{
    Doc, OfPlatform,
    core::{AuditEntry, Managed, Organization, User},
    marketing::WaitlistRequest,
};

use super::{
    About, Routes,
    entities::{
        Asking, EntityPath, IfMatch, Input, Made, NoContent, Patch, Routed, Sent, Shown, ShownPage,
        shape, shown, singular,
    },
    once::Named,
};
use crate::{
    Problem, body,
    callers::{Create, Delete, Operating, Requires, Update, View, permission::ViewAuditLog},
};

const TAG: &str = "platform";

pub(super) fn routes() -> Routes {
    managed::<User>()
        .and(managed::<WaitlistRequest>())
        .and(seen::<Organization, View<Organization>>())
        .and(created::<Organization, Create<Organization>>())
        .and(changed::<Organization>())
        .and(seen::<AuditEntry, ViewAuditLog>())
}

fn managed<E: Routed + Global + Managed>() -> Routes {
    let id = format!("delete_platform_{}", singular::<E>());
    let about = About { id: &id, tag: TAG, summary: &format!("Delete a {}", E::COLLECTION.label) };
    seen::<E, View<E>>().and(created::<E, Create<E>>()).and(changed::<E>()).delete(
        &(all::<E>() + "/{id}"),
        about,
        delete::<E>,
    )
}

fn changed<E: Routed + Global + Managed>() -> Routes {
    let one = all::<E>() + "/{id}";
    let id = |verb: &str| format!("{verb}_platform_{}", singular::<E>());
    let label = E::COLLECTION.label;
    let about = |id, summary| About { id, tag: TAG, summary };
    Routes::new()
        .put(&one, about(&id("replace"), &format!("Write a {label} anew")), replace::<E>)
        .patch(
            &one,
            about(&id("update"), &format!("Change fields of a {label} (JSON Merge Patch)")),
            update::<E>,
        )
}

fn all<E: Routed>() -> String {
    format!("/api/v1/platform/{}", E::COLLECTION.name)
}

fn seen<E: Routed<Scope: OfPlatform>, P: Requires>() -> Routes {
    let (name, label) = (E::COLLECTION.name, E::COLLECTION.label);
    let about = |id, summary| About { id, tag: TAG, summary };
    let list = format!("list_platform_{name}");
    let get = format!("get_platform_{}", singular::<E>());
    let what = name.replace('_', " ");
    Routes::new()
        .get(
            &all::<E>(),
            about(&list, &format!("A page of the platform’s {what}")),
            self::list::<E, P>,
        )
        .get(
            &(all::<E>() + "/{id}"),
            about(&get, &format!("One {label} of the platform")),
            self::get::<E, P>,
        )
}

fn created<E: Routed + Global, P: Requires>() -> Routes {
    let id = format!("create_platform_{}", singular::<E>());
    let summary = format!("Make a {}", E::COLLECTION.label);
    Routes::new().post(&all::<E>(), About { id: &id, tag: TAG, summary: &summary }, create::<E, P>)
}

async fn list<E: Routed<Scope: OfPlatform>, P: Requires>(
    operating: Operating<P>,
    asking: Asking<E>,
) -> Result<ShownPage<E>, Problem> {
    let Listed { data, next_cursor, total } = operating.0.list::<E>(&asking.0).await?;
    Ok(ShownPage { data, next_cursor, total })
}

async fn get<E: Routed<Scope: OfPlatform>, P: Requires>(
    operating: Operating<P>,
    EntityPath(id): EntityPath<E>,
) -> Result<Shown<E>, Problem> {
    Ok(Shown(operating.0.get(id).await?))
}

async fn create<E: Routed + Global, P: Requires>(
    operating: Operating<P>,
    named: Named,
    sent: Sent<Input<E>>,
) -> Result<Made<E>, Problem> {
    let fields = shape::without_server_set::<E>(sent.fields)?;
    let body = body::typed::<E>(&shape::with_initial::<E>(fields))?;
    let retry = named.retry(&sent.bytes);
    let made = operating.0.create(Creation { body, retry }, shown).await?;
    Ok(Made { created: made, path: all::<E>() + "/{id}" })
}

async fn replace<E: Routed + Global + Managed>(
    operating: Operating<Update<E>>,
    EntityPath(id): EntityPath<E>,
    IfMatch(expected): IfMatch,
    sent: Sent<Input<E>>,
) -> Result<Shown<E>, Problem> {
    let fields = shape::without_server_set::<E>(sent.fields)?;
    let to = |seen: &Doc<E>| body::typed::<E>(&shape::with_kept(&seen.body, fields.clone()));
    Ok(Shown(operating.0.change(id, expected, to).await?))
}

async fn update<E: Routed + Global + Managed>(
    operating: Operating<Update<E>>,
    EntityPath(id): EntityPath<E>,
    IfMatch(expected): IfMatch,
    sent: Sent<Patch<E>>,
) -> Result<Shown<E>, Problem> {
    let patch = shape::without_server_set::<E>(sent.fields)?;
    let to = |seen: &Doc<E>| body::typed::<E>(&shape::patched(&seen.body, &patch));
    Ok(Shown(operating.0.change(id, expected, to).await?))
}

async fn delete<E: Routed + Global + Managed>(
    operating: Operating<Delete<E>>,
    EntityPath(id): EntityPath<E>,
    IfMatch(expected): IfMatch,
) -> Result<NoContent, Problem> {
    operating.0.delete(id, expected).await?;
    Ok(NoContent)
}
