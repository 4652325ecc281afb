//! Where a reference's image is: in an engine, or somewhere that is read without one. A name that says no place is asked
//! for in the local Docker engine, then in Podman, then in the registry that the name means.

use std::path::Path;
use std::thread;

use super::engine::{self, EngineError, Engines, Located, Obstacle};
use super::{Engine, Host, Location, OpenImage, OpenOptions, Reference, SourceError, open, registry};
use crate::model::Progress;

/// Where an image is.
pub(super) enum Place<'a> {
    Engine(Box<Located>),
    /// No engine has the image of this name; what each has answered.
    Registry(&'a str, Vec<String>),
    /// On disk or in a registry, as the reference says.
    Said(&'a Reference),
}

/// Finds where `reference` leads.
pub(super) fn find<'a>(
    reference: &'a Reference,
    engines: &mut Engines,
    options: &OpenOptions<'_>,
    progress: &Progress,
) -> Result<Place<'a>, SourceError> {
    match &reference.location {
        Location::Engine(engine, name) => {
            engines.locate(*engine, name, options, progress).map(|image| Place::Engine(Box::new(image)))
        }
        Location::Name(name) => in_engines(name, engines, options, progress),
        Location::Path(_) | Location::Embedded(_) | Location::Registry(_) => Ok(Place::Said(reference)),
    }
}

fn in_engines<'a>(
    name: &'a str,
    engines: &mut Engines,
    options: &OpenOptions<'_>,
    progress: &Progress,
) -> Result<Place<'a>, SourceError> {
    let mut answers = Vec::new();
    for engine in [Engine::Docker, Engine::Podman] {
        match engines.locate(engine, name, options, progress) {
            Ok(image) => return Ok(Place::Engine(Box::new(image))),
            Err(error) => answers.extend(answer(engine, error)?),
        }
    }
    Ok(Place::Registry(name, answers))
}

/// What an engine that does not have the image has answered, in a line; nothing when there is no such engine. Another
/// failure is one of the whole search: a registry's image of the same name may not be the one that was meant.
fn answer(engine: Engine, error: SourceError) -> Result<Option<String>, SourceError> {
    match error {
        SourceError::Engine(EngineError::NotThere { tried, .. }) => {
            let obstacle = tried.iter().find(|attempt| attempt.obstacle != Obstacle::NoSocket);
            Ok(match (obstacle.or_else(|| tried.first()), engine) {
                (Some(attempt), _) if attempt.obstacle != Obstacle::NoSocket => {
                    Some(format!("{engine} at {}: {}", engine::address(&attempt.address), attempt.obstacle))
                }
                (Some(attempt), Engine::Docker) => {
                    Some(format!("{engine}: no engine runs here (no socket {})", engine::address(&attempt.address)))
                }
                _ => None,
            })
        }
        SourceError::Engine(EngineError::NoSuchImage { at, .. }) => Ok(Some(format!("{at}: no image of this name"))),
        SourceError::Engine(EngineError::Name { .. }) => Ok(Some(format!("{engine}: this cannot be an image's name"))),
        SourceError::NoSuchPlatform { wanted, found, .. } => {
            Ok(Some(format!("{engine}: has it for {}, not for {wanted}", found.join(", "))))
        }
        other => Err(other),
    }
}

/// Reads what is at `place`.
pub(super) fn read(
    place: &Place<'_>,
    options: &OpenOptions<'_>,
    host: &mut dyn Host,
) -> Result<OpenImage, SourceError> {
    match place {
        Place::Engine(image) => engine::open(image, options, host),
        Place::Registry(name, answers) => match registry::open(Path::new(name), name, options, host) {
            Ok(image) => Ok(image),
            Err(_) if host.progress().is_cancelled() => Err(SourceError::Stopped),
            Err(error) => {
                let text = error.to_string();
                let line = format!("registry: {}", text.lines().next().unwrap_or_default());
                let (name, answers) = ((*name).to_owned(), answers.iter().cloned().chain([line]).collect());
                Err(SourceError::Nowhere { name, answers, way_out: error.hint() })
            }
        },
        Place::Said(reference) => open(reference, options, host),
    }
}

/// Opens two images at once. Where both come out of one engine they come in one stream.
pub(super) fn open_both(
    references: [&Reference; 2],
    options: &OpenOptions<'_>,
    hosts: [&mut dyn Host; 2],
) -> [Result<OpenImage, SourceError>; 2] {
    let ([left, right], [left_host, right_host]) = (references, hosts);
    let mut engines = Engines::default();
    let progress = left_host.progress();
    // All names are found before anything is read: a slip in one of them is told at once.
    let left = match find(left, &mut engines, options, &progress) {
        Ok(place) => place,
        Err(error) => return [Err(error), Err(SourceError::Stopped)],
    };
    let right = match find(right, &mut engines, options, &progress) {
        Ok(place) => place,
        Err(error) => return [Err(SourceError::Stopped), Err(error)],
    };
    if let (Place::Engine(left), Place::Engine(right)) = (&left, &right)
        && left.is_beside(right)
    {
        return engine::open_both([left, right], options, [left_host, right_host]);
    }
    thread::scope(|scope| {
        let other = scope.spawn(|| read(&right, options, right_host));
        let left = read(&left, options, left_host);
        [left, other.join().unwrap_or(Err(SourceError::Stopped))]
    })
}
