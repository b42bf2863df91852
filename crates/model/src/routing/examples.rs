use std::collections::BTreeSet;

use super::{
    Page, Routers,
    routers::{Asked, Router},
};
use crate::{Doc, Id, Timestamp, scheduler::BookingFlowRouter};

/// An example URL that does not come to its router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenExample<'a> {
    /// Whose example it is.
    pub router: Id<BookingFlowRouter>,
    pub name: &'a str,
    /// Its place in the list.
    pub nth: usize,
    pub url: &'a str,
    /// The name of the router that takes it; `None` when nobody does.
    pub by: Option<String>,
}

/// Examples of a router that do not come to it, and those of others that it takes, each tried
/// when the router and whose example it is first take part; of routers that never will, none. Whether
/// flows are published does not matter.
pub fn taken_examples(
    set: &[Doc<BookingFlowRouter>],
    router: Id<BookingFlowRouter>,
    now: Timestamp,
) -> Vec<TakenExample<'_>> {
    let routers = Routers::compile(set);
    let compiled = |id| routers.ranked().iter().find(|it: &&Router| it.id == id);
    let mut taken = Vec::new();
    let Some(saved) = compiled(router) else { return taken };
    let Some(begin) = saved.first_time(now) else { return taken };
    let unpublished = BTreeSet::new();
    for doc in set.iter().filter(|it| !it.body.example_urls.is_empty()) {
        let Some(own) = compiled(doc.id) else { continue };
        let Some(at) = own.first_time(now).map(|it| it.max(begin)) else { continue };
        if !(own.is_in_time(at) && saved.is_in_time(at)) {
            continue;
        }
        for (nth, url) in doc.body.example_urls.iter().enumerate() {
            let page = Page::parse(url);
            let asked =
                Asked { page: &page, at, scheduler: own.scheduler, unpublished: &unpublished };
            let winner = routers.winner(&asked);
            let winner_id = winner.map(|it| it.id);
            let is_taken = if doc.id == router {
                winner_id != Some(router)
            } else {
                winner_id == Some(router)
            };
            if is_taken {
                let (router, name) = (doc.id, &*doc.body.name);
                let by = winner.map(|it| it.name.clone());
                taken.push(TakenExample { router, name, nth, url, by });
            }
        }
    }
    taken
}
