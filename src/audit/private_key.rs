//! Private keys baked into the image: everybody who can pull it has them.

use super::{Audited, Check};
use crate::image::Node;
use crate::model::{Finding, ImagePath, Kind, Severity};

pub(super) const CHECK: Check = Check { name: "private-key", run };

fn run(audited: &Audited<'_>) -> Vec<Finding> {
    let keys = audited.tree.nodes().iter().filter_map(|node| Some((node, key(node)?)));
    keys.map(|(node, (what, fix))| {
        let message = format!("{what}: everybody who can pull the image has it");
        Finding::new(CHECK.name, Severity::Alarm, node.path.to_absolute(), message).fix(fix).at([&node.path])
    })
    .collect()
}

/// Which key stands there, and what to do about it. Bytes are known only where a mask read them; elsewhere the place
/// tells, and the words say so.
fn key(node: &Node) -> Option<(&'static str, &'static str)> {
    const MADE: &str = "delete it in the same RUN and make one when the container starts";
    const GIVEN: &str = "RUN --mount=type=secret or --mount=type=ssh instead of COPY; and replace the key";
    let entry = &node.file.entry;
    if entry.kind != Kind::File || entry.size == 0 {
        return None;
    }
    let is_proven = entry
        .content
        .as_ref()
        .is_some_and(|content| content.masked.as_deref().is_some_and(|masked| masked.mask == "baked-key"));
    match place(&node.path)? {
        Place::Made if is_proven => Some(("a private key that the build made", MADE)),
        Place::Made => Some(("a private key, by its name", MADE)),
        Place::Given if is_proven => Some(("a private key", GIVEN)),
        Place::Given => Some(("a private key, by its place", GIVEN)),
    }
}

enum Place {
    /// Packages make keys here when they are installed.
    Made,
    /// Somebody put it here.
    Given,
}

fn place(path: &ImagePath) -> Option<Place> {
    let bytes = path.as_bytes();
    let name = path.file_name();
    let is_host_key =
        bytes.strip_prefix(b"etc/ssh/ssh_host_").is_some_and(|rest| rest.ends_with(b"_key") && !rest.contains(&b'/'));
    if is_host_key || bytes == b"etc/ssl/private/ssl-cert-snakeoil.key" {
        return Some(Place::Made);
    }
    let is_user_key = name.starts_with(b"id_")
        && !name.ends_with(b".pub")
        && bytes.strip_suffix(name).is_some_and(|directory| directory.ends_with(b".ssh/"));
    let is_server_key = bytes.starts_with(b"etc/ssl/private/") && (name.ends_with(b".key") || name.ends_with(b".pem"));
    (is_user_key || is_server_key).then_some(Place::Given)
}
