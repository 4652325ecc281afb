//! What pip reads with `-r` and `-c`: requirements files, with and without `--hash`.
//!
//! <https://pip.pypa.io/en/stable/reference/requirements-file-format/>

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ImagePath, LockEntry, LockFile, LockOrigin};

use super::shared::{add_hash, named, normal_hash, origin_of_url, version_of};
use super::{Format, Parsed};

const REMEDY: &str = "pip-compile --generate-hashes, and pip install --require-hashes -r";

pub(super) const FORMAT: Format = Format { name: "requirements", wants, parse, remedy: REMEDY };

pub(super) const CONSTRAINTS: Format =
    Format { name: "constraints", wants: wants_constraints, parse: parse_constraints, remedy: REMEDY };

fn wants(directory: &[u8], name: &[u8]) -> bool {
    let Some(stem) = name.strip_suffix(b".txt") else { return false };
    let is_inside = directory == b"requirements" && !is_constraints(stem);
    stem.starts_with(b"requirements") || stem.ends_with(b"requirements") || is_inside
}

fn wants_constraints(_directory: &[u8], name: &[u8]) -> bool {
    name.strip_suffix(b".txt").is_some_and(is_constraints)
}

fn is_constraints(stem: &[u8]) -> bool {
    stem.starts_with(b"constraints") || stem.ends_with(b"constraints")
}

pub(super) fn parse(text: &str) -> Result<Option<Parsed>, String> {
    let mut parsed = Parsed::default();
    for (number, line) in logical_lines(text) {
        match read(&line) {
            Ok(Line::Entry(entry)) => parsed.entries.push(*entry),
            Ok(Line::Include(path)) => parsed.includes.push(path.to_owned()),
            Ok(Line::RequireHashes) => parsed.needs_hashes = true,
            Ok(Line::Other) => {}
            Err(fault) => return Err(format!("line {number}: {fault}")),
        }
    }
    // One hash switches checking on for all.
    parsed.needs_hashes |= parsed.entries.iter().any(|entry| !entry.hashes.is_empty());
    Ok(Some(parsed))
}

/// Constraints are requirements that nothing is installed for.
fn parse_constraints(text: &str) -> Result<Option<Parsed>, String> {
    let Some(mut parsed) = parse(text)? else { return Ok(None) };
    for entry in &mut parsed.entries {
        entry.only_for = Some("a constraint".to_owned());
    }
    Ok(Some(parsed))
}

/// Lines joined where one ends with a backslash, without comments and blank ones, each with its number.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut joined: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        // pip takes a comment out of a line that is continued, too.
        let (line, continues) = match line.strip_suffix('\\') {
            Some(line) if !is_comment(line) => (line, true),
            _ => (line, false),
        };
        let (_, whole) = joined.get_or_insert_with(|| (number, String::new()));
        whole.push_str(without_comment(line));
        if continues {
            whole.push(' ');
        } else {
            lines.extend(joined.take());
        }
    }
    lines.extend(joined);
    lines.retain(|(_, line)| !line.trim().is_empty());
    lines
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// A `#` begins a comment at the start of a line and behind white space; elsewhere it is a URL's fragment.
fn without_comment(line: &str) -> &str {
    let is_start = |at: usize| line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
    line.match_indices('#').find(|(at, _)| is_start(*at)).and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

enum Line<'a> {
    Entry(Box<LockEntry>),
    Include(&'a str),
    RequireHashes,
    /// An option that says nothing of what is installed.
    Other,
}

fn read(line: &str) -> Result<Line<'_>, String> {
    let line = line.trim();
    if let Some(option) = line.strip_prefix('-') {
        let end = option.find([' ', '\t', '=']).unwrap_or(option.len());
        let (name, value) = option.split_at(end);
        let value = value.trim_start_matches([' ', '\t', '=']);
        return Ok(match name {
            "r" | "c" | "-requirement" | "-constraint" => Line::Include(value),
            "e" | "-editable" => Line::Entry(Box::new(editable(value))),
            "-require-hashes" => Line::RequireHashes,
            _ => match name.split_at_checked(1) {
                // pip takes `-rbase.txt` and `-e.`, too.
                Some(("r" | "c", path)) => Line::Include(path),
                Some(("e", path)) => Line::Entry(Box::new(editable(path))),
                _ => Line::Other,
            },
        });
    }
    requirement(line).map(|entry| Line::Entry(Box::new(entry)))
}

fn editable(value: &str) -> LockEntry {
    let (what, _) = split_options(value);
    let mut entry = of_url(what);
    if let LockOrigin::Path(path) = &entry.origin
        && matches!(path.as_str(), "." | "./")
    {
        entry.origin = LockOrigin::Project;
    }
    entry
}

/// The requirement itself and the options behind it.
fn split_options(line: &str) -> (&str, &str) {
    line.find(" --").or_else(|| line.find("\t--")).map_or((line, ""), |at| line.split_at(at))
}

fn requirement(line: &str) -> Result<LockEntry, String> {
    let (what, options) = split_options(line);
    let mut entry = if is_place(what) { of_url(what.trim()) } else { of_name(what)? };
    // `--hash=sha256:...`, or the value as the next word.
    let words = options.split_whitespace().map(|word| word.strip_prefix("--hash=").unwrap_or(word));
    for hash in words.filter(|word| normal_hash(word).is_some()) {
        add_hash(&mut entry, None, Some(hash));
    }
    Ok(entry)
}

/// Whether it names no distribution but a URL, a file or a directory: no name has a slash in it, or ends as an archive.
fn is_place(what: &str) -> bool {
    let first = what.split([' ', '\t', ';', '@', '[', '<', '>', '=', '!', '~']).next().unwrap_or_default();
    let is_archive = [".whl", ".zip", ".tar.gz"].iter().any(|ending| first.ends_with(ending));
    first.contains('/') || first.starts_with('.') || is_archive
}

/// A URL or path that stands alone: its name is in its fragment or its file name.
fn of_url(what: &str) -> LockEntry {
    let (url, marker) = what.split_once(" ;").map_or((what, None), |(url, marker)| (url, Some(marker)));
    let url = url.trim();
    let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
    let told = |key: &str| fragment.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
    let file = url.split(['#', '?']).next().unwrap_or_default().trim_end_matches('/');
    let file = file.rsplit('/').next().unwrap_or_default();
    let (of_file, version) = match file.strip_suffix(".whl") {
        // NAME-VERSION-PYTHON-ABI-PLATFORM.whl (PEP 427).
        Some(stem) => stem.split_once('-').map_or((stem, None), |(name, rest)| (name, rest.split('-').next())),
        None => (file, None),
    };
    let name = told("egg").map_or(of_file, |egg| egg.split('[').next().unwrap_or_default());
    let mut entry = LockEntry { origin: origin_of_url(url), version: version.map(str::to_owned), ..named(name) };
    pin_by_fragment(&mut entry, fragment);
    entry.marker = marker.map(|marker| marker.trim().to_owned());
    entry
}

/// `#sha256=hex`.
fn pin_by_fragment(entry: &mut LockEntry, fragment: &str) {
    for part in fragment.split('&') {
        if ["sha256=", "sha384=", "sha512="].iter().any(|algorithm| part.starts_with(algorithm)) {
            add_hash(entry, None, Some(part));
        }
    }
}

/// `name[extra]>=1,<2 ; marker` or `name @ URL ; marker` (PEP 508).
fn of_name(what: &str) -> Result<LockEntry, String> {
    let what = what.trim();
    let end = what.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(what.len());
    let (name, rest) = what.split_at(end);
    let mut rest = rest.trim_start();
    if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("no requirement as pip reads them".to_owned());
    }
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']').ok_or("a bracket that is not closed")?.1.trim_start();
    }
    let mut entry = named(name);
    if let Some(url) = rest.strip_prefix('@') {
        // In a URL a `;` is part of it unless white space stands before it.
        let (url, marker) = url.split_once(" ;").map_or((url, None), |(url, marker)| (url, Some(marker)));
        let url = url.trim();
        entry.origin = origin_of_url(url);
        pin_by_fragment(&mut entry, url.split_once('#').map_or("", |(_, fragment)| fragment));
        entry.marker = marker.map(|marker| marker.trim().to_owned());
        return Ok(entry);
    }
    let (specifier, marker) = rest.split_once(';').map_or((rest, None), |(rest, marker)| (rest, Some(marker)));
    let specifier = specifier.trim().trim_start_matches('(').trim_end_matches(')').trim();
    if !specifier.is_empty() && !specifier.starts_with(['=', '<', '>', '!', '~']) {
        return Err("no requirement as pip reads them".to_owned());
    }
    (entry.version, entry.specifier) = version_of(specifier);
    entry.marker = marker.map(|marker| marker.trim().to_owned());
    Ok(entry)
}

/// Tells, once all files are read, which requirements files are complete: those that pip checks hashes for, since it then
/// takes nothing that is not named in one version; with the files that they take in.
pub(super) fn settle(files: &mut [LockFile]) {
    let known: BTreeMap<ImagePath, usize> = files.iter().zip(0..).map(|(file, at)| (file.path.clone(), at)).collect();
    let mut settled = Vec::new();
    for (at, file) in files.iter().enumerate().filter(|(_, file)| file.format == FORMAT.name) {
        let (together, all_known) = closure(files, &known, at);
        let needs_hashes = together.iter().any(|at| files.get(*at).is_some_and(|file| file.needs_hashes));
        let entries = || together.iter().filter_map(|at| files.get(*at)).flat_map(|file| &file.entries);
        let is_exact = |entry: &LockEntry| entry.is_pinned() && !entry.lacks_hash();
        let complete = all_known && needs_hashes && !file.entries.is_empty() && entries().all(is_exact);
        settled.push((together, needs_hashes, at, complete));
    }
    for (together, needs_hashes, at, complete) in settled {
        for at in together.into_iter().filter(|_| needs_hashes) {
            if let Some(file) = files.get_mut(at) {
                file.needs_hashes = true;
            }
        }
        if let Some(file) = files.get_mut(at) {
            file.complete = complete;
        }
    }
}

/// The files that one takes in, itself among them, and whether all of them are known.
fn closure(files: &[LockFile], known: &BTreeMap<ImagePath, usize>, first: usize) -> (BTreeSet<usize>, bool) {
    let (mut seen, mut waiting, mut all_known) = (BTreeSet::from([first]), vec![first], true);
    while let Some(file) = waiting.pop().and_then(|at| files.get(at)) {
        for include in &file.includes {
            match beside(&file.path, include).and_then(|path| known.get(&path)) {
                Some(at) if seen.insert(*at) => waiting.push(*at),
                Some(_) => {}
                None => all_known = false,
            }
        }
    }
    (seen, all_known)
}

/// The path that a line of `file` names: relative to the file's directory.
fn beside(file: &ImagePath, include: &str) -> Option<ImagePath> {
    if include.starts_with('/') {
        return ImagePath::parse(include.as_bytes()).ok();
    }
    let directory = file.parent()?;
    let mut components: Vec<&[u8]> = directory.components().collect();
    for part in include.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(components.pop()?),
            part => components.push(part.as_bytes()),
        }
    }
    ImagePath::parse(&components.join(&b'/')).ok()
}
