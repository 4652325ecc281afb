//! `SQLite` databases by what they hold: the schema and every row of every table and index, in their order.
//!
//! What goes is how pages are laid out: counters of changes, which page holds what, the free list. Free pages and gaps
//! within pages go too, though rows that were deleted may still stand there: no query reaches them. Each page must be
//! accounted for exactly once, as part of a tree, of a long row, of the free list or of the map of an incremental
//! vacuum. Nothing is proven of a file with reserved bytes (encryption), with rows out of order, or cut short.
//! A write-ahead log is a file of its own, and its rows are not looked at here.
//!
//! "Database File Format", sqlite.org/fileformat2.html; the numbers of its sections stand beside the rules.

use std::ops::Range;

use super::super::anatomy::{array, u32_be};
use super::Mask;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "sqlite-layout",
    covers: "SQLite databases, wherever they are",
    explanation: Explanation::Noise,
    cause: "a database counts its changes, and lays out its pages by their order",
    fix: "write it in one transaction and VACUUM it, or make it when the container starts",
    each_build: false,
    max_bytes: 16 << 20,
    matches,
    apply,
};

const MAGIC: &[u8] = b"SQLite format 3\0";

/// The header of 100 bytes (1.3): what counts changes or places, and goes.
const COUNTERS: &[Range<usize>] = &[24..28, 28..32, 32..40, 40..44, 52..56, 92..96];

/// The limit of `SQLite` itself on the depth of a tree.
const DEEPEST: usize = 20;

fn matches(_: &ImagePath, head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    let changes = u32_be(bytes, 24)?;
    let canonical = {
        let mut database = Database::open(bytes)?;
        database.free_list()?;
        let mut schema = Vec::new();
        database.tree(1, &mut schema)?;
        let mut out = header(bytes)?;
        // Whether pages are mapped for an incremental vacuum, not which is the last root.
        out.push(u8::from(database.is_mapped));
        for row in schema {
            let entry = Entry::read(&row.record)?;
            entry.write(&mut out);
            if entry.root != 0 {
                let mut rows = Vec::new();
                database.tree(entry.root, &mut rows)?;
                database.budget = database.budget.checked_sub(rows.len().checked_mul(16)?)?;
                // Led by their number, so that no row reads as what follows the last.
                out.extend((rows.len() as u64).to_be_bytes());
                for row in rows {
                    row.write(&mut out);
                }
            }
        }
        database.used.iter().all(|used| *used).then_some(out)?
    };
    *bytes = canonical;
    Some(vec![Hidden::new("changes", changes)])
}

fn header(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut header = bytes.get(..100)?.to_vec();
    for counter in COUNTERS {
        header.get_mut(counter.clone())?.fill(0);
    }
    Some(header)
}

/// One row of a table, or one entry of an index.
struct Row {
    /// `None` in an index.
    rowid: Option<i64>,
    record: Vec<u8>,
}

impl Row {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.rowid.unwrap_or_default().to_be_bytes());
        out.extend((self.record.len() as u64).to_be_bytes());
        out.extend_from_slice(&self.record);
    }
}

/// A row of the schema (2.6): the record of type, name, table's name, root page and SQL.
struct Entry<'a> {
    /// Serial type and bytes of each column, the root page left out.
    columns: Vec<(u64, &'a [u8])>,
    /// 0 for a view or a trigger.
    root: u32,
}

impl<'a> Entry<'a> {
    fn read(record: &'a [u8]) -> Option<Self> {
        let (header, mut at) = varint(record, 0)?;
        let header = usize::try_from(header).ok()?;
        let mut body = record.get(header..)?;
        let mut columns = Vec::new();
        while at < header {
            let (kind, next) = varint(record, at)?;
            at = next;
            let (column, rest) = body.split_at_checked(serial_size(kind)?)?;
            columns.push((kind, column));
            body = rest;
        }
        if columns.len() != 5 || at != header || !body.is_empty() {
            return None;
        }
        let (kind, root) = columns.remove(3);
        let root = match kind {
            0 | 8 => 0,
            9 => 1,
            1..=4 => root.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)),
            _ => return None,
        };
        Some(Self { columns, root })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.root != 0));
        for (kind, column) in &self.columns {
            out.extend(kind.to_be_bytes());
            out.extend_from_slice(column);
        }
    }
}

/// The bytes of a value, by its serial type (2.1).
fn serial_size(kind: u64) -> Option<usize> {
    match kind {
        0 | 8 | 9 => Some(0),
        1..=4 => usize::try_from(kind).ok(),
        5 => Some(6),
        6 | 7 => Some(8),
        10 | 11 => None,
        long => usize::try_from((long - 12) / 2).ok(),
    }
}

/// A number of one to nine bytes, and where it ends (1.6).
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    for (place, byte) in bytes.get(at..)?.iter().take(9).enumerate() {
        if place == 8 {
            return Some((number << 8 | u64::from(*byte), at + 9));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, at + place + 1));
        }
    }
    None
}

/// The pages of a file, and which are accounted for.
struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    used: Vec<bool>,
    /// Whether pages that map the others stand among them (1.8).
    is_mapped: bool,
    /// How many more bytes may be taken out: rows that share their bytes could make a small file huge.
    budget: usize,
}

/// What is still to be walked of a tree.
enum Step {
    Page {
        number: u32,
        depth: usize,
    },
    /// A row of an inner page of an index, between the pages of its neighbours.
    Row(Row),
    /// The greatest row number that may stand in front of here, of an inner page of a table.
    Bound(i64),
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let page_size = match u16::from_be_bytes(array(bytes, 16)?) {
            1 => 65_536,
            size if size >= 512 && size.is_power_of_two() => usize::from(size),
            _ => return None,
        };
        let has_no_reserve = array(bytes, 20)? == [0, 64, 32, 32];
        let pages = bytes.len() / page_size;
        // A version-valid-for that is not the change counter means that the size in the header is out of date.
        let is_whole = bytes.len().is_multiple_of(page_size)
            && u32_be(bytes, 24) == u32_be(bytes, 92)
            && u64::from(u32_be(bytes, 28)?) == pages as u64;
        if !has_no_reserve || !is_whole {
            return None;
        }
        let is_mapped = u32_be(bytes, 52)? != 0;
        let budget = bytes.len().checked_mul(2)?;
        let mut database = Self { bytes, page_size, used: vec![false; pages], is_mapped, budget };
        if is_mapped {
            let step = page_size / 5 + 1;
            for page in database.used.iter_mut().skip(1).step_by(step) {
                *page = true;
            }
        }
        Some(database)
    }

    /// The bytes of a page, which is not asked for twice.
    fn page(&mut self, number: u32) -> Option<&'a [u8]> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let used = self.used.get_mut(index).filter(|used| !**used)?;
        *used = true;
        self.bytes.get(index.checked_mul(self.page_size)?..)?.get(..self.page_size)
    }

    /// Accounts for the pages that hold nothing (1.5).
    fn free_list(&mut self) -> Option<()> {
        let (mut trunk, mut left) = (u32_be(self.bytes, 32)?, u32_be(self.bytes, 36)?);
        while trunk != 0 {
            let page = self.page(trunk)?;
            let leaves = u32_be(page, 4)?;
            left = left.checked_sub(1)?.checked_sub(leaves)?;
            for leaf in 0..usize::try_from(leaves).ok()? {
                self.page(u32_be(page, leaf.checked_mul(4)?.checked_add(8)?)?)?;
            }
            trunk = u32_be(page, 0)?;
        }
        (left == 0).then_some(())
    }

    /// The rows of the tree with this root, in order (1.6).
    fn tree(&mut self, root: u32, rows: &mut Vec<Row>) -> Option<()> {
        let mut steps = vec![Step::Page { number: root, depth: 0 }];
        let mut last: Option<i64> = None;
        let mut is_table = None;
        while let Some(step) = steps.pop() {
            match step {
                Step::Row(row) => rows.push(row),
                // Nothing beyond the bound may stand in front of it, nor what is within it behind.
                Step::Bound(bound) => {
                    if last.is_some_and(|last| last > bound) {
                        return None;
                    }
                    last = Some(bound);
                }
                Step::Page { number, depth } => {
                    let page = self.page(number)?;
                    let start = if number == 1 { 100 } else { 0 };
                    let kind = *page.get(start)?;
                    let of_table = matches!(kind, 5 | 13);
                    if depth > DEEPEST || *is_table.get_or_insert(of_table) != of_table {
                        return None;
                    }
                    match kind {
                        2 | 5 => self.inner(page, start, depth, &mut steps)?,
                        10 => {
                            for at in cells(page, start, 8)? {
                                rows.push(self.index_entry(page, at?)?);
                            }
                        }
                        13 => {
                            for at in cells(page, start, 8)? {
                                let row = self.table_row(page, at?)?;
                                if last.is_some_and(|last| row.rowid.is_none_or(|rowid| rowid <= last)) {
                                    return None;
                                }
                                last = row.rowid;
                                rows.push(row);
                            }
                        }
                        _ => return None,
                    }
                }
            }
        }
        Some(())
    }

    /// Puts the children of an inner page, and what stands between them, before all other steps.
    fn inner(&mut self, page: &'a [u8], start: usize, depth: usize, steps: &mut Vec<Step>) -> Option<()> {
        let mut ahead = Vec::new();
        for at in cells(page, start, 12)? {
            let at = at?;
            ahead.push(Step::Page { number: u32_be(page, at)?, depth: depth + 1 });
            ahead.push(if page.get(start) == Some(&5) {
                Step::Bound(varint(page, at + 4)?.0.cast_signed())
            } else {
                Step::Row(self.index_entry(page, at + 4)?)
            });
        }
        ahead.push(Step::Page { number: u32_be(page, start + 8)?, depth: depth + 1 });
        steps.extend(ahead.into_iter().rev());
        Some(())
    }

    fn table_row(&mut self, page: &'a [u8], at: usize) -> Option<Row> {
        let (size, at) = varint(page, at)?;
        let (rowid, at) = varint(page, at)?;
        let record = self.payload(page, at, size, self.page_size - 35)?;
        Some(Row { rowid: Some(rowid.cast_signed()), record })
    }

    fn index_entry(&mut self, page: &'a [u8], at: usize) -> Option<Row> {
        let (size, at) = varint(page, at)?;
        let record = self.payload(page, at, size, (self.page_size - 12) * 64 / 255 - 23)?;
        Some(Row { rowid: None, record })
    }

    /// A payload of `size` bytes at `at`. Where it is longer than `most`, it goes on in pages of its own (1.6, 1.7).
    fn payload(&mut self, page: &'a [u8], at: usize, size: u64, most: usize) -> Option<Vec<u8>> {
        let size = usize::try_from(size).ok()?;
        self.budget = self.budget.checked_sub(size)?;
        if size <= most {
            return page.get(at..at + size).map(<[u8]>::to_vec);
        }
        let in_each = self.page_size - 4;
        let least = (self.page_size - 12) * 32 / 255 - 23;
        let local = least + (size - least) % in_each;
        let local = if local <= most { local } else { least };
        let mut payload = page.get(at..at + local)?.to_vec();
        let mut next = u32_be(page, at + local)?;
        while payload.len() < size {
            let page = self.page(next)?;
            next = u32_be(page, 0)?;
            payload.extend_from_slice(page.get(4..4 + in_each.min(size - payload.len()))?);
        }
        (next == 0).then_some(payload)
    }
}

/// Where the cells of a page stand, which has a header of `header` bytes at `start`.
fn cells(page: &[u8], start: usize, header: usize) -> Option<impl Iterator<Item = Option<usize>>> {
    let count = usize::from(u16::from_be_bytes(array(page, start + 3)?));
    let pointers = page.get(start + header..)?.get(..count * 2)?;
    Some((0..count).map(|cell| Some(usize::from(u16::from_be_bytes(array(pointers, cell * 2)?)))))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};

    /// The same rows, written in one go and in many, between which a table came and went: see the folder's README.
    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.sqlite");
    const ANOTHER: &[u8] = include_bytes!("../../../tests/data/masks/another.sqlite");

    fn of(database: &[u8]) -> Option<Vec<u8>> {
        masked("var/lib/app/app.db", database).map(|(_, left)| left)
    }

    fn with(from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = ANOTHER.windows(from.len()).rposition(|part| part == from).unwrap();
        [&ANOTHER[..at], to, &ANOTHER[at + from.len()..]].concat()
    }

    #[test]
    fn the_same_rows_are_equal_however_they_were_written() {
        assert_ne!(ONE.len(), ANOTHER.len());
        assert_eq!(of(ONE).unwrap(), of(ANOTHER).unwrap());
        assert!(hidden("app.db", ONE)[0].starts_with("changes "));
    }

    #[test]
    fn rows_schema_and_indexes_stay() {
        for (from, to) in [
            (&b"select name from people"[..], &b"select 'me' from people"[..]),
            (b"tag17", b"tag18"),
            // In a page of its own, behind the row's start.
            (&[5; 40], &[6; 40]),
        ] {
            let changed = of(&with(from, to));
            assert!(changed.is_none() || changed != of(ANOTHER), "{from:?}");
        }
        // Only the index says otherwise than the table: the name stands in both.
        let places: Vec<usize> = (0..ONE.len() - 6).filter(|at| &ONE[*at..*at + 6] == b"name33").collect();
        assert_eq!(places.len(), 2);
        for at in places {
            let mut changed = ONE.to_vec();
            changed[at + 5] = b'X';
            assert_ne!(of(&changed), of(ONE));
        }
        let mut version = ONE.to_vec();
        version[60..64].copy_from_slice(&7_u32.to_be_bytes());
        assert_ne!(of(&version), of(ONE));
    }

    #[test]
    fn what_cannot_be_accounted_for_proves_nothing() {
        assert_eq!(of(&[ONE, b"payload"].concat()), None);
        assert_eq!(of(&[ONE, &[0; 512]].concat()), None);
        let with_byte = |at: usize, value: u8| {
            let mut changed = ONE.to_vec();
            changed[at] = value;
            of(&changed)
        };
        // Reserved bytes in each page, a page size that is none, a change that the header's size does not know of.
        assert_eq!([with_byte(20, 16), with_byte(16, 3), with_byte(92, 9)], [None, None, None]);
        // The last page of the free list is no longer on it.
        let count = ANOTHER[39];
        assert!(count > 1);
        let mut lost = ANOTHER.to_vec();
        lost[39] = count - 1;
        assert_eq!(of(&lost), None);
    }

    #[test]
    fn damage_neither_panics_nor_takes_long() {
        survives_damage("app.db", ONE);
        survives_damage("app.db", ANOTHER);
        // Every byte of the pointers and counts.
        for at in 0..ONE.len() {
            let mut filled = ONE.to_vec();
            filled[at] = 0xff;
            if let Some(left) = of(&filled) {
                assert!(left.len() < 4 * ONE.len());
            }
        }
    }
}
