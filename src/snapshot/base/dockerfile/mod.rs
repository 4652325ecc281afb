//! Dockerfiles, as far as they tell the base: stages, their FROM lines, and the instructions that the history shows
//! (docs.docker.com, Dockerfile reference).

mod lines;
mod matching;
mod variables;

use std::collections::BTreeMap;

pub use self::matching::Matched;
use super::names::digest_of;
use crate::model::{self, BuildSource, ImageConfig};
use crate::oci::created_by;

/// The most bytes a Dockerfile may have: no hand writes more, and one in a provenance is a stranger's.
pub const MAX_BYTES: usize = 1 << 20;

/// The most stages that it may have.
const MAX_STAGES: usize = 1000;

/// Why a text is no Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerfileError {
    #[error("it has {0} bytes, more than the {MAX_BYTES} that are read")]
    TooLong(usize),
    #[error("it has more than {MAX_STAGES} stages")]
    TooManyStages,
    #[error("it has no FROM line")]
    NoStage,
    #[error("line {line}: {text:?} is no FROM line: write FROM IMAGE or FROM IMAGE AS NAME")]
    From { line: usize, text: String },
}

/// A Dockerfile's stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The ARGs before the first FROM, in order, with their defaults.
    arguments: Vec<(String, Option<String>)>,
    stages: Vec<Stage>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stage {
    name: Option<String>,
    /// As written: an image, or the name of a stage above.
    from: String,
    instructions: Vec<Instruction>,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Instruction {
    /// In capitals.
    keyword: String,
    /// What follows it, continued lines joined.
    text: String,
}

/// What one build of a Dockerfile came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The image that the stages stand on, variables replaced; `None` where only the build knew their values.
    pub base: Option<String>,
    /// The same as written.
    pub from: String,
    /// What was done upon it, from the bottom, through all stages that the last one stands on.
    instructions: Vec<Instruction>,
}

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// When it is too long, or has no FROM line that can be read.
    pub fn parse(text: &str) -> Result<Self, DockerfileError> {
        if text.len() > MAX_BYTES {
            return Err(DockerfileError::TooLong(text.len()));
        }
        let mut dockerfile = Self { arguments: Vec::new(), stages: Vec::new() };
        for (line, text) in lines::instructions(text) {
            let (keyword, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
            let (keyword, rest) = (keyword.to_ascii_uppercase(), rest.trim());
            let is_full = dockerfile.stages.len() >= MAX_STAGES;
            match (keyword.as_str(), dockerfile.stages.last_mut()) {
                ("FROM", _) if is_full => return Err(DockerfileError::TooManyStages),
                ("FROM", _) => {
                    let stage = Stage::parse(rest).ok_or_else(|| DockerfileError::From { line, text: text.clone() })?;
                    dockerfile.stages.push(stage);
                }
                ("ARG", None) => dockerfile.arguments.extend(variables::arguments(rest)),
                (_, Some(stage)) => stage.instructions.push(Instruction { keyword, text: rest.to_owned() }),
                (_, None) => {}
            }
        }
        if dockerfile.stages.is_empty() { Err(DockerfileError::NoStage) } else { Ok(dockerfile) }
    }

    /// What a build of the stage `target`, or of the last one, came from. `None` when there is no such stage.
    #[must_use]
    pub fn build(&self, target: Option<&str>, arguments: &BTreeMap<String, String>) -> Option<Build> {
        let known = variables::values(&self.arguments, arguments);
        let mut at = match target {
            Some(target) => self.find(target, self.stages.len()).or_else(|| target.parse().ok())?,
            None => self.stages.len().checked_sub(1)?,
        };
        let mut chain = Vec::new();
        // A stage is found only above the one that names it, so that this ends.
        let (from, base) = loop {
            let stage = self.stages.get(at)?;
            chain.push(stage);
            let base = variables::expanded(&stage.from, &known);
            match base.as_deref().and_then(|base| self.find(base, at)) {
                Some(above) => at = above,
                None => break (stage.from.clone(), base),
            }
        };
        let instructions = chain.iter().rev().flat_map(|stage| &stage.instructions).cloned().collect();
        Some(Build { base, from, instructions })
    }

    /// Every image that the stages stand on or copy from, each once.
    #[must_use]
    pub fn images(&self, arguments: &BTreeMap<String, String>) -> Vec<BuildSource> {
        let known = variables::values(&self.arguments, arguments);
        let mut images: Vec<BuildSource> = Vec::new();
        for (at, stage) in self.stages.iter().enumerate() {
            let copied = stage.instructions.iter().filter_map(Instruction::copied_from);
            for written in std::iter::once(stage.from.as_str()).chain(copied) {
                let name = variables::expanded(written, &known).unwrap_or_else(|| written.to_owned());
                let is_stage = self.find(&name, at).is_some() || name.parse::<usize>().is_ok() || name == "scratch";
                let digest = digest_of(&name).map(str::to_owned);
                // What only the build knew may have had a digest.
                let pinned = (digest.is_some() || !name.contains('$')).then_some(digest.is_some());
                let image = BuildSource { name, digest, pinned };
                if !is_stage && !images.contains(&image) {
                    images.push(image);
                }
            }
        }
        images
    }

    /// The stage of this name among the first `above`.
    fn find(&self, name: &str, above: usize) -> Option<usize> {
        let is_it = |stage: &Stage| stage.name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name));
        self.stages.iter().take(above).rposition(is_it)
    }
}

impl Stage {
    /// Reads what follows FROM: `[--platform=...] IMAGE [AS NAME]`.
    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().skip_while(|word| word.starts_with("--")).collect();
        let (from, name) = match words.as_slice() {
            [from] => (*from, None),
            [from, word, name] if word.eq_ignore_ascii_case("as") => (*from, Some((*name).to_owned())),
            _ => return None,
        };
        let from = from.trim_matches(['"', '\'']);
        (!from.is_empty()).then(|| Self { name, from: from.to_owned(), instructions: Vec::new() })
    }
}

impl Instruction {
    /// What a COPY takes files from, if not from the context.
    fn copied_from(&self) -> Option<&str> {
        let mut flags = self.text.split_whitespace().take_while(|word| word.starts_with("--"));
        (self.keyword == "COPY").then(|| flags.find_map(|flag| flag.strip_prefix("--from="))).flatten()
    }
}

impl Build {
    /// What was done upon the base, as the Dockerfile has it: one for each row of the image's history.
    #[must_use]
    pub fn instructions(&self, config: &ImageConfig) -> Vec<model::Instruction> {
        let told = |instruction: &Instruction| created_by::of_dockerfile(&instruction.keyword, &instruction.text);
        self.written(config).into_iter().map(told).collect()
    }

    /// Whether it was built from nothing.
    #[must_use]
    pub fn is_scratch(&self) -> bool {
        self.base.as_deref() == Some("scratch")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, HistoryEntry, ImageConfig};

    fn base(text: &str) -> Option<String> {
        Dockerfile::parse(text).unwrap().build(None, &BTreeMap::new()).unwrap().base
    }

    #[test]
    fn the_last_stage_is_followed_to_the_image_it_stands_on() {
        for (text, expected) in [
            ("FROM debian:12", "debian:12"),
            ("from debian:12 as x\nRUN y\nFROM X\n", "debian:12"),
            ("FROM a AS a\nFROM a\n", "a"),
            ("FROM a AS debian\nFROM b AS c\nFROM debian AS d\nFROM d\n", "a"),
            ("FROM --platform=$BUILDPLATFORM golang AS b\nFROM --platform=linux/amd64 scratch\n", "scratch"),
            ("\u{feff}# syntax=docker/dockerfile:1\n\nARG V=12 X\nFROM debian:${V}-slim\n", "debian:12-slim"),
            ("ARG A=1\nARG B=${A}.2\nFROM x:$B\n", "x:1.2"),
            ("FROM ${R:-docker.io}/x:${T:-${U:-9}}${Z:+never}\n", "docker.io/x:9"),
            ("ARG R=\"ghcr.io\"\nFROM \"$R/x\"\n", "ghcr.io/x"),
            ("FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY <<-'X' <<Y /z\nFROM c\n\tX\nFROM d\nY\n", "a"),
            ("FROM a\nRUN echo \\\n# FROM b\n\n  FROM c \\ \n  d\n", "a"),
            ("# escape=`\nFROM a\nRUN x `\n FROM b\n", "a"),
            ("FROM a\nRUN cat <<<b $((1<<2))\nFROM c@sha256:ab\n", "c@sha256:ab"),
        ] {
            assert_eq!(base(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_variable_that_only_the_build_knew_is_not_guessed() {
        assert_eq!(base("ARG BASE\nFROM $BASE\n"), None);
        assert_eq!(base("FROM x-${TARGETARCH}\n"), None);
        assert_eq!(base("FROM ${\n"), None);
        let deep = format!("FROM {}x{}\n", "${A:-".repeat(5000), "}".repeat(5000));
        assert_eq!(base(&deep), None);
        let doubling = (1..200).map(|at| format!("ARG A{at}=$A{below}$A{below}\n", below = at - 1));
        let doubling = doubling.collect::<Vec<_>>().concat();
        assert_eq!(base(&format!("ARG A0=x\n{doubling}FROM $A199\n")), None);
        let dockerfile = Dockerfile::parse("ARG BASE\nFROM $BASE AS a\nFROM b AS c\n").unwrap();
        let given = BTreeMap::from([("BASE".to_owned(), "d:1".to_owned())]);
        assert_eq!(dockerfile.build(Some("A"), &given).unwrap().base.as_deref(), Some("d:1"));
        assert_eq!(dockerfile.build(Some("0"), &given).unwrap().base.as_deref(), Some("d:1"));
        assert_eq!(dockerfile.build(Some("nothing"), &given), None);
    }

    #[test]
    fn what_is_no_dockerfile_is_refused() {
        assert_eq!(Dockerfile::parse(""), Err(DockerfileError::NoStage));
        assert_eq!(Dockerfile::parse("RUN x\n# FROM y\n"), Err(DockerfileError::NoStage));
        let wrong = Dockerfile::parse("\nFROM a b c\n");
        assert_eq!(wrong, Err(DockerfileError::From { line: 2, text: "FROM a b c".to_owned() }));
        let long = "#".repeat(MAX_BYTES + 1);
        assert_eq!(Dockerfile::parse(&long), Err(DockerfileError::TooLong(MAX_BYTES + 1)));
        assert_eq!(Dockerfile::parse(&"FROM a\n".repeat(MAX_STAGES + 1)), Err(DockerfileError::TooManyStages));
    }

    fn image(rows: &[(&str, bool)]) -> ImageConfig {
        let row = |(created_by, empty_layer): &(&str, bool)| HistoryEntry {
            created_by: Some((*created_by).to_owned()),
            empty_layer: *empty_layer,
            ..HistoryEntry::default()
        };
        let layers = rows.iter().filter(|(_, empty)| !empty).count();
        let diff_ids = (0..layers).map(|at| Digest([u8::try_from(at).unwrap(); 32])).collect();
        ImageConfig { history: rows.iter().map(row).collect(), diff_ids, ..ImageConfig::default() }
    }

    /// Rows as docker 20.10 writes them, by the classic builder and by `BuildKit`.
    #[test]
    fn the_history_tells_where_the_instructions_begin() {
        let text = "FROM x\nARG V=1\nRUN --mount=type=cache,target=/c apt-get update && \\\n    apt-get install -y a\nCOPY . /app\nUSER app\n";
        let build = Dockerfile::parse(text).unwrap().build(None, &BTreeMap::new()).unwrap();
        let base = [("/bin/sh -c #(nop) ADD file:4f2 in / ", false), ("/bin/sh -c #(nop)  CMD [\"bash\"]", true)];
        let classic = [
            ("/bin/sh -c #(nop)  ARG V=1", true),
            ("|1 V=1 /bin/sh -c apt-get update &&     apt-get install -y a", false),
            ("/bin/sh -c #(nop) COPY dir:309 in /app ", false),
            ("/bin/sh -c #(nop)  USER app", true),
        ];
        let buildkit = [
            ("ARG V=1", true),
            ("RUN |1 V=1 /bin/sh -c apt-get update &&     apt-get install -y a # buildkit", false),
            ("COPY . /app # buildkit", false),
            ("USER app", true),
        ];
        assert_eq!(build.matched(&image(&[&base[..], &classic[..]].concat())), Matched::Layers(1));
        assert_eq!(build.matched(&image(&[&base[..], &buildkit[..]].concat())), Matched::Layers(1));
        assert_eq!(build.matched(&image(&buildkit)), Matched::Layers(0));
        let mut other = [&base[..], &classic[..]].concat();
        other[3].0 = "|1 V=1 /bin/sh -c apt-get update && apt-get install -y b";
        assert_eq!(build.matched(&image(&other)), Matched::No);
        assert_eq!(build.matched(&image(&classic[1..])), Matched::No);
        assert_eq!(build.matched(&image(&[])), Matched::Unknown);
        // A stranger's Dockerfile with the same keywords.
        let copied = |text: &str| {
            let build = Dockerfile::parse(text).unwrap().build(None, &BTreeMap::new()).unwrap();
            let classic =
                [("/bin/sh -c #(nop) COPY dir:309 in /app/ ", false), ("/bin/sh -c #(nop)  CMD [\"a\" \"b\"]", true)];
            let buildkit = [("COPY . /app/ # buildkit", false), ("CMD [\"a\" \"b\"]", true)];
            [&classic[..], &buildkit[..]].map(|rows| build.matched(&image(&[&base[..], rows].concat())))
        };
        assert_eq!(copied("FROM x\nCOPY . /app\nCMD [\"a\", \"b\"]\n"), [Matched::Layers(1); 2]);
        assert_eq!(copied("FROM x\nCOPY . /srv\nCMD [\"a\", \"b\"]\n"), [Matched::No; 2]);
        assert_eq!(copied("FROM x\nCOPY . /app\nCMD [\"a\", \"c\"]\n"), [Matched::No; 2]);
        assert_eq!(copied("FROM x\nCOPY . $WHERE\nCMD a b\n"), [Matched::Layers(1); 2]);
        let alone = Dockerfile::parse("FROM y\n").unwrap().build(None, &BTreeMap::new()).unwrap();
        assert_eq!(alone.matched(&image(&classic)), Matched::Unknown, "it fits any image");
        let mut appended = image(&[&base[..], &classic[..]].concat());
        appended.diff_ids.push(Digest([9; 32]));
        assert_eq!(build.matched(&appended), Matched::Unknown);
    }
}
