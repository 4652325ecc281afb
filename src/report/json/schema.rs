//! The shapes of the JSON contract, schema 1, described by `assets/schema.json`. Apart from the program's own types, so
//! that those may change and these may not: keys may be added, none renamed or removed within a schema number.

use std::collections::BTreeMap;

use serde::Serialize;

use super::checklist::Checklist;
use crate::model;

/// The number that `schema` holds.
pub(super) const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub schema: u32,
    pub verdict: &'static str,
    pub headline: String,
    pub proven: bool,
    pub tool: Tool,
    pub counts: Counts,
    pub left: Image<'a>,
    pub right: Image<'a>,
    pub index: Vec<Variant<'a>>,
    pub base_drift: BaseDrift<'a>,
    pub packages: Vec<PackageChange<'a>>,
    pub files: Files<'a>,
    pub locks: Vec<LockDrift<'a>>,
    pub findings: Vec<Finding<'a>>,
    pub config: Vec<ConfigChange<'a>>,
    pub warnings: &'a [String],
    pub completeness: Vec<Gap<'a>>,
    pub rule_files: Vec<RuleFile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Vec<Marked>>,
}

/// What is not known of one image.
#[derive(Serialize)]
pub(super) struct Gap<'a> {
    /// In a comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<&'static str>,
    pub what: &'static str,
    pub why: &'a str,
    pub paths: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decides: Option<bool>,
}

/// One of the user's own files of rules.
#[derive(Serialize)]
pub(super) struct RuleFile<'a> {
    pub file: &'a str,
    pub rules: usize,
    pub paths: usize,
}

/// One platform of the indexes that the images were chosen from.
#[derive(Serialize)]
pub(super) struct Variant<'a> {
    pub platform: &'a str,
    pub left: Option<String>,
    pub right: Option<String>,
}

/// A row that a reviewer marked.
#[derive(Serialize)]
pub(super) struct Marked {
    pub kind: &'static str,
    pub name: String,
    pub note: String,
}

#[derive(Serialize)]
pub(super) struct Counts {
    pub unexplained: usize,
    pub alarms: usize,
    pub unproven: Unproven,
    pub packages: PackageCounts,
}

/// Explained files whose explanation is no proof.
#[derive(Serialize)]
pub(super) struct Unproven {
    pub path: usize,
    pub own_rules: usize,
    pub header: usize,
    pub nothing: usize,
}

#[derive(Serialize)]
pub(super) struct PackageCounts {
    pub added: usize,
    pub removed: usize,
    pub upgraded: usize,
    pub downgraded: usize,
    pub rebuilt: usize,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the keys of the contract")]
pub(super) struct Image<'a> {
    pub reference: &'a str,
    pub source: &'a str,
    pub name: Option<&'a str>,
    pub recorded: Option<&'a model::Recording>,
    pub image_digest: String,
    pub config_digest: String,
    pub manifest_digest: Option<String>,
    pub content_digest: Option<String>,
    pub dependencies_digest: Option<String>,
    pub content_incomplete: Vec<&'static str>,
    pub dependencies_incomplete: Vec<&'static str>,
    pub platform: &'a str,
    pub created: Option<&'a str>,
    pub distro: Option<&'a str>,
    pub size: Option<u64>,
    pub download_size: Option<u64>,
    pub base: Option<Base<'a>>,
    pub layers: Vec<Layer<'a>>,
    pub layers_unread: usize,
    pub package_count: Option<usize>,
    pub file_count: Option<usize>,
    /// Of the images of a comparison; that of one image stands beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checklist: Option<Checklist<'a>>,
}

#[derive(Serialize)]
pub(super) struct Base<'a> {
    pub name: Option<&'a str>,
    pub digest: Option<&'a str>,
    pub layers: Option<usize>,
    pub layers_confidence: Option<&'static str>,
    pub pinned: Option<bool>,
    pub evidence: Vec<&'a str>,
    pub confidence: &'static str,
    pub contradictions: &'a [String],
}

/// How the bases relate, and what they brought.
#[derive(Serialize)]
pub(super) struct BaseDrift<'a> {
    pub relation: &'static str,
    pub sentence: &'a str,
    pub split: Option<Split>,
}

#[derive(Serialize)]
pub(super) struct Split {
    pub confidence: &'static str,
    pub base: Share,
    pub app: Share,
}

#[derive(Serialize)]
pub(super) struct Share {
    pub packages: usize,
    pub paths: usize,
    pub by_explanation: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
pub(super) struct Layer<'a> {
    pub index: usize,
    pub diff_id: String,
    pub digest: Option<String>,
    pub size: u64,
    pub created_by: Option<&'a str>,
    pub shared: bool,
    pub entries: usize,
}

#[derive(Serialize)]
pub(super) struct PackageChange<'a> {
    pub ecosystem: &'static str,
    pub name: &'a str,
    pub arch: Option<&'a str>,
    pub location: Option<String>,
    pub owner: Option<&'a str>,
    pub change: &'static str,
    pub left: Option<PackageSide<'a>>,
    pub right: Option<PackageSide<'a>>,
    pub layer: u32,
    /// `None` says that it is not known where the bases end.
    pub brought_by: Option<&'static str>,
    /// `None` says that no changelog was looked into.
    pub cves: Option<&'a [String]>,
    pub changelog: Option<ChangelogRead>,
}

/// Where the CVE ids were looked for.
#[derive(Serialize)]
pub(super) struct ChangelogRead {
    pub path: String,
    pub security: bool,
    pub reverted: bool,
    pub reaches_back: bool,
}

/// What both a side of a package change and a row of `inspect` say.
#[derive(Serialize)]
pub(super) struct PackageSide<'a> {
    pub version: &'a str,
    pub source: Option<Source<'a>>,
    pub size: u64,
    pub layer: u32,
    pub automatic: Option<bool>,
    pub state: Option<&'a str>,
    pub installer: Option<&'a str>,
    pub origin: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub version: &'a str,
}

/// A package of one image.
#[derive(Serialize)]
pub(super) struct Package<'a> {
    pub ecosystem: &'static str,
    pub name: &'a str,
    pub arch: Option<&'a str>,
    pub location: Option<String>,
    pub owner: Option<&'a str>,
    #[serde(flatten)]
    pub side: PackageSide<'a>,
}

#[derive(Serialize)]
pub(super) struct Files<'a> {
    pub summary: Summary,
    pub by_explanation: BTreeMap<&'static str, usize>,
    pub changes: Vec<FileChange<'a>>,
}

#[derive(Serialize)]
pub(super) struct Summary {
    pub added: usize,
    pub removed: usize,
    pub content: usize,
    pub metadata: usize,
    pub mtime_only: usize,
}

#[derive(Serialize)]
pub(super) struct FileChange<'a> {
    pub path: String,
    pub change: &'static str,
    pub explanation: &'static str,
    pub detail: &'a str,
    pub owner: Option<&'a str>,
    pub rule: Option<&'a str>,
    pub rule_file: Option<&'a str>,
    pub proof: Option<&'static str>,
    pub alarm: Option<&'a str>,
    pub fold: Option<&'a str>,
    pub evidence: Option<&'a str>,
    pub fix: Option<&'a str>,
    /// `None` says that it is not known where the bases end.
    pub brought_by: Option<&'static str>,
    pub hashes: Option<Hashes>,
    pub left: Option<FileSide>,
    pub right: Option<FileSide>,
}

#[derive(Serialize)]
pub(super) struct FileSide {
    pub kind: &'static str,
    pub mode: String,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub sha256: Option<String>,
    pub link: Option<String>,
    pub device: Option<(u32, u32)>,
    pub xattrs: BTreeMap<String, String>,
    pub layer: u32,
    pub mtime: i64,
}

/// The hashes of one path, and what its package recorded.
#[derive(Serialize)]
pub(super) struct Hashes {
    pub left: Option<Bytes>,
    pub right: Option<Bytes>,
}

#[derive(Serialize)]
pub(super) struct Bytes {
    pub sha256: Option<String>,
    pub record: Option<Record>,
}

#[derive(Serialize)]
pub(super) struct Record {
    pub list: &'static str,
    pub algorithm: Option<&'static str>,
    pub recorded: String,
    pub found: Option<String>,
    pub matches: Option<bool>,
}

/// A file of one image.
#[derive(Serialize)]
pub(super) struct File<'a> {
    pub path: String,
    pub owner: Option<&'a str>,
    #[serde(flatten)]
    pub side: FileSide,
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    pub side: &'static str,
    pub drift: Option<&'static str>,
    pub check: &'a str,
    pub severity: &'static str,
    pub subject: &'a str,
    pub message: &'a str,
    pub fix: Option<&'a str>,
    pub package: Option<String>,
    pub count: usize,
    pub paths: Vec<String>,
    pub layers: &'a [u32],
    pub hashes: Vec<HashesOf>,
}

/// What is known of the bytes of one of a finding's paths.
#[derive(Serialize)]
pub(super) struct HashesOf {
    pub path: String,
    #[serde(flatten)]
    pub hashes: Hashes,
}

/// A lock file on both sides.
#[derive(Serialize)]
pub(super) struct LockDrift<'a> {
    pub format: &'static str,
    pub change: &'static str,
    pub left: Option<LockSide>,
    pub right: Option<LockSide>,
    pub changes: Vec<LockChange<'a>>,
}

#[derive(Serialize)]
pub(super) struct LockSide {
    pub path: String,
    pub complete: bool,
    pub needs_hashes: bool,
    pub entry_count: usize,
}

#[derive(Serialize)]
pub(super) struct LockChange<'a> {
    pub ecosystem: &'static str,
    pub name: &'a str,
    pub change: &'static str,
    pub left: Option<Locked<'a>>,
    pub right: Option<Locked<'a>>,
    pub hashes_gone: Vec<&'a str>,
    pub hashes_new: Vec<&'a str>,
}

/// What an entry of a lock file asks for.
#[derive(Serialize)]
pub(super) struct Locked<'a> {
    pub version: Option<&'a str>,
    pub specifier: Option<&'a str>,
    pub origin: Option<String>,
    pub condition: Option<String>,
    pub hash_count: usize,
    pub unhashed_count: usize,
}

/// A lock file of one image.
#[derive(Serialize)]
pub(super) struct LockFile<'a> {
    pub format: &'static str,
    #[serde(flatten)]
    pub side: LockSide,
    pub entries: Vec<LockEntry<'a>>,
}

#[derive(Serialize)]
pub(super) struct LockEntry<'a> {
    pub ecosystem: &'static str,
    pub name: &'a str,
    #[serde(flatten)]
    pub locked: Locked<'a>,
}

#[derive(Serialize)]
pub(super) struct ConfigChange<'a> {
    pub key: &'a str,
    pub left: Option<&'a str>,
    pub right: Option<&'a str>,
    pub runtime: bool,
    pub secret: Option<Secret>,
}

/// A value that is not shown, as a whole or in part.
#[derive(Serialize)]
pub(super) struct Secret {
    pub hidden: bool,
    pub differs: bool,
}

#[derive(Serialize)]
pub(super) struct Inspection<'a> {
    pub schema: u32,
    pub tool: Tool,
    pub image: Image<'a>,
    pub packages: Vec<Package<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<File<'a>>>,
    pub locks: Vec<LockFile<'a>>,
    pub findings: Vec<Finding<'a>>,
    pub checklist: Checklist<'a>,
    pub warnings: &'a [String],
    pub completeness: Vec<Gap<'a>>,
    pub rule_files: Vec<RuleFile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Vec<Marked>>,
}

#[derive(Serialize)]
pub(super) struct Search<'a> {
    pub schema: u32,
    pub tool: Tool,
    pub query: &'a str,
    pub packages: Vec<Package<'a>>,
    pub found: Vec<Found<'a>>,
}

#[derive(Serialize)]
pub(super) struct Found<'a> {
    #[serde(flatten)]
    pub file: File<'a>,
    pub instruction: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Digests<'a> {
    #[serde(rename = "image_digest")]
    pub image: String,
    #[serde(rename = "content_digest")]
    pub content: String,
    #[serde(rename = "dependencies_digest")]
    pub dependencies: String,
    pub content_incomplete: Vec<&'static str>,
    pub dependencies_incomplete: Vec<&'static str>,
    pub completeness: Vec<Gap<'a>>,
    pub formats: DigestFormats,
}

#[derive(Serialize)]
pub(super) struct DigestFormats {
    pub content: u32,
    pub dependencies: u32,
}

/// `imgdrift bump`.
#[derive(Serialize)]
pub(super) struct Bump<'a> {
    pub schema: u32,
    pub tool: Tool,
    pub answer: &'static str,
    pub reasons: &'a [String],
    pub verdict: &'static str,
    pub headline: String,
    pub counts: Counts,
    pub old: Image<'a>,
    pub new: Image<'a>,
    pub cves: Vec<&'a str>,
    pub packages: Vec<PackageChange<'a>>,
    pub without_changelog: Vec<String>,
    pub removed: Vec<Removed<'a>>,
    pub config: Vec<ConfigChange<'a>>,
    pub findings: Vec<Finding<'a>>,
    pub warnings: Vec<String>,
    pub completeness: Vec<Gap<'a>>,
    pub app: Option<App<'a>>,
}

/// A path that the new base has no more.
#[derive(Serialize)]
pub(super) struct Removed<'a> {
    pub path: String,
    pub why: &'static str,
    pub explanation: &'static str,
    pub owner: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct App<'a> {
    pub image: Image<'a>,
    pub stands_on: Option<&'static str>,
    pub base_layers: Option<usize>,
    pub evidence: &'a str,
    pub files: Vec<Touched<'a>>,
    pub packages: Vec<Held<'a>>,
    pub libraries: Vec<Library<'a>>,
    pub warnings: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Touched<'a> {
    pub path: String,
    pub action: &'static str,
    pub covers: usize,
    pub change: &'static str,
    pub owner: Option<&'a str>,
    pub layer: usize,
    pub instruction: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Held<'a> {
    pub package: &'a str,
    pub how: &'static str,
    pub wanted: Option<&'a str>,
    pub old: Option<&'a str>,
    pub new: Option<&'a str>,
    pub by: Option<&'a str>,
    pub layer: Option<usize>,
    pub instruction: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Library<'a> {
    pub soname: &'a str,
    pub path: String,
    pub state: &'static str,
    pub package: Option<&'a str>,
    pub old: Option<&'a str>,
    pub new: Option<&'a str>,
    pub user_count: usize,
    pub users: Vec<String>,
}

/// `imgdrift rules`.
#[derive(Serialize)]
pub(super) struct Catalogue<'a> {
    pub schema: u32,
    pub tool: Tool,
    pub rules: Vec<KnownRule<'a>>,
    pub missing: Vec<MissingRule<'a>>,
}

/// One mask or path rule.
#[derive(Serialize)]
pub(super) struct KnownRule<'a> {
    pub name: &'a str,
    pub rule_file: &'a str,
    pub kind: &'static str,
    pub proven: bool,
    pub covers: &'a [String],
    pub inputs: &'a [String],
    pub cause: &'a str,
    pub fix: Option<&'a str>,
}

/// What varies and has no rule.
#[derive(Serialize)]
pub(super) struct MissingRule<'a> {
    pub what: &'a str,
    pub why: &'a str,
}
