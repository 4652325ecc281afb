//! Where installed distributions leave their metadata.

use crate::image::{Node, Tree};
use crate::model::{ImagePath, Kind};
use crate::packages::to_text;

/// How a distribution was installed, told by what it left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A wheel: `NAME-VERSION.dist-info/`.
    DistInfo,
    /// setuptools: `NAME-VERSION.egg-info/`.
    EggInfo,
    /// distutils: `NAME-VERSION.egg-info`, a file.
    EggInfoFile,
    /// An unpacked egg: `NAME-VERSION.egg/`.
    Egg,
    /// An egg as a zip archive, of which only the name is read.
    ZippedEgg,
    /// `setup.py develop`: `NAME.egg-link`, a file that names the directory of the sources.
    EggLink,
}

/// One installed distribution, not yet read.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) form: Form,
    /// The file that says that it is installed.
    pub(super) marker: &'a Node,
    /// The file of its core metadata; the marker itself for most forms.
    pub(super) metadata: Option<&'a Node>,
    /// What holds the metadata: `NAME.dist-info`, or the marker where that is one file.
    pub(super) home: ImagePath,
    /// The site directory.
    pub(super) location: ImagePath,
}

/// Directories whose distributions are no installed ones: copies that a project bundles, unpacked caches.
const NOT_INSTALLED: [&[u8]; 4] = [b"_vendor", b"_bundled", b".cache", b"archive-v0"];

/// The names by which interpreters know their site directories (Debian's is the second).
pub(super) const SITES: [&[u8]; 2] = [b"site-packages", b"dist-packages"];

/// All installed distributions, in byte order of their markers' paths.
pub(super) fn find(tree: &Tree) -> Vec<Found<'_>> {
    let found = tree.nodes().iter().filter_map(|node| recognise(tree, node));
    found.filter(|found| is_installed(tree, found)).collect()
}

/// Whether the bytes of the file at `path` are read.
pub(super) fn wants(path: &ImagePath) -> bool {
    let (parent, name) = split(path.as_bytes());
    match name {
        b"METADATA" | b"RECORD" | b"INSTALLER" | b"direct_url.json" => parent.ends_with(b".dist-info"),
        b"PKG-INFO" | b"installed-files.txt" | b"entry_points.txt" | b"top_level.txt" => is_home(parent),
        _ if name.ends_with(b".pth") => SITES.iter().any(|site| parent.ends_with(site)),
        _ => name.ends_with(b".egg-info") || name.ends_with(b".egg-link"),
    }
}

/// Whether a file at `path` may say that a distribution is installed.
pub(super) fn is_marker(path: &ImagePath) -> bool {
    form(path.as_bytes()).is_some()
}

fn is_home(directory: &[u8]) -> bool {
    directory.ends_with(b".dist-info") || directory.ends_with(b".egg-info") || directory.ends_with(b"/EGG-INFO")
}

fn form(path: &[u8]) -> Option<Form> {
    let (parent, name) = split(path);
    match name {
        b"METADATA" if parent.ends_with(b".dist-info") => Some(Form::DistInfo),
        b"PKG-INFO" if parent.ends_with(b".egg-info") => Some(Form::EggInfo),
        b"PKG-INFO" if parent.ends_with(b".egg/EGG-INFO") => Some(Form::Egg),
        _ if name.ends_with(b".egg-info") => Some(Form::EggInfoFile),
        _ if name.ends_with(b".egg-link") => Some(Form::EggLink),
        _ if name.ends_with(b".egg") => Some(Form::ZippedEgg),
        _ => None,
    }
}

fn recognise<'a>(tree: &'a Tree, node: &'a Node) -> Option<Found<'a>> {
    let form = form(node.path.as_bytes())?;
    // A package manager may link its files from a store of its own.
    let file = tree.resolve(&node.path).filter(|file| file.file.entry.kind == Kind::File)?;
    let home = match form {
        Form::DistInfo | Form::EggInfo => node.path.parent()?,
        Form::Egg => node.path.parent()?.parent()?,
        Form::EggInfoFile | Form::ZippedEgg | Form::EggLink => node.path.clone(),
    };
    let metadata = match form {
        Form::EggLink => sources_of(tree, file),
        Form::ZippedEgg => None,
        _ => Some(file),
    };
    let location = home.parent()?;
    Some(Found { form, marker: node, metadata, home, location })
}

/// The PKG-INFO in the directory that an egg-link names: its first line.
fn sources_of<'a>(tree: &'a Tree, link: &Node) -> Option<&'a Node> {
    let text = link.bytes.as_deref()?;
    let sources = text.split(|byte| *byte == b'\n').next()?.trim_ascii();
    let directory = tree.resolve(&ImagePath::parse(sources).ok()?)?;
    let name = to_text(link.path.file_name().strip_suffix(b".egg-link")?);
    // setuptools writes hyphens as underscores in the names of such directories.
    [name.replace('-', "_"), name].into_iter().find_map(|name| {
        let metadata = directory.path.join(format!("{name}.egg-info/PKG-INFO").as_bytes());
        tree.resolve(&metadata.ok()?)
    })
}

/// Below a site directory only its direct children are installed: what lies deeper is bundled, or a test's fixture.
/// Elsewhere (`pip install --target`) everything is, but for bundled copies, caches and the metadata that a build
/// leaves in its sources.
fn is_installed(tree: &Tree, found: &Found<'_>) -> bool {
    let is_site = SITES.contains(&found.location.file_name());
    let within = |names: &[&[u8]]| found.location.components().any(|part| names.contains(&part));
    match found.form {
        _ if is_site => true,
        Form::EggLink | Form::ZippedEgg => false,
        _ if within(&SITES) || within(&NOT_INSTALLED) => false,
        Form::EggInfo => holds(tree, found, b"installed-files.txt") || !holds(tree, found, b"SOURCES.txt"),
        _ => true,
    }
}

fn holds(tree: &Tree, found: &Found<'_>, name: &[u8]) -> bool {
    found.home.join(name).is_ok_and(|path| tree.get(&path).is_some())
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    path.iter().rposition(|byte| *byte == b'/').map_or((&b""[..], path), |slash| (&path[..slash], &path[slash + 1..]))
}
