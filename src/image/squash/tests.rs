//! Layers written as lists of names, squashed and written as a list again.

use std::collections::HashMap;

use super::*;
use crate::image::LayerEntry;
use crate::model::Digest;

/// `name/` a directory, `name -> target`, `name = other` a hard link, `.wh.` names as in a layer, else a file.
fn layer(entries: &[&str]) -> Arc<LayerIndex> {
    let path = |text: &str| ImagePath::parse(text.as_bytes()).unwrap();
    let inode = |kind: Kind, link: Option<&str>| {
        let link = link.map(|target| target.as_bytes().into());
        LayerNode::Inode(Arc::new(FileEntry { kind, link, ..FileEntry::implied_directory() }))
    };
    let entry = |text: &&str| {
        let (name, node) = if let Some((name, target)) = text.split_once(" -> ") {
            (name.to_owned(), inode(Kind::Symlink, Some(target)))
        } else if let Some((name, target)) = text.split_once(" = ") {
            (name.to_owned(), LayerNode::Hardlink { target: path(target) })
        } else if let Some(directory) = text.strip_suffix(".wh..wh..opq") {
            (directory.to_owned(), LayerNode::Opaque)
        } else if text.contains(".wh.") && !text.contains(".wh..wh.") {
            (text.replace(".wh.", ""), LayerNode::Whiteout)
        } else if text.ends_with('/') {
            ((*text).to_owned(), inode(Kind::Directory, None))
        } else {
            ((*text).to_owned(), inode(Kind::File, None))
        };
        LayerEntry { path: path(&name), node, offset: None }
    };
    Arc::new(LayerIndex {
        diff_id: Digest([0; 32]),
        blob_digest: None,
        size: 0,
        entries: entries.iter().map(entry).collect(),
        captured: HashMap::new(),
        warnings: Vec::new(),
        gaps: Vec::new(),
    })
}

/// The squashed paths, with the layer each came from.
fn squashed(layers: &[&[&str]]) -> (String, Vec<String>) {
    let image = squash(layers.iter().map(|entries| layer(entries)).collect());
    let show = |node: &Node| {
        let entry = &node.file.entry;
        let mark = if entry.kind == Kind::Directory { "/" } else { "" };
        let link = entry.link.as_deref().map(|link| format!("->{}", String::from_utf8_lossy(link)));
        format!("{}{mark}{}:{}", &node.path.to_string()[1..], link.unwrap_or_default(), node.file.layer)
    };
    (image.tree.nodes().iter().map(show).collect::<Vec<_>>().join(" "), image.warnings)
}

fn paths(layers: &[&[&str]]) -> String {
    squashed(layers).0
}

#[test]
fn whiteouts_hide_lower_layers_only() {
    assert_eq!(paths(&[&["a/", "a/x", "a/y"], &["a/.wh.x"]]), "a/:0 a/y:0");
    assert_eq!(paths(&[&["a/", "a/x"], &[".wh.a", "a/", "a/z"]]), "a/:1 a/z:1");
    assert_eq!(paths(&[&["a/", "a/x"], &["a/", "a/z", ".wh.a"]]), "a/:1 a/z:1");
    assert_eq!(paths(&[&[".rc", "b"], &[".wh..rc"]]), "b:0");
    assert_eq!(paths(&[&["b"], &[".wh.nothing"]]), "b:0");
    assert_eq!(paths(&[&["a/", "a/x"], &[".wh.a", "a/z"]]), "a/:1 a/z:1");
    let (_, warnings) = squashed(&[&["a"], &[".wh.a", "a"]]);
    assert!(warnings[0].contains("/a stands beside its own whiteout"), "{warnings:?}");
}

#[test]
fn an_opaque_directory_hides_whatever_its_position() {
    for upper in [["d/.wh..wh..opq", "d/new"], ["d/new", "d/.wh..wh..opq"]] {
        assert_eq!(paths(&[&["d/", "d/old", "d/sub/", "d/sub/x"], &upper]), "d/:0 d/new:1");
    }
}

#[test]
fn directories_merge_and_everything_else_replaces() {
    assert_eq!(paths(&[&["d/", "d/x"], &["d/", "d/y"]]), "d/:1 d/x:0 d/y:1");
    assert_eq!(paths(&[&["d/", "d/x"], &["d"]]), "d:1");
    assert_eq!(paths(&[&["d"], &["d/x"]]), "d/:1 d/x:1");
    assert_eq!(paths(&[&["d/", "d-x", "d/x"], &["d/y"]]), "d/:0 d-x:0 d/x:0 d/y:1");
}

#[test]
fn symlinked_parents_resolve_within_their_own_layer_only() {
    assert_eq!(paths(&[&["usr/bin/", "bin -> usr/bin", "bin/foo"]]), "bin->usr/bin:0 usr/:0 usr/bin/:0 usr/bin/foo:0");
    let (tree, warnings) = squashed(&[&["usr/bin/", "bin -> usr/bin"], &["bin/foo"]]);
    assert_eq!(tree, "bin/:1 bin/foo:1 usr/:0 usr/bin/:0");
    assert!(warnings[0].contains("/bin is a directory here and hides"), "{warnings:?}");
    assert_eq!(paths(&[&["a -> b", "b -> a", "a/x", "c"]]), "a->b:0 b->a:0 c:0");
}

#[test]
fn hard_links_share_their_targets_inode() {
    let (tree, warnings) = squashed(&[&["a", "b = a"], &["c = a", "e = gone"]]);
    assert_eq!(tree, "a:0 b:0 c:0");
    assert!(warnings[0].contains("a lower layer's"), "{warnings:?}");
    assert!(warnings[1].contains("/gone: no file"), "{warnings:?}");
    let image = squash(vec![layer(&["a", "b = a"])]);
    let nodes = image.tree.nodes();
    assert!(Arc::ptr_eq(&nodes[0].file.entry, &nodes[1].file.entry));
}

#[test]
fn of_duplicates_the_last_counts_and_is_told() {
    let (tree, warnings) = squashed(&[&["a/", "a/x", "a"]]);
    assert_eq!(tree, "a:0");
    assert!(warnings[0].contains("/a is listed twice"), "{warnings:?}");
    assert_eq!(squashed(&[&["a/", "a/x", "a/"]]).1, Vec::<String>::new());
}

#[test]
fn the_root_may_be_opaque_and_has_no_row_of_its_own() {
    assert_eq!(paths(&[&["./", "a/", "a/x", "b"], &[".wh..wh..opq", "c"]]), "c:1");
}

#[test]
fn a_hard_link_may_come_before_its_target_or_lead_where_aufs_kept_files() {
    assert_eq!(squashed(&[&["b = a", "a"]]), ("a:0 b:0".to_owned(), Vec::new()));
    assert_eq!(
        squashed(&[&[".wh..wh.plnk/1.2", "b = .wh..wh.plnk/1.2"]]),
        (".wh..wh.plnk/:0 .wh..wh.plnk/1.2:0 b:0".to_owned(), Vec::new())
    );
    let (tree, warnings) = squashed(&[&["d/", "b = d"]]);
    assert_eq!(tree, "d/:0");
    assert!(warnings[0].contains("no file; left out"), "{warnings:?}");
}

#[test]
fn a_hard_link_keeps_its_content_and_bytes_when_its_target_is_replaced_or_hidden() {
    let mut lower = Arc::unwrap_or_clone(layer(&["a", "b = a", "c"]));
    lower.captured.insert(0, Arc::from(&b"bytes"[..]));
    let image = squash(vec![Arc::new(lower), layer(&["a"]), layer(&[".wh.a"])]);
    let node = image.tree.get(&ImagePath::parse(b"b").unwrap()).unwrap();
    assert_eq!((node.file.layer, node.entry, node.bytes.as_deref()), (0, Some(0), Some(&b"bytes"[..])));
    assert_eq!(image.tree.nodes().len(), 2);
}

/// What stores disagree upon, as `tests/real/parity.py` measured it: where, and the first words of why.
#[test]
fn what_stores_unpack_elsewhere_or_refuse_is_named() {
    let gaps = |layers: &[&[&str]]| -> Vec<(String, String)> {
        let image = squash(layers.iter().map(|entries| layer(entries)).collect());
        let start = |why: &str| why.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        image.gaps.iter().map(|gap| (gap.paths.join(" "), start(&gap.why))).collect()
    };
    let link = ["d/", "d/x", "s -> d"];
    let doubted: &[(&[&[&str]], &str, &str)] = &[
        // Written and deleted where a lower layer's symlink leads, or in a directory in its place.
        (&[&link, &["s/y"]], "/d /s", "entries below a"),
        (&[&link, &["s/.wh.x"]], "/d /s", "entries below a"),
        (&[&["a"], &["a/y"]], "/a", "files with entries"),
        (&[&["a", "a/y"]], "/a", "files with entries"),
        (&[&["d/", "d/x"], &["s -> d", "s/.wh.x"]], "/d/x /s/x", "entries below a"),
        (&[&["d/", "d/x"], &["s -> d", "s/.wh..wh..opq"]], "/d /s", "opaque markers below"),
        (&[&["d/", "d/x"], &[".wh.d", "d/y"]], "/d", "paths that stand"),
        (&[&["a", "a"]], "/a", "of paths that"),
        (&[&["b = a", "a"]], "/b", "hardlinks before their"),
        (&[&["a"], &["b = a"]], "/b", "hardlinks to a"),
        (&[&["a"], &[".wh..wh..opq", "b"]], "/", "an opaque marker"),
    ];
    for (layers, paths, why) in doubted {
        assert_eq!(gaps(layers), [((*paths).to_owned(), (*why).to_owned())], "{layers:?}");
    }
    let honest: &[&[&[&str]]] = &[
        // A directory of the layer's own, or a symlink to one that it holds, is the same everywhere.
        &[&link, &["s/", "s/y"]],
        &[&["usr/lib/", "lib -> usr/lib", "lib/x"]],
        &[&["d/", "d/x"], &["d/y", ".wh.e"]],
        &[&["d/", "d/"]],
        &[&["a", "b = a"]],
    ];
    for layers in honest {
        assert_eq!(gaps(layers), [], "{layers:?}");
    }
}

#[test]
fn a_link_over_a_directory_takes_later_entries_elsewhere() {
    // `d` turns from a directory into a symlink within one layer.
    assert_eq!(paths(&[&["e/", "d/", "d/x", "d -> e", "d/y"]]), "d->e:0 e/:0 e/y:0");
    assert_eq!(paths(&[&["d -> e", "d/y"]]), "d->e:0 e/:0 e/y:0");
    assert_eq!(paths(&[&["d -> ../../up", "d/y"]]), "d->../../up:0 up/:0 up/y:0");
}

#[test]
fn a_layer_that_asks_for_hours_is_cut_short() {
    // Deep implied parents without end, and symlinks that lead around and around.
    let deep: Vec<String> = (0..300).map(|at| format!("{at}/{}f", "d/".repeat(500))).collect();
    let long = format!("{}l", "a/../".repeat(800));
    let links: Vec<String> = (0..100).map(|at| format!("l/{at}")).collect();
    let mut names: Vec<String> = vec![format!("l -> {long}")];
    names.extend(links);
    names.extend(deep);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (tree, warnings) = squashed(&[&names]);
    assert!(tree.len() < 1 << 30);
    assert!(warnings[0].contains("leads in circles"), "{}", warnings[0]);
    assert!(warnings.last().is_some_and(|last| last.contains("more warnings")), "{warnings:?}");
}

#[test]
fn what_is_left_out_or_stands_differently_elsewhere_is_named() {
    let gaps = |layers: &[&[&str]]| {
        let image = squash(layers.iter().map(|entries| layer(entries)).collect());
        image.gaps.iter().map(|gap| (gap.what, gap.paths.join(" "))).collect::<Vec<_>>()
    };
    assert_eq!(gaps(&[&["a -> b", "b -> a", "a/x", "c"]]), [(GapKind::Entries, "/a/x".to_owned())]);
    assert_eq!(gaps(&[&["a", "b = gone"]]), [(GapKind::Entries, "/b".to_owned())]);
    for beside in [["d/policy", "d/.wh.policy"], ["d/.wh.policy", "d/policy"]] {
        assert_eq!(gaps(&[&["d/", "d/policy"], &beside]), [(GapKind::Overlay, "/d/policy".to_owned())]);
    }
    assert_eq!(gaps(&[&["d/", "d/x", "a"], &[".wh.a", "d/.wh..wh..opq", "d/y", "e = d/y"], &["a"]]), []);
}
