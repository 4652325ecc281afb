//! apt: lists and packages of one moment, versions named, nothing that was only recommended, no lists left behind
//! (Debian's apt-get(8); docs.docker.com, Building best practices).

use super::shell::SimpleCommand;
use super::steps::{Said, ends_as, named, weighed};
use super::{Build, Item, Judged};
use crate::image::Node;
use crate::model::{Answer, ImagePath, Kind, Severity};

const SUBJECT: &str = "apt-get install";
const NONE: &str = "no instruction installs packages by apt";

pub(super) const TOGETHER: Item = Item {
    name: "apt-update-apart",
    check: "apt-update-apart",
    asks: "apt-get update and install are one instruction",
    severity: Some(Severity::Warning),
    subject: SUBJECT,
    why: "a cached list and a newer archive meet, and the install fails or takes other versions",
    fix: "RUN apt-get update && apt-get install -y --no-install-recommends PACKAGE=VERSION && rm -rf /var/lib/apt/lists/*",
    judge: together,
};

pub(super) const PINNED: Item = Item {
    name: "apt-unpinned",
    check: "apt-unpinned",
    asks: "apt installs named versions, or from a snapshot of the archive",
    severity: Some(Severity::Warning),
    subject: SUBJECT,
    why: "the same Dockerfile installs what the archive has on that day",
    fix: "apt-get install PACKAGE=VERSION, or point apt's sources to snapshot.debian.org",
    judge: pinned,
};

pub(super) const RECOMMENDS: Item = Item {
    name: "apt-recommends",
    check: "apt-recommends",
    asks: "apt installs nothing that is only recommended",
    severity: Some(Severity::Info),
    subject: SUBJECT,
    why: "recommended packages come along that nobody named or pinned",
    fix: "apt-get install --no-install-recommends",
    judge: recommends,
};

pub(super) const LISTS: Item = Item {
    name: "apt-lists-left",
    check: "apt-lists-left",
    asks: "apt's package lists are removed",
    severity: Some(Severity::Info),
    subject: "/var/lib/apt/lists",
    why: "they are the archive's state of that hour, so no two builds have the same",
    fix: "rm -rf /var/lib/apt/lists/* in the instruction that updates, or a cache mount",
    judge: lists,
};

/// What a command asks of apt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Update,
    Install,
    /// Whatever is newest, without a name.
    Upgrade,
}

struct Apt<'a> {
    verb: Verb,
    /// Those from the archive, not local files.
    packages: Vec<&'a str>,
    options: Vec<&'a str>,
}

impl<'a> Apt<'a> {
    fn of(command: &'a SimpleCommand) -> Option<Self> {
        const WITH_ARGUMENT: [&str; 8] =
            ["-o", "--option", "-t", "--target-release", "--default-release", "-c", "--config-file", "-a"];
        if !matches!(command.program(), "apt-get" | "apt" | "aptitude") {
            return None;
        }
        let (mut verb, mut packages, mut options) = (None, Vec::new(), Vec::new());
        let mut words = command.arguments().iter().map(String::as_str);
        while let Some(word) = words.next() {
            if word.starts_with('-') {
                options.push(word);
                options.extend(WITH_ARGUMENT.contains(&word).then(|| words.next()).flatten());
            } else if verb.is_none() {
                verb = Some(match word {
                    "update" => Verb::Update,
                    "install" | "build-dep" | "reinstall" => Verb::Install,
                    "upgrade" | "dist-upgrade" | "full-upgrade" | "safe-upgrade" => Verb::Upgrade,
                    _ => return None,
                });
            } else if !is_local(word) && !word.ends_with('-') {
                packages.push(word);
            }
        }
        Some(Self { verb: verb?, packages, options })
    }

    /// Whether it takes packages from the archive.
    fn installs(&self) -> bool {
        match self.verb {
            Verb::Update => false,
            Verb::Install => !self.packages.is_empty(),
            Verb::Upgrade => true,
        }
    }

    /// Whether an option sets this flag of apt's configuration to a false value.
    fn turns_off(&self, flag: &str) -> bool {
        self.options.iter().any(|option| {
            let setting = option.trim_start_matches("-o").trim_start_matches("--option=").trim_start_matches('=');
            setting.split_once('=').is_some_and(|(name, value)| name.eq_ignore_ascii_case(flag) && is_false(value))
        })
    }
}

fn is_local(word: &str) -> bool {
    word.starts_with(['.', '/']) || ends_as(word, "deb")
}

fn is_false(value: &str) -> bool {
    ["0", "false", "no", "off", "without", "disable"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// What `say` says of each command that takes packages from the archive.
fn of_installs(build: &Build<'_>, say: impl Fn(&Apt<'_>) -> (Answer, String)) -> Vec<Said> {
    let mut said = Vec::new();
    for step in &build.steps {
        for command in &step.commands {
            if let Some(apt) = Apt::of(command).filter(Apt::installs) {
                let (answer, what) = say(&apt);
                said.push(step.says(answer, command, what));
            }
        }
    }
    said
}

fn together<'a>(build: &Build<'a>) -> Judged<'a> {
    let mut said = Vec::new();
    for step in &build.steps {
        let mut lone_update = None;
        let (mut updated, mut installed) = (false, false);
        for command in &step.commands {
            let Some(apt) = Apt::of(command) else { continue };
            if apt.verb == Verb::Update {
                updated = true;
                lone_update = Some(command);
            } else if apt.installs() && !std::mem::replace(&mut installed, true) {
                let (answer, what) = if updated {
                    (Answer::Yes, "an update stands before the install")
                } else {
                    (Answer::No, "an install without an update in its instruction")
                };
                said.push(step.says(answer, command, what));
            }
        }
        if let Some(update) = lone_update.filter(|_| !installed) {
            said.push(step.says(Answer::No, update, "an update alone in its instruction"));
        }
    }
    weighed(build, said, NONE)
}

fn pinned<'a>(build: &Build<'a>) -> Judged<'a> {
    let said = of_installs(build, |apt| {
        if apt.verb == Verb::Upgrade {
            return (Answer::No, "an upgrade takes whatever is newest".to_owned());
        }
        let without: Vec<&str> = apt.packages.iter().copied().filter(|package| !package.contains('=')).collect();
        let unknown = without.iter().any(|package| package.contains(['$', '(']));
        match (without.is_empty(), unknown) {
            (true, _) => (Answer::Yes, "every package with its version".to_owned()),
            (false, true) => (Answer::Unknown, format!("the build knew the names: {}", named(&without))),
            (false, false) => (Answer::No, format!("without a version: {}", named(&without))),
        }
    });
    let is_open = said.iter().any(|said| said.answer != Answer::Yes) || build.untold.is_some();
    match snapshot(build).filter(|_| is_open) {
        Some(path) => Judged::new(Answer::Yes, "apt's sources are a snapshot of the archive").by(path, None),
        None => weighed(build, said, NONE),
    }
}

/// The file by which all of apt's sources are snapshots of the archive.
fn snapshot(build: &Build<'_>) -> Option<&'static str> {
    const SNAPSHOTS: [&str; 3] =
        ["://snapshot.debian.org/", "://snapshot-cloudflare.debian.org/", "://snapshot.ubuntu.com/"];
    let mut shown = None;
    let list = build.text("etc/apt/sources.list").into_iter();
    let parts = ImagePath::parse(b"etc/apt/sources.list.d").ok()?;
    let parts = build.tree.under(&parts).filter_map(|node| std::str::from_utf8(node.bytes.as_deref()?).ok());
    for line in list.chain(parts).flat_map(str::lines) {
        let line = line.trim_start();
        if line.starts_with('#') || !line.contains("://") {
            continue;
        }
        if !SNAPSHOTS.iter().any(|snapshot| line.contains(snapshot)) {
            return None;
        }
        shown = Some("/etc/apt/sources.list");
    }
    shown
}

fn recommends<'a>(build: &Build<'a>) -> Judged<'a> {
    const FLAG: &str = "APT::Install-Recommends";
    if let Some(path) = configured_off(build, FLAG) {
        return Judged::new(Answer::Yes, format!("{FLAG} is off in apt's configuration")).by(&path, None);
    }
    let said = of_installs(build, |apt| {
        let is_off = apt
            .options
            .iter()
            .any(|option| matches!(*option, "--no-install-recommends" | "-R" | "--without-recommends"))
            || apt.turns_off(FLAG);
        let named = named(&apt.packages);
        if is_off {
            (Answer::Yes, "--no-install-recommends".to_owned())
        } else {
            (Answer::No, format!("with all that they recommend: {named}"))
        }
    });
    weighed(build, said, NONE)
}

/// The file of apt's configuration that sets `flag` to a false value.
fn configured_off(build: &Build<'_>, flag: &str) -> Option<String> {
    let parts = ImagePath::parse(b"etc/apt/apt.conf.d").ok()?;
    let own = build.node("etc/apt/apt.conf");
    let found = own.into_iter().chain(build.tree.under(&parts)).find(|node| {
        let text = node.bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        text.lines().any(|line| {
            let setting = line.trim().trim_end_matches(';');
            setting.split_once(char::is_whitespace).is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case(flag) && is_false(value.trim().trim_matches('"'))
            })
        })
    });
    found.map(|node| node.path.to_absolute())
}

fn lists<'a>(build: &Build<'a>) -> Judged<'a> {
    if !build.facts.is_read {
        return Judged::new(Answer::Unknown, "the image's layers were not read");
    }
    if build.node("var/lib/dpkg").is_none() {
        return Judged::new(Answer::NotApplicable, "the image has no apt");
    }
    let Ok(lists) = ImagePath::parse(b"var/lib/apt/lists") else {
        return Judged::new(Answer::Unknown, "");
    };
    let is_list = |node: &&Node| node.file.entry.kind == Kind::File && node.file.entry.size > 0 && build.is_own(node);
    let left: Vec<&Node> = build.tree.under(&lists).filter(is_list).collect();
    match left.len() {
        0 => Judged::new(Answer::Yes, "none in the image's file system"),
        1 => Judged::new(Answer::No, "1 file is left").at(&left),
        number => Judged::new(Answer::No, format!("{number} files are left")).at(&left),
    }
}
