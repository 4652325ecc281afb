//! Marshalled Python code, as `Python/marshal.c` of the reference interpreter reads it (marshal versions 4 and 5).
//!
//! Whether an object carries `FLAG_REF` depends on how many references the compiling process happened to hold to it,
//! so two compilations of one source differ in flags that no later reference makes use of, and in the numbers of
//! those that are made use of. [`drop_idle_flags`] brings both to one form; each object keeps its place and length.

/// Set in an object's type byte: the object gets the next number, and later references may name it.
const FLAG_REF: u8 = 0x80;

/// Containers within containers beyond which nothing is read; the interpreter's own limit.
const MAX_DEPTH: usize = 2000;

/// The first magic number whose code objects count positional-only arguments (3.8.0a1, PEP 570).
const WITH_POSITIONAL_ONLY: u16 = 3410;
/// The first of 3.11, where the layout moved several times until [`WITH_QUALIFIED_NAME`].
const EXCEPTION_TABLES: u16 = 3450;
/// The first magic number whose code objects hold a qualified name (3.11.0a1), the last change of the layout.
const WITH_QUALIFIED_NAME: u16 = 3460;
/// The first of 3.15, whose layout is not known.
const UNKNOWN: u16 = 3650;

/// What a code object is made of: numbers, objects, the number of its first line, more objects.
#[derive(Clone, Copy)]
pub(super) struct CodeLayout {
    numbers: usize,
    before_line: u32,
    after_line: u32,
}

impl CodeLayout {
    /// The layout that goes with a pyc's magic number, from 3.8 to 3.14.
    pub(super) fn of_magic(magic: u16) -> Option<Self> {
        match magic {
            WITH_POSITIONAL_ONLY..EXCEPTION_TABLES => Some(Self { numbers: 6, before_line: 8, after_line: 1 }),
            WITH_QUALIFIED_NAME..UNKNOWN => Some(Self { numbers: 5, before_line: 8, after_line: 2 }),
            _ => None,
        }
    }
}

/// Takes the flag off all objects that nothing refers to, renumbers the others, and says how many flags it took off.
/// `None`, with the bytes as they were, unless they are exactly one object of kinds that a compiler writes.
pub(super) fn drop_idle_flags(object: &mut [u8], layout: CodeLayout) -> Option<usize> {
    let Walk { flagged, references, .. } = Walk::through(object, layout)?;
    let mut used = vec![false; flagged.len()];
    for reference in &references {
        *used.get_mut(reference.target)? = true;
    }
    let (mut numbers, mut next) = (Vec::with_capacity(flagged.len()), 0_u32);
    for (at, used) in flagged.iter().zip(&used) {
        numbers.push(next);
        if *used {
            next += 1;
        } else if let Some(kind) = object.get_mut(*at) {
            *kind &= !FLAG_REF;
        }
    }
    for Reference { at, target } in references {
        if let (Some(number), Some(place)) = (numbers.get(target), object.get_mut(at..at + 4)) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    }
    Some(used.iter().filter(|used| !**used).count())
}

/// A number that stands for an object written before.
struct Reference {
    /// Where the number is.
    at: usize,
    target: usize,
}

/// What is still to be read.
enum Pending {
    Objects(u32),
    Number,
}

/// One pass over an object and all it holds.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    layout: CodeLayout,
    pending: Vec<Pending>,
    /// Where the type bytes are that carry the flag, in the order of their numbers.
    flagged: Vec<usize>,
    references: Vec<Reference>,
}

impl<'a> Walk<'a> {
    /// Reads exactly one object; `None` when anything is left or not known.
    fn through(bytes: &'a [u8], layout: CodeLayout) -> Option<Self> {
        let pending = vec![Pending::Objects(1)];
        let mut walk = Self { bytes, at: 0, layout, pending, flagged: Vec::new(), references: Vec::new() };
        while let Some(pending) = walk.pending.last_mut() {
            match pending {
                Pending::Objects(0) => {
                    walk.pending.pop();
                }
                Pending::Objects(left) => {
                    *left -= 1;
                    walk.object()?;
                }
                Pending::Number => {
                    walk.pending.pop();
                    walk.skip(4)?;
                }
            }
        }
        (walk.at == bytes.len()).then_some(walk)
    }

    /// Reads one object, or the start of one that holds others, which are pending then.
    fn object(&mut self) -> Option<()> {
        let kind = *self.bytes.get(self.at)?;
        if kind & FLAG_REF != 0 {
            self.flagged.push(self.at);
        }
        self.skip(1)?;
        match kind & !FLAG_REF {
            // None, True, False, Ellipsis: one of each, which the writer never flags and the reader never numbers.
            b'N' | b'T' | b'F' | b'.' => (kind & FLAG_REF == 0).then_some(()),
            b'i' => self.skip(4),
            b'g' => self.skip(8),
            b'y' => self.skip(16),
            b'l' => {
                let digits = self.number()?.cast_signed().unsigned_abs();
                self.skip(usize::try_from(digits).ok()?.checked_mul(2)?)
            }
            b's' | b't' | b'u' | b'a' | b'A' => {
                let length = self.number()?;
                self.skip(usize::try_from(length).ok()?)
            }
            b'z' | b'Z' => {
                let length = self.byte()?;
                self.skip(length.into())
            }
            b')' => {
                let objects = self.byte()?;
                self.hold(Pending::Objects(objects.into()))
            }
            b'(' | b'>' => {
                let objects = self.number()?;
                self.hold(Pending::Objects(objects))
            }
            b':' => self.hold(Pending::Objects(3)),
            b'c' => {
                self.skip(self.layout.numbers * 4)?;
                self.hold(Pending::Objects(self.layout.after_line))?;
                self.hold(Pending::Number)?;
                self.hold(Pending::Objects(self.layout.before_line))
            }
            b'r' if kind & FLAG_REF == 0 => {
                let at = self.at;
                let target = usize::try_from(self.number()?).ok()?;
                self.references.push(Reference { at, target });
                (target < self.flagged.len()).then_some(())
            }
            _ => None,
        }
    }

    fn hold(&mut self, pending: Pending) -> Option<()> {
        self.pending.push(pending);
        (self.pending.len() <= MAX_DEPTH).then_some(())
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u32> {
        let number = super::super::anatomy::u32_le(self.bytes, self.at)?;
        self.at += 4;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn python_3_11() -> CodeLayout {
        CodeLayout::of_magic(3495).unwrap()
    }

    fn canonical(object: &[u8]) -> Option<(Vec<u8>, usize)> {
        let mut bytes = object.to_vec();
        let dropped = drop_idle_flags(&mut bytes, python_3_11())?;
        Some((bytes, dropped))
    }

    #[test]
    fn a_flag_stays_where_a_reference_needs_it_and_numbers_follow() {
        // marshal.loads of it (3.11) gives (1, 'a', 'b', 'b'): three objects are flagged, the third is referred to.
        let flagged = b"\xa9\x04\xe9\x01\0\0\0z\x01a\xfa\x01br\x02\0\0\0";
        let (bytes, dropped) = canonical(flagged).unwrap();
        assert_eq!(bytes, b")\x04i\x01\0\0\0z\x01a\xfa\x01br\0\0\0\0");
        assert_eq!(dropped, 2);
        assert_eq!(canonical(b")\x04i\x01\0\0\0z\x01a\xfa\x01br\0\0\0\0").unwrap(), (bytes, 0));
    }

    #[test]
    fn what_is_referred_to_never_hides() {
        let one = canonical(b"\xa9\x03\xfa\x01a\xfa\x01br\x01\0\0\0").unwrap().0;
        let other = canonical(b"\xa9\x03\xfa\x01a\xfa\x01br\x02\0\0\0").unwrap().0;
        assert_ne!(one, other);
        assert_ne!(one, canonical(b"\xa9\x03\xfa\x01a\xfa\x01bz\x01b").unwrap().0);
    }

    #[test]
    fn what_is_not_known_or_left_over_is_none_and_stays_as_it_was() {
        for object in [
            &b"\xa9\x01\xcex"[..],
            b"\xa9\x01Nx",
            b"\xa9\x02N",
            b"\xa9\x01r\x01\0\0\0",
            b"\xa9\x01\xf2\0\0\0\0",
            b"\xa8\xff\xff\xff\xff",
            b"\xe1\x02",
            b"[\0\0\0\0",
            b"",
        ] {
            let mut bytes = object.to_vec();
            assert_eq!(drop_idle_flags(&mut bytes, python_3_11()), None, "{object:02x?}");
            assert_eq!(bytes, object);
        }
    }

    #[test]
    fn depth_is_limited_and_breadth_is_linear() {
        let mut deep = b")\x01".repeat(1_900);
        deep.push(b'N');
        assert!(canonical(&deep).is_some());
        let mut deeper = b")\x01".repeat(1_000_000);
        deeper.push(b'N');
        assert_eq!(canonical(&deeper), None);
        let count = 2_000_000_u32;
        let mut wide = b"(".to_vec();
        wide.extend((count + 1).to_le_bytes());
        wide.extend(b"\xe9\0\0\0\0");
        wide.extend(b"r\0\0\0\0".repeat(count as usize));
        assert_eq!(canonical(&wide).unwrap().1, 0);
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
            prop_assert_eq!(canonical(&flagged).unwrap().0, object);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            canonical(&bytes);
        }
    }
}
