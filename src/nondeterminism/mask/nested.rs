//! Files inside files: each member of an archive counts by the mask that its own name and first bytes ask for, a few
//! levels down and within a budget.

use std::io::Read;

use sha2::{Digest as _, Sha256};

use super::super::sha256;
use super::{HEAD, Mask, ar, gzip, mask_for, packed_tar, record, tar, zip};
use crate::model::text::visible_bytes;
use crate::model::{Digest, Explanation, Hidden, ImagePath};

/// Containers within containers that are opened: a wheel in a tar in a gzip file in a Debian package.
const MAX_DEPTH: u8 = 4;

/// Unpacked bytes of one file and all that is packed in it, however small it is.
const UNPACKED_FLOOR: u64 = 1 << 20;
/// How many times larger than itself a file's content may be, beyond the floor.
const EXPANSION: u64 = 64;
/// Unpacked bytes that are never exceeded.
const MAX_UNPACKED: u64 = 256 << 20;

/// How much of a content is needed to know its kind: a tar archive tells at byte 257.
const START: u64 = 512;
const CHUNK: usize = 64 << 10;

/// Takes a container apart and puts what does not vary into a form.
pub(super) type Open = fn(&[u8], &mut Nest) -> Option<Form>;

/// The containers' masks, by name.
const CONTAINERS: &[(&str, Open)] = &[
    (gzip::MASK.name, gzip::open),
    (zip::MASK.name, zip::open),
    (tar::MASK.name, tar::open),
    (packed_tar::MASK.name, packed_tar::open),
    (ar::MASK.name, ar::open),
];

/// Masks a file that is a container.
pub(super) fn outermost(bytes: &mut Vec<u8>, open: Open) -> Option<Vec<Hidden>> {
    let budget = (bytes.len() as u64).saturating_mul(EXPANSION).saturating_add(UNPACKED_FLOOR).min(MAX_UNPACKED);
    let form = open(bytes, &mut Nest { depth: 1, budget })?;
    *bytes = form.bytes;
    Some(form.hidden)
}

/// What is left of a container once what varies is taken out: a list of fields, each led by its length, so that two
/// forms are equal only when all their fields are.
pub(super) struct Form {
    bytes: Vec<u8>,
    hidden: Vec<Hidden>,
}

impl Form {
    pub(super) fn new(format: &str) -> Self {
        let mut form = Self { bytes: Vec::new(), hidden: Vec::new() };
        form.field(format.as_bytes());
        form
    }

    pub(super) fn field(&mut self, bytes: &[u8]) {
        self.bytes.extend((bytes.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn number(&mut self, number: impl Into<u64>) {
        self.field(&number.into().to_le_bytes());
    }

    /// All of another form, as one field.
    pub(super) fn form(&mut self, other: Self) {
        self.field(&other.bytes);
        other.hidden.into_iter().for_each(|row| self.hide(row));
    }

    /// A content: the mask that holds for it, and its digest without what that mask takes out.
    pub(super) fn content(&mut self, sealed: Sealed) {
        self.field(sealed.mask.as_bytes());
        self.field(&sealed.digest.0);
        sealed.hidden.into_iter().for_each(|row| self.hide(row));
    }

    /// Tells what was taken out, if there is room for one more row.
    pub(super) fn hide(&mut self, row: Hidden) {
        if self.hidden.len() < Hidden::MOST {
            self.hidden.push(row);
        }
    }
}

/// A content as it counts in a form.
pub(super) struct Sealed {
    /// The name of its mask; empty for a content that counts byte for byte.
    mask: &'static str,
    digest: Digest,
    hidden: Vec<Hidden>,
}

impl Sealed {
    /// A content that counts byte for byte.
    pub(super) fn plain(content: &[u8]) -> Self {
        Self { mask: "", digest: sha256(content), hidden: Vec::new() }
    }

    /// The same, where rows need the member's name.
    pub(super) fn of_member(mut self, name: &[u8]) -> Self {
        const LONGEST: usize = 60;
        let name = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let name = visible_bytes(name.get(..LONGEST).unwrap_or(name));
        for row in &mut self.hidden {
            *row = Hidden::new(&format!("{name}: {}", row.what), &row.value);
        }
        self
    }
}

/// How deep in a file we are, and how much may still be unpacked of it.
pub(super) struct Nest {
    depth: u8,
    budget: u64,
}

impl Nest {
    /// Seals a member that is at hand. A name that is no path (or is empty, where the container gives none) asks for no
    /// mask; the content may.
    pub(super) fn seal(&mut self, name: &[u8], content: &[u8]) -> Sealed {
        let plain = Sealed::plain(content);
        let mask = self.mask(name, content).filter(|mask| content.len() as u64 <= mask.max_bytes);
        mask.and_then(|mask| self.masked(mask, content)).unwrap_or(plain)
    }

    /// Seals what a reader unpacks and says how long it is. `None` when it cannot be read or is over the budget.
    pub(super) fn seal_stream(&mut self, name: &[u8], mut content: impl Read) -> Option<(Sealed, u64)> {
        let mut kept = Vec::new();
        content.by_ref().take(START).read_to_end(&mut kept).ok()?;
        let mut mask = self.mask(name, &kept);
        let (mut size, mut hasher) = (0, Sha256::new());
        let mut chunk = kept.clone();
        loop {
            hasher.update(&chunk);
            size += chunk.len() as u64;
            self.budget = self.budget.checked_sub(chunk.len() as u64)?;
            chunk.resize(CHUNK, 0);
            let read = content.read(&mut chunk).ok()?;
            chunk.truncate(read);
            if chunk.is_empty() {
                break;
            }
            mask = mask.filter(|mask| size + chunk.len() as u64 <= mask.max_bytes);
            match mask {
                Some(_) => kept.extend_from_slice(&chunk),
                None => kept = Vec::new(),
            }
        }
        let plain = Sealed { mask: "", digest: Digest(hasher.finalize().into()), hidden: Vec::new() };
        Some((mask.and_then(|mask| self.masked(mask, &kept)).unwrap_or(plain), size))
    }

    /// The mask for a member of this name that starts with these bytes.
    fn mask(&self, name: &[u8], start: &[u8]) -> Option<&'static Mask> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        if tar::is_tar(start) {
            return Some(&tar::MASK);
        }
        let path = ImagePath::parse(name).unwrap_or_else(|_| ImagePath::root());
        let mask = mask_for(&path, 0, start.get(..HEAD).unwrap_or(start))?;
        // What is called something else than noise (a script that an installer worded) is a difference in here, and so is
        // a key or an identifier: which step made it is known of the archive alone.
        let is_noise = matches!(mask.explanation, Explanation::Noise | Explanation::Bytecode);
        // The rows that a RECORD's mask drops are those of files that are compared on their own, which here they are not.
        let is_whole = mask.name != record::MASK.name;
        (is_noise && is_whole && !mask.hides_identity()).then_some(mask)
    }

    fn masked(&mut self, mask: &'static Mask, content: &[u8]) -> Option<Sealed> {
        let container = CONTAINERS.iter().find(|(name, _)| *name == mask.name);
        let Some((_, open)) = container else {
            let mut bytes = content.to_vec();
            let hidden = (mask.apply)(&mut bytes)?;
            return Some(Sealed { mask: mask.name, digest: sha256(&bytes), hidden });
        };
        self.depth += 1;
        let form = open(content, self);
        self.depth -= 1;
        let Form { bytes, hidden } = form?;
        Some(Sealed { mask: mask.name, digest: sha256(&bytes), hidden })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_counts_the_same_at_hand_and_as_a_stream() {
        let pyc = b"\xa7\r\r\n\0\0\0\0\x01\x02\x03\x04\x0d\0\0\0N".to_vec();
        for (name, content) in [("a.pyc", pyc), ("a.txt", vec![7; 200_000]), ("a.tar", vec![0; 10_240])] {
            let mut nest = Nest { depth: 1, budget: 1 << 20 };
            let sealed = nest.seal(name.as_bytes(), &content);
            let (streamed, size) = nest.seal_stream(name.as_bytes(), content.as_slice()).unwrap();
            assert_eq!((sealed.mask, sealed.digest), (streamed.mask, streamed.digest));
            assert_eq!(size, content.len() as u64);
            assert_eq!(nest.budget, (1 << 20) - size);
        }
    }

    #[test]
    fn a_budget_ends_a_stream_and_depth_ends_masks() {
        let mut nest = Nest { depth: 1, budget: 1000 };
        assert!(nest.seal_stream(b"", [1; 1001].as_slice()).is_none());
        let mut deep = Nest { depth: MAX_DEPTH, budget: 1000 };
        assert_eq!(deep.seal(b"a.pyc", b"\xa7\r\r\n\0\0\0\0\x01\x02\x03\x04\x0d\0\0\0N").mask, "");
    }

    #[test]
    fn a_key_in_an_archive_counts_byte_for_byte() {
        let name = b"etc/ssh/ssh_host_ed25519_key.pub";
        let sealed = |key: &str| {
            let line = format!("ssh-ed25519 {key} root@build\n");
            (Nest { depth: 1, budget: 1000 }).seal(name, line.as_bytes())
        };
        assert_ne!(sealed("AAAAC3NzaC1lZDI1").digest, sealed("AAAAC3NzaC1lZDI2").digest);
        assert_ne!(
            (Nest { depth: 1, budget: 1000 }).seal(b"etc/machine-id", &[b'1'; 32]).digest,
            (Nest { depth: 1, budget: 1000 }).seal(b"etc/machine-id", &[b'2'; 32]).digest,
        );
    }

    #[test]
    fn a_script_that_a_record_in_an_archive_names_counts() {
        let sealed = |hash: &str| {
            let record = format!("../../../bin/x,sha256={hash},12\nx.py,sha256=abc,3\n");
            (Nest { depth: 1, budget: 1000 }).seal(b"lib/x-1.dist-info/RECORD", record.as_bytes()).digest
        };
        assert_ne!(sealed("one"), sealed("other"));
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        let form = |fields: &[&[u8]]| {
            let mut form = Form::new("x");
            for field in fields {
                form.field(field);
            }
            form.bytes
        };
        assert_ne!(form(&[b"ab", b"c"]), form(&[b"a", b"bc"]));
    }
}
