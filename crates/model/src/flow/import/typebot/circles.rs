use std::collections::HashMap;

use super::{
    follow::{Follower, Goes},
    question::Asked,
};

/// A flow asks nothing twice: an answer that leads back to a question on the way to it ends the
/// visit instead.
pub(super) fn cut_circles(asked: &mut [Asked], follower: &mut Follower<'_, '_>) {
    let place: HashMap<_, _> = asked.iter().enumerate().map(|(n, it)| (it.at, n)).collect();
    let leads: Vec<Vec<Option<usize>>> = asked
        .iter()
        .map(|it| {
            let to = |goes: &Goes| match goes {
                Goes::Input(at) => place.get(at).copied(),
                Goes::End(_) => None,
            };
            it.leads().map(to).collect()
        })
        .collect();
    for (from, nth) in backward(&leads) {
        let at = asked[from].at;
        let (end, _) = follower.end(at.0, Vec::new());
        if let Some(goes) = asked[from].leads_mut().nth(nth) {
            *goes = end;
        }
        let sentence = "It leads back to what was asked before: the visit ends here instead.";
        follower.change(at, sentence);
    }
}

/// The edges that close circles: those that lead back to a node on the path from the first node,
/// in the order of a walk into the depth.
fn backward(leads: &[Vec<Option<usize>>]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut seen = vec![false; leads.len()];
    let mut on_path = vec![false; leads.len()];
    for start in 0..leads.len() {
        if seen[start] {
            continue;
        }
        (seen[start], on_path[start]) = (true, true);
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let (node, nth) = (*node, *next);
            *next += 1;
            match leads[node].get(nth) {
                None => {
                    on_path[node] = false;
                    path.pop();
                }
                Some(None) => {}
                Some(Some(to)) if on_path[*to] => found.push((node, nth)),
                Some(Some(to)) if seen[*to] => {}
                Some(Some(to)) => {
                    (seen[*to], on_path[*to]) = (true, true);
                    path.push((*to, 0));
                }
            }
        }
    }
    found
}
