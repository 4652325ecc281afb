//! Marshalled Python code, as `Python/marshal.c` of the reference interpreter reads it (marshal versions 4 and 5).
//!
//! Two compilations of one source differ in what the compiling process happened to do: which objects it wrote in full and
//! which as a reference to one before, which strings it had interned, in which order a frozenset's members came (it follows
//! the hash seed). None of it changes what is loaded, so an object counts here by its kind and value alone: small ones by
//! their bytes, others by a SHA-256 over those of their members. A reference counts as what it refers to.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::super::anatomy::{u16_le, u32_le};
use super::{Word, header_bytes, minor_of_magic};

/// Set in an object's type byte: the object gets the next number, and later references may name it.
const FLAG_REF: u8 = 0x80;

/// Containers within containers beyond which nothing is read; the interpreter's own limit.
const MAX_DEPTH: usize = 2000;

/// Objects beyond which nothing is read: each takes some fifty bytes while it waits for its container.
const MAX_OBJECTS: usize = 1 << 20;

/// The first magic number whose code objects count positional-only arguments (3.8.0a1, PEP 570).
const WITH_POSITIONAL_ONLY: u16 = 3410;
/// The first of 3.11, where the layout moved several times until [`WITH_QUALIFIED_NAME`].
const EXCEPTION_TABLES: u16 = 3450;
/// The first magic number whose code objects hold a qualified name (3.11.0a1), the last change of the layout.
const WITH_QUALIFIED_NAME: u16 = 3460;
/// The first of 3.15, whose layout is not known.
const UNKNOWN: u16 = 3650;
/// The first magic number of 3.6.
const OLDEST: u16 = 3360;

/// What a code object is made of: numbers, objects, the number of its first line, more objects.
#[derive(Clone, Copy)]
struct Layout {
    numbers: usize,
    before_line: usize,
    after_line: usize,
}

/// Which of a code object's objects are the names of globals, attributes and imports (`co_names`), in all layouts.
const NAMES: usize = 2;

impl Layout {
    /// The layout that goes with a magic number, from 3.6 to 3.14.
    fn of_magic(magic: u16) -> Option<Self> {
        match magic {
            OLDEST..WITH_POSITIONAL_ONLY => Some(Self { numbers: 5, before_line: 8, after_line: 1 }),
            WITH_POSITIONAL_ONLY..EXCEPTION_TABLES => Some(Self { numbers: 6, before_line: 8, after_line: 1 }),
            WITH_QUALIFIED_NAME..UNKNOWN => Some(Self { numbers: 5, before_line: 8, after_line: 2 }),
            _ => None,
        }
    }
}

/// A digest of the code in a compiled file, without its header; two are equal exactly when what is loaded is. `None` unless
/// the file holds exactly one object of kinds that a compiler writes.
pub(in super::super) fn code_digest(compiled: &[u8]) -> Option<[u8; Identity::BYTES]> {
    let mut reader = Reader::new(compiled, true)?;
    Some(reader.read()?.identity.0)
}

/// What `words` makes of all names of globals, attributes and imports in a compiled file, given the version.
pub(super) fn names(compiled: &[u8], words: impl Fn(u8, &[u8]) -> Vec<Word>) -> Option<Vec<Word>> {
    let minor = minor_of_magic(u16_le(compiled, 0)?)?;
    let mut reader = Reader::new(compiled, false)?;
    reader.read()?;
    Some(reader.names.iter().flat_map(|name| words(minor, name)).collect())
}

/// An object's kind and value.
#[derive(Clone, Copy)]
struct Identity([u8; Self::BYTES]);

impl Identity {
    /// A kind and 32 more bytes.
    const BYTES: usize = 33;
    /// What hashed objects have in place of a kind, so that no small one passes for one.
    const HASHED: u8 = 0;

    /// Of an object while names alone are wanted.
    const NONE: Self = Self([Self::HASHED; Self::BYTES]);

    /// Of an object that is its kind and these bytes.
    fn of_bytes(kind: u8, bytes: &[u8], hashing: bool) -> Self {
        if !hashing {
            return Self::NONE;
        }
        let mut identity = [0; Self::BYTES];
        let [first, length, rest @ ..] = &mut identity;
        match (rest.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(count)) => {
                (*first, *length) = (kind, count);
                place.copy_from_slice(bytes);
                Self(identity)
            }
            _ => Self::hashed(Sha256::new().chain_update([kind]).chain_update(bytes)),
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn hashed(hasher: Sha256) -> Self {
        let Self(mut identity) = Self::NONE;
        let [_, digest @ ..] = &mut identity;
        digest.copy_from_slice(&hasher.finalize());
        Self(identity)
    }
}

/// An object that was read.
#[derive(Clone, Copy)]
struct Object {
    identity: Identity,
    /// Where the strings are that it consists of: itself, or all members of a tuple. Empty for any other.
    strings: (usize, usize),
}

/// A container whose members are still being read.
struct Open {
    kind: u8,
    /// The number that references to it will have.
    number: Option<usize>,
    /// Where its members begin in the list of objects, and how many there are.
    first: usize,
    members: usize,
    /// Where a code object's numbers are, and that of its first line.
    numbers: usize,
    line: Option<usize>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    layout: Layout,
    /// Whether identities are wanted, or names alone.
    hashing: bool,
    count: usize,
    open: Vec<Open>,
    /// Those that wait for their container to be complete.
    objects: Vec<Object>,
    /// Those that a reference may name, once they are complete.
    numbered: Vec<Option<Object>>,
    /// All strings, and again those that a tuple consists of, side by side.
    strings: Vec<&'a [u8]>,
    names: HashSet<&'a [u8]>,
    /// The tuples of names that were seen: many code objects may refer to one.
    seen: HashSet<(usize, usize)>,
}

impl<'a> Reader<'a> {
    fn new(compiled: &'a [u8], hashing: bool) -> Option<Self> {
        let magic = u16_le(compiled, 0)?;
        Some(Self {
            bytes: compiled.get(header_bytes(magic)..)?,
            at: 0,
            layout: Layout::of_magic(magic)?,
            hashing,
            count: 0,
            open: Vec::new(),
            objects: Vec::new(),
            numbered: Vec::new(),
            strings: Vec::new(),
            names: HashSet::new(),
            seen: HashSet::new(),
        })
    }

    /// Reads exactly one object; `None` when anything is left or not known.
    fn read(&mut self) -> Option<Object> {
        self.object()?;
        while let Some(open) = self.open.last_mut() {
            let read = self.objects.len() - open.first;
            if open.kind == b'c' && read == self.layout.before_line && open.line.is_none() {
                open.line = Some(self.at);
                self.take(4)?;
            } else if read == open.members {
                self.close()?;
            } else {
                self.object()?;
            }
        }
        self.objects.pop().filter(|_| self.at == self.bytes.len())
    }

    /// Reads one object, or the start of one that holds others.
    fn object(&mut self) -> Option<()> {
        self.count += 1;
        let kind = self.byte().filter(|_| self.count <= MAX_OBJECTS)?;
        let is_numbered = kind & FLAG_REF != 0;
        let number = is_numbered.then_some(self.numbered.len());
        if is_numbered {
            self.numbered.push(None);
        }
        let kind = kind & !FLAG_REF;
        let object = match kind {
            // None, True, False, Ellipsis: one of each, which the writer never flags and the reader never numbers.
            b'N' | b'T' | b'F' | b'.' if !is_numbered => self.leaf(kind, 0)?,
            b'i' => self.leaf(kind, 4)?,
            b'g' => self.leaf(kind, 8)?,
            b'y' => self.leaf(kind, 16)?,
            b'l' => {
                let length = self.bytes.get(self.at..)?;
                let digits = usize::try_from(u32_le(length, 0)?.cast_signed().unsigned_abs()).ok()?;
                self.leaf(kind, digits.checked_mul(2)?.checked_add(4)?)?
            }
            b's' => {
                let length = self.length()?;
                self.leaf(kind, length)?
            }
            // A string, be it interned, ASCII, short, or none of these.
            b't' | b'u' | b'a' | b'A' => {
                let length = self.length()?;
                self.string(length)?
            }
            b'z' | b'Z' => {
                let length = self.byte()?;
                self.string(length.into())?
            }
            b'r' if !is_numbered => {
                let target = self.length()?;
                (*self.numbered.get(target)?)?
            }
            b')' => {
                let members = self.byte()?;
                return self.begin(b'(', number, members.into());
            }
            b'(' | b'>' => {
                let members = self.length()?;
                return self.begin(kind, number, members);
            }
            b':' => return self.begin(kind, number, 3),
            b'c' => {
                self.begin(kind, number, self.layout.before_line + self.layout.after_line)?;
                self.take(self.layout.numbers * 4)?;
                return Some(());
            }
            _ => return None,
        };
        self.keep(number, object);
        Some(())
    }

    fn leaf(&mut self, kind: u8, length: usize) -> Option<Object> {
        let bytes = self.take(length)?;
        Some(Object { identity: Identity::of_bytes(kind, bytes, self.hashing), strings: (0, 0) })
    }

    fn string(&mut self, length: usize) -> Option<Object> {
        let bytes = self.take(length)?;
        self.strings.push(bytes);
        let strings = (self.strings.len() - 1, self.strings.len());
        Some(Object { identity: Identity::of_bytes(b'u', bytes, self.hashing), strings })
    }

    fn begin(&mut self, kind: u8, number: Option<usize>, members: usize) -> Option<()> {
        let open = Open { kind, number, first: self.objects.len(), members, numbers: self.at, line: None };
        self.open.push(open);
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    /// Makes an object of the innermost container and its members.
    fn close(&mut self) -> Option<()> {
        let open = self.open.pop()?;
        let members = self.objects.get(open.first..)?;
        if open.kind == b'c' {
            self.use_names(members.get(NAMES)?.strings);
        }
        let strings = if open.kind == b'(' { self.side_by_side(open.first)? } else { (0, 0) };
        let identity = self.identity(&open)?;
        self.objects.truncate(open.first);
        self.keep(open.number, Object { identity, strings });
        Some(())
    }

    /// The members' strings, where each member is a string.
    fn side_by_side(&mut self, first: usize) -> Option<(usize, usize)> {
        let start = self.strings.len();
        let Some(members) = self.objects.get(first..).filter(|_| !self.hashing) else { return Some((0, 0)) };
        for member in members {
            let (at, end) = member.strings;
            if at + 1 != end {
                self.strings.truncate(start);
                return Some((0, 0));
            }
            let string = *self.strings.get(at)?;
            self.strings.push(string);
        }
        Some((start, self.strings.len()))
    }

    fn use_names(&mut self, (start, end): (usize, usize)) {
        if !self.hashing && self.seen.insert((start, end)) {
            self.names.extend(self.strings.get(start..end).unwrap_or_default());
        }
    }

    fn identity(&self, open: &Open) -> Option<Identity> {
        if !self.hashing {
            return Some(Identity::NONE);
        }
        let mut members: Vec<&[u8]> = self.objects.get(open.first..)?.iter().map(|one| one.identity.bytes()).collect();
        if open.kind == b'>' {
            members.sort_unstable();
        }
        let mut hasher = Sha256::new().chain_update([open.kind]).chain_update(members.len().to_le_bytes());
        if let Some(line) = open.line {
            hasher.update(self.bytes.get(open.numbers..open.numbers + self.layout.numbers * 4)?);
            hasher.update(self.bytes.get(line..line + 4)?);
        }
        for member in members {
            hasher.update(member);
        }
        Some(Identity::hashed(hasher))
    }

    fn keep(&mut self, number: Option<usize>, object: Object) {
        if let Some(place) = number.and_then(|number| self.numbered.get_mut(number)) {
            *place = Some(object);
        }
        self.objects.push(object);
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32_le(self.take(4)?, 0)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the code of a file is that Python 3.11 wrote.
    fn digest(object: &[u8]) -> Option<[u8; Identity::BYTES]> {
        code_digest(&[&3495_u16.to_le_bytes(), &[0; 14][..], object].concat())
    }

    /// A code object of 3.11 with these names; `members` stands for its constants.
    fn code(members: &[u8], names: &[u8]) -> Vec<u8> {
        let mut code = b"c".to_vec();
        code.extend([0; 20]);
        code.extend(b"s\x02\0\0\0\x97\0");
        code.extend(members);
        code.extend(names);
        code.extend(b")\0s\0\0\0\0z\x04m.pyz\x01mz\x01m\x01\0\0\0s\0\0\0\0s\0\0\0\0");
        code
    }

    fn names_of(object: &[u8]) -> Option<Vec<String>> {
        let file = [&3495_u16.to_le_bytes(), &[0; 14][..], object].concat();
        let mut reader = Reader::new(&file, false)?;
        reader.read()?;
        let mut names: Vec<_> = reader.names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        names.sort();
        Some(names)
    }

    #[test]
    fn how_an_object_is_written_does_not_count() {
        // All of them are (1, 'a', 'b', 'b') to marshal.loads.
        let plain = digest(b")\x04i\x01\0\0\0z\x01az\x01bz\x01b").unwrap();
        for other in [
            &b"\xa9\x04\xe9\x01\0\0\0z\x01a\xfa\x01br\x02\0\0\0"[..],
            b"(\x04\0\0\0i\x01\0\0\0Z\x01a\xda\x01br\0\0\0\0",
            b")\x04i\x01\0\0\0a\x01\0\0\0aA\x01\0\0\0bt\x01\0\0\0b",
            b")\x04i\x01\0\0\0u\x01\0\0\0a\xda\x01br\0\0\0\0",
        ] {
            assert_eq!(digest(other), Some(plain), "{other:02x?}");
        }
    }

    #[test]
    fn what_an_object_is_counts() {
        let all = [
            &b")\x02z\x01az\x01b"[..],
            b")\x02z\x01bz\x01a",
            b")\x02z\x01as\x01\0\0\0b",
            b")\x02\xfa\x01ar\0\0\0\0",
            b")\x01)\x02z\x01az\x01b",
            b">\x02\0\0\0z\x01az\x01b",
            b")\x02i\x01\0\0\0i\x02\0\0\0",
            b")\x02l\x01\0\0\0\x01\0N",
            b")\x02NT",
            b":NNN",
        ];
        let digests: HashSet<_> = all.iter().map(|object| digest(object).unwrap()).collect();
        assert_eq!(digests.len(), all.len());
        let one = code(b")\x01N", b")\x01z\x01a");
        for other in [code(b")\x01T", b")\x01z\x01a"), code(b")\x01N", b")\x01z\x01b")] {
            assert_ne!(digest(&one), digest(&other));
        }
        // Arguments, flags, opcodes, the first line, the line table.
        for at in [1, 17, 26, one.len() - 14, one.len() - 10] {
            let mut other = one.clone();
            other[at] ^= 1;
            assert_ne!(digest(&one), digest(&other), "{at}");
        }
    }

    #[test]
    fn a_frozenset_has_no_order_and_a_tuple_has() {
        let of = |kind: &[u8], members: &[&[u8]]| digest(&[kind, &members.concat()].concat()).unwrap();
        let (one, other): ([&[u8]; 3], [&[u8]; 3]) = ([b"z\x01a", b")\x01N", b"T"], [b"T", b"z\x01a", b")\x01N"]);
        assert_eq!(of(b">\x03\0\0\0", &one), of(b">\x03\0\0\0", &other));
        assert_ne!(of(b")\x03", &one), of(b")\x03", &other));
        assert_ne!(of(b">\x03\0\0\0", &one), of(b">\x03\0\0\0", &[b"z\x01a", b")\x01N", b"F"]));
    }

    #[test]
    fn a_small_object_never_passes_for_a_hashed_one() {
        let long = [b"z\x40".as_slice(), &[b'a'; 64]].concat();
        let Identity(hashed) = Identity::of_bytes(b'u', &[b'a'; 64], true);
        assert_eq!(digest(&long), Some(hashed));
        let tail = &hashed[2..];
        for kind in [b's', b'u', Identity::HASHED] {
            assert_ne!(Identity::of_bytes(kind, tail, true).0, hashed);
        }
    }

    #[test]
    fn names_are_those_of_all_code_and_no_constants() {
        let inner = code(b")\x01z\x05const", b")\x02Z\x06system\xda\x02os");
        let outer = code(&[b")\x02z\x05other", inner.as_slice()].concat(), b")\x02r\0\0\0\0z\x04open");
        assert_eq!(names_of(&outer).unwrap(), ["open", "os", "system"]);
        // A tuple of names that another code object has, too.
        let first = code(b")\x01N", b"\xa9\x02z\x01az\x01b");
        let second = code(&[b")\x01", first.as_slice()].concat(), b"r\0\0\0\0");
        assert_eq!(names_of(&second).unwrap(), ["a", "b"]);
    }

    #[test]
    fn what_is_not_known_or_left_over_is_none() {
        for object in [
            &b"\xa9\x01\xcex"[..],
            b"\xa9\x01Nx",
            b"\xa9\x02N",
            b"\xa9\x01r\x01\0\0\0",
            // It refers to itself.
            b"\xa9\x01r\0\0\0\0",
            b"\xa9\x01\xf2\0\0\0\0",
            b"\xa8\xff\xff\xff\xff",
            b"\xe1\x02",
            b"[\0\0\0\0",
            b"",
        ] {
            assert_eq!(digest(object), None, "{object:02x?}");
        }
    }

    #[test]
    fn depth_and_number_are_limited_and_references_do_not_multiply() {
        let deep = |depth: usize| digest(&[b")\x01".repeat(depth), b"N".to_vec()].concat());
        assert!(deep(1_900).is_some());
        assert_eq!(deep(1_000_000), None);
        let wide = |count: usize| {
            let start = [b"(".as_slice(), &u32::try_from(count + 1).unwrap().to_le_bytes(), b"\xe9\0\0\0\0"].concat();
            digest(&[start, b"r\0\0\0\0".repeat(count)].concat())
        };
        assert!(wide(100_000).is_some());
        assert_eq!(wide(2_000_000), None);
        // Each tuple refers twice to the one before: 2^200 objects if they were written in full.
        let mut doubled = b")\xc8\xa9\0".to_vec();
        for before in 0_u32..199 {
            doubled.extend([b"\xa9\x02r".as_slice(), &before.to_le_bytes(), b"r", &before.to_le_bytes()].concat());
        }
        assert!(digest(&doubled).is_some());
    }

    /// An object without flags.
    fn objects() -> impl Strategy<Value = Vec<u8>> {
        let leaf = prop_oneof![
            Just(b"N".to_vec()),
            any::<i32>().prop_map(|number| [b"i".as_slice(), &number.to_le_bytes()].concat()),
            "[a-z]{0,9}".prop_map(|text| [b"z", &[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()),
        ];
        leaf.prop_recursive(5, 60, 8, |inner| {
            prop::collection::vec(inner, 0..8).prop_map(|members| {
                [b")".to_vec(), vec![u8::try_from(members.len()).unwrap()], members.concat()].concat()
            })
        })
    }

    proptest! {
        #[test]
        fn flags_that_nothing_uses_never_matter(object in objects(), flags in any::<u64>()) {
            // Where type bytes of objects other than None are.
            let (mut places, mut at) = (Vec::new(), 0);
            while at < object.len() {
                let length = match object[at] {
                    b'N' => 1,
                    b'i' => 5,
                    b'z' => 2 + usize::from(object[at + 1]),
                    _ => 2,
                };
                if object[at] != b'N' {
                    places.push(at);
                }
                at += length;
            }
            let mut flagged = object.clone();
            for (bit, at) in places.into_iter().enumerate() {
                flagged[at] |= if flags >> (bit % 64) & 1 == 1 { FLAG_REF } else { 0 };
            }
            prop_assert_eq!(digest(&flagged).unwrap(), digest(&object).unwrap());
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            digest(&bytes);
            names_of(&bytes);
        }
    }
}
