//! A file of rules, read from TOML in the form of `assets/rules.toml`.

use std::fmt;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;
use toml::Spanned;

use super::{About, Generated, Inputs, Looks, Noise, Prover};
use crate::model::text::visible;

/// Bytes of one file of rules.
pub const MAX_BYTES: usize = 1 << 20;
/// Globs of one file, those of inputs too.
const MAX_GLOBS: usize = 2_000;
/// Bytes of one glob; a path can be that long.
const MAX_GLOB: usize = 4_096;
/// Braces of one glob: each nests a step deeper.
const MAX_BRACES: usize = 50;
/// Characters of a name, a cause or a fix: they stand in a column of every report.
const MAX_WORDS: usize = 500;

/// The rules of one file.
#[derive(Debug)]
pub struct RuleFile {
    /// As the user named it; `None` for the rules that ship with the program.
    pub(super) name: Option<Arc<str>>,
    pub(super) noise: Table<Noise>,
    pub(super) generated: Table<Generated>,
}

/// Rules of one kind, with all their globs in one set.
#[derive(Debug)]
pub(super) struct Table<R> {
    pub(super) rules: Vec<R>,
    pub(super) paths: Paths,
}

/// The globs of several rules.
#[derive(Debug, Default)]
pub(super) struct Paths {
    pub(super) set: GlobSet,
    /// For each glob the position of its rule.
    pub(super) rule_of: Vec<usize>,
}

/// What is wrong with a file of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesError {
    /// From 1; `None` for what is wrong with the file as a whole.
    pub line: Option<usize>,
    /// What was found, and what may be there instead.
    pub what: String,
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for RulesError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(default)]
    noise: Vec<Spanned<NoiseRow>>,
    #[serde(default)]
    ignore: Vec<Spanned<IgnoreRow>>,
    #[serde(default)]
    generated: Vec<Spanned<GeneratedRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoiseRow {
    name: String,
    paths: Vec<String>,
    cause: String,
    fix: Option<String>,
    #[serde(default = "each_build")]
    each_build: bool,
    since: Option<u32>,
    looks: Option<Looks>,
    #[serde(default)]
    executable: bool,
}

fn each_build() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoreRow {
    #[serde(default = "ignored")]
    name: String,
    paths: Vec<String>,
    reason: String,
    #[serde(default)]
    executable: bool,
}

fn ignored() -> String {
    "ignored".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneratedRow {
    name: String,
    paths: Vec<String>,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    inputs: Vec<String>,
    proof: Option<Prover>,
    cause: String,
    #[serde(default)]
    executable: bool,
}

impl RuleFile {
    /// Reads a user's file; `name` is what reports call it.
    ///
    /// # Errors
    /// When the text is too long, is not TOML of that form, or a rule has no name, no path or a path that is no glob.
    pub fn of_user(name: &str, text: &str) -> Result<Self, RulesError> {
        Self::parse(Some(visible(name).into()), text)
    }

    pub(super) fn parse(name: Option<Arc<str>>, text: &str) -> Result<Self, RulesError> {
        if text.len() > MAX_BYTES {
            let what = format!("more than {} KiB; a file of rules is not larger", MAX_BYTES >> 10);
            return Err(RulesError { line: None, what });
        }
        let line_of = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let rows: Rows = toml::from_str(text).map_err(|error| RulesError {
            line: error.span().map(|span| line_of(span.start)),
            what: visible(error.message()).into_owned(),
        })?;
        let mut reader = Reader { file: name.clone(), line_of: &line_of, globs: 0 };
        let mut noise = Vec::new();
        for row in rows.noise {
            let line = reader.line(&row);
            noise.push(reader.noise(row.into_inner(), line)?);
        }
        for row in rows.ignore {
            let line = reader.line(&row);
            noise.push(reader.ignore(row.into_inner(), line)?);
        }
        let mut generated = Vec::new();
        for row in rows.generated {
            let line = reader.line(&row);
            generated.push(reader.generated(row.into_inner(), line)?);
        }
        let noise_paths = Paths::new(noise.iter().map(|rule| (&rule.about, rule.about.paths.as_slice())))?;
        let generated_paths = Paths::new(generated.iter().map(|rule| (&rule.about, rule.about.paths.as_slice())))?;
        Ok(Self {
            name,
            noise: Table { rules: noise, paths: noise_paths },
            generated: Table { rules: generated, paths: generated_paths },
        })
    }
}

/// Turns the rows of one file into rules.
struct Reader<'t> {
    file: Option<Arc<str>>,
    /// The line that a byte of the file stands in.
    line_of: &'t dyn Fn(usize) -> usize,
    /// How many globs the rules have so far.
    globs: usize,
}

impl Reader<'_> {
    fn line<T>(&self, row: &Spanned<T>) -> usize {
        (self.line_of)(row.span().start)
    }

    fn noise(&mut self, row: NoiseRow, line: usize) -> Result<Noise, RulesError> {
        let NoiseRow { name, paths, cause, fix, each_build, since, looks, executable } = row;
        let about = self.about([name, cause], paths, executable, line)?;
        let fix = fix.map(|fix| words("fix", &fix, line)).transpose()?;
        let (since, looks) = if about.is_users() { (None, None) } else { (since, looks) };
        Ok(Noise { about, fix, each_build, since, looks, is_ignore: false })
    }

    fn ignore(&mut self, row: IgnoreRow, line: usize) -> Result<Noise, RulesError> {
        let IgnoreRow { name, paths, reason, executable } = row;
        let about = self.about([name, reason], paths, executable, line)?;
        Ok(Noise { about, fix: None, each_build: false, since: None, looks: None, is_ignore: true })
    }

    fn generated(&mut self, row: GeneratedRow, line: usize) -> Result<Generated, RulesError> {
        let GeneratedRow { name, paths, packages, inputs, proof, cause, executable } = row;
        let about = self.about([name, cause], paths, executable, line)?;
        if packages.is_empty() && inputs.is_empty() {
            return Err(about.wrong("it names no input: give `packages` or `inputs`, or write it as [[noise]]"));
        }
        self.count(&inputs, line)?;
        let set = Paths::new(std::iter::once((&about, inputs.as_slice())))?;
        Ok(Generated { about, inputs: Inputs { packages, paths: inputs, set }, proof })
    }

    fn about(
        &mut self,
        [name, cause]: [String; 2],
        paths: Vec<String>,
        executable: bool,
        line: usize,
    ) -> Result<About, RulesError> {
        self.count(&paths, line)?;
        let (name, cause) = (words("name", &name, line)?, words("cause", &cause, line)?);
        let about = About { name, cause, file: self.file.clone(), line, paths, executable };
        if about.paths.is_empty() {
            return Err(about.wrong("it names no path"));
        }
        match about.paths.iter().find(|path| names_everything(path)) {
            Some(path) => Err(about.wrong(&format!("{path:?} is every path; name the directories that are meant"))),
            None => Ok(about),
        }
    }

    fn count(&mut self, globs: &[String], line: usize) -> Result<(), RulesError> {
        self.globs += globs.len();
        if self.globs > MAX_GLOBS {
            let what =
                format!("more than {MAX_GLOBS} paths in one file; a glob such as /app/cache/** names many at once");
            return Err(RulesError { line: Some(line), what });
        }
        Ok(())
    }
}

impl About {
    fn wrong(&self, what: &str) -> RulesError {
        RulesError { line: Some(self.line), what: format!("rule {:?}: {what}", self.name) }
    }
}

impl Paths {
    /// All globs of all rules in one set.
    fn new<'a>(rules: impl Iterator<Item = (&'a About, &'a [String])>) -> Result<Self, RulesError> {
        let (mut set, mut rule_of) = (GlobSetBuilder::new(), Vec::new());
        for (at, (about, paths)) in rules.enumerate() {
            for path in paths {
                let no_glob = |why: &str| about.wrong(&format!("the path {:?} is no glob: {why}", visible(path)));
                if path.len() > MAX_GLOB || path.matches('{').count() > MAX_BRACES {
                    return Err(no_glob(&format!("more than {MAX_GLOB} bytes or {MAX_BRACES} braces")));
                }
                let mut builder = GlobBuilder::new(path.trim_start_matches('/'));
                builder.literal_separator(true).backslash_escape(true);
                set.add(builder.build().map_err(|error| no_glob(&error.kind().to_string()))?);
                rule_of.push(at);
            }
        }
        let set = set.build().map_err(|_| RulesError {
            line: None,
            what: "its paths are too many or too intricate to be matched together; use fewer and plainer globs"
                .to_owned(),
        })?;
        Ok(Self { set, rule_of })
    }
}

/// What a report says of a rule, safe to show.
fn words(what: &str, text: &str, line: usize) -> Result<Arc<str>, RulesError> {
    let wrong = |what: String| RulesError { line: Some(line), what };
    match text.chars().count() {
        0 => Err(wrong(format!("the rule's {what} is empty; every report shows it"))),
        1..=MAX_WORDS => Ok(visible(text).into()),
        long => Err(wrong(format!("the rule's {what} has {long} characters; at most {MAX_WORDS} fit into a report"))),
    }
}

/// Whether a glob is nothing but stars, so that no path would be left to explain.
fn names_everything(glob: &str) -> bool {
    glob.chars().all(|character| matches!(character, '/' | '*' | '?' | '.'))
}
