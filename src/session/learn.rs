//! `imgdrift learn`: what two builds of one Dockerfile differ in becomes a file of rules.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::output::{Readers, write_whole};
use super::progress::shown;
use super::recorded::{TOOL, now};
use super::task::{reference, to_stdout};
use super::{Opened, Outcome, Pair, Terminal, compare, rules};
use crate::cli::Learn;
use crate::compare::learn::{self, Candidates, FileKind, HEAD, Learning, LearntRule, NotLearnt};
use crate::compare::{DriftReport, compare as drift};
use crate::error::Failure;
use crate::image::{self, LayerEntry, Node};
use crate::model::text::visible;
use crate::model::{Explanation, Progress, Side};
use crate::nondeterminism::RuleFile;
use crate::settings::Settings;

/// Paths that were not learnt and are named on the screen.
const NAMED: usize = 40;

/// Carries out the command.
pub(super) fn carry_out(args: Learn, terminal: Terminal) -> Result<Outcome, Failure> {
    let output = visible(&args.output.display().to_string()).into_owned();
    if args.output.is_file() && !args.overwrite {
        let hint = "--overwrite replaces it. Rules may also stand in several files: --rules takes each.";
        return Err(Failure::new(format!("{output} is there already")).with_hint(hint));
    }
    let (left, right) = (reference(&args.left)?, reference(&args.right)?);
    // What is to be written anew has no say in what is learnt.
    let known = rules::merged(&args.rules, args.source.dockerfile.as_deref(), Some(&args.output))?;
    let settings = Settings { rules: Arc::new(known), ..Settings::from(args.source) };
    let progress = Arc::new(Progress::default());
    let names = [(Side::Left, left.text.as_str()), (Side::Right, right.text.as_str())];
    let pair = shown(terminal.progress, &progress, &names, || compare(&left, &right, &settings, &progress))?;
    if let Some(why) = learn::other_inputs(&pair.report).filter(|_| !args.force) {
        let hint = "Rules are learnt from two builds of one Dockerfile with the same inputs; from these they would call \
                    noise what is a change. --force learns all the same.";
        return Err(Failure::new(visible(&why).into_owned()).with_hint(hint));
    }
    let lesson = lesson(&pair, &settings, args.force)?;
    keep(&args.output, &lesson.text)?;
    to_stdout(|out| tell(&pair.report, &lesson, &output, out))
}

/// What was learnt.
struct Lesson {
    rules: Vec<LearntRule>,
    not_learnt: Vec<NotLearnt>,
    /// The file of rules.
    text: String,
    /// What the two images compare as when it is asked.
    after: DriftReport,
}

/// Learns, holds the rules against the two images, and learns again without the paths that the rules do not explain: a
/// check that fails outweighs any rule.
fn lesson(pair: &Pair, settings: &Settings, forced: bool) -> Result<Lesson, Failure> {
    let report = &pair.report;
    let at = now();
    let mut refuted = BTreeSet::new();
    loop {
        let mut candidates = learn::candidates(report, forced, &refuted);
        let kinds = kinds(pair, &candidates)?;
        let (rules, keys) = learn::rules(report, &candidates, &kinds).map_err(|error| {
            Failure::new(error).with_hint("Are these two builds of one Dockerfile? `imgdrift LEFT RIGHT` shows them.")
        })?;
        let mut not_learnt = std::mem::take(&mut candidates.not_learnt);
        not_learnt.extend(keys);
        not_learnt.sort_by_key(|one| one.row);
        let text = learn::write(&Learning { report, rules: &rules, not_learnt: &not_learnt, at: &at, tool: TOOL });
        let file = RuleFile::of_user("learnt", &text)
            .map_err(|error| Failure::new(format!("what was learnt is no file of rules: {error}")))?;
        let after = drift(&pair.left.snapshot, &pair.right.snapshot, &settings.rules.after(file));
        let learnt = rules.iter().flat_map(|rule| &rule.rows).copied();
        let unmoved: Vec<usize> = learnt.filter(|row| is_unexplained(&after, *row)).collect();
        if unmoved.is_empty() {
            return Ok(Lesson { rules, not_learnt, text, after });
        }
        refuted.extend(unmoved);
    }
}

fn is_unexplained(report: &DriftReport, row: usize) -> bool {
    let drift = report.files.rows.get(row).and_then(|row| row.drift.as_ref());
    drift.is_some_and(|drift| matches!(drift.explanation, Explanation::Unexplained | Explanation::SameVersion))
}

/// A file whose bytes are in a layer.
struct Unread<'a> {
    /// The position in the report's files.
    row: usize,
    node: &'a Node,
    entry: &'a LayerEntry,
}

/// What stands in the files that can be learnt: each layer that has some is passed over once. Of an image without
/// layers, such as a snapshot, the names have to do.
fn kinds(pair: &Pair, candidates: &Candidates) -> Result<BTreeMap<usize, &'static FileKind>, Failure> {
    let mut kinds = BTreeMap::new();
    let mut unread: BTreeMap<(bool, u32), Vec<Unread<'_>>> = BTreeMap::new();
    for at in &candidates.rows {
        let Some(row) = pair.report.files.rows.get(*at) else { continue };
        let of_right = row.right.is_some();
        let image = &if of_right { &pair.right } else { &pair.left }.snapshot.image;
        let Some(node) = image.tree.get(&row.path) else { continue };
        let layer = image.layers.get(node.file.layer as usize);
        let entry = node.entry.and_then(|entry| layer?.entries.get(entry as usize));
        match (&node.bytes, entry) {
            (Some(bytes), _) => {
                kinds.insert(*at, FileKind::of(&node.path, bytes));
            }
            (None, Some(entry)) if node.file.entry.content.is_some() => {
                unread.entry((of_right, node.file.layer)).or_default().push(Unread { row: *at, node, entry });
            }
            _ => {}
        }
    }
    for ((of_right, layer), files) in unread {
        let opened = if of_right { &pair.right } else { &pair.left };
        if opened.snapshot.facts.recording.is_none() {
            read(opened, layer, &files, &mut kinds)?;
        }
    }
    Ok(kinds)
}

fn read(
    opened: &Opened,
    layer: u32,
    files: &[Unread<'_>],
    kinds: &mut BTreeMap<usize, &'static FileKind>,
) -> Result<(), Failure> {
    let failed = |error: String| Failure::new(format!("{}: layer {layer}: {error}", opened.snapshot.facts.reference));
    let blob = opened.blobs.open(layer as usize).map_err(|error| failed(error.to_string()))?;
    let entries: Vec<&LayerEntry> = files.iter().map(|file| file.entry).collect();
    let mut each = |at: usize, head: Vec<u8>| {
        kinds.extend(files.get(at).map(|file| (file.row, FileKind::of(&file.node.path, &head))));
    };
    image::read_files(blob.into_reader(), &entries, HEAD, &mut each).map_err(|error| failed(error.to_string()))
}

fn keep(path: &Path, text: &str) -> Result<(), Failure> {
    write_whole(path, Readers::AsBefore, |out| out.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))
}

fn tell(report: &DriftReport, lesson: &Lesson, output: &str, out: &mut dyn Write) -> io::Result<()> {
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let paths = lesson.rules.iter().map(|rule| rule.rows.len()).sum();
    writeln!(out, "{output}: {} for {}", plural(lesson.rules.len(), "rule"), plural(paths, "path"))?;
    for rule in &lesson.rules {
        let more = if rule.paths.len() > 1 { format!(" and {} more", rule.paths.len() - 1) } else { String::new() };
        let first = visible(rule.paths.first().map(String::as_str).unwrap_or_default()).into_owned();
        writeln!(out, "  {}: {first}{more}: {}, {}", rule.name, plural(rule.rows.len(), "path"), rule.cause)?;
    }
    if !lesson.not_learnt.is_empty() {
        let unexplained = lesson.after.unexplained() + lesson.after.alarms();
        let above = match unexplained.saturating_sub(lesson.not_learnt.len()) {
            0 => String::new(),
            directories => format!(", and {directories} of the directories that hold them"),
        };
        writeln!(out, "not learnt, look at them: {}{above}", plural(lesson.not_learnt.len(), "path"))?;
        for one in lesson.not_learnt.iter().take(NAMED) {
            let path = report.files.rows.get(one.row).map(|row| row.path.to_string()).unwrap_or_default();
            writeln!(out, "  {path}: {}", visible(&one.why))?;
        }
        let more = lesson.not_learnt.len().saturating_sub(NAMED);
        if more > 0 {
            writeln!(out, "  and {more} more")?;
        }
    }
    writeln!(out, "before: {}", report.headline())?;
    writeln!(out, "with these rules: {}", lesson.after.headline())
}
