//! Dockerfiles, as far as they tell the base: stages, their FROM lines, and the instructions that the history shows
//! (docs.docker.com, Dockerfile reference).

mod lines;
mod matching;
mod variables;

use std::collections::BTreeMap;

pub use self::matching::Matched;

/// The most bytes a Dockerfile may have: no hand writes more, and one in a provenance is a stranger's.
pub const MAX_BYTES: usize = 1 << 20;

/// Why a text is no Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerfileError {
    #[error("it has {0} bytes, more than the {MAX_BYTES} that are read")]
    TooLong(usize),
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
            match (keyword.as_str(), dockerfile.stages.last_mut()) {
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

impl Build {
    /// Whether it was built from nothing.
    #[must_use]
    pub fn is_scratch(&self) -> bool {
        self.base.as_deref() == Some("scratch")
    }
}
