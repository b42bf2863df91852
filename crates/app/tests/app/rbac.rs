//! What roles allow and who may give what, against a model that walks every path.

mod model_of_roles {
    use std::collections::BTreeMap;

    use model::{
        Id,
        core::{Permission, Role, SystemRole, User},
    };

    /// One bit for each permission.
    pub(super) type Set = u128;

    pub(super) fn set(permissions: impl IntoIterator<Item = Permission>) -> Set {
        permissions.into_iter().fold(0, |all, it| all | (1 << (it as u32)))
    }

    /// An organization as its rules see it.
    #[derive(Clone, Default)]
    pub(super) struct Organization {
        pub(super) roles: BTreeMap<Id<Role>, (Set, Vec<Id<Role>>)>,
        pub(super) members: BTreeMap<Id<User>, Vec<Id<Role>>>,
    }

    impl Organization {
        /// `None` for a role with a cycle, more than eight in a row or a role that is not there.
        fn closure(&self, path: &[Id<Role>]) -> Option<Set> {
            let here = path.last()?;
            let (mut all, inherits) = self.roles.get(here)?.clone();
            for next in inherits {
                if path.contains(&next) || path.len() > 8 {
                    return None;
                }
                all |= self.closure(&[path, &[next]].concat())?;
            }
            Some(all)
        }

        pub(super) fn may(&self, user: Id<User>) -> Set {
            let roles = self.members.get(&user).into_iter().flatten();
            roles.filter_map(|it| self.closure(&[*it])).fold(0, |all, it| all | it)
        }

        fn may_give(&self, by: Id<User>, roles: &[Id<Role>]) -> bool {
            let has = self.may(by);
            let within = |it: &Id<Role>| self.closure(&[*it]).is_some_and(|it| it & !has == 0);
            !roles.contains(&SystemRole::PlatformAdmin.seeded_id()) && roles.iter().all(within)
        }

        pub(super) fn may_write_role(
            &self,
            by: Id<User>,
            id: Id<Role>,
            (permissions, inherits): (Set, &[Id<Role>]),
        ) -> bool {
            let mut after = self.clone();
            after.roles.insert(id, (permissions, inherits.to_vec()));
            let mine = |set: Option<Set>| set.is_some_and(|it| it & !self.may(by) == 0);
            after.roles.keys().all(|it| after.closure(&[*it]).is_some())
                && mine(after.closure(&[id]))
                && (!self.roles.contains_key(&id) || mine(self.closure(&[id])))
        }

        pub(super) fn may_delete_role(&self, id: Id<Role>) -> bool {
            let inherited = self.roles.values().any(|it| it.1.contains(&id));
            !inherited && !self.members.values().any(|it| it.contains(&id))
        }

        /// `None` ends the membership.
        pub(super) fn may_move(
            &self,
            by: Id<User>,
            who: Id<User>,
            to: Option<&[Id<Role>]>,
        ) -> bool {
            let owner = SystemRole::Owner.seeded_id();
            let owners = self.members.iter().filter(|it| it.1.contains(&owner));
            let others = owners.filter(|it| *it.0 != who).count();
            let leaves =
                self.members[&who].contains(&owner) && !to.is_some_and(|it| it.contains(&owner));
            self.may_give(by, &self.members[&who])
                && self.may_give(by, to.unwrap_or_default())
                && !(leaves && others == 0)
        }
    }
}

use std::collections::BTreeSet;

use app::{Created, Creation, Credential, Error, Member, NewApiKey, NewUser, Origin, Request};
use model::{
    Id,
    core::{Membership, Organization as Whole, Permission, Role, SystemRole, User},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use self::model_of_roles::{Organization, set};
use crate::{migrations::migrate, world::World};

/// Steps of one organization, before there is another.
const STEPS: u32 = 100;

struct Walk<'a> {
    world: &'a World,
    random: StdRng,
    organization: Id<Whole>,
    users: Vec<(Id<User>, Credential)>,
    model: Organization,
    made: u32,
}

/// The walks are the work of two tests, which run side by side.
const PARTS: u32 = 2;

#[tokio::test]
async fn roles_allow_and_are_given_as_an_independent_model_says() {
    every_step_is_as_the_model_says(0).await;
}

#[tokio::test]
async fn roles_of_other_organizations_are_as_the_model_says() {
    every_step_is_as_the_model_says(1).await;
}

#[expect(clippy::print_stdout, reason = "the seed asks for the same steps again")]
async fn every_step_is_as_the_model_says(part: u32) {
    let is_long = std::env::var_os("WRKBELT_FAULTS").is_some_and(|it| it == "long");
    let walks = if is_long { 10_000 } else { 1_000 };
    let seed =
        std::env::var_os("WRKBELT_FAULT_SEED").map(|it| it.to_str().unwrap().parse().unwrap());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    let walks = (0..walks).filter(|it| it % PARTS == part);
    let steps = u32::try_from(walks.clone().count()).unwrap() * STEPS;
    println!("WRKBELT_FAULT_SEED={seed} asks for these {steps} steps again");
    let mut done = [0; 2];
    let mut world = World::in_memory().await;
    for (nth, n) in walks.enumerate() {
        if nth % 50 == 0 {
            world = World::in_memory().await;
            migrate(&world).await;
        }
        let random = StdRng::seed_from_u64(seed.wrapping_add(u64::from(n)));
        let mut walk = Walk::new(&world, random, n).await;
        for _ in 0..STEPS {
            done[usize::from(walk.step().await)] += 1;
        }
    }
    println!("{} refused, {} done", done[0], done[1]);
    assert!(done.iter().all(|it| *it > steps / 20), "{done:?}");
}

impl<'a> Walk<'a> {
    async fn new(world: &'a World, random: StdRng, n: u32) -> Self {
        let organization = world.organization(&format!("acme{n}")).await.organization();
        let mut model = Organization::default();
        for system in SystemRole::ALL {
            let own = Permission::ALL.iter().copied().filter(|it| system.adds(*it));
            let inherits = system.inherits().map(SystemRole::seeded_id).into_iter().collect();
            model.roles.insert(system.seeded_id(), (set(own), inherits));
        }
        let mut users = Vec::new();
        let roles = [
            SystemRole::Owner,
            SystemRole::Admin,
            SystemRole::Admin,
            SystemRole::Manager,
            SystemRole::Viewer,
        ];
        for (nth, role) in roles.into_iter().enumerate() {
            let new = NewUser {
                first_name: "Ada".to_owned(),
                last_name: "Lovelace".to_owned(),
                email: format!("ada{nth}.{n}@example.com").parse().unwrap(),
                hashed_password: Some("$argon2id$never-matches".to_owned()),
                is_platform_admin: false,
            };
            let user = world.system.create_user(new).await.unwrap();
            world.system.add_member(organization, user, vec![role.seeded_id()]).await.unwrap();
            model.members.insert(user, vec![role.seeded_id()]);
            let token = world.system.log_in(user).await.unwrap();
            users.push((user, Credential::Login(token.expose().to_owned())));
        }
        Self { world, random, organization, users, model, made: 0 }
    }

    /// Somebody tries something; whether it was done. The model says the same, and nobody has
    /// got more than who did it had.
    async fn step(&mut self) -> bool {
        let by = self.random.random_range(0..self.users.len());
        let before = self.model.clone();
        let done = match self.random.random_range(0..10) {
            0..3 => self.write_role(by, None).await,
            3..6 => self.write_role(by, Some(())).await,
            6 => self.delete_role(by).await,
            7 => self.make_key(by).await,
            _ => self.move_member(by).await,
        };
        let giver = before.may(self.users[by].0);
        for (user, _) in self.users.iter().filter(|_| done) {
            let got = self.model.may(*user) & !before.may(*user);
            assert!(got & !giver == 0, "{user} got {got:b} from one who had {giver:b}");
        }
        done
    }

    /// The way in, which the model and the system see the same.
    async fn member(&self, by: usize, permission: Permission) -> Option<Member> {
        let (user, credential) = &self.users[by];
        let door = &self.world.doors;
        let member =
            door.member(credential, Some(self.organization), permission, Origin::default()).await;
        let may = self.model.may(*user);
        let allowed = may & set([permission]) != 0;
        match member {
            Ok(member) => {
                assert_eq!(set(member.permissions().iter()), may);
                Some(member)
            }
            Err(Error::Forbidden(_)) => {
                assert!(!allowed, "{permission} is refused to who has it");
                None
            }
            Err(Error::NotFound(_)) => {
                assert!(!self.model.members.contains_key(user));
                None
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn some_role(&mut self) -> Id<Role> {
        let roles: Vec<_> = self.model.roles.keys().copied().collect();
        roles[self.random.random_range(0..roles.len())]
    }

    fn some_roles(&mut self) -> Vec<Id<Role>> {
        let most = self.random.random_range(1..=2);
        let roles: BTreeSet<_> = (0..most).map(|_| self.some_role()).collect();
        roles.into_iter().collect()
    }

    fn some_permissions(&mut self) -> BTreeSet<Permission> {
        let all = if self.random.random_bool(0.8) { 40 } else { Permission::ALL.len() };
        let most = self.random.random_range(0..4);
        (0..most).map(|_| Permission::ALL[self.random.random_range(0..all)]).collect()
    }

    async fn write_role(&mut self, by: usize, existing: Option<()>) -> bool {
        let (permissions, inherits) = (self.some_permissions(), self.some_roles());
        let id = existing.map(|()| self.some_role());
        let permission = if id.is_some() { Permission::UpdateRole } else { Permission::CreateRole };
        let Some(member) = self.member(by, permission).await else { return false };
        self.made += 1;
        let role = Role {
            name: format!("role {}", self.made),
            description: None,
            permissions: permissions.iter().copied().collect(),
            inherits: inherits.clone(),
        };
        let is_system = SystemRole::ALL.iter().any(|it| Some(it.seeded_id()) == id);
        let written = match id {
            Some(id) => member.change(id, None, |_| Ok(role.clone())).await.map(|it| it.id),
            None => member
                .create(Creation { body: role, retry: None }, |_| String::new())
                .await
                .map(|it| match it {
                    Created::New(doc) => doc.id,
                    Created::Before(_) => unreachable!("no retry was asked for"),
                }),
        };
        let new = id.unwrap_or_else(|| Id::new(model::ObjectId::of("a new role")));
        let user = self.users[by].0;
        let may = !is_system
            && self.model.may_write_role(user, new, (set(permissions.iter().copied()), &inherits));
        match written {
            Ok(id) => {
                assert!(may, "{permissions:?} and {inherits:?} were written");
                self.model.roles.insert(id, (set(permissions), inherits));
                true
            }
            Err(error) => {
                assert!(!may, "{permissions:?} and {inherits:?} were refused: {error:?}");
                false
            }
        }
    }

    async fn delete_role(&mut self, by: usize) -> bool {
        let id = self.some_role();
        let Some(member) = self.member(by, Permission::DeleteRole).await else { return false };
        let is_system = SystemRole::ALL.iter().any(|it| it.seeded_id() == id);
        let deleted = member.delete::<Role>(id, None).await;
        let may = !is_system && self.model.may_delete_role(id);
        assert_eq!(deleted.is_ok(), may, "{deleted:?}");
        if may {
            self.model.roles.remove(&id);
        }
        may
    }

    async fn make_key(&mut self, by: usize) -> bool {
        let scopes = self.some_permissions();
        let Some(member) = self.member(by, Permission::CreateApiKey).await else { return false };
        let new = NewApiKey {
            name: "key".to_owned(),
            scopes: scopes.iter().copied().collect(),
            expires_at: None,
        };
        let has = self.model.may(self.users[by].0);
        let may = set(scopes.iter().copied()) & !has == 0 && !scopes.is_empty();
        let made =
            member.create_api_key(new, Request { retry: None, answer: |_| String::new() }).await;
        assert_eq!(made.is_ok(), may, "{:?}", made.err());
        may
    }

    async fn move_member(&mut self, by: usize) -> bool {
        let who = self.users[self.random.random_range(0..self.users.len())].0;
        let to = self.random.random_bool(0.9).then(|| self.some_roles());
        let permission = match to {
            Some(_) => Permission::UpdateMembership,
            None => Permission::DeleteMembership,
        };
        let Some(member) = self.member(by, permission).await else { return false };
        if !self.model.members.contains_key(&who) {
            return false;
        }
        let id = Membership::id_of(self.organization, who);
        let moved = match &to {
            Some(roles) => {
                let moved = member
                    .change(id, None, |it| {
                        Ok(Membership { roles: roles.clone(), ..it.body.clone() })
                    })
                    .await;
                moved.map(drop)
            }
            None => member.delete(id, None).await,
        };
        let may = self.model.may_move(self.users[by].0, who, to.as_deref());
        assert_eq!(moved.is_ok(), may, "{who} to {to:?}: {moved:?}");
        match (may, to) {
            (true, Some(roles)) => drop(self.model.members.insert(who, roles)),
            (true, None) => drop(self.model.members.remove(&who)),
            (false, _) => {}
        }
        may
    }
}
