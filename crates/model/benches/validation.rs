//! What checking a flow of 100,000 nodes and 300,000 edges costs, beside a bare topological sort of
//! the same graph, and what a visitor's next step costs. `cargo bench -p model`.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails says where")]
#![expect(clippy::print_stdout, reason = "its table is for a person")]

#[path = "validation/graph.rs"]
mod graph;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use graph::Shape;
use model::{
    Id, ObjectId,
    flow::{CompiledFlow, FlowBundle, check::check},
};
use petgraph::{algo::toposort, graph::DiGraph};

/// The best of several runs: what the machine does besides is not what is measured.
fn best(mut run: impl FnMut()) -> Duration {
    let times = (0..7).map(|_| {
        let begin = Instant::now();
        run();
        begin.elapsed()
    });
    times.min().unwrap()
}

fn main() {
    // What `cargo test --benches` runs must end soon.
    let small = std::env::args().all(|it| it != "--bench");
    let questions = if small { 100 } else { 10_000 };
    for (name, shape) in [
        ("in layers", Shape { questions, depth: 12 }),
        ("in one row", Shape { questions, depth: questions }),
    ] {
        let bundle = shape.bundle();
        let report = check(&bundle);
        assert!(report.ok, "{:?}", report.findings);
        let checked = best(|| drop(black_box(check(&bundle))));
        let sorted = {
            let graph = petgraph_of(&bundle);
            best(|| drop(black_box(toposort(&graph, None).unwrap())))
        };
        println!(
            "{} nodes, {} edges {name}, paths of {} digits: check {checked:?}, petgraph's toposort \
             {sorted:?}, {:.1} times",
            report.nodes,
            report.edges,
            report.paths.len(),
            checked.as_secs_f64() / sorted.as_secs_f64()
        );
    }
    for depth in [4, 5, 6] {
        let bundle = Shape { questions: depth, depth }.bundle();
        let edges = graph::edges(&bundle);
        let mut paths = 0_u64;
        let searched = best(|| paths = graph::recursive_search(&edges));
        let checked = best(|| drop(black_box(check(&bundle))));
        assert_eq!(check(&bundle).paths, paths.to_string());
        println!("{paths} paths: check {checked:?}, a search of every path {searched:?}");
    }
    next_nodes(&Shape { questions, depth: 12 }.bundle());
}

fn petgraph_of(bundle: &FlowBundle) -> DiGraph<(), ()> {
    DiGraph::from_edges(graph::edges(bundle).into_iter().enumerate().flat_map(|(from, next)| {
        let from = u32::try_from(from).unwrap();
        next.into_iter().map(move |to| (from, u32::try_from(to).unwrap()))
    }))
}

/// From every node of a published flow to the next.
fn next_nodes(bundle: &FlowBundle) {
    let graph = graph::graph(bundle);
    let nodes: Vec<_> = graph.nodes.iter().map(|it| it.id).collect();
    let flow = CompiledFlow::new(Id::new(ObjectId::of("version")), bundle.snapshot.clone());
    let time = best(|| {
        for node in &nodes {
            black_box(flow.after_answer(*node));
        }
    });
    let each = time / u32::try_from(nodes.len()).unwrap();
    println!("the next node of each of {} nodes: {each:?}", nodes.len());
    let few: Vec<_> = nodes.iter().copied().take(500).collect();
    let time = best(|| {
        for node in &few {
            black_box(flow.after_answer(*node));
        }
    });
    println!("of {} nodes: {:?}", few.len(), time / u32::try_from(few.len()).unwrap());
}
