//! An archive means one image: where two documents, two entries or two kinds of content could be meant, it is said.

use imgdrift::archive::sha256;
use imgdrift::model::GapKind;
use imgdrift::source::SourceError;
use serde_json::{Value, json};

use super::fixture::*;

fn failure(result: Result<(imgdrift::source::OpenImage, Sink), SourceError>) -> SourceError {
    result.err().expect("an error")
}

/// The files of `one` as docker 25 writes them, with the `index.json` and blobs of `other` in place of its own.
fn mixed(one: &Tiny, other: &Tiny, name: Option<&str>) -> Layout {
    let mut archive = docker25(one, plain);
    let mut descriptor = archive.image(other, plain);
    if let Some(name) = name {
        descriptor = with(descriptor, json!({"annotations": {"io.containerd.image.name": name}}));
    }
    archive.finish(&[descriptor])
}

#[test]
fn two_images_in_one_archive_are_both_named_and_may_be_chosen() {
    let (files, one, other) = (Files::new(), Tiny::new(&["good"]), Tiny::new(&["evil"]));
    // By its name, by another name, and without one.
    for name in [Some("docker.io/library/tiny:1"), Some("docker.io/library/evil:1"), None] {
        for compress in [plain, zstd] {
            let path = files.write("image.tar", &compress(&mixed(&one, &other, name).pack()));
            for choice in ["", ":tiny:1", "@0"] {
                let said = files.told(&failure(open_at(&path, choice)));
                for wanted in [
                    sha256(&one.config).to_string().as_str(),
                    &sha256(&other.config).to_string(),
                    "docker-archive:image.tar",
                    "oci-archive:image.tar",
                ] {
                    assert!(said.contains(wanted), "{said} lacks {wanted}");
                }
            }
            for (prefix, image) in [("docker-archive:", &one), ("oci-archive:", &other)] {
                let (opened, _) = Wish::default().open(&format!("{prefix}{}", path.display())).unwrap();
                assert_eq!(opened.config_digest, sha256(&image.config), "{prefix}");
                assert_eq!(opened.gaps.iter().map(|gap| gap.what).collect::<Vec<_>>(), [GapKind::Archive]);
            }
        }
    }
}

#[test]
fn one_image_written_twice_is_one_image() {
    let (files, image) = (Files::new(), Tiny::new(&["x", "y"]));
    let path = files.write("image.tar", &docker25(&image, plain).pack());
    for prefix in ["", "docker-archive:", "oci-archive:"] {
        let (opened, _) = Wish::default().open(&format!("{prefix}{}", path.display())).unwrap();
        assert_eq!((opened.config_digest, opened.gaps.len()), (sha256(&image.config), 0), "{prefix}");
    }
}

#[test]
fn attestations_other_platforms_other_names_and_what_is_not_there_are_no_second_image() {
    let (files, image) = (Files::new(), Tiny::new(&["x"]));
    let mut archive = docker25(&image, plain);
    let own = serde_json::from_slice::<Value>(&archive.0["index.json"]).unwrap()["manifests"][0].clone();
    let foreign = archive.image(&Tiny::for_platform(&["x"], "arm64"), plain);
    let absent = with(own.clone(), json!({"digest": sha256(b"nowhere")}));
    let lost = Tiny::new(&["lost"]);
    let without_config = archive.image(&lost, plain);
    archive.0.remove(&format!("blobs/sha256/{}", sha256(&lost.config).hex()));
    let attested = with(
        archive.image(&Tiny::new(&["statement"]), plain),
        json!({"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}),
    );
    let named = with(
        archive.image(&Tiny::new(&["other"]), plain),
        json!({"annotations": {"io.containerd.image.name": "docker.io/library/other:2"}}),
    );
    let archive = archive.finish(&[absent, foreign, without_config, attested, named, own]);
    let (opened, _) = open_at(&files.write("image.tar", &archive.pack()), "").unwrap();
    assert_eq!((opened.config_digest, opened.gaps), (sha256(&image.config), Vec::new()));
    assert!(opened.manifest_digest.is_some());
}

#[test]
fn an_index_beside_the_manifest_that_cannot_be_followed_is_named() {
    let (files, image) = (Files::new(), Tiny::new(&["x"]));
    let mut archive = docker25(&image, plain);
    archive.0.insert("index.json".into(), br#"{"manifests":[],"Manifests":[]}"#.to_vec());
    let (opened, _) = open_at(&files.write("image.tar", &archive.pack()), "").unwrap();
    assert_eq!(opened.config_digest, sha256(&image.config));
    assert!(opened.gaps[0].why.contains("\"Manifests\""), "{:?}", opened.gaps);
}

#[test]
fn a_document_that_is_there_twice_is_refused_however_its_name_is_written() {
    let (files, image) = (Files::new(), Tiny::new(&["x"]));
    let config = format!("{}.json", sha256(&image.config).hex());
    for (name, repeated) in [
        ("manifest.json", "/manifest.json"),
        ("./manifest.json", "/manifest.json"),
        ("a/../manifest.json", "/manifest.json"),
        (config.as_str(), config.as_str()),
    ] {
        let mut pack = Pack::new();
        pack.file(name, b"[]");
        // One archive after another: the end mark of the first is cut off.
        let mut bytes = pack.finish();
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(legacy(&[(&image, json!(["tiny:1"]))]));
        for compress in [plain, gzip] {
            let said = failure(open_at(&files.write("image.tar", &compress(&bytes)), "")).to_string();
            assert!(said.contains(repeated) && said.contains("more than once"), "{name}: {said}");
        }
    }
}

#[test]
fn older_jib_and_other_spellings_of_the_documents_are_read() {
    let (files, image) = (Files::new(), Tiny::new(&["x"]));
    let mut layout = Layout::default();
    let manifest = layout.image(&image, plain);
    let layout = layout.finish(&[manifest]);
    let index = String::from_utf8(layout.0["index.json"].clone()).unwrap();
    let mut shouting = layout.clone();
    shouting.0.insert("index.json".into(), index.replace("\"manifests\"", "\"MANIFESTS\"").into_bytes());
    assert_eq!(
        open_at(&files.write("layout.tar", &shouting.pack()), "").unwrap().0.config_digest,
        sha256(&image.config)
    );

    let mut pack = Pack::new();
    pack.file("config.json", &image.config);
    pack.file("l.tar.gz", &gzip(&image.layers[0]));
    pack.file("manifest.json", br#"[{"config":"config.json","repoTags":["tiny:1"],"layers":["l.tar.gz"]}]"#);
    let (opened, _) = open_at(&files.write("jib.tar", &pack.finish()), ":tiny:1").unwrap();
    assert_eq!((opened.config_digest, opened.layers.len()), (sha256(&image.config), 1));
}

/// A signature as cosign stores it: an image's config above layers that are none.
fn signature(layout: &mut Layout) -> Value {
    let payload = layout.blob("application/vnd.dev.cosign.simplesigning.v1+json", b"{}");
    let config = json!({"architecture": "", "os": "", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [sha256(b"{}")]}});
    let config = layout.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [payload]});
    let manifest = layout.blob(OCI_MANIFEST, manifest.to_string().as_bytes());
    with(manifest, json!({"annotations": {"org.opencontainers.image.ref.name": "sha256-12.sig"}}))
}

#[test]
fn a_signature_is_no_image_to_choose_and_says_what_it_is() {
    let (files, image) = (Files::new(), Tiny::new(&["x"]));
    let mut layout = Layout::default();
    let named = json!({"annotations": {"org.opencontainers.image.ref.name": "1"}});
    let manifest = with(layout.image(&image, plain), named);
    let signature = signature(&mut layout);
    let absent = with(manifest.clone(), json!({"digest": sha256(b"nowhere"), "annotations": null}));
    layout.clone().finish(&[signature.clone(), absent, manifest]).write(files.path());
    for choice in ["", ":1", "@0"] {
        let (opened, _) = open_at(files.path(), choice).unwrap();
        assert_eq!(opened.config_digest, sha256(&image.config), "{choice}");
    }
    let said = failure(open_at(files.path(), ":sha256-12.sig")).to_string();
    assert!(said.contains("application/vnd.dev.cosign.simplesigning.v1+json"), "{said}");
    let said = failure(open_at(files.path(), ":2")).to_string();
    assert!(!said.contains(".sig"), "{said}");
    // Nor when it is all there is.
    layout.finish(&[signature]).write(files.path());
    let said = failure(open_at(files.path(), "")).to_string();
    assert!(said.contains("not a container image"), "{said}");
}
