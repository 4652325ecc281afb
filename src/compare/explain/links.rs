//! Where a package's symlink may lead. No record speaks of link targets, so what one ends in must be the package's own, or
//! that of a package which belongs to it.

use super::owners::{Owner, Owners};
use super::tie::Tie;
use crate::image::Node;
use crate::model::{ImagePath, Kind, Package, Proof};

/// What ties the symlink `node`, which `owner` lists, to it.
pub(super) fn tie(owners: &Owners<'_>, owner: &Owner<'_>, node: &Node) -> Tie {
    let proven = |holds: bool| if holds { Tie::Proven(Proof::Hash) } else { Tie::Loose };
    // A unit that its own package disables.
    if node.file.entry.link.as_deref() == Some(b"/dev/null") {
        return Tie::Proven(Proof::Arrival);
    }
    let Some(end) = owners.tree().resolve(&node.path) else {
        // A file that was left out of the image, documentation most often.
        let listed = target(node).is_some_and(|path| is_of_family(owners, owner, &path));
        return if listed { Tie::Proven(Proof::Arrival) } else { Tie::Loose };
    };
    match end.file.entry.kind {
        Kind::Directory => proven(is_of_family(owners, owner, &end.path)),
        Kind::File => {
            proven(owners.of(&end.path).is_some_and(|other| {
                is_family(owner.package, other.package) && owners.vouches(&other, &end.file.entry)
            }))
        }
        Kind::Symlink | Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => Tie::Loose,
    }
}

/// Whether the package, or one that belongs to it, lists `path`.
fn is_of_family(owners: &Owners<'_>, owner: &Owner<'_>, path: &ImagePath) -> bool {
    let lists = |package: &Package| package.files.binary_search_by(|file| file.path.cmp(path)).is_ok();
    lists(owner.package) || owners.packages().any(|other| is_family(owner.package, other) && lists(other))
}

/// Whether `other` is of the same source, or one that `package` needs.
fn is_family(package: &Package, other: &Package) -> bool {
    let is_needed = |names: &[Box<str>]| {
        names.iter().any(|name| **name == *other.key || other.provides.iter().any(|provided| provided == name))
    };
    package.ecosystem == other.ecosystem
        && (package.key == other.key
            || package.source.as_ref().zip(other.source.as_ref()).is_some_and(|(one, two)| one.name == two.name)
            || package.requires.iter().any(|names| is_needed(names)))
}

/// Where the link leads by its words alone, for one that leads nowhere.
fn target(node: &Node) -> Option<ImagePath> {
    let link = node.file.entry.link.as_deref()?;
    node.path.parent()?.lead(link).ok()
}
