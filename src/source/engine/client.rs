//! The connection to one engine: the few calls that are needed of it, and its answers in this program's words.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ImageInspect, ImageSummary};
use bollard::query_parameters::ListImagesOptions;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use futures_util::StreamExt as _;

use super::endpoint::{Endpoint, Surroundings, endpoints};
use super::error::{Attempt, EngineAt, EngineError, Obstacle};
use super::{Engine, SourceError};
use crate::model::Progress;
use crate::oci::Platform;
use crate::source::bridge::{self, ChunkReader};

/// How long an engine may take to say what it is or has.
const ANSWER: Duration = Duration::from_mins(1);

/// How long an engine may prepare an export: docker writes all of it to temporary files before the first byte.
const EXPORT: Duration = Duration::from_hours(2);

/// An engine that answered.
pub(super) struct Client {
    docker: Docker,
    pub(super) at: EngineAt,
}

impl Client {
    /// Connects to `engine`: to the one place that the user names, else to the first one that answers.
    pub(super) fn connect(engine: Engine, progress: &Progress) -> Result<Self, SourceError> {
        let variable = |name: &str| std::env::var(name).ok();
        let around = Surroundings { variable: &variable, home: etcetera::home_dir().ok() };
        let mut tried = Vec::new();
        for endpoint in endpoints(engine, &around)? {
            match Self::try_endpoint(engine, &endpoint, progress)? {
                Ok(client) => return Ok(client),
                Err(obstacle) => {
                    let Endpoint { address, origin, .. } = endpoint;
                    tried.push(Attempt { address, origin, obstacle });
                }
            }
        }
        Err(EngineError::NotThere { engine, tried }.into())
    }

    fn try_endpoint(
        engine: Engine,
        endpoint: &Endpoint,
        progress: &Progress,
    ) -> Result<Result<Self, Obstacle>, SourceError> {
        if let Some(obstacle) = socket_obstacle(&endpoint.address) {
            return Ok(Err(obstacle));
        }
        if engine == Engine::Podman && endpoint.address.starts_with("ssh://") {
            let way_out = "Podman is not reached by ssh; forward its socket (ssh -N -L /tmp/podman.sock:SOCKET HOST) and \
                           set CONTAINER_HOST=unix:///tmp/podman.sock";
            return Ok(Err(Obstacle::Other(way_out.to_owned())));
        }
        let docker = match connection(endpoint) {
            Ok(docker) => docker.with_timeout(ANSWER),
            Err(error) => return Ok(Err(obstacle(&error))),
        };
        let asked = docker.clone();
        match ask(async move { asked.version().await }, progress)? {
            Ok(version) => {
                let components = version.components.unwrap_or_default();
                // Podman also answers at docker's address, where podman-docker is installed.
                let is_podman = components.iter().any(|component| component.name.starts_with("Podman"));
                let engine = if is_podman { Engine::Podman } else { engine };
                Ok(Ok(Self { docker, at: EngineAt { engine, address: endpoint.address.clone() } }))
            }
            Err(error) => Ok(Err(obstacle(&error))),
        }
    }

    /// What the engine says of the image `name`; the error is the engine's refusal, not yet in our words.
    pub(super) fn inspect(
        &self,
        name: &str,
        platform: Option<&Platform>,
        progress: &Progress,
    ) -> Result<Result<ImageInspect, Refusal>, SourceError> {
        let (docker, name) = (self.for_platform(platform), name.to_owned());
        let answer = ask(async move { docker.inspect_image(&name).await }, progress)?;
        match answer {
            Ok(image) => Ok(Ok(image)),
            Err(Error::DockerResponseServerError { status_code, message }) => {
                Ok(Err(Refusal { is_absence: status_code == 404, message }))
            }
            Err(error) => Err(self.refused("describe the image", &error)),
        }
    }

    /// All images, those without a name too.
    pub(super) fn images(&self, progress: &Progress) -> Result<Vec<ImageSummary>, SourceError> {
        let docker = self.docker.clone();
        let options = ListImagesOptions { all: true, ..ListImagesOptions::default() };
        ask(async move { docker.list_images(Some(options)).await }, progress)?
            .map_err(|error| self.refused("list its images", &error))
    }

    /// The images with these IDs in one archive, layers that several of them have once.
    pub(super) fn export(
        &self,
        ids: &[String],
        platform: Option<&Platform>,
        progress: Arc<Progress>,
    ) -> io::Result<(ChunkReader, Arc<Transfer>)> {
        let docker = self.for_platform(platform).with_timeout(EXPORT);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let transfer = Arc::new(Transfer::default());
        let seen = Arc::clone(&transfer);
        let chunks = docker.export_images(&ids).map(move |chunk| match chunk {
            Ok(chunk) => {
                seen.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                Ok(chunk)
            }
            Err(error) => {
                let text = explained(&error);
                *seen.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.clone());
                Err(io::Error::other(text))
            }
        });
        Ok((bridge::reader(chunks, progress)?, transfer))
    }

    /// The error that the engine would not do what it was asked for.
    fn refused(&self, doing: &'static str, error: &Error) -> SourceError {
        EngineError::Refused { at: self.at.clone(), doing, answer: explained(error) }.into()
    }

    /// The connection whose requests name the platform. The client library has no parameter for it, so the request is
    /// rewritten; engines before API 1.48 (1.49 for inspect), and Podman, pass over it.
    fn for_platform(&self, platform: Option<&Platform>) -> Docker {
        let docker = self.docker.clone();
        let Some(platform) = platform else { return docker };
        let query = format!("platform={}", escaped(&as_json(platform)));
        docker.with_request_modifier(move |request| with_query(request, &query))
    }
}

/// Why an engine does not describe an image.
pub(super) struct Refusal {
    pub(super) is_absence: bool,
    pub(super) message: String,
}

/// What became of an export so far.
#[derive(Default)]
pub(super) struct Transfer {
    bytes: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl Transfer {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Why the engine stopped sending, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Waits for the answer to one question.
fn ask<T>(
    question: impl Future<Output = Result<T, Error>>,
    progress: &Progress,
) -> Result<Result<T, Error>, SourceError> {
    match bridge::wait(question, progress) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(SourceError::Stopped),
        Err(error) => Ok(Err(error.into())),
    }
}

fn connection(endpoint: &Endpoint) -> Result<Docker, Error> {
    let (address, seconds) = (endpoint.address.as_str(), ANSWER.as_secs());
    // One provider of cryptography for all of the process; whoever came first has chosen the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match &endpoint.tls {
        Some(tls) => Docker::connect_with_ssl(address, &tls.key, &tls.cert, &tls.ca, seconds, API_DEFAULT_VERSION),
        // Not `connect_with_host`, which looks at the variables again.
        None if address.starts_with("tcp://") || address.starts_with("http://") => {
            Docker::connect_with_http(address, seconds, API_DEFAULT_VERSION)
        }
        None => Docker::connect_with_host(address),
    }
}

/// What can be told of a socket without connecting.
fn socket_obstacle(address: &str) -> Option<Obstacle> {
    let path = address.strip_prefix("unix://")?;
    match Path::new(path).metadata() {
        Ok(_) => None,
        Err(error) => Some(match error.kind() {
            io::ErrorKind::NotFound => Obstacle::NoSocket,
            io::ErrorKind::PermissionDenied => Obstacle::Denied,
            _ => Obstacle::Other(error.to_string()),
        }),
    }
}

fn obstacle(error: &Error) -> Obstacle {
    match (io_cause(error).map(io::Error::kind), error) {
        (Some(io::ErrorKind::PermissionDenied), _) => Obstacle::Denied,
        (Some(io::ErrorKind::ConnectionRefused), _) => Obstacle::NobodyListens,
        (_, Error::SocketNotFoundError(_)) => Obstacle::NoSocket,
        (_, Error::RequestTimeoutError) => Obstacle::Other(format!("no answer within {} s", ANSWER.as_secs())),
        _ => Obstacle::Other(explained(error)),
    }
}

/// The failure of the operating system at the bottom of `error`.
fn io_cause(error: &Error) -> Option<&io::Error> {
    // It shows its cause's cause as its own.
    if let Error::IOError { err } = error {
        return Some(err);
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error);
        }
        cause = error.source();
    }
    None
}

/// The error with what caused it, for the client library's own words often name the layer that failed and not why.
fn explained(error: &Error) -> String {
    if let Error::DockerResponseServerError { message, .. } = error {
        return message.clone();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// The platform as the engine's API takes it.
fn as_json(platform: &Platform) -> String {
    let mut json = serde_json::json!({"os": platform.os, "architecture": platform.architecture});
    if let (Some(variant), Some(fields)) = (&platform.variant, json.as_object_mut()) {
        fields.insert("variant".to_owned(), variant.as_str().into());
    }
    json.to_string()
}

/// The text as a query's value (RFC 3986, all but the unreserved characters as percent signs and digits).
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn with_query(mut request: BollardRequest, query: &str) -> BollardRequest {
    let uri = request.uri().to_string();
    let separator = if uri.contains('?') { '&' } else { '?' };
    // The request itself cannot be refused here; without the platform the engine answers for its own.
    if let Ok(uri) = format!("{uri}{separator}{query}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_stands_in_the_query_as_the_api_wants_it() {
        let platform: Platform = "linux/arm64/v8".parse().unwrap();
        let json = as_json(&platform);
        assert_eq!(json, r#"{"os":"linux","architecture":"arm64","variant":"v8"}"#);
        assert_eq!(escaped("{\"a\":1}"), "%7B%22a%22%3A1%7D");
    }

    #[test]
    fn errors_are_told_with_their_causes() {
        let error = Error::from(io::Error::new(io::ErrorKind::ConnectionRefused, "refused"));
        assert_eq!(obstacle(&error), Obstacle::NobodyListens);
        assert_eq!(socket_obstacle("unix:///no/such/socket"), Some(Obstacle::NoSocket));
        assert_eq!(socket_obstacle("tcp://far:1"), None);
    }
}
