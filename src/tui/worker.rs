//! Slow work beside the interface: reading contents and searching paths. Each answer carries the ticket of its
//! question, so that whoever asked can drop an answer that came too late.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::Contents;
use super::diff::{self, ContentDiff};
use super::event::Event;
use super::search::Paths;
use crate::compare::{DriftReport, FileRow};
use crate::model::Side;

/// A question to a worker.
#[derive(Clone)]
pub struct Job {
    pub ticket: u64,
    pub report: Arc<DriftReport>,
    pub task: Task,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// How the contents of the row at this position in `files.rows` differ.
    Compare(u32),
    /// Which of the paths match this text.
    Search(Arc<Paths>, String),
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
}

/// One thread for contents and one for searches, so that a slow disk does not hold up the search.
pub struct Workers {
    contents: Sender<Job>,
    searches: Sender<Job>,
}

impl Workers {
    #[must_use]
    pub fn start(contents: &Arc<dyn Contents>, events: &Sender<Event>) -> Self {
        let start = || {
            let (sender, jobs) = mpsc::channel();
            let (contents, events) = (Arc::clone(contents), events.clone());
            thread::spawn(move || serve(&jobs, contents.as_ref(), &events));
            sender
        };
        Self { contents: start(), searches: start() }
    }

    /// Hands over a question. A worker answers only the newest that waits.
    pub fn post(&self, job: Job) {
        let queue = match job.task {
            Task::Compare(_) => &self.contents,
            Task::Search(..) => &self.searches,
        };
        // The worker is gone only when the program ends.
        let _ = queue.send(job);
    }
}

fn serve(jobs: &Receiver<Job>, contents: &dyn Contents, events: &Sender<Event>) {
    while let Ok(mut job) = jobs.recv() {
        while let Ok(newer) = jobs.try_recv() {
            job = newer;
        }
        if events.send(Event::Answer(answer(&job, contents))).is_err() {
            return;
        }
    }
}

/// Does the work.
#[must_use]
pub fn answer(job: &Job, contents: &dyn Contents) -> Answer {
    let found = match &job.task {
        Task::Compare(row) => Found::Diff(compare(&job.report, *row, contents).map(Arc::new)),
        Task::Search(paths, text) => Found::Paths(paths.search(text)),
    };
    Answer { ticket: job.ticket, found }
}

fn compare(report: &DriftReport, row: u32, contents: &dyn Contents) -> Result<ContentDiff, String> {
    let row = report.files.rows.get(row as usize).ok_or("no such row")?;
    let left = read(row, Side::Left, contents)?;
    let right = read(row, Side::Right, contents)?;
    let whole = [&row.left, &row.right].into_iter().flatten().all(|file| file.entry.size <= diff::READ_LIMIT);
    Ok(diff::contents(&left, &right, whole))
}

fn read(row: &FileRow, side: Side, contents: &dyn Contents) -> Result<Vec<u8>, String> {
    let file = match side {
        Side::Left => &row.left,
        Side::Right => &row.right,
    };
    if file.as_ref().is_none_or(|file| file.entry.content.is_none() || file.entry.size == 0) {
        return Ok(Vec::new());
    }
    // A reader that panics must not take its thread along: the next file is another matter.
    catch_unwind(AssertUnwindSafe(|| contents.read(side, &row.path, diff::READ_LIMIT)))
        .unwrap_or_else(|_| Err("reading it failed unexpectedly".to_owned()))
        .map_err(|error| format!("{} side: {error}", side.as_str()))
}
