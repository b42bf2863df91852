use std::{cell::Cell, collections::BTreeSet, thread};

use model::flow::check::{Finding, Report, Severity, check};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{
    sketch::{Ask, Reply, Sketch, Spot},
    slow_graph::SlowGraph,
};

const GRAPHS: u32 = 100_000;

/// Reads a graph from bytes: any bytes are one.
fn sketch(bytes: &[u8]) -> Sketch {
    let mut bytes = bytes.iter().map(|it| usize::from(*it));
    let mut take = |below: usize| bytes.next().unwrap_or(0) % below;
    let (asks, services) = (take(4) + 1, take(2) + 1);
    let questions = (0..asks)
        .map(|_| {
            if take(4) == 0 {
                return Ask::Number(next(take(8), asks, services));
            }
            let reply = |it: usize| {
                let (selects, both) = (it.is_multiple_of(5), it.is_multiple_of(7));
                let next = || next(it / 5, asks, services);
                Reply {
                    selects: selects.then_some(it / 5 % services),
                    next: if selects && !both { None } else { next() },
                }
            };
            Ask::Choice((0..take(4)).map(|_| reply(take(251))).collect())
        })
        .collect();
    let root = Spot::Question(if take(8) == 0 { take(asks) } else { 0 });
    let mut sketch = Sketch { root, questions, services, more_edges: Vec::new() };
    let spots = sketch.spots();
    if take(8) == 1 {
        let nowhere = [Spot::Service(9)];
        let any = |n: usize| *spots.iter().chain(&nowhere).cycle().nth(n).unwrap();
        sketch.more_edges.push((any(take(64)), any(take(64))));
    }
    sketch
}

fn next(choice: usize, asks: usize, services: usize) -> Option<Spot> {
    match choice % 8 {
        0 => None,
        1..=3 => Some(Spot::Question(choice / 8 % asks)),
        4 => Some(Spot::Question(asks - 1)),
        _ => Some(Spot::Service(choice / 8 % services)),
    }
}

fn of<'a>(report: &'a Report, code: &str) -> Vec<&'a Finding> {
    report.findings.iter().filter(|it| it.code == code).collect()
}

/// The witness as nodes, and that each leads to the next.
fn walk(graph: &SlowGraph<'_>, finding: &Finding) -> Vec<Spot> {
    let walk: Vec<_> = finding.witness.iter().map(|it| Spot::named(it)).collect();
    for pair in walk.windows(2) {
        assert!(graph.next(pair[0]).contains(&pair[1]), "{finding:?} takes no edge");
    }
    walk
}

fn check_dead_ends(graph: &SlowGraph<'_>, sketch: &Sketch, report: &Report) {
    let found = of(report, "graph.dead_end");
    let mut ends = BTreeSet::new();
    for finding in found {
        let walk = walk(graph, finding);
        let end = walk[walk.len() - 1];
        assert_eq!(walk[0], sketch.root);
        assert!(graph.is_dead_end(end), "{finding:?}");
        assert_eq!(Some(walk.len()), graph.shortest_walk(|spot, _| spot == end), "{finding:?}");
        assert!(ends.insert(end), "{finding:?} is reported twice");
    }
    let expected = graph.reachable().into_iter().filter(|it| graph.is_dead_end(*it));
    assert_eq!(ends, expected.collect());
}

fn check_two_services(graph: &SlowGraph<'_>, sketch: &Sketch, report: &Report) {
    let lengths = of(report, "graph.two_services").into_iter().map(|finding| {
        let walk = walk(graph, finding);
        assert_eq!(walk[0], sketch.root);
        assert_eq!(graph.services_on(&walk), 2, "{finding:?}");
        assert!(graph.selects(walk[walk.len() - 1]), "{finding:?}");
        walk.len()
    });
    assert_eq!(lengths.min(), graph.shortest_walk(|_, services| services > 1));
}

fn check_cycle(graph: &SlowGraph<'_>, report: &Report) {
    let lengths = of(report, "graph.cycle").into_iter().map(|finding| {
        let walk = walk(graph, finding);
        assert_eq!(walk[0], walk[walk.len() - 1], "{finding:?}");
        walk.len() - 1
    });
    assert_eq!(lengths.min(), graph.shortest_cycle());
}

fn check_unreachable(graph: &SlowGraph<'_>, report: &Report) {
    let reachable = graph.reachable();
    let lost = graph.spots.iter().filter(|it| !reachable.contains(it));
    let lost: BTreeSet<_> = lost.map(|it| it.node_id().to_string()).collect();
    let found = of(report, "graph.unreachable");
    let ids: BTreeSet<_> = found.iter().flat_map(|it| it.ids.clone()).collect();
    assert_eq!(ids, lost);
}

fn check_bad_edges(graph: &SlowGraph<'_>, report: &Report) {
    for code in [
        "graph.edge_kind",
        "graph.duplicate_edge",
        "graph.dangling",
        "graph.answer_of_other_question",
    ] {
        let expected = graph.bad_edges.iter().filter(|it| **it == code).count();
        assert_eq!(of(report, code).len(), expected, "{code}");
    }
}

/// The counts, and whether every path ends at exactly one service.
fn check_paths(graph: &SlowGraph<'_>, report: &Report) -> bool {
    let paths = graph.all_paths();
    let ends_well = |path: &&Vec<Spot>| graph.selects(path[path.len() - 1]);
    let good: Vec<_> = paths.iter().filter(ends_well).collect();
    let questions =
        |path: &&Vec<Spot>| path.iter().filter(|it| matches!(it, Spot::Question(_))).count();
    assert_eq!(report.paths, good.len().to_string());
    assert_eq!(report.questions.min, good.iter().map(questions).min().unwrap_or(0));
    assert_eq!(report.questions.max, good.iter().map(questions).max().unwrap_or(0));
    let sound = paths.iter().all(|it| ends_well(&it) && graph.services_on(it) == 1);
    if sound {
        let share = |spot: &Spot| {
            1.0 / u32::try_from(graph.next(*spot).len().max(1)).map_or(1.0, f64::from)
        };
        let weighted = paths.iter().map(|path| {
            let chance: f64 = path.iter().map(share).product();
            chance * u32::try_from(questions(&path)).map_or(0.0, f64::from)
        });
        assert!((report.questions.mean - weighted.sum::<f64>()).abs() < 1e-9);
    }
    sound
}

/// Whether the graph is sound, on which both agree.
fn agree(sketch: &Sketch) -> bool {
    let report = check(&sketch.bundle());
    let graph = SlowGraph::new(sketch);
    check_dead_ends(&graph, sketch, &report);
    check_two_services(&graph, sketch, &report);
    check_cycle(&graph, &report);
    check_unreachable(&graph, &report);
    check_bad_edges(&graph, &report);
    let sound = if graph.shortest_cycle().is_none() {
        check_paths(&graph, &report)
    } else {
        assert_eq!(report.paths, "0");
        false
    };
    let whole = graph.bad_edges.is_empty() && graph.reachable().len() == graph.spots.len();
    assert_eq!(report.ok, sound && whole, "{:?}", report.findings);
    assert_eq!(report.ok, report.findings.iter().all(|it| it.severity == Severity::Warning));
    report.ok
}

/// How many of so many graphs were sound.
fn agree_on_random_graphs(graphs: u32) -> u32 {
    let config = Config { cases: graphs, failure_persistence: None, ..Config::default() };
    let sound = Cell::new(0);
    TestRunner::new(config)
        .run(&any::<[u64; 3]>(), |numbers| {
            let bytes = numbers.map(u64::to_le_bytes).concat();
            sound.set(sound.get() + u32::from(agree(&sketch(&bytes))));
            Ok(())
        })
        .unwrap();
    sound.get()
}

#[test]
fn the_proof_agrees_with_looking_at_every_path() {
    let sound: u32 = thread::scope(|scope| {
        let halves = [(); 2].map(|()| scope.spawn(|| agree_on_random_graphs(GRAPHS / 2)));
        halves.map(|it| it.join().unwrap()).iter().sum()
    });
    assert!(sound > GRAPHS / 100, "only {sound} graphs were sound");
}
