use crc32fast::Hasher;

/// Over all columns of a row: the numbers, of which each table has as many in every row, and the
/// texts with their lengths, so that none can flow into the next.
pub(crate) fn checksum(numbers: &[i64], texts: &[&[u8]]) -> i64 {
    let mut hasher = Hasher::new();
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    i64::from(hasher.finalize())
}
