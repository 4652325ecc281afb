//! tar (ustar, GNU, PAX) as a file: the members' times, and their order where it says nothing.
//!
//! Owners stay, by number and by name, even where all members have the same: who unpacks as root gets them. So do
//! modes, links, devices, extended attributes and whatever a header holds that is not named here.

use super::super::anatomy::tar::{BLOCK, Header, header};
use super::super::anatomy::until_nul;
use super::nested::{self, Form, Nest, Sealed};
use super::{Mask, gem, utc};
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "tar",
    covers: "*.tar, *.gem",
    explanation: Explanation::Noise,
    cause: "a tar archive records its members' times, in the order in which the directory listed them",
    fix: "tar --sort=name --mtime=@$SOURCE_DATE_EPOCH --pax-option=delete=atime,delete=ctime",
    // Most archives come ready made.
    each_build: false,
    max_bytes: 64 << 20,
    // The first bytes are a name; what follows shows on reading.
    matches: |path, _| [b".tar".as_slice(), b".gem"].iter().any(|name| path.as_bytes().ends_with(name)),
    apply: |bytes| nested::outermost(bytes, open),
};

const MAX_MEMBERS: usize = 100_000;

/// Fields of a header that are not looked at: size (what it is shows in the content), time, checksum.
const HIDDEN: [std::ops::Range<usize>; 3] = [124..136, 136..148, 148..156];
const NAME: std::ops::Range<usize> = 0..100;
const PREFIX: std::ops::Range<usize> = 345..500;
const TIME: std::ops::Range<usize> = 136..148;

/// PAX records that tell a time.
const TIMES: [&[u8]; 3] = [b"mtime", b"atime", b"ctime"];

/// Whether a content that starts so is a tar archive.
pub(super) fn is_tar(start: &[u8]) -> bool {
    start.get(257..262) == Some(b"ustar")
}

pub(super) fn open(bytes: &[u8], nest: &mut Nest) -> Option<Form> {
    let mut members = members(bytes)?;
    let order_counts = order_counts(&members);
    if !order_counts {
        members.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    }
    let mut form = Form::new(if order_counts { "tar in order" } else { "tar" });
    if let Some(newest) = members.iter().filter_map(|member| member.time).max() {
        form.hide(Hidden::new("newest member", utc(newest)));
    }
    let derived = members.iter().filter(|member| is_derived(member, &members)).map(|member| member.name.clone());
    let derived: Vec<Vec<u8>> = derived.collect();
    for Member { name, form: mut member, content, .. } in members {
        if let Some(content) = content {
            // What follows from the other members adds nothing to them.
            let sealed = if derived.contains(&name) { Sealed::plain(b"") } else { nest.seal(&name, content) };
            member.content(sealed.of_member(&name));
        }
        form.form(member);
    }
    Some(form)
}

/// Whether a member says nothing but what the others are: a gem's checksums.
fn is_derived(member: &Member<'_>, members: &[Member<'_>]) -> bool {
    let others = || members.iter().filter_map(|other| Some((other.name.as_slice(), other.content?)));
    member.name == gem::NAME
        && others().filter(|(name, _)| *name == gem::NAME).count() == 1
        && member.content.is_some_and(|list| gem::is_of(list, &others().collect::<Vec<_>>()))
}

struct Member<'a> {
    name: Vec<u8>,
    /// None where the name is no path, or one that leads out of the archive.
    path: Option<ImagePath>,
    kind: u8,
    link: Vec<u8>,
    time: Option<i64>,
    /// What of its headers counts.
    form: Form,
    /// Of a regular file.
    content: Option<&'a [u8]>,
}

/// All members, whatever follows the end of which must be zeros.
fn members(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let (mut members, mut rest, mut extended) = (Vec::new(), bytes, Extended::default());
    loop {
        let (block, after) = rest.split_at_checked(BLOCK)?;
        if is_zeros(block) {
            let ended = after.get(..BLOCK).is_some_and(is_zeros) && is_zeros(after);
            return (ended && extended.is_empty()).then_some(members);
        }
        let header = header(block)?;
        let (body, after) = after.split_at_checked(header.size)?;
        let (padding, after) = after.split_at_checked(header.size.next_multiple_of(BLOCK) - header.size)?;
        if !is_zeros(padding) || members.len() >= MAX_MEMBERS {
            return None;
        }
        rest = after;
        match header.kind {
            b'x' => extended.pax(&header, body)?,
            b'L' | b'K' => extended.gnu(&header, body),
            _ => members.push(member(&header, body, std::mem::take(&mut extended))?),
        }
    }
}

fn is_zeros(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// What the headers in front of a member say about it.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    /// What of them counts.
    forms: Vec<Form>,
}

impl Extended {
    fn is_empty(&self) -> bool {
        self.path.is_none() && self.link.is_none() && self.forms.is_empty()
    }

    /// Records of times go: one is written only where a time has a fraction. A header that holds nothing else goes with
    /// them.
    fn pax(&mut self, header: &Header<'_>, body: &[u8]) -> Option<()> {
        let records = records(body)?;
        let mut counted = records.iter().filter(|(key, _)| !TIMES.contains(key)).peekable();
        if !records.is_empty() && counted.peek().is_none() {
            return Some(());
        }
        let mut form = Form::new("pax");
        // GNU tar puts its process id into this name, which nobody reads.
        let is_usual = until_nul(header.block.get(NAME)?).windows(10).any(|part| part == b"PaxHeaders");
        form.field(&counted_fields(header, if is_usual { NAME } else { 0..0 }));
        for (key, value) in counted {
            match *key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                // Another size than the header's, or a sparse file: how contents are told apart is not certain.
                b"size" => return None,
                key if key.starts_with(b"GNU.sparse") => return None,
                _ => {}
            }
            form.field(key);
            form.field(value);
        }
        self.forms.push(form);
        Some(())
    }

    fn gnu(&mut self, header: &Header<'_>, body: &[u8]) {
        let mut form = Form::new("long name");
        form.field(&counted_fields(header, 0..0));
        form.field(body);
        self.forms.push(form);
        let text = Some(until_nul(body).to_vec());
        if header.kind == b'L' { self.path = text } else { self.link = text }
    }
}

fn member<'a>(header: &Header<'_>, body: &'a [u8], extended: Extended) -> Option<Member<'a>> {
    let is_file = matches!(header.kind, b'0' | b'\0' | b'7');
    // Other kinds have no content; sparse files, volumes and continued files are not judged.
    if !(is_file || (matches!(header.kind, b'1'..=b'6' | b'g') && (body.is_empty() || header.kind == b'g'))) {
        return None;
    }
    let name = extended.path.unwrap_or_else(|| name(header.block));
    let link = extended.link.unwrap_or_else(|| until_nul(header.block.get(157..257).unwrap_or_default()).to_vec());
    let mut form = Form::new("member");
    extended.forms.into_iter().for_each(|extended| form.form(extended));
    form.field(&counted_fields(header, 0..0));
    if header.kind == b'g' {
        form.field(body);
    }
    let time = header.block.get(TIME).map(until_nul).and_then(|text| std::str::from_utf8(text).ok());
    Some(Member {
        path: ImagePath::parse(&name).ok(),
        name,
        kind: header.kind,
        link,
        time: time.and_then(|text| i64::from_str_radix(text.trim(), 8).ok()),
        form,
        content: is_file.then_some(body),
    })
}

/// The name in a header. In GNU's own dialect what stands in the prefix's place is none.
fn name(block: &[u8]) -> Vec<u8> {
    let field = |at: std::ops::Range<usize>| until_nul(block.get(at).unwrap_or_default());
    match field(PREFIX) {
        prefix if !prefix.is_empty() && block.get(257..263) == Some(b"ustar\0") => [prefix, field(NAME)].join(&b'/'),
        _ => field(NAME).to_vec(),
    }
}

/// A header without what is not looked at, nor the field at `also`.
fn counted_fields(header: &Header<'_>, also: std::ops::Range<usize>) -> Vec<u8> {
    let mut block = header.block.to_vec();
    for field in HIDDEN.into_iter().chain([also]) {
        block.get_mut(field).unwrap_or_default().fill(0);
    }
    block
}

/// The records of a PAX header, `length key=value\n` each; `None` where anything else stands.
fn records(mut bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(bytes.get(..space)?).ok()?.parse().ok()?;
        let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=')?;
        records.push((record.get(..equals)?, record.get(equals + 1..)?));
        bytes = bytes.get(length..)?;
    }
    Some(records)
}

/// Whether the members, unpacked in another order, could make other files: a path twice, a global header, a hardlink
/// that comes before what it links to, something below what is not a directory, names that are no paths.
fn order_counts(members: &[Member<'_>]) -> bool {
    let mut places: Vec<(&[u8], usize)> = Vec::with_capacity(members.len());
    for (at, member) in members.iter().enumerate() {
        match &member.path {
            Some(path) if member.kind != b'g' => places.push((path.as_bytes(), at)),
            _ => return true,
        }
    }
    places.sort_unstable();
    if places.iter().zip(places.iter().skip(1)).any(|(one, next)| one.0 == next.0) {
        return true;
    }
    let place = |path: &[u8]| {
        let found = places.binary_search_by(|(other, _)| (*other).cmp(path)).ok()?;
        places.get(found).map(|(_, at)| *at)
    };
    let has_below = |path: &[u8]| {
        let below = [path, b"/"].concat();
        let first = places.partition_point(|(other, _)| *other < below.as_slice());
        places.get(first).is_some_and(|(other, _)| other.starts_with(&below))
    };
    members.iter().enumerate().any(|(at, member)| {
        let path = member.path.as_ref().map_or(&b""[..], |path| path.as_bytes());
        let unordered_link = member.kind == b'1'
            && !ImagePath::parse(&member.link).is_ok_and(|link| place(link.as_bytes()).is_some_and(|link| link < at));
        unordered_link || (member.kind != b'5' && has_below(path))
    })
}

#[cfg(test)]
mod tests {
    use ::tar::{Builder, EntryType, Header as Entry};

    use super::super::testing::{hidden, masked, survives_damage};

    fn of(bytes: &[u8]) -> Option<Vec<u8>> {
        masked("srv/a.tar", bytes).map(|(_, form)| form)
    }

    /// A member: path, kind, content or link target, and the header's other fields.
    struct Made<'a>(&'a str, EntryType, &'a str, fn(&mut Entry));

    fn file<'a>(path: &'a str, content: &'a str) -> Made<'a> {
        Made(path, EntryType::Regular, content, |_| {})
    }

    fn archive(members: &[Made<'_>]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for Made(path, kind, text, edit) in members {
            let mut header = Entry::new_ustar();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            header.set_mtime(1_700_000_000);
            header.set_uid(0);
            edit(&mut header);
            if kind.is_file() {
                header.set_size(text.len() as u64);
                builder.append_data(&mut header, path, text.as_bytes()).unwrap();
            } else {
                header.set_size(0);
                builder.append_link(&mut header, path, text).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn pax(records: &[(&str, &[u8])], path: &str) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions(records.iter().copied()).unwrap();
        let mut header = Entry::new_ustar();
        header.set_size(0);
        header.set_mode(0o755);
        builder.append_data(&mut header, path, &b""[..]).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn times_and_order_are_masked() {
        let one = archive(&[file("a", "1"), file("b", "2")]);
        let two =
            archive(&[Made("b", EntryType::Regular, "2", |header| header.set_mtime(1_760_000_000)), file("a", "1")]);
        assert!(of(&one).is_some());
        assert_eq!(of(&one), of(&two));
        assert_eq!(hidden("a.tar", &one), ["newest member 2023-11-14 22:13:20"]);
        // Another blocking factor.
        assert_eq!(of(&one), of(&[one.as_slice(), &[0; 9216]].concat()));
        survives_damage("a.tar", &one);
    }

    #[test]
    fn records_of_times_are_masked_whether_there_are_any_or_not() {
        let plain = pax(&[("comment", b"x")], "a");
        assert!(of(&plain).is_some());
        assert_eq!(of(&plain), of(&pax(&[("mtime", b"1700000000.5"), ("comment", b"x")], "a")));
        assert_eq!(of(&pax(&[("mtime", b"1.5")], "a")), of(&pax(&[("atime", b"2.25"), ("ctime", b"3.5")], "a")));
    }

    #[test]
    fn what_unpacking_would_show_never_hides() {
        let base = || vec![file("a", "1"), file("b", "2")];
        let real = of(&archive(&base()));
        let edited = |edit: fn(&mut Entry)| archive(&[file("a", "1"), Made("b", EntryType::Regular, "2", edit)]);
        for (what, other) in [
            ("content", archive(&[file("a", "1"), file("b", "3")])),
            ("name", archive(&[file("a", "1"), file("c", "2")])),
            ("a member more", archive(&[file("a", "1"), file("b", "2"), file("c", "")])),
            ("kind", archive(&[file("a", "1"), Made("b", EntryType::Symlink, "2", |_| {})])),
            ("mode", edited(|header| header.set_mode(0o755))),
            ("setuid", edited(|header| header.set_mode(0o4644))),
            ("owner", edited(|header| header.set_uid(1000))),
            ("owner's name", edited(|header| header.set_username("games").unwrap())),
            ("unused bytes", edited(|header| header.as_mut_bytes()[511] = 1)),
        ] {
            assert!(of(&other).is_some_and(|form| Some(form) != real), "{what}");
        }
        let capability: &[(&str, &[u8])] = &[("SCHILY.xattr.security.capability", b"\x01\0\0\x02\0")];
        assert!(of(&pax(capability, "a")).is_some_and(|form| Some(form) != of(&pax(&[], "a"))));
    }

    #[test]
    fn order_stays_where_it_decides_what_is_unpacked() {
        let link = |path, target| Made(path, EntryType::Symlink, target, |_| {});
        let hard = |path, target| Made(path, EntryType::Link, target, |_| {});
        for [one, two] in [
            [[file("a", "1"), file("./a", "2")], [file("./a", "2"), file("a", "1")]],
            [[link("a", "/etc"), file("a/b", "2")], [file("a/b", "2"), link("a", "/etc")]],
            [[file("a", "1"), hard("b", "a")], [hard("b", "a"), file("a", "1")]],
        ] {
            let (one, two) = (archive(&one), archive(&two));
            assert!(of(&one).is_some());
            assert_ne!(of(&one), of(&two));
        }
    }

    #[test]
    fn what_cannot_be_accounted_for_is_none() {
        let real = archive(&[file("a", "1")]);
        let mut padded = real.clone();
        padded[513] = b'x';
        for (what, other) in [
            ("padding that is not empty", padded),
            ("something behind the end", [real.as_slice(), b"evil"].concat()),
            ("another archive behind the end", [real.as_slice(), real.as_slice()].concat()),
            ("no end", real[..1024].to_vec()),
            ("a sparse file", pax(&[("GNU.sparse.major", b"1")], "a")),
            ("a size of its own", pax(&[("size", b"0")], "a")),
            ("no archive", vec![0; 700]),
        ] {
            assert_eq!(of(&other), None, "{what}");
        }
    }
}
