use std::collections::VecDeque;

/// Finds which of many texts occur in a text, in one pass over it (Aho and Corasick, 1975).
#[derive(Debug)]
pub(super) struct Needles {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// By byte.
    next: Vec<(u8, usize)>,
    /// The longest end of the way here that begins another way.
    fall: usize,
    /// The nearest of the falls at which a needle ends; the root when there is none.
    shorter: usize,
    /// Numbers of the needles that end here.
    found: Vec<u32>,
}

impl Default for Needles {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Needles {
    /// Needles are not empty.
    pub(super) fn new<'a>(needles: impl IntoIterator<Item = (u32, &'a str)>) -> Self {
        let mut this = Self::default();
        for (number, needle) in needles {
            let mut at = 0;
            for byte in needle.bytes() {
                at = this.child(at, byte);
            }
            this.nodes[at].found.push(number);
        }
        this.link();
        this
    }

    fn child(&mut self, at: usize, byte: u8) -> usize {
        let new = self.nodes.len();
        match self.nodes[at].next.binary_search_by_key(&byte, |it| it.0) {
            Ok(place) => self.nodes[at].next[place].1,
            Err(place) => {
                self.nodes[at].next.insert(place, (byte, new));
                self.nodes.push(Node::default());
                new
            }
        }
    }

    fn link(&mut self) {
        let mut waiting = VecDeque::from([0]);
        while let Some(at) = waiting.pop_front() {
            for (byte, child) in self.nodes[at].next.clone() {
                let fall = if at == 0 { 0 } else { self.step(self.nodes[at].fall, byte) };
                let is_end = !self.nodes[fall].found.is_empty();
                self.nodes[child].shorter = if is_end { fall } else { self.nodes[fall].shorter };
                self.nodes[child].fall = fall;
                waiting.push_back(child);
            }
        }
    }

    fn step(&self, mut at: usize, byte: u8) -> usize {
        loop {
            let node = &self.nodes[at];
            if let Ok(place) = node.next.binary_search_by_key(&byte, |it| it.0) {
                return node.next[place].1;
            }
            if at == 0 {
                return 0;
            }
            at = node.fall;
        }
    }

    /// Calls with the number of each needle, once for every place where it ends.
    pub(super) fn in_text(&self, text: &str, mut found: impl FnMut(u32)) {
        let mut at = 0;
        for byte in text.bytes() {
            at = self.step(at, byte);
            let mut ending = at;
            while ending != 0 {
                self.nodes[ending].found.iter().for_each(|it| found(*it));
                ending = self.nodes[ending].shorter;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_needles_of_a_text_are_found(
            needles in prop::collection::vec("[abé]{1,4}", 0..12),
            text in "[abé]{0,20}",
        ) {
            let numbered = || (0..).zip(needles.iter().map(String::as_str));
            let mut found = BTreeSet::new();
            Needles::new(numbered()).in_text(&text, |it| {
                found.insert(it);
            });
            let contained = numbered().filter(|it| text.contains(it.1)).map(|it| it.0);
            prop_assert_eq!(found, contained.collect());
        }
    }
}
