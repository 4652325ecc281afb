//! Whose name a registry is asked in: what `docker login`, `podman login` and `skopeo login` left behind.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{Login, RegistryError};
use super::name::Name;

/// Bytes of a file of credentials that are read.
const MAX_BYTES: u64 = 4 << 20;

/// What helpers say when they hold nothing for a registry (docker-credential-helpers, `credentials/error.go`): no failure.
const NOT_FOUND: &[&str] = &["credentials not found", "no credentials", "not found in"];

/// What to show to a registry.
pub(super) struct Credentials {
    pub(super) secret: Secret,
    pub(super) login: Login,
}

/// Neither shown nor compared: no `Debug`.
pub(super) enum Secret {
    None,
    Password {
        user: String,
        password: String,
    },
    /// To be exchanged for a token at the registry's token server (OAuth 2).
    Refresh(String),
}

/// The keys of a file of credentials.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Keys {
    auths: Option<Map<String, Value>>,
    creds_store: Option<String>,
    cred_helpers: Option<HashMap<String, String>>,
}

/// Finds credentials for `name` in the files that clients of this machine share, in this order: `$REGISTRY_AUTH_FILE`,
/// `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, `$XDG_RUNTIME_DIR/containers/auth.json`.
pub(super) fn find(name: &Name) -> Result<Credentials, RegistryError> {
    for file in files(&|variable| env::var_os(variable).filter(|value| !value.is_empty())) {
        if let Some(credentials) = in_file(&file, name)? {
            return Ok(credentials);
        }
    }
    Ok(Credentials { secret: Secret::None, login: Login::Anonymous })
}

fn files(variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name: &str| variable(name).map(PathBuf::from);
    let docker = path("DOCKER_CONFIG").or_else(|| path("HOME").map(|home| home.join(".docker")));
    let chosen = path("REGISTRY_AUTH_FILE");
    let runtime = path("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json"));
    chosen.into_iter().chain(docker.map(|folder| folder.join("config.json"))).chain(runtime).collect()
}

fn in_file(file: &Path, name: &Name) -> Result<Option<Credentials>, RegistryError> {
    let bad = |reason: &str| RegistryError::Credentials { file: file.to_owned(), reason: reason.to_owned() };
    let mut text = Vec::new();
    // A file that is not there, or that is not this user's to read, holds nothing for them.
    let Ok(opened) = File::open(file) else { return Ok(None) };
    opened.take(MAX_BYTES).read_to_end(&mut text).map_err(|error| bad(&error.to_string()))?;
    let keys: Keys = serde_json::from_slice(&text).map_err(|_| bad("it is no JSON as docker login writes it"))?;
    let key = keys.key(name);
    match get_credential_from_reader(text.as_slice(), &key) {
        Ok(credential) => {
            let secret = match credential {
                DockerCredential::UsernamePassword(user, _) if user.is_empty() => return Ok(None),
                DockerCredential::UsernamePassword(user, password) => Secret::Password { user, password },
                DockerCredential::IdentityToken(token) => Secret::Refresh(token),
            };
            Ok(Some(Credentials { secret, login: Login::From(keys.place(file, &key)) }))
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        Err(error) => keys.failure(file, &key, &error).map_or(Ok(None), Err),
    }
}

impl Keys {
    /// The key of this file that says most of `name`.
    fn key(&self, name: &Name) -> String {
        let listed = |key: &String| {
            self.auths.as_ref().is_some_and(|auths| auths.contains_key(key))
                || self.cred_helpers.as_ref().is_some_and(|helpers| helpers.contains_key(key))
        };
        name.credential_keys().into_iter().find(listed).unwrap_or_else(|| name.account().to_owned())
    }

    /// The program that holds the credentials for `key`, if one does.
    fn helper(&self, key: &str) -> Option<String> {
        let particular = self.cred_helpers.as_ref().and_then(|helpers| helpers.get(key));
        particular.or(self.creds_store.as_ref()).map(|helper| format!("docker-credential-{helper}"))
    }

    /// Where credentials came from, for messages.
    fn place(&self, file: &Path, key: &str) -> String {
        let is_written = !self.cred_helpers.as_ref().is_some_and(|helpers| helpers.contains_key(key));
        match self.helper(key) {
            Some(helper) if !is_written || self.auths.as_ref().is_none_or(|auths| !auths.contains_key(key)) => helper,
            _ => file.display().to_string(),
        }
    }

    /// The error that a file's credentials cannot be had; `None` when there are none. A helper's standard output is
    /// never shown: it may hold the secret.
    fn failure(&self, file: &Path, key: &str, error: &CredentialRetrievalError) -> Option<RegistryError> {
        let helper = |reason: String| RegistryError::Helper {
            helper: self.helper(key).unwrap_or_default(),
            file: file.to_owned(),
            reason,
        };
        Some(match error {
            CredentialRetrievalError::HelperFailure { stdout, stderr, .. } => {
                let said = format!("{stdout}\n{stderr}").to_lowercase();
                if NOT_FOUND.iter().any(|phrase| said.contains(phrase)) {
                    return None;
                }
                let reason = stderr.trim();
                let reason = if reason.is_empty() { "it gave no reason" } else { reason };
                helper(reason.chars().take(300).collect())
            }
            CredentialRetrievalError::HelperCommunicationError => helper("it cannot be run".to_owned()),
            CredentialRetrievalError::MalformedHelperResponse => helper("its answer is no credential".to_owned()),
            CredentialRetrievalError::CredentialMismatchError => RegistryError::Credentials {
                file: file.to_owned(),
                reason: format!("the entry {key} contradicts itself"),
            },
            _ => RegistryError::Credentials { file: file.to_owned(), reason: format!("the entry {key} is damaged") },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `user:secret` in base64.
    const AUTH: &str = "dXNlcjpzZWNyZXQ=";

    fn found(config: &str, reference: &str) -> Result<Option<Credentials>, RegistryError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, config).unwrap();
        in_file(&file, &Name::parse(reference).unwrap())
    }

    fn user(config: &str, reference: &str) -> Option<String> {
        found(config, reference).unwrap().and_then(|found| match found.secret {
            Secret::Password { user, password } => Some(format!("{user}:{password}")),
            Secret::Refresh(token) => Some(token),
            Secret::None => None,
        })
    }

    #[test]
    fn credentials_are_found_under_every_key_that_clients_write() {
        let config = |key: &str| format!(r#"{{"auths": {{"{key}": {{"auth": "{AUTH}"}}}}}}"#);
        let known = Some("user:secret".to_owned());
        assert_eq!(user(&config("https://index.docker.io/v1/"), "debian:12"), known);
        assert_eq!(user(&config("quay.io"), "quay.io/a/b"), known);
        assert_eq!(user(&config("https://quay.io"), "quay.io/a/b"), known);
        assert_eq!(user(&config("quay.io/a"), "quay.io/a/b"), known);
        assert_eq!(user(&config("quay.io/other"), "quay.io/a/b"), None);
        assert_eq!(user(&config("quay.io"), "ghcr.io/a/b"), None);
        assert_eq!(user("{}", "debian"), None);
        let token = r#"{"auths": {"h.io": {"auth": "dTo=", "identitytoken": "long"}}}"#;
        assert_eq!(user(token, "h.io/a"), Some("long".to_owned()));
    }

    #[test]
    fn a_helper_that_is_missing_is_named() {
        let helpers = r#"{"credHelpers": {"h.io": "no-such-helper"}}"#;
        let error = found(helpers, "h.io/a").err().unwrap();
        assert!(error.to_string().contains("docker-credential-no-such-helper"), "{error}");
        assert!(error.hint().unwrap().contains("config.json"));
        assert_eq!(user(helpers, "other.io/a"), None);
    }

    #[test]
    fn a_damaged_file_is_named_and_its_secrets_are_not_shown() {
        let error = found(r#"{"auths": {"h.io": {"auth": "%%hunter2"}}}"#, "h.io/a").err().unwrap().to_string();
        assert!(error.contains("config.json") && !error.contains("hunter2"), "{error}");
        assert!(found("hunter2", "h.io/a").is_err_and(|error| !error.to_string().contains("hunter2")));
    }

    #[test]
    fn files_are_looked_through_in_the_order_that_users_override_them() {
        let set = |names: &'static [&str]| {
            files(&|name: &str| names.contains(&name).then(|| OsString::from(format!("/{name}"))))
        };
        assert_eq!(set(&["HOME"]), [Path::new("/HOME/.docker/config.json")]);
        let all = set(&["REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "HOME", "XDG_RUNTIME_DIR"]);
        let expected = ["/REGISTRY_AUTH_FILE", "/DOCKER_CONFIG/config.json", "/XDG_RUNTIME_DIR/containers/auth.json"];
        assert_eq!(all, expected.map(PathBuf::from));
    }
}
