use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    thread,
};

use model::{
    flow::check::{Finding, Report, Severity, check},
    scheduler::ServiceStatus,
    step::{StepConfig, TimeslotMode, TimeslotSelection},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{
    sketch::{Ask, Reply, Sketch, Spot, id},
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
            // Some questions have more answers than anybody would read.
            let replies = match take(32) {
                31 => 13,
                n => n % 4,
            };
            Ask::Choice((0..replies).map(|_| reply(take(251))).collect())
        })
        .collect();
    let root = match take(64) {
        0 => Spot::Service(take(3)),
        n if n % 8 == 0 => Spot::Question(take(asks)),
        _ => Spot::Question(0),
    };
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

/// The rules that look at one node at a time.
fn check_shape(graph: &SlowGraph<'_>, sketch: &Sketch, report: &Report) {
    let questions = graph.spots.iter().filter(|it| matches!(it, Spot::Question(_)));
    let roots: BTreeSet<_> = questions
        .filter(|it| **it != sketch.root && !graph.is_led_to(**it))
        .map(|it| it.node_id().to_string())
        .collect();
    let found = of(report, "graph.many_roots");
    let ids: BTreeSet<_> = found.iter().flat_map(|it| it.ids.clone()).collect();
    assert_eq!(ids, roots);
    let choices = sketch.questions.iter().enumerate();
    let choices = choices.filter(|(_, it)| matches!(it, Ask::Choice(_)));
    let answers: Vec<_> = choices
        .map(|(n, _)| (Spot::Question(n).path(), graph.next(Spot::Question(n)).len()))
        .collect();
    for (code, bounds) in [
        ("graph.question_without_answers", 0..=0),
        ("graph.single_answer", 1..=1),
        ("graph.wide", 13..=usize::MAX),
    ] {
        let expected = answers.iter().filter(|(_, n)| bounds.contains(n)).map(|(path, _)| path);
        assert_eq!(paths(report, code), expected.cloned().collect(), "{code}");
    }
    let reached: BTreeSet<_> =
        graph.reachable().into_iter().filter_map(|it| graph.service(it)).collect();
    let unused = (0..sketch.services).filter(|it| !reached.contains(it));
    let unused = unused.map(|it| Spot::Service(it).path()).collect();
    assert_eq!(paths(report, "graph.service_unused"), unused);
}

/// Where a rule is broken.
fn paths(report: &Report, code: &str) -> BTreeSet<String> {
    let found = of(report, code);
    let paths: BTreeSet<_> = found.iter().map(|it| it.path.clone()).collect();
    assert_eq!(paths.len(), found.len(), "{code} is reported twice");
    paths
}

/// The counts, and whether every path ends at exactly one service.
fn check_paths(graph: &SlowGraph<'_>, report: &Report) -> bool {
    let paths = graph.all_paths();
    let ends_well = |path: &&Vec<Spot>| graph.selects(path[path.len() - 1]);
    let good: Vec<_> = paths.iter().filter(ends_well).collect();
    let questions =
        |path: &&Vec<Spot>| path.iter().filter(|it| matches!(it, Spot::Question(_))).count();
    assert_eq!(report.paths, good.len().to_string());
    let mut ends = BTreeMap::new();
    for path in &good {
        let service = Spot::Service(graph.service(path[path.len() - 1]).unwrap()).path();
        *ends.entry(service).or_insert(0_u32) += 1;
    }
    let ends: BTreeMap<_, _> = ends.into_iter().map(|(it, n)| (it, n.to_string())).collect();
    assert_eq!(report.paths_to, ends);
    let longest: Vec<_> = report.longest.iter().map(|it| Spot::named(it)).collect();
    match good.iter().find(|it| ***it == longest) {
        Some(path) => assert_eq!(questions(path), report.questions.max),
        None => assert!(good.is_empty() && longest.is_empty(), "{longest:?} is no path"),
    }
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
    if !matches!(sketch.root, Spot::Question(_)) {
        assert_eq!(of(&report, "graph.no_root").len(), 1);
        assert_eq!((report.ok, &*report.paths, report.nodes), (false, "0", 0));
        return false;
    }
    assert_eq!(of(&report, "graph.no_root").len(), 0);
    let graph = SlowGraph::new(sketch);
    check_shape(&graph, sketch, &report);
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
    let shapely = ["graph.many_roots", "graph.question_without_answers"]
        .iter()
        .all(|it| of(&report, it).is_empty());
    let whole =
        shapely && graph.bad_edges.is_empty() && graph.reachable().len() == graph.spots.len();
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

/// A flow of many questions one after the other, with some ways past them.
fn deep(bytes: &[u8]) -> Sketch {
    let asks = bytes.len();
    let at = |n: usize| if n < asks { Spot::Question(n) } else { Spot::Service(0) };
    let questions = bytes.iter().enumerate().map(|(n, byte)| {
        let past = Reply { selects: None, next: Some(at(n + 2)) };
        let on = Reply { selects: None, next: Some(at(n + 1)) };
        match byte % 4 {
            0 => Ask::Choice(vec![on, past]),
            1 => Ask::Choice(vec![past, on, Reply { selects: Some(0), next: None }]),
            _ => Ask::Number(Some(at(n + 1))),
        }
    });
    let questions = questions.collect();
    Sketch { root: Spot::Question(0), questions, services: 1, more_edges: Vec::new() }
}

proptest! {
    #![proptest_config(Config { cases: 500, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_path_of_more_than_twelve_questions_is_shown(bytes in prop::collection::vec(any::<u8>(), 1..18)) {
        let sketch = deep(&bytes);
        let report = check(&sketch.bundle());
        let graph = SlowGraph::new(&sketch);
        check_paths(&graph, &report);
        let questions = |path: &[Spot]| path.iter().filter(|it| matches!(it, Spot::Question(_))).count();
        let most = graph.all_paths().iter().map(|it| questions(it)).max().unwrap();
        let found = of(&report, "graph.deep");
        prop_assert_eq!(found.len(), usize::from(most > 12));
        for finding in found {
            let walk = walk(&graph, finding);
            prop_assert_eq!((walk[0], questions(&walk)), (sketch.root, most));
        }
    }

    /// What a visitor can come to must be bookable; what they cannot need not be.
    #[test]
    fn services_are_held_to_the_rules_where_a_visitor_comes_to_them(
        numbers in any::<[u64; 3]>(),
        timed: bool,
        archived in any::<[bool; 2]>(),
        planned in any::<[bool; 2]>(),
    ) {
        let sketch = sketch(&numbers.map(u64::to_le_bytes).concat());
        prop_assume!(matches!(sketch.root, Spot::Question(_)));
        let mut bundle = sketch.bundle();
        for (n, service) in bundle.snapshot.services.iter_mut().enumerate() {
            service.body.schedule_id = planned[n].then(|| id(60, n));
            if archived[n] {
                service.body.status = ServiceStatus::Archived;
            }
        }
        if timed {
            let mut step = bundle.snapshot.steps[0].clone();
            step.id = id(8, 9);
            step.body.config = StepConfig::TimeslotSelection(TimeslotSelection {
                mode: TimeslotMode::Exact,
                horizon_days: None,
                lead_time_minutes: None,
                offer_first_available: true,
                call_to_book: None,
                hold_minutes: 10,
            });
            bundle.snapshot.steps.insert(1, step);
        }
        let report = check(&bundle);
        let graph = SlowGraph::new(&sketch);
        let reached: BTreeSet<_> =
            graph.reachable().into_iter().filter_map(|it| graph.service(it)).collect();
        let such = |holds: &dyn Fn(usize) -> bool| -> BTreeSet<String> {
            reached.iter().filter(|n| holds(**n)).map(|n| Spot::Service(*n).path()).collect()
        };
        prop_assert_eq!(paths(&report, "graph.archived_service"), such(&|n| archived[n]));
        let unplanned = such(&|n| timed && !planned[n]);
        prop_assert_eq!(paths(&report, "graph.service_not_bookable"), unplanned);
        let missing = (0..sketch.services).filter(|n| planned[*n]).count();
        prop_assert_eq!(of(&report, "reference.missing").len(), missing);
    }
}
