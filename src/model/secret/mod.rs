//! Secrets in an image's configuration: which values are some, and what is shown in their stead.
//!
//! A value is a secret by the name of its variable, label, option, header or key: one of its words is `TOKEN`, `SECRET`,
//! `PASSWORD`, `PASSWD`, or two are `API KEY`, `ACCESS KEY`, `PRIVATE KEY` ([`is_secret`]). So is the part of a URL before
//! the host, but for `git@`, which is everybody's. Reports are read by more people than images are.
//!
//! What of a text is a value follows the forms in which configurations hold them: a shell's assignments and options,
//! lists of words as JSON, Dockerfile instructions, build arguments as builders write them into the history, headers,
//! and JSON or YAML in labels. Where it cannot be told where a value ends, what may be a part of it is hidden too.

mod find;

use std::borrow::Cow;

use self::find::{assignments, users};
use super::{BaseEvidence, BuildSteps, Command, HistoryEntry};

/// What stands for a secret within a text.
const HIDDEN: &str = "…";

/// What stands for a value that is a secret as a whole.
pub const HIDDEN_VALUE: &str = "(hidden)";

/// As [`HIDDEN_VALUE`], for the right side of two that differ in what is hidden.
pub const HIDDEN_DIFFERS: &str = "(hidden, differs)";

/// Whether secrets are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Secrets {
    #[default]
    Hidden,
    /// The user asked for them.
    Shown,
}

/// Whether a variable of this name, a label, an option or a header, holds a secret. Names are split at what is neither
/// letter nor digit and where a capital follows a small letter. Identifiers and fingerprints of keys are public.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    /// Words that make a secret, and names that are written in one word.
    const WORDS: [&str; 8] =
        ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "APIKEY", "ACCESSKEY", "PRIVATEKEY", "PGPASSWORD"];
    const KEYS: [&str; 3] = ["API", "ACCESS", "PRIVATE"];
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let [.., "KEY", "ID" | "FINGERPRINT"] | [.., "KEYID" | "KEYSERVER"] = words.as_slice() {
        return false;
    }
    words.iter().any(|word| WORDS.contains(word))
        || words.windows(2).any(|pair| matches!(pair, [first, "KEY"] if KEYS.contains(first)))
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for character in name.chars() {
        let is_part = character.is_ascii_alphanumeric();
        if !is_part || was_small && character.is_ascii_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| is_part) {
            word.push(character.to_ascii_uppercase());
        }
        was_small = character.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The names of the secrets in a text; of a URL's user part `user of HOST`.
#[must_use]
pub fn names_in(text: &str) -> Vec<String> {
    let mut named: Vec<String> = assignments(text).into_iter().map(|found| found.name.to_owned()).collect();
    named.extend(users(text).into_iter().map(|found| format!("user of {}", found.name)));
    named
}

/// The secrets in the value of a variable or label of this name.
#[must_use]
pub fn parts_of<'a>(name: &str, value: &'a str) -> Vec<&'a str> {
    if is_secret(name) {
        return vec![value];
    }
    let found = assignments(value).into_iter().chain(users(value));
    found.filter_map(|found| value.get(found.start..found.end)).collect()
}

/// A text without the user parts of URLs, for what is shown whatever the user asked for.
#[must_use]
pub fn without_users(text: &str) -> Cow<'_, str> {
    cut(text, users(text).into_iter().map(|found| (found.start, found.end)).collect())
}

impl Secrets {
    /// A text as it may be shown.
    #[must_use]
    pub fn text(self, text: &str) -> Cow<'_, str> {
        if self == Self::Shown {
            return Cow::Borrowed(text);
        }
        let found = assignments(text).into_iter().chain(users(text));
        cut(text, found.map(|found| (found.start, found.end)).collect())
    }

    /// The value of a variable or label as it may be shown.
    #[must_use]
    pub fn value(self, name: &str, value: &str) -> String {
        if self == Self::Hidden && !value.is_empty() && is_secret(name) {
            return HIDDEN_VALUE.to_owned();
        }
        self.text(value).into_owned()
    }

    fn change(self, text: &mut String) {
        if let Cow::Owned(shown) = self.text(text) {
            *text = shown;
        }
    }

    /// A row of the history as it may be shown.
    #[must_use]
    pub fn history(self, row: &HistoryEntry) -> HistoryEntry {
        let mut row = row.clone();
        row.created_by.iter_mut().chain(&mut row.comment).chain(&mut row.author).for_each(|text| self.change(text));
        row
    }

    /// What is told of a build, as it may be shown.
    #[must_use]
    pub fn steps(self, mut steps: BuildSteps) -> BuildSteps {
        for step in &mut steps.instructions {
            // The keyword tells how the values behind it are written.
            let line = format!("{} {}", step.keyword.unwrap_or_default(), step.text);
            if let Cow::Owned(shown) = self.text(&line) {
                step.text = shown.split_once(' ').map_or(String::new(), |(_, text)| text.to_owned());
            }
            if let Command::Script(text) | Command::Words(text) = &mut step.command {
                self.change(text);
            }
            step.flags.iter_mut().for_each(|flag| self.change(flag));
        }
        steps.inputs.iter_mut().for_each(|input| self.change(&mut input.name));
        steps
    }

    /// Evidence of a base as it may be shown.
    #[must_use]
    pub fn evidence(self, mut evidence: BaseEvidence) -> BaseEvidence {
        let texts = evidence.name.iter_mut().chain(&mut evidence.digest).chain(&mut evidence.against);
        texts.chain([&mut evidence.words]).for_each(|text| {
            if let (Self::Hidden, Cow::Owned(shown)) = (self, without_users(text)) {
                *text = shown;
            }
        });
        evidence
    }
}

/// The text with [`HIDDEN`] in these places.
fn cut(text: &str, mut places: Vec<(usize, usize)>) -> Cow<'_, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    places.sort_unstable();
    let (mut shown, mut done) = (String::with_capacity(text.len()), 0);
    for (start, end) in places {
        if end <= done {
            continue;
        }
        shown.push_str(text.get(done..start).unwrap_or_default());
        // What overlaps the place before it is hidden already.
        if start >= done {
            shown.push_str(HIDDEN);
        }
        done = end;
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests;
