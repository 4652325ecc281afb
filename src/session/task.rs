//! Carries out what the command line asks for.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;

use super::contents::{ImageContents, Images};
use super::exporter::{self, Exporter};
use super::output::{Readers, write_whole};
use super::{Opened, bump, cache, compare, find, learn, preferences, progress, read, recorded, rules};
use crate::cli::{Cli, Compare, DigestOf, FailOn, Inspect, OutputArgs, ReportArgs, SnapshotOf, Task};
use crate::compare::DriftReport;
use crate::demo;
use crate::error::Failure;
use crate::model::{Progress, Side, text};
use crate::nondeterminism;
use crate::report::{self, Format, ReportOptions};
use crate::settings::Settings;
use crate::source::Reference;
use crate::tui::preferences::Preferences;
use crate::tui::{self, Loading, Services, Setup};

/// What the program stands in.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Whether stdin and stdout are a terminal, so that the explorer can run.
    pub interactive: bool,
    /// Whether stdout is a terminal that wants colour.
    pub color: bool,
    /// Whether stderr is a terminal, so that progress can be shown.
    pub progress: bool,
    /// Columns of stdout's terminal; 0 when it is none.
    pub width: usize,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// A condition of `--fail-on` holds.
    FailOnMet,
}

/// Carries out one task.
///
/// # Errors
/// When an image cannot be read or the output cannot be written.
pub fn carry_out(task: Task, terminal: Terminal) -> Result<Outcome, Failure> {
    match task {
        Task::Compare(Compare { left, right, report, rules, source }) => {
            let (left, right) = (reference(&left)?, reference(&right)?);
            compare_images(left, right, &report, rules::settings(source, &rules)?, terminal)
        }
        Task::Demo(demo) => {
            let (left, right) = demo::references();
            compare_images(left, right, &demo.report, Settings::default(), terminal)
        }
        Task::Bump(args) => bump::carry_out(args, terminal),
        Task::Inspect(inspect) => inspect_image(inspect, terminal),
        Task::Digest(digest) => digest_image(digest, terminal),
        Task::Snapshot(snapshot) => record_image(snapshot, terminal),
        Task::Learn(args) => learn::carry_out(args, terminal),
        Task::Rules(args) => {
            let catalogue = nondeterminism::catalogue(&rules::merged(&args.rules, None, None)?);
            write(&args.output, true, terminal, |format, _, out| (format.catalogue)(&catalogue, out))
        }
        Task::Cache(args) => {
            let text = cache::describe(args.clear)?;
            to_stdout(|out| out.write_all(text.as_bytes()))
        }
        Task::Config => to_stdout(|out| out.write_all(preferences::defaults().as_bytes())),
        Task::Completions(shell) => to_stdout(|out| Cli::write_completions(shell, out)),
        Task::Man => to_stdout(Cli::write_man),
    }
}

pub(super) fn reference(text: &str) -> Result<Reference, Failure> {
    Reference::parse(text).map_err(|error| Failure::opening(text, &error))
}

fn compare_images(
    left: Reference,
    right: Reference,
    args: &ReportArgs,
    settings: Settings,
    terminal: Terminal,
) -> Result<Outcome, Failure> {
    let progress = Arc::new(Progress::default());
    if wants_explorer(&args.output, terminal) {
        let loading = (left.text.clone(), Some(right.text.clone()));
        let open = move |progress: &Arc<Progress>| compare(&left, &right, &settings, progress).map(Images::from);
        let report = explore(loading, progress, open)?;
        return Ok(report.map_or(Outcome::Done, |report| outcome(&args.fail_on, &report)));
    }
    let references = [(Side::Left, left.text.as_str()), (Side::Right, right.text.as_str())];
    let pair =
        progress::shown(terminal.progress, &progress, &references, || compare(&left, &right, &settings, &progress))?;
    write(&args.output, args.all, terminal, |format, options, out| {
        (format.write)(&pair.report, &ReportOptions { strict: args.strict, ..*options }, out)
    })?;
    Ok(outcome(&args.fail_on, &pair.report))
}

pub(super) fn outcome(conditions: &[FailOn], report: &DriftReport) -> Outcome {
    if conditions.iter().any(|condition| condition.is_met(report)) { Outcome::FailOnMet } else { Outcome::Done }
}

/// Whether the output is the explorer: on a terminal, when no other was asked for.
fn wants_explorer(args: &OutputArgs, terminal: Terminal) -> bool {
    terminal.interactive && args.format.is_none() && args.output.is_none()
}

/// Runs the explorer while `open` reads the images beside it. The report, when it came to one.
fn explore(
    (left, right): (String, Option<String>),
    progress: Arc<Progress>,
    open: impl FnOnce(&Arc<Progress>) -> Result<Images, Failure> + Send + 'static,
) -> Result<Option<Arc<DriftReport>>, Failure> {
    let Preferences { theme, keys, viewer } = preferences::read()?;
    let setup = Setup { theme, keys, formats: exporter::formats() };
    let (sender, receiver) = mpsc::channel();
    let images = Arc::new(ImageContents::default());
    let loading = Loading { report: receiver, progress: Arc::clone(&progress), left, right };
    let provider = Arc::clone(&images);
    let reader = thread::spawn(move || {
        let (report, message) = match open(&progress) {
            Ok(images) => {
                let report = images.report();
                provider.provide(images);
                (Some(Arc::clone(&report)), Ok(report))
            }
            Err(failure) => (None, Err(failure.to_string())),
        };
        // The explorer may have been left before.
        let _ = sender.send(message);
        report
    });
    let services = Services { contents: Arc::clone(&images) as _, exports: Arc::new(Exporter::new(images)) };
    tui::run(loading, &services, setup, viewer).map_err(|error| Failure::new(error.to_string()))?;
    Ok(reader.join().unwrap_or_default())
}

fn inspect_image(args: Inspect, terminal: Terminal) -> Result<Outcome, Failure> {
    let settings = rules::settings(args.source, &args.rules)?;
    if wants_explorer(&args.output, terminal) && args.find.is_none() && !args.files {
        let reference = reference(&args.image)?;
        let open = move |progress: &Arc<Progress>| read(&reference, &settings, progress).map(Images::from);
        explore((args.image, None), Arc::new(Progress::default()), open)?;
        return Ok(Outcome::Done);
    }
    if let Some(what) = &args.find {
        let opened = read_shown(&args.image, &settings, terminal, read)?;
        let found = find::search(&opened.snapshot, what);
        write(&args.output, true, terminal, |format, options, out| (format.search)(&found, options, out))?;
    } else {
        let opened = read_shown(&args.image, &settings, terminal, read)?;
        let inspection = find::inspect(&opened.snapshot, &opened.rules, args.files);
        write(&args.output, args.files, terminal, |format, options, out| {
            (format.inspection)(&inspection, options, out)
        })?;
    }
    Ok(Outcome::Done)
}

fn digest_image(args: DigestOf, terminal: Terminal) -> Result<Outcome, Failure> {
    let opened = read_shown(&args.image, &args.source.into(), terminal, read)?;
    write(&args.output, false, terminal, |format, _, out| {
        (format.digests)(&opened.snapshot.facts, &opened.snapshot.gaps, out)
    })?;
    Ok(Outcome::Done)
}

/// Prints the file's SHA-256 as sha256sum does, so that its output can be checked by it later.
fn record_image(args: SnapshotOf, terminal: Terminal) -> Result<Outcome, Failure> {
    let opened = read_shown(&args.image, &args.source.into(), terminal, read)?;
    let (digest, bytes) = recorded::write(&opened, &args.output)?;
    if terminal.progress {
        let size = opened.snapshot.facts.size;
        let share = bytes.saturating_mul(1000).checked_div(size).unwrap_or_default();
        // Whoever reads the sum alone does not see this.
        let _ = writeln!(
            io::stderr(),
            "recorded {}: {} KB, {}.{} % of the image",
            text::visible(&args.image),
            bytes >> 10,
            share / 10,
            share % 10
        );
    }
    let mode = if args.output.is_file() { "; only its owner may read it (0600)" } else { "" };
    // The sum is what stdout is for.
    let _ = writeln!(
        io::stderr(),
        "{} keeps the values of the image's configuration, secrets too{mode}",
        text::visible(&args.output.display().to_string())
    );
    to_stdout(|out| writeln!(out, "{}  {}", digest.hex(), args.output.display()))
}

fn read_shown(
    image: &str,
    settings: &Settings,
    terminal: Terminal,
    read: fn(&Reference, &Settings, &Arc<Progress>) -> Result<Opened, Failure>,
) -> Result<Opened, Failure> {
    let reference = reference(image)?;
    let progress = Arc::new(Progress::default());
    progress::shown(terminal.progress, &progress, &[(Side::Left, image)], || read(&reference, settings, &progress))
}

/// Writes to the file asked for, or to stdout.
pub(super) fn write(
    args: &OutputArgs,
    all: bool,
    terminal: Terminal,
    body: impl FnOnce(&Format, &ReportOptions, &mut dyn Write) -> io::Result<()>,
) -> Result<Outcome, Failure> {
    let Some(format) = args.format.or_else(|| report::FORMATS.first()) else { return Ok(Outcome::Done) };
    if let Some(path) = &args.output {
        let options = ReportOptions { all, ..ReportOptions::default() };
        return to_file(path, |out| body(format, &options, out));
    }
    let options = ReportOptions { all, color: terminal.color, width: terminal.width, ..ReportOptions::default() };
    to_stdout(|out| body(format, &options, out))
}

/// Writes the whole text before the file is touched.
fn to_file(path: &Path, body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Outcome, Failure> {
    let mut text = Vec::new();
    body(&mut text)
        .and_then(|()| write_whole(path, Readers::AsBefore, |out| out.write_all(&text)))
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    Ok(Outcome::Done)
}

/// A reader that closes the pipe early (`| head`) has what it wanted.
pub(super) fn to_stdout(body: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Outcome, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match body(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(Outcome::Done),
    }
}
