//! Whether what many clients saw of one stream can have happened in one order.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// What one client did on the stream, and what it was told.
#[derive(Debug, Clone)]
pub struct Operation {
    /// When it was sent, since any moment that is the same for all.
    pub begun: Duration,
    /// When its answer was there.
    pub ended: Duration,
    pub seen: Seen,
}

/// An answer. `sequence` is of the last event that it knows of.
#[derive(Debug, Clone)]
pub enum Seen {
    /// The command was appended behind the expected sequence.
    Appended { command: String, expected: u64, sequence: u64 },
    /// It was not, because others were there already.
    Refused { command: String, sequence: u64 },
    /// Nobody knows.
    Unanswered { command: String },
    /// It was only looked.
    Read { sequence: u64 },
}

impl Seen {
    fn sequence(&self) -> Option<u64> {
        match self {
            Self::Appended { sequence, .. }
            | Self::Refused { sequence, .. }
            | Self::Read { sequence } => Some(*sequence),
            Self::Unanswered { .. } => None,
        }
    }
}

/// An event of the stream as it was in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub sequence: u64,
    pub command: String,
}

/// A sentence for everything that cannot be. Whatever began the stream is nobody's operation.
pub fn anomalies(operations: &[Operation], stream: &[Event]) -> Vec<String> {
    let mut anomalies = Vec::new();
    if !stream.iter().map(|it| it.sequence).eq(1..=stream.len() as u64) {
        anomalies.push("the stream is not 1, 2, 3 …".to_owned());
    }
    let mut places = HashMap::new();
    for run in stream.chunk_by(|a, b| a.command == b.command) {
        let (first, last) = (run[0].sequence, run[run.len() - 1].sequence);
        if places.insert(run[0].command.as_str(), (first, last)).is_some() {
            anomalies.push(format!("{} was appended twice", run[0].command));
        }
    }
    let mut sent = HashSet::new();
    for operation in operations {
        match &operation.seen {
            Seen::Appended { command, expected, sequence } => {
                sent.insert(command.as_str());
                let place = places.get(command.as_str());
                if place != Some(&(expected + 1, *sequence)) {
                    anomalies.push(format!("{operation:?}, but it is at {place:?}"));
                }
            }
            Seen::Refused { command, .. } if places.contains_key(command.as_str()) => {
                anomalies.push(format!("{operation:?}, but it was appended"));
            }
            Seen::Unanswered { command } => {
                sent.insert(command.as_str());
            }
            Seen::Refused { .. } | Seen::Read { .. } => {}
        }
    }
    for (command, (first, _)) in &places {
        if *first > 1 && !sent.contains(command) {
            anomalies.push(format!("nobody sent {command}"));
        }
    }
    anomalies.extend(stale(operations));
    anomalies
}

/// Whoever begins after somebody was told of an event sees that event.
fn stale(operations: &[Operation]) -> Vec<String> {
    let mut begun: Vec<_> = operations.iter().collect();
    let mut ended = begun.clone();
    begun.sort_by_key(|it| it.begun);
    ended.sort_by_key(|it| it.ended);
    let mut ended = ended.into_iter().peekable();
    let mut told = 0;
    let mut stale = Vec::new();
    for operation in begun {
        while let Some(earlier) = ended.next_if(|it| it.ended < operation.begun) {
            told = told.max(earlier.seen.sequence().unwrap_or(0));
        }
        if operation.seen.sequence().is_some_and(|it| it < told) {
            stale.push(format!("{operation:?}, but {told} was told before it began"));
        }
    }
    stale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(begun: u64, ended: u64, seen: Seen) -> Operation {
        let (begun, ended) = (Duration::from_millis(begun), Duration::from_millis(ended));
        Operation { begun, ended, seen }
    }

    fn appended(command: &str, expected: u64, sequence: u64) -> Seen {
        Seen::Appended { command: command.to_owned(), expected, sequence }
    }

    /// A stream of the commands, one event of each.
    fn stream(commands: &[&str]) -> Vec<Event> {
        let numbered = (1..).zip(commands);
        numbered.map(|(sequence, it)| Event { sequence, command: (*it).to_owned() }).collect()
    }

    #[test]
    fn what_happened_in_one_order_is_no_anomaly() {
        let operations = [
            at(0, 9, Seen::Unanswered { command: "lost".to_owned() }),
            at(1, 2, appended("a", 1, 2)),
            at(1, 3, Seen::Refused { command: "b".to_owned(), sequence: 2 }),
            at(1, 4, Seen::Read { sequence: 1 }),
            at(4, 5, appended("b-again", 2, 3)),
            at(6, 7, Seen::Read { sequence: 3 }),
        ];
        let found = anomalies(&operations, &stream(&["start", "a", "b-again"]));
        assert_eq!(found, [""; 0]);
        let found = anomalies(&operations, &stream(&["start", "a", "b-again", "lost"]));
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_lost_update_is_an_anomaly() {
        let both = [at(0, 2, appended("a", 1, 2)), at(1, 3, appended("b", 1, 2))];
        assert_eq!(anomalies(&both, &stream(&["start", "b"])).len(), 1);
        assert_eq!(anomalies(&both, &stream(&["start", "a", "b"])).len(), 1);
        assert_eq!(anomalies(&both, &stream(&["start"])).len(), 2);
    }

    #[test]
    fn a_stale_read_is_an_anomaly() {
        let read =
            |begun| [at(0, 2, appended("a", 1, 2)), at(begun, 9, Seen::Read { sequence: 1 })];
        let stream = stream(&["start", "a"]);
        assert_eq!(anomalies(&read(1), &stream), [""; 0]);
        assert_eq!(anomalies(&read(3), &stream).len(), 1);
    }

    #[test]
    fn a_stream_that_nobody_wrote_so_is_an_anomaly() {
        let operations = [
            at(0, 1, appended("a", 1, 2)),
            at(2, 3, Seen::Refused { command: "b".to_owned(), sequence: 2 }),
        ];
        let mut gap = stream(&["start", "a"]);
        gap[1].sequence = 3;
        for stream in [
            stream(&["start", "a", "a-stranger"]),
            stream(&["start", "a", "b"]),
            stream(&["a", "start"]),
            gap,
        ] {
            assert!(!anomalies(&operations, &stream).is_empty(), "{stream:?}");
        }
        let twice = stream(&["start", "a", "c", "a"]);
        let found = anomalies(&operations, &twice);
        assert!(found.contains(&"a was appended twice".to_owned()), "{found:?}");
    }
}
