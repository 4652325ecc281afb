//! One instruction of a build, as a history or a Dockerfile tells it.

use super::BuildSource;

/// One instruction. Values of build arguments are not in it: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// In capitals: `RUN`, `COPY`, ...; `None` where the row tells of none.
    pub keyword: Option<&'static str>,
    /// What follows the keyword, without flags and build arguments.
    pub text: String,
    /// What was run; of other instructions [`Command::Untold`].
    pub command: Command,
    /// `--mount=...`, `--checksum=...`, as far as they are told.
    pub flags: Vec<String>,
    /// Whether all its flags are told: only a Dockerfile does so.
    pub tells_flags: bool,
    /// `SOURCE_DATE_EPOCH`, where it was among the build arguments.
    pub epoch: Option<i64>,
    /// The layer it made, or had a part in, from the bottom.
    pub layer: Option<usize>,
    /// When, as RFC 3339.
    pub created: Option<String>,
}

/// What a RUN instruction ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A text for a shell.
    Script(String),
    /// A program and its arguments, joined by spaces.
    Words(String),
    /// Not recorded, or not to be told apart from what else stands there.
    Untold,
}

impl Instruction {
    /// The keywords of a Dockerfile, but for FROM, which no history tells.
    pub const KEYWORDS: [&'static str; 17] = [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ];

    /// The keyword as it is written here, if `word` is one.
    #[must_use]
    pub fn keyword(word: &str) -> Option<&'static str> {
        Self::KEYWORDS.into_iter().find(|known| *known == word)
    }

    /// The instruction as one would write it.
    #[must_use]
    pub fn line(&self) -> String {
        let keyword = self.keyword.unwrap_or_default();
        format!("{keyword} {}", self.text).trim().to_owned()
    }
}

/// What is told of how an image was built, by its history and by a Dockerfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSteps {
    /// From the bottom, the base's too unless `is_own_only`.
    pub instructions: Vec<Instruction>,
    /// Whether these are a Dockerfile's alone, because the history does not tell instructions.
    pub is_own_only: bool,
    /// What told more than the history: a Dockerfile's path, the provenance.
    pub told_by: Option<String>,
    /// Every image that the build took from; empty where that is not told.
    pub inputs: Vec<BuildSource>,
}
