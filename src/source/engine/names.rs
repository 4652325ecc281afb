//! Which image of an engine a name means; when none or several, what there is instead.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::str::FromStr as _;

use bollard::models::{ImageInspect, ImageSummary};

use super::client::{Client, Refusal};
use super::error::EngineError;
use super::{Located, SourceError};
use crate::model::{Digest, Progress};
use crate::oci::Platform;

/// Rows of images shown; an engine may have thousands.
const MAX_ROWS: usize = 10;

/// Whether a text may be the name of an image. What else it may hold would mean something to the engine's HTTP server.
pub(super) fn check(name: &str) -> Result<(), EngineError> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-/:@+".contains(character);
    let is_step = |part: &str| part.is_empty() || part == "." || part == "..";
    if name.is_empty() || !name.chars().all(allowed) || name.split('/').any(is_step) {
        return Err(EngineError::Name { name: name.to_owned() });
    }
    Ok(())
}

/// Finds the image that `name` means.
pub(super) fn locate(
    client: &std::sync::Arc<Client>,
    name: &str,
    platform: Option<&Platform>,
    progress: &Progress,
) -> Result<Located, SourceError> {
    check(name)?;
    match client.inspect(name, platform, progress)? {
        Ok(image) => located(client, name, image),
        Err(refusal) => match (platform, client.inspect(name, None, progress)?) {
            // It is there, but not for the platform asked for.
            (Some(wanted), Ok(image)) => {
                let have = located(client, name, image)?.platform;
                Err(super::no_such_platform(name, client.at.engine, wanted, &have))
            }
            _ => Err(unknown(client, name, refusal, progress)?),
        },
    }
}

fn located(client: &std::sync::Arc<Client>, name: &str, image: ImageInspect) -> Result<Located, SourceError> {
    let strange = |what: String| EngineError::Refused {
        at: client.at.clone(),
        doing: "describe the image as engines do",
        answer: what,
    };
    let id = image.id.unwrap_or_default();
    let digest = |text: &str| {
        Digest::from_str(text).or_else(|_| Digest::from_hex(text).map_err(|_| strange(format!("no digest: {text}"))))
    };
    let layers = image.root_fs.and_then(|root| root.layers).unwrap_or_default();
    let diff_ids = layers.iter().map(|layer| digest(layer)).collect::<Result<_, _>>()?;
    Ok(Located {
        client: std::sync::Arc::clone(client),
        name: name.to_owned(),
        id: digest(&id)?,
        diff_ids,
        platform: Platform {
            os: image.os.unwrap_or_default(),
            architecture: image.architecture.unwrap_or_default(),
            variant: image.variant.filter(|variant| !variant.is_empty()),
        },
        size: image.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        tags: image.repo_tags.unwrap_or_default(),
    })
}

/// The error that `name` means no image, or several.
fn unknown(client: &Client, name: &str, refusal: Refusal, progress: &Progress) -> Result<SourceError, SourceError> {
    let images = client.images(progress)?;
    let (at, name) = (client.at.clone(), name.to_owned());
    let candidates = with_id(&name, &images);
    if candidates.len() > 1 {
        return Ok(EngineError::Ambiguous { at, name, candidates }.into());
    }
    if !refusal.is_absence {
        return Ok(EngineError::Refused { at, doing: "describe the image", answer: refusal.message }.into());
    }
    let (there, more) = nearest(&name, &images);
    Ok(EngineError::NoSuchImage { at, name, there, more }.into())
}

/// Rows of the images whose ID starts with `text`, when that can be the beginning of an ID.
fn with_id(text: &str, images: &[ImageSummary]) -> Vec<String> {
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    let is_hex = !text.is_empty() && text.chars().all(|character| character.is_ascii_hexdigit());
    let matching = images.iter().filter(|image| is_hex && hex(image).starts_with(&text.to_ascii_lowercase()));
    let by_id: BTreeMap<&str, &ImageSummary> = matching.map(|image| (hex(image), image)).collect();
    let row = |image: &ImageSummary| {
        let names = names(image).collect::<Vec<_>>().join(", ");
        format!("{}  {}", hex(image), if names.is_empty() { "(no name)" } else { &names })
    };
    by_id.into_values().map(row).collect()
}

/// Rows of the images whose names are nearest to `name`, the nearest first, and how many more there are.
fn nearest(name: &str, images: &[ImageSummary]) -> (Vec<String>, usize) {
    let mut named: Vec<(&str, &ImageSummary)> =
        images.iter().flat_map(|image| names(image).map(move |name| (name, image))).collect();
    named.sort_by_key(|(have, image)| (Reverse(likeness(name, have)), Reverse(image.created), *have));
    let width = named.iter().take(MAX_ROWS).map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let row =
        |(name, image): &(&str, &ImageSummary)| format!("{name:width$}  {}", hex(image).get(..12).unwrap_or_default());
    (named.iter().take(MAX_ROWS).map(row).collect(), named.len().saturating_sub(MAX_ROWS))
}

fn names(image: &ImageSummary) -> impl Iterator<Item = &str> {
    image.repo_tags.iter().map(String::as_str).filter(|name| *name != "<none>:<none>")
}

fn hex(image: &ImageSummary) -> &str {
    image.id.strip_prefix("sha256:").unwrap_or(&image.id)
}

/// How alike two names are: the same repository; the same last part of it; one part within the other; else how many
/// letters they begin with alike.
fn likeness(wanted: &str, have: &str) -> (u8, usize) {
    let (wanted, have) = (repository(wanted), repository(have));
    let (wanted_last, have_last) = (last(wanted), last(have));
    let rank = match () {
        () if wanted == have => 3,
        () if wanted_last == have_last => 2,
        () if wanted_last.contains(have_last) || have_last.contains(wanted_last) => 1,
        () => 0,
    };
    let alike = wanted_last.chars().zip(have_last.chars()).take_while(|(a, b)| a == b).count();
    (rank, alike)
}

/// The name without tag and digest.
fn repository(name: &str) -> &str {
    let name = name.split('@').next().unwrap_or(name);
    match name.rsplit_once(':') {
        // What follows the last colon is a port when a path comes after it.
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

fn last(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, names: &[&str]) -> ImageSummary {
        let repo_tags = names.iter().map(|name| (*name).to_owned()).collect();
        ImageSummary { id: format!("sha256:{id:0<64}"), repo_tags, ..ImageSummary::default() }
    }

    #[test]
    fn the_nearest_names_come_first_and_their_number_is_bounded() {
        let mut images = vec![
            image("1", &["zebra:1"]),
            image("2", &["quay.io/team/app:3", "<none>:<none>"]),
            image("3", &["localhost:5000/app-web:1"]),
            image("4", &["app:1", "app:2"]),
        ];
        let (rows, more) = nearest("app:9", &images);
        let names: Vec<&str> = rows.iter().filter_map(|row| row.split_whitespace().next()).collect();
        assert_eq!(names, ["app:1", "app:2", "quay.io/team/app:3", "localhost:5000/app-web:1", "zebra:1"]);
        assert_eq!((rows[0].as_str(), more), ("app:1                     400000000000", 0));
        images.extend((0..20).map(|number| image("5", &[&format!("other:{number}")])));
        let (rows, more) = nearest("app:9", &images);
        assert_eq!((rows.len(), more), (MAX_ROWS, 15));
    }

    #[test]
    fn the_beginning_of_an_id_means_every_image_with_it() {
        let images = [image("abc1", &["app:1"]), image("abc2", &[]), image("abd", &["b:1"]), image("abc1", &[])];
        assert_eq!(with_id("ABC", &images).len(), 2);
        assert!(with_id("sha256:abc2", &images)[0].ends_with("(no name)"));
        assert!(with_id("app", &images).is_empty());
    }

    #[test]
    fn a_name_that_the_server_would_take_for_a_path_is_refused() {
        for name in ["../../version", "a?b", "a#b", "", "/app", "a/./b", "a%2fb", "a b"] {
            assert!(check(name).is_err(), "{name}");
        }
        for name in ["app", "localhost:5000/a/b:1", "app@sha256:00", "sha256:ab", "a+b_c"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }
}
