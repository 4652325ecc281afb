//! One layer by itself, as an overlay store unpacks it into a directory of its own.

use std::collections::BTreeMap;

use super::{BELOW_FILE, Odd, remove_below};
use crate::image::index::{LayerEntry, LayerIndex, LayerNode};
use crate::image::walk::{Place, parent_length, walk};
use crate::model::{GapKind, ImagePath, Kind};

/// A layer's own directory: paths without symlinks above them, each parent a directory.
pub(super) struct Layout {
    pub(super) nodes: BTreeMap<ImagePath, Laid>,
    /// Whether the root hides all that is below.
    pub(super) opaque_root: bool,
}

/// What stands at one path.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) what: What,
    pub(super) lower: Lower,
}

/// What becomes of a lower layer's directory under a directory of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lower {
    /// Its children stay.
    Merges,
    /// Its children are hidden.
    Opaque,
    /// All of it is gone, its attributes too.
    Gone,
}

#[derive(Debug)]
pub(super) enum What {
    /// The inode of this entry.
    Entry(u32),
    /// A directory that something stands in, without an entry of its own.
    Implied,
    Whiteout,
    /// A hardlink to what this layer does not have.
    LinkBelow(ImagePath),
}

/// What laying out a layer may cost: a unit for each component followed, and one for each byte of an implied
/// directory's path. Ordinary layers need a hundredth; a layer of symlinks to symlinks could ask for hours, and one
/// of deep paths for many times its own size.
const EFFORT: u64 = 1 << 25;

/// Why stores may hold other files than are shown.
const NO_PLACE: &str = "entries are left out, since their directories lead in circles or too far";
const BESIDE_WHITEOUT: &str = "paths that stand beside their own whiteout are shown, while some stores hide them";
const REPEATED: &str = "of paths that are listed twice the last counts, while Docker and Podman refuse the layer";
const LATE_TARGET: &str = "hardlinks before their target are shown, while engines refuse the layer";
const THROUGH_LINK: &str =
    "entries below a symlink to what the layer does not hold are shown where it leads, while some stores refuse them";
/// As measured: the kernel's overlay does not look at the attributes of a layer's root, fuse-overlayfs and vfs stores do
/// what the marker asks.
const OPAQUE_ROOT: &str = "an opaque marker at the root hides all lower layers, while some stores pass it over";
const OPAQUE_LINK: &str =
    "opaque markers below a symlink hide what is where it leads, while some stores pass them over or refuse the layer";

struct Builder<'a> {
    number: u32,
    layer: &'a LayerIndex,
    odd: &'a mut Odd,
    layout: Layout,
    /// Hardlinks whose target has not come yet.
    waiting: Vec<(&'a ImagePath, &'a ImagePath)>,
    effort: u64,
}

impl Layout {
    /// Lays out all entries in their order.
    pub(super) fn of(number: u32, layer: &LayerIndex, odd: &mut Odd) -> Self {
        let mut builder = Builder {
            number,
            layer,
            odd,
            layout: Self { nodes: BTreeMap::new(), opaque_root: false },
            waiting: Vec::new(),
            effort: EFFORT,
        };
        for (at, entry) in layer.entries.iter().enumerate() {
            let Ok(at) = u32::try_from(at) else { break };
            builder.add(at, entry);
        }
        builder.settle_links();
        builder.layout
    }
}

impl<'a> Builder<'a> {
    fn add(&mut self, at: u32, entry: &'a LayerEntry) {
        match &entry.node {
            LayerNode::Opaque => self.opaque(&entry.path),
            LayerNode::Whiteout => self.whiteout(&entry.path),
            LayerNode::Hardlink { target } => match self.inode_of(target) {
                Some(inode) => self.put(&entry.path, What::Entry(inode)),
                None => self.waiting.push((&entry.path, target)),
            },
            // The root has attributes, but no path of its own.
            LayerNode::Inode(_) if entry.path.is_root() => {}
            LayerNode::Inode(_) => self.put(&entry.path, What::Entry(at)),
        }
    }

    /// Hardlinks may come before their target, or lead to a lower layer.
    fn settle_links(&mut self) {
        for (path, target) in std::mem::take(&mut self.waiting) {
            let what = match self.inode_of(target) {
                Some(inode) => {
                    self.odd.gaps.add(GapKind::Entries, LATE_TARGET, path);
                    What::Entry(inode)
                }
                None => What::LinkBelow(target.clone()),
            };
            self.put(path, what);
        }
    }

    fn put(&mut self, path: &'a ImagePath, what: What) {
        let Some(path) = self.place(path) else { return };
        let is_directory = self.is_directory(&what);
        let Some(known) = self.layout.nodes.get(&path) else {
            self.layout.nodes.insert(path, Laid { what, lower: Lower::Merges });
            return;
        };
        let (was_directory, lower) = (self.is_directory(&known.what), known.lower);
        let was_whiteout = matches!(known.what, What::Whiteout);
        let is_repeated = match (&known.what, &what) {
            (What::Entry(known), What::Entry(new)) if was_directory => self.node(*known) != self.node(*new),
            (What::Entry(_) | What::LinkBelow(_), _) => true,
            _ => false,
        };
        if is_repeated {
            self.odd.gaps.add(GapKind::Entries, REPEATED, &path);
            self.warn(|| format!("{path} is listed twice; the last counts"));
        }
        if was_whiteout {
            self.warn_beside_whiteout(&path);
        }
        if was_directory && !is_directory {
            remove_below(&mut self.layout.nodes, path.as_bytes());
        }
        self.layout.nodes.insert(path, Laid { what, lower });
    }

    /// The specification has whiteouts hide lower layers only. Engines disagree with it and with each other.
    fn warn_beside_whiteout(&mut self, path: &ImagePath) {
        self.odd.gaps.add(GapKind::Overlay, BESIDE_WHITEOUT, path);
        self.warn(|| format!("{path} stands beside its own whiteout; taken to replace the lower layers'"));
    }

    fn whiteout(&mut self, path: &'a ImagePath) {
        let Some(path) = self.place(path) else { return };
        let Some(known) = self.layout.nodes.get(&path) else {
            self.layout.nodes.insert(path, Laid { what: What::Whiteout, lower: Lower::Gone });
            return;
        };
        if matches!(known.what, What::Whiteout) {
            return;
        }
        if let Some(known) = self.layout.nodes.get_mut(&path) {
            known.lower = Lower::Gone;
        }
        self.warn_beside_whiteout(&path);
    }

    fn opaque(&mut self, path: &'a ImagePath) {
        if path.is_root() {
            self.layout.opaque_root = true;
            self.odd.gaps.add(GapKind::Overlay, OPAQUE_ROOT, path);
            return;
        }
        let Some(real) = self.enter(path, true) else { return };
        if real != path.as_bytes() {
            self.doubt_through(OPAQUE_LINK, path, &real);
        }
        if let Some(laid) = self.layout.nodes.get_mut(real.as_slice()) {
            laid.lower = laid.lower.max(Lower::Opaque);
        }
    }

    /// Where a path is in this layer: below the directories that its parents lead to, made when they are not there.
    fn place(&mut self, path: &'a ImagePath) -> Option<ImagePath> {
        let bytes = path.as_bytes();
        let parent = bytes.get(..parent_length(bytes)).unwrap_or_default();
        let is_plain =
            parent.is_empty() || self.layout.nodes.get(parent).is_some_and(|laid| self.is_directory(&laid.what));
        if is_plain {
            return Some(path.clone());
        }
        let held = self.layout.nodes.len();
        let real = self.enter(path, false)?;
        if real == bytes {
            return Some(path.clone());
        }
        if self.layout.nodes.len() > held {
            self.doubt_through(THROUGH_LINK, path, &real);
        }
        let real = ImagePath::parse(&real);
        real.map_err(|error| self.leave_out(path, &error.to_string())).ok()
    }

    /// Names a path that leads through a symlink, and where it leads.
    fn doubt_through(&mut self, why: &'static str, path: &ImagePath, real: &[u8]) {
        self.odd.gaps.add(GapKind::Entries, why, path);
        if let Ok(real) = ImagePath::parse(real) {
            self.odd.gaps.add(GapKind::Entries, why, &real);
        }
    }

    /// Follows `path` through this layer and makes the directories on the way.
    fn enter(&mut self, path: &'a ImagePath, itself: bool) -> Option<Vec<u8>> {
        let real = walk(path, itself, |real| self.look_or_make(real));
        if real.is_none() {
            let why = if self.effort == 0 { "the layer is too contorted" } else { "its directory leads in circles" };
            self.leave_out(path, why);
        }
        real
    }

    fn leave_out(&mut self, path: &ImagePath, why: &str) {
        self.odd.gaps.add(GapKind::Entries, NO_PLACE, path);
        self.warn(|| format!("{path} is left out: {why}"));
    }

    fn look_or_make(&mut self, path: &[u8]) -> Option<Place<'a>> {
        self.effort = self.effort.checked_sub(1)?;
        match self.place_at(path) {
            Some(Place::Other) | None => {}
            known => return known,
        }
        let Some(cost) = self.effort.checked_sub(path.len() as u64 + 64) else {
            self.effort = 0;
            return None;
        };
        self.effort = cost;
        let key = ImagePath::parse(path).ok()?;
        // A whiteout below a path of this layer: the lower directory is hidden, and there is a new one.
        let known = self.layout.nodes.get(&key);
        let lower = known.map_or(Lower::Merges, |_| Lower::Gone);
        let (is_there, was_whiteout) = known.map_or((false, false), |laid| (true, matches!(laid.what, What::Whiteout)));
        if was_whiteout {
            self.warn_beside_whiteout(&key);
        } else if is_there {
            self.odd.gaps.add(GapKind::Entries, BELOW_FILE, &key);
            self.warn(|| format!("{key} is a file and has entries below it; taken as a directory"));
        }
        self.layout.nodes.insert(key, Laid { what: What::Implied, lower });
        Some(Place::Directory)
    }

    /// The inode that a hardlink's target has in this layer.
    fn inode_of(&self, target: &ImagePath) -> Option<u32> {
        let real = walk(target, false, |path| Some(self.place_at(path).unwrap_or(Place::Other)))?;
        match self.layout.nodes.get(real.as_slice()).map(|laid| &laid.what) {
            Some(what @ What::Entry(entry)) if !self.is_directory(what) => Some(*entry),
            _ => None,
        }
    }

    fn place_at(&self, path: &[u8]) -> Option<Place<'a>> {
        let laid = self.layout.nodes.get(path)?;
        Some(match &laid.what {
            What::Implied => Place::Directory,
            What::Entry(entry) => match self.node(*entry) {
                Some(LayerNode::Inode(file)) if file.kind == Kind::Directory => Place::Directory,
                Some(LayerNode::Inode(file)) => file.link.as_deref().map_or(Place::Other, Place::Symlink),
                _ => Place::Other,
            },
            What::Whiteout | What::LinkBelow(_) => Place::Other,
        })
    }

    fn is_directory(&self, what: &What) -> bool {
        match what {
            What::Implied => true,
            What::Entry(entry) => {
                matches!(self.node(*entry), Some(LayerNode::Inode(file)) if file.kind == Kind::Directory)
            }
            What::Whiteout | What::LinkBelow(_) => false,
        }
    }

    fn node(&self, entry: u32) -> Option<&'a LayerNode> {
        self.layer.entries.get(entry as usize).map(|entry| &entry.node)
    }

    fn warn(&mut self, text: impl FnOnce() -> String) {
        let number = self.number;
        self.odd.warnings.add(|| format!("layer {number}: {}", text()));
    }
}
