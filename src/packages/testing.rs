//! Images in memory for the tests of this module.

use std::sync::Arc;

use crate::image::{Image, LayerEntry, LayerIndex, LayerNode, Node, Tree};
use crate::model::{Content, Digest, FileAt, FileEntry, Form, ImagePath, Kind};

pub(super) fn path(text: &str) -> ImagePath {
    ImagePath::parse(text.as_bytes()).unwrap()
}

/// An image of one layer: `("usr/bin/ls", "bytes")` is a file, `("bin", "-> usr/bin")` a symlink, `("etc/", "")` an
/// empty directory; parent directories are implied.
pub(super) fn image(files: &[(&str, &str)]) -> Image {
    layered(&[files])
}

/// An image of several layers, upper ones replacing files of lower ones.
pub(super) fn layered(layers: &[&[(&str, &str)]]) -> Image {
    let owned: Vec<Vec<(String, Vec<u8>)>> = layers
        .iter()
        .map(|files| files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
        .collect();
    of_bytes(&owned)
}

/// As [`layered`], for contents that are not text.
pub(super) fn of_bytes(layers: &[Vec<(String, Vec<u8>)>]) -> Image {
    let mut nodes: Vec<Node> = Vec::new();
    let mut indexes = Vec::new();
    for (number, files) in layers.iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        let mut index = LayerIndex {
            diff_id: Digest([0; 32]),
            blob_digest: None,
            size: 0,
            entries: Vec::new(),
            captured: std::collections::HashMap::new(),
            warnings: Vec::new(),
            gaps: Vec::new(),
        };
        for (name, bytes) in files {
            let at = path(name);
            let entry = Arc::new(entry(name, bytes));
            let position = u32::try_from(index.entries.len()).unwrap();
            let kept: Option<Arc<[u8]>> = (entry.kind == Kind::File
                && (super::wants(&at) || super::locks::wants(&at, entry.size)))
            .then(|| Arc::from(bytes.as_slice()));
            if let Some(kept) = &kept {
                index.captured.insert(position, Arc::clone(kept));
            }
            index.entries.push(LayerEntry {
                path: at.clone(),
                node: LayerNode::Inode(Arc::clone(&entry)),
                offset: None,
            });
            nodes.extend(parents(&at, number));
            nodes.push(Node { path: at, file: FileAt { entry, layer: number }, entry: Some(position), bytes: kept });
        }
        indexes.push(Arc::new(index));
    }
    Image { tree: Tree::new(nodes), layers: indexes, warnings: Vec::new(), gaps: Vec::new() }
}

fn entry(name: &str, bytes: &[u8]) -> FileEntry {
    let plain = FileEntry::implied_directory();
    match bytes.strip_prefix(b"-> ") {
        Some(target) => FileEntry { kind: Kind::Symlink, link: Some(target.into()), ..plain },
        None if name.ends_with('/') => plain,
        None => FileEntry {
            kind: Kind::File,
            size: bytes.len() as u64,
            content: Some(Content {
                sha256: Digest([0; 32]),
                masked: None,
                md5: None,
                pyc: None,
                words: None,
                form: Form::Other,
            }),
            ..plain
        },
    }
}

fn parents(path: &ImagePath, layer: u32) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut parent = path.parent();
    while let Some(directory) = parent.filter(|directory| !directory.is_root()) {
        let file = FileAt { entry: Arc::new(FileEntry::implied_directory()), layer };
        nodes.push(Node { path: directory.clone(), file, entry: None, bytes: None });
        parent = directory.parent();
    }
    nodes
}
