//! Connected parts of a graph.

/// A connected part: the indexes of its nodes, and its edges in places within that list.
#[derive(Default)]
pub(super) struct Part {
    pub(super) nodes: Vec<usize>,
    pub(super) edges: Vec<(usize, usize)>,
}

/// Splits a graph into its connected parts, in the order of their first nodes.
pub(super) fn parts(count: usize, edges: &[(usize, usize)]) -> Vec<Part> {
    let mut leader: Vec<usize> = (0..count).collect();
    for &(from, to) in edges {
        let (a, b) = (find(&mut leader, from), find(&mut leader, to));
        leader[a.max(b)] = a.min(b);
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut part_of = vec![0; count];
    let mut place_of = vec![0; count];
    for node in 0..count {
        let first = find(&mut leader, node);
        if first == node {
            part_of[node] = parts.len();
            parts.push(Part::default());
        }
        part_of[node] = part_of[first];
        let part = &mut parts[part_of[node]];
        place_of[node] = part.nodes.len();
        part.nodes.push(node);
    }
    for &(from, to) in edges {
        parts[part_of[from]].edges.push((place_of[from], place_of[to]));
    }
    parts
}

fn find(leader: &mut [usize], mut node: usize) -> usize {
    while leader[node] != node {
        leader[node] = leader[leader[node]];
        node = leader[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_own_numbers() {
        let parts = parts(6, &[(4, 0), (2, 5), (0, 4), (5, 3)]);
        let nodes: Vec<_> = parts.iter().map(|part| part.nodes.as_slice()).collect();
        assert_eq!(nodes, [&[0, 4][..], &[1], &[2, 3, 5]]);
        assert_eq!(parts[0].edges, [(1, 0), (0, 1)]);
        assert_eq!(parts[2].edges, [(0, 2), (2, 1)]);
    }
}
