//! An identity token exchanged for a token of one repository (Docker's registry documentation, "Token
//! authentication"): what `oci-client` leaves out of the handshake.

use reqwest::Url;
use serde::Deserialize;

/// Where tokens are to be had, by a `WWW-Authenticate: Bearer realm="...",service="..."`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) realm: String,
    service: Option<String>,
}

impl Challenge {
    pub(super) fn parse(header: &str) -> Option<Self> {
        let (scheme, parameters) = header.trim_start().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let value = |key: &str| {
            let (_, rest) = parameters.split_once(&format!("{key}=\""))?;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        Some(Self { realm: value("realm")?, service: value("service") })
    }
}

/// The body of the request for a token.
pub(super) fn form(challenge: &Challenge, repository: &str, identity: &str) -> String {
    let scope = format!("repository:{repository}:pull");
    let fields = [
        ("grant_type", "refresh_token"),
        ("service", challenge.service.as_deref().unwrap_or_default()),
        ("client_id", "imgdrift"),
        ("scope", &scope),
        ("refresh_token", identity),
    ];
    // A URL's query is written as a form is.
    let url = Url::parse_with_params("http://form/", fields).ok();
    url.and_then(|url| url.query().map(str::to_owned)).unwrap_or_default()
}

/// The token that the server answers with.
pub(super) fn read(answer: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: Option<String>,
        token: Option<String>,
    }
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    answer.access_token.or(answer.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_the_token_server() {
        let challenge = Challenge::parse("Bearer realm=\"https://a.io/token\",service=\"a.io\",scope=\"x\"").unwrap();
        assert_eq!(challenge.realm, "https://a.io/token");
        assert_eq!(
            form(&challenge, "a/b", "s&cret"),
            "grant_type=refresh_token&service=a.io&client_id=imgdrift&scope=repository%3Aa%2Fb%3Apull&refresh_token=s%26cret"
        );
        assert_eq!(Challenge::parse("Basic realm=\"x\""), None);
        assert_eq!(Challenge::parse("Bearer"), None);
    }

    #[test]
    fn tokens_have_two_names() {
        assert_eq!(read(br#"{"access_token": "a"}"#).as_deref(), Some("a"));
        assert_eq!(read(br#"{"token": "b", "expires_in": 300}"#).as_deref(), Some("b"));
        assert_eq!(read(b"{}"), None);
    }
}
