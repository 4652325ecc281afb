//! The grammar of a history's `created_by`: which instruction a row tells of, and what it ran.
//!
//! | builder | RUN | others |
//! |---|---|---|
//! | classic | `[\|N ARGS ]SHELL CMD`, `[\|N ARGS ]WORDS` | `SHELL #(nop)  ENV ...` |
//! | `BuildKit` | `RUN [\|N ARGS ]SHELL CMD # buildkit` | `ENV ...`, `COPY ... # buildkit` |
//! | buildah | as classic; the shell always `/bin/sh -c`, the exec form as JSON behind it, N one too many | `/bin/sh -c #(nop) ENV ...` |
//! | kaniko | the Dockerfile's line, flags too | as RUN; only those with a layer |
//!
//! Build arguments stand unquoted: where they end is told only by the shell that follows. What cannot be told apart from
//! them is given up, for they may be secrets.

use crate::model::{Command, HistoryEntry, ImageConfig, Instruction};

/// What each row of a history tells of, in order.
#[must_use]
pub fn instructions(config: &ImageConfig) -> Vec<Instruction> {
    let layers = layers(config);
    let mut shell = None;
    let rows = config.history.iter().zip(layers);
    rows.map(|(row, layer)| {
        let told = Instruction { layer, created: row.created.clone(), ..instruction(row, shell.as_deref()) };
        if told.keyword == Some("SHELL") {
            shell = Some(told.text.trim_matches(['[', ']']).replace(['"', ','], ""));
        }
        told
    })
    .collect()
}

/// What one row tells of; `shell` is what the last SHELL instruction says.
#[must_use]
pub fn instruction(row: &HistoryEntry, shell: Option<&str>) -> Instruction {
    let text = row.created_by.as_deref().unwrap_or_default().trim_start();
    let (text, is_buildkit) = match text.trim_end().strip_suffix("# buildkit") {
        Some(text) => (text.trim_end(), true),
        None => (text, false),
    };
    if let Some(told) = not_run(text) {
        return metadata(told);
    }
    let keyword = text.split_whitespace().next().and_then(Instruction::keyword);
    match keyword {
        Some("RUN") => {
            let text = text.strip_prefix("RUN").unwrap_or_default().trim_start();
            // Only a Dockerfile's own line has no shell in it.
            if is_buildkit || text.starts_with('|') { run(text, shell) } else { dockerfile_run(text) }
        }
        Some(_) => metadata(text),
        None if text.is_empty() => told(None, "", Command::Untold),
        None => run(text, shell),
    }
}

/// The instruction that a Dockerfile's line stands for: its keyword in capitals, and what follows it.
#[must_use]
pub fn of_dockerfile(keyword: &str, text: &str) -> Instruction {
    let found = if keyword == "RUN" { dockerfile_run(text) } else { metadata(&format!("{keyword} {text}")) };
    Instruction { tells_flags: true, ..found }
}

fn told(keyword: Option<&'static str>, text: &str, command: Command) -> Instruction {
    Instruction {
        keyword,
        text: text.trim().to_owned(),
        command,
        flags: Vec::new(),
        tells_flags: false,
        epoch: None,
        layer: None,
        created: None,
    }
}

/// What stands behind the mark of an instruction that ran nothing.
fn not_run(text: &str) -> Option<&str> {
    let (shell, told) = text.split_once("#(nop) ")?;
    // A command may hold the mark too; a shell's own words hold none of these.
    (!shell.contains(['&', ';', '\n', '\'', '"'])).then(|| told.trim_start())
}

fn metadata(text: &str) -> Instruction {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (flags, rest) = flags(rest);
    Instruction { flags, ..told(Instruction::keyword(word), rest, Command::Untold) }
}

/// The flags in front, and what follows them.
fn flags(text: &str) -> (Vec<String>, &str) {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while rest.starts_with("--") {
        let (flag, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        found.push(flag.to_owned());
        rest = behind.trim_start();
    }
    (found, rest)
}

/// A RUN as a Dockerfile has it: in shell form it is the shell's text, unless it is a list.
fn dockerfile_run(text: &str) -> Instruction {
    let (flags, rest) = flags(text);
    let command = match list(rest) {
        Some(words) => of_words(&words),
        // The bodies of here-documents are not with it.
        None if rest.starts_with("<<") => Command::Untold,
        None => Command::Script(rest.to_owned()),
    };
    Instruction { flags, ..told(Some("RUN"), rest, command) }
}

/// A RUN as engines record it: build arguments, a shell and its text, or words.
fn run(text: &str, shell: Option<&str>) -> Instruction {
    let with_arguments =
        text.strip_prefix('|').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    if !with_arguments {
        return without_arguments(text, text);
    }
    let Some((arguments, command)) = behind_arguments(text, shell) else {
        let hidden = "(it cannot be told apart from the values of build arguments)";
        return Instruction { epoch: epoch(text), ..told(Some("RUN"), hidden, Command::Untold) };
    };
    let shown = script(command).unwrap_or(command);
    Instruction { epoch: epoch(arguments), ..without_arguments(command, shown) }
}

fn without_arguments(text: &str, shown: &str) -> Instruction {
    let command = match script(text) {
        Some("") => Command::Untold,
        Some(script) => match list(script) {
            Some(words) => of_words(&words),
            None => Command::Script(script.to_owned()),
        },
        // A shell without a text is somebody's session.
        None if is_shell(text.trim()) => Command::Untold,
        None => Command::Words(text.trim().to_owned()),
    };
    told(Some("RUN"), script(shown).unwrap_or(shown), command)
}

/// Where the build arguments end: at the shell that the build used, or at the first that looks like one.
fn behind_arguments<'a>(text: &'a str, shell: Option<&str>) -> Option<(&'a str, &'a str)> {
    let words = || text.match_indices(' ').filter_map(|(at, _)| text.split_at_checked(at + 1));
    let is_known = |rest: &str| {
        shell.is_some_and(|shell| rest.strip_prefix(shell).is_some_and(|rest| rest.starts_with(char::is_whitespace)))
    };
    words().find(|(_, rest)| is_known(rest)).or_else(|| words().find(|(_, rest)| script(rest).is_some()))
}

fn epoch(arguments: &str) -> Option<i64> {
    let value = arguments.split_whitespace().find_map(|word| word.strip_prefix("SOURCE_DATE_EPOCH="))?;
    value.parse().ok()
}

/// The text behind a shell and its options: `/bin/bash -o pipefail -c TEXT`.
fn script(text: &str) -> Option<&str> {
    /// Options that a shell is called with, at most.
    const MAX_OPTIONS: usize = 8;
    let (program, mut rest) = text.split_once(' ')?;
    if !is_shell(program) {
        return None;
    }
    for _ in 0..MAX_OPTIONS {
        let (option, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        let cluster = option.strip_prefix(['-', '+'])?;
        if !cluster.starts_with('-') && cluster.contains('c') {
            return Some(behind.trim_start());
        }
        rest = if cluster.ends_with('o') { behind.split_once(' ')?.1 } else { behind };
    }
    None
}

fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or_default();
    matches!(name, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh")
}

/// The words of the exec form.
fn list(text: &str) -> Option<Vec<String>> {
    text.trim().starts_with('[').then(|| serde_json::from_str(text.trim()).ok()).flatten()
}

fn of_words(words: &[String]) -> Command {
    let joined = words.join(" ");
    match script(&joined) {
        Some(script) => Command::Script(script.to_owned()),
        None => Command::Words(joined),
    }
}

/// The layer of each row. buildah makes one layer of many rows: all of them had a part in it.
fn layers(config: &ImageConfig) -> Vec<Option<usize>> {
    let is_of_buildah = |row: &HistoryEntry| row.comment.as_ref().is_some_and(|comment| comment.contains("FROM "));
    let mut next = config.diff_ids.len();
    let mut of_build = None;
    let mut layers = Vec::with_capacity(config.history.len());
    // The rows are matched from the top, where the app's own are.
    for row in config.history.iter().rev() {
        if row.empty_layer {
            layers.push(of_build);
            continue;
        }
        let layer = next.checked_sub(1);
        next = layer.unwrap_or_default();
        of_build = if is_of_buildah(row) { layer } else { None };
        layers.push(layer);
    }
    layers.reverse();
    layers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Digest;

    fn row(created_by: &str) -> HistoryEntry {
        HistoryEntry { created_by: Some(created_by.to_owned()), ..HistoryEntry::default() }
    }

    fn read(created_by: &str) -> Instruction {
        instruction(&row(created_by), None)
    }

    fn script_of(text: &str) -> Command {
        Command::Script(text.to_owned())
    }

    const APT: &str = "apt-get update &&     apt-get install -y --no-install-recommends curl=7.88.1-10 ca-certificates &&     rm -rf /var/lib/apt/lists/*";

    /// One Dockerfile, built by docker 20.10's classic builder and `BuildKit` and by buildah 1.28.2 with
    /// `--build-arg TOKEN='s3cret word' --build-arg SOURCE_DATE_EPOCH=1700000000`.
    #[test]
    fn a_command_is_told_apart_from_build_arguments() {
        let classic = "|3 SOURCE_DATE_EPOCH=1700000000 TOKEN=s3cret word VERSION=1.0 /bin/sh -c ";
        let buildkit = "RUN |3 VERSION=1.0 TOKEN=s3cret word SOURCE_DATE_EPOCH=1700000000 /bin/sh -c ";
        // buildah counts one argument more than it writes.
        let buildah = "|4 SOURCE_DATE_EPOCH=1700000000 TOKEN=s3cret word VERSION=1.0 /bin/sh -c ";
        for created_by in [format!("{classic}{APT}"), format!("{buildkit}{APT} # buildkit"), format!("{buildah}{APT}")]
        {
            let told = read(&created_by);
            assert_eq!((told.keyword, &told.command, told.epoch), (Some("RUN"), &script_of(APT), Some(1_700_000_000)));
            assert_eq!(told.line(), format!("RUN {APT}"));
        }
        assert_eq!(read(&format!("/bin/sh -c {APT}")).command, script_of(APT));
        // kaniko writes `command.String()`, the Dockerfile's line (GoogleContainerTools/kaniko, pkg/executor/build.go).
        let kaniko = read(&format!("RUN --mount=type=cache,target=/c {APT}"));
        assert_eq!((kaniko.command, kaniko.flags), (script_of(APT), vec!["--mount=type=cache,target=/c".to_owned()]));
    }

    /// The exec form `RUN ["apt-get", "install", "-y", "less"]` in the same builds.
    #[test]
    fn words_behind_build_arguments_are_given_up() {
        let classic = "|3 SOURCE_DATE_EPOCH=1700000000 TOKEN=s3cret word VERSION=1.0 apt-get install -y less";
        let buildkit =
            "RUN |3 VERSION=1.0 TOKEN=s3cret word SOURCE_DATE_EPOCH=1700000000 apt-get install -y less # buildkit";
        for created_by in [classic, buildkit] {
            let told = read(created_by);
            assert_eq!((told.keyword, told.command, told.epoch), (Some("RUN"), Command::Untold, Some(1_700_000_000)));
            assert!(!told.text.contains("s3cret"));
        }
        let words = Command::Words("apt-get install -y less".to_owned());
        let buildah = "|4 SOURCE_DATE_EPOCH=1700000000 TOKEN=s3cret word VERSION=1.0 /bin/sh -c [\"apt-get\", \"install\", \"-y\", \"less\"]";
        assert_eq!(read(buildah).command, words);
        assert_eq!(read("apt-get install -y less").command, words);
        assert_eq!(read("RUN apt-get install -y less # buildkit").command, words);
        assert_eq!(read("RUN [\"apt-get\", \"install\", \"-y\", \"less\"]").command, words);
        assert_eq!(read("RUN [\"/bin/bash\", \"-lc\", \"a && b\"]").command, script_of("a && b"));
    }

    /// Rows of the same builds behind `SHELL ["/bin/bash", "-o", "pipefail", "-c"]`.
    #[test]
    fn the_shell_is_the_one_that_the_build_used() {
        for (shell, run) in [
            (
                "/bin/bash -o pipefail -c #(nop)  SHELL [/bin/bash -o pipefail -c]",
                "|1 TOKEN=a /bin/sh -c b /bin/bash -o pipefail -c set -ex; true",
            ),
            ("SHELL [/bin/bash -o pipefail -c]", "RUN |1 TOKEN=a /bin/bash -o pipefail -c set -ex; true # buildkit"),
            (
                "/bin/sh -c #(nop) SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
                "|2 TOKEN=a /bin/sh -c set -ex; true",
            ),
        ] {
            let config = ImageConfig { history: vec![row(shell), row(run)], ..ImageConfig::default() };
            let told = instructions(&config);
            assert_eq!((told[0].keyword, &told[1].command), (Some("SHELL"), &script_of("set -ex; true")));
        }
    }

    #[test]
    fn instructions_that_run_nothing_are_named() {
        for (created_by, keyword, text) in [
            ("/bin/sh -c #(nop)  ARG VERSION=1.0", Some("ARG"), "VERSION=1.0"),
            ("/bin/bash -o pipefail -c #(nop)  ENV LANG=C.UTF-8 TZ=Etc/UTC", Some("ENV"), "LANG=C.UTF-8 TZ=Etc/UTC"),
            ("/bin/sh -c #(nop) ADD file:dcd1 in /app/b.txt ", Some("ADD"), "file:dcd1 in /app/b.txt"),
            ("ADD --chown=1:1 https://x.org/a /b # buildkit", Some("ADD"), "https://x.org/a /b"),
            ("WORKDIR /app", Some("WORKDIR"), "/app"),
            (
                "HEALTHCHECK &{[\"CMD-SHELL\" \"curl\"] \"5s\"}",
                Some("HEALTHCHECK"),
                "&{[\"CMD-SHELL\" \"curl\"] \"5s\"}",
            ),
            ("", None, ""),
            ("/bin/sh -c echo '#(nop) ENV A=1'", Some("RUN"), "echo '#(nop) ENV A=1'"),
            ("bash", Some("RUN"), "bash"),
        ] {
            let told = read(created_by);
            assert_eq!((told.keyword, told.text.as_str()), (keyword, text), "{created_by}");
        }
        assert_eq!(read("/bin/sh").command, Command::Untold);
        let flags = |created_by: &str| read(created_by).flags;
        assert_eq!(flags("COPY --from=build --chown=1:1 /a /b # buildkit"), ["--from=build", "--chown=1:1"]);
    }

    #[test]
    fn rows_of_buildah_share_the_layer_that_comes_of_them() {
        let of = |empty_layer: bool, comment: &str| HistoryEntry {
            empty_layer,
            comment: Some(comment.to_owned()),
            ..row("/bin/sh -c true")
        };
        let layers = |history: Vec<HistoryEntry>, count: u8| {
            let diff_ids = (0..count).map(|at| Digest([at; 32])).collect();
            super::layers(&ImageConfig { diff_ids, history, ..ImageConfig::default() })
        };
        let buildah = vec![of(false, ""), of(true, ""), of(true, ""), of(false, "FROM localhost/base:1")];
        assert_eq!(layers(buildah, 2), [Some(0), Some(1), Some(1), Some(1)]);
        let classic = vec![of(false, ""), of(true, ""), of(false, "")];
        assert_eq!(layers(classic.clone(), 2), [Some(0), None, Some(1)]);
        assert_eq!(layers(classic, 1), [None, None, Some(0)], "matched from the top");
    }

    proptest! {
        #[test]
        fn any_row_is_read(text in "(RUN |/bin/sh -c |\\|[0-9] A=|#\\(nop\\) |# buildkit|\\[|\"|[ -~\n])*", any in ".{0,80}") {
            for created_by in [text.as_str(), any.as_str()] {
                let told = instruction(&row(created_by), Some("/bin/sh -c"));
                prop_assert!(told.line().len() <= created_by.len() + 80);
            }
        }
    }
}
