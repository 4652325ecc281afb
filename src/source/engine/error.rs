//! Why an engine gives no image, in words that name the engine, where it was looked for and what to do next.

use std::fmt::{self, Write as _};

use super::Engine;
use crate::model::text::visible;
use crate::source::error::below;

/// Why an engine gives no image. [`EngineError::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("no {engine} engine answers:{}", lines(tried))]
    NotThere { engine: Engine, tried: Vec<Attempt> },
    /// What the user set up to say where the engine is does not say it.
    #[error("{what}")]
    Setup { what: String, way_out: String },
    #[error("{} cannot be the name of an image", quoted(name))]
    Name { name: String },
    #[error("{at} has no image {}{}", quoted(name), alternatives(there, *more))]
    NoSuchImage { at: EngineAt, name: String, there: Vec<String>, more: usize },
    /// The beginning of several images' IDs.
    #[error("{} is the beginning of {} image IDs of {at}:{}", quoted(name), candidates.len(), rows(candidates, 0))]
    Ambiguous { at: EngineAt, name: String, candidates: Vec<String> },
    /// The engine answered, but not with what it was asked for.
    #[error("{at} would not {doing}: {}", visible(answer))]
    Refused { at: EngineAt, doing: &'static str, answer: String },
    /// The export of an image ended before all of it had come.
    #[error("{at} stopped sending {} after {bytes} bytes: {}", quoted(name), visible(why))]
    Cut { at: EngineAt, name: String, bytes: u64, why: String },
}

/// An engine and where it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineAt {
    pub engine: Engine,
    /// `unix:///PATH`, `tcp://HOST:PORT`, `ssh://USER@HOST`.
    pub address: String,
}

impl fmt::Display for EngineAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.engine, address(&self.address))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        })
    }
}

/// One address that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub address: String,
    /// What names the address: a variable, a context, or `the default`.
    pub origin: String,
    pub obstacle: Obstacle,
}

/// What stood in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    NoSocket,
    Denied,
    NobodyListens,
    Other(String),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSocket => f.write_str("there is no such socket"),
            Self::Denied => f.write_str("permission denied"),
            Self::NobodyListens => f.write_str("connection refused, nobody listens there"),
            Self::Other(what) => f.write_str(&visible(what)),
        }
    }
}

impl EngineError {
    /// What to do next, as one sentence or two for the line below the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotThere { engine, tried } => Some(start_hint(*engine, tried)),
            Self::Setup { way_out, .. } => Some(way_out.clone()),
            Self::Name { .. } => Some("Write NAME[:TAG], NAME@DIGEST, or an image ID.".to_owned()),
            Self::NoSuchImage { at, name, .. } => Some(fetch_hint(at.engine, name)),
            Self::Ambiguous { .. } => Some("Write more of the ID.".to_owned()),
            Self::Refused { at, .. } => Some(format!("The log of {} may say more.", at.engine)),
            Self::Cut { at, .. } => {
                let command = program(at.engine);
                Some(format!("See whether the engine still runs ({command} info), and try again: nothing was kept."))
            }
        }
    }
}

/// The engine's own command.
pub(super) fn program(engine: Engine) -> &'static str {
    match engine {
        Engine::Docker => "docker",
        Engine::Podman => "podman",
    }
}

fn start_hint(engine: Engine, tried: &[Attempt]) -> String {
    let denied = tried.iter().any(|attempt| attempt.obstacle == Obstacle::Denied);
    match (engine, denied) {
        (Engine::Docker, true) => {
            "Add yourself to the docker group (sudo usermod -aG docker $USER, then log in again), \
                                   or use sudo."
                .to_owned()
        }
        (Engine::Docker, false) => "Start it, or say where it is with DOCKER_HOST or a docker context. Without it: \
                                    registry:NAME, or an archive that docker save wrote."
            .to_owned(),
        (Engine::Podman, true) => {
            "The socket is another user's: use sudo, or start your own with systemctl --user start \
                                   podman.socket."
                .to_owned()
        }
        (Engine::Podman, false) => "Start its service (systemctl --user start podman.socket), or say where it is with \
                                    CONTAINER_HOST. Without it: podman save NAME -o image.tar"
            .to_owned(),
    }
}

fn fetch_hint(engine: Engine, name: &str) -> String {
    let (program, name) = (program(engine), visible(name));
    if name.len() >= 7 && name.trim_start_matches("sha256:").chars().all(|character| character.is_ascii_hexdigit()) {
        return format!("{program} image ls shows the names and IDs of all.");
    }
    format!("Fetch it ({program} pull {name}), or read it where it is: registry:{name}")
}

/// An address to be shown: without the password that some people write into it.
pub(in crate::source) fn address(text: &str) -> String {
    let shown = text.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (login, host) = authority.rsplit_once('@')?;
        let user = login.split_once(':').map_or(login, |(user, _)| user);
        Some(format!("{scheme}://{user}@{host}{path}"))
    });
    visible(shown.as_deref().unwrap_or(text)).into_owned()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text))
}

fn lines(tried: &[Attempt]) -> String {
    tried.iter().fold(String::new(), |mut text, Attempt { address, origin, obstacle }| {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {} ({}): {obstacle}", self::address(address), visible(origin));
        text
    })
}

fn alternatives(there: &[String], more: usize) -> String {
    if there.is_empty() { "; it has none at all".to_owned() } else { format!("; it has:{}", rows(there, more)) }
}

fn rows(rows: &[String], more: usize) -> String {
    let mut text = below(rows);
    if more > 0 {
        let _ = write!(text, "\n  and {more} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        for (written, shown) in [
            ("ssh://root:hunter2@host:22/run/podman.sock", "ssh://root@host:22/run/podman.sock"),
            ("tcp://me:p@ss@host", "tcp://me@host"),
            ("ssh://root@host", "ssh://root@host"),
            ("unix:///run/a@b:c.sock", "unix:///run/a@b:c.sock"),
            ("host\u{1b}", "host\\x1b"),
        ] {
            let at = EngineAt { engine: Engine::Podman, address: written.to_owned() };
            let tried = [Attempt { address: written.to_owned(), origin: "X".to_owned(), obstacle: Obstacle::Denied }];
            assert_eq!(at.to_string(), format!("Podman at {shown}"));
            assert_eq!(lines(&tried), format!("\n  {shown} (X): permission denied"));
        }
    }
}
