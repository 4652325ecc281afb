//! Why a registry does not hand an image over, and what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::model::Digest;
use crate::model::text::visible;

/// Why a registry does not hand an image over. Texts from the server are shown escaped; no secret is in any of them.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("\"{}\" is no image's reference: {reason}", visible(text))]
    Name { text: String, reason: String },
    /// 401 and 403, or a token server that gives no token.
    #[error("{host} refuses {}{}", login.access(), said(message))]
    Refused { host: String, login: Login, message: String },
    #[error("{host} has no repository {repository}")]
    NoRepository { host: String, repository: String },
    #[error("{host} has no tag {tag} of {repository}{}", offered(tags))]
    NoTag { host: String, repository: String, tag: String, tags: Vec<String> },
    /// Images are deleted, and tags moved: what a digest names may be gone.
    #[error("{host} does not hold {digest} in {repository}")]
    NoDigest { host: String, repository: String, digest: Digest },
    #[error("{host} answers no more for now: too many requests{}", said(message))]
    RateLimited { host: String, login: Login, retry_after: Option<String>, message: String },
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String, passing: bool },
    #[error("no trusted connection to {host}: {reason}")]
    Tls { host: String, reason: String },
    #[error("{host} does not speak TLS")]
    Plain { host: String },
    #[error("{host} broke the connection: {reason}")]
    Broken { host: String, reason: String },
    #[error("{host} broke the connection at byte {had} of {digest} again and again: {reason}")]
    Interrupted { host: String, digest: Digest, had: u64, reason: String },
    #[error("{host} sends more than the {expected} bytes that {digest} has")]
    Length { host: String, digest: Digest, expected: u64 },
    #[error("{host} answers {status}{}", said(message))]
    Answer { host: String, status: u16, message: String },
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge { what: String, limit: u64 },
    #[error("the registry's credentials in {} cannot be used: {reason}", visible(&file.display().to_string()))]
    Credentials { file: PathBuf, reason: String },
    #[error("the credential helper {} failed: {}", visible(helper), visible(reason))]
    Helper { helper: String, file: PathBuf, reason: String },
    #[error("no client for registries: {reason}")]
    Client { reason: String },
}

/// As whom the registry was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    Anonymous,
    /// With credentials that were found there.
    From(String),
}

impl Login {
    fn access(&self) -> String {
        match self {
            Self::Anonymous => "access without credentials".to_owned(),
            Self::From(place) => format!("the credentials of {}", visible(place)),
        }
    }
}

impl RegistryError {
    /// Whether the same request may well succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Unreachable { passing: true, .. } => true,
            Self::Answer { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// Why it broke, without the host.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Broken { reason, .. } | Self::Unreachable { reason, .. } => reason,
            other => other.to_string(),
        }
    }

    /// What to do next.
    pub(in crate::source) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Name { .. } => "References look like HOST[:PORT]/PATH[:TAG][@sha256:DIGEST], in lower case.".to_owned(),
            Self::Refused { host, login: Login::Anonymous, .. } => format!(
                "The image is private or does not exist. Log in first: docker login {host} (or: skopeo login {host})."
            ),
            Self::Refused { host, .. } => format!(
                "They may have expired, or do not cover this repository. Log in again: docker login {host} (or: skopeo login {host})."
            ),
            Self::NoRepository { .. } => "Look for a slip in the name; some registries also say so of what is private.".to_owned(),
            Self::NoTag { tags, .. } if tags.is_empty() => "Look for a slip in the tag, or name the image by its digest.".to_owned(),
            Self::NoTag { .. } => "Choose one of these tags, or name the image by its digest.".to_owned(),
            Self::NoDigest { .. } => {
                "It was deleted, or never stood in this repository: name the image by a tag, or compare with a saved archive or snapshot.".to_owned()
            }
            Self::RateLimited { host, login, retry_after, .. } => limited_hint(host, login, retry_after.as_deref()),
            Self::Unreachable { .. } => {
                "Check the registry's name and port and the network; proxies are taken from HTTPS_PROXY and NO_PROXY.".to_owned()
            }
            Self::Tls { host, .. } => format!(
                "Add the certificate authority to this machine's trusted ones. For a test registry only: --insecure-registry {host}."
            ),
            Self::Plain { host } => format!("For a test registry only: --insecure-registry {host}."),
            Self::Broken { .. } | Self::Interrupted { .. } => "Check the network and try again.".to_owned(),
            Self::Length { .. } => "The registry or a proxy on the way is broken: try again, or pull the image anew.".to_owned(),
            // As Go's servers say it.
            Self::Answer { host, message, .. } if message.contains("HTTPS server") => {
                format!("It speaks TLS, which is not expected on this machine: --insecure-registry {host}.")
            }
            Self::Answer { status, .. } if *status >= 500 => "The registry has a fault of its own: try again later.".to_owned(),
            Self::Credentials { .. } => "Log in again, or take the broken entry out of the file.".to_owned(),
            Self::Helper { helper, file, .. } => format!(
                "{} names it. Install or repair {}, or take it out of that file.",
                visible(&file.display().to_string()),
                visible(helper)
            ),
            Self::Answer { .. } | Self::TooLarge { .. } | Self::Client { .. } => return None,
        };
        Some(hint)
    }
}

fn limited_hint(host: &str, login: &Login, retry_after: Option<&str>) -> String {
    let when = match retry_after {
        Some(seconds) if seconds.bytes().all(|byte| byte.is_ascii_digit()) => format!("Try again in {seconds} seconds"),
        Some(date) => format!("Try again after {}", visible(date)),
        None => "Try again later".to_owned(),
    };
    match login {
        Login::Anonymous => format!("{when}, or log in for a higher limit: docker login {host}."),
        Login::From(_) => format!("{when}."),
    }
}

/// What the server said, if anything.
fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {}", visible(message)) }
}

fn offered(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { format!(", but: {}", visible(&tags.join(", "))) }
}

/// Why a request came to nothing.
pub(super) fn from_request(host: &str, error: &reqwest::Error) -> RegistryError {
    let host = host.to_owned();
    let causes = causes(error);
    if let Some(tls) = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return from_tls(host, tls);
    }
    let reason = innermost(&causes);
    let kind = causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_timeout() {
        // Where nobody listens, nobody will a moment later; one who fell silent may speak again.
        let passing = !error.is_connect();
        return RegistryError::Unreachable { host, reason: "it does not answer".to_owned(), passing };
    }
    if error.is_connect() {
        let is_refused = kind == Some(io::ErrorKind::ConnectionRefused);
        let is_unknown = causes.iter().any(|cause| cause.to_string().contains("dns error"));
        let reason = if is_unknown { format!("its name leads nowhere ({reason})") } else { reason };
        return RegistryError::Unreachable { host, reason, passing: !is_refused && !is_unknown };
    }
    RegistryError::Broken { host, reason }
}

fn from_tls(host: String, error: &rustls::Error) -> RegistryError {
    match error {
        // The first bytes of an answer in plain HTTP are no TLS record.
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => RegistryError::Plain { host },
        _ => RegistryError::Tls { host, reason: visible(&error.to_string()).into_owned() },
    }
}

/// Why there is no client.
pub(super) fn from_setup(error: &(dyn Error + 'static)) -> RegistryError {
    RegistryError::Client { reason: innermost(&causes(error)) }
}

/// An error and all that it was caused by. What an I/O error wraps is no cause of it by its own account.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    /// Chains are a few long; this is only to come to an end in any case.
    const LONGEST: usize = 20;
    let mut causes = vec![error];
    while let Some(last) = causes.last().copied()
        && causes.len() < LONGEST
    {
        let wrapped = last.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inner = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| last.source());
        match inner {
            Some(inner) => causes.push(inner),
            None => break,
        }
    }
    causes
}

fn innermost(causes: &[&(dyn Error + 'static)]) -> String {
    causes.last().map(|cause| visible(&cause.to_string()).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_says_when_to_come_back() {
        let hint = |login, after: Option<&str>| limited_hint("docker.io", &login, after);
        assert_eq!(
            hint(Login::Anonymous, Some("120")),
            "Try again in 120 seconds, or log in for a higher limit: docker login docker.io."
        );
        let date = "Fri, 31 Dec 1999 23:59:59 GMT";
        assert_eq!(hint(Login::From("x".to_owned()), Some(date)), format!("Try again after {date}."));
    }

    #[test]
    fn what_a_server_says_cannot_drive_the_terminal() {
        let message = "no\u{1b}[2J".to_owned();
        let error = RegistryError::Answer { host: "h".to_owned(), status: 418, message };
        assert_eq!(error.to_string(), "h answers 418: no\\x1b[2J");
    }

    #[test]
    fn a_tls_error_is_found_within_others() {
        let wrapped = io::Error::other(io::Error::other(rustls::Error::DecryptError));
        assert!(causes(&wrapped).iter().any(|cause| cause.is::<rustls::Error>()));
    }
}
