//! What members of an organization, and those who run the platform, do with documents.

use std::{fs, path::Path};

use app::NewUser;
use model::{
    Id, ObjectId, Timestamp,
    core::{Email, EmailStatus, SystemRole},
    scheduler::Booking,
};
use serde_json::{Value, json};

use super::Run;
use crate::site::Monday;

/// Collections whose documents are made by members, and what an operation on one is called.
const MANAGED: [(&str, &str); 15] = [
    ("brand_kits", "brand_kit"),
    ("roles", "role"),
    ("scheduler_configs", "scheduler_config"),
    ("booking_flows", "booking_flow"),
    ("booking_flow_steps", "booking_flow_step"),
    ("booking_services", "booking_service"),
    ("booking_questions", "booking_question"),
    ("booking_question_answers", "booking_question_answer"),
    ("booking_answer_categories", "booking_answer_category"),
    ("booking_flow_routers", "booking_flow_router"),
    ("booking_flow_express_links", "booking_flow_express_link"),
    ("booking_flow_diagrams", "booking_flow_diagram"),
    ("customers", "customer"),
    ("service_zones", "service_zone"),
    ("schedules", "schedule"),
];

/// What only the server says of a document.
const SERVER_SET: [&str; 16] = [
    "_id",
    "organization_id",
    "version",
    "created_at",
    "updated_at",
    "public_key",
    "status",
    "published_version_id",
    "has_unpublished_changes",
    "scheduled_publication",
    "failed_publication",
    "synced_at",
    "uses",
    "bookings_count",
    "first_booked_at",
    "last_booked_at",
];

impl Run {
    /// Everything that members of the sample business can do to its documents.
    pub(super) async fn documents(&mut self) {
        let organization = self.site.system.find_organization("sparkle-cleaning").await.unwrap();
        let organization = organization.unwrap().id;
        let owner = self.user("olivia@sparkle.example", false).await;
        let roles = vec![SystemRole::Owner.seeded_id()];
        self.site.system.add_member(organization, owner, roles).await.unwrap();
        let token = self.site.system.log_in(owner).await.unwrap();
        let (owner, organization) = (token.expose().to_owned(), organization.to_string());
        for (collection, name) in MANAGED {
            self.managed(&organization, &owner, collection, name).await;
        }
        self.routes(&organization, &owner).await;
        self.flows(&organization, &owner).await;
        self.flow_files(&organization, &owner).await;
        self.looked_at(&organization, &owner).await;
        self.bookings(&organization, &owner).await;
        self.members(&organization, &owner).await;
        self.keys(&organization, &owner).await;
        self.files(&organization, &owner).await;
        self.organization(&organization, &owner).await;
        let parent = self.platform(&organization).await;
        self.one_of_the_parent(&parent, &organization, &owner).await;
        self.call(
            "delete_organization",
            &[("organization_id", &*organization)],
            Some(&owner),
            None,
        )
        .await;
    }

    pub(super) async fn user(
        &self,
        email: &str,
        is_platform_admin: bool,
    ) -> model::Id<model::core::User> {
        let new = NewUser {
            first_name: "Olivia".to_owned(),
            last_name: "Sparks".to_owned(),
            email: email.parse().unwrap(),
            hashed_password: Some("$argon2id$none".to_owned()),
            is_platform_admin,
        };
        self.site.system.create_user(new).await.unwrap()
    }

    async fn managed(&mut self, organization: &str, owner: &str, collection: &str, name: &str) {
        let all = [("organization_id", organization), ("?", "limit=1")];
        let owner = Some(owner);
        let listed = self.list(collection, &all, owner).await;
        let body = self.body(organization, owner, collection, listed.first().cloned()).await;
        let made = self.call(&format!("create_{name}"), &all[..1], owner, Some(body.clone())).await;
        // The list has a document now, where it had none before.
        self.taken.remove(&format!("list_{collection}"));
        self.list(collection, &all, owner).await;
        let one = [("organization_id", organization), ("id", made["_id"].as_str().unwrap())];
        self.call(&format!("get_{name}"), &one, owner, None).await;
        if name == "booking_flow_express_link" {
            self.call("show_express_link_code", &one, owner, None).await;
        }
        self.call(&format!("replace_{name}"), &one, owner, Some(body.clone())).await;
        let field =
            ["name", "content", "first_name", "kind"].into_iter().find(|it| body.get(it).is_some());
        let field = field.unwrap();
        let patch = json!({ field: body[field] });
        self.call(&format!("update_{name}"), &one, owner, Some(patch)).await;
        self.call(&format!("delete_{name}"), &one, owner, None).await;
    }

    pub(super) async fn list(
        &mut self,
        collection: &str,
        all: &[(&str, &str)],
        owner: Option<&str>,
    ) -> Vec<Value> {
        let page = self.call(&format!("list_{collection}"), all, owner, None).await;
        page["data"].as_array().unwrap().clone()
    }

    /// A new document like one that there is, or the first of its kind.
    async fn body(
        &mut self,
        organization: &str,
        owner: Option<&str>,
        collection: &str,
        like: Option<Value>,
    ) -> Value {
        let Some(mut body) = like else {
            let all = [("organization_id", organization), ("?", "limit=1")];
            let flow = self.list("booking_flows", &all, owner).await[0]["_id"].clone();
            return match collection {
                "roles" => json!({
                    "name": "Dispatcher", "description": "Takes bookings and moves them.",
                    "permissions": ["VIEW_BOOKINGS", "UPDATE_BOOKING"],
                    "inherits": [SystemRole::Viewer.seeded_id()],
                }),
                "booking_flow_routers" => json!({
                    "name": "Spring campaign", "booking_flow_id": flow,
                    "matching_criteria": { "path": ["spring"] }, "priority_class": "campaign",
                    "is_active": true, "is_default": false,
                }),
                "booking_flow_express_links" => json!({
                    "booking_flow_id": flow, "slug": "spring", "name": "Spring cleaning",
                    "prefilled_state": { "zip": "97214" }, "is_active": true,
                }),
                "booking_flow_diagrams" => json!({
                    "booking_flow_id": flow, "kind": "flow",
                    "canvas_data": {
                        "nodes": [], "edges": [], "viewport": { "x": 0.0, "y": 0.0, "zoom": 1.0 },
                    },
                }),
                "customers" => json!({
                    "first_name": "Carla", "last_name": "Cline", "emails": ["carla@example.com"],
                    "phones": ["+15035550134"],
                }),
                "booking_answer_categories" => {
                    json!({ "slug": "rooms", "content": { "title": "Rooms" }, "order": 1 })
                }
                other => panic!("no {other} to begin with"),
            };
        };
        let fields = body.as_object_mut().unwrap();
        fields.retain(|name, value| !SERVER_SET.contains(&name.as_str()) && !value.is_null());
        for name in ["name", "slug"] {
            if let Some(text) = fields.get(name).and_then(Value::as_str).map(str::to_owned) {
                fields.insert(name.to_owned(), format!("{text}-too").into());
            }
        }
        if let Some(title) = body["content"]["title"].as_str() {
            body["content"]["title"] = format!("{title}, too").into();
        }
        body
    }

    /// Where pages lead while there are routers.
    async fn routes(&mut self, organization: &str, owner: &str) {
        let all = [("organization_id", organization), ("?", "limit=1")];
        let owner = Some(owner);
        let flow = self.list("booking_flows", &all, owner).await[0]["_id"].clone();
        let mut made = Vec::new();
        for (name, path, class) in [
            ("Spring", json!(["spring", "**"]), "campaign"),
            ("Every page", json!(["**"]), "standard"),
        ] {
            let router = json!({
                "name": name, "booking_flow_id": flow, "matching_criteria": { "path": path },
                "priority_class": class, "is_active": true,
            });
            let router =
                self.call("create_booking_flow_router", &all[..1], owner, Some(router)).await;
            made.push(router["_id"].as_str().unwrap().to_owned());
        }
        let page = json!({
            "url": "https://sparkle.example/spring/windows?utm_source=newsletter",
            "at": "2026-11-23T15:00:00Z",
        });
        self.call("resolve_route", &all[..1], owner, Some(page)).await;
        self.call("check_booking_flow_routers", &all[..1], owner, None).await;
        for id in made {
            let one = [("organization_id", organization), ("id", &*id)];
            self.call("delete_booking_flow_router", &one, owner, None).await;
        }
    }

    /// A flow as a file, out and in again with another title.
    async fn flow_files(&mut self, organization: &str, owner: &str) {
        let all = [("organization_id", organization), ("?", "limit=1")];
        let flow = self.list("booking_flows", &all, Some(owner)).await[0]["_id"].clone();
        let (id, json) = (flow.as_str().unwrap(), ("?", "format=json"));
        let one = [("organization_id", organization), ("id", id), json];
        let mut file = self.call("export_booking_flow", &one, Some(owner), None).await;
        file["flow"]["title"] = "Book a home cleaning".into();
        self.call("import_booking_flow", &all[..1], Some(owner), Some(file)).await;
    }

    /// What members see and do not make.
    async fn looked_at(&mut self, organization: &str, owner: &str) {
        let all = [("organization_id", organization), ("?", "limit=1")];
        self.booking_and_email(organization, owner).await;
        for (collection, name) in [
            ("booking_flow_versions", "booking_flow_version"),
            ("booking_sessions", "booking_session"),
            ("bookings", "booking"),
            ("audit_log", "audit_log_entry"),
            ("emails", "email"),
        ] {
            let sorted = [all[0], ("?", "limit=1&sort=sequence")];
            let all = if collection == "audit_log" { &sorted } else { &all };
            let listed = self.list(collection, all, Some(owner)).await;
            let Some(id) = listed.first().and_then(|it| it["_id"].as_str()) else {
                panic!("there is nothing in {collection}");
            };
            let one = [("organization_id", organization), ("id", id)];
            self.call(&format!("get_{name}"), &one, Some(owner), None).await;
            if name == "booking_session" {
                self.history(one, owner).await;
            }
        }
    }

    /// A visit at a point, and event by event.
    async fn history(&mut self, [organization, id]: [(&str, &str); 2], owner: &str) {
        for (operation, asked) in [
            ("get_booking_session_state", "at=6"),
            ("list_booking_session_events", "limit=2"),
            ("show_booking_session_timeline", "after=4&limit=2"),
            ("replay_booking_session", "after=5&limit=1"),
        ] {
            self.call(operation, &[organization, id, ("?", asked)], Some(owner), None).await;
        }
    }

    /// A booking of the visit and a mail about it, as they are stored.
    async fn booking_and_email(&mut self, organization: &str, owner: &str) {
        let all = [("organization_id", organization), ("?", "limit=1")];
        let sample = |collection: &str| -> Value {
            let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/stored");
            let text = fs::read_to_string(stored.join(format!("{collection}.json"))).unwrap();
            serde_json::from_str::<Vec<Value>>(&text).unwrap().swap_remove(0)
        };
        let mut booking = sample("bookings");
        booking["booking_session_id"] =
            self.list("booking_sessions", &all, Some(owner)).await[0]["_id"].clone();
        booking["booking_service_id"] =
            self.list("booking_services", &all, Some(owner)).await[0]["_id"].clone();
        booking["customer_id"] = Value::Null;
        booking["file_ids"] = json!([]);
        let mut email = sample("emails");
        email["attachments"] = json!([]);
        let booking: Booking = serde_json::from_value(booking).unwrap();
        let email: Email = serde_json::from_value(email).unwrap();
        let at = app::Clock::now(&Monday);
        let mut unit = self.site.store.scoped(organization.parse().unwrap()).begin(at);
        unit.insert(id(at, 1), &booking).unwrap();
        unit.insert(id(at, 2), &email).unwrap();
        let failed = Email { status: EmailStatus::Failed, attempts: 9, ..email };
        unit.insert(id(at, 3), &failed).unwrap();
        unit.commit().await.unwrap();
        let failed = id::<Email>(at, 3).to_string();
        let one = [("organization_id", organization), ("id", &*failed)];
        self.call("resend_email", &one, Some(owner), None).await;
    }

    async fn bookings(&mut self, organization: &str, owner: &str) {
        let all = [("organization_id", organization), ("?", "limit=1")];
        let session = self.list("booking_sessions", &all, Some(owner)).await[0].clone();
        let flow = session["booking_flow_id"].as_str().unwrap();
        let one = [("organization_id", organization), ("id", flow)];
        let asked = json!({ "from": "2026-11-01T00:00:00.000Z", "limit": 100 });
        self.call("simulate_booking_flow", &one, Some(owner), Some(asked)).await;
        let mut booking = self.list("bookings", &all, Some(owner)).await[0].clone();
        let id = booking["_id"].as_str().unwrap().to_owned();
        let one = [("organization_id", organization), ("id", &*id)];
        let kept = ["customer", "address", "answers"];
        booking.as_object_mut().unwrap().retain(|name, _| kept.contains(&name.as_str()));
        self.call("replace_booking", &one, Some(owner), Some(booking.clone())).await;
        let patch = json!({ "customer": { "first_name": "Ada" } });
        self.call("update_booking", &one, Some(owner), Some(patch)).await;
    }

    async fn members(&mut self, organization: &str, owner: &str) {
        let owner = Some(owner);
        let all = [("organization_id", organization), ("?", "limit=1")];
        for operation in ["list_permissions", "list_system_roles", "list_users"] {
            self.call(operation, &all[..1], owner, None).await;
        }
        let member = self.list("memberships", &all, owner).await[0].clone();
        let user = [("organization_id", organization), ("id", member["user_id"].as_str().unwrap())];
        self.call("get_user", &user, owner, None).await;
        let one = [("organization_id", organization), ("id", member["_id"].as_str().unwrap())];
        let body = json!({ "user_id": member["user_id"], "roles": member["roles"] });
        self.call("get_membership", &one, owner, None).await;
        self.call("replace_membership", &one, owner, Some(body)).await;
        let patch = json!({ "roles": member["roles"] });
        self.call("update_membership", &one, owner, Some(patch)).await;
    }

    async fn keys(&mut self, organization: &str, owner: &str) {
        let owner = Some(owner);
        let all = [("organization_id", organization), ("?", "limit=1")];
        let body = json!({ "name": "Website", "scopes": ["VIEW_BOOKINGS"] });
        let made = self.call("create_api_key", &all[..1], owner, Some(body.clone())).await;
        let one = [("organization_id", organization), ("id", made["_id"].as_str().unwrap())];
        self.list("api_keys", &all, owner).await;
        self.call("get_api_key", &one, owner, None).await;
        self.call("replace_api_key", &one, owner, Some(body)).await;
        self.call("update_api_key", &one, owner, Some(json!({ "name": "Web" }))).await;
        self.call("revoke_api_key", &one, owner, None).await;
        self.call("delete_api_key", &one, owner, None).await;
    }

    async fn organization(&mut self, organization: &str, owner: &str) {
        let one = [("organization_id", organization)];
        let mut body = self.call("get_organization", &one, Some(owner), None).await;
        body.as_object_mut()
            .unwrap()
            .retain(|name, value| !SERVER_SET.contains(&name.as_str()) && !value.is_null());
        self.call("replace_organization", &one, Some(owner), Some(body)).await;
        let patch = json!({ "phone": "+15035550100" });
        self.call("update_organization", &one, Some(owner), Some(patch)).await;
        self.call("export_audit_log", &one, Some(owner), None).await;
    }

    /// A member of the parent organization becomes one here, and leaves.
    async fn one_of_the_parent(&mut self, parent: &str, organization: &str, owner: &str) {
        let user = self.user("greta@garden.example", false).await;
        let viewer = SystemRole::Viewer.seeded_id();
        self.site.system.add_member(parent.parse().unwrap(), user, vec![viewer]).await.unwrap();
        let all = [("organization_id", organization)];
        let body = json!({ "user_id": user, "roles": [viewer] });
        let made = self.call("create_membership", &all, Some(owner), Some(body)).await;
        let one = [("organization_id", organization), ("id", made["_id"].as_str().unwrap())];
        self.call("delete_membership", &one, Some(owner), None).await;
    }

    async fn platform(&mut self, sample: &str) -> String {
        let admin = self.user("petra@wrkbelt.example", true).await;
        let token = self.site.system.log_in(admin).await.unwrap();
        let admin = Some(token.expose());
        let waiting = json!({
            "first_name": "Zoë", "last_name": "O'Neill", "email": "zoe@example.com",
            "company_name": "Sparkle", "company_website": "https://sparkle.example",
            "consent_at": "2026-11-22T08:00:00.000Z",
        });
        let user = json!({
            "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com",
            "status": "invited",
        });
        for (collection, name, body) in
            [("waitlist_requests", "waitlist_request", waiting), ("users", "user", user)]
        {
            let made =
                self.call(&format!("create_platform_{name}"), &[], admin, Some(body.clone())).await;
            let one = [("id", made["_id"].as_str().unwrap())];
            self.call(&format!("list_platform_{collection}"), &[("?", "limit=1")], admin, None)
                .await;
            self.call(&format!("get_platform_{name}"), &one, admin, None).await;
            self.call(&format!("replace_platform_{name}"), &one, admin, Some(body)).await;
            let patch = json!({ "first_name": "Zoe" });
            self.call(&format!("update_platform_{name}"), &one, admin, Some(patch)).await;
            self.call(&format!("delete_platform_{name}"), &one, admin, None).await;
        }
        let new = json!({
            "name": "Garden & Co", "tenant_subdomain": "garden", "time_zone": "Europe/Berlin",
            "locale": "de-DE",
        });
        let made = self.call("create_platform_organization", &[], admin, Some(new)).await;
        let one = [("id", made["_id"].as_str().unwrap())];
        let first = [("?", "limit=1")];
        self.call("list_platform_organizations", &first, admin, None).await;
        self.call("get_platform_organization", &one, admin, None).await;
        let oldest = [("?", "limit=1&sort=sequence")];
        let log = self.call("list_platform_audit_log", &oldest, admin, None).await;
        let entry = [("id", log["data"][0]["_id"].as_str().unwrap())];
        self.call("get_platform_audit_log_entry", &entry, admin, None).await;
        let mut body = self.call("get_platform_organization", &one, admin, None).await;
        let fields = body.as_object_mut().unwrap();
        fields.retain(|name, value| !SERVER_SET.contains(&name.as_str()) && !value.is_null());
        self.call("replace_platform_organization", &one, admin, Some(body)).await;
        let patch = json!({ "parent_organization_id": made["_id"] });
        self.call("update_platform_organization", &[("id", sample)], admin, Some(patch)).await;
        made["_id"].as_str().unwrap().to_owned()
    }
}

fn id<E>(at: Timestamp, counter: u32) -> Id<E> {
    let seconds = u32::try_from(at.millis() / 1_000).unwrap();
    Id::new(ObjectId::from_parts(seconds, [0; 5], counter))
}
