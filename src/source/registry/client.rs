//! Requests to one repository of a registry: signed in where asked to, repeated where that may help, never read without
//! end (OCI distribution spec; Docker's token authentication).
//!
//! `oci-client` reads references, and no more: it takes documents, tokens and error pages of any length into memory, sends
//! credentials for this machine through proxies, and does not hand out headers such as `Retry-After`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_RANGE, CONTENT_TYPE, RANGE, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, sleep, timeout};

use super::credentials::{Credentials, Secret};
use super::error::{RegistryError, from_request, from_setup};
use super::name::Name;
use super::token;
use crate::model::Digest;
use crate::model::text::visible;
use crate::oci::media_type;

/// A connection on which nothing comes for so long is broken.
pub(super) const SILENCE: Duration = Duration::from_mins(1);

const CONNECT: Duration = Duration::from_secs(30);

/// How long to wait before the same request is made again.
pub(super) const PAUSES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// After so long the same request is not made again.
const PATIENCE: Duration = Duration::from_mins(2);

/// Bytes of an error's page that are read.
const MAX_PAGE: u64 = 64 << 10;

/// Bytes of a tag (distribution spec: 128 characters).
const MAX_TAG: usize = 128;

/// Tags of a repository that are offered when the one asked for is not there.
const MAX_TAGS: usize = 20;

/// Bytes of a list of tags that are read.
const MAX_TAG_LIST: u64 = 4 << 20;

const USER_AGENT: &str = concat!("imgdrift/", env!("CARGO_PKG_VERSION"));

/// One repository and how to speak to its registry.
pub(super) struct Client {
    pub(super) name: Name,
    http: reqwest::Client,
    /// `SCHEME://HOST/v2/REPOSITORY`.
    root: String,
    credentials: Credentials,
    permit: Mutex<Permit>,
}

/// What requests are sent with.
#[derive(Clone)]
enum Permit {
    None,
    Bearer(String),
    Basic { user: String, password: String },
}

/// A document and the digest that the registry gives for it.
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: Option<Digest>,
}

impl Client {
    /// A client for the repository of `name`. An insecure registry is spoken to over TLS with any certificate if it can
    /// do that, else without, as docker does with its `insecure-registries`.
    pub(super) async fn new(name: Name, credentials: Credentials, is_insecure: bool) -> Result<Self, RegistryError> {
        // Another client of this process may have been first, with the same choice.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().user_agent(USER_AGENT).read_timeout(SILENCE).connect_timeout(CONNECT);
        let builder = builder.tls_danger_accept_invalid_certs(is_insecure);
        // Proxies are for what is elsewhere.
        let builder = if name.is_local() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| from_setup(&error))?;
        let is_plain = if is_insecure {
            http.get(format!("https://{}/v2/", name.address())).send().await.is_err()
        } else {
            name.is_local()
        };
        let scheme = if is_plain { "http" } else { "https" };
        let root = format!("{scheme}://{}/v2/{}", name.address(), name.repository());
        Ok(Self { name, http, root, credentials, permit: Mutex::new(Permit::None) })
    }

    /// The manifest or index that `reference` (a tag or digest) names; `None` when there is none.
    pub(super) async fn manifest(&self, reference: &str, limit: u64) -> Result<Option<Document>, RegistryError> {
        let accept =
            [media_type::OCI_INDEX, media_type::OCI_MANIFEST, media_type::DOCKER_LIST, media_type::DOCKER_MANIFEST];
        self.document(&format!("manifests/{reference}"), &accept.join(", "), limit).await
    }

    /// A small blob; `None` when it is not there.
    pub(super) async fn small_blob(&self, digest: Digest, limit: u64) -> Result<Option<Document>, RegistryError> {
        self.document(&format!("blobs/{digest}"), "*/*", limit).await
    }

    async fn document(&self, path: &str, accept: &str, limit: u64) -> Result<Option<Document>, RegistryError> {
        patiently(async || {
            let response = self.get(path, accept, 0).await?;
            match response.status() {
                StatusCode::OK => {
                    let digest = response.headers().get("docker-content-digest");
                    let digest = digest.and_then(|digest| digest.to_str().ok()?.parse().ok());
                    Ok(Some(Document { digest, bytes: self.body(response, path, limit).await? }))
                }
                StatusCode::NOT_FOUND => Ok(None),
                _ => Err(self.fault(response).await),
            }
        })
        .await
    }

    /// A blob's bytes from about `from` on, and where they really start.
    pub(super) async fn blob(&self, digest: Digest, from: u64) -> Result<(Response, u64), RegistryError> {
        let response = self.get(&format!("blobs/{digest}"), "*/*", from).await?;
        match response.status() {
            StatusCode::OK => Ok((response, 0)),
            StatusCode::PARTIAL_CONTENT => match starts_at(&response) {
                Some(start) if start <= from => Ok((response, start)),
                _ => Err(self.broken("it answers with another part of a blob than was asked for")),
            },
            StatusCode::NOT_FOUND => Err(self.no_digest(digest)),
            _ => Err(self.fault(response).await),
        }
    }

    /// The error that the manifest is not there which the reference names: for want of the repository or only of the
    /// tag, whose neighbours are told.
    pub(super) async fn absent(&self) -> RegistryError {
        let tags = self.document(&format!("tags/list?n={}", MAX_TAGS * 10), "application/json", MAX_TAG_LIST).await;
        let (host, repository) = (self.host(), self.name.repository().to_owned());
        let tags = match tags {
            Ok(None) => return RegistryError::NoRepository { host, repository },
            Ok(Some(list)) => read_tags(&list.bytes),
            // Some registries list no tags, or not for everyone.
            Err(_) => Vec::new(),
        };
        match self.name.digest {
            Some(digest) => self.no_digest(digest),
            None => RegistryError::NoTag { host, repository, tag: self.name.tag().to_owned(), tags },
        }
    }

    fn no_digest(&self, digest: Digest) -> RegistryError {
        RegistryError::NoDigest { host: self.host(), repository: self.name.repository().to_owned(), digest }
    }

    fn host(&self) -> String {
        self.name.host().to_owned()
    }

    pub(super) fn broken(&self, reason: &str) -> RegistryError {
        RegistryError::Broken { host: self.host(), reason: reason.to_owned() }
    }

    /// What a body broke off for.
    pub(super) fn failed(&self, error: &reqwest::Error) -> RegistryError {
        from_request(self.name.host(), error)
    }

    /// Asks, and signs in when the registry wants that. The answer may be anything.
    async fn get(&self, path: &str, accept: &str, from: u64) -> Result<Response, RegistryError> {
        let permit = self.permit.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let response = self.send(path, accept, from, &permit).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // Also when there is a permit: it may have expired.
        let permit = self.sign_in(&response).await?;
        if matches!(permit, Permit::None) {
            return Ok(response);
        }
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit.clone();
        self.send(path, accept, from, &permit).await
    }

    async fn send(&self, path: &str, accept: &str, from: u64, permit: &Permit) -> Result<Response, RegistryError> {
        let request = self.http.get(format!("{}/{path}", self.root)).header(ACCEPT, accept);
        let request = if from > 0 { request.header(RANGE, format!("bytes={from}-")) } else { request };
        let request = match permit {
            Permit::None => request,
            Permit::Bearer(token) => request.bearer_auth(token),
            Permit::Basic { user, password } => request.basic_auth(user, Some(password)),
        };
        request.send().await.map_err(|error| self.failed(&error))
    }

    /// Gets a permit by the way that the registry's challenge names.
    async fn sign_in(&self, refused: &Response) -> Result<Permit, RegistryError> {
        let headers = refused.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenge = headers.filter_map(|header| header.to_str().ok()).find_map(token::Challenge::parse);
        let Some(challenge) = challenge else {
            return Ok(match &self.credentials.secret {
                Secret::Password { user, password } => Permit::Basic { user: user.clone(), password: password.clone() },
                Secret::None | Secret::Refresh(_) => Permit::None,
            });
        };
        let answer = timeout(SILENCE, self.token(&challenge)).await.map_err(|_| RegistryError::Unreachable {
            host: self.host(),
            reason: "its token server does not answer".to_owned(),
            passing: true,
        })?;
        answer.map(Permit::Bearer)
    }

    /// Asks the token server that the challenge names for a token of this repository.
    async fn token(&self, challenge: &token::Challenge) -> Result<String, RegistryError> {
        let (secret, repository) = (&self.credentials.secret, self.name.repository());
        let not_understood = |what: &str| self.refused(format!("its token server's {what} is not understood"));
        let realm = token::realm(challenge).ok_or_else(|| not_understood("address"))?;
        // A registry that is spoken to by TLS does not get to have passwords sent without.
        if realm.scheme() != "https" && self.root.starts_with("https:") && !matches!(secret, Secret::None) {
            return Err(self.refused("it wants credentials sent to a token server without TLS".to_owned()));
        }
        let request = match secret {
            Secret::None => self.http.get(token::query(challenge, realm, repository)),
            Secret::Password { user, password } => {
                self.http.get(token::query(challenge, realm, repository)).basic_auth(user, Some(password))
            }
            // An identity token, as `docker login` keeps it for some registries, is exchanged.
            Secret::Refresh(identity) => self
                .http
                .post(realm)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(token::form(challenge, repository, identity)),
        };
        let answer = request.send().await.map_err(|error| self.failed(&error))?;
        if !answer.status().is_success() {
            let page = self.page(answer).await;
            return Err(self.refused(said(&page)));
        }
        let body = self.body(answer, "the token", MAX_PAGE).await?;
        token::read(&body).ok_or_else(|| not_understood("answer"))
    }

    fn refused(&self, message: String) -> RegistryError {
        RegistryError::Refused { host: self.host(), login: self.credentials.login.clone(), message }
    }

    /// What an answer means that brings nothing.
    async fn fault(&self, response: Response) -> RegistryError {
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let page = self.page(response).await;
        let (host, message) = (self.host(), said(&page));
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.refused(message),
            StatusCode::TOO_MANY_REQUESTS => {
                let login = self.credentials.login.clone();
                RegistryError::RateLimited { host, login, retry_after, message }
            }
            _ => RegistryError::Answer { host, status: status.as_u16(), message },
        }
    }

    /// The beginning of an error's page, as far as it comes.
    async fn page(&self, mut response: Response) -> Vec<u8> {
        let mut page = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            page.extend_from_slice(&chunk);
            if page.len() as u64 > MAX_PAGE {
                break;
            }
        }
        page
    }

    /// A whole body of at most `limit` bytes.
    async fn body(&self, mut response: Response, what: &str, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let too_large = || RegistryError::TooLarge { what: what.to_owned(), limit };
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > limit {
                return Err(too_large());
            }
        }
        Ok(bytes)
    }
}

/// Does `work` again after a while, a few times, as long as its failure may pass.
pub(super) async fn patiently<T>(mut work: impl AsyncFnMut() -> Result<T, RegistryError>) -> Result<T, RegistryError> {
    let start = Instant::now();
    for pause in PAUSES {
        match work().await {
            Err(error) if error.is_passing() && start.elapsed() < PATIENCE => sleep(pause).await,
            done => return done,
        }
    }
    work().await
}

/// The first byte of a partial answer (RFC 9110, 14.4: `bytes START-END/LENGTH`).
fn starts_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// What an error's page says to people: the messages of the spec's error list, else the first of plain text.
fn said(page: &[u8]) -> String {
    const LONGEST: usize = 300;
    let shorten = |text: &str| visible(text.trim()).chars().take(LONGEST).collect();
    if let Ok(page) = serde_json::from_slice::<serde_json::Value>(page) {
        let errors = page.get("errors").and_then(serde_json::Value::as_array);
        let messages = errors.into_iter().flatten().filter_map(|error| error.get("message")?.as_str());
        let messages: Vec<&str> = messages.chain(page.get("details").and_then(serde_json::Value::as_str)).collect();
        return shorten(&messages.join("; "));
    }
    let text = String::from_utf8_lossy(page);
    if text.trim_start().starts_with('<') { String::new() } else { shorten(text.lines().next().unwrap_or_default()) }
}

fn read_tags(list: &[u8]) -> Vec<String> {
    let list: serde_json::Value = serde_json::from_slice(list).unwrap_or_default();
    let tags = list.get("tags").and_then(serde_json::Value::as_array).into_iter().flatten();
    let tags = tags.filter_map(|tag| tag.as_str()).filter(|tag| tag.len() <= MAX_TAG);
    tags.map(str::to_owned).take(MAX_TAGS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_pages_say_what_is_meant_for_people() {
        let page = br#"{"errors":[{"code":"X","message":"no such thing"},{"code":"Y","message":"really"}]}"#;
        assert_eq!(said(page), "no such thing; really");
        assert_eq!(said(b"too busy\nstack trace"), "too busy");
        assert_eq!(said(b"<html><body>502</body></html>"), "");
        assert_eq!(said(b"\xff\x1b[2J"), "\u{fffd}\\x1b[2J");
        assert_eq!(said(&[b'x'; 5000]).len(), 300);
    }

    #[test]
    fn tags_are_read_up_to_a_screenful() {
        let many: Vec<String> = (0..50).map(|tag| format!("\"v{tag}\"")).collect();
        assert_eq!(read_tags(format!("{{\"tags\": [{}]}}", many.join(",")).as_bytes()).len(), MAX_TAGS);
        let long = format!("{{\"tags\": [\"{}\", \"v1\"]}}", "x".repeat(1 << 20));
        assert_eq!(read_tags(long.as_bytes()), ["v1"], "what is no tag is not shown");
        assert_eq!(read_tags(b"{\"tags\": null}"), Vec::<String>::new());
        assert_eq!(read_tags(b"nonsense"), Vec::<String>::new());
    }
}
