//! Every local form of an image, packed as its writer packs it, opens to the same image; what is broken, missing or
//! ambiguous is said so.

pub(super) mod fixture;
mod one_image;

use std::io::Read as _;
use std::os::unix::net::UnixListener;

use fixture::*;
use imgdrift::archive::{Limits, decompress, sha256};
use imgdrift::source::{Blob, OpenImage, OpenOptions, Reference, SourceError, open};
use serde_json::{Value, json};
use tar::EntryType::{Link, Symlink};

/// Asserts that `opened` is `image`, to the last byte of its layers, and that its blobs may be read again.
fn assert_is(opened: &OpenImage, image: &Tiny) {
    assert_eq!(opened.config_digest, sha256(&image.config));
    assert_eq!(opened.config.runtime.env, [("A".to_owned(), "b=c".to_owned())]);
    let diff_ids: Vec<_> = opened.layers.iter().map(|layer| layer.diff_id).collect();
    assert_eq!(diff_ids, image.diff_ids());
    for (at, tar) in image.layers.iter().enumerate() {
        for _ in 0..2 {
            let mut blob = Vec::new();
            opened.blobs.open(at).unwrap().into_reader().read_to_end(&mut blob).unwrap();
            assert_eq!(opened.layers[at].size, Some(blob.len() as u64));
            assert!(opened.layers[at].digest.is_none_or(|digest| digest == sha256(&blob)));
            let mut plain = Vec::new();
            decompress(Box::new(blob.as_slice())).unwrap().1.read_to_end(&mut plain).unwrap();
            assert_eq!(&plain, tar, "layer {at}");
        }
    }
}

fn tiny() -> Tiny {
    Tiny::new(&["below\n", "above\n"])
}

fn failure(result: Result<(OpenImage, Sink), SourceError>) -> SourceError {
    result.err().expect("an error")
}

#[test]
fn every_form_is_the_same_image_plain_and_compressed() {
    let image = tiny();
    let layout = |compress| {
        let mut layout = Layout::default();
        let manifest = layout.image(&image, compress);
        layout.finish(&[manifest]).pack()
    };
    let forms = [
        ("legacy", "docker-archive", legacy(&[(&image, json!(["tiny:1"]))])),
        ("legacy saved by id", "docker-archive", legacy(&[(&image, Value::Null)])),
        ("skopeo", "docker-archive", skopeo(&image)),
        ("crane", "docker-archive", crane(&image)),
        ("docker 25", "docker-archive", docker25(&image, plain).pack()),
        ("docker with containerd", "docker-archive", docker25(&image, gzip).pack()),
        ("layout", "oci-archive", layout(plain)),
        ("layout, gzip layers", "oci-archive", layout(gzip_members)),
        ("layout, zstd layers", "oci-archive", layout(zstd)),
    ];
    let files = Files::new();
    for (form, source, bytes) in &forms {
        for (outer, compress) in [
            ("plain", plain as fn(&[u8]) -> Vec<u8>),
            ("gzip", gzip),
            ("gzip members", gzip_members),
            ("zstd", zstd),
            ("xz", xz),
        ] {
            println!("{form}, {outer}");
            // The name says nothing: content decides.
            let path = files.write("image.bin", &compress(bytes));
            let (opened, sink) = open_at(&path, "").unwrap();
            assert_eq!(opened.source, *source);
            assert_is(&opened, &image);
            assert_eq!(opened.warnings, [""; 0]);
            let is_in_place = matches!(opened.blobs.open(0).unwrap(), Blob::File(_));
            assert_eq!(is_in_place, outer == "plain");
            let passed: Vec<_> = sink.0.into_iter().flatten().collect();
            for diff_id in image.diff_ids() {
                assert_eq!(passed.contains(&diff_id), outer != "plain");
            }
        }
    }
}

#[test]
fn a_directory_is_read_in_place() {
    let (files, image) = (Files::new(), tiny());
    let mut layout = Layout::default();
    let manifest = layout.image(&image, gzip);
    let digest = manifest["digest"].clone();
    layout.finish(&[manifest]).write(files.path());
    let (opened, _) = open_at(files.path(), "").unwrap();
    assert_eq!(opened.source, "oci");
    assert_eq!(opened.manifest_digest.unwrap().to_string(), digest);
    assert_eq!(opened.annotations["org.opencontainers.image.base.name"], "docker.io/library/debian:12");
    assert_is(&opened, &image);
}

#[test]
fn docker_25_gets_its_manifests_digest_and_keeps_manifest_jsons_order() {
    let (files, image) = (Files::new(), tiny());
    let mut layout = docker25(&image, plain);
    let path = files.write("image.tar", &layout.pack());
    let (opened, _) = open_at(&path, "").unwrap();
    let index: Value = serde_json::from_slice(&layout.0["index.json"]).unwrap();
    assert_eq!(opened.manifest_digest.unwrap().to_string(), index["manifests"][0]["digest"]);
    assert_eq!(opened.annotations.len(), 1);
    // Docker 25.0.0 wrote the manifest's layers in the wrong order (moby 47150).
    let upside_down = Tiny { layers: image.layers.iter().rev().cloned().collect(), config: image.config.clone() };
    let wrong = layout.image(&upside_down, plain);
    let path = files.write("image.tar", &layout.finish(&[wrong]).pack());
    let (opened, _) = open_at(&path, "").unwrap();
    assert_is(&opened, &image);
    assert_eq!(opened.manifest_digest, None);
    assert!(opened.warnings[0].contains("lists other layers than manifest.json"), "{:?}", opened.warnings);
    // Asked for as a layout, it is one.
    let (opened, _) = Wish::default()
        .open(&format!("oci-archive:{}:tiny:1", files.write("i", &docker25(&image, gzip).pack()).display()))
        .unwrap();
    assert_eq!(opened.source, "oci-archive");
    assert_is(&opened, &image);
}

#[test]
fn one_of_several_is_chosen_by_name_or_position() {
    let (files, one, two) = (Files::new(), tiny(), Tiny::new(&["other\n", "above\n"]));
    let images = [(&one, json!(["app:1.0", "app:latest"])), (&two, json!(["docker.io/library/app:2.0"]))];
    for compress in [plain, gzip] {
        let path = files.write("two.tar", &compress(&legacy(&images)));
        for (choice, image) in [
            (":app:1.0", &one),
            (":app", &one),
            ("@0", &one),
            (":@1", &two),
            ("@1", &two),
            (":app:2.0", &two),
            (":docker.io/library/app:2.0", &two),
            (":2.0", &two),
        ] {
            assert_is(&open_at(&path, choice).unwrap().0, image);
        }
    }
    let path = files.path().join("two.tar");
    let ids = [sha256(&one.config).short(), sha256(&two.config).short()];
    assert_eq!(
        files.told(&failure(open_at(&path, ""))),
        format!(
            "two.tar holds 2 images:\n  @0  {}  app:1.0, app:latest\n  @1  {}  docker.io/library/app:2.0\n\
             Choose one by name, two.tar:app:1.0, or by position, two.tar@0.",
            ids[0], ids[1]
        )
    );
    let told = files.told(&failure(open_at(&path, ":app:3.0")));
    assert!(told.starts_with("two.tar holds no image \"app:3.0\", only:\n  @0  "), "{told}");
    assert!(files.told(&failure(open_at(&path, "@2"))).contains("no image @2"));
}

#[test]
fn a_layouts_images_are_chosen_by_name_and_tags_of_one_image_are_no_choice() {
    let (files, one, two) = (Files::new(), tiny(), Tiny::new(&["other\n"]));
    let mut layout = Layout::default();
    let named = |manifest: &Value, name: &str| {
        with(manifest.clone(), json!({"annotations": {"org.opencontainers.image.ref.name": name}}))
    };
    let (first, second) = (layout.image(&one, gzip), layout.image(&two, gzip));
    let tags = vec![named(&first, "1.0"), named(&first, "latest")];
    layout.clone().finish(&tags).write(files.path());
    assert_is(&open_at(files.path(), "").unwrap().0, &one);
    assert_is(&open_at(files.path(), ":latest").unwrap().0, &one);
    layout.finish(&[tags, vec![named(&second, "2.0")]].concat()).write(files.path());
    assert_is(&open_at(files.path(), ":2.0").unwrap().0, &two);
    assert_is(&open_at(files.path(), "@1").unwrap().0, &two);
    let error = failure(open_at(files.path(), ""));
    assert!(error.to_string().contains("holds 2 images:\n  @0  "), "{error}");
    assert!(error.to_string().contains("1.0, latest\n  @1  "), "{error}");
}

/// As `BuildKit` writes: `index.json` names an index, and that the image and its attestation.
#[test]
fn attestations_within_a_nested_index_are_passed_over() {
    let (files, image) = (Files::new(), tiny());
    let mut layout = Layout::default();
    let manifest = with(layout.image(&image, gzip), json!({"platform": {"os": "linux", "architecture": "amd64"}}));
    let attestation = with(
        layout.image(&Tiny::new(&["{}"]), plain),
        json!({"platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}),
    );
    let artifact = with(
        attestation.clone(),
        json!({"platform": null, "annotations": null, "digest": sha256(b"a"),
        "artifactType": "application/vnd.docker.attestation.manifest.v1+json"}),
    );
    let nested = layout.nested(&[attestation, artifact, manifest]);
    let layout = layout.finish(&[nested]);
    for compress in [plain, zstd] {
        let (opened, _) = open_at(&files.write("image", &compress(&layout.pack())), "").unwrap();
        assert_is(&opened, &image);
        assert_eq!(opened.warnings, [""; 0]);
    }
}

#[test]
fn the_platform_is_the_one_asked_for_else_this_machines_with_a_warning() {
    let files = Files::new();
    let mut layout = Layout::default();
    let mut images = Vec::new();
    let mut descriptors = Vec::new();
    for (architecture, variant) in [("s390x", None), ("amd64", None), ("arm64", Some("v8"))] {
        let image = Tiny::for_platform(&[architecture], architecture);
        let platform = json!({"os": "linux", "architecture": architecture, "variant": variant});
        descriptors.push(with(layout.image(&image, gzip), json!({"platform": platform})));
        images.push(image);
    }
    let nested = layout.nested(&descriptors);
    // The platforms listed in `index.json` itself are one image too.
    for top in [vec![nested], descriptors] {
        layout.clone().finish(&top).write(files.path());
        let text = files.path().to_str().unwrap();
        let on = |platform| Wish { platform: Some(platform), ..Wish::default() }.open(text);
        assert_is(&on("linux/arm64").unwrap().0, &images[2]);
        assert_is(&on("linux/arm64/v8").unwrap().0, &images[2]);
        assert_is(&on("linux/x86_64").unwrap().0, &images[1]);
        assert_is(&on("linux/s390x").unwrap().0, &images[0]);
        let told = failure(on("linux/ppc64le")).to_string();
        assert!(
            told.ends_with("no image for linux/ppc64le, only for linux/s390x, linux/amd64, linux/arm64/v8"),
            "{told}"
        );
        let (opened, _) = open_at(files.path(), "").unwrap();
        let host = match std::env::consts::ARCH {
            "x86_64" => ("linux/amd64", &images[1]),
            "aarch64" => ("linux/arm64/v8", &images[2]),
            _ => ("linux/s390x", &images[0]),
        };
        assert_is(&opened, host.1);
        assert_eq!(
            opened.warnings,
            [format!(
                "the index holds linux/s390x, linux/amd64, linux/arm64/v8: {} was taken; --platform picks another",
                host.0
            )]
        );
    }
}

#[test]
fn a_platform_that_is_not_the_images_is_refused_in_every_form() {
    let (files, image) = (Files::new(), tiny());
    let mut layout = Layout::default();
    let manifest = layout.image(&image, gzip);
    for bytes in [legacy(&[(&image, json!(["tiny:1"]))]), layout.finish(&[manifest]).pack()] {
        let path = files.write("image.tar", &bytes);
        let on = |platform| Wish { platform: Some(platform), ..Wish::default() }.open(path.to_str().unwrap());
        assert_is(&on("linux/amd64").unwrap().0, &image);
        let told = files.told(&failure(on("linux/arm64")));
        assert_eq!(
            told,
            "image.tar holds no image for linux/arm64, only for linux/amd64\nChoose one of them with --platform."
        );
        assert!(failure(on("arm64")).to_string().contains("write os/arch"));
    }
}

#[test]
fn only_platforms_that_are_there_count_unless_they_are_asked_for() {
    let files = Files::new();
    let mut layout = Layout::default();
    let (here, elsewhere) = (Tiny::for_platform(&["here"], "s390x"), Tiny::for_platform(&["there"], "amd64"));
    let platform = |architecture| json!({"platform": {"os": "linux", "architecture": architecture}});
    let there = with(Layout::default().image(&elsewhere, gzip), platform("amd64"));
    let digest = there["digest"].as_str().unwrap().to_owned();
    let here_too = with(layout.image(&here, gzip), platform("s390x"));
    let nested = layout.nested(&[there, here_too]);
    layout.finish(&[nested]).write(files.path());
    let (opened, _) = open_at(files.path(), "").unwrap();
    assert_is(&opened, &here);
    assert_eq!(opened.warnings, [""; 0]);
    let asked = Wish { platform: Some("linux/amd64"), ..Wish::default() };
    let told = failure(asked.open(files.path().to_str().unwrap())).to_string();
    assert!(
        told.ends_with(&format!("the index names manifest {digest}, but the directory does not hold it")),
        "{told}"
    );
}

#[test]
fn a_blob_that_is_absent_is_named() {
    let (files, image) = (Files::new(), tiny());
    for compress in [plain, gzip] {
        let mut layout = docker25(&image, plain);
        let name = format!("blobs/sha256/{}", image.diff_ids()[1].hex());
        layout.0.remove(&name);
        let path = files.write("image.tar", &compress(&layout.pack()));
        let told = files.told(&failure(open_at(&path, "")));
        assert_eq!(
            told,
            format!(
                "image.tar: the manifest names layer {name}, but the archive does not hold it\n\
                 It was saved without all of its content: pull the image whole and save it again."
            )
        );
        let told = failure(Wish::default().open(&format!("oci-archive:{}", path.display()))).to_string();
        assert!(told.contains(&format!("names layer {}, but", image.diff_ids()[1])), "{told}");
    }
    let mut layout = Layout::default();
    let manifest = layout.image(&image, gzip);
    let config = format!("blobs/sha256/{}", sha256(&image.config).hex());
    layout.0.remove(&config);
    layout.finish(&[manifest]).write(files.path());
    let told = failure(open_at(files.path(), "")).to_string();
    assert!(told.contains(&format!("names config {}, but the directory", sha256(&image.config))), "{told}");
}

#[test]
fn a_layer_that_must_not_be_distributed_tells_where_it_is() {
    let (files, image) = (Files::new(), tiny());
    let mut pack = Pack::new();
    pack.file("c.json", &image.config);
    pack.file("1.tar", &image.layers[1]);
    let sources = json!({image.diff_ids()[0].to_string(): {"urls": ["https://example.org/layer"]}});
    let row = json!([{"Config": "c.json", "RepoTags": null, "Layers": ["0.tar", "1.tar"], "LayerSources": sources}]);
    pack.file("manifest.json", row.to_string().as_bytes());
    let told = files.told(&failure(open_at(&files.write("image.tar", &pack.finish()), "")));
    assert!(told.contains("names layer 0.tar, but"), "{told}");
    assert!(told.ends_with("it is to be had at https://example.org/layer."), "{told}");
}

#[test]
fn documents_that_do_not_match_their_digest_are_refused_unless_checks_are_off() {
    let (files, image) = (Files::new(), tiny());
    let unchecked = Wish { verify: false, ..Wish::default() };
    let altered = String::from_utf8(image.config.clone()).unwrap().replace("b=c", "b=X").into_bytes();
    let expected = sha256(&image.config);
    let mut layout = Layout::default();
    let manifest = layout.image(&image, gzip);
    layout.0.insert(format!("blobs/sha256/{}", expected.hex()), altered.clone());
    let mut pack = Pack::new();
    pack.file(&format!("{}.json", expected.hex()), &altered);
    for (at, layer) in image.layers.iter().enumerate() {
        pack.file(&format!("{at}.tar"), layer);
    }
    let row = json!([{"Config": format!("{}.json", expected.hex()), "Layers": ["0.tar", "1.tar"]}]);
    pack.file("manifest.json", row.to_string().as_bytes());
    for bytes in [layout.finish(&[manifest]).pack(), pack.finish()] {
        let path = files.write("image.tar", &bytes);
        let told = files.told(&failure(open_at(&path, "")));
        let digests = format!("should have the digest {expected}, but its bytes have {}", sha256(&altered));
        assert!(told.contains(&digests), "{told}");
        assert!(told.contains("--no-verify"), "{told}");
        let (opened, _) = unchecked.open(path.to_str().unwrap()).unwrap();
        assert_eq!(opened.config.runtime.env[0].1, "b=X");
    }
}

#[test]
fn a_manifest_of_another_size_or_digest_is_refused() {
    let (files, image) = (Files::new(), tiny());
    let mut layout = Layout::default();
    let manifest = layout.image(&image, gzip);
    for (field, value) in [("size", json!(7)), ("digest", json!(sha256(b"other")))] {
        let mut layout = layout.clone();
        let old = layout.0[&format!("blobs/sha256/{}", &manifest["digest"].as_str().unwrap()[7..])].clone();
        layout.0.insert(format!("blobs/sha256/{}", sha256(b"other").hex()), old);
        layout.finish(&[with(manifest.clone(), json!({field: value}))]).write(files.path());
        let told = failure(open_at(files.path(), "")).to_string();
        assert!(told.contains("manifest sha256:"), "{told}");
        assert!(told.contains("should have"), "{told}");
        assert!(Wish { verify: false, ..Wish::default() }.open(files.path().to_str().unwrap()).is_ok());
    }
}

#[test]
fn layers_that_streamed_by_are_checked_when_they_are_bound() {
    let (files, image) = (Files::new(), tiny());
    let other = Tiny::new(&["below\n", "altered\n"]);
    let wrong = Tiny { layers: other.layers.clone(), config: image.config.clone() };
    let path = files.write("image.tar.gz", &gzip(&legacy(&[(&wrong, Value::Null)])));
    let told = failure(open_at(&path, "")).to_string();
    assert!(told.contains("layer.tar, uncompressed, should have the digest"), "{told}");
    assert!(told.contains(&image.diff_ids()[1].to_string()) && told.contains(&other.diff_ids()[1].to_string()));
    // A blob under another blob's name.
    let mut layout = docker25(&image, plain);
    layout.0.insert(format!("blobs/sha256/{}", image.diff_ids()[1].hex()), other.layers[1].clone());
    let path = files.write("image.tar.zst", &zstd(&layout.pack()));
    let told = failure(open_at(&path, "")).to_string();
    assert!(told.contains(&format!("should have the digest {}", image.diff_ids()[1])), "{told}");
    assert!(Wish { verify: false, ..Wish::default() }.open(path.to_str().unwrap()).is_ok());
}

#[test]
fn layers_and_diff_ids_must_be_as_many() {
    let (files, image) = (Files::new(), tiny());
    let fewer = Tiny { layers: image.layers[..1].to_vec(), config: image.config.clone() };
    let told = files.told(&failure(open_at(&files.write("image.tar", &legacy(&[(&fewer, Value::Null)])), "")));
    assert_eq!(told, "image.tar: the manifest lists 1 layer but the config has 2 diffIDs");
}

#[test]
fn links_within_the_archive_are_followed_but_not_in_circles_or_out_of_it() {
    let (files, image) = (Files::new(), tiny());
    let archive = |links: &[(&str, &str, tar::EntryType)]| {
        let mut pack = Pack::new();
        pack.file("./blob", &image.layers[0]);
        pack.file("/deep/er/blob", &image.layers[1]);
        for (name, target, kind) in links {
            pack.link(name, target, *kind);
        }
        pack.file("c.json", &image.config);
        pack.file("manifest.json", br#"[{"Config":"c.json","Layers":["a/0","./a/1"]}]"#);
        files.write("image.tar", &pack.finish())
    };
    let path = archive(&[("a/0", "blob", Link), ("a/1", "b", Symlink), ("a/b", ".././deep/er//blob", Symlink)]);
    assert_is(&open_at(&path, "").unwrap().0, &image);
    let path = archive(&[("a/0", "1", Symlink), ("a/1", "0", Symlink)]);
    assert!(failure(open_at(&path, "")).to_string().ends_with("the link \"a/0\" leads in circles"));
    for target in ["../../etc/passwd", "/etc/passwd", "../../../../../../etc/passwd", ""] {
        let path = archive(&[("a/0", "blob", Link), ("a/1", target, Symlink)]);
        let told = failure(open_at(&path, "")).to_string();
        assert!(told.contains("names layer ./a/1, but the archive does not hold it"), "{told}");
    }
}

#[test]
fn names_that_climb_open_nothing_on_this_machine() {
    let (files, image) = (Files::new(), Tiny::new(&["x"]));
    let secret = files.write("secret", &image.layers[0]);
    for name in ["../secret", "../../secret", secret.to_str().unwrap()] {
        let mut pack = Pack::new();
        pack.file("c.json", &image.config);
        pack.file("manifest.json", json!([{"Config": "c.json", "Layers": [name]}]).to_string().as_bytes());
        assert!(matches!(failure(open_at(&files.write("image.tar", &pack.finish()), "")), SourceError::Absent { .. }));
    }
    let layout = files.path().join("layout");
    for digest in ["sha256:../../../secret", "../../secret", "sha512:00"] {
        let descriptor = json!({"mediaType": OCI_MANIFEST, "size": 1, "digest": digest});
        Layout::default().finish(&[descriptor]).write(&layout);
        let told = failure(open_at(&layout, "")).to_string();
        assert!(told.contains("index.json cannot be read: digest"), "{told}");
    }
}

#[test]
fn documents_beyond_reason_are_refused_unread() {
    let files = Files::new();
    let mut header = tar::Header::new_gnu();
    header.set_path("manifest.json").unwrap();
    header.set_size(1 << 30);
    header.set_cksum();
    let path = files.write("image.tar", header.as_bytes());
    std::fs::File::options().write(true).open(&path).unwrap().set_len(512 + (1 << 30) + 1024).unwrap();
    let told = files.told(&failure(open_at(&path, "")));
    assert_eq!(told, "image.tar: manifest.json has 1073741824 bytes; the limit is 16777216");
    // A file that is cut off there.
    let path = files.write("image.tar", header.as_bytes());
    assert!(matches!(failure(open_at(&path, "")), SourceError::Tar { .. }));
    // The same where it can only be streamed, and many that are small each.
    let limits = Limits { document_bytes: 4096, ..Limits::default() };
    let small = Wish { limits, ..Wish::default() };
    let spaces = " ".repeat(5000);
    let mut pack = Pack::new();
    pack.file("manifest.json", format!("[{spaces}]").as_bytes());
    let path = files.write("image.tar", &gzip(&pack.finish()));
    let told = files.told(&failure(small.open(path.to_str().unwrap())));
    assert_eq!(told, "image.tar: manifest.json has 5002 bytes; the limit is 4096");
    let mut pack = Pack::new();
    for at in 0..20 {
        pack.file(&format!("{at}.json"), format!("[{}]", &spaces[..4000]).as_bytes());
    }
    let path = files.write("image.tar", &gzip(&pack.finish()));
    assert!(failure(small.open(path.to_str().unwrap())).to_string().contains("all its JSON together has"));
}

#[test]
fn an_archive_that_expands_beyond_reason_is_refused() {
    let files = Files::new();
    let mut pack = Pack::new();
    pack.file("layer.tar", &vec![0; 4 << 20]);
    let limits = Limits { expansion: 20, expansion_floor: 1 << 20, ..Limits::default() };
    let path = files.write("image.tar.gz", &gzip(&pack.finish()));
    let told = failure(Wish { limits, ..Wish::default() }.open(path.to_str().unwrap())).to_string();
    assert!(told.contains("compressed bytes expand to"), "{told}");
    assert!(told.contains("the limit is 20 times"), "{told}");
}

#[test]
fn archives_cut_short_anywhere_are_errors() {
    let (files, image) = (Files::new(), tiny());
    for compress in [plain, gzip, zstd] {
        let bytes = compress(&legacy(&[(&image, json!(["tiny:1"]))]));
        // What may be missing of a plain archive: its end mark, `repositories`, and the padding of manifest.json.
        let needed = if compress(b"").is_empty() { bytes.len() - 2048 - 512 } else { bytes.len() };
        for length in (0..needed).step_by(131) {
            let path = files.write("image.tar", &bytes[..length]);
            let Err(error) = open_at(&path, "") else { panic!("cut at {length} of {}", bytes.len()) };
            assert!(files.told(&error).starts_with("image.tar "), "{length}: {error}");
        }
    }
    // Whole but for the end mark: readable, with a warning.
    let bytes = legacy(&[(&image, json!(["tiny:1"]))]);
    let path = files.write("image.tar", &bytes[..bytes.len() - 1024]);
    let (opened, _) = open_at(&path, "").unwrap();
    assert_is(&opened, &image);
    assert!(opened.warnings[0].contains("no end mark"));
}

#[test]
fn what_is_no_image_is_told_with_what_it_is() {
    let files = Files::new();
    let mut export = Pack::new();
    for name in ["bin/sh", "etc/passwd", "usr/bin/env"] {
        export.file(name, b"x");
    }
    let export = export.finish();
    let mut other = Pack::new();
    other.file("readme", b"x");
    let save = "Write the image itself to a file: docker save NAME -o image.tar";
    let exported =
        format!("it holds a root file system alone, as `docker export` writes it, without config and layers\n{save}");
    for (bytes, found) in [
        (export.clone(), exported.clone()),
        (gzip(&export), exported),
        (Vec::new(), format!("it is empty\n{save}")),
        (vec![0; 10240], "the archive is empty".to_owned()),
        (b"hello\n".to_vec(), format!("it is text\n{save}")),
        (zstd(b"hello\n"), format!("it is text compressed with zstd\n{save}")),
        (b"PK\x03\x04".to_vec(), format!("it is a zip archive\n{save}")),
        (
            b"# my app\nFROM debian:12\n".to_vec(),
            "it is a Dockerfile\nBuild it and save the image: docker build -t NAME . && docker save NAME -o image.tar"
                .into(),
        ),
        (
            other.finish(),
            "the archive holds neither a manifest.json, as `docker save` writes, nor the index.json of an OCI layout"
                .into(),
        ),
    ] {
        let path = files.write("file", &bytes);
        assert_eq!(files.told(&failure(open_at(&path, ""))), format!("file is not an image: {found}"));
    }
    for (name, bytes) in [("manifest.json", &b"[]"[..]), ("index.json", br#"{"manifests":null}"#)] {
        let mut pack = Pack::new();
        pack.file(name, bytes);
        let told = files.told(&failure(open_at(&files.write("file", &pack.finish()), "")));
        assert!(told.contains("lists no image"), "{told}");
    }
}

#[test]
fn what_is_no_layout_is_told_with_what_it_is() {
    let files = Files::new();
    let told = || failure(open_at(files.path(), "")).to_string();
    assert!(told().ends_with("the directory holds no index.json, as an OCI layout does"));
    files.write("manifest.json", b"[]");
    assert!(told().ends_with("it is an unpacked docker-archive"));
    files.write("version", b"Directory Transport Version: 1.1\n");
    assert!(told().contains("skopeo"));
    // A layout whose blob is no file: opening a pipe or socket could block for ever.
    let image = tiny();
    let mut layout = Layout::default();
    let manifest = layout.image(&image, gzip);
    let blob = format!("blobs/sha256/{}", sha256(&gzip(&image.layers[0])).hex());
    layout.0.remove(&blob);
    layout.finish(&[manifest]).write(files.path());
    let _socket = UnixListener::bind(files.path().join(&blob)).unwrap();
    assert!(told().ends_with("it is not a regular file"), "{}", told());
}

#[test]
fn documents_of_another_kind_are_named() {
    let files = Files::new();
    let mut layout = Layout::default();
    let schema1 = layout.blob(OCI_MANIFEST, br#"{"schemaVersion":1,"name":"x","fsLayers":[]}"#);
    let config = layout.blob("application/vnd.cncf.helm.config.v1+json", br#"{"name":"chart"}"#);
    let chart =
        json!({"config": config, "layers": [layout.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"x")]});
    let chart = layout.blob(OCI_MANIFEST, chart.to_string().as_bytes());
    let index = layout.nested(&[]);
    let lying = with(index, json!({"mediaType": OCI_MANIFEST}));
    for (descriptor, said) in [
        (schema1, "is a Docker manifest of schema 1"),
        (chart, "an artifact of type \"application/vnd.cncf.helm.config.v1+json\", not a container image"),
        (lying, "holds an index, against its media type"),
    ] {
        layout.clone().finish(&[descriptor]).write(files.path());
        let told = failure(open_at(files.path(), "")).to_string();
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn indexes_that_name_each_other_without_end_are_refused() {
    let (files, image) = (Files::new(), tiny());
    let mut layout = Layout::default();
    let mut descriptor = layout.image(&image, gzip);
    for _ in 0..3 {
        descriptor = layout.nested(&[descriptor]);
    }
    layout.clone().finish(&[descriptor.clone()]).write(files.path());
    assert_is(&open_at(files.path(), "").unwrap().0, &image);
    let deeper = layout.nested(&[descriptor]);
    layout.finish(&[deeper]).write(files.path());
    assert!(failure(open_at(files.path(), "")).to_string().contains("nested deeper than 4"));
}

#[test]
fn content_embedded_in_a_descriptor_is_read_from_there() {
    let (files, image) = (Files::new(), Tiny::new(&["x"]));
    let mut layout = Layout::default();
    let blob = layout.blob("application/vnd.oci.image.layer.v1.tar", &image.layers[0]);
    // {"config": ..., "layers": [...]} with the config inline; base64 by the fixture's own few lines.
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(&image.config),
        "size": image.config.len(), "data": base64(&image.config)});
    let manifest = json!({"config": config, "layers": [blob]});
    let manifest = layout.blob(OCI_MANIFEST, manifest.to_string().as_bytes());
    layout.finish(&[manifest]).write(files.path());
    assert_is(&open_at(files.path(), "").unwrap().0, &image);
}

fn base64(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let symbol = char::from(SYMBOLS[(word >> (18 - 6 * at) & 63) as usize]);
            text.push(if at <= chunk.len() { symbol } else { '=' });
        }
    }
    text
}

#[test]
fn an_archive_that_is_part_of_the_program_opens_by_name() {
    let (one, two) = (tiny(), Tiny::new(&["other\n"]));
    let archive = zstd(&legacy(&[(&one, json!(["demo:october"])), (&two, json!(["demo:november"]))]));
    let reference = Reference::embedded(Box::leak(archive.into_boxed_slice()), "demo:november");
    let options = OpenOptions { platform: None, verify: true, limits: &Limits::default(), insecure_registries: &[] };
    let opened = open(&reference, &options, &mut Sink::default()).unwrap();
    assert_eq!((reference.text.as_str(), opened.source), ("demo:november", "docker-archive"));
    assert_is(&opened, &two);
}

#[test]
fn a_prefix_that_is_wrong_says_what_it_is() {
    let (files, image) = (Files::new(), tiny());
    let path = files.write("image.tar", &skopeo(&image));
    let told = files.told(&failure(Wish::default().open(&format!("oci-archive:{}", path.display()))));
    assert_eq!(
        told,
        "image.tar is not an image: it is a docker-archive, not what its prefix says\n\
         Leave the prefix out: formats are recognised by content."
    );
    let docker = Wish::default().open(&format!("docker-archive:{}:tiny:1", path.display())).unwrap();
    assert_is(&docker.0, &image);
}
