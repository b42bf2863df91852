use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Id, ObjectId, core::Organization, problems::Place, time::Timestamp};

/// A document with its own collection. All that the platform derives for it (indexes, reference
/// checks, cascades, permissions, routes) is declared here and nowhere else.
pub trait Entity: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// [`PerTenant`], [`Global`] or [`Shared`].
    type Scope: Scope;

    /// How it is stored.
    const COLLECTION: Collection;

    /// Fields that only the server sets, with the JSON that they have in a new document. A request
    /// that has one is refused.
    const SERVER_SET: &'static [(&'static str, &'static str)] = &[];

    /// Fields that no client and no audit entry ever shows.
    const SECRET: &'static [&'static str] = &[];

    /// The document's own rules; what it points at is checked by the store.
    fn validate(&self, place: &mut Place<'_>);

    /// It is nobody's to see any more, and kept only until what it stands for is removed.
    fn is_gone(&self) -> bool {
        false
    }

    /// Values that no two documents of any organization may share, by which it is found without
    /// knowing its organization.
    fn lookups(&self) -> Vec<(LookupKind, String)> {
        Vec::new()
    }
}

/// Whose documents a collection holds.
pub trait Scope {
    /// The same as a value.
    const OWNERS: Owners;
}
/// Documents of one organization each.
pub enum PerTenant {}
/// Documents that belong to no organization.
pub enum Global {}
/// Documents of one organization each, and some that belong to none and are everybody's to read.
pub enum Shared {}

/// Whose documents there may be in a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    Organizations,
    Platform,
    Both,
}

/// A scope in which organizations have documents.
pub trait OfOrganizations: Scope {}
/// A scope in which there are documents that belong to no organization.
pub trait OfPlatform: Scope {}

impl Scope for PerTenant {
    const OWNERS: Owners = Owners::Organizations;
}
impl Scope for Global {
    const OWNERS: Owners = Owners::Platform;
}
impl Scope for Shared {
    const OWNERS: Owners = Owners::Both;
}

impl OfOrganizations for PerTenant {}
impl OfOrganizations for Shared {}
impl OfPlatform for Global {}
impl OfPlatform for Shared {}

/// How an entity is stored.
#[derive(Debug, Clone, Copy)]
pub struct Collection {
    /// `booking_flows`: the name in both stores, in URLs and in permissions.
    pub name: &'static str,
    /// `booking flow`: for sentences.
    pub label: &'static str,
    /// Beside the one on the id, which every collection has.
    pub indexes: &'static [Index],
    /// Fields that hold ids of other documents.
    pub references: &'static [Reference],
    /// The collection of its events, when the document is a fold of them.
    pub events: Option<EventCollection>,
}

/// Where the events of a stream are kept.
#[derive(Debug, Clone, Copy)]
pub struct EventCollection {
    /// `booking_session_events`.
    pub name: &'static str,
    /// The field that holds the stream's id: `booking_session_id`.
    pub stream_field: &'static str,
}

/// One declared index. In a tenant's collection the organization leads it unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Unique in its collection.
    pub name: &'static str,
    /// Dotted paths into the body, or `created_at` and `updated_at` of the envelope.
    pub fields: &'static [&'static str],
    /// No two documents may have the same values.
    pub unique: bool,
    /// Which documents it holds.
    pub only: Only,
}

impl Index {
    /// Whether lists can be asked by it: not when only some values of another field are in it.
    pub fn serves_lists(&self) -> bool {
        match self.only {
            Only::All | Only::Present(_) => true,
            Only::OneOf(field, _) => self.fields.contains(&field),
        }
    }
}

/// Which documents a partial index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// All of them.
    All,
    /// Those in which the field is present and not null.
    Present(&'static str),
    /// Those in which the field has one of the values.
    OneOf(&'static str, &'static [&'static str]),
}

/// A field that holds the id of another document of the same organization, or of the platform's
/// where the collection has such.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// Dotted path; `[]` goes through a list: `config.zone_ids[]`.
    pub field: &'static str,
    /// The collection that it points into.
    pub to: &'static str,
    /// What deleting the document pointed at does.
    pub on_delete: OnDelete,
}

/// What deleting a document does to those that point at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// It is refused.
    Restrict,
    /// They are deleted too.
    Cascade,
    /// Their field is emptied.
    SetNull,
}

/// What kind of value a [`Entity::lookups`] entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupKind {
    /// `scheduler_configs.public_key`.
    PublicKey,
    /// `organizations.tenant_subdomain`.
    TenantSubdomain,
    /// `memberships`: a user and an organization.
    Membership,
    /// `booking_flow_express_links.slug`, and the flow: organizations may have the same slug.
    ExpressLink,
}

/// A document as it is stored: the body and what the store says about it. The owner is not in
/// the body, so that no caller can set it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Doc<E> {
    /// Unique in its collection.
    #[serde(rename = "_id")]
    pub id: Id<E>,
    /// Absent for documents that belong to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Id<Organization>>,
    /// 1 for a new document, one more at every write: the optimistic lock.
    pub version: u64,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// The entity itself.
    #[serde(flatten)]
    pub body: E,
}

/// Points from a globally unique value to the document that has it. Kept apart from tenants'
/// collections, so that those can be sharded by organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Which values it competes with.
    pub kind: LookupKind,
    /// The value, as it is compared.
    pub value: String,
    /// Whose document it is.
    pub organization_id: Id<Organization>,
    /// The document.
    pub target_id: ObjectId,
}

impl Entity for Lookup {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "lookups",
        label: "lookup",
        indexes: &[Index {
            name: "value",
            fields: &["kind", "value"],
            unique: false,
            only: Only::All,
        }],
        references: &[],
        events: None,
    };

    fn validate(&self, _: &mut Place<'_>) {}
}

impl Lookup {
    /// The id is made from the value, so that two documents with one value are one key.
    pub fn id_for(kind: LookupKind, value: &str) -> Id<Self> {
        let kind = serde_json::to_string(&kind).unwrap_or_default();
        Id::new(ObjectId::of(&format!("{kind}:{value}")))
    }
}
