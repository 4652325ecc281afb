//! The user's own rules: those named with `--rules`, and `imgdrift.toml` beside the Dockerfile and in this directory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::{RulesArgs, SourceArgs};
use crate::error::Failure;
use crate::model::text;
use crate::nondeterminism::rules::MAX_BYTES;
use crate::nondeterminism::{RuleFile, Rules};
use crate::settings::Settings;

/// The file that a project keeps its rules in.
const PROJECT: &str = "imgdrift.toml";

const FORM: &str = "\
A file of rules holds [[noise]] (name, paths, cause, fix), [[generated]] (name, paths, packages or inputs, cause) and
[[ignore]] (paths, reason); `imgdrift learn REBUILD1 REBUILD2 -o FILE` writes one.";

/// How images are read, the user's rules included.
///
/// # Errors
/// When a file of rules cannot be read, or is none.
pub(super) fn settings(source: SourceArgs, rules: &RulesArgs) -> Result<Settings, Failure> {
    let rules = Arc::new(merged(rules, source.dockerfile.as_deref(), None)?);
    Ok(Settings { rules, ..Settings::from(source) })
}

/// All rules: the user's in the order of the files, each file once and `but_for` not at all, and then those that ship with
/// the program.
///
/// # Errors
/// As [`settings`].
pub(super) fn merged(args: &RulesArgs, dockerfile: Option<&Path>, but_for: Option<&Path>) -> Result<Rules, Failure> {
    let mut paths = args.rules.clone();
    if !args.no_project_rules {
        let beside = dockerfile.map(|path| path.with_file_name(PROJECT));
        paths.extend(beside.into_iter().chain([PathBuf::from(PROJECT)]).filter(|path| path.is_file()));
    }
    let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (mut seen, mut files) = (Vec::from_iter(but_for.map(place)), Vec::new());
    for path in paths {
        let place = place(&path);
        if !seen.contains(&place) {
            files.push(read(&path)?);
            seen.push(place);
        }
    }
    Ok(Rules::with(files))
}

fn read(path: &Path) -> Result<RuleFile, Failure> {
    let name = path.display().to_string();
    let shown = text::visible(&name).into_owned();
    let failed = |error: io::Error| Failure::new(format!("cannot read the rules {shown}: {error}")).with_hint(FORM);
    let mut bytes = Vec::new();
    // One byte more than it may have, so that the reader of rules refuses it.
    let most = u64::try_from(MAX_BYTES + 1).unwrap_or(u64::MAX);
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(failed)?;
    // What is not UTF-8 is refused where it stands, or as too long.
    RuleFile::of_user(&name, &String::from_utf8_lossy(&bytes)).map_err(|error| {
        let place = error.line.map(|line| format!(":{line}")).unwrap_or_default();
        Failure::new(format!("{shown}{place}: {}", error.what)).with_hint(FORM)
    })
}
