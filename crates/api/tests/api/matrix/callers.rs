//! Everybody who could ask.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use app::NewUser;
use axum::{body::Body, http::Request};
use model::{
    Id, ObjectId,
    core::{Organization, Role, SystemRole, User, UserSession},
};
use serde_json::json;

use super::{
    policy::{Policy, Who},
    world::Side,
};
use crate::site::Site;

/// Somebody, with what they show.
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) header: Option<(&'static str, String)>,
    kind: Kind,
    /// What they may do in the organizations that they are in.
    may: BTreeMap<Id<Organization>, BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nobody,
    User,
    Key,
    Visitor,
    PlatformAdmin,
}

/// What a caller must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Refused(u16),
    /// They may: what comes of it depends on what they sent.
    Allowed,
}

impl Caller {
    pub(crate) fn expected(
        &self,
        who: &Who,
        organization: Id<Organization>,
        is_own: bool,
        is_there: bool,
    ) -> Expected {
        let found = if is_there { Expected::Allowed } else { Expected::Refused(404) };
        let may = |permission: &String| match self.may.get(&organization) {
            None => Expected::Refused(404),
            Some(may) if may.contains(permission) => found,
            Some(_) => Expected::Refused(403),
        };
        match (who, self.kind) {
            (Who::Anybody | Who::PublicKey, _) => found,
            (Who::SessionToken, Kind::Visitor) if is_own => Expected::Allowed,
            (Who::SessionToken, _)
            | (_, Kind::Nobody | Kind::Visitor)
            | (Who::SignedIn, Kind::Key) => Expected::Refused(401),
            (Who::SignedIn, _) => found,
            (Who::Member(permission), _) => may(permission),
            (Who::Operator(permission), Kind::PlatformAdmin) => {
                let anywhere = self.may.values().any(|it| it.contains(permission));
                if anywhere { found } else { Expected::Refused(403) }
            }
            (Who::Operator(_), _) => Expected::Refused(403),
        }
    }
}

/// At least these ask for everything.
pub(crate) async fn all(site: &Site, policy: &Policy, own: &Side, other: &Side) -> Vec<Caller> {
    let none = BTreeSet::new();
    let caller = |name: &str, header, kind, may: &[(Id<Organization>, &BTreeSet<String>)]| {
        let may = may.iter().map(|(at, may)| (*at, (*may).clone())).collect();
        Caller { name: name.to_owned(), header, kind, may }
    };
    let mut all = vec![caller("nobody", None, Kind::Nobody, &[])];
    let bearer = |token: &str| Some(("authorization", format!("Bearer {token}")));
    all.push(caller("the visitor", bearer(&own.visit.1), Kind::Visitor, &[]));
    let stranger = user(site, None, vec![], false).await.1;
    all.push(caller("a stranger", stranger, Kind::User, &[]));
    let organization = own.organization;
    let powerless = powerless(site, own).await;
    let header = user(site, Some(organization), vec![powerless], false).await.1;
    all.push(caller("a member without grants", header, Kind::User, &[(organization, &none)]));
    let roles = [
        SystemRole::Viewer,
        SystemRole::Agent,
        SystemRole::Manager,
        SystemRole::Admin,
        SystemRole::Owner,
    ];
    for role in roles {
        let header = user(site, Some(organization), vec![role.seeded_id()], false).await.1;
        let name = role.to_string();
        let may = &policy.roles[&name];
        all.push(caller(&name, header, Kind::User, &[(organization, may)]));
    }
    let owner = SystemRole::Owner.seeded_id();
    let header = user(site, Some(other.organization), vec![owner], false).await.1;
    let may = [(other.organization, &policy.roles["owner"])];
    all.push(caller("the other’s owner", header, Kind::User, &may));
    let (ended, header) = user(site, Some(organization), vec![owner], false).await;
    end_sessions(site, ended).await;
    all.push(caller("an ended session", header, Kind::Nobody, &[]));
    let header = user(site, None, vec![], true).await.1;
    let may = &policy.roles["platform_admin"];
    let may = [(organization, may), (other.organization, may)];
    all.push(caller("the platform’s admin", header, Kind::PlatformAdmin, &may));
    let by_owner = all.iter().find(|it| it.name == "owner").and_then(|it| it.header.clone());
    for (name, scope) in
        [("a key of one scope", "VIEW_BOOKINGS"), ("a key of another", "VIEW_ROLES")]
    {
        let (_, token) = key(site, own, by_owner.as_ref().unwrap(), scope).await;
        let may = BTreeSet::from([scope.to_owned()]);
        all.push(caller(name, bearer(&token), Kind::Key, &[(organization, &may)]));
    }
    let (id, token) = key(site, own, by_owner.as_ref().unwrap(), "VIEW_BOOKINGS").await;
    let path = format!("/api/v1/organizations/{organization}/api_keys/{id}/revoke");
    let answer = post(site, &path, by_owner.as_ref().unwrap(), "{}").await;
    assert!(answer.contains("revoked_at"), "{answer}");
    all.push(caller("a revoked key", bearer(&token), Kind::Nobody, &[]));
    all
}

/// A key for each permission that some operation asks members for and the owner can give.
pub(crate) async fn keys(
    site: &Site,
    policy: &Policy,
    own: &Side,
    callers: &[Caller],
) -> BTreeMap<String, Arc<Caller>> {
    let owner = callers.iter().find(|it| it.name == "owner").unwrap();
    let mut keys = BTreeMap::new();
    for operation in &policy.operations {
        let Who::Member(scope) = &operation.who else { continue };
        if !policy.roles["owner"].contains(scope) || keys.contains_key(scope) {
            continue;
        }
        let (_, token) = key(site, own, owner.header.as_ref().unwrap(), scope).await;
        let caller = Caller {
            name: format!("a key of {scope}"),
            header: Some(("authorization", format!("Bearer {token}"))),
            kind: Kind::Key,
            may: [(own.organization, BTreeSet::from([scope.clone()]))].into(),
        };
        keys.insert(scope.clone(), Arc::new(caller));
    }
    keys
}

async fn post(site: &Site, path: &str, header: &(&'static str, String), body: &str) -> String {
    let request = Request::post(path)
        .header(header.0, &header.1)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()));
    site.send(request.unwrap()).await.text().to_owned()
}

async fn key(site: &Site, of: &Side, by: &(&'static str, String), scope: &str) -> (String, String) {
    let path = format!("/api/v1/organizations/{}/api_keys", of.organization);
    let body = json!({ "name": scope, "scopes": [scope] }).to_string();
    let answer = post(site, &path, by, &body).await;
    let made: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (text("_id"), text("key"))
}

type Header = Option<(&'static str, String)>;

async fn user(
    site: &Site,
    organization: Option<Id<Organization>>,
    roles: Vec<Id<Role>>,
    is_platform_admin: bool,
) -> (Id<User>, Header) {
    let name = roles.first().map_or_else(|| "none".to_owned(), ToString::to_string);
    let at = organization.map_or_else(|| "nowhere".to_owned(), |it| it.to_string());
    let n = ObjectId::of(&format!("{name}{at}{is_platform_admin}{}", rand::random::<u64>()));
    let new = NewUser {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: format!("{n}@example.com").parse().unwrap(),
        hashed_password: Some("$argon2id$never-matches".to_owned()),
        is_platform_admin,
    };
    let user = site.system.create_user(new).await.unwrap();
    if let Some(organization) = organization {
        site.system.add_member(organization, user, roles).await.unwrap();
    }
    let token = site.system.log_in(user).await.unwrap();
    (user, Some(("cookie", format!("__Host-wrkbelt={}", token.expose()))))
}

async fn powerless(site: &Site, of: &Side) -> Id<Role> {
    let scoped = site.store.scoped(of.organization);
    let id = Id::new(ObjectId::of("powerless"));
    let role = Role {
        name: "powerless".to_owned(),
        description: None,
        permissions: vec![],
        inherits: vec![],
    };
    let mut unit = scoped.begin("2026-11-23T15:00:00Z".parse().unwrap());
    unit.insert(id, &role).unwrap();
    unit.commit().await.unwrap();
    id
}

async fn end_sessions(site: &Site, user: Id<User>) {
    let platform = site.store.platform();
    let (sessions, _) = platform.list::<UserSession>(store::Find::all().limit(200)).await.unwrap();
    for session in sessions.iter().filter(|it| it.body.user_id == user) {
        let mut unit = platform.begin("2026-11-23T15:00:00Z".parse().unwrap());
        unit.delete(session.id, session.version);
        unit.commit().await.unwrap();
    }
}
