//! The four people the explorer is for, each with a question: how many keys to the answer, in the real program.
//!
//! On the demo's images by default. `IMGDRIFT_REAL=OUT cargo test --locked journeys` takes those that `tests/real` makes.

use std::path::{Path, PathBuf};
use std::{env, io};

use super::terminal::Session;

const PROGRAM: &str = env!("CARGO_BIN_EXE_imgdrift");

/// More keys than this to an answer are too many.
const MOST_KEYS: usize = 5;

/// One question.
struct Journey<'a> {
    question: &'a str,
    arguments: Vec<String>,
    steps: Vec<Step<'a>>,
}

/// Keys, one character each, and words that the screen shows then.
struct Step<'a> {
    keys: &'a str,
    shows: &'a [&'a str],
}

impl Journey<'_> {
    /// Types the keys, waits for each answer, and says aloud how many keys it took.
    fn take(&self, columns: u16, rows: u16) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut session = Session::start(PROGRAM, &arguments, columns, rows);
        session.wait_for("Overview");
        let mut keys = 0;
        for step in &self.steps {
            for key in step.keys.chars() {
                session.keys(&key.to_string());
                keys += 1;
            }
            for words in step.shows {
                session.wait_for(words);
            }
        }
        session.keys("\x03");
        session.end();
        let told = format!("{}: {keys} keys at {columns}x{rows}\n", self.question);
        // Not `print!`, which the test harness swallows.
        let _ = io::Write::write_all(&mut io::stderr(), told.as_bytes());
        assert!(keys <= MOST_KEYS, "{told}");
    }

    fn take_at_both_sizes(&self) {
        self.take(140, 45);
        self.take(80, 24);
    }
}

fn step<'a>(keys: &'a str, shows: &'a [&'a str]) -> Step<'a> {
    Step { keys, shows }
}

/// The folder that `tests/real` filled, when there is one to use.
fn real() -> Option<PathBuf> {
    env::var_os("IMGDRIFT_REAL").map(PathBuf::from)
}

fn paths(folder: &Path, names: [&str; 2]) -> Vec<String> {
    names.map(|name| folder.join(name).display().to_string()).to_vec()
}

fn demo() -> Vec<String> {
    vec!["demo".to_owned()]
}

#[test]
fn what_changed_since_last_month() {
    let arguments = real().map_or_else(demo, |real| paths(&real.join("big"), ["old.tar", "new.tar"]));
    let steps = vec![
        // At a glance: the verdict, what was the same, how much bigger, what to read first.
        step("", &["drifted", "unexplained", "packages moved", "in size", "Look at"]),
        // Which packages, from which version to which.
        step("2", &["packages that moved", "upgraded"]),
        // Which files, for another reason.
        step("3", &["unexplained"]),
    ];
    Journey { question: "What changed since last month?", arguments, steps }.take_at_both_sizes();
}

#[test]
fn may_i_merge_this_base_bump() {
    let arguments = real().map_or_else(demo, |real| paths(&real.join("base"), ["old.tar", "new.tar"]));
    let steps = vec![
        // Whether anything changed that no package explains, and what comes with it.
        step("", &["drifted", "packages moved"]),
        // A package with what its changelog says, where the image has one.
        step("2/ssl", &["upgraded", "changelog entries", "CVE-"]),
    ];
    Journey { question: "May I merge this base digest bump?", arguments, steps }.take_at_both_sizes();
}

#[test]
fn is_my_build_reproducible() {
    let (arguments, first) = match real() {
        Some(real) => (paths(&real.join("double"), ["a1.tar", "a2.tar"]), ["content-equivalent"]),
        None => (demo(), ["not the same inputs"]),
    };
    // Whether the comparison was fair comes before any talk of nondeterminism.
    let mut steps = vec![step("", &first)];
    if real().is_some() {
        // Each piece of noise with its cause.
        steps.push(step("6", &["nondeterministic"]));
    }
    Journey { question: "Is my build reproducible?", arguments, steps }.take_at_both_sizes();
}

#[test]
fn what_exactly_shipped() {
    // The demo's archive holds both images; an incident starts with one of them.
    let image = real().map_or_else(
        || format!("{}/assets/demo/images.tar.zst:demo:november", env!("CARGO_MANIFEST_DIR")),
        |real| real.join("big/new.tar").display().to_string(),
    );
    let arguments = vec!["inspect".to_owned(), image];
    let steps = vec![
        step("", &[" layers, ", " packages in "]),
        // The version of the package that the incident is about.
        step("2/ssl", &["libssl3", "version"]),
    ];
    Journey { question: "What exactly shipped?", arguments, steps }.take_at_both_sizes();
}
