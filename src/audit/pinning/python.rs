//! Python packages: by hashes, by versions, without a cache left behind (pip's documentation, Secure installs and
//! Repeatable installs; uv, poetry, pipenv, pdm and conda by their own).

use super::shell::SimpleCommand;
use super::steps::{Said, ends_as, named, weighed};
use super::{Build, Item, Judged};
use std::sync::Arc;

use crate::image::Node;
use crate::model::{Answer, Kind, LockFile, Severity};

const SUBJECT: &str = "pip install";
const NONE: &str = "no instruction installs Python packages";

pub(super) const HASHED: Item = Item {
    name: "pip-unhashed",
    check: "pip-unhashed",
    asks: "Python packages are installed by their hashes",
    severity: Some(Severity::Warning),
    subject: SUBJECT,
    why: "the index may serve other bytes for the same version, and nothing notices",
    fix: "pip install --require-hashes -r requirements.txt, or a lock: uv sync --locked, pylock.toml",
    judge: hashed,
};

pub(super) const PINNED: Item = Item {
    name: "pip-unpinned",
    check: "pip-unpinned",
    asks: "Python packages are installed at named versions",
    severity: Some(Severity::Warning),
    subject: SUBJECT,
    why: "the same Dockerfile installs what the index has on that day",
    fix: "pip install NAME==VERSION, or a requirements file made by pip-compile or uv",
    judge: pinned,
};

pub(super) const CACHE: Item = Item {
    name: "pip-cache",
    check: "pip-cache",
    asks: "pip and uv leave no cache behind",
    severity: Some(Severity::Info),
    subject: "pip cache",
    why: "the dates of HTTP are in it, so no two builds have the same",
    fix: "pip install --no-cache-dir, ENV PIP_NO_CACHE_DIR=1, or RUN --mount=type=cache,target=/root/.cache",
    judge: cache,
};

/// One installation of Python packages.
struct Install<'a> {
    tool: Tool,
    command: &'a SimpleCommand,
    options: Vec<&'a str>,
    /// Named on the command line, from an index.
    names: Vec<&'a str>,
    /// Files that name packages.
    files: Vec<&'a str>,
    /// Whether something of the build's own is installed: `.`, `./x.whl`.
    is_local: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    /// pip, and `uv pip`, which speaks its language.
    Pip,
    /// What names packages and knows no hashes: pipx, `uv tool`, conda.
    Plain,
    /// What reads a lock that holds hashes: the file, and the options without which it may be made anew.
    Locked { file: &'static str, only: &'static [&'static str], variables: &'static [&'static str] },
}

const UV: Tool =
    Tool::Locked { file: "uv.lock", only: &["--locked", "--frozen"], variables: &["UV_LOCKED", "UV_FROZEN"] };
const POETRY: Tool = Tool::Locked { file: "poetry.lock", only: &[], variables: &[] };
const PIPENV: Tool =
    Tool::Locked { file: "Pipfile.lock", only: &["sync", "--deploy", "--ignore-pipfile"], variables: &[] };
const PDM: Tool = Tool::Locked { file: "pdm.lock", only: &["sync", "--frozen-lockfile", "--check"], variables: &[] };

impl<'a> Install<'a> {
    fn of(command: &'a SimpleCommand) -> Option<Self> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let (tool, rest) = tool(command.program(), words.get(1..).unwrap_or_default())?;
        let mut install =
            Self { tool, command, options: Vec::new(), names: Vec::new(), files: Vec::new(), is_local: false };
        install.read(rest);
        Some(install)
    }

    fn read(&mut self, words: &[&'a str]) {
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let (option, value) = word.split_once('=').filter(|_| word.starts_with("--")).unwrap_or((word, ""));
            let mut argument = || if value.is_empty() { words.next().unwrap_or_default() } else { value };
            match option {
                "-r" | "--requirement" | "--requirements" | "--file" => self.files.push(argument()),
                "-e" | "--editable" => self.take(argument()),
                _ if option.starts_with("-r") && !option.starts_with("--") => self.files.extend(option.get(2..)),
                _ if takes_argument(option) => {
                    argument();
                    self.options.push(option);
                }
                _ if option.starts_with('-') => self.options.push(option),
                _ => self.take(word),
            }
        }
    }

    fn take(&mut self, word: &'a str) {
        let is_path = word.starts_with(['.', '/', '~']) || word.starts_with("file:");
        if is_path || !word.contains("://") && (ends_as(word, "whl") || ends_as(word, "gz")) {
            self.is_local = true;
        } else {
            self.names.push(word);
        }
    }

    fn has(&self, options: &[&str]) -> bool {
        self.options.iter().any(|option| options.contains(option))
    }

    /// Whether a variable, of the image or of the command, is set to something true.
    fn is_set(&self, build: &Build<'_>, name: &str) -> bool {
        let value = self.command.assigned(name).or_else(|| build.variable(name));
        value.is_some_and(|value| !["", "0", "false", "no", "off"].iter().any(|no| value.eq_ignore_ascii_case(no)))
    }

    fn is_hashed(&self, build: &Build<'_>) -> (Answer, String) {
        match self.tool {
            Tool::Plain => (Answer::No, format!("{} knows no hashes", self.command.program())),
            Tool::Locked { file, only, variables } => self.is_locked(build, file, only, variables),
            Tool::Pip => self.is_hashed_by_pip(build),
        }
    }

    fn is_locked(&self, build: &Build<'_>, file: &str, only: &[&str], variables: &[&str]) -> (Answer, String) {
        let words = || self.command.arguments().iter();
        if words().any(|word| only.contains(&word.as_str())) || variables.iter().any(|name| self.is_set(build, name)) {
            return (Answer::Yes, format!("by the hashes of {file}"));
        }
        let name = file.as_bytes();
        let is_there = build.tree.nodes().iter().any(|node| node.path.file_name() == name);
        if only.is_empty() && is_there {
            return (Answer::Yes, format!("by the hashes of {file}"));
        }
        (Answer::Unknown, format!("{file} may have been made anew by the install"))
    }

    fn is_hashed_by_pip(&self, build: &Build<'_>) -> (Answer, String) {
        if self.has(&["--require-hashes"]) || self.is_set(build, "PIP_REQUIRE_HASHES") {
            return (Answer::Yes, "--require-hashes".to_owned());
        }
        if !self.names.is_empty() {
            return self.unless_untold("without hashes");
        }
        let is_lock = |file: &&&str| {
            let name = file.rsplit('/').next().unwrap_or_default();
            name.starts_with("pylock.") && ends_as(name, "toml")
        };
        match (self.files.is_empty(), self.files.iter().all(|file| is_lock(&file))) {
            (false, true) => (Answer::Yes, format!("by the hashes of {}", named(&self.files))),
            (false, false) => self.by_files(build, "hash", |file| {
                let without = file.entries.iter().filter(|entry| entry.hashes.is_empty());
                if file.needs_hashes { Vec::new() } else { without.map(|entry| entry.name.as_str()).collect() }
            }),
            _ if self.is_local && self.has(&["--no-deps", "--no-index"]) => {
                (Answer::NotApplicable, "only what the build itself brought".to_owned())
            }
            _ if self.is_local => (Answer::No, "the requirements of what the build brought, without hashes".to_owned()),
            _ => (Answer::Unknown, "what is installed is not told".to_owned()),
        }
    }

    fn is_pinned(&self, build: &Build<'_>) -> (Answer, String) {
        if let Tool::Locked { .. } = self.tool {
            return self.is_hashed(build);
        }
        let is_named = |name: &&str| {
            let separator = if self.tool == Tool::Plain { "=" } else { "==" };
            name.contains(separator) || name.contains(" @ ") || name.contains("#sha256=")
        };
        let without: Vec<&str> = self.names.iter().copied().filter(|name| !is_named(name)).collect();
        if !without.is_empty() {
            let (answer, words) = self.unless_untold("without a version");
            return (
                answer,
                if answer == Answer::No { format!("without a version: {}", named(&without)) } else { words },
            );
        }
        let is_hashed = self.is_hashed(build).0 == Answer::Yes;
        match (self.names.is_empty(), self.files.is_empty()) {
            _ if is_hashed => (Answer::Yes, "hashes name versions too".to_owned()),
            (_, false) => self.by_files(build, "version", |file| {
                let without = file.entries.iter().filter(|entry| entry.version.is_none());
                without.map(|entry| entry.name.as_str()).collect()
            }),
            (false, true) => (Answer::Yes, "every package with its version".to_owned()),
            _ if self.is_local && self.has(&["--no-deps", "--no-index"]) => {
                (Answer::NotApplicable, "only what the build itself brought".to_owned())
            }
            _ if self.is_local => (Answer::Unknown, "the versions of what the build's own package requires".to_owned()),
            _ => (Answer::Unknown, "what is installed is not told".to_owned()),
        }
    }

    /// What the files that name packages say, as far as they still are in the image: each holds a `what` for every package
    /// but those that `lacking` finds.
    fn by_files(&self, build: &Build<'_>, what: &str, lacking: fn(&LockFile) -> Vec<&str>) -> (Answer, String) {
        let shown = named(&self.files);
        let files: Option<Vec<&LockFile>> = self.files.iter().map(|file| lock(build, file)).collect();
        let Some(files) = files else {
            return (Answer::Unknown, format!("{shown} is not in the image"));
        };
        let without: Vec<&str> = files.iter().flat_map(|file| lacking(file)).collect();
        match (without.is_empty(), files.iter().all(|file| file.includes.is_empty())) {
            (false, _) => (Answer::No, format!("{shown} has no {what} for {}", named(&without))),
            (true, true) => (Answer::Yes, format!("{shown} has a {what} for each")),
            (true, false) => (Answer::Unknown, format!("{shown} takes in other files")),
        }
    }

    /// "No" of names, unless a variable stands for them.
    fn unless_untold(&self, what: &str) -> (Answer, String) {
        let names = named(&self.names);
        if self.names.iter().all(|name| name.starts_with('$')) {
            return (Answer::Unknown, format!("the build knew the names: {names}"));
        }
        (Answer::No, format!("{what}: {names}"))
    }
}

/// The file of this name in the image, wherever the build stood; `None` where there are several, too.
fn lock<'a>(build: &Build<'a>, file: &str) -> Option<&'a LockFile> {
    let name = file.trim_start_matches("./").trim_start_matches('/').as_bytes();
    let is_it = |lock: &&&Arc<LockFile>| {
        let rest = lock.path.as_bytes().strip_suffix(name);
        rest.is_some_and(|rest| rest.is_empty() || !file.starts_with('/') && rest.ends_with(b"/"))
    };
    let mut found = build.locks.iter().filter(|lock| is_it(&lock));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The tool and what it is told to install.
fn tool<'a, 'b>(program: &str, words: &'b [&'a str]) -> Option<(Tool, &'b [&'a str])> {
    let is_python = program.strip_prefix("python").is_some_and(is_version);
    let is_pip = program.strip_prefix("pip").is_some_and(is_version);
    let behind = |verbs: &[&str]| {
        let at = words.iter().position(|word| !word.starts_with('-'))?;
        words.get(at).is_some_and(|verb| verbs.contains(verb)).then(|| words.get(at + 1..)).flatten()
    };
    if is_python {
        let at = words.iter().position(|word| *word == "-m")?;
        let (module, rest) = words.get(at + 1..)?.split_first()?;
        return if *module == "pip" { tool("pip", rest) } else { None };
    }
    Some(match program {
        _ if is_pip => (Tool::Pip, behind(&["install", "download", "wheel"])?),
        "uv" => match behind(&["pip", "sync", "tool"])? {
            rest if words.contains(&"sync") && !words.contains(&"pip") => (UV, rest),
            rest => match (rest.split_first()?, words.contains(&"tool")) {
                ((&"install" | &"sync", rest), false) => (Tool::Pip, rest),
                ((&"install", rest), true) => (Tool::Plain, rest),
                _ => return None,
            },
        },
        "poetry" => (POETRY, behind(&["install", "sync"])?),
        "pipenv" => (PIPENV, behind(&["install", "sync"])?),
        "pdm" => (PDM, behind(&["install", "sync"])?),
        "pipx" => (Tool::Plain, behind(&["install"])?),
        "conda" | "mamba" | "micromamba" => (Tool::Plain, behind(&["install", "create"])?),
        _ => return None,
    })
}

/// `3`, `3.11`, `-3` or nothing.
fn is_version(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_digit() || matches!(character, '.' | '-'))
}

/// The options of pip, uv and conda that have an argument, those that name packages left out.
fn takes_argument(option: &str) -> bool {
    const OPTIONS: [&str; 37] = [
        "-c",
        "--constraint",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-t",
        "--target",
        "--prefix",
        "--root",
        "--python-version",
        "--platform",
        "--only-binary",
        "--no-binary",
        "--trusted-host",
        "--timeout",
        "--retries",
        "--progress-bar",
        "--cache-dir",
        "--src",
        "--upgrade-strategy",
        "--report",
        "--log",
        "--proxy",
        "--cert",
        "--client-cert",
        "--implementation",
        "--abi",
        "-C",
        "--config-settings",
        "--python",
        "-p",
        "-n",
        "--name",
        "--channel",
        "--exists-action",
    ];
    OPTIONS.contains(&option)
}

/// What `say` says of each installation.
fn of_installs<'a>(build: &Build<'a>, say: impl Fn(&Install<'_>) -> (Answer, String)) -> Judged<'a> {
    let mut said: Vec<Said> = Vec::new();
    for step in &build.steps {
        for command in &step.commands {
            if let Some(install) = Install::of(command) {
                let (answer, what) = say(&install);
                said.push(step.says(answer, command, what));
            }
        }
    }
    weighed(build, said, NONE)
}

fn hashed<'a>(build: &Build<'a>) -> Judged<'a> {
    of_installs(build, |install| install.is_hashed(build))
}

fn pinned<'a>(build: &Build<'a>) -> Judged<'a> {
    of_installs(build, |install| install.is_pinned(build))
}

fn cache<'a>(build: &Build<'a>) -> Judged<'a> {
    if !build.facts.is_read {
        return Judged::new(Answer::Unknown, "the image's layers were not read");
    }
    let is_cache = |node: &&Node| {
        let path = node.path.as_bytes();
        let holds = |part: &[u8]| path.windows(part.len()).any(|window| window == part);
        node.file.entry.kind == Kind::File && (holds(b"/.cache/pip/") || holds(b"/.cache/uv/")) && build.is_own(node)
    };
    let left: Vec<&Node> = build.tree.nodes().iter().filter(is_cache).collect();
    let installs = build.steps.iter().flat_map(|step| &step.commands).any(|command| Install::of(command).is_some());
    match (left.len(), installs || build.untold.is_some()) {
        (0, false) => Judged::new(Answer::NotApplicable, NONE),
        (0, true) => Judged::new(Answer::Yes, "none in the image's file system"),
        (1, _) => Judged::new(Answer::No, "1 file is left").at(&left),
        (number, _) => Judged::new(Answer::No, format!("{number} files are left")).at(&left),
    }
}
