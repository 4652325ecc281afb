//! Downloads: bytes from the network that nothing holds against a sum or a signature.

use super::shell::SimpleCommand;
use super::steps::{Said, Step, cut, weighed};
use super::{Build, Item, Judged};
use crate::model::{Answer, Evidence, Severity};

pub(super) const CHECKED: Item = Item {
    name: "download-unchecked",
    check: "download-unchecked",
    asks: "every download is held against a checksum or a signature",
    severity: Some(Severity::Warning),
    subject: "downloads",
    why: "whoever serves the URL decides what is built in, today and tomorrow",
    fix: "echo \"SHA256  FILE\" | sha256sum -c - in the same instruction, or ADD --checksum=sha256:... URL",
    judge: checked,
};

fn checked<'a>(build: &Build<'a>) -> Judged<'a> {
    let mut said = Vec::new();
    for step in &build.steps {
        match step.instruction.keyword {
            Some("ADD") => said.extend(added(step)),
            _ => said.extend(fetched(step)),
        }
    }
    weighed(build, said, "no instruction downloads by curl, wget or ADD")
}

/// What a RUN fetches. Which check is whose is not told: one is taken to be for all.
fn fetched(step: &Step<'_>) -> Vec<Said> {
    let is_checked = step.commands.iter().any(is_check);
    let mut said = Vec::new();
    for (at, command) in step.commands.iter().enumerate().filter(|(_, command)| is_download(command)) {
        let goes_to = step.commands.get(at + 1).filter(|next| next.is_piped);
        let has_sum = command.program() == "aria2c" && command.arguments().iter().any(|word| word.contains("checksum"));
        said.push(match goes_to {
            Some(shell) if shell.is_shell() || shell.program().starts_with("python") => {
                step.says(Answer::No, command, "run as it comes, by a shell behind a pipe")
            }
            _ if is_checked || has_sum => step.says(Answer::Yes, command, "checked in the same instruction"),
            _ => step.says(Answer::No, command, "no check in the same instruction"),
        });
    }
    said
}

fn is_download(command: &SimpleCommand) -> bool {
    let arguments = command.arguments();
    let is_local = |word: &&String| word.contains("://localhost") || word.contains("://127.0.0.1");
    let only_tells = |word: &String| matches!(word.as_str(), "--version" | "-V" | "--help" | "-h" | "-I" | "--head");
    matches!(command.program(), "curl" | "wget" | "aria2c")
        && !arguments.is_empty()
        && !arguments.iter().any(only_tells)
        && !arguments.iter().any(|word| is_local(&word))
}

fn is_check(command: &SimpleCommand) -> bool {
    let has = |wanted: &[&str]| command.arguments().iter().any(|word| wanted.contains(&word.as_str()));
    let checks = || {
        command
            .arguments()
            .iter()
            .any(|word| word == "--check" || (word.starts_with('-') && !word.starts_with("--") && word.contains('c')))
    };
    match command.program() {
        "sha1sum" | "sha224sum" | "sha256sum" | "sha384sum" | "sha512sum" | "shasum" | "b2sum" | "b3sum" => checks(),
        "gpg" | "gpg2" => has(&["--verify"]),
        "gpgv" | "gpgv2" => true,
        "openssl" => has(&["-verify"]),
        "cosign" => has(&["verify-blob", "verify"]),
        "minisign" | "signify" | "signify-openbsd" => has(&["-V", "-Vm"]),
        _ => false,
    }
}

/// What ADD fetches: of `ADD file:...` and paths nothing.
fn added(step: &Step<'_>) -> Option<Said> {
    let instruction = step.instruction;
    let source = instruction.text.split_whitespace().next()?.trim_matches(['[', '"', ',']);
    let is_url = source.contains("://") || source.starts_with("git@");
    // The classic builder records of a URL only a hash, without saying of what.
    let is_hidden = source.len() >= 64 && source.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_url && !is_hidden {
        return None;
    }
    let commit = source.rsplit_once('#').map_or("", |(_, commit)| commit);
    let by_commit = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_sum = instruction.flags.iter().any(|flag| flag.starts_with("--checksum="));
    let (answer, what) = match (by_commit || has_sum, instruction.tells_flags) {
        (true, _) => (Answer::Yes, "ADD with a checksum or a commit"),
        (false, true) => (Answer::No, "ADD of a URL without --checksum"),
        (false, false) => (Answer::Unknown, "ADD of a URL: the history does not record --checksum"),
    };
    let evidence = Evidence { text: cut(&instruction.line()), layer: instruction.layer };
    Some(Said { answer, what: what.to_owned(), evidence })
}
