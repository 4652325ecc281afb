//! One 512-byte header block: v7, ustar, star and GNU, told apart and read as Go's `archive/tar` does, which is what
//! Docker, containerd, podman and buildah read layers with.

use std::ops::Range;

use crate::model::text::visible_bytes;

/// Bytes of a tar block.
pub(super) const BLOCK: usize = 512;

/// One block of the stream.
pub(super) type Block = [u8; BLOCK];

/// Where the fields stand (POSIX.1-1988 ustar; GNU tar's `tar.h` for its own).
const NAME: Range<usize> = 0..100;
const MODE: Range<usize> = 100..108;
const UID: Range<usize> = 108..116;
const GID: Range<usize> = 116..124;
const SIZE: Range<usize> = 124..136;
const MTIME: Range<usize> = 136..148;
const CHECKSUM: Range<usize> = 148..156;
const FLAG: usize = 156;
const LINK: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..263;
const VERSION: Range<usize> = 263..265;
const MAJOR: Range<usize> = 329..337;
const MINOR: Range<usize> = 337..345;
const PREFIX: Range<usize> = 345..500;
const STAR_PREFIX: Range<usize> = 345..476;
const STAR_TRAILER: Range<usize> = 508..512;
const GNU_TIMES: [Range<usize>; 2] = [345..357, 357..369];

/// Which of the historic layouts a header follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    V7,
    Ustar,
    Star,
    Gnu,
}

/// A header's fields before any extension is applied.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) format: Format,
    pub(super) flag: u8,
    pub(super) path: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) device: (u32, u32),
}

impl Header {
    /// Reads a block that is not all zeros; the error says what is wrong with it.
    pub(super) fn parse(block: &Block) -> Result<Self, String> {
        check_sum(block)?;
        let format = Format::of(block);
        let flag = block.get(FLAG).copied().unwrap_or_default();
        let is_device = matches!(flag, b'3' | b'4') && format != Format::V7;
        let device = |range| if is_device { number(block, range, "device").map(clamp) } else { Ok(0) };
        Ok(Self {
            format,
            flag,
            path: path(block, format),
            link: text(field(block, LINK)).to_vec(),
            mode: clamp(number(block, MODE, "mode")?) & 0o7777,
            uid: clamp(number(block, UID, "uid")?),
            gid: clamp(number(block, GID, "gid")?),
            size: size(number(block, SIZE, "size")?)?,
            mtime: number(block, MTIME, "mtime")?,
            device: (device(MAJOR)?, device(MINOR)?),
        })
    }
}

impl Format {
    fn of(block: &Block) -> Self {
        match (field(block, MAGIC), field(block, VERSION)) {
            (b"ustar\0", _) if field(block, STAR_TRAILER) == b"tar\0" => Self::Star,
            (b"ustar\0", _) => Self::Ustar,
            (b"ustar ", b" \0") => Self::Gnu,
            _ => Self::V7,
        }
    }
}

fn path(block: &Block, format: Format) -> Vec<u8> {
    let name = text(field(block, NAME));
    let prefix = match format {
        Format::Ustar => text(field(block, PREFIX)),
        Format::Star => text(field(block, STAR_PREFIX)),
        // Go before 1.8 wrote a ustar prefix where GNU keeps times; it shows by times that are no numbers.
        Format::Gnu if !GNU_TIMES.into_iter().all(|range| is_time(field(block, range))) => {
            Some(text(field(block, PREFIX))).filter(|prefix| prefix.is_ascii()).unwrap_or_default()
        }
        Format::Gnu | Format::V7 => b"",
    };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

fn is_time(field: &[u8]) -> bool {
    field.first().is_none_or(|byte| *byte == 0) || numeric(field).is_some()
}

/// Some writers summed signed bytes, so either sum will do.
fn check_sum(block: &Block) -> Result<(), String> {
    let written = numeric(field(block, CHECKSUM));
    let unsigned = sum(block, i32::from);
    if written == Some(unsigned) || written == Some(sum(block, |byte| i32::from(byte.cast_signed()))) {
        return Ok(());
    }
    Err(match written {
        Some(written) => format!("a header whose checksum is {unsigned}, not {written} as it says"),
        None => "a header without a readable checksum".to_owned(),
    })
}

/// All bytes, the checksum's own field counted as spaces.
fn sum(block: &Block, value: impl Fn(u8) -> i32) -> i64 {
    let of = |bytes: &[u8]| i64::from(bytes.iter().map(|byte| value(*byte)).sum::<i32>());
    of(block).saturating_sub(of(field(block, CHECKSUM))).saturating_add(of(&[b' '; 8]))
}

/// The bytes of a field.
pub(super) fn field(block: &[u8], range: Range<usize>) -> &[u8] {
    block.get(range).unwrap_or_default()
}

/// The bytes up to the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn number(block: &Block, range: Range<usize>, name: &str) -> Result<i64, String> {
    let field = field(block, range);
    numeric(field).ok_or_else(|| format!("a header whose {name} is \"{}\"", visible_bytes(field)))
}

/// A number in octal digits between spaces and NULs, or in GNU's base 256 when the first bit is set (two's complement,
/// big endian). `None` when it is neither or beyond 64 bits.
pub(super) fn numeric(field: &[u8]) -> Option<i64> {
    match field.split_first() {
        Some((first, rest)) if first & 0x80 != 0 => base_256(*first, rest),
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<i64> {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_padding(byte)).unwrap_or(field.len());
    let digits = text(field.get(start..).unwrap_or_default()).trim_ascii_end();
    digits.iter().try_fold(0_i64, |value, digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit & 7)),
        _ => None,
    })
}

fn base_256(first: u8, rest: &[u8]) -> Option<i64> {
    // The marker bit stands where the sign would; the next bit is the sign.
    let negative = first & 0x40 != 0;
    let first = if negative { first } else { first & 0x7f };
    rest.iter()
        .try_fold(i64::from(first.cast_signed()), |value, byte| value.checked_mul(256)?.checked_add(i64::from(*byte)))
}

/// A size, which cannot be negative.
pub(super) fn size(value: i64) -> Result<u64, String> {
    u64::try_from(value).map_err(|_| format!("a size of {value}"))
}

/// The nearest number that the field of an inode can hold.
pub(super) fn clamp(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_octal_and_as_base_256() {
        assert_eq!(numeric(b"0000644\0"), Some(0o644));
        assert_eq!(numeric(b"  644 \0\0"), Some(0o644));
        assert_eq!(numeric(b"\0\0\0\0"), Some(0));
        assert_eq!(numeric(b""), Some(0));
        assert_eq!(numeric(b"0000648\0"), None);
        assert_eq!(numeric(b"64 4\0"), None);
        // The vectors of Go's archive/tar, strconv_test.go, TestParseNumeric.
        assert_eq!(numeric(b"\x80\0\0\0\0\0\0\x07\x76\xa2\x22\xeb\x8a\x72\x61"), Some(537_795_476_381_659_745));
        assert_eq!(numeric(b"\xff\xff\xff\xff\xff\xff\xff\xff"), Some(-1));
        assert_eq!(numeric(b"\xf7\xff\xff\xff\xff\xff\xff\xff"), Some(-(1 << 59) - 1));
        assert_eq!(numeric(b"\x80\x7f\xff\xff\xff\xff\xff\xff\xff"), Some(i64::MAX));
        assert_eq!(numeric(b"\x80\x80\0\0\0\0\0\0\0"), None);
    }

    #[test]
    fn owners_beyond_32_bits_are_clamped() {
        assert_eq!(clamp(-5), 0);
        assert_eq!(clamp(1 << 40), u32::MAX);
    }
}
