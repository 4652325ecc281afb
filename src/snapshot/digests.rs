//! The two digests that make a verdict checkable later, without the other image.
//!
//! **content, format 3**: SHA-256 over the line `imgdrift content 3`, one line `incomplete KIND` for each kind of thing
//! that was not read of the image's files (`archive`, `entries`, `overlay`, `unverified`, in byte order; none for an image
//! that was read whole), and one record for each path of the squashed tree in byte order of path, the root left out. A record is a sequence of netstrings (`<decimal length>:<bytes>,`) and a
//! newline: path without a leading slash, kind letter as `ls -l` shows it, mode in octal without leading zeros,
//! `uid:gid`, device `major:minor` or empty, link target or empty, 64 hex digits of the content or empty, then name and
//! value of each extended attribute by name. Where a mask applies, its name and a space come before the digits, which are
//! of the masked content then. Times do not count. Left out are the paths of the built-in noise rules with `since` up to
//! 3, where they are directories, regular files that nobody may execute and that grant no privilege, or symlinks that
//! lead to such paths; and directories that hold nothing else. Of these count all the same, as `snapshot::reached` finds
//! them: what a symlink at any other path leads to, since it is used under that other name; what commands, variables,
//! search paths, start-up files and the scripts that these name use by name; programs and code, by their first bytes or
//! their names, unless an installed distribution records the same bytes; and what does not look as the rule says.
//!
//! Format 2 counted of these only what symlinks lead to and what words of entrypoint and command name, and left out all of
//! `/run`, of apt's archives and of the caches of installers.
//!
//! Format 3 counts compiled Python by its code alone (the mask `pyc-code`); format 2 by the bytes that this code happened to
//! be written in, and by what its header says of the source beside the time.
//!
//! **dependencies, format 2**: SHA-256 over the line `imgdrift dependencies 2`, the lines `incomplete KIND` as above for what
//! was not read of the packages (also `content`, `database`, `record`), and the sorted lines
//! `ecosystem name version arch location`, fields joined by one space, `-` for an absent one, locations absolute,
//! control characters in names and versions escaped.
//!
//! A digest of what was not read whole so never equals one of what was.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use sha2::Digest as _;

use super::reached::Reached;
use crate::image::{Node, Tree};
use crate::model::text::visible;
use crate::model::{Digest, FileEntry, Gap, GapKind, ImageFacts, ImagePath, Kind, Package};
use crate::nondeterminism::Rules;

/// The content digest of a squashed tree that `lacks` this. `rules` are the built-in ones: a user's own never change a
/// digest.
#[must_use]
pub fn content(tree: &Tree, reached: &Reached, rules: &Rules, lacks: &[GapKind]) -> Digest {
    digest(&head("content", ImageFacts::CONTENT_FORMAT, lacks), |out| {
        kept(tree, reached, rules).try_for_each(|node| write_record(out, node))
    })
}

/// The digest over the installed packages, of which these are not known.
#[must_use]
pub fn dependencies(packages: &[Arc<Package>], lack: &[GapKind]) -> Digest {
    let mut rows: Vec<String> = packages.iter().map(|package| dependency_row(package)).collect();
    rows.sort_unstable();
    digest(&head("dependencies", ImageFacts::DEPENDENCIES_FORMAT, lack), |out| {
        rows.iter().try_for_each(|row| writeln!(out, "{row}"))
    })
}

/// The kinds of gaps that a digest is marked by, each once, by their words.
pub(super) fn lacking(gaps: &[Gap], covers: fn(&Gap) -> bool) -> Vec<GapKind> {
    let mut kinds: Vec<GapKind> = gaps.iter().filter(|gap| covers(gap)).map(|gap| gap.what).collect();
    kinds.sort_unstable_by_key(|kind| kind.as_str());
    kinds.dedup();
    kinds
}

fn head(name: &str, format: u32, lacks: &[GapKind]) -> String {
    let marks: String = lacks.iter().map(|kind| format!("incomplete {}\n", kind.as_str())).collect();
    format!("imgdrift {name} {format}\n{marks}")
}

fn digest(header: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Digest {
    let mut out = io::BufWriter::new(Hasher(sha2::Sha256::new()));
    // Hashing does not fail, nor does writing to it.
    let _ = out.write_all(header.as_bytes()).and_then(|()| write(&mut out)).and_then(|()| out.flush());
    let (hasher, _) = out.into_parts();
    Digest(hasher.0.finalize().into())
}

struct Hasher(sha2::Sha256);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The nodes that count, in byte order of path. A directory that holds nothing but what is left out is left out too.
fn kept<'a>(tree: &'a Tree, reached: &Reached, rules: &Rules) -> impl Iterator<Item = &'a Node> {
    let mut inhabited: HashMap<&[u8], bool> = HashMap::new();
    let mut nodes = Vec::with_capacity(tree.nodes().len());
    for node in tree.nodes().iter().rev() {
        let path = node.path.as_bytes();
        let keep =
            (reached.holds(&node.path) || !is_left_out(node, tree, rules)) && *inhabited.get(path).unwrap_or(&true);
        if let Some(slash) = path.iter().rposition(|byte| *byte == b'/') {
            *inhabited.entry(path.get(..slash).unwrap_or_default()).or_default() |= keep;
        }
        nodes.extend(keep.then_some(node));
    }
    nodes.into_iter().rev()
}

fn is_left_out(node: &Node, tree: &Tree, rules: &Rules) -> bool {
    let entry = &node.file.entry;
    let may_be_left_out = match entry.kind {
        Kind::Directory => true,
        Kind::File => !entry.is_executable() && !entry.is_privileged(),
        Kind::Symlink => tree.resolve(&node.path).is_some_and(|end| is_noise(&end.path, rules)),
        Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => false,
    };
    may_be_left_out && is_noise(&node.path, rules)
}

/// Whether a rule of this format speaks of the path.
fn is_noise(path: &ImagePath, rules: &Rules) -> bool {
    rules.noise(path).any(|rule| rule.since.is_some_and(|since| since <= ImageFacts::CONTENT_FORMAT))
}

fn write_record(out: &mut dyn Write, node: &Node) -> io::Result<()> {
    let entry = &node.file.entry;
    netstring(out, node.path.as_bytes())?;
    netstring(out, entry.kind.letter().to_string().as_bytes())?;
    netstring(out, format!("{:o}", entry.mode).as_bytes())?;
    netstring(out, format!("{}:{}", entry.uid, entry.gid).as_bytes())?;
    let device = entry.device.map(|(major, minor)| format!("{major}:{minor}"));
    netstring(out, device.unwrap_or_default().as_bytes())?;
    netstring(out, entry.link.as_deref().unwrap_or_default())?;
    netstring(out, content_words(entry).as_bytes())?;
    for (name, value) in &entry.xattrs {
        netstring(out, name)?;
        netstring(out, value)?;
    }
    out.write_all(b"\n")
}

/// With the mask's name, so that no file can pass for what a mask makes of another.
fn content_words(entry: &FileEntry) -> String {
    let Some(content) = &entry.content else { return String::new() };
    match &content.masked {
        Some(masked) => format!("{} {}", masked.mask, masked.digest.hex()),
        None => content.sha256.hex(),
    }
}

fn netstring(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    write!(out, "{}:", bytes.len())?;
    out.write_all(bytes)?;
    out.write_all(b",")
}

fn dependency_row(package: &Package) -> String {
    let location = package.location.as_ref().map(crate::model::ImagePath::to_absolute);
    let optional = |field: Option<&str>| field.unwrap_or("-").to_owned();
    [
        package.ecosystem.as_str().to_owned(),
        visible(&package.name).into_owned(),
        visible(&package.version).into_owned(),
        optional(package.arch.as_deref()),
        optional(location.as_deref()),
    ]
    .join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::sha256;
    use super::*;
    use crate::model::{Content, FileAt, Form, ImagePath, Masked};

    fn node(path: &str, change: impl FnOnce(&mut FileEntry)) -> Node {
        let content = Content {
            sha256: sha256(path.as_bytes()),
            masked: None,
            md5: None,
            pyc: None,
            words: None,
            form: Form::Other,
        };
        let mut entry =
            FileEntry { kind: Kind::File, mode: 0o644, size: 3, mtime: 7, ..FileEntry::implied_directory() };
        entry.content = Some(content);
        change(&mut entry);
        let file = FileAt { entry: Arc::new(entry), layer: 0 };
        Node { path: ImagePath::parse(path.as_bytes()).unwrap(), file, entry: None, bytes: None }
    }

    fn content_of(nodes: Vec<Node>) -> Digest {
        marked(nodes, &[])
    }

    fn marked(nodes: Vec<Node>, lacks: &[GapKind]) -> Digest {
        let tree = Tree::new(nodes);
        content(&tree, &Reached::default(), Rules::built_in(), lacks)
    }

    #[test]
    fn the_documented_input_is_what_is_hashed() {
        let digest = content_of(vec![node("etc/x", |entry| entry.uid = 1)]);
        let hex = sha256(b"etc/x").hex();
        let input = format!("imgdrift content 3\n5:etc/x,1:-,3:644,3:1:0,0:,0:,64:{hex},\n");
        assert_eq!(digest, sha256(input.as_bytes()));
        assert_eq!(dependencies(&[], &[]), sha256(b"imgdrift dependencies 2\n"));
        let entries = [GapKind::Entries];
        assert_eq!(dependencies(&[], &entries), sha256(b"imgdrift dependencies 2\nincomplete entries\n"));
        assert_ne!(marked(vec![], &entries), content_of(vec![]));
    }

    #[test]
    fn each_digest_is_marked_by_what_it_does_not_cover() {
        use crate::model::Reach;
        let of = |kind| Gap::new(kind, "x");
        let gaps = [of(GapKind::Record), of(GapKind::Entries), of(GapKind::Database), of(GapKind::Database)];
        assert_eq!(lacking(&gaps, Gap::covers_content), [GapKind::Entries]);
        let packages = [GapKind::Database, GapKind::Entries, GapKind::Record];
        assert_eq!(lacking(&gaps, Gap::covers_dependencies), packages);
        let weak = [of(GapKind::Arrival), of(GapKind::Record).reaching(Reach::Proof)];
        assert!(lacking(&weak, Gap::covers_dependencies).is_empty());
    }

    #[test]
    fn times_noise_and_masked_bytes_do_not_count_but_modes_do() {
        let plain = || node("app/x.pyc", |_| {});
        let base = content_of(vec![plain()]);
        assert_eq!(base, content_of(vec![node("app/x.pyc", |entry| entry.mtime = 9)]));
        assert_eq!(base, content_of(vec![plain(), node("var/cache/ldconfig/aux-cache", |_| {})]));
        assert_ne!(base, content_of(vec![plain(), node("var/cache/ldconfig/aux-cache", |entry| entry.mode = 0o755)]));
        assert_ne!(base, content_of(vec![node("app/x.pyc", |entry| entry.mode = 0o4755)]));
        let masked = |sha: &[u8]| {
            let sha = sha256(sha);
            node("app/x.pyc", move |entry| {
                let masked =
                    Some(Box::new(Masked { mask: "pyc-code", digest: sha256(b"masked"), hidden: Box::default() }));
                entry.content =
                    Some(Content { sha256: sha, masked, md5: None, pyc: None, words: None, form: Form::Other });
            })
        };
        assert_eq!(content_of(vec![masked(b"one")]), content_of(vec![masked(b"two")]));
        let passing_for_it = node("app/x.pyc", |entry| {
            entry.content = Some(Content {
                sha256: sha256(b"masked"),
                masked: None,
                md5: None,
                pyc: None,
                words: None,
                form: Form::Other,
            });
        });
        assert_ne!(content_of(vec![masked(b"one")]), content_of(vec![passing_for_it]));
    }
}
