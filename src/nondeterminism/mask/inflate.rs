//! Deflated data (RFC 1951) to its end, with the CRC-32 of what came out.

use std::io::{Error, ErrorKind, Read, Result};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// Reads what `packed` holds. Unlike `flate2`'s readers it takes no end for granted: data that stops in the middle of a
/// stream is an error.
pub(super) struct Inflate<'a> {
    packed: &'a [u8],
    state: Decompress,
    ended: bool,
    crc: Crc,
}

impl<'a> Inflate<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Self {
        Self { packed, state: Decompress::new(false), ended: false, crc: Crc::new() }
    }

    /// What follows the deflated data, once all of it is read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.packed
    }

    pub(super) fn crc(&self) -> u32 {
        self.crc.sum()
    }

    /// How many bytes came out so far, modulo 2^32.
    pub(super) fn amount(&self) -> u32 {
        self.crc.amount()
    }

    /// Starts over with other data.
    pub(super) fn restart(&mut self, packed: &'a [u8]) {
        self.packed = packed;
        self.ended = false;
        self.state.reset(false);
        self.crc.reset();
    }
}

impl Read for Inflate<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
        let status = self.state.decompress(self.packed, buffer, FlushDecompress::None)?;
        let taken = usize::try_from(self.state.total_in() - before_in).unwrap_or_default();
        let given = usize::try_from(self.state.total_out() - before_out).unwrap_or_default();
        self.packed = self.packed.get(taken..).unwrap_or_default();
        self.crc.update(buffer.get(..given).unwrap_or_default());
        self.ended = status == Status::StreamEnd;
        if given == 0 && !self.ended {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        Ok(given)
    }
}
