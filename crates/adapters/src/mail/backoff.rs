use std::time::Duration;

const WAITS: [Duration; 7] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(4),
    Duration::from_hours(12),
    Duration::from_hours(24),
];

/// How long to wait after so many attempts that failed temporarily; `None` is to give up.
pub fn next_attempt(attempts: u32) -> Option<Duration> {
    let failed_before = usize::try_from(attempts).ok()?.saturating_sub(1);
    WAITS.get(failed_before).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..).map_while(next_attempt).collect();
        assert_eq!(waits.len(), 7);
        assert_eq!(waits[0], Duration::from_mins(1));
        assert!(waits.is_sorted_by(|earlier, later| earlier < later), "{waits:?}");
        assert_eq!(waits[6], Duration::from_hours(24));
        assert_eq!(next_attempt(8), None);
        assert_eq!(next_attempt(u32::MAX), None);
    }

    #[test]
    fn what_was_never_tried_waits_no_longer_than_after_one_attempt() {
        assert_eq!(next_attempt(0), next_attempt(1));
    }
}
