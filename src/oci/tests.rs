//! The documents as real writers write them. Where an excerpt comes from stands above it.

use super::*;

/// The config of `docker save` 20.10.24, classic builder; `container_config` and middle history rows cut out.
const DOCKER_CONFIG: &str = r#"{"architecture":"amd64","config":{"Hostname":"","Domainname":"","User":"1000:1000",
"AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"8080/tcp":{},"53/udp":{}},"Tty":false,
"OpenStdin":false,"StdinOnce":false,"Env":["PATH=/usr/bin:/bin","A=b=c","EMPTY="],"Cmd":["--serve"],
"Healthcheck":{"Test":["CMD","/hello"],"Interval":30000000000},
"Image":"sha256:3cb822b7cd40d3807253241de7346f23d22e2e72ece4489e53f84d7e5dd283b0","Volumes":{"/cache":{},"/data":{}},
"WorkingDir":"/srv","Entrypoint":["/hello"],"OnBuild":null,"Labels":{"org.example.team":"platform"},
"StopSignal":"SIGQUIT"},"container":"8828c8cbde22840c6fe7412f25d9bf666292ce08e731c64a918d368d071f008e",
"created":"2026-11-21T08:19:20.127905955Z","docker_version":"20.10.24+dfsg1","history":[
{"created":"2026-11-21T08:19:10.866851936Z","created_by":"/bin/sh -c #(nop)  LABEL org.example.team=platform","empty_layer":true},
{"created":"2026-11-21T08:19:15.163123323Z","created_by":"/bin/sh -c #(nop) COPY file:b8af2d099699642027d10503afa64ab22cc28a16da84ea4287b90f7622e5bb10 in /hello "},
{"created":"2026-11-21T08:19:20.127905955Z","created_by":"/bin/sh -c #(nop)  CMD [\"--serve\"]","empty_layer":true}],
"os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:bfe3945e9b02bedd894be364f5842cef6d3bdbaab376889243c640f12791be3b"]}}"#;

/// An index with one image and its attestation: `BuildKit`'s `docs/attestations/attestation-storage.md`, shortened.
const ATTESTED_INDEX: &str = r#"{"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2,"manifests":[
{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:23678f31b3b3586c4fb318aecfe64a96a1f0916ba8faf9b2be2abee63fa9e827","size":1234,"platform":{"architecture":"amd64","os":"linux"}},
{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:02cb9aa7600e73fcf41ee9f0f19cc03122b2d8be43d41ce4b21335118f5dd943","size":1234,
"annotations":{"vnd.docker.reference.digest":"sha256:23678f31b3b3586c4fb318aecfe64a96a1f0916ba8faf9b2be2abee63fa9e827","vnd.docker.reference.type":"attestation-manifest"},
"platform":{"architecture":"unknown","os":"unknown"}}]}"#;

/// A manifest by `buildah push` 1.28.2 to an `oci-archive`.
const BUILDAH_MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:6ed1e4a9fdb434678ae91c03af04684f0b5c2590f0e470016607b6635f73558e","size":733},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:005b9c0aa1ba4949b2b98953339bfef9d2edbe779c7c42a09f3d8aa58b501f13","size":106}],"annotations":{"org.opencontainers.image.base.digest":"","org.opencontainers.image.base.name":""}}"#;

#[test]
fn a_docker_config_becomes_the_models_config() {
    let config = read_config("config", DOCKER_CONFIG.as_bytes()).unwrap();
    assert_eq!(config.platform(), "linux/amd64");
    assert_eq!(config.created.as_deref(), Some("2026-11-21T08:19:20.127905955Z"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(config.runtime.env, [pair("PATH", "/usr/bin:/bin"), pair("A", "b=c"), pair("EMPTY", "")]);
    assert_eq!(config.runtime.entrypoint, ["/hello"]);
    assert_eq!(config.runtime.cmd, ["--serve"]);
    assert_eq!(config.runtime.user, "1000:1000");
    assert_eq!(config.runtime.working_dir, "/srv");
    assert_eq!(config.runtime.exposed_ports, ["53/udp", "8080/tcp"]);
    assert_eq!(config.runtime.volumes, ["/cache", "/data"]);
    let healthcheck = r#"{"Interval":30000000000,"Test":["CMD","/hello"]}"#;
    assert_eq!(config.runtime.healthcheck.as_deref(), Some(healthcheck));
    assert_eq!(config.runtime.stop_signal.as_deref(), Some("SIGQUIT"));
    assert_eq!(config.labels["org.example.team"], "platform");
    assert_eq!(config.diff_ids[0].short(), "bfe3945e9b02");
    let empty: Vec<_> = config.history.iter().map(|row| row.empty_layer).collect();
    assert_eq!(empty, [true, false, true]);
}

#[test]
fn null_absent_and_empty_are_the_same_config() {
    let absent = read_config("config", br#"{"os":"linux","architecture":"amd64"}"#).unwrap();
    for text in [
        r#"{"os":"linux","architecture":"amd64","config":null,"rootfs":null,"history":null,"created":null}"#,
        r#"{"os":"linux","architecture":"amd64","variant":"","author":"","created":"","config":{},"rootfs":{},"history":[]}"#,
        r#"{"os":"linux","architecture":"amd64","created":"0001-01-01T00:00:00Z","config":{"Env":null,"Cmd":null,
            "Entrypoint":[],"User":null,"WorkingDir":"","ExposedPorts":null,"Volumes":{},"Labels":null,"Healthcheck":null,
            "StopSignal":"","Shell":null,"OnBuild":[]},"rootfs":{"type":"layers","diff_ids":null}}"#,
        r#"{"os":"linux","architecture":"amd64","created":12,"config":{"Healthcheck":{"Test":null,"Interval":0}},"unknown":[{}]}"#,
    ] {
        assert_eq!(read_config("config", text.as_bytes()).unwrap(), absent, "{text}");
    }
}

#[test]
fn a_command_may_be_one_text_and_a_history_row_null() {
    let config = read_config("config", br#"{"config":{"Cmd":"sh","Labels":{"a":null}},"history":[null]}"#).unwrap();
    assert_eq!(config.runtime.cmd, ["sh"]);
    assert_eq!(config.labels["a"], "");
    assert_eq!(config.history.len(), 1);
}

#[test]
fn attestations_are_no_images() {
    let index = read_index("index.json", ATTESTED_INDEX.as_bytes()).unwrap();
    let images: Vec<_> = index.manifests.iter().map(Descriptor::is_image).collect();
    assert_eq!(images, [true, false]);
    let text = r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,
        "digest":"sha256:02cb9aa7600e73fcf41ee9f0f19cc03122b2d8be43d41ce4b21335118f5dd943",
        "artifactType":"application/vnd.docker.attestation.manifest.v1+json","data":"e30="}"#;
    let artifact: Descriptor = serde_json::from_str(text).unwrap();
    assert!(!artifact.is_image());
    assert_eq!(artifact.data.as_deref(), Some(b"{}".as_slice()));
}

#[test]
fn manifests_and_indexes_are_told_apart_by_what_they_hold() {
    let ManifestOrIndex::Manifest(manifest) = read_manifest_or_index("m", BUILDAH_MANIFEST.as_bytes()).unwrap() else {
        panic!("a manifest");
    };
    assert_eq!(manifest.layers[0].size, Some(106));
    assert_eq!(manifest.annotations["org.opencontainers.image.base.name"], "");
    assert!(matches!(read_manifest_or_index("i", ATTESTED_INDEX.as_bytes()), Ok(ManifestOrIndex::Index(_))));
    // What a Go program writes for an index of nothing.
    let empty = read_index("index.json", br#"{"schemaVersion":2,"manifests":null}"#).unwrap();
    assert_eq!(empty.manifests, []);
}

#[test]
fn wrong_documents_are_named_with_what_they_hold() {
    let error = |text: &str| read_manifest_or_index("manifest sha256:12", text.as_bytes()).unwrap_err().to_string();
    // Docker's manifest v2 schema 1 (its specification's example, shortened).
    let schema1 = error(
        r#"{"name":"hello-world","tag":"latest","architecture":"amd64","fsLayers":[{"blobSum":"sha256:5f70"}],"schemaVersion":1}"#,
    );
    assert!(schema1.starts_with("manifest sha256:12 is a Docker manifest of schema 1"), "{schema1}");
    assert!(error(r#"{"manifests":[],"layers":[]}"#).contains("as well as"));
    assert!(error(r#"{"schemaVersion":2}"#).contains("no \"manifests\""));
    assert_eq!(error(" \n"), "manifest sha256:12 cannot be read: it is empty");
    assert_eq!(error("[]"), "manifest sha256:12 cannot be read: it should start with \"{\" but starts with \"[\"");
    assert!(error("\x1f\u{8b}").ends_with("starts with \"\\x1f\""), "{}", error("\x1f"));
    let sha512 = error(r#"{"config":{"digest":"sha512:ab","size":1},"layers":[]}"#);
    assert!(sha512.contains("sha512:ab") && sha512.contains("not supported"), "{sha512}");
    let escapes = error("{\"config\":{\"digest\":\"\\u001b[31m\"}}");
    assert!(!escapes.contains('\u{1b}'), "{escapes:?}");
}

#[test]
fn nesting_beyond_reason_is_an_error() {
    let deep = format!(r#"{{"config":{{"Healthcheck":{}"#, "[".repeat(100_000));
    assert!(read_config("config", deep.as_bytes()).unwrap_err().to_string().contains("recursion"));
}

#[test]
fn dockers_rows_may_lack_tags() {
    // `docker save IMAGE_ID` 20.10 writes null; LayerSources as moby's `image/tarexport` writes foreign layers.
    let rows = read_docker_manifest(
        br#"[{"Config":"e6.json","RepoTags":null,"Layers":["1a/layer.tar"]},
            {"Config":"e7.json","RepoTags":["docker.io/library/srctest:sk"],"Layers":null,
             "LayerSources":{"sha256:ab":{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","size":1,"digest":"sha256:cd","urls":["https://example.org/l"]}}}]"#,
    )
    .unwrap();
    assert_eq!(rows[0].layers, ["1a/layer.tar"]);
    assert_eq!(rows[0].repo_tags, [""; 0]);
    assert_eq!(rows[1].layer_sources["sha256:ab"].urls, ["https://example.org/l"]);
    // The manifest.json of `skopeo copy ... dir:` is a manifest instead.
    let error = read_docker_manifest(br#"{"schemaVersion":2}"#).unwrap_err().to_string();
    assert_eq!(error, "manifest.json cannot be read: it should start with \"[\" but starts with \"{\"");
}

#[test]
fn keys_of_a_config_may_be_spelled_in_any_case() {
    let usual = r#"{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/a"],"Env":["A=1"],"User":"u",
        "Labels":{"A":"1","a":"2"},"ExposedPorts":{"1/tcp":{}},"Healthcheck":{"Test":["NONE"],"Retries":3}},
        "rootfs":{"diff_ids":["sha256:bfe3945e9b02bedd894be364f5842cef6d3bdbaab376889243c640f12791be3b"]},
        "history":[{"created_by":"x","empty_layer":true}]}"#;
    let other = r#"{"ARCHITECTURE":"amd64","oS":"linux","Config":{"entrypoint":["/a"],"ENV":["A=1"],"u\u017fer":"u",
        "labels":{"A":"1","a":"2"},"exposedports":{"1/tcp":{}},"Healthchec\u212a":{"TEST":["NONE"],"retries":3}},
        "RootFS":{"Diff_IDs":["sha256:bfe3945e9b02bedd894be364f5842cef6d3bdbaab376889243c640f12791be3b"]},
        "History":[{"Created_By":"x","Empty_Layer":true}]}"#;
    let read = |text: &str| read_config("config", text.as_bytes()).unwrap();
    assert_eq!(read(usual), read(other));
    assert_eq!(read(other).labels.len(), 2);
}

#[test]
fn a_field_that_a_document_spells_twice_is_named_with_both_spellings_and_the_document() {
    let config = |text: &str| read_config("config 12", text.as_bytes()).unwrap_err().to_string();
    let manifest = |text: &str| read_manifest_or_index("manifest 12", text.as_bytes()).unwrap_err().to_string();
    let rows = |text: &str| read_docker_manifest(text.as_bytes()).unwrap_err().to_string();
    for (error, names) in [
        (
            config(r#"{"config":{"Entrypoint":["/good"],"entrypoint":["/evil"]}}"#),
            ["config 12", "Entrypoint", "entrypoint"],
        ),
        (config(r#"{"config":{"Cmd":["/good"]},"Config":null}"#), ["config 12", "config", "Config"]),
        (config(r#"{"rootfs":{"diff_ids":[],"diff_Ids":[]}}"#), ["config 12", "diff_ids", "diff_Ids"]),
        (config(r#"{"history":[{"created_by":"a","Created_by":"b"}]}"#), ["config 12", "created_by", "Created_by"]),
        (config(r#"{"config":{"Volumes":{"/a":{},"/a":{}}}}"#), ["config 12", "/a", "twice"]),
        (manifest(r#"{"config":{"digest":"a","Digest":"b"},"layers":[]}"#), ["manifest 12", "digest", "Digest"]),
        (manifest(r#"{"manifests":[],"MANIFESTS":[]}"#), ["manifest 12", "manifests", "MANIFESTS"]),
        (manifest(r#"{"manifests":[{"platform":{"os":"a","OS":"b"}}]}"#), ["manifest 12", "os", "OS"]),
        (manifest(r#"{"manifests":[{"annotations":{"a":"1","a":"2"}}]}"#), ["manifest 12", "\"a\"", "twice"]),
        (rows(r#"[{"Config":"a","Layers":["b"],"layers":[]}]"#), ["manifest.json", "Layers", "layers"]),
        (rows(r#"[{"LayerSources":{"x":{"urls":[],"URLs":[]}}}]"#), ["manifest.json", "urls", "URLs"]),
    ] {
        assert!(names.iter().all(|name| error.contains(name)), "{error} lacks one of {names:?}");
    }
    // Which of the two kinds a document is does not hang on its spelling.
    assert!(manifest(r#"{"Manifests":[],"layers":[]}"#).contains("as well as"));
}

#[test]
fn older_jib_writes_lower_case() {
    let rows = read_docker_manifest(br#"[{"config":"config.json","repoTags":["a:1"],"layers":["b.tar.gz"]}]"#).unwrap();
    assert_eq!(
        (rows[0].config.as_str(), &rows[0].repo_tags[..], &rows[0].layers[..]),
        ("config.json", &["a:1".to_owned()][..], &["b.tar.gz".to_owned()][..])
    );
}

#[test]
fn what_is_stored_as_an_image_and_is_none_says_what_it_is() {
    let manifest = |own: &str, config: &str, layer: &str| {
        let digest = "sha256:bfe3945e9b02bedd894be364f5842cef6d3bdbaab376889243c640f12791be3b";
        let text = format!(
            r#"{{"artifactType":"{own}","config":{{"mediaType":"{config}","digest":"{digest}"}},
                "layers":[{{"mediaType":"{layer}","digest":"{digest}"}}]}}"#
        );
        match read_manifest_or_index("m", text.as_bytes()).unwrap() {
            ManifestOrIndex::Manifest(manifest) => manifest.artifact_type().map(str::to_owned),
            ManifestOrIndex::Index(_) => panic!("a manifest"),
        }
    };
    let (oci, layer) = (media_type::OCI_CONFIG, "application/vnd.oci.image.layer.v1.tar+gzip");
    for (own, config, layer) in [
        ("", oci, layer),
        ("", media_type::DOCKER_CONFIG, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
        ("", "", ""),
        ("", "application/octet-stream", layer),
        (oci, oci, "application/vnd.oci.image.layer.v1.tar+zstd+encrypted"),
    ] {
        assert_eq!(manifest(own, config, layer), None, "{own} {config} {layer}");
    }
    let (signature, statement) = ("application/vnd.dev.cosign.simplesigning.v1+json", "application/vnd.in-toto+json");
    assert_eq!(manifest("", oci, signature).as_deref(), Some(signature));
    assert_eq!(manifest("", oci, statement).as_deref(), Some(statement));
    assert_eq!(manifest("", oci, "text/spdx+json").as_deref(), Some("text/spdx+json"));
    let chart = "application/vnd.cncf.helm.config.v1+json";
    assert_eq!(manifest("", chart, layer).as_deref(), Some(chart));
    assert_eq!(manifest("application/spdx+json", oci, layer).as_deref(), Some("application/spdx+json"));
}
