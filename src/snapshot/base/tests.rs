//! Evidence as real builders leave it. Where an excerpt comes from stands above it.

use super::*;
use crate::model::{BaseImage, BuildSource, Digest, HistoryEntry};

fn digest(byte: u8) -> Digest {
    Digest([byte; 32])
}

/// An image with `layers` layers and this history: `created_by`, comment, whether it made no layer.
fn image(layers: u8, rows: &[(&str, &str, bool)]) -> ImageConfig {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let row = |(created_by, comment, empty_layer): &(&str, &str, bool)| HistoryEntry {
        created_by: text(created_by),
        comment: text(comment),
        empty_layer: *empty_layer,
        ..HistoryEntry::default()
    };
    ImageConfig {
        diff_ids: (0..layers).map(digest).collect(),
        history: rows.iter().map(row).collect(),
        ..ImageConfig::default()
    }
}

fn found(config: &ImageConfig, annotations: &[(&str, &str)], attestations: &[&str]) -> Option<BaseImage> {
    let annotations = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let attestations: Vec<Vec<u8>> = attestations.iter().map(|text| text.as_bytes().to_vec()).collect();
    let documents = Documents { annotations: &annotations, config, attestations: &attestations, distro: None };
    weigh(evidence(&documents))
}

const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

#[test]
fn annotations_are_believed_and_labels_are_not() {
    let mut config = image(2, &[]);
    config.labels.insert(NAME.to_owned(), "debian:12".to_owned());
    let base = found(&config, &[], &[]).unwrap();
    assert!(!base.is_identified() && base.evidence[0].words.contains("debian:12"), "{base:?}");
    let base = found(&config, &[(NAME, "python:3.12"), (DIGEST, "sha256:ab")], &[]).unwrap();
    assert_eq!((base.name.as_deref(), base.digest.as_deref()), (Some("python:3.12"), Some("sha256:ab")));
    assert_eq!((base.confidence, base.pinned), (Confidence::High, None));
    assert_eq!(base.contradictions, [""; 0]);
    assert!(found(&image(1, &[]), &[], &[]).is_none());
}

/// Rows as buildah 1.28.2 writes them, without and with `--layers`.
#[test]
fn buildah_tells_its_base_and_where_that_ends() {
    let below = [("/bin/sh -c #(nop) COPY file:78 in /base ", "", true), ("/bin/sh -c #(nop) CMD [\"sh\"]", "", false)];
    let squashed = [
        ("/bin/sh -c #(nop) COPY file:32 in /f ", "", true),
        ("/bin/sh -c #(nop) CMD [\"x\"]", "FROM localhost/base:1", false),
    ];
    let layered = [
        ("/bin/sh -c #(nop) COPY file:32 in /f ", "FROM localhost/base:1", false),
        ("/bin/sh -c #(nop) ENV A=1", "FROM 5c70fcdf1c62", true),
        ("/bin/sh -c #(nop) COPY file:e6 in /g ", "FROM 6f8d270503c9", false),
    ];
    for (layers, rows) in [(2, &squashed[..]), (3, &layered[..])] {
        let base = found(&image(layers, &[&below[..], rows].concat()), &[], &[]).unwrap();
        assert_eq!((base.name.as_deref(), base.layers), (Some("localhost/base:1"), Some(1)), "{base:?}");
        assert_eq!((base.confidence, base.pinned), (Confidence::Medium, None));
    }
    // On an image without a name the lowest step names its ID.
    let unnamed = [&below[..], &layered[1..]].concat();
    let base = found(&image(2, &unnamed), &[], &[]).unwrap();
    assert_eq!((base.name.as_deref(), base.layers), (None, Some(1)), "{base:?}");
    let pinned = [("/bin/sh -c #(nop) CMD [\"x\"]", "FROM quay.io/a:1@sha256:ab", false)];
    let base = found(&image(2, &[&below[..], &pinned[..]].concat()), &[], &[]).unwrap();
    assert_eq!((base.digest.as_deref(), base.pinned), (Some("sha256:ab"), Some(true)));
}

/// The label's shape is that of buildpacks/spec, platform.md, "lifecycle.metadata".
#[test]
fn the_buildpacks_label_ends_the_base_exactly() {
    let mut config = image(3, &[]);
    let label = |top: Digest| {
        format!(
            r#"{{"app":[],"runImage":{{"topLayer":"{top}","reference":"index.docker.io/paketo/run@sha256:ab"}},
               "stack":{{"runImage":{{"image":"index.docker.io/paketo/run:base"}}}}}}"#
        )
    };
    config.labels.insert("io.buildpacks.lifecycle.metadata".to_owned(), label(digest(1)));
    let base = found(&config, &[], &[]).unwrap();
    assert_eq!((base.layers, base.layers_confidence), (Some(2), Some(Confidence::High)));
    assert_eq!(base.name.as_deref(), Some("index.docker.io/paketo/run@sha256:ab"));
    assert_eq!(base.reference().as_deref(), Some("index.docker.io/paketo/run@sha256:ab"));
    config.labels.insert("io.buildpacks.lifecycle.metadata".to_owned(), label(digest(9)));
    let base = found(&config, &[], &[]).unwrap();
    assert_eq!((base.layers, base.contradictions.len()), (None, 1), "{base:?}");
}

/// `BuildKit`'s provenance in `mode=min`, shape of its slsa-provenance.md.
#[test]
fn one_image_beside_the_frontend_is_the_base() {
    let statement = |more: &str| {
        format!(
            r#"{{"predicateType":"https://slsa.dev/provenance/v1","predicate":{{"buildDefinition":{{
            "externalParameters":{{"request":{{"frontend":"gateway.v0","args":{{"source":"docker/dockerfile:1"}}}}}},
            "resolvedDependencies":[{{"uri":"pkg:docker/docker/dockerfile@1","digest":{{"sha256":"aa"}}}},
            {{"uri":"pkg:docker/alpine@3.17?platform=linux%2Famd64","digest":{{"sha256":"8914"}}}}{more}]}}}}}}"#
        )
    };
    let config = image(2, &[]);
    let base = found(&config, &[], &[&statement("")]).unwrap();
    assert_eq!((base.name.as_deref(), base.digest.as_deref()), (Some("alpine:3.17"), Some("sha256:8914")));
    assert_eq!((base.pinned, base.layers, base.confidence), (Some(false), None, Confidence::High));
    let more = r#",{"uri":"pkg:docker/golang@1","digest":{"sha256":"bb"}}"#;
    let base = found(&config, &[], &[&statement(more)]).unwrap();
    assert!(!base.is_identified() && base.pinned.is_none(), "{base:?}");
    assert!(found(&config, &[], &["{", "[]"]).is_none());
}

#[test]
fn build_info_is_as_good_and_two_names_contradict() {
    let mut config = image(2, &[]);
    let source = |name: &str, digest: &str| BuildSource {
        name: name.to_owned(),
        digest: Some(digest.to_owned()),
        pinned: Some(name.contains('@')),
    };
    config.build_sources = vec![
        source("docker.io/docker/dockerfile:1@sha256:ff", "sha256:ff"),
        source("debian:12@sha256:ab", "sha256:ab"),
    ];
    let base = found(&config, &[], &[]).unwrap();
    assert_eq!(
        (base.name.as_deref(), base.digest.as_deref(), base.pinned),
        (Some("debian:12"), Some("sha256:ab"), Some(true))
    );
    let base = found(&config, &[(NAME, "docker.io/library/debian:12")], &[]).unwrap();
    assert_eq!((base.contradictions.len(), base.pinned), (0, Some(true)));
    let base = found(&config, &[(NAME, "docker.io/library/debian:11")], &[]).unwrap();
    assert_eq!(base.contradictions.len(), 1, "{base:?}");
    // What is known of the one is not said of the other.
    assert_eq!((base.name.as_deref(), base.digest, base.pinned), (Some("docker.io/library/debian:11"), None, None));
}

/// Rows of docker 20.10 upon official images, of `docker import`, of debuerreotype 0.15.
#[test]
fn the_history_is_a_rule_of_thumb_and_no_proof() {
    let classic = |what: &'static str| (what, "", false);
    let kit = |what: &'static str| (what, "buildkit.dockerfile.v0", false);
    let command = ("/bin/sh -c #(nop)  CMD [\"bash\"]", "", true);
    let added = classic("/bin/sh -c #(nop) ADD file:4f2 in / ");
    for (rows, layers) in [
        (
            vec![
                added,
                command,
                classic("/bin/sh -c apt-get update"),
                classic("/bin/sh -c #(nop) COPY dir:1 in /app "),
            ],
            1,
        ),
        (
            vec![
                added,
                command,
                classic("/bin/sh -c make python"),
                ("/bin/sh -c #(nop)  CMD [\"python3\"]", "", true),
                kit("COPY . /app # buildkit"),
            ],
            2,
        ),
        (vec![("", "Imported from -", false), kit("RUN /bin/sh -c x # buildkit"), kit("COPY . / # buildkit")], 1),
        (
            vec![
                ("# debian.sh --arch 'amd64' out/ 'bookworm' '@1'", "debuerreotype 0.15", false),
                kit("COPY . /app # buildkit"),
            ],
            1,
        ),
    ] {
        let made = u8::try_from(rows.iter().filter(|(_, _, empty)| !empty).count()).unwrap();
        let base = found(&image(made, &rows), &[], &[]).unwrap();
        assert_eq!((base.layers, base.layers_confidence), (Some(layers), Some(Confidence::Low)), "{rows:?}");
        assert!(!base.is_identified());
    }
    // One root file system and nothing upon it; a history of nothing but like rows; one that does not count its layers.
    for (layers, rows) in [
        (1, vec![added, command]),
        (2, vec![kit("COPY a /a # buildkit"), kit("COPY b /b # buildkit")]),
        (3, vec![added, command, kit("COPY b /b # buildkit")]),
    ] {
        let base = found(&image(layers, &rows), &[], &[]);
        assert_eq!(base.and_then(|base| base.layers), None, "{rows:?}");
    }
}

/// A base of one layer that `--base` shows, by its manifest's and its index's digest.
fn shown(passes_on: Option<&str>) -> BaseEvidence {
    let named = Named {
        reference: "registry:debian:12".to_owned(),
        name: Some("docker.io/library/debian:12".to_owned()),
        manifest_digest: Some(digest(0xaa)),
        other_digests: Some(vec![digest(0xbb)]),
        diff_ids: vec![digest(0)],
        passes_on: passes_on.map(str::to_owned),
    };
    named_says(&named, &[digest(0), digest(1)])
}

#[test]
fn what_contradicts_the_base_that_is_shown_is_told_with_its_own_value() {
    let other = digest(0xcc).to_string();
    let says = |config: &ImageConfig, annotations: &[(&str, &str)], shown: BaseEvidence| {
        let found = found(config, annotations, &[]).map(|base| base.evidence).unwrap_or_default();
        weigh(found.into_iter().chain([shown]).collect()).unwrap()
    };
    let plain = image(2, &[]);
    let base = says(&plain, &[(NAME, "debian:12"), (DIGEST, &other)], shown(None));
    assert_eq!(base.digest.as_deref(), Some(&*digest(0xaa).to_string()), "what is shown is believed");
    let [contradiction] = base.contradictions.as_slice() else { panic!("{base:?}") };
    assert!(contradiction.contains(&other) && contradiction.contains("annotation"), "{contradiction}");
    assert!(base.words().any(|words| words.contains(&other)), "{base:?}");
    // In the name, and what is no digest at all.
    let pinned = format!("debian:12@{other}");
    assert_eq!(says(&plain, &[(NAME, &pinned)], shown(None)).contradictions.len(), 1);
    assert_eq!(says(&plain, &[(DIGEST, "not-a-digest")], shown(None)).contradictions.len(), 1);
    // A label.
    let mut labelled = image(2, &[]);
    labelled.labels.insert(DIGEST.to_owned(), other.clone());
    let base = says(&labelled, &[], shown(None));
    assert!(
        matches!(base.contradictions.as_slice(), [only] if only.contains("labels") && only.contains(&other)),
        "{base:?}"
    );
    // The config's build info, as the provenance.
    let mut built = image(2, &[]);
    built.build_sources = vec![BuildSource { name: "debian:12".to_owned(), digest: Some(other.clone()), pinned: None }];
    assert_eq!(says(&built, &[], shown(None)).contradictions.len(), 1);
}

#[test]
fn honest_evidence_of_the_base_that_is_shown_is_no_contradiction() {
    let says = |config: &ImageConfig, annotations: &[(&str, &str)], shown: BaseEvidence| {
        let found = found(config, annotations, &[]).map(|base| base.evidence).unwrap_or_default();
        weigh(found.into_iter().chain([shown]).collect()).unwrap().contradictions
    };
    let plain = image(2, &[]);
    // The platform's manifest, the index, another name for the same bytes, a name alone.
    for found in [digest(0xaa), digest(0xbb)] {
        assert_eq!(
            says(&plain, &[(NAME, "mirror.example/debian:12"), (DIGEST, &found.to_string())], shown(None)),
            [""; 0]
        );
    }
    assert_eq!(says(&plain, &[(NAME, "alpine:3.18")], shown(None)), [""; 0]);
    // Labels that the base has itself name the base's base.
    let own = digest(0xdd).to_string();
    let mut labelled = image(2, &[]);
    labelled.labels.insert(DIGEST.to_owned(), own.clone());
    assert_eq!(says(&labelled, &[], shown(Some(&own))), [""; 0]);
    // Of an image out of an index that is not known.
    let unknown = BaseEvidence { digests: Vec::new(), ..shown(None) };
    assert_eq!(says(&plain, &[(DIGEST, &own)], unknown), [""; 0]);
}
