//! The image that is read is the image that runs: names and attributes of a layer, read as engines unpack them. What the
//! engines do was measured by `tests/real/parity.py`.

use std::fs;
use std::sync::Arc;

use imgdrift::archive::sha256;
use imgdrift::model::{GapKind, Progress};
use imgdrift::session;
use imgdrift::settings::Settings;
use imgdrift::snapshot::Snapshot;
use imgdrift::source::Reference;

/// Name, type flag, content or link, and PAX records in front.
type Item<'a> = (&'a str, u8, &'a str, &'a [(&'a str, &'a [u8])]);

fn file<'a>(name: &'a str, content: &'a str) -> Item<'a> {
    (name, b'0', content, &[])
}

fn layer(items: &[Item<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, flag, text, records) in items {
        builder.append_pax_extensions(records.iter().copied()).unwrap();
        let content = if *flag == b'0' { text.as_bytes() } else { b"" };
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::new(*flag));
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        let fields = header.as_old_mut();
        fields.name[..name.len()].copy_from_slice(name.as_bytes());
        if *flag != b'0' {
            fields.linkname[..text.len()].copy_from_slice(text.as_bytes());
        }
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The image of a layer with some files and one with `items` above it.
fn read(items: &[Item<'_>]) -> Snapshot {
    let base = layer(&[
        ("d/", b'5', "", &[]),
        file("d/keep", "1"),
        file("d/gone", "1"),
        file("usr/bin/app", "good"),
        file("etc/sudoers.d/policy", "1"),
    ]);
    let layers = [base, layer(items)];
    let ids: Vec<_> = layers.iter().map(|layer| format!("\"{}\"", sha256(layer))).collect();
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        ids.join(",")
    );
    let mut builder = tar::Builder::new(Vec::new());
    let manifest = r#"[{"Config":"config.json","Layers":["0.tar","1.tar"]}]"#;
    for (name, bytes) in [
        ("0.tar", &layers[0][..]),
        ("1.tar", &layers[1]),
        ("config.json", config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, bytes).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, builder.into_inner().unwrap()).unwrap();
    let reference = Reference::parse(path.to_str().unwrap()).unwrap();
    session::read(&reference, &Settings::default(), &Arc::new(Progress::default())).unwrap().snapshot
}

fn content(snapshot: &Snapshot, path: &str) -> Option<String> {
    let nodes = snapshot.image.tree.nodes();
    let node = nodes.iter().find(|node| node.path.to_string() == path)?;
    Some(node.file.entry.sha256().map(|digest| digest.to_string()).unwrap_or_default())
}

/// What is said of the layers alone.
fn gaps(snapshot: &Snapshot) -> Vec<(GapKind, String)> {
    let of_layers = snapshot.gaps.iter().filter(|gap| matches!(gap.what, GapKind::Entries | GapKind::Overlay));
    of_layers.map(|gap| (gap.what, gap.paths.join(" "))).collect()
}

#[test]
fn an_entry_with_dots_in_its_name_replaces_the_program() {
    let evil = Some(sha256(b"evil").to_string());
    for items in [
        &[file("usr/lib/../bin/app", "evil")][..],
        &[file("no/such/../../usr/bin/app", "evil")],
        &[file("q", "evil"), ("usr/bin/app", b'1', "etc/../q", &[])],
    ] {
        let snapshot = read(items);
        assert_eq!(content(&snapshot, "/usr/bin/app"), evil);
        assert_eq!(gaps(&snapshot), []);
    }
}

#[test]
fn of_two_names_of_one_path_the_last_counts_and_docker_refuses_the_layer() {
    let snapshot = read(&[file("usr/bin/app", "good"), file("/usr/./bin//app", "evil")]);
    assert_eq!(content(&snapshot, "/usr/bin/app"), Some(sha256(b"evil").to_string()));
    assert_eq!(gaps(&snapshot), [(GapKind::Entries, "/usr/bin/app".to_owned())]);
}

/// Podman and umoci take the name of a global header for a whiteout's; to Docker it is none.
#[test]
fn a_global_header_that_some_stores_take_for_a_whiteout_is_named() {
    let snapshot = read(&[("etc/sudoers.d/.wh.policy", b'g', "", &[])]);
    assert!(content(&snapshot, "/etc/sudoers.d/policy").is_some());
    assert_eq!(gaps(&snapshot), [(GapKind::Entries, "/etc/sudoers.d/.wh.policy".to_owned())]);
}

#[test]
fn a_whiteout_with_dots_in_its_name_hides() {
    for items in [[file("usr/../d/.wh.gone", "")], [file("d/keep/../.wh..wh..opq", "")]] {
        assert_eq!(content(&read(&items), "/d/gone"), None);
    }
}

#[test]
fn what_leaves_the_root_is_shown_in_it_and_named() {
    let snapshot = read(&[file("../../usr/bin/app", "evil"), file("../d/.wh.gone", "")]);
    assert_eq!(content(&snapshot, "/usr/bin/app"), Some(sha256(b"evil").to_string()));
    assert_eq!(content(&snapshot, "/d/gone"), None);
    assert_eq!(gaps(&snapshot), [(GapKind::Entries, "/d/.wh.gone /usr/bin/app".to_owned())]);
}

#[test]
fn entries_of_aufs_are_shown_and_named() {
    let plnk = ("hard", b'1', ".wh..wh.plnk/1.2", &[][..]);
    let snapshot = read(&[file(".wh..wh.orph/sh", "evil"), file(".wh..wh.plnk/1.2", "evil"), plnk]);
    for path in ["/.wh..wh.orph/sh", "/.wh..wh.plnk/1.2", "/hard"] {
        assert_eq!(content(&snapshot, path), Some(sha256(b"evil").to_string()), "{path}");
    }
    assert_eq!(gaps(&snapshot), [(GapKind::Entries, "/.wh..wh.orph/sh /.wh..wh.plnk/1.2".to_owned())]);
}

#[test]
fn what_an_overlay_would_hide_is_shown_and_named() {
    let opaque = [("SCHILY.xattr.trusted.overlay.opaque", &b"y"[..])];
    let snapshot = read(&[("etc/sudoers.d/", b'5', "", &opaque)]);
    assert!(content(&snapshot, "/etc/sudoers.d/policy").is_some());
    assert_eq!(gaps(&snapshot), [(GapKind::Overlay, "/etc/sudoers.d".to_owned())]);
    let origin = [("SCHILY.xattr.trusted.overlay.origin", &b"y"[..])];
    assert_eq!(gaps(&read(&[("etc/sudoers.d/", b'5', "", &origin)])), []);
}
