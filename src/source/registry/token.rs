//! Tokens of one repository (Docker's registry documentation, "Token authentication"): where they are to be had, and how
//! they are asked for.

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

/// The token server's address, if it is one of the web.
pub(super) fn realm(challenge: &Challenge) -> Option<Url> {
    Url::parse(&challenge.realm).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// The address that a token is got from.
pub(super) fn query(challenge: &Challenge, mut realm: Url, repository: &str) -> Url {
    let service = challenge.service.as_deref().map(|service| ("service", service));
    realm.query_pairs_mut().extend_pairs(service).append_pair("scope", &scope(repository));
    realm
}

fn scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// The body of the request that exchanges an identity token for one of the repository.
pub(super) fn form(challenge: &Challenge, repository: &str, identity: &str) -> String {
    let scope = scope(repository);
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
        let asked = query(&challenge, realm(&challenge).unwrap(), "a/b");
        assert_eq!(asked.as_str(), "https://a.io/token?service=a.io&scope=repository%3Aa%2Fb%3Apull");
        let odd = |realm: &str| Challenge { realm: realm.to_owned(), service: None };
        let asked = odd("http://h:1/t?account=me");
        assert_eq!(
            query(&asked, realm(&asked).unwrap(), "a").as_str(),
            "http://h:1/t?account=me&scope=repository%3Aa%3Apull"
        );
        for no_address in ["", "/token", "file:///etc/passwd", "data:x"] {
            assert_eq!(realm(&odd(no_address)), None, "{no_address}");
        }
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
