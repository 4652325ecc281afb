//! The words every other module speaks: digests, paths, file entries, packages, explanations, verdicts.
//!
//! Plain data on the lowest floor; it imports nothing of the crate.

pub mod anatomy;
pub mod base;
pub mod catalogue;
pub mod changelog;
pub mod checklist;
pub mod completeness;
pub mod config;
pub mod digest;
pub mod entry;
pub mod explanation;
pub mod facts;
pub mod finding;
pub mod hashes;
pub mod inspection;
pub mod instruction;
pub mod lock;
pub mod markdown;
pub mod package;
pub mod path;
pub mod progress;
pub mod rule;
pub mod secret;
pub mod text;
pub mod watch;

pub use anatomy::{Anatomy, Part, Value};
pub use base::{BaseEvidence, BaseImage, Confidence, EvidenceKind};
pub use catalogue::{Catalogue, KnownRule, MissingRule, RuleKind};
pub use changelog::{Changelog, ChangelogEntry, Fixes};
pub use checklist::{Answer, Checklist, ChecklistItem, Evidence};
pub use completeness::{Gap, GapKind, Reach, SideGap};
pub use config::{BuildSource, HistoryEntry, ImageConfig, RuntimeConfig};
pub use digest::{Digest, DigestError, Md5};
pub use entry::{Content, FileAt, FileEntry, Form, Hidden, Kind, Masked, PycHeader, Xattr};
pub use explanation::{Change, Explanation, Proof, Verdict};
pub use facts::{ImageFacts, LayerFacts, Recording, Side, Variant};
pub use finding::{Finding, FindingDrift, Severity};
pub use hashes::Hashes;
pub use inspection::{FileOf, Found, Inspection, Marked, SearchResult};
pub use instruction::{BuildSteps, Command, Instruction};
pub use lock::{LockEntry, LockFile, LockHash, LockManager, LockOrigin};
pub use package::{
    Ecosystem, OwnedFile, Package, PackageMove, RecordedHash, Requirement, Role, SourcePackage, Touched,
};
pub use path::{ImagePath, PathError};
pub use progress::{Progress, SideProgress, Stage};
pub use rule::RuleFileUse;
pub use secret::Secrets;
pub use watch::Watch;
