use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Global, Id, Index, ObjectId, Only, Place,
    core::{ApiKey, BrandKit, Email, File, Membership, Organization, Role, SystemRole, User},
    marketing::WaitlistRequest,
    scheduler::{
        Booking, BookingAnswerCategory, BookingFlow, BookingFlowDiagram, BookingFlowExpressLink,
        BookingFlowRouter, BookingFlowVersion, BookingQuestion, BookingQuestionAnswer,
        BookingService, Customer, Schedule, SchedulerConfig, ServiceZone,
    },
    session::BookingSession,
    step::BookingFlowStep,
};

/// An entity whose documents organizations, or those who run the platform, manage.
pub trait Managed: Entity {
    /// To view, create, update and delete it, in this order.
    const PERMISSIONS: [Permission; 4];
}

/// An entity with all four permissions is managed; others are looked at only.
macro_rules! managed {
    ($E:ty => $view:ident) => {};
    ($E:ty => $($each:ident),+) => {
        impl Managed for $E {
            const PERMISSIONS: [Permission; 4] = [$(Permission::$each),+];
        }
    };
}

/// Makes all of permissions from one table. A line has an entity, the permissions to view, create,
/// update and delete it, and after each the lowest system role that has it.
macro_rules! permissions {
    ($(revision {
        $($E:ty => $($managed:ident $by:ident),+;)*
    } and {
        $($named:ident $named_by:ident $description:literal;)*
    })+) => {
        /// Something that a role may allow. What there is to allow is known when the program is
        /// built.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            JsonSchema,
        )]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Permission {
            $($($($managed,)+)* $($named,)*)+
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$($($(Self::$managed,)+)* $(Self::$named,)*)+];

            /// The same as they came to be, each for a migration that seeds it. A revision that was
            /// released stays as it is: what is new makes another one.
            pub const REVISIONS: &[&[Self]] =
                &[$(&[$($(Self::$managed,)+)* $(Self::$named,)*],)+];
        }

        $($(managed! { $E => $($managed),+ })*)+

        const MANAGED: &[(Collection, &[(Permission, SystemRole)])] = &[$($((
            <$E as Entity>::COLLECTION,
            &[$((Permission::$managed, SystemRole::$by),)+],
        ),)*)+];

        const NAMED: &[(Permission, SystemRole, &str)] =
            &[$($((Permission::$named, SystemRole::$named_by, $description),)*)+];
    };
}

permissions! {
    revision {
        Organization => ViewOrganizations Viewer,
            CreateOrganization PlatformAdmin, UpdateOrganization Admin, DeleteOrganization Owner;
        Role => ViewRoles Viewer, CreateRole Admin, UpdateRole Admin, DeleteRole Admin;
        PermissionRecord => ViewPermissions Viewer;
        BrandKit => ViewBrandKits Viewer,
            CreateBrandKit Manager, UpdateBrandKit Manager, DeleteBrandKit Manager;
        SchedulerConfig => ViewSchedulerConfigs Viewer,
            CreateSchedulerConfig Manager, UpdateSchedulerConfig Manager,
            DeleteSchedulerConfig Manager;
        BookingFlow => ViewBookingFlows Viewer,
            CreateBookingFlow Manager, UpdateBookingFlow Manager, DeleteBookingFlow Manager;
        BookingFlowVersion => ViewBookingFlowVersions Viewer;
        BookingFlowStep => ViewBookingFlowSteps Viewer,
            CreateBookingFlowStep Manager, UpdateBookingFlowStep Manager,
            DeleteBookingFlowStep Manager;
        BookingService => ViewBookingServices Viewer,
            CreateBookingService Manager, UpdateBookingService Manager,
            DeleteBookingService Manager;
        BookingQuestion => ViewBookingQuestions Viewer,
            CreateBookingQuestion Manager, UpdateBookingQuestion Manager,
            DeleteBookingQuestion Manager;
        BookingQuestionAnswer => ViewBookingQuestionAnswers Viewer,
            CreateBookingQuestionAnswer Manager, UpdateBookingQuestionAnswer Manager,
            DeleteBookingQuestionAnswer Manager;
        BookingAnswerCategory => ViewBookingAnswerCategories Viewer,
            CreateBookingAnswerCategory Manager, UpdateBookingAnswerCategory Manager,
            DeleteBookingAnswerCategory Manager;
        BookingFlowRouter => ViewBookingFlowRouters Viewer,
            CreateBookingFlowRouter Manager, UpdateBookingFlowRouter Manager,
            DeleteBookingFlowRouter Manager;
        BookingFlowExpressLink => ViewBookingFlowExpressLinks Viewer,
            CreateBookingFlowExpressLink Manager, UpdateBookingFlowExpressLink Manager,
            DeleteBookingFlowExpressLink Manager;
        BookingFlowDiagram => ViewBookingFlowDiagrams Viewer,
            CreateBookingFlowDiagram Manager, UpdateBookingFlowDiagram Manager,
            DeleteBookingFlowDiagram Manager;
        BookingSession => ViewBookingSessions Viewer;
        Booking => ViewBookings Viewer,
            CreateBooking Agent, UpdateBooking Agent, DeleteBooking Manager;
        Customer => ViewCustomers Viewer,
            CreateCustomer Agent, UpdateCustomer Agent, DeleteCustomer Manager;
        ServiceZone => ViewServiceZones Viewer,
            CreateServiceZone Manager, UpdateServiceZone Manager, DeleteServiceZone Manager;
        Schedule => ViewSchedules Viewer,
            CreateSchedule Manager, UpdateSchedule Manager, DeleteSchedule Manager;
    } and {
        InviteUser Admin "Invite somebody to the organization.";
        CreateOrgMember Admin "Make a user a member of the organization.";
        PublishBookingFlow Manager "Let visitors see a booking flow.";
        ViewAnalytics Viewer "See how many visitors book, and where the others leave.";
        ReplayBookingSession Agent "Replay a visit step by step.";
        ExportData Admin "Take the organization's data out.";
        EraseCustomer Admin "Erase a customer's personal data for good.";
        ManageBilling Owner "Change the plan and how it is paid.";
        ManageVendorCredentials Admin "Connect the organization to other systems.";
        ViewAuditLog Admin "See who did what.";
        ImpersonateUser PlatformAdmin "Act as another user.";
    }
    revision {
        User => ViewUsers Viewer,
            CreateUser PlatformAdmin, UpdateUser PlatformAdmin, DeleteUser PlatformAdmin;
        Membership => ViewMemberships Viewer;
        File => ViewFiles Viewer, CreateFile Agent, UpdateFile Agent, DeleteFile Manager;
        Email => ViewEmails Admin;
        ApiKey => ViewApiKeys Admin,
            CreateApiKey Admin, UpdateApiKey Admin, DeleteApiKey Admin;
        WaitlistRequest => ViewWaitlistRequests PlatformAdmin,
            CreateWaitlistRequest PlatformAdmin, UpdateWaitlistRequest PlatformAdmin,
            DeleteWaitlistRequest PlatformAdmin;
    } and {
        UpdateMembership Admin "Change the roles of a member.";
        DeleteMembership Admin "End a membership.";
    }
    revision {} and {
        UpdateEmail Admin "Send an e-mail again that did not arrive.";
    }
}

impl Permission {
    /// For people: one sentence.
    pub fn description(self) -> String {
        const DOES: [&str; 4] = ["See", "Add", "Change", "Delete"];
        let named = NAMED.iter().find(|it| it.0 == self).map(|it| it.2.to_owned());
        let managed = || {
            MANAGED.iter().find_map(|(collection, permissions)| {
                let (_, does) = permissions.iter().zip(DOES).find(|(it, _)| it.0 == self)?;
                Some(format!("{does} {}.", collection.name.replace('_', " ")))
            })
        };
        named.or_else(managed).unwrap_or_default()
    }

    /// The system role that has it and all above which have it too; `None` for no permission.
    pub(super) fn lowest_role(self) -> Option<SystemRole> {
        let named = NAMED.iter().map(|it| (it.0, it.1));
        let managed = MANAGED.iter().flat_map(|it| it.1.iter().copied());
        named.chain(managed).find(|it| it.0 == self).map(|it| it.1)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A permission as the store lists it, for people and programs that choose among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermissionRecord {
    pub name: Permission,
    pub description: String,
}

impl PermissionRecord {
    /// The id that seeding gives it, the same in every store. Nothing else makes this id, so it
    /// tells what was seeded from what somebody added.
    pub fn seeded_id(name: Permission) -> Id<Self> {
        Id::new(ObjectId::of(&format!("permissions:{name}")))
    }
}

impl Entity for PermissionRecord {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "permissions",
        label: "permission",
        indexes: &[Index { name: "name", fields: &["name"], unique: true, only: Only::All }],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("description").text(&self.description, 1, 200);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Entities that nobody manages, and why.
    const UNMANAGED: [(&str, &str); 10] = [
        ("lookups", "the store's own"),
        ("temporary_links", "made by invitations, by sign-in and by visits"),
        ("user_sessions", "each user's own"),
        ("audit_log", "read by VIEW_AUDIT_LOG, written by what it reports"),
        ("jobs", "the server's own"),
        ("idempotency_keys", "the server's own"),
        ("slot_holds", "taken and freed by sessions and bookings"),
        ("data_migrations", "changed by migrating only"),
        ("leases", "one process's hold on something"),
        ("router_revisions", "written with every router, so that two are not written at once"),
    ];

    #[test]
    fn names_follow_from_the_collection() {
        for (collection, permissions) in MANAGED {
            let plural = collection.name.to_uppercase();
            let singular = plural.strip_suffix("IES").map(|it| format!("{it}Y"));
            let singular = singular.unwrap_or_else(|| plural.trim_end_matches('S').to_owned());
            let expected = [
                format!("VIEW_{plural}"),
                format!("CREATE_{singular}"),
                format!("UPDATE_{singular}"),
                format!("DELETE_{singular}"),
            ];
            let names: Vec<_> = permissions.iter().map(|it| it.0.to_string()).collect();
            assert!(names.len() == 1 || names.len() == 4, "{names:?}");
            assert_eq!(names, expected[..names.len()]);
        }
    }

    #[test]
    fn every_entity_is_managed_or_says_why_not() {
        let managed: BTreeSet<_> = MANAGED.iter().map(|it| it.0.name).collect();
        let unmanaged: BTreeSet<_> = UNMANAGED.iter().map(|it| it.0).collect();
        let all: BTreeSet<_> = crate::COLLECTIONS.iter().map(|it| it.name).collect();
        assert!(managed.is_disjoint(&unmanaged));
        assert_eq!(managed.union(&unmanaged).copied().collect::<BTreeSet<_>>(), all);
    }

    #[test]
    fn each_is_there_once_with_a_sentence_and_a_role() {
        let all: BTreeSet<_> = Permission::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(all.len(), Permission::ALL.len());
        assert_eq!(Permission::REVISIONS.concat(), Permission::ALL);
        for permission in Permission::ALL {
            assert!(permission.description().ends_with('.'), "{permission}");
            assert!(permission.lowest_role().is_some(), "{permission}");
        }
    }

    #[test]
    fn a_permission_is_written_as_its_name() {
        let permission = Permission::ViewBookingAnswerCategories;
        assert_eq!(permission.to_string(), "VIEW_BOOKING_ANSWER_CATEGORIES");
        assert_eq!(serde_json::to_value(permission).unwrap(), "VIEW_BOOKING_ANSWER_CATEGORIES");
        assert_eq!(permission.description(), "See booking answer categories.");
    }
}
