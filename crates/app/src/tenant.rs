use model::{Id, Timestamp, core::Organization};
use store::Scoped;

use crate::doors::{Caches, House};

/// One organization. Made only by the doors:
///
/// ```compile_fail,E0451
/// # fn f(scoped: store::Scoped, other: app::Tenant) {
/// let forged = app::Tenant { scoped, ..other };
/// # }
/// ```
#[derive(Clone)]
pub struct Tenant {
    scoped: Scoped,
    house: House,
}

impl Tenant {
    pub(crate) fn new(scoped: Scoped, house: House) -> Self {
        Self { scoped, house }
    }

    /// Whose.
    pub fn organization(&self) -> Id<Organization> {
        self.scoped.organization()
    }

    pub(crate) fn scoped(&self) -> &Scoped {
        &self.scoped
    }

    pub(crate) fn house(&self) -> &House {
        &self.house
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.house.caches
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.house.environment.now()
    }

    pub(crate) fn new_id<E>(&self) -> Id<E> {
        self.house.environment.new_id()
    }
}
