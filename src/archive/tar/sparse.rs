//! Sparse files: which runs of the content are stored, and where the holes are.

use std::io::BufRead;

use super::header::{BLOCK, Block, Format, Header, field, numeric, size as header_size};
use super::pax::{PaxSparse, integer};
use super::{TarError, TarReader, malformed};

/// A run of stored bytes at an offset of the expanded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    offset: u64,
    length: u64,
}

/// A sparse file read from its beginning: what comes next, stored bytes or a hole.
#[derive(Debug)]
pub(super) struct Sparse {
    /// Not empty runs, in order, not overlapping, within `size`; the first `done` of them are read.
    runs: Vec<Run>,
    done: usize,
    /// Bytes of the expanded file read so far.
    position: u64,
    size: u64,
}

/// What comes next in a sparse file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Stored(u64),
    Hole(u64),
    End,
}

impl Sparse {
    /// Takes offsets and lengths in turn. Refuses runs that overlap, are out of order or beyond `size`.
    pub(super) fn new(numbers: &[u64], size: u64) -> Result<Self, String> {
        let mut runs = Vec::with_capacity(numbers.len().div_ceil(2));
        let mut end = 0;
        for pair in numbers.chunks(2) {
            let &[offset, length] = pair else { return Err("a sparse map with an odd number of numbers".to_owned()) };
            let run_end = offset.checked_add(length).filter(|run_end| offset >= end && *run_end <= size);
            end = run_end.ok_or_else(|| {
                format!("a sparse map whose run at {offset} of {length} bytes does not fit into {size}")
            })?;
            if length > 0 {
                runs.push(Run { offset, length });
            }
        }
        Ok(Self { runs, done: 0, position: 0, size })
    }

    pub(super) fn next(&self) -> Next {
        match self.runs.get(self.done) {
            Some(run) if self.position < run.offset => Next::Hole(run.offset.saturating_sub(self.position)),
            Some(run) => Next::Stored(run.offset.saturating_add(run.length).saturating_sub(self.position)),
            None if self.position < self.size => Next::Hole(self.size.saturating_sub(self.position)),
            None => Next::End,
        }
    }

    /// Moves on by `bytes`, at most what [`Sparse::next`] said. Returns how many of them were stored.
    pub(super) fn advance(&mut self, bytes: u64) -> u64 {
        let next = self.next();
        self.position = self.position.saturating_add(bytes);
        match next {
            Next::Stored(left) => {
                if bytes >= left {
                    self.done = self.done.saturating_add(1);
                }
                bytes
            }
            Next::Hole(_) | Next::End => 0,
        }
    }
}

impl<R: BufRead> TarReader<R> {
    /// Makes the current content that of an expanded file where it is stored sparse, and returns the expanded size.
    pub(super) fn read_sparse_map(
        &mut self,
        header: &Header,
        pax: &PaxSparse,
        start: u64,
    ) -> Result<Option<u64>, TarError> {
        let Some((numbers, size)) = self.sparse_map(header, pax, start)? else { return Ok(None) };
        self.check("a sparse file", size, self.limits.layer_bytes)?;
        self.body.sparse = Some(Sparse::new(&numbers, size).map_err(|what| malformed(start, what))?);
        Ok(Some(size))
    }

    /// The offsets and lengths of a sparse file, and its expanded size; `None` when it is not sparse.
    fn sparse_map(
        &mut self,
        header: &Header,
        pax: &PaxSparse,
        start: u64,
    ) -> Result<Option<(Vec<u64>, u64)>, TarError> {
        if header.flag == b'S' {
            return self.old_gnu_map(header, start).map(Some);
        }
        let Some(map_in_content) = pax.map_in_content() else { return Ok(None) };
        let numbers = if map_in_content {
            self.map_in_content(start)?
        } else {
            pax.numbers().ok_or_else(|| malformed(start, "a sparse map that is not numbers"))?
        };
        Ok(Some((numbers, pax.size.or(pax.real_size).unwrap_or(header.size))))
    }

    fn old_gnu_map(&mut self, header: &Header, start: u64) -> Result<(Vec<u64>, u64), TarError> {
        let unreadable = || malformed(start, "a sparse map that is not numbers");
        // Star uses the same flag for another layout.
        if header.format != Format::Gnu {
            return Err(malformed(start, "a sparse file in an unknown layout"));
        }
        let size = old_gnu_size(&self.block).ok_or_else(unreadable)?;
        let size = header_size(size).map_err(|what| malformed(start, what))?;
        let mut numbers = Vec::new();
        let mut bytes = 0_u64;
        let mut more = old_gnu_runs(&self.block, false, &mut numbers).ok_or_else(unreadable)?;
        while more {
            bytes = bytes.saturating_add(BLOCK as u64);
            self.check("a sparse map", bytes, self.limits.header_bytes)?;
            if !self.read_block()? {
                return Err(self.truncated("a sparse map"));
            }
            more = old_gnu_runs(&self.block, true, &mut numbers).ok_or_else(unreadable)?;
        }
        Ok((numbers, size))
    }

    /// PAX sparse format 1.0: the content begins with the number of runs, then offsets and lengths, each a decimal
    /// line, padded to a block.
    fn map_in_content(&mut self, start: u64) -> Result<Vec<u64>, TarError> {
        let mut line = Vec::new();
        let mut numbers = Vec::new();
        let mut expected = None;
        let mut bytes = 0_u64;
        while expected.is_none_or(|expected| (numbers.len() as u64) < expected) {
            bytes = bytes.saturating_add(BLOCK as u64);
            self.check("a sparse map", bytes, self.limits.header_bytes)?;
            self.body.stored = self
                .body
                .stored
                .checked_sub(BLOCK as u64)
                .ok_or_else(|| malformed(start, "a sparse map longer than its file"))?;
            if !self.read_block()? {
                return Err(self.truncated("a sparse map"));
            }
            for byte in self.block {
                if byte != b'\n' {
                    line.push(byte);
                    continue;
                }
                let number = integer(&line).and_then(|number| u64::try_from(number).ok());
                let number = number.ok_or_else(|| malformed(start, "a sparse map that is not numbers"))?;
                line.clear();
                match expected {
                    None => expected = Some(number.saturating_mul(2)),
                    Some(_) => numbers.push(number),
                }
                if expected == Some(numbers.len() as u64) {
                    break;
                }
            }
        }
        Ok(numbers)
    }
}

/// The size of the expanded file, in an old GNU sparse header.
fn old_gnu_size(block: &Block) -> Option<i64> {
    numeric(field(block, 483..495))
}

/// Appends the map of an old GNU sparse header, or of one of its extension blocks, to `numbers`. Returns whether
/// another extension block follows; `None` when a number is unreadable.
fn old_gnu_runs(block: &Block, extension: bool, numbers: &mut Vec<u64>) -> Option<bool> {
    let (map, more) = if extension { (0..504, 504) } else { (386..482, 482) };
    for pair in field(block, map).chunks_exact(24) {
        // As in GNU and BSD tar, an entry without a first byte ends the map of this block.
        if pair.first() == Some(&0) {
            break;
        }
        for number in pair.chunks_exact(12) {
            numbers.push(u64::try_from(numeric(number)?).ok()?);
        }
    }
    Some(block.get(more).is_some_and(|byte| *byte != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_holes_alternate_to_the_end() {
        let mut sparse = Sparse::new(&[2, 3, 5, 0, 7, 1], 10).unwrap();
        let mut seen = Vec::new();
        loop {
            let next = sparse.next();
            let step = match next {
                Next::End => break,
                // One byte at a time where there are several.
                Next::Stored(bytes) | Next::Hole(bytes) => bytes.min(1),
            };
            seen.push(sparse.advance(step));
        }
        assert_eq!(seen, [0, 0, 1, 1, 1, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn maps_that_cannot_be_are_refused() {
        assert!(Sparse::new(&[0, 11], 10).is_err());
        assert!(Sparse::new(&[5, 2, 6, 1], 10).is_err());
        assert!(Sparse::new(&[5, 2, 1, 1], 10).is_err());
        assert!(Sparse::new(&[u64::MAX, 2], 10).is_err());
        assert!(Sparse::new(&[1], 10).is_err());
    }
}
