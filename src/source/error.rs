//! Why an image cannot be opened, in words that name the file, what was found in it and what to do next.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use super::{Choice, EngineError, RegistryError};
use crate::archive::TarError;
use crate::model::Digest;
use crate::model::text::visible;
use crate::oci::{DocumentError, PlatformError};

/// Why an image cannot be opened. [`SourceError::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The reference names nothing on this machine's disk.
    #[error("there is no file or directory {}", listed(tried))]
    Missing { text: String, tried: Vec<PathBuf> },
    /// A prefix of something that is not read from disk.
    #[error("{} names an image in {place}, which this version does not read", quoted(text))]
    Elsewhere { text: String, place: &'static str, way_out: String },
    /// Of an image that is known from a snapshot alone.
    #[error("{} is a snapshot, which holds no file contents", quoted(text))]
    Recorded { text: String },
    #[error("{} cannot be read: {error}", shown(file))]
    Read { file: PathBuf, error: io::Error },
    #[error("{} is not a readable tar archive: {error}", shown(file))]
    Tar { file: PathBuf, error: TarError },
    /// A file or directory that holds no image this program knows.
    #[error("{} is not an image: {found}", shown(file))]
    NotImage { file: PathBuf, found: String, way_out: Option<&'static str> },
    #[error("{}: {error}", shown(file))]
    Document { file: PathBuf, error: DocumentError },
    /// The bytes of the documents are chosen by the image's author; this is where patience ends.
    #[error("{}: {document} has {found} bytes; the limit is {limit}", shown(file))]
    DocumentSize { file: PathBuf, document: String, found: u64, limit: u64 },
    #[error("{}: {what} should have the digest {expected}, but its bytes have {found}", shown(file))]
    Digest { file: PathBuf, what: String, expected: Digest, found: Digest },
    #[error("{}: {what} should have {expected} bytes, but has {found}", shown(file))]
    Size { file: PathBuf, what: String, expected: u64, found: u64 },
    /// A document names a blob that is not there.
    #[error("{}: the {by} names {what}, but {} does not hold it", shown(file), holder(file))]
    Absent { file: PathBuf, by: &'static str, what: String, urls: Vec<String> },
    #[error("{} holds {name} more than once, and which of them counts depends on the engine", shown(file))]
    Repeated { file: PathBuf, name: String },
    /// Engines that read the one document and engines that read the other would run two images.
    #[error(
        "{} holds two images: its manifest.json leads to the config {manifest}, its index.json to {index}",
        shown(file)
    )]
    TwoImages { file: PathBuf, manifest: Digest, index: Digest },
    #[error("{}: the link {} leads in circles", shown(file), quoted(name))]
    Loop { file: PathBuf, name: String },
    #[error(
        "{}: the manifest lists {} but the config has {}",
        shown(file),
        counted(*layers, "layer"),
        counted(*diff_ids, "diffID")
    )]
    LayerCount { file: PathBuf, layers: usize, diff_ids: usize },
    /// Signatures, charts and the like are stored as images are, but have no file system.
    #[error("{} holds an artifact of type {}, not a container image", shown(file), quoted(kind))]
    Artifact { file: PathBuf, kind: String },
    #[error("{} holds {} images:{}", shown(file), candidates.len(), rows(candidates))]
    Several { file: PathBuf, candidates: Vec<Candidate> },
    #[error("{} holds no image {}, only:{}", shown(file), choice_shown(choice), rows(candidates))]
    NoSuchImage { file: PathBuf, choice: Choice, candidates: Vec<Candidate> },
    #[error("{} holds no image for {wanted}, only for {}", shown(file), found.join(", "))]
    NoSuchPlatform { file: PathBuf, wanted: String, found: Vec<String> },
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Registry(Box<RegistryError>),
    /// An engine is not there, or does not give the image.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A name that says no place; what each place that was asked has answered.
    #[error("no image {} was found:{}", quoted(name), below(answers))]
    Nowhere { name: String, answers: Vec<String>, way_out: Option<String> },
    #[error("stopped on request")]
    Stopped,
}

impl From<RegistryError> for SourceError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}

/// One image of several in an archive or layout, as a user may choose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What stands after `@`.
    pub index: usize,
    /// Tags and reference names; none for an image saved by its id.
    pub names: Vec<String>,
    /// Short digest of the config, or of the manifest where configs are not read yet.
    pub id: String,
    /// `os/arch[/variant]`, where the index says so.
    pub platform: Option<String>,
}

/// Rows of candidates shown; an archive may hold thousands.
const MAX_ROWS: usize = 20;

impl SourceError {
    /// What to do next, as one sentence for the line below the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { text, .. } => missing_hint(text),
            Self::Elsewhere { way_out, .. } => Some(way_out.clone()),
            Self::Recorded { .. } => Some("Open the image itself to read its files.".to_owned()),
            Self::NotImage { way_out, .. } => way_out.map(str::to_owned),
            Self::Tar { .. } => Some("It is damaged or incomplete: write or copy it again.".to_owned()),
            Self::Digest { file, .. } | Self::Size { file, .. } | Self::Absent { file, .. } if is_in_engine(file) => {
                Some("The engine's own copy is damaged or incomplete: remove the image and pull or load it again.".to_owned())
            }
            Self::Digest { file, .. } | Self::Size { file, .. } if !file.exists() => Some(
                "A registry or proxy serves wrong bytes: try again, or fetch it elsewhere; --no-verify reads them all the same."
                    .to_owned(),
            ),
            Self::Digest { .. } | Self::Size { .. } => {
                Some("It is damaged or was altered; --no-verify reads it all the same.".to_owned())
            }
            Self::Absent { file, urls, .. } => Some(match urls.first() {
                None if !file.exists() => "It was copied there without all of its content: push the image whole.".to_owned(),
                Some(url) => {
                    format!("The blob must not be distributed with the image; it is to be had at {}.", visible(url))
                }
                None => "It was saved without all of its content: pull the image whole and save it again.".to_owned(),
            }),
            Self::Several { file, candidates } | Self::NoSuchImage { file, candidates, .. } => {
                Some(choose_hint(file, candidates))
            }
            Self::TwoImages { file, .. } => {
                let file = shown(file);
                Some(format!("Docker reads the first, containerd the second. Choose with docker-archive:{file} or oci-archive:{file}."))
            }
            Self::Registry(error) => error.hint(),
            Self::Engine(error) => error.hint(),
            Self::Nowhere { way_out, .. } => way_out.clone(),
            Self::NoSuchPlatform { .. } => Some("Choose one of them with --platform.".to_owned()),
            _ => None,
        }
    }
}

pub(super) fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text))
}

fn listed(tried: &[PathBuf]) -> String {
    tried.iter().map(|path| quoted(&path.display().to_string())).collect::<Vec<_>>().join(" or ")
}

fn holder(file: &Path) -> &'static str {
    match (file.is_dir(), file.exists()) {
        (true, _) => "the directory",
        (_, true) => "the archive",
        _ if is_in_engine(file) => "the engine's export",
        _ => "the registry",
    }
}

/// Whether what stands for a file is an engine's image, as the engines' source calls it.
fn is_in_engine(file: &Path) -> bool {
    let text = file.to_string_lossy();
    text.starts_with("podman:") || (text.starts_with("docker:") && !text.starts_with("docker://"))
}

/// Each of the rows on a line of its own.
pub(super) fn below(rows: &[String]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {}", visible(row));
        text
    })
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn choice_shown(choice: &Choice) -> String {
    match choice {
        Choice::Name(name) => quoted(name),
        Choice::Index(index) => format!("@{index}"),
    }
}

fn rows(candidates: &[Candidate]) -> String {
    let mut text = String::new();
    for Candidate { index, names, id, platform } in candidates.iter().take(MAX_ROWS) {
        let names = if names.is_empty() { "(no name)".to_owned() } else { visible(&names.join(", ")).into_owned() };
        let platform = platform.as_deref().map(|platform| format!("  {}", visible(platform))).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  @{index}  {id}  {names}{platform}");
    }
    if candidates.len() > MAX_ROWS {
        let _ = write!(text, "\n  and {} more", candidates.len() - MAX_ROWS);
    }
    text
}

fn choose_hint(file: &Path, candidates: &[Candidate]) -> String {
    let file = shown(file);
    match candidates.iter().find_map(|candidate| candidate.names.first()) {
        Some(name) => format!("Choose one by name, {file}:{}, or by position, {file}@0.", visible(name)),
        None => format!("Choose one by position, such as {file}@0."),
    }
}

fn missing_hint(text: &str) -> Option<String> {
    let is_path = text.starts_with(['/', '.', '~']) || text.contains(".tar") || text.is_empty();
    (!is_path).then(|| {
        let name = visible(text);
        format!(
            "This version reads image tarballs and OCI layouts. For an image of the local engine: docker save {name} -o image.tar"
        )
    })
}
