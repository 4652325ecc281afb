//! The command line: what may be typed, and what it means.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};

use crate::audit;
use crate::compare::DriftReport;
use crate::model::{
    Digest, DigestError, Explanation, Finding, FindingDrift, ImagePath, PackageMove, PathError, Verdict,
};
use crate::report::{self, FORMATS, Format};

const EXAMPLES: &str = "\
Images:
  PATH                        an archive, an OCI layout or a snapshot, told by its content
  docker:NAME  podman:NAME    an engine's image, by name, ID or digest
  registry:NAME               a registry's, by tag or digest; no engine is needed
  NAME                        the Docker engine's, else Podman's, else the registry's
  docker-archive:PATH  oci-archive:PATH  oci:DIR  snapshot:PATH   what a path has to be
  PATH:REPO:TAG  PATH@INDEX   one image of several in an archive
  oci:DIR:TAG                 one image of several in a layout

Examples:
  imgdrift app:october app:november
  imgdrift old.tar new.tar --format markdown -o drift.md
  imgdrift released.tar rebuilt.tar --fail-on dependency-equivalent
  imgdrift old.tar new.tar --fail-on unexplained,alarm,downgraded
  imgdrift bump debian@sha256:OLD debian@sha256:NEW --app app:october
  imgdrift snapshot app:1.4.0 -o app-1.4.0.snapshot
  imgdrift learn app:build-1 app:build-2 -o imgdrift.toml
  imgdrift inspect app.tar --find /usr/bin/curl
  imgdrift demo

Exit codes: 0 done, 1 --fail-on met, 2 error";

/// Explains every difference between two container images, without running or unpacking them
#[derive(Debug, Parser)]
#[command(
    name = "imgdrift",
    version,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    override_usage = "imgdrift [OPTIONS] LEFT RIGHT\n       imgdrift COMMAND ..."
)]
pub struct Cli {
    /// The older image, or the one to trust
    #[arg(value_name = "LEFT", value_hint = ValueHint::AnyPath)]
    left: Option<String>,
    /// The newer image, or the one in question
    #[arg(value_name = "RIGHT", value_hint = ValueHint::AnyPath)]
    right: Option<String>,
    /// Taken only to be refused in plain words: clap would call a third image an unexpected command.
    #[arg(hide = true)]
    excess: Vec<String>,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    source: SourceArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say whether a newer digest of a base image may be merged: packages, CVE ids, what is gone
    Bump(Bump),
    /// Show one image: packages, layers, findings
    Inspect(Inspect),
    /// Print the digests of one image: itself, its content, its packages
    Digest(DigestOf),
    /// Record an image for later: the file is then a LEFT or RIGHT, when the image itself may be gone
    Snapshot(SnapshotOf),
    /// Compare two small images that come with the program
    Demo(Demo),
    /// Make rules of what two builds of one Dockerfile differ in: they take it for noise from then on
    Learn(Learn),
    /// Print every rule by which a difference is called harmless, built in and your own
    Rules(RulesOf),
    /// Show where what was read is kept for the next time, and how much of it there is
    Cache(CacheArgs),
    /// Print the explorer's configuration: where its file is, all keys, what else can be set
    Config,
    /// Print the completions for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
}

/// What the user asked for.
#[derive(Debug)]
pub enum Task {
    Compare(Compare),
    Bump(Bump),
    Inspect(Inspect),
    Digest(DigestOf),
    Snapshot(SnapshotOf),
    Demo(Demo),
    Learn(Learn),
    Rules(RulesOf),
    Cache(CacheArgs),
    Config,
    Completions(clap_complete::Shell),
    Man,
}

/// `imgdrift LEFT RIGHT`.
#[derive(Debug)]
pub struct Compare {
    pub left: String,
    pub right: String,
    pub report: ReportArgs,
    pub rules: RulesArgs,
    pub source: SourceArgs,
}

/// `imgdrift bump OLD NEW`.
#[derive(Debug, Args)]
pub struct Bump {
    /// The base image as it is
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    pub old: String,
    /// The base image as it shall be
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    pub new: String,
    /// An image built upon it: say which of its own layers touch what the base changed
    #[arg(long, value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub app: Option<String>,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub rules: RulesArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `imgdrift inspect IMAGE`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The image
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub image: String,
    /// List every path too
    #[arg(long)]
    pub files: bool,
    /// Say where this is: which layer, which package, which instruction
    #[arg(long, value_name = "PATH|sha256:HEX|PACKAGE", conflicts_with = "files")]
    pub find: Option<Find>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub rules: RulesArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `imgdrift digest IMAGE`.
#[derive(Debug, Args)]
pub struct DigestOf {
    /// The image
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub image: String,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `imgdrift snapshot IMAGE -o FILE`.
#[derive(Debug, Args)]
pub struct SnapshotOf {
    /// The image
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub image: String,
    /// The file to write
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `imgdrift demo`.
#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub report: ReportArgs,
}

/// `imgdrift learn REBUILD1 REBUILD2 -o FILE`.
#[derive(Debug, Args)]
pub struct Learn {
    /// One build of the Dockerfile
    #[arg(value_name = "REBUILD1", value_hint = ValueHint::AnyPath)]
    pub left: String,
    /// Another build of it, with the same inputs
    #[arg(value_name = "REBUILD2", value_hint = ValueHint::AnyPath)]
    pub right: String,
    /// The file of rules to write, such as imgdrift.toml
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Replace the file when there is one
    #[arg(long)]
    pub overwrite: bool,
    /// Learn although the two had other inputs, and learn what was copied in
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub rules: RulesArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `imgdrift rules`.
#[derive(Debug, Args)]
pub struct RulesOf {
    #[command(flatten)]
    pub rules: RulesArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `imgdrift cache`.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Remove all of it
    #[arg(long)]
    pub clear: bool,
}

/// What a comparison prints, and when it fails.
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub output: OutputArgs,
    /// List everything: paths where only the time differs too, and no list cut short
    #[arg(long)]
    pub all: bool,
    /// Show what is explained without a proof among what must be read
    #[arg(long)]
    pub strict: bool,
    /// Exit with 1 when the drift is this verdict or worse, or when there is such a path or package
    #[arg(long, value_name = "VERDICT|FINDING,...", value_delimiter = ',', long_help = FailOn::help())]
    pub fail_on: Vec<FailOn>,
}

/// Where the output goes, and in which form.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// The form of the output; without it the explorer on a terminal, else text
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<&'static Format>,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// The user's own rules.
#[derive(Debug, Default, Args)]
pub struct RulesArgs {
    /// Rules of your own, asked before the built-in ones; those of imgdrift.toml in this directory and beside the
    /// Dockerfile are asked too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rules: Vec<PathBuf>,
    /// Leave any imgdrift.toml alone that was not named
    #[arg(long)]
    pub no_project_rules: bool,
}

/// How images are read.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Which image of a multi-platform index
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", value_parser = platform)]
    pub platform: Option<String>,
    /// Do not check that blobs and layers match their digests
    #[arg(long)]
    pub no_verify: bool,
    /// Read and verify every layer, even those that were read before, and keep nothing for the next time
    #[arg(long)]
    pub no_cache: bool,
    /// Speak to this registry without TLS, or whatever its certificate; those of this machine need no such leave
    #[arg(long = "insecure-registry", value_name = "HOST[:PORT]")]
    pub insecure_registries: Vec<String>,
    /// The image that was built upon; its layers and digest are looked up
    #[arg(long, value_name = "REF", value_hint = ValueHint::AnyPath)]
    pub base: Option<String>,
    /// The Dockerfile that was built: its FROM lines name the base
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub dockerfile: Option<PathBuf>,
    /// Show the values of variables, labels and arguments that are secrets by their names, and the user parts of URLs
    #[arg(long)]
    pub show_secrets: bool,
}

impl Cli {
    /// What the words of a command line ask for; the first one is the program's name.
    ///
    /// # Errors
    /// When they cannot be understood, and when they ask for the help or the version: clap's error prints each where it
    /// belongs and knows its exit code.
    pub fn task(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Task, clap::Error> {
        let Self { left, right, excess, report, rules, source, command } = Self::try_parse_from(words)?;
        if let Some(third) = excess.first() {
            let message = format!("two images are compared; what is {} for?", third.escape_debug());
            return Err(Self::command().error(ErrorKind::UnknownArgument, message));
        }
        match (command, left, right) {
            (Some(Command::Bump(bump)), ..) => Ok(Task::Bump(bump)),
            (Some(Command::Inspect(inspect)), ..) => Ok(Task::Inspect(inspect)),
            (Some(Command::Digest(digest)), ..) => Ok(Task::Digest(digest)),
            (Some(Command::Snapshot(snapshot)), ..) => Ok(Task::Snapshot(snapshot)),
            (Some(Command::Demo(demo)), ..) => Ok(Task::Demo(demo)),
            (Some(Command::Learn(learn)), ..) => Ok(Task::Learn(learn)),
            (Some(Command::Rules(rules)), ..) => Ok(Task::Rules(rules)),
            (Some(Command::Cache(cache)), ..) => Ok(Task::Cache(cache)),
            (Some(Command::Config), ..) => Ok(Task::Config),
            (Some(Command::Completions { shell }), ..) => Ok(Task::Completions(shell)),
            (Some(Command::Man), ..) => Ok(Task::Man),
            (None, Some(left), Some(right)) => Ok(Task::Compare(Compare { left, right, report, rules, source })),
            (None, Some(only), None) => Err(Self::command().error(
                ErrorKind::MissingRequiredArgument,
                format!("one image given, two are compared; did you mean `imgdrift inspect {}`?", only.escape_debug()),
            )),
            (None, None, _) => {
                Err(Self::command().error(ErrorKind::MissingRequiredArgument, "two images are needed: LEFT and RIGHT"))
            }
        }
    }

    /// Writes the completions of a shell.
    pub fn write_completions(shell: clap_complete::Shell, out: &mut dyn io::Write) -> io::Result<()> {
        // The generator panics when a write fails, as it does on a closed pipe; into memory it cannot.
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Self::command(), "imgdrift", &mut script);
        out.write_all(&script)
    }

    /// Writes the manual page, commands and their options included.
    pub fn write_man(out: &mut dyn io::Write) -> io::Result<()> {
        let mut command = Self::command();
        command.build();
        let page = clap_mangen::Man::new(command.clone());
        page.render_title(out)?;
        page.render_name_section(out)?;
        page.render_synopsis_section(out)?;
        page.render_description_section(out)?;
        page.render_options_section(out)?;
        for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
            let man = clap_mangen::Man::new(subcommand.clone());
            let mut section = Vec::new();
            man.render_synopsis_section(&mut section)?;
            man.render_description_section(&mut section)?;
            man.render_options_section(&mut section)?;
            // What are sections of a page of its own become parts of one section here.
            let parts = String::from_utf8_lossy(&section).replace("\n.SH ", "\n.SS ").replacen(".SH ", ".SS ", 1);
            writeln!(out, ".SH \"IMGDRIFT {}\"", subcommand.get_name().to_uppercase())?;
            out.write_all(parts.as_bytes())?;
        }
        page.render_extra_section(out)?;
        page.render_version_section(out)
    }
}

/// Takes the names of [`FORMATS`].
fn format_parser() -> impl TypedValueParser<Value = &'static Format> {
    PossibleValuesParser::new(FORMATS.iter().map(|format| format.name))
        .try_map(|name| report::format(&name).ok_or("no such format"))
}

fn platform(text: &str) -> Result<String, &'static str> {
    let parts: Vec<_> = text.split('/').collect();
    if matches!(parts.len(), 2 | 3) && parts.iter().all(|part| !part.is_empty()) {
        Ok(text.to_owned())
    } else {
        Err("a platform is os/arch or os/arch/variant, such as linux/arm64/v8")
    }
}

/// One condition of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// This verdict or a worse one.
    Verdict(Verdict),
    /// Any path with this explanation.
    Explanation(Explanation),
    /// Any package that moved this way.
    Package(PackageMove),
    /// Any finding of this check about the right image.
    Finding(&'static str),
    /// Any path that the headline counts as an alarm.
    Alarm,
    /// Any explained path whose explanation is no proof.
    Unproven,
}

/// Why a text is no condition of `--fail-on`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailOnError {
    /// The best verdict, which is always met.
    #[error(
        "\"identical\" would always fail; \"content-equivalent\" fails on anything that is not the identical image"
    )]
    Always,
    /// None of the words.
    #[error("not a verdict or finding; the words are {}", FailOn::words().join(", "))]
    Unknown,
}

impl FailOn {
    const VERDICTS: [Verdict; 4] =
        [Verdict::ContentEquivalent, Verdict::DependencyEquivalent, Verdict::Drifted, Verdict::Unknown];
    const MOVES: [PackageMove; 5] = [
        PackageMove::Added,
        PackageMove::Removed,
        PackageMove::Upgraded,
        PackageMove::Downgraded,
        PackageMove::Rebuilt,
    ];
    const ALARM: &'static str = "alarm";
    const UNPROVEN: &'static str = "unproven";

    /// Whether the drift is as bad as this condition says.
    #[must_use]
    pub fn is_met(self, report: &DriftReport) -> bool {
        match self {
            Self::Verdict(verdict) => report.verdict >= verdict,
            Self::Explanation(explanation) => report.files.by_explanation.get(explanation) > 0,
            Self::Package(how) => report.moved(Some(how)) > 0,
            Self::Alarm => report.alarms() > 0,
            Self::Unproven => !report.is_proven(),
            Self::Finding(check) => {
                let of_right = |finding: &&Finding| finding.drift != Some(FindingDrift::Gone);
                report.findings.iter().filter(of_right).any(|finding| finding.check == check)
            }
        }
    }

    fn words() -> Vec<&'static str> {
        let verdicts = Self::VERDICTS.iter().map(|verdict| verdict.as_str());
        let explanations = Explanation::ALARMING_FIRST.iter().map(|explanation| explanation.as_str());
        let moves = Self::MOVES.iter().map(|how| how.as_str());
        verdicts.chain([Self::ALARM, Self::UNPROVEN]).chain(explanations).chain(moves).chain(checks()).collect()
    }

    fn help() -> String {
        let words = |words: &[&str]| words.join(", ");
        format!(
            "Exit with 1 when one of these, separated by commas, holds. A verdict holds for itself and any worse one: \
             {}, and unknown is worse than all. {} holds for any alarm that the headline counts, {} for any path that is \
             explained without a proof. An explanation holds when any path has it: {}. A direction holds when any package \
             moved so: {}. The name of an audit's check holds when it finds something in the right image: {}.",
            words(&Self::VERDICTS.map(Verdict::as_str)),
            Self::ALARM,
            Self::UNPROVEN,
            words(&Explanation::ALARMING_FIRST.map(Explanation::as_str)),
            words(&Self::MOVES.map(PackageMove::as_str)),
            words(&checks().collect::<Vec<_>>()),
        )
    }
}

fn checks() -> impl Iterator<Item = &'static str> {
    audit::names()
}

impl FromStr for FailOn {
    type Err = FailOnError;

    fn from_str(text: &str) -> Result<Self, FailOnError> {
        let verdict = text.parse().ok().map(Self::Verdict);
        let word = match text {
            Self::ALARM => Some(Self::Alarm),
            Self::UNPROVEN => Some(Self::Unproven),
            _ => None,
        };
        let explanation = || {
            let mut all = Explanation::ALARMING_FIRST.into_iter();
            all.find(|explanation| explanation.as_str() == text).map(Self::Explanation)
        };
        let package = || Self::MOVES.into_iter().find(|how| how.as_str() == text).map(Self::Package);
        let finding = || checks().find(|check| *check == text).map(Self::Finding);
        match verdict.or(word).or_else(explanation).or_else(package).or_else(finding) {
            Some(Self::Verdict(Verdict::Identical)) => Err(FailOnError::Always),
            Some(condition) => Ok(condition),
            None => Err(FailOnError::Unknown),
        }
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verdict(verdict) => verdict.as_str(),
            Self::Explanation(explanation) => explanation.as_str(),
            Self::Package(how) => how.as_str(),
            Self::Finding(check) => check,
            Self::Alarm => Self::ALARM,
            Self::Unproven => Self::UNPROVEN,
        })
    }
}

/// What `--find` looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// As typed.
    pub text: String,
    pub target: Target,
}

/// The kinds of things that can be found in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Anything with a slash.
    Path(ImagePath),
    /// `sha256:` and the SHA-256 of a file's bytes.
    Content(Digest),
    /// Anything else: `libc6`, `deb:libc6`.
    Package(String),
}

/// Why a text is nothing to look for.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Digest(#[from] DigestError),
    #[error("nothing to look for")]
    Empty,
}

impl FromStr for Find {
    type Err = FindError;

    fn from_str(text: &str) -> Result<Self, FindError> {
        let target = match text {
            "" => return Err(FindError::Empty),
            path if path.contains('/') => Target::Path(ImagePath::parse(path.as_bytes())?),
            digest if digest.starts_with("sha256:") => Target::Content(digest.parse()?),
            package => Target::Package(package.to_owned()),
        };
        Ok(Self { text: text.to_owned(), target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn task(line: &str) -> Result<Task, String> {
        Cli::task(line.split(' ')).map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn two_images_are_compared() {
        let line = "imgdrift a.tar b.tar --format json -o out.json --fail-on drifted,alarm --all --no-cache \
                    --platform linux/arm64/v8";
        let Task::Compare(compare) = task(line).unwrap() else { panic!("not a comparison") };
        assert_eq!((compare.left.as_str(), compare.right.as_str()), ("a.tar", "b.tar"));
        assert_eq!(compare.report.output.format.unwrap().name, "json");
        assert_eq!(compare.report.output.output.unwrap(), PathBuf::from("out.json"));
        let conditions = [FailOn::Verdict(Verdict::Drifted), FailOn::Alarm];
        assert_eq!(compare.report.fail_on, conditions);
        assert!(compare.report.all && compare.source.no_cache && !compare.source.no_verify);
        assert_eq!(compare.source.platform.as_deref(), Some("linux/arm64/v8"));
    }

    #[test]
    fn an_image_named_like_a_command_can_be_compared() {
        let Task::Compare(compare) = task("imgdrift ./demo inspect").unwrap() else { panic!("not a comparison") };
        assert_eq!(compare.right, "inspect");
    }

    #[test]
    fn commands_take_their_own_options() {
        let Task::Inspect(inspect) = task("imgdrift inspect a.tar --find /usr//bin/x --format json").unwrap() else {
            panic!("not an inspection")
        };
        assert_eq!(inspect.find.unwrap().target, Target::Path(ImagePath::parse(b"usr/bin/x").unwrap()));
        assert!(matches!(task("imgdrift digest a.tar --format json"), Ok(Task::Digest(_))));
        assert!(matches!(task("imgdrift demo --format json --fail-on unexplained"), Ok(Task::Demo(_))));
        assert!(matches!(task("imgdrift completions zsh"), Ok(Task::Completions(_))));
        assert!(matches!(task("imgdrift man"), Ok(Task::Man)));
    }

    #[test]
    fn a_mistake_is_answered_with_what_would_work() {
        for (line, hint) in [
            ("imgdrift a.tar", "did you mean `imgdrift inspect a.tar`?"),
            ("imgdrift --all", "two images are needed"),
            ("imgdrift a b c", "two images are compared; what is c for?"),
            ("imgdrift a b --format yaml", "[possible values: "),
            ("imgdrift a b --fail-on worse", "dependency-equivalent, drifted, unknown, alarm"),
            ("imgdrift a b --fail-on identical", "\"content-equivalent\" fails on anything"),
            ("imgdrift a b --platform arm64", "linux/arm64/v8"),
            ("imgdrift inspect a --find sha256:12", "64 lower-case hexadecimal digits"),
            ("imgdrift inspect a --find /../x", "climbs"),
            ("imgdrift inspect a --find /x --files", "cannot be used with"),
        ] {
            let error = task(line).unwrap_err();
            assert!(error.contains(hint), "{line}: {error}");
        }
        assert_eq!(Cli::task(["imgdrift", "a"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn every_word_of_fail_on_is_read_as_it_is_written() {
        for word in FailOn::words() {
            let condition: FailOn = word.parse().unwrap();
            assert_eq!(condition.to_string(), word);
        }
    }

    #[test]
    fn conditions_are_met_by_what_they_name_and_by_worse() {
        let is_met = |word: &str, report: &DriftReport| word.parse::<FailOn>().unwrap().is_met(report);
        let (drifted, rebuild) = (fixture::drifted(), fixture::rebuild());
        for word in [
            "content-equivalent",
            "drifted",
            "alarm",
            "unproven",
            "unexplained",
            "downgraded",
            "noise",
            "base-unpinned",
        ] {
            assert!(is_met(word, &drifted), "{word}");
        }
        assert!(is_met("content-equivalent", &rebuild));
        for word in
            ["dependency-equivalent", "drifted", "alarm", "unexplained", "downgraded", "metadata", "base-unpinned"]
        {
            assert!(!is_met(word, &rebuild), "{word}");
        }
    }

    #[test]
    fn the_manual_and_the_completions_know_every_command() {
        let (mut man, mut bash) = (Vec::new(), Vec::new());
        Cli::write_man(&mut man).unwrap();
        Cli::write_completions(clap_complete::Shell::Bash, &mut bash).unwrap();
        let (man, bash) = (String::from_utf8(man).unwrap(), String::from_utf8(bash).unwrap());
        for command in Cli::command().get_subcommands() {
            assert!(bash.contains(command.get_name()));
            assert!(man.contains(&format!(".SH \"IMGDRIFT {}\"", command.get_name().to_uppercase())));
        }
        assert_eq!(man.matches(".TH ").count(), 1);
        assert!(man.contains("fail\\-on") && man.contains("\\-\\-find"));
    }
}
