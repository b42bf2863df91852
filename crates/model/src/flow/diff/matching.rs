use std::collections::{BTreeMap, HashMap};

use super::{Side, elements::Element};

/// Which part of one flow is which of the other, by position.
#[derive(Default)]
pub(super) struct Pairs {
    to_after: HashMap<usize, usize>,
    to_before: HashMap<usize, usize>,
}

impl Pairs {
    pub(super) fn after(&self, before: usize) -> Option<usize> {
        self.to_after.get(&before).copied()
    }

    pub(super) fn before(&self, after: usize) -> Option<usize> {
        self.to_before.get(&after).copied()
    }

    fn join(&mut self, before: usize, after: usize) {
        if self.after(before).is_none() && self.before(after).is_none() {
            self.to_after.insert(before, after);
            self.to_before.insert(after, before);
        }
    }
}

/// By id first, then what is left by slug. An answer stays with its question.
pub(super) fn elements(before: &[Element], after: &[Element]) -> Pairs {
    let mut pairs = Pairs::default();
    for with_parent in [false, true] {
        let parts = |side: &'_ [Element]| -> Vec<usize> {
            (0..side.len()).filter(|it| side[*it].parent.is_some() == with_parent).collect()
        };
        let (old, new) = (parts(before), parts(after));
        for by_id in [true, false] {
            let mut known = HashMap::new();
            for it in old.iter().filter(|it| pairs.after(**it).is_none()) {
                let parent = before[*it].parent.map(|it| pairs.after(it));
                known.entry((key(&before[*it], by_id), parent)).or_insert(*it);
            }
            for it in &new {
                let parent = after[*it].parent.map(Some);
                if let Some(was) = known.get(&(key(&after[*it], by_id), parent)) {
                    pairs.join(*was, *it);
                }
            }
        }
    }
    pairs
}

fn key(element: &Element, by_id: bool) -> (super::What, String) {
    let key = if by_id { element.id.to_string() } else { element.key().to_owned() };
    (element.what, key)
}

/// Nodes that show the same thing: by id first, then one after the other.
pub(super) fn nodes(before: &Side<'_>, after: &Side<'_>, elements: &Pairs) -> Pairs {
    let shown = |side: &Side<'_>| -> Vec<Option<usize>> {
        side.written.nodes.iter().map(|it| side.places.get(&it.place).copied()).collect()
    };
    let (old, new) = (shown(before), shown(after));
    let mut pairs = Pairs::default();
    let now: HashMap<_, _> =
        after.written.nodes.iter().enumerate().map(|(n, it)| (it.id, n)).collect();
    let same = |was: usize, is: usize| match (old[was], new[is]) {
        (Some(was), Some(is)) => elements.after(was) == Some(is),
        (None, None) => before.written.nodes[was].place == after.written.nodes[is].place,
        _ => false,
    };
    for (was, node) in before.written.nodes.iter().enumerate() {
        if let Some(is) = now.get(&node.id).filter(|it| same(was, **it)) {
            pairs.join(was, *is);
        }
    }
    let mut left: HashMap<_, std::collections::VecDeque<usize>> = HashMap::new();
    for (is, node) in after.written.nodes.iter().enumerate() {
        if pairs.before(is).is_none() {
            left.entry(new[is].ok_or(node.place.as_str())).or_default().push_back(is);
        }
    }
    for (was, node) in before.written.nodes.iter().enumerate() {
        if pairs.after(was).is_some() {
            continue;
        }
        let key = match old[was] {
            Some(element) => elements.after(element).map(Ok),
            None => Some(Err(node.place.as_str())),
        };
        if let Some(is) = key.and_then(|it| left.get_mut(&it)?.pop_front()) {
            pairs.join(was, is);
        }
    }
    pairs
}

/// What stands elsewhere among its like: places before and after, from 1, by position after.
/// As few as explain the new order.
pub(super) fn moved(
    before: &[Element],
    after: &[Element],
    pairs: &Pairs,
) -> HashMap<usize, (usize, usize)> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (n, element) in after.iter().enumerate() {
        if element.has_order() {
            groups.entry((element.what, element.parent)).or_default().push(n);
        }
    }
    let place_before = places(before);
    let mut moved = HashMap::new();
    for group in groups.values() {
        let kept: Vec<_> = (1..)
            .zip(group)
            .filter_map(|(place, it)| Some((place, *it, place_before[pairs.before(*it)?])))
            .collect();
        let stays = longest_rise(&kept.iter().map(|it| it.2).collect::<Vec<_>>());
        for ((place, element, was), stays) in kept.into_iter().zip(stays) {
            if !stays {
                moved.insert(element, (was, place));
            }
        }
    }
    moved
}

/// The place of each element among its like, from 1.
fn places(elements: &[Element]) -> Vec<usize> {
    let mut count: HashMap<_, usize> = HashMap::new();
    let mut place = |it: &Element| {
        let count = count.entry((it.what, it.parent)).or_default();
        *count += 1;
        *count
    };
    elements.iter().map(&mut place).collect()
}

/// Which of the values belong to a longest run that only rises.
fn longest_rise(values: &[usize]) -> Vec<bool> {
    let mut ends: Vec<usize> = Vec::new();
    let mut came_from = vec![None; values.len()];
    for (n, value) in values.iter().enumerate() {
        let length = ends.partition_point(|it| values[*it] < *value);
        came_from[n] = length.checked_sub(1).map(|it| ends[it]);
        if length == ends.len() {
            ends.push(n);
        } else {
            ends[length] = n;
        }
    }
    let mut stays = vec![false; values.len()];
    for n in std::iter::successors(ends.last().copied(), |it| came_from[*it]) {
        stays[n] = true;
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_as_possible_are_moved() {
        for (order, moves) in [
            (&[1, 2, 3, 4][..], 0),
            (&[4, 1, 2, 3], 1),
            (&[2, 3, 4, 1], 1),
            (&[2, 1, 4, 3], 2),
            (&[4, 3, 2, 1], 3),
            (&[], 0),
        ] {
            let stays = longest_rise(order);
            assert_eq!(stays.iter().filter(|it| !**it).count(), moves, "{order:?}");
        }
    }
}
