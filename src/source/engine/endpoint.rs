//! Where the engines answer: variables, docker's contexts, and the sockets that are the rule.
//!
//! In the order of docker's own command (docker/cli `cli/command/cli.go`): `DOCKER_HOST`, then `DOCKER_CONTEXT`, then the
//! `currentContext` of its configuration, then the default socket.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Engine, EngineError};
use crate::archive::sha256;
use crate::model::text::visible;

/// The context that means: no context.
const DEFAULT_CONTEXT: &str = "default";

/// Bytes of a configuration file; real ones have some hundred.
const CONFIG_BYTES: u64 = 1 << 20;

/// One place where an engine may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) address: String,
    /// What names it.
    pub(super) origin: String,
    pub(super) tls: Option<Tls>,
}

/// The files that a connection by TLS needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) ca: PathBuf,
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

impl Tls {
    fn of(folder: &Path) -> Self {
        Self { ca: folder.join("ca.pem"), cert: folder.join("cert.pem"), key: folder.join("key.pem") }
    }
}

/// The user's surroundings.
pub(super) struct Surroundings<'a> {
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) home: Option<PathBuf>,
}

impl Surroundings<'_> {
    /// A variable that is empty is not set.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// The folder of docker's configuration.
    fn docker_config(&self) -> Option<PathBuf> {
        self.get("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(self.home.as_ref()?.join(".docker")))
    }
}

/// Where `engine` may answer: the one place that the user names, else all that are the rule.
pub(super) fn endpoints(engine: Engine, around: &Surroundings<'_>) -> Result<Vec<Endpoint>, EngineError> {
    let named = match engine {
        Engine::Docker => match around.get("DOCKER_HOST") {
            Some(host) => Some(Endpoint { tls: tls_by_variables(around, &host), ..named(host, "DOCKER_HOST") }),
            None => by_context(around)?,
        },
        Engine::Podman => around.get("CONTAINER_HOST").map(|host| named(host, "CONTAINER_HOST")),
    };
    Ok(match named {
        Some(endpoint) => vec![Endpoint { address: completed(&endpoint.address, endpoint.tls.is_some()), ..endpoint }],
        None => defaults(engine, around),
    })
}

fn named(address: String, origin: &str) -> Endpoint {
    Endpoint { address, origin: origin.to_owned(), tls: None }
}

/// The address with the scheme and port that docker implies.
fn completed(address: &str, tls: bool) -> String {
    let address = if address.contains("://") { address.to_owned() } else { format!("tcp://{address}") };
    let Some(authority) = address.strip_prefix("tcp://") else { return address };
    let authority = authority.trim_end_matches('/');
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.chars().all(|digit| digit.is_ascii_digit()));
    match (has_port, tls) {
        (true, _) => format!("tcp://{authority}"),
        (false, true) => format!("tcp://{authority}:2376"),
        (false, false) => format!("tcp://{authority}:2375"),
    }
}

fn tls_by_variables(around: &Surroundings<'_>, host: &str) -> Option<Tls> {
    let is_local = host.starts_with("unix://") || host.starts_with("npipe://") || host.starts_with("ssh://");
    let is_asked = around.get("DOCKER_TLS_VERIFY").is_some() || host.starts_with("https://");
    if is_local || !is_asked {
        return None;
    }
    let folder = around.get("DOCKER_CERT_PATH").map(PathBuf::from).or_else(|| around.docker_config())?;
    Some(Tls::of(&folder))
}

/// The sockets that are the rule, in the order to try them.
fn defaults(engine: Engine, around: &Surroundings<'_>) -> Vec<Endpoint> {
    let runtime = around.get("XDG_RUNTIME_DIR");
    let in_runtime = |name: &str| Some(format!("unix://{}/{name}", runtime.as_deref()?.trim_end_matches('/')));
    let addresses = match engine {
        Engine::Docker if cfg!(windows) => vec![Some("npipe:////./pipe/docker_engine".to_owned())],
        Engine::Docker => vec![
            Some("unix:///var/run/docker.sock".to_owned()),
            in_runtime("docker.sock"),
            // Docker Desktop's.
            around.home.as_ref().map(|home| format!("unix://{}/.docker/run/docker.sock", home.display())),
        ],
        Engine::Podman => vec![
            in_runtime("podman/podman.sock"),
            user_id().map(|id| format!("unix:///run/user/{id}/podman/podman.sock")),
            Some("unix:///run/podman/podman.sock".to_owned()),
        ],
    };
    let mut found: Vec<Endpoint> = Vec::new();
    for address in addresses.into_iter().flatten() {
        if !found.iter().any(|endpoint| endpoint.address == address) {
            found.push(named(address, "the default"));
        }
    }
    found
}

#[cfg(unix)]
fn user_id() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    // There is no safe call for it in the standard library; the kernel shows it.
    fs::metadata("/proc/self").ok().map(|metadata| metadata.uid())
}

#[cfg(not(unix))]
fn user_id() -> Option<u32> {
    None
}

/// The part of docker's `config.json` that names the context in use.
#[derive(Deserialize)]
struct Config {
    #[serde(default, rename = "currentContext")]
    current_context: Option<String>,
}

/// A context's `meta.json`.
#[derive(Deserialize)]
struct Meta {
    #[serde(default, rename = "Endpoints")]
    endpoints: MetaEndpoints,
}

#[derive(Deserialize, Default)]
struct MetaEndpoints {
    docker: Option<MetaEndpoint>,
}

#[derive(Deserialize)]
struct MetaEndpoint {
    #[serde(default, rename = "Host")]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

/// The endpoint of the context in use; `None` when it is the default one.
fn by_context(around: &Surroundings<'_>) -> Result<Option<Endpoint>, EngineError> {
    let Some(folder) = around.docker_config() else { return Ok(None) };
    let (name, by) = match around.get("DOCKER_CONTEXT") {
        Some(name) => (name, "DOCKER_CONTEXT".to_owned()),
        None => match current_context(&folder)? {
            Some(name) => (name, folder.join("config.json").display().to_string()),
            None => return Ok(None),
        },
    };
    if name == DEFAULT_CONTEXT {
        return Ok(None);
    }
    let setup = |what: String| {
        let way_out = "docker context ls shows what there is; DOCKER_HOST names an engine without a context.";
        EngineError::Setup { what, way_out: way_out.to_owned() }
    };
    let shown = visible(&name).into_owned();
    // docker names a context's folders by the digest of its name (docker/cli `cli/context/store`).
    let id = sha256(name.as_bytes()).hex();
    let path = folder.join("contexts/meta").join(&id).join("meta.json");
    let Some(bytes) = read(&path)? else {
        return Err(setup(format!("{by} names the docker context \"{shown}\", but there is none of this name")));
    };
    let meta: Meta = serde_json::from_slice(&bytes)
        .map_err(|error| setup(format!("the docker context \"{shown}\" is broken: {}: {error}", path.display())))?;
    let Some(MetaEndpoint { host, skip_tls_verify }) = meta.endpoints.docker.filter(|docker| !docker.host.is_empty())
    else {
        return Err(setup(format!("the docker context \"{shown}\" names no docker endpoint")));
    };
    let tls = Tls::of(&folder.join("contexts/tls").join(&id).join("docker"));
    let tls = [&tls.ca, &tls.cert, &tls.key].iter().any(|file| file.exists()).then_some(tls);
    if skip_tls_verify && host.starts_with("tcp://") {
        return Err(EngineError::Setup {
            what: format!("the docker context \"{shown}\" says not to verify the engine's certificate (SkipTLSVerify)"),
            way_out: "This program always verifies it: add the engine's CA to the context (docker context update \
                      --docker host=...,ca=...), or reach the engine by ssh://."
                .to_owned(),
        });
    }
    Ok(Some(Endpoint { address: host, origin: format!("the docker context \"{shown}\""), tls }))
}

fn current_context(folder: &Path) -> Result<Option<String>, EngineError> {
    let path = folder.join("config.json");
    let Some(bytes) = read(&path)? else { return Ok(None) };
    let config: Config = serde_json::from_slice(&bytes).map_err(|error| EngineError::Setup {
        what: format!("{} is broken: {error}", path.display()),
        way_out: "Mend it, or say where the engine is with DOCKER_HOST.".to_owned(),
    })?;
    Ok(config.current_context.filter(|name| !name.is_empty()))
}

/// A configuration file's bytes; `None` when there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, EngineError> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(CONFIG_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(EngineError::Setup {
            what: format!("{} cannot be read: {error}", path.display()),
            way_out: "Make it readable, or say where the engine is with DOCKER_HOST.".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(engine: Engine, variables: &[(&str, &str)]) -> Result<Vec<Endpoint>, EngineError> {
        let variable =
            |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned());
        endpoints(engine, &Surroundings { variable: &variable, home: Some("/home/me".into()) })
    }

    fn addresses(engine: Engine, variables: &[(&str, &str)]) -> Vec<String> {
        found(engine, variables).unwrap().into_iter().map(|endpoint| endpoint.address).collect()
    }

    /// A docker configuration with the context `work` in use, which leads to `host`.
    fn config(host: &str, more: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), r#"{"auths": {}, "currentContext": "work"}"#).unwrap();
        let meta = folder.path().join("contexts/meta").join(sha256(b"work").hex());
        fs::create_dir_all(&meta).unwrap();
        let text = format!(r#"{{"Name":"work","Endpoints":{{"docker":{{"Host":"{host}"{more}}}}}}}"#);
        fs::write(meta.join("meta.json"), text).unwrap();
        folder
    }

    #[test]
    fn a_variable_comes_before_contexts_and_these_before_the_default() {
        let folder = config("unix:///work.sock", "");
        let path = folder.path().to_str().unwrap();
        let by = |more: &[(&str, &str)]| addresses(Engine::Docker, &[&[("DOCKER_CONFIG", path)], more].concat());
        assert_eq!(by(&[]), ["unix:///work.sock"]);
        assert_eq!(by(&[("DOCKER_HOST", "unix:///mine.sock"), ("DOCKER_CONTEXT", "work")]), ["unix:///mine.sock"]);
        assert_eq!(by(&[("DOCKER_HOST", "")]), ["unix:///work.sock"]);
        let default = by(&[("DOCKER_CONTEXT", "default"), ("XDG_RUNTIME_DIR", "/run/user/7")]);
        assert_eq!(default[..2], ["unix:///var/run/docker.sock", "unix:///run/user/7/docker.sock"]);
        let error = found(Engine::Docker, &[("DOCKER_CONFIG", path), ("DOCKER_CONTEXT", "x\u{1b}")]).unwrap_err();
        assert!(error.to_string().starts_with("DOCKER_CONTEXT names the docker context \"x"), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }

    #[test]
    fn tls_comes_from_variables_or_from_the_context() {
        let remote = |variables: &[(&str, &str)]| {
            let endpoint = found(Engine::Docker, variables).unwrap().remove(0);
            (endpoint.address, endpoint.tls.map(|tls| tls.ca))
        };
        let host = ("DOCKER_HOST", "tcp://far");
        assert_eq!(remote(&[host]), ("tcp://far:2375".to_owned(), None));
        let tls = [host, ("DOCKER_TLS_VERIFY", "1")];
        assert_eq!(remote(&tls), ("tcp://far:2376".to_owned(), Some("/home/me/.docker/ca.pem".into())));
        let files = [tls[0], tls[1], ("DOCKER_CERT_PATH", "/certs")];
        assert_eq!(remote(&files), ("tcp://far:2376".to_owned(), Some("/certs/ca.pem".into())));
        let folder = config("tcp://far:1", "");
        let certs = folder.path().join("contexts/tls").join(sha256(b"work").hex()).join("docker");
        fs::create_dir_all(&certs).unwrap();
        fs::write(certs.join("ca.pem"), "").unwrap();
        let path = folder.path().to_str().unwrap();
        assert_eq!(remote(&[("DOCKER_CONFIG", path)]), ("tcp://far:1".to_owned(), Some(certs.join("ca.pem"))));
    }

    #[test]
    fn a_broken_context_is_told_and_never_passed_over() {
        let folder = config("tcp://far:1", r#", "SkipTLSVerify": true"#);
        let variables = [("DOCKER_CONFIG", folder.path().to_str().unwrap())];
        assert!(found(Engine::Docker, &variables).unwrap_err().to_string().contains("SkipTLSVerify"));
        fs::write(folder.path().join("config.json"), "{").unwrap();
        let error = found(Engine::Docker, &variables).unwrap_err();
        assert!(error.to_string().contains("config.json is broken") && error.hint().is_some(), "{error}");
    }

    #[test]
    fn podman_is_looked_for_in_its_own_places() {
        assert_eq!(addresses(Engine::Podman, &[("CONTAINER_HOST", "unix:///p"), ("DOCKER_HOST", "x")]), ["unix:///p"]);
        let default = addresses(Engine::Podman, &[("XDG_RUNTIME_DIR", "/run/user/7")]);
        assert_eq!(default.first().map(String::as_str), Some("unix:///run/user/7/podman/podman.sock"));
        assert_eq!(default.last().map(String::as_str), Some("unix:///run/podman/podman.sock"));
    }
}
