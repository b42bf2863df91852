use std::collections::BTreeSet;

use super::fixtures::*;
use crate::{Backend, Key, Result, StoreError, Write, typed::deletion::Deletion};

pub async fn a_delete_takes_along_what_cascades_across_levels_and_in_cycles(backend: &dyn Backend) {
    // 1 <- 2 <- 3 <- 1 is a cycle; 4 hangs on 3; 5 has nothing to do with them.
    let nodes = [(1, "owner", 3), (2, "owner", 1), (3, "owner", 2), (4, "owner", 3), (5, "", 0)];
    for (number, field, target) in nodes {
        write(backend, put(node(number), 0, body(&[(field, target)]))).await;
    }
    delete(backend, 1).await.unwrap();
    all_gone(backend, &[node(1), node(2), node(3), node(4)]).await;
    assert_eq!(version(backend, node(5)).await, 1);
}

pub async fn a_delete_is_refused_by_what_restricts_it(backend: &dyn Backend) {
    write(backend, put(node(1), 0, "{}")).await;
    write(backend, put(node(2), 0, body(&[("owner", 1)]))).await;
    write(backend, put(node(3), 0, body(&[("guard", 2)]))).await;
    let refused = delete(backend, 1).await;
    assert!(
        matches!(refused, Err(StoreError::Referenced { id, by: "nodes", field: "guard", referrer, .. })
            if id == node(2).id && referrer == node(3).id),
        "{refused:?}"
    );
    for number in 1..=3 {
        assert_eq!(version(backend, node(number)).await, 1);
    }
    // What goes itself restricts nothing.
    write(backend, put(node(3), 1, body(&[("guard", 2), ("owner", 1)]))).await;
    delete(backend, 1).await.unwrap();
    all_gone(backend, &[node(1), node(2), node(3)]).await;
}

pub async fn a_delete_empties_the_fields_that_it_should(backend: &dyn Backend) {
    write(backend, put(node(1), 0, "{}")).await;
    write(backend, put(node(2), 0, "{}")).await;
    let held = format!(
        r#"{{"friend":"{}","friends":["{}","{}"],"rows":[{{"x":1,"node":"{}"}},{{"node":"{}"}}]}}"#,
        node(1).id,
        node(1).id,
        node(2).id,
        node(1).id,
        node(2).id,
    );
    write(backend, put(node(3), 0, held)).await;
    delete(backend, 1).await.unwrap();
    let record = backend.get(&node(3)).await.unwrap().unwrap();
    let body: serde_json::Value = record.body.read().unwrap();
    let two = node(2).id.to_string();
    let expected = serde_json::json!({ "friends": [two], "rows": [{ "x": 1 }, { "node": two }] });
    assert_eq!((record.version, body), (2, expected));
}

pub async fn a_delete_takes_along_any_number(backend: &dyn Backend) {
    write(backend, put(node(0), 0, "{}")).await;
    let writes = (1..=1_200).map(|it| put(node(it), 0, body(&[("owner", 0)])));
    backend.commit(writes.collect()).await.unwrap();
    let theirs = Key { owner: org(2), ..node(5_000) };
    write(backend, put(theirs, 0, body(&[("owner", 0)]))).await;
    delete(backend, 0).await.unwrap();
    all_gone(backend, &[node(0), node(1), node(600), node(1_200)]).await;
    assert_eq!(version(backend, theirs).await, 1);
}

/// Random graphs, beside a plain model of what should be left.
pub async fn deletes_agree_with_a_model_on_random_graphs(backend: &dyn Backend) {
    const NODES: u32 = 8;
    for seed in 0..40 {
        let mut random = Random(seed + 1);
        let mut graph: Vec<Vec<(&str, u32)>> = Vec::new();
        for _ in 0..NODES {
            let edges = 0..random.below(3);
            graph.push(
                edges
                    .map(|_| {
                        let field = ["owner", "friend", "guard"][random.below(5).min(2) as usize];
                        (field, random.below(NODES))
                    })
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
            );
            graph.last_mut().unwrap().dedup_by_key(|it| it.0);
        }
        let base = 100 * u32::try_from(seed + 1).unwrap();
        for (number, edges) in (0..).zip(&graph) {
            let edges: Vec<_> = edges.iter().map(|it| (it.0, base + it.1)).collect();
            write(backend, put(node(base + number), 0, body(&edges))).await;
        }
        let expected = left(&graph, 0);
        let answer = delete(backend, base).await;
        assert_eq!(answer.is_ok(), expected.is_some(), "{seed}: {graph:?}: {answer:?}");
        for (number, edges) in (0..).zip(&graph) {
            let stays = expected.as_ref().is_none_or(|it| it.contains(&number));
            let record = backend.get(&node(base + number)).await.unwrap();
            assert_eq!(record.is_some(), stays, "{seed}: {number} of {graph:?}");
            let Some(record) = record else { continue };
            let edges: Vec<_> = edges
                .iter()
                .filter(|it| expected.as_ref().is_none_or(|left| left.contains(&it.1)))
                .map(|it| (it.0, base + it.1))
                .collect();
            let found: serde_json::Value = record.body.read().unwrap();
            let expected: serde_json::Value = serde_json::from_str(&body(&edges)).unwrap();
            assert_eq!(found, expected, "{seed}: {number} of {graph:?}");
        }
    }
}

/// The nodes that stay; `None` when the delete is refused.
fn left(graph: &[Vec<(&str, u32)>], deleted: u32) -> Option<BTreeSet<u32>> {
    let mut gone = BTreeSet::from([deleted]);
    loop {
        let before = gone.len();
        for (number, edges) in (0..).zip(graph) {
            if edges.iter().any(|it| it.0 == "owner" && gone.contains(&it.1)) {
                gone.insert(number);
            }
        }
        if gone.len() == before {
            break;
        }
    }
    let stays: BTreeSet<u32> =
        (0..).zip(graph).map(|it| it.0).filter(|it| !gone.contains(it)).collect();
    let guarded = (0..).zip(graph).any(|(number, edges)| {
        stays.contains(&number) && edges.iter().any(|it| it.0 == "guard" && gone.contains(&it.1))
    });
    (!guarded).then_some(stays)
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        u32::try_from((self.0 >> 33) % u64::from(limit)).unwrap()
    }
}

fn node(number: u32) -> Key {
    key(&NODES, number)
}

fn body(edges: &[(&str, u32)]) -> String {
    let edges = edges.iter().filter(|it| !it.0.is_empty());
    let fields: Vec<_> =
        edges.map(|(field, number)| format!(r#""{field}":"{}""#, node(*number).id)).collect();
    format!("{{{}}}", fields.join(","))
}

async fn delete(backend: &dyn Backend, number: u32) -> Result<()> {
    let own = vec![Write::Delete { key: node(number), expect: 1 }];
    let deletion = Deletion::of(backend, COLLECTIONS, &own).await?;
    backend.commit([own, deletion.writes(at(1))?].concat()).await
}
