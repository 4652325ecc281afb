//! Which images a build took from: `BuildKit`'s provenance (in-toto statements with SLSA predicates v0.2 and v1; shapes
//! from `BuildKit`'s docs/attestations/slsa-definitions.md) and the older `moby.buildkit.buildinfo.v1` of configs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::document::{DocumentError, parse};
use super::go_json::ANY;
use super::{base64, lenient};
use crate::model::BuildSource;

/// Images of one build that are listed; a Dockerfile names a handful.
const MAX_SOURCES: usize = 256;

/// What a builder says of one build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// `v0.2` or `v1`.
    pub version: &'static str,
    /// Every image that the build took from: its base, those of other stages, the frontend.
    pub sources: Vec<BuildSource>,
    /// What the builder was asked with: `target`, `source` (the frontend's image), `build-arg:NAME`.
    pub arguments: BTreeMap<String, String>,
    /// The Dockerfile, where the provenance holds it (`mode=max`).
    pub dockerfile: Option<String>,
}

/// Reads an in-toto statement. `None` when it states something other than a build's provenance.
///
/// # Errors
/// When `bytes` are not a statement. The error calls the document `document`.
pub fn read_provenance(document: &str, bytes: &[u8]) -> Result<Option<Provenance>, DocumentError> {
    let statement: Statement = parse(document, b'{', bytes, &ANY)?;
    let provenance = match statement.predicate_type.as_str() {
        "https://slsa.dev/provenance/v0.2" => v0_2(&statement.predicate),
        "https://slsa.dev/provenance/v1" => v1(&statement.predicate),
        _ => return Ok(None),
    };
    Ok(Some(provenance))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an in-toto statement")]
struct Statement {
    #[serde(default, deserialize_with = "lenient::or_default")]
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

fn v0_2(predicate: &Value) -> Provenance {
    let metadata = at(predicate, &["metadata", "https://mobyproject.org/buildkit@v1#metadata"]);
    Provenance {
        version: "v0.2",
        sources: sources(at(predicate, &["materials"])),
        arguments: arguments(at(predicate, &["invocation", "parameters", "args"])),
        dockerfile: dockerfile(metadata, at(predicate, &["invocation", "configSource", "entryPoint"])),
    }
}

fn v1(predicate: &Value) -> Provenance {
    let parameters = at(predicate, &["buildDefinition", "externalParameters"]);
    Provenance {
        version: "v1",
        sources: sources(at(predicate, &["buildDefinition", "resolvedDependencies"])),
        arguments: arguments(at(parameters, &["request", "args"])),
        dockerfile: dockerfile(
            at(predicate, &["runDetails", "metadata", "buildkit_metadata"]),
            at(parameters, &["configSource", "path"]),
        ),
    }
}

/// What lies below `value` at this path; null where nothing does.
fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| value.get(key).unwrap_or(&Value::Null))
}

fn arguments(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The text of the file that the build was told by.
fn dockerfile(metadata: &Value, name: &Value) -> Option<String> {
    let infos = at(metadata, &["source", "infos"]).as_array()?;
    let named =
        |info: &&Value| name.as_str().is_none_or(|name| info.get("filename").and_then(Value::as_str) == Some(name));
    let info = infos.iter().find(named).or_else(|| infos.first().filter(|_| infos.len() == 1))?;
    let bytes = base64::decode(info.get("data")?.as_str()?)?;
    String::from_utf8(bytes).ok()
}

fn sources(materials: &Value) -> Vec<BuildSource> {
    let mut sources = Vec::new();
    for material in materials.as_array().into_iter().flatten().take(MAX_SOURCES) {
        let digest = at(material, &["digest", "sha256"]).as_str().map(|hex| format!("sha256:{hex}"));
        let source = material.get("uri").and_then(Value::as_str).and_then(|uri| image(uri, digest));
        sources.extend(source.filter(|source| !sources.contains(source)));
    }
    sources
}

/// The image that a package URL names: `pkg:docker/NAME@TAG?digest=...&platform=...`. The digest is among the
/// qualifiers when the build named the image with it, and only then.
fn image(uri: &str, digest: Option<String>) -> Option<BuildSource> {
    let rest = uri.strip_prefix("pkg:docker/")?;
    let rest = rest.split('#').next()?;
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let pin = qualifiers.split('&').find_map(|qualifier| qualifier.strip_prefix("digest=")).map(decoded);
    let (name, version) = path.rsplit_once('@').map_or((path, None), |(name, version)| (name, Some(decoded(version))));
    let name = decoded(name);
    let by_digest = version.as_ref().is_some_and(|version| version.starts_with("sha256:"));
    let name = match &version {
        Some(tag) if !by_digest && !tag.is_empty() => format!("{name}:{tag}"),
        _ => name,
    };
    let pinned = pin.is_some() || by_digest;
    Some(BuildSource { name, digest: digest.or(pin).or(version.filter(|_| by_digest)), pinned: Some(pinned) })
}

/// Percent-encoded text decoded; as it stands where it is not UTF-8.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = (byte == b'%').then(|| rest.clone().take(2).map(|digit| char::from(digit).to_digit(16)));
        match digits.and_then(Iterator::collect::<Option<Vec<u32>>>).as_deref() {
            Some([high, low]) => {
                bytes.extend(u8::try_from(high << 4 | low));
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The images of a config's `moby.buildkit.buildinfo.v1`: base64 of JSON (buildkit pull request 2311). What cannot be
/// read names none.
pub(super) fn build_info(text: &str) -> Vec<BuildSource> {
    #[derive(Deserialize)]
    struct Info {
        #[serde(default, deserialize_with = "lenient::or_default")]
        sources: Vec<Source>,
    }
    #[derive(Deserialize)]
    struct Source {
        #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
        kind: String,
        #[serde(rename = "ref", default, deserialize_with = "lenient::or_default")]
        name: String,
        #[serde(default, deserialize_with = "lenient::shown")]
        pin: Option<String>,
    }
    let info: Option<Info> = base64::decode(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let images = info.into_iter().flat_map(|info| info.sources).filter(|source| source.kind == "docker-image");
    images
        .take(MAX_SOURCES)
        .map(|Source { name, pin, .. }| BuildSource { pinned: Some(name.contains("@sha256:")), name, digest: pin })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, digest: &str, pinned: bool) -> BuildSource {
        BuildSource { name: name.to_owned(), digest: Some(digest.to_owned()), pinned: Some(pinned) }
    }

    /// Written by `BuildKit` in docker 26.1.5 with `--provenance=mode=max`; steps and times cut out.
    #[test]
    fn v0_2_is_read() {
        let statement = br#"{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v0.2","subject":[],
            "predicate":{"builder":{"id":""},"buildType":"https://mobyproject.org/buildkit@v1","materials":[
            {"uri":"pkg:docker/example/base@1?digest=sha256:7cc9e4&platform=linux%2Famd64","digest":{"sha256":"7cc9e4"}},
            {"uri":"pkg:docker/example/tools@2?platform=linux%2Famd64","digest":{"sha256":"96dacb"}},
            {"uri":"https://github.com/moby/buildkit.git#refs/tags/v0.11.0","digest":{"sha1":"4b220d"}}],
            "invocation":{"configSource":{"entryPoint":"Dockerfile"},"parameters":{"frontend":"dockerfile.v0",
            "args":{"build-arg:BASE":"example/base:1"},"locals":[{"name":"context"}]},"environment":{"platform":"linux/amd64"}},
            "metadata":{"https://mobyproject.org/buildkit@v1#metadata":{"source":{"infos":[
            {"filename":"Dockerfile","language":"Dockerfile","data":"RlJPTSBhCg=="}]}}}}}"#;
        let provenance = read_provenance("x", statement).unwrap().unwrap();
        assert_eq!(provenance.version, "v0.2");
        let expected =
            [source("example/base:1", "sha256:7cc9e4", true), source("example/tools:2", "sha256:96dacb", false)];
        assert_eq!(provenance.sources, expected);
        assert_eq!(provenance.arguments["build-arg:BASE"], "example/base:1");
        assert_eq!(provenance.dockerfile.as_deref(), Some("FROM a\n"));
    }

    /// The shape of `BuildKit`'s docs/attestations/slsa-definitions.md.
    #[test]
    fn v1_is_read() {
        let statement = br#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","subject":[],
            "predicate":{"buildDefinition":{"externalParameters":{"configSource":{"path":"Dockerfile"},
            "request":{"frontend":"gateway.v0","args":{"source":"docker/dockerfile:1","target":"release"}}},
            "internalParameters":{"builderPlatform":"linux/amd64"},"resolvedDependencies":[
            {"uri":"pkg:docker/docker/dockerfile@1","digest":{"sha256":"aa"}},
            {"uri":"pkg:docker/ghcr.io/a%2Fb@sha256%3Acc","digest":{"sha256":"cc"}},
            {"uri":"pkg:docker/alpine@3.17?platform=linux%2Famd64","digest":{"sha256":"8914"}}]},
            "runDetails":{"metadata":{"buildkit_metadata":{"source":{"infos":[{"filename":"Dockerfile","data":"RlJPTSBhCg=="}]}}}}}}"#;
        let provenance = read_provenance("x", statement).unwrap().unwrap();
        let expected = [
            source("docker/dockerfile:1", "sha256:aa", false),
            source("ghcr.io/a/b", "sha256:cc", true),
            source("alpine:3.17", "sha256:8914", false),
        ];
        assert_eq!((provenance.version, provenance.sources.as_slice()), ("v1", expected.as_slice()));
        assert_eq!(provenance.arguments["target"], "release");
        assert_eq!(provenance.dockerfile.as_deref(), Some("FROM a\n"));
    }

    #[test]
    fn other_statements_say_nothing_and_what_is_none_is_refused() {
        let bill = br#"{"predicateType":"https://spdx.dev/Document","predicate":{"SPDXID":"x"}}"#;
        assert_eq!(read_provenance("x", bill), Ok(None));
        let empty = br#"{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":[1]}}"#;
        assert_eq!(read_provenance("x", empty).unwrap().unwrap().sources, []);
        for broken in [&b"[]"[..], b"", b"{"] {
            assert!(read_provenance("x", broken).is_err());
        }
        assert_eq!(
            (decoded("a%2Fb%"), decoded("%zz%2"), decoded("%ff")),
            ("a/b%".to_owned(), "%zz%2".to_owned(), "%ff".to_owned())
        );
    }

    /// The shape of buildkit's pull request 2311: `{"frontend":"dockerfile.v0","sources":[...]}` in base64.
    #[test]
    fn build_info_is_read() {
        // {"sources":[{"type":"docker-image","ref":"docker.io/library/alpine:3.13@sha256:1d30","pin":"sha256:1d30"},{"type":"http","ref":"https://x","pin":"sha256:4198"}]}
        let text = "eyJzb3VyY2VzIjpbeyJ0eXBlIjoiZG9ja2VyLWltYWdlIiwicmVmIjoiZG9ja2VyLmlvL2xpYnJhcnkvYWxwaW5lOjMuMTNAc2hhMjU2OjFkMzAiLCJwaW4iOiJzaGEyNTY6MWQzMCJ9LHsidHlwZSI6Imh0dHAiLCJyZWYiOiJodHRwczovL3giLCJwaW4iOiJzaGEyNTY6NDE5OCJ9XX0=";
        assert_eq!(build_info(text), [source("docker.io/library/alpine:3.13@sha256:1d30", "sha256:1d30", true)]);
        assert_eq!(build_info("no base64"), []);
        assert_eq!(build_info("e30="), []);
    }
}
