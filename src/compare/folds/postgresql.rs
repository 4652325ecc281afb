//! A database cluster of `PostgreSQL` that `initdb` made anew: Debian's under `/var/lib/postgresql/NN/main`, the official
//! image's under `/var/lib/postgresql/data`. The settings in it, by which the server runs commands, are no part of it.

use super::{Candidate, FileRow};
use crate::model::{FileEntry, ImagePath, Kind};
use crate::snapshot::Snapshot;

/// Directories of a cluster ("Database File Layout" of `PostgreSQL`'s documentation).
const DIRECTORIES: [&str; 18] = [
    "base",
    "global",
    "pg_commit_ts",
    "pg_dynshmem",
    "pg_logical",
    "pg_multixact",
    "pg_notify",
    "pg_replslot",
    "pg_serial",
    "pg_snapshots",
    "pg_stat",
    "pg_stat_tmp",
    "pg_subtrans",
    "pg_tblspc",
    "pg_twophase",
    "pg_wal",
    "pg_xact",
    "pg_clog",
];

/// The clusters that both images have in one place.
pub(super) fn candidates(left: &Snapshot, right: &Snapshot) -> Vec<Candidate> {
    let name = |root: &ImagePath| format!("the PostgreSQL cluster in {}, made anew", root.to_absolute());
    let both = clusters(left).filter(|root| control(root).is_some_and(|path| right.image.tree.get(&path).is_some()));
    both.map(|root| Candidate { name: name(&root), root, holds: Box::new(holds) }).collect()
}

fn clusters(image: &Snapshot) -> impl Iterator<Item = ImagePath> {
    const CONTROL: &[u8] = b"/global/pg_control";
    let nodes = image.image.tree.nodes().iter().filter(|node| node.path.as_bytes().ends_with(CONTROL));
    let roots = nodes.filter_map(|node| node.path.parent()?.parent());
    roots.filter(|root| root.as_bytes().starts_with(b"var/lib/postgresql/"))
}

fn control(root: &ImagePath) -> Option<ImagePath> {
    ImagePath::parse(format!("{root}/global/pg_control").as_bytes()).ok()
}

/// Data that nobody may execute, under the names that the server gives.
fn holds(path: &[&str], row: &FileRow) -> bool {
    let is_data = |entry: &FileEntry| match entry.kind {
        Kind::File => !entry.is_executable(),
        kind => kind == Kind::Directory,
    };
    let is_named = match path {
        ["PG_VERSION" | "postmaster.opts"] => true,
        [directory] => DIRECTORIES.contains(directory),
        [directory, inner @ .., file] => {
            DIRECTORIES.contains(directory) && inner.iter().chain([file]).all(|name| is_name(name))
        }
        [] => false,
    };
    is_named && row.sides().all(|side| is_data(&side.entry))
}

/// `16384_fsm`, `000000010000000000000001`, `pg_filenode.map`, `db_0.stat`, `members`.
fn is_name(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let number = stem.split('_').next().unwrap_or_default();
    match extension {
        "" => {
            is_number(number) && matches!(stem.strip_prefix(number), Some("" | "_fsm" | "_vm" | "_init"))
                || matches!(
                    stem,
                    "pg_control"
                        | "PG_VERSION"
                        | "members"
                        | "offsets"
                        | "mappings"
                        | "snapshots"
                        | "archive_status"
                        | "summaries"
                )
                || stem == "replorigin_checkpoint"
        }
        "map" | "init" => matches!(stem, "pg_filenode" | "pg_internal"),
        "stat" | "tmp" => stem.starts_with("db_") || matches!(stem, "global" | "pgstat"),
        "history" | "partial" | "ready" | "done" => is_number(stem),
        // A relation's further gigabytes.
        segment => is_number(number) && segment.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
