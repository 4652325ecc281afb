//! Slow work beside the interface: reading contents and searching paths. Each answer carries the ticket of its
//! question, so that whoever asked can drop an answer that came too late.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::diff::{self, ContentDiff, Pair};
use super::event::Event;
use super::outside::Versions;
use super::overlay::export::ExportRequest;
use super::search::Paths;
use super::{Contents, Services, text};
use crate::compare::{DriftReport, FileRow};
use crate::model::text::visible_multiline;
use crate::model::{Changelog, Side, Watch};

/// A question to a worker.
#[derive(Clone)]
pub struct Job {
    pub ticket: u64,
    pub report: Arc<DriftReport>,
    pub task: Task,
    /// Stopped when a newer question takes the place of this one.
    pub watch: Arc<Watch>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// How the contents of the row at this position in `files.rows` differ.
    Compare(u32),
    /// Which of the paths match this text.
    Search(Arc<Paths>, String),
    /// What an export begins with.
    Preview(ExportRequest),
    /// Writes an export to a file; whether over one that is there already.
    Write(ExportRequest, PathBuf, bool),
    /// Puts both versions of a file where another program can read them.
    Extract(u32),
    /// Writes one side's version of a file to a file that is not there yet.
    Save(u32, Side, PathBuf),
    /// What the changelog of the package at this position in `packages` tells.
    Changelog(usize),
}

/// The answer to one question.
#[derive(Debug, Clone)]
pub struct Answer {
    pub ticket: u64,
    pub found: Found,
}

#[derive(Debug, Clone)]
pub enum Found {
    Diff(Result<Arc<ContentDiff>, String>),
    /// Positions in `files.rows`, best first.
    Paths(Vec<u32>),
    /// Of the package at this position in `packages`.
    Changelog(usize, Told),
    /// Its first lines, safe to show.
    Preview(Result<Vec<String>, String>),
    /// What was written where, for the reader.
    Written(Result<String, Unwritten>),
    Extracted(Result<Arc<Versions>, String>),
}

/// What a package's changelog tells: `Ok(None)` where the image has none of it.
pub type Told = Result<Option<Arc<Changelog>>, String>;

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritten {
    pub words: String,
    /// It is there already: this file.
    pub exists: Option<PathBuf>,
}

/// The most lines of an export's preview: more than any screen shows.
const PREVIEW: usize = 500;
/// The most bytes of a file that another program is given.
const OUTSIDE_LIMIT: u64 = 256 * 1024 * 1024;

/// One thread for each kind of work, so that a slow disk does not hold up the search, and a question of one view does
/// not displace another view's.
pub struct Workers {
    contents: Questions,
    changelogs: Sender<Job>,
    searches: Questions,
    /// What the user asked for by name, each to be carried out.
    errands: Sender<Job>,
}

/// Where questions go of which only the newest matters.
struct Questions {
    jobs: Sender<Job>,
    watch: Arc<Watch>,
}

impl Workers {
    #[must_use]
    pub fn start(services: &Services, events: &Sender<Event>) -> Self {
        let start = || {
            let (sender, jobs) = mpsc::channel();
            let (services, events) = (services.clone(), events.clone());
            thread::spawn(move || serve(&jobs, &services, &events));
            sender
        };
        let questions = || Questions { jobs: start(), watch: Arc::default() };
        Self { contents: questions(), changelogs: start(), searches: questions(), errands: start() }
    }

    /// Hands over a question. Of those that a newer one replaces, a worker answers only the newest that waits; comparisons
    /// and searches under way stop, while a changelog is read to its end, for its answer is kept.
    pub fn post(&mut self, job: Job) {
        let queue = match job.task {
            Task::Compare(_) => self.contents.replace(&job),
            Task::Changelog(_) => &self.changelogs,
            Task::Search(..) => self.searches.replace(&job),
            Task::Preview(_) | Task::Write(..) | Task::Extract(_) | Task::Save(..) => &self.errands,
        };
        // The worker is gone only when the program ends.
        let _ = queue.send(job);
    }
}

impl Questions {
    /// Nobody waits for the answer to the question before any more.
    fn replace(&mut self, job: &Job) -> &Sender<Job> {
        self.watch.stop();
        self.watch = Arc::clone(&job.watch);
        &self.jobs
    }
}

fn serve(jobs: &Receiver<Job>, services: &Services, events: &Sender<Event>) {
    while let Ok(mut job) = jobs.recv() {
        while job.task.is_replaceable() {
            let Ok(newer) = jobs.try_recv() else { break };
            job = newer;
        }
        if events.send(Event::Answer(answer(&job, services))).is_err() {
            return;
        }
    }
}

impl Task {
    /// Whether a newer question makes its answer worthless.
    fn is_replaceable(&self) -> bool {
        matches!(self, Self::Compare(_) | Self::Changelog(_) | Self::Search(..) | Self::Preview(_))
    }
}

/// Does the work.
#[must_use]
pub fn answer(job: &Job, services: &Services) -> Answer {
    let (report, contents, watch) = (&job.report, services.contents.as_ref(), job.watch.as_ref());
    let found = match &job.task {
        Task::Compare(row) => Found::Diff(compare(report, *row, contents, watch).map(Arc::new)),
        Task::Changelog(at) => Found::Changelog(*at, changelog(report, *at, contents)),
        Task::Search(paths, text) => Found::Paths(paths.search(text, &job.watch)),
        Task::Preview(request) => Found::Preview(preview(report, request, services)),
        Task::Write(request, path, overwrite) => {
            let body = careful(|| services.exports.write(report, request)).flatten();
            Found::Written(body.map_err(Unwritten::from).and_then(|body| write(path, &body, *overwrite)))
        }
        Task::Extract(row) => Found::Extracted(extract(report, *row, contents, watch).map(Arc::new)),
        Task::Save(row, side, path) => Found::Written(save(job, *row, *side, path, contents)),
    };
    Answer { ticket: job.ticket, found }
}

fn preview(report: &DriftReport, request: &ExportRequest, services: &Services) -> Result<Vec<String>, String> {
    let body = careful(|| services.exports.write(report, request)).flatten()?;
    let text = String::from_utf8_lossy(&body);
    Ok(text.lines().take(PREVIEW).map(|line| visible_multiline(line).replace('\t', "    ")).collect())
}

fn compare(report: &DriftReport, row: u32, contents: &dyn Contents, watch: &Watch) -> Result<ContentDiff, String> {
    let row = report.files.rows.get(row as usize).ok_or("no such row")?;
    // One image on its own has one version of it.
    let left = if report.alone { None } else { read(row, Side::Left, diff::READ_LIMIT, contents, watch)? };
    let right = read(row, Side::Right, diff::READ_LIMIT, contents, watch)?;
    let whole = row.sides().all(|file| file.entry.size <= diff::READ_LIMIT);
    let path = row.path.as_str().unwrap_or_default();
    let pair = Pair { path, left: left.as_deref(), right: right.as_deref(), whole };
    careful(|| pair.compare(|content| contents.dissect(content)))
}

fn changelog(report: &DriftReport, at: usize, contents: &dyn Contents) -> Told {
    let row = report.packages.get(at).ok_or("no such package")?;
    careful(|| contents.changelog(row)).flatten().map(|found| found.map(Arc::new))
}

/// The content of one side; `None` where it has no regular file.
fn read(
    row: &FileRow,
    side: Side,
    limit: u64,
    contents: &dyn Contents,
    watch: &Watch,
) -> Result<Option<Vec<u8>>, String> {
    let file = match side {
        Side::Left => &row.left,
        Side::Right => &row.right,
    };
    match file.as_ref().filter(|file| file.entry.content.is_some()) {
        None => Ok(None),
        Some(file) if file.entry.size == 0 => Ok(Some(Vec::new())),
        Some(_) => careful(|| contents.read(side, &row.path, limit, watch))
            .flatten()
            .map(Some)
            .map_err(|error| format!("{} side: {error}", side.as_str())),
    }
}

/// Work that panics must not take its thread along: the next file is another matter.
fn careful<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "it failed unexpectedly".to_owned())
}

fn extract(report: &DriftReport, row: u32, contents: &dyn Contents, watch: &Watch) -> Result<Versions, String> {
    let row = report.files.rows.get(row as usize).ok_or("no such row")?;
    let unwritten = |error: io::Error| format!("a temporary file cannot be written: {error}");
    let mut versions = Versions::new().map_err(unwritten)?;
    let name = row.path.file_name();
    for (side, file) in [(Side::Left, &row.left), (Side::Right, &row.right)] {
        if let Some(file) = file.as_ref().filter(|file| file.entry.content.is_some()) {
            if file.entry.size > OUTSIDE_LIMIT {
                let (size, limit) = (text::bytes(file.entry.size), text::bytes(OUTSIDE_LIMIT));
                return Err(format!("the {} version has {size}, more than the {limit} shown elsewhere", side.as_str()));
            }
            let bytes = read(row, side, OUTSIDE_LIMIT, contents, watch)?.unwrap_or_default();
            fs::write(versions.place(side, name), bytes).map_err(unwritten)?;
        }
    }
    Ok(versions)
}

fn save(job: &Job, row: u32, side: Side, path: &Path, contents: &dyn Contents) -> Result<String, Unwritten> {
    let row = job.report.files.rows.get(row as usize).ok_or_else(|| "no such row".to_owned())?;
    put(path, false, |out| {
        careful(|| contents.copy(side, &row.path, out))
            .flatten()
            .map_err(|words| format!("{} side: {words}", side.as_str()))
    })
}

/// Writes a text that is at hand.
fn write(path: &Path, body: &[u8], overwrite: bool) -> Result<String, Unwritten> {
    put(path, overwrite, |file| match file.write_all(body) {
        Ok(()) => Ok(body.len() as u64),
        Err(error) => Err(error.to_string()),
    })
}

/// Fills a file, which stands under its name only once it is whole; one that is there already is overwritten only when
/// that is asked for.
fn put(
    path: &Path,
    overwrite: bool,
    fill: impl FnOnce(&mut dyn io::Write) -> Result<u64, String>,
) -> Result<String, Unwritten> {
    let failed = |why: &dyn std::fmt::Display| Unwritten::from(format!("{} cannot be written: {why}", path.display()));
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => return Err(failed(&"it is no regular file")),
        Ok(_) if !overwrite => return Err(Unwritten::exists(path)),
        _ => {}
    }
    // Of a link, the file that it leads to is written.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any new file; the user's umask takes from it.
    let anybody = fs::Permissions::from_mode(0o666);
    let made = tempfile::Builder::new().prefix(".imgdrift-").permissions(anybody).tempfile_in(folder);
    let mut half = made.map_err(|error| failed(&error))?;
    let bytes = fill(&mut half).map_err(|error| failed(&error))?;
    let kept = if overwrite { half.persist(&target) } else { half.persist_noclobber(&target) };
    match kept {
        Ok(_) => Ok(format!("wrote {}, {}", path.display(), text::bytes(bytes))),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Unwritten::exists(path)),
        Err(error) => Err(failed(&error.error)),
    }
}

impl Unwritten {
    fn exists(path: &Path) -> Self {
        Self { words: format!("{} is there already", path.display()), exists: Some(path.to_owned()) }
    }
}

impl From<String> for Unwritten {
    fn from(words: String) -> Self {
        Self { words, exists: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_there_is_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drift.md");
        assert!(write(&path, b"one", false).unwrap().ends_with("drift.md, 3 B"));
        assert_eq!(write(&path, b"two", false).unwrap_err().exists, Some(path.clone()));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write(&path, b"2", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
        let broken = folder.path().join("half");
        let error = put(&broken, false, |out| {
            out.write_all(b"ha").unwrap();
            Err("cut".to_owned())
        });
        assert!(error.unwrap_err().words.ends_with("half cannot be written: cut") && !broken.exists());
        let nowhere = folder.path().join("no/such/folder");
        assert!(write(&nowhere, b"x", false).unwrap_err().words.contains("cannot be written"));
    }
}
