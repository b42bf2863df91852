//! Great graphs: counted exactly, in linear time, on a small stack.

use std::time::{Duration, Instant};

use model::flow::check::{Report, check};

use crate::sketch::{Ask, Reply, Sketch, Spot};

/// Generous: what is quadratic takes minutes.
const LIMIT: Duration = Duration::from_mins(1);

fn timed(sketch: &Sketch) -> Report {
    let bundle = sketch.bundle();
    let begin = Instant::now();
    let report = check(&bundle);
    assert!(begin.elapsed() < LIMIT, "{:?}", begin.elapsed());
    report
}

/// Questions in a row, each with so many answers that all lead to the next.
fn row(questions: usize, answers: usize) -> Sketch {
    let ask = |n: usize| {
        let next = if n + 1 < questions { Spot::Question(n + 1) } else { Spot::Service(0) };
        Ask::Choice(vec![Reply { selects: None, next: Some(next) }; answers])
    };
    let questions = (0..questions).map(ask).collect();
    Sketch { root: Spot::Question(0), questions, services: 1, more_edges: Vec::new() }
}

/// 2 to the power of `n`, by doubling the decimal digits.
fn power_of_two(n: usize) -> String {
    let mut digits = vec![1_u8];
    for _ in 0..n {
        let mut carry = 0;
        for digit in &mut digits {
            let sum = *digit * 2 + carry;
            (*digit, carry) = (sum % 10, sum / 10);
        }
        digits.extend((carry > 0).then_some(carry));
    }
    digits.iter().rev().map(|it| char::from(b'0' + it)).collect()
}

#[test]
fn two_to_the_six_hundredth_paths_are_counted_exactly() {
    let report = timed(&row(600, 2));
    assert!(report.ok);
    assert_eq!(report.paths, power_of_two(600));
    assert_eq!((report.questions.min, report.questions.max), (600, 600));
}

#[test]
fn a_hundred_thousand_nodes_in_a_row_do_not_overflow_the_stack() {
    let report = timed(&row(50_000, 1));
    assert_eq!((report.nodes, report.paths.as_str()), (100_001, "1"));
    assert_eq!(report.questions.max, 50_000);
}

#[test]
fn a_question_with_a_hundred_thousand_answers_is_checked() {
    let report = timed(&row(1, 100_000));
    assert_eq!((report.nodes, report.paths.as_str()), (100_002, "100000"));
}

#[test]
fn a_cycle_before_a_long_way_is_found_at_once() {
    let mut sketch = row(50_000, 1);
    sketch.root = Spot::Question(50_000);
    let around = [Spot::Question(50_000), Spot::Question(0)];
    let replies = around.map(|it| Reply { selects: None, next: Some(it) });
    sketch.questions.push(Ask::Choice(replies.to_vec()));
    let report = timed(&sketch);
    let cycle = report.findings.iter().find(|it| it.code == "graph.cycle").unwrap();
    assert_eq!(cycle.witness.len(), 3);
}

#[test]
fn however_much_is_wrong_a_report_stays_short() {
    let mut sketch = row(1, 20_000);
    let Ask::Choice(replies) = &mut sketch.questions[0] else { panic!() };
    for reply in replies {
        reply.next = None;
    }
    let edges = sketch.edges();
    sketch.more_edges = edges;
    let report = timed(&sketch);
    let count = |code: &str| report.findings.iter().filter(|it| it.code == code).count();
    assert_eq!((count("graph.dead_end"), count("graph.duplicate_edge")), (50, 50));
    assert!(!report.ok);
}
