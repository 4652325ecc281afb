//! Which files at noise paths the image uses by name: what its commands, its variables and the files that programs read at
//! start name, and what the scripts among these name in turn.
//!
//! Any word of such a text counts that leads to a file: a word too many costs a row to read, one too few hides code.

use std::collections::{HashMap, HashSet, VecDeque};

use super::Reason;
use super::words::{path, words};
use crate::image::{Node, Tree};
use crate::model::{ImagePath, Kind, RuntimeConfig};

/// Steps from a command to the last script that is read for names.
const MAX_STEPS: usize = 5;
/// Texts that are read.
const MAX_TEXTS: usize = 2_000;
/// Words of all texts.
const MAX_WORDS: usize = 500_000;
/// Directories that a text names, from which its relative words may start.
const MAX_BASES: usize = 8;
/// Bytes of a text that is read.
const MAX_TEXT: usize = 64 << 10;

/// Where a shell looks for programs if nothing says otherwise.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Files that programs read when they start: whose words are commands or names of files.
const READ_AT_START: [&str; 9] = [
    "etc/crontab",
    "etc/environment",
    "etc/ld.so.conf",
    "etc/ld.so.preload",
    "etc/profile",
    "etc/bash.bashrc",
    "etc/zsh/zshenv",
    "etc/rc.local",
    "etc/apt/sources.list",
];

/// Directories of such files.
const READ_AT_START_BELOW: [&str; 15] = [
    "etc/cron.d",
    "etc/cron.hourly",
    "etc/cron.daily",
    "etc/cron.weekly",
    "etc/cron.monthly",
    "var/spool/cron",
    "etc/profile.d",
    "etc/init.d",
    "etc/ld.so.conf.d",
    "etc/systemd/system",
    "etc/systemd/user",
    "usr/lib/systemd/system",
    "lib/systemd/system",
    "etc/apt/sources.list.d",
    "etc/apt/apt.conf.d",
];

/// What shells and tools read in a home when they start.
const START_UP: [&str; 23] = [
    ".profile",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".pam_environment",
    ".netrc",
    ".curlrc",
    ".wgetrc",
    ".npmrc",
    ".pypirc",
    ".gitconfig",
    ".vimrc",
    ".pydistutils.cfg",
    ".ssh",
    ".pip",
    ".config/pip",
    ".config/git",
    ".local/lib",
];

/// A text whose words name files.
struct Text<'a> {
    /// What reports call it.
    by: Box<str>,
    bytes: &'a [u8],
    base: ImagePath,
    steps: usize,
}

pub(super) struct References<'a> {
    tree: &'a Tree,
    runtime: &'a RuntimeConfig,
    is_noise: &'a dyn Fn(&ImagePath) -> bool,
    found: &'a mut HashMap<ImagePath, Reason>,
    /// Directories in which programs without a slash are looked for.
    programs: Vec<ImagePath>,
    texts: VecDeque<Text<'a>>,
    seen: HashSet<&'a ImagePath>,
    words: usize,
}

impl<'a> References<'a> {
    pub(super) fn new(
        tree: &'a Tree,
        runtime: &'a RuntimeConfig,
        is_noise: &'a dyn Fn(&ImagePath) -> bool,
        found: &'a mut HashMap<ImagePath, Reason>,
    ) -> Self {
        let path = variable(runtime, "PATH").unwrap_or(DEFAULT_PATH);
        let programs = path.split(':').filter_map(|directory| ImagePath::parse(directory.as_bytes()).ok()).collect();
        let (texts, seen) = (VecDeque::new(), HashSet::new());
        Self { tree, runtime, is_noise, found, programs, texts, seen, words: 0 }
    }

    /// Finds all that is named.
    pub(super) fn follow(mut self) {
        self.commands();
        self.programs_on_path();
        self.start_up_files();
        self.files_read_at_start();
        let mut read = 0;
        while let Some(text) = self.texts.pop_front().filter(|_| read < MAX_TEXTS) {
            self.read(&text);
            read += 1;
        }
    }

    /// What the configuration runs, and the values of its variables.
    fn commands(&mut self) {
        let RuntimeConfig { entrypoint, cmd, healthcheck, on_build, working_dir, env, .. } = self.runtime;
        let base = ImagePath::parse(working_dir.as_bytes()).unwrap_or_else(|_| ImagePath::root());
        let arguments = entrypoint.iter().chain(cmd).map(|text| ("the image's command", text));
        let checks = healthcheck.iter().map(|text| ("the image's health check", text));
        let triggers = on_build.iter().map(|text| ("an ONBUILD trigger", text));
        for (by, text) in arguments.chain(checks).chain(triggers) {
            self.texts.push_back(Text { by: by.into(), bytes: text.as_bytes(), base: base.clone(), steps: 0 });
        }
        for (name, value) in env.iter().filter(|(name, _)| name != "PATH") {
            let by = format!("the variable {name}").into();
            self.texts.push_back(Text { by, bytes: value.as_bytes(), base: ImagePath::root(), steps: 1 });
        }
    }

    /// What is directly in a directory of PATH can be run, or read by `.`, under its bare name.
    fn programs_on_path(&mut self) {
        let by = "PATH";
        for directory in self.programs.clone() {
            let Some(directory) = self.tree.resolve(&directory) else { continue };
            let files: Vec<&Node> =
                self.tree.children(&directory.path).filter(|node| node.file.entry.kind == Kind::File).collect();
            for node in files {
                self.name(node, by);
            }
        }
    }

    /// What shells and tools read in the homes of the users.
    fn start_up_files(&mut self) {
        let passwd = ImagePath::parse(b"etc/passwd").ok().and_then(|path| self.tree.read(&path)).unwrap_or_default();
        let homes = passwd.split(|byte| *byte == b'\n').filter_map(|row| row.split(|byte| *byte == b':').nth(5));
        let home = variable(self.runtime, "HOME").map(str::as_bytes);
        let homes: HashSet<&[u8]> = homes.chain(home).collect();
        for home in homes {
            let Ok(home) = ImagePath::parse(home) else { continue };
            for name in START_UP {
                let file = home.join(name.as_bytes()).ok().and_then(|path| self.tree.resolve(&path));
                let Some(node) = file else { continue };
                self.name(node, "the home of a user");
                self.queue(node, 1);
            }
        }
    }

    fn files_read_at_start(&mut self) {
        let path = |text: &str| ImagePath::parse(text.as_bytes()).ok();
        let files = READ_AT_START.into_iter().filter_map(|text| self.tree.resolve(&path(text)?));
        let below = READ_AT_START_BELOW.into_iter().filter_map(path);
        let nodes: Vec<&Node> = files.chain(below.flat_map(|directory| self.tree.under(&directory))).collect();
        for node in nodes {
            if node.path.as_bytes().starts_with(b"etc/apt/") {
                self.repositories(node);
            }
            self.queue(node, 1);
        }
    }

    /// Package repositories that apt reads from the image itself: all of what is there.
    fn repositories(&mut self, sources: &'a Node) {
        let text = sources.bytes.as_deref().unwrap_or_default();
        let is_local = |word: &&[u8]| word.starts_with(b"file:/") || word.starts_with(b"copy:/");
        let local = text.split(u8::is_ascii_whitespace).filter(is_local);
        for word in local {
            let directory =
                word.iter().position(|byte| *byte == b':').and_then(|at| word.get(at + 1..)).unwrap_or_default();
            let end = path(&ImagePath::root(), directory).filter(|path| !path.is_root());
            if let Some(node) = end.and_then(|path| self.tree.resolve(&path)) {
                let by = sources.path.to_string().into();
                self.found.entry(node.path.clone()).or_insert(Reason::Named { by });
            }
        }
    }

    /// Reads a file for names later, if its text was kept.
    fn queue(&mut self, node: &'a Node, steps: usize) {
        let Some(bytes) = node.bytes.as_deref().filter(|bytes| bytes.len() <= MAX_TEXT) else { return };
        if steps <= MAX_STEPS && self.seen.insert(&node.path) {
            let base = ImagePath::parse(self.runtime.working_dir.as_bytes()).unwrap_or_else(|_| ImagePath::root());
            self.texts.push_back(Text { by: node.path.to_string().into(), bytes, base, steps });
        }
    }

    fn read(&mut self, text: &Text<'a>) {
        let mut bases = vec![text.base.clone()];
        for word in words(text.bytes) {
            self.words += 1;
            if self.words > MAX_WORDS {
                return;
            }
            let mut ends: Vec<&'a Node> = Vec::new();
            if word.contains(&b'/') || word.contains(&b'.') || text.steps == 0 || bases.len() > 1 {
                ends.extend(bases.iter().filter_map(|base| self.tree.resolve(&path(base, word)?)));
            }
            if !word.contains(&b'/') {
                ends.extend(self.programs.iter().filter_map(|base| self.tree.resolve(&path(base, word)?)).take(1));
            }
            for node in ends {
                match node.file.entry.kind {
                    Kind::File => {
                        self.name(node, &text.by);
                        self.queue(node, text.steps + 1);
                    }
                    Kind::Directory => {
                        if text.steps == 0 {
                            self.name(node, &text.by);
                        }
                        if bases.len() < MAX_BASES && !node.path.is_root() && !bases.contains(&node.path) {
                            bases.push(node.path.clone());
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Notes that something at a noise path is named.
    fn name(&mut self, node: &Node, by: &str) {
        if (self.is_noise)(&node.path) {
            self.found.entry(node.path.clone()).or_insert_with(|| Reason::Named { by: by.into() });
        }
    }
}

fn variable<'a>(runtime: &'a RuntimeConfig, name: &str) -> Option<&'a str> {
    runtime.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
