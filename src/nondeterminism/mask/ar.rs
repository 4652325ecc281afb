//! ar: static libraries and Debian packages. When, by whom and with which umask the members were added; their names,
//! contents and order stay, since linkers go by the order.

use super::nested::{self, Form, Nest};
use super::{Mask, utc};
use crate::model::{Explanation, Hidden};

pub(super) const MASK: Mask = Mask {
    name: "ar",
    covers: "*.a, *.deb and whatever else starts as an ar archive does",
    explanation: Explanation::Noise,
    cause: "an ar archive records its members' times, owners and permissions",
    fix: "ar D, or binutils configured with --enable-deterministic-archives",
    // Most libraries come ready made in packages.
    each_build: false,
    max_bytes: 64 << 20,
    matches: |_, head| head.starts_with(MAGIC),
    apply: |bytes| nested::outermost(bytes, open),
};

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
const MAX_MEMBERS: usize = 100_000;
/// File kind, special bits and execute bits: everything of a mode but what a umask decides.
const KEPT_MODE: u64 = 0o177_111;

pub(super) fn open(bytes: &[u8], nest: &mut Nest) -> Option<Form> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut form = Form::new("ar");
    let mut newest = None;
    let mut members = Vec::new();
    while !rest.is_empty() {
        let (header, after) = rest.split_at_checked(HEADER)?;
        let (name, [date, uid, gid, mode, size]) = fields(header)?;
        let (content, after) = after.split_at_checked(usize::try_from(size?).ok()?)?;
        // Members start at even places.
        rest = if content.len() % 2 == 0 { after } else { after.strip_prefix(b"\n")? };
        newest = newest.max(date);
        // Linkers' own tables leave most fields empty; which ones stays.
        let stated = [date, uid, gid, mode].map(|field| u8::from(field.is_some()));
        members.push((name, stated, mode.map(|mode| mode & KEPT_MODE), content));
        if members.len() > MAX_MEMBERS {
            return None;
        }
    }
    if let Some(newest) = newest.and_then(|seconds| i64::try_from(seconds).ok()) {
        form.hide(Hidden::new("newest member", utc(newest)));
    }
    for (name, stated, mode, content) in members {
        form.field(name);
        form.field(&stated);
        form.number(mode.unwrap_or_default());
        let path = name.trim_ascii_end();
        let path = path.strip_suffix(b"/").unwrap_or(path);
        form.content(nest.seal(path, content).of_member(path));
    }
    Some(form)
}

/// The name as it is padded, then date, owner, group, mode and size: `None` for a field of blanks.
fn fields(header: &[u8]) -> Option<(&[u8], [Option<u64>; 5])> {
    if header.get(58..)? != b"`\n" {
        return None;
    }
    let number = |at: usize, length: usize, radix: u32| {
        let text = header.get(at..at + length)?.trim_ascii_end();
        let text = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|digit| digit.is_ascii_digit()))?;
        if text.is_empty() { Some(None) } else { u64::from_str_radix(text, radix).ok().map(Some) }
    };
    let numbers = [number(16, 12, 10)?, number(28, 6, 10)?, number(34, 6, 10)?, number(40, 8, 8)?, number(48, 10, 10)?];
    Some((header.get(..16)?, numbers))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hidden, masked, survives_damage};

    const ONE: &[u8] = include_bytes!("../../../tests/data/masks/one.a");
    const ONE_DEB: &[u8] = include_bytes!("../../../tests/data/masks/one.deb");
    const TWO: &[u8] = include_bytes!("../../../tests/data/masks/two.a");

    fn of(bytes: &[u8]) -> Option<Vec<u8>> {
        masked("usr/lib/libone.a", bytes).map(|(_, form)| form)
    }

    /// The archive with `old` made `new` where it first stands.
    fn with(old: &[u8], new: &[u8]) -> Vec<u8> {
        let at = ONE.windows(old.len()).position(|window| window == old).unwrap();
        let mut bytes = ONE.to_vec();
        bytes.splice(at..at + old.len(), new.iter().copied());
        bytes
    }

    #[test]
    fn times_owners_and_umask_are_masked() {
        assert!(of(ONE).is_some());
        assert_eq!(of(ONE), of(TWO));
        assert_eq!(of(ONE), of(&with(b"0     0     100644", b"1000  1000  100660")));
        // The linkers' table was written when the library was.
        assert_eq!(hidden("a.a", ONE), ["newest member 2026-11-21 17:20:41"]);
    }

    #[test]
    fn names_order_contents_and_execute_bits_never_hide() {
        let real = of(ONE);
        for other in [
            with(b"two.txt/", b"too.txt/"),
            with(b"text\n", b"tent\n"),
            with(b"100644", b"100755"),
            with(b"100644", b"104644"),
            // The symbol table's number of symbols.
            with(b"\0\0\0\x01", b"\0\0\0\x02"),
            [ONE, b"extra.txt/      0           0     0     100644  2         `\nok"].concat(),
        ] {
            assert!(of(&other).is_some_and(|form| Some(form) != real));
        }
        let member = |name: &str| format!("{name:<16}0           0     0     100644  2         `\nok");
        let in_order = |names: [&str; 2]| of(format!("!<arch>\n{}{}", member(names[0]), member(names[1])).as_bytes());
        assert_ne!(in_order(["a.o/", "b.o/"]), in_order(["b.o/", "a.o/"]));
    }

    #[test]
    fn what_cannot_be_accounted_for_is_none() {
        let odd = b"!<arch>\na.txt/          0           0     0     100644  1         `\nxy";
        assert_eq!(of(odd), None);
        assert!(of(&[&odd[..odd.len() - 1], b"\n"].concat()).is_some());
        assert_eq!(of(&[ONE, b"payload"].concat()), None);
        assert_eq!(of(&with(b"1700000000", b"payload!!!")), None);
        assert_eq!(of(&with(b"`\n", b"xx")), None);
    }

    #[test]
    fn a_debian_package_is_masked_down_to_its_members() {
        let two = include_bytes!("../../../tests/data/masks/two.deb");
        assert!(of(ONE_DEB).is_some());
        assert_eq!(of(ONE_DEB), of(two));
        survives_damage("a.deb", ONE_DEB);
    }

    #[test]
    fn damage_is_survived() {
        survives_damage("a.a", ONE);
    }
}
