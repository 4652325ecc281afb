//! The image config (image spec, config.md; moby `image/spec`), brought into the comparison's terms.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::document::{DocumentError, parse};
use super::go_json::{ANY, Shape, TEXTS};
use super::{lenient, provenance};
use crate::model::{Digest, HistoryEntry, ImageConfig, RuntimeConfig};

/// What engines decode: moby's `image.Image`, which has all fields of the specification and those of before it.
static CONFIG: Shape = Shape::Struct(&[
    ("id", &ANY),
    ("parent", &ANY),
    ("comment", &ANY),
    ("created", &ANY),
    ("container", &ANY),
    ("container_config", &RUNTIME),
    ("docker_version", &ANY),
    ("author", &ANY),
    ("config", &RUNTIME),
    ("architecture", &ANY),
    ("variant", &ANY),
    ("os", &ANY),
    ("os.version", &ANY),
    ("os.features", &ANY),
    ("Size", &ANY),
    ("rootfs", &ROOTFS),
    ("history", &HISTORY),
]);

/// moby's `container.Config`.
static RUNTIME: Shape = Shape::Struct(&[
    ("Hostname", &ANY),
    ("Domainname", &ANY),
    ("User", &ANY),
    ("AttachStdin", &ANY),
    ("AttachStdout", &ANY),
    ("AttachStderr", &ANY),
    ("ExposedPorts", &TEXTS),
    ("Tty", &ANY),
    ("OpenStdin", &ANY),
    ("StdinOnce", &ANY),
    ("Env", &ANY),
    ("Cmd", &ANY),
    ("Healthcheck", &HEALTHCHECK),
    ("ArgsEscaped", &ANY),
    ("Image", &ANY),
    ("Volumes", &TEXTS),
    ("WorkingDir", &ANY),
    ("Entrypoint", &ANY),
    ("NetworkDisabled", &ANY),
    ("MacAddress", &ANY),
    ("OnBuild", &ANY),
    ("Labels", &TEXTS),
    ("StopSignal", &ANY),
    ("StopTimeout", &ANY),
    ("Shell", &ANY),
]);

static HEALTHCHECK: Shape = Shape::Struct(&[
    ("Test", &ANY),
    ("Interval", &ANY),
    ("Timeout", &ANY),
    ("StartPeriod", &ANY),
    ("StartInterval", &ANY),
    ("Retries", &ANY),
]);

static ROOTFS: Shape = Shape::Struct(&[("type", &ANY), ("diff_ids", &ANY)]);

static HISTORY: Shape = Shape::Struct(&[
    ("created", &ANY),
    ("author", &ANY),
    ("created_by", &ANY),
    ("comment", &ANY),
    ("empty_layer", &ANY),
]);

/// Reads an image's config.
///
/// # Errors
/// When `bytes` are not an image config. The error calls the document `document`.
pub fn read_config(document: &str, bytes: &[u8]) -> Result<ImageConfig, DocumentError> {
    let config: Config = parse(document, b'{', bytes, &CONFIG)?;
    let runtime = config.runtime.unwrap_or_default();
    Ok(ImageConfig {
        os: config.os,
        architecture: config.architecture,
        variant: config.variant,
        created: config.created,
        author: config.author,
        labels: runtime.labels.clone(),
        runtime: runtime.into_model(),
        diff_ids: config.rootfs.unwrap_or_default().diff_ids,
        history: config.history.into_iter().map(|row| row.unwrap_or_default().into_model()).collect(),
        build_sources: config.build_info.as_deref().map(provenance::build_info).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
#[serde(expecting = "an image config object")]
struct Config {
    #[serde(default, deserialize_with = "lenient::or_default")]
    os: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    architecture: String,
    #[serde(default, deserialize_with = "lenient::shown")]
    variant: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    created: Option<String>,
    #[serde(default, deserialize_with = "lenient::shown")]
    author: Option<String>,
    #[serde(rename = "config")]
    runtime: Option<Runtime>,
    rootfs: Option<RootFs>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    history: Vec<Option<History>>,
    #[serde(rename = "moby.buildkit.buildinfo.v1", default, deserialize_with = "lenient::shown")]
    build_info: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", expecting = "a runtime config object")]
struct Runtime {
    #[serde(deserialize_with = "lenient::or_default")]
    env: Vec<String>,
    #[serde(deserialize_with = "lenient::one_or_many")]
    entrypoint: Vec<String>,
    #[serde(deserialize_with = "lenient::one_or_many")]
    cmd: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    user: String,
    #[serde(deserialize_with = "lenient::or_default")]
    working_dir: String,
    #[serde(deserialize_with = "lenient::keys")]
    exposed_ports: Vec<String>,
    #[serde(deserialize_with = "lenient::keys")]
    volumes: Vec<String>,
    #[serde(deserialize_with = "lenient::text_map")]
    labels: BTreeMap<String, String>,
    healthcheck: Value,
    #[serde(deserialize_with = "lenient::shown")]
    stop_signal: Option<String>,
    #[serde(deserialize_with = "lenient::one_or_many")]
    shell: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    on_build: Vec<String>,
}

impl Runtime {
    fn into_model(self) -> RuntimeConfig {
        RuntimeConfig {
            env: self.env.iter().map(|variable| split_variable(variable)).collect(),
            entrypoint: self.entrypoint,
            cmd: self.cmd,
            user: self.user,
            working_dir: self.working_dir,
            exposed_ports: self.exposed_ports,
            volumes: self.volumes,
            healthcheck: compact_healthcheck(self.healthcheck),
            stop_signal: self.stop_signal,
            shell: self.shell,
            on_build: self.on_build,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "a rootfs object")]
struct RootFs {
    #[serde(deserialize_with = "lenient::or_default")]
    diff_ids: Vec<Digest>,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "a history row")]
struct History {
    #[serde(deserialize_with = "lenient::time")]
    created: Option<String>,
    #[serde(deserialize_with = "lenient::shown")]
    created_by: Option<String>,
    #[serde(deserialize_with = "lenient::shown")]
    author: Option<String>,
    #[serde(deserialize_with = "lenient::shown")]
    comment: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    empty_layer: bool,
}

impl History {
    fn into_model(self) -> HistoryEntry {
        HistoryEntry {
            created: self.created,
            created_by: self.created_by,
            author: self.author,
            comment: self.comment,
            empty_layer: self.empty_layer,
        }
    }
}

fn split_variable(variable: &str) -> (String, String) {
    let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
    (name.to_owned(), value.to_owned())
}

/// One line for one meaning: keys sorted, and those left out that hold an engine's "not set" (null, 0, an empty list).
fn compact_healthcheck(healthcheck: Value) -> Option<String> {
    let unset = |value: &Value| match value {
        Value::Null => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) => false,
    };
    match healthcheck {
        Value::Object(fields) => {
            let set: BTreeMap<_, _> = fields.into_iter().filter(|(_, value)| !unset(value)).collect();
            (!set.is_empty()).then(|| Value::from_iter(set).to_string())
        }
        other => (!unset(&other)).then(|| other.to_string()),
    }
}
