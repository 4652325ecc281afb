//! Crafted layers, indexed; hostile ones refused or warned about.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::archive::sha256;
use crate::model::{Kind, Md5};

/// A layer under construction, and what to look at in it.
struct Layer(tar::Builder<Vec<u8>>);

impl Layer {
    fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn entry(mut self, path: &str, kind: tar::EntryType, content: &[u8], link: &str) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o4755);
        header.set_uid(1000);
        header.set_gid(1001);
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        // The crate's own setter refuses names that climb.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(path, tar::EntryType::Regular, content, "")
    }

    /// PAX records for the entry that follows.
    fn pax(mut self, records: &[(&str, &[u8])]) -> Self {
        self.0.append_pax_extensions(records.iter().copied()).unwrap();
        self
    }

    fn tar(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn index_with(blob: &[u8], limits: &Limits, progress: &Progress) -> Result<LayerIndex, IndexError> {
    let options = IndexOptions {
        limits,
        capture: &|path, _| path.as_bytes().starts_with(b"keep/"),
        keep: &|_, _| true,
        md5: &|path| path.as_bytes().starts_with(b"md5/"),
        hash_blob: true,
        progress,
        sides: &[Side::Left, Side::Right],
    };
    index_layer(Box::new(blob), &options)
}

fn index(blob: &[u8]) -> Result<LayerIndex, IndexError> {
    index_with(blob, &small_limits(), &Progress::default())
}

fn small_limits() -> Limits {
    Limits { captured_bytes: 1000, captured_total: 1500, metadata_bytes: 1 << 16, ..Limits::default() }
}

fn file_of(entry: &LayerEntry) -> &FileEntry {
    match &entry.node {
        LayerNode::Inode(file) => file,
        other => panic!("{}: {other:?}", entry.path),
    }
}

fn sample() -> Vec<u8> {
    Layer::new()
        .entry("./", tar::EntryType::Directory, b"", "")
        .file("./usr/x", b"content")
        .entry("link", tar::EntryType::Symlink, b"", "../somewhere")
        .entry("hard", tar::EntryType::Link, b"", "./usr/x")
        .file("d/.wh.gone", b"")
        .file("d/.wh..wh..opq", b"")
        .file("keep/a", b"kept bytes")
        .file("md5/a", b"")
        .file("x.pyc", b"\xa7\r\r\n\0\0\0\0\x01\x02\0\0\x03\0\0\0code")
        .tar()
}

#[test]
fn a_layer_is_kept_entry_by_entry() {
    let tar = sample();
    let index = index(&tar).unwrap();
    let paths: Vec<_> = index.entries.iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(paths, ["/", "/usr/x", "/link", "/hard", "/d/gone", "/d", "/keep/a", "/md5/a", "/x.pyc"]);
    assert_eq!((index.diff_id, index.blob_digest, index.size), (sha256(&tar), Some(sha256(&tar)), tar.len() as u64));
    assert_eq!(index.warnings, Vec::<String>::new());

    let file = file_of(&index.entries[1]);
    assert_eq!((file.kind, file.mode, file.uid, file.gid), (Kind::File, 0o4755, 1000, 1001));
    assert_eq!((file.size, file.mtime, file.sha256()), (7, 1_700_000_000, Some(sha256(b"content"))));
    let offset = usize::try_from(index.entries[1].offset.unwrap()).unwrap();
    assert_eq!(&tar[offset..offset + 7], b"content");
    assert_eq!(file_of(&index.entries[2]).link.as_deref(), Some(&b"../somewhere"[..]));
    assert_eq!(
        index.entries[3].node,
        LayerNode::Hardlink { target: ImagePath::parse(b"usr/x").unwrap() },
        "targets are normalised too"
    );
    assert_eq!((&index.entries[4].node, &index.entries[5].node), (&LayerNode::Whiteout, &LayerNode::Opaque));
    assert_eq!(index.captured.len(), 1);
    assert_eq!(&index.captured[&6][..], b"kept bytes");
    let content = file_of(&index.entries[7]).content.as_ref().unwrap();
    assert_eq!(content.md5, Md5::from_hex("d41d8cd98f00b204e9800998ecf8427e"));
    let content = file_of(&index.entries[8]).content.as_ref().unwrap();
    let pyc = content.pyc.unwrap();
    assert_eq!((pyc.flags, pyc.mtime, pyc.size), (0, 0x201, 3));
    assert_eq!(content.md5, None);
}

#[test]
fn attributes_are_sorted_and_binary() {
    let records = [("SCHILY.xattr.user.z", &b"last\nline"[..]), ("SCHILY.xattr.user.a", b"\0binary")];
    let index = index(&Layer::new().pax(&records).file("f", b"").tar()).unwrap();
    let xattrs = file_of(&index.entries[0]).xattrs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    assert_eq!(xattrs.collect::<Vec<_>>(), [(&b"user.a"[..], &b"\0binary"[..]), (b"user.z", b"last\nline")]);
}

#[test]
fn a_pyc_is_masked_and_two_that_differ_in_time_alone_are_equal_then() {
    let pyc = |time: u8| {
        let bytes = [&b"\xa7\r\r\n\0\0\0\0"[..], &[time, 0, 0, 0], b"\x03\0\0\0code"].concat();
        let index = index(&Layer::new().file("x.pyc", &bytes).tar()).unwrap();
        file_of(&index.entries[0]).content.clone().unwrap()
    };
    let (one, two) = (pyc(1), pyc(2));
    assert_ne!(one.sha256, two.sha256);
    assert_eq!(one.masked.unwrap(), two.masked.unwrap());
}

#[test]
fn however_it_is_compressed_and_whatever_follows_the_index_is_the_same() {
    let tar = [sample(), vec![0; 20_000], b"trailing bytes".to_vec()].concat();
    let plain = index(&tar).unwrap();
    assert_eq!(plain.size, tar.len() as u64, "bytes after the archive belong to the diffID");
    let members = [gzip(&tar[..1000]), gzip(&tar[1000..])].concat();
    for blob in [gzip(&tar), members, zstd::encode_all(&tar[..], 3).unwrap()] {
        let progress = Progress::default();
        let packed = index_with(&blob, &small_limits(), &progress).unwrap();
        assert_eq!((packed.diff_id, &packed.entries), (plain.diff_id, &plain.entries));
        assert_eq!(packed.captured, plain.captured);
        assert_eq!(packed.blob_digest, Some(sha256(&blob)));
        for side in [Side::Left, Side::Right] {
            assert_eq!(progress.side(side).bytes().0, blob.len() as u64);
            assert_eq!(progress.side(side).entries(), 9);
        }
    }
}

#[test]
fn names_that_mean_nothing_are_left_out_with_a_warning_that_a_terminal_may_show() {
    let index = index(
        &Layer::new()
            .file("a/.wh...", b"")
            .file(".wh.", b"")
            .entry("/", tar::EntryType::Regular, b"root", "")
            .entry("odd\n", tar::EntryType::new(b'Q'), b"read", "")
            .file("keep/big", &[1; 1001])
            .entry("keep/link", tar::EntryType::Link, b"", "elsewhere")
            .tar(),
    )
    .unwrap();
    let paths: Vec<_> = index.entries.iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(paths, ["/odd\\n", "/keep/big", "/keep/link"]);
    assert!(index.captured.is_empty());
    let want = [
        "a whiteout",
        "a whiteout",
        "names the root",
        "unknown type flag 'Q'",
        "1001 bytes, not looked into",
        "a hardlink to /elsewhere, whose bytes were not kept",
    ];
    assert_eq!(index.warnings.len(), want.len(), "{:?}", index.warnings);
    for (warning, want) in index.warnings.iter().zip(want) {
        assert!(warning.contains(want) && !warning.contains(char::is_control), "{warning:?} lacks {want:?}");
    }
    assert_eq!(
        gaps(&index),
        [
            "/.wh. /a/.wh...: whiteouts that name no file",
            "/odd\n: entries of a type that",
            "/: entries that name the root"
        ]
    );
}

/// The gaps of a layer: their paths and the first words of why.
fn gaps(index: &LayerIndex) -> Vec<String> {
    let words = |why: &str| why.split(' ').take(5).collect::<Vec<_>>().join(" ");
    let mut gaps: Vec<_> =
        index.gaps.iter().map(|gap| format!("{}: {}", gap.paths.join(" "), words(&gap.why))).collect();
    gaps.sort_unstable_by_key(|gap| std::cmp::Reverse(gap.len()));
    gaps
}

#[test]
fn names_are_cleaned_as_engines_clean_them() {
    let index = index(
        &Layer::new()
            .file("usr/lib/../bin/app", b"x")
            .file("d/.././/./.wh.gone", b"")
            .file("e/../d/x/../.wh..wh..opq", b"")
            .file("d/.wh.y/../.wh.z", b"")
            .entry("hard", tar::EntryType::Link, b"", "usr/../usr/./bin/app")
            .tar(),
    )
    .unwrap();
    let entries: Vec<_> = index.entries.iter().map(|entry| (entry.path.to_string(), &entry.node)).collect();
    assert_eq!(entries[0].0, "/usr/bin/app");
    assert_eq!(entries[1], ("/gone".to_owned(), &LayerNode::Whiteout));
    assert_eq!(entries[2], ("/d".to_owned(), &LayerNode::Opaque));
    assert_eq!(entries[3], ("/d/z".to_owned(), &LayerNode::Whiteout));
    let target = ImagePath::parse(b"usr/bin/app").unwrap();
    assert_eq!(entries[4], ("/hard".to_owned(), &LayerNode::Hardlink { target }));
    assert_eq!((index.warnings, index.gaps), (Vec::new(), Vec::new()));
}

#[test]
fn names_that_leave_the_root_are_shown_in_it_and_named() {
    let index = index(
        &Layer::new()
            .file("../../etc/\x1b[2Jpasswd", b"x")
            .file("/../b/.wh.c", b"")
            .entry("hard", tar::EntryType::Link, b"", "../../b")
            .tar(),
    )
    .unwrap();
    let paths: Vec<_> = index.entries.iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(paths, ["/etc/\\x1b[2Jpasswd", "/b/c", "/hard"]);
    assert_eq!(gaps(&index), ["/b/.wh.c /etc/\x1b[2Jpasswd /hard: names that leave the root"]);
}

#[test]
fn names_of_aufs_are_paths_of_the_layer_and_named() {
    let index = index(
        &Layer::new()
            .entry(".wh..wh.plnk/", tar::EntryType::Directory, b"", "")
            .file(".wh..wh.plnk/1.2", b"x")
            .file(".wh..wh.orph/sh", b"x")
            .file(".wh..wh.aufs", b"")
            .file("d/.wh.gone/x", b"")
            .file("d/.wh.gone", b"")
            .tar(),
    )
    .unwrap();
    let paths: Vec<_> = index.entries.iter().map(|entry| entry.path.to_string()).collect();
    let aufs = ["/.wh..wh.plnk", "/.wh..wh.plnk/1.2", "/.wh..wh.orph/sh", "/.wh..wh.aufs", "/d/.wh.gone/x"];
    assert_eq!(paths, [&aufs[..], &["/d/gone"]].concat());
    let mut sorted = aufs;
    sorted.sort_unstable();
    assert_eq!(gaps(&index), [format!("{}: names with the prefix of", sorted.join(" "))]);
}

#[test]
fn what_an_overlay_alone_acts_upon_is_named() {
    let opaque = [("SCHILY.xattr.trusted.overlay.opaque", &b"y"[..])];
    let origin = [("SCHILY.xattr.trusted.overlay.origin", &b"y"[..])];
    let layer = Layer::new().pax(&origin).entry("calm/", tar::EntryType::Directory, b"", "").pax(&opaque).entry(
        "etc/sudoers.d/",
        tar::EntryType::Directory,
        b"",
        "",
    );
    let index = index(&layer.tar()).unwrap();
    assert_eq!(gaps(&index), ["/etc/sudoers.d: directories marked opaque by an"]);
    assert_eq!(file_of(&index.entries[1]).kind, Kind::Directory, "shown as it is stored");
}

#[test]
fn a_name_may_be_as_long_and_as_deep_as_an_engine_takes_it() {
    let name = |length: usize| [&b"d/".repeat(length / 2 - 1)[..], b"xy"].concat();
    let layer = |name: &[u8]| Layer::new().pax(&[("path", name)]).file("short", b"").tar();
    let deep = index(&layer(&name(4094))).unwrap();
    assert_eq!(deep.entries[0].path.as_bytes().len(), 4094);
    assert!(gaps(&deep)[0].ends_with("names nearly as long as"), "{:?}", deep.gaps);
    assert_eq!(index(&layer(&name(3000))).unwrap().gaps, []);
    assert_eq!(index(&layer(&[b'n'; 255])).unwrap().gaps, []);
    assert!(gaps(&index(&layer(&[b'n'; 256])).unwrap())[0].ends_with("names of more than 255"));
    let beyond = index(&layer(&name(4098))).unwrap();
    assert!(beyond.entries.is_empty());
    assert!(gaps(&beyond)[0].ends_with("entries whose names are beyond"), "{:?}", beyond.gaps);
}

#[test]
fn headers_and_types_that_engines_refuse_or_stores_take_for_names_are_told() {
    let layer = ["keep/a", "keep/b"].iter().fold(Layer::new(), |layer, name| layer.file(name, b"x"));
    let layer = layer
        .entry("keep/a", tar::EntryType::XGlobalHeader, b"", "")
        .entry("volume", tar::EntryType::new(b'V'), b"", "")
        .entry("contiguous", tar::EntryType::Continuous, b"x", "")
        .entry("dump/", tar::EntryType::new(b'D'), b"", "")
        .entry("nowhere", tar::EntryType::Symlink, b"", "");
    let index = index(&layer.tar()).unwrap();
    assert_eq!(index.entries.len(), 5);
    let told = |word: &str| {
        let gap = index.gaps.iter().find(|gap| gap.why.contains(word));
        gap.map(|gap| (gap.what, gap.paths.join(" ")))
    };
    let entries = |paths: &str| Some((crate::model::GapKind::Entries, paths.to_owned()));
    assert_eq!(told("global headers"), entries("/keep/a"));
    assert_eq!(told("headers of a type"), entries("/volume"));
    assert_eq!(told("symlinks without a target"), entries("/nowhere"));
    assert_eq!(told("entries of a type"), entries("/contiguous /dump"));
}

#[test]
fn warnings_stop_at_a_hundred_and_say_how_many_more() {
    let layer = (0..250).fold(Layer::new(), |layer, at| layer.file(&format!("{at}/.wh."), b""));
    let index = index(&layer.tar()).unwrap();
    assert_eq!(index.warnings.len(), 101);
    assert!(index.warnings[100].contains("150 more"), "{}", index.warnings[100]);
    assert_eq!((index.gaps.len(), index.gaps[0].paths.len()), (1, 20));
}

#[test]
fn a_small_blob_may_not_grow_without_end() {
    let limits = Limits { expansion: 10, expansion_floor: 1 << 16, ..small_limits() };
    let bomb = gzip(&Layer::new().file("zeros", &vec![0; 1 << 20]).tar());
    let error = index_with(&bomb, &limits, &Progress::default()).unwrap_err().to_string();
    assert!(error.contains("expands to") && error.contains("the limit is 65536 (10 times)"), "{error}");
    // A sparse file expands without a stream that does.
    let hole = Layer::new().pax(&[("GNU.sparse.map", b"0,0"), ("GNU.sparse.size", b"99999999999")]).file("s", b"");
    let error = index_with(&hole.tar(), &limits, &Progress::default()).unwrap_err().to_string();
    assert!(error.contains("expands to 99999999999 bytes"), "{error}");
}

#[test]
fn a_million_entries_meet_the_limits_on_their_number_and_on_their_names() {
    let layer = || (0..300).fold(Layer::new(), |layer, at| layer.file(&format!("{at}/{}", "n".repeat(80)), b"")).tar();
    let limits = Limits { entries: 299, ..Limits::default() };
    let error = index_with(&layer(), &limits, &Progress::default()).unwrap_err().to_string();
    assert!(error.contains("an entry count of 300; the limit is 299"), "{error}");
    let limits = Limits { metadata_bytes: 8000, ..Limits::default() };
    let error = index_with(&layer(), &limits, &Progress::default()).unwrap_err().to_string();
    assert!(error.contains("the limit is 8000"), "{error}");
}

#[test]
fn the_wish_to_stop_is_heard() {
    let progress = Progress::default();
    progress.cancel();
    for blob in [sample(), gzip(&sample())] {
        assert!(matches!(index_with(&blob, &small_limits(), &progress), Err(IndexError::Cancelled)));
    }
}

#[test]
fn an_error_in_the_middle_of_a_compressed_layer_ends_the_pass() {
    let broken = [sample().as_slice()[..1024].to_vec(), vec![7; 8 << 20]].concat();
    let error = index(&zstd::encode_all(&broken[..], 1).unwrap()).unwrap_err().to_string();
    assert!(error.contains("at byte 1536: a header"), "{error}");
}

#[test]
fn cut_anywhere_it_is_an_error_or_a_warning_and_never_the_whole_layer() {
    let tar = sample();
    let whole = index(&tar).unwrap();
    let cuts = (0..tar.len()).step_by(512).chain((0..tar.len()).step_by(97));
    for length in cuts {
        if let Ok(cut) = index(&tar[..length]) {
            assert_ne!(cut.diff_id, whole.diff_id);
            assert!(!cut.warnings.is_empty() || cut.entries == whole.entries, "cut at {length}");
        }
    }
    let packed = gzip(&tar);
    for length in 10..packed.len() {
        let error = index(&packed[..length]).unwrap_err().to_string();
        assert!(error.contains("gzip"), "cut at {length}: {error}");
    }
}

proptest! {
    #[test]
    fn noise_is_an_error_or_an_index_of_all_its_bytes(bytes in prop::collection::vec(any::<u8>(), 0..4000), flip in any::<(usize, u8)>()) {
        if let Ok(index) = index(&bytes) {
            prop_assert_eq!(index.blob_digest, Some(sha256(&bytes)));
        }
        let mut damaged = sample();
        let at = flip.0 % damaged.len();
        damaged[at] ^= flip.1;
        if let Ok(index) = index(&damaged) {
            prop_assert_eq!(index.diff_id, sha256(&damaged));
        }
    }
}
