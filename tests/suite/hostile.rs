//! Whole archives that mean harm: an error or a warning each, never a panic, a hang or a file written.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, panic};

use flate2::Compression;
use flate2::write::GzEncoder;
use imgdrift::archive::sha256;
use imgdrift::model::Progress;
use imgdrift::session::{self, Opened};
use imgdrift::settings::Settings;
use imgdrift::source::Reference;

/// Long enough for a slow machine, short enough that a hang is one.
const PATIENCE: Duration = Duration::from_mins(1);

/// A docker-archive of one layer, as `docker save` of Docker 20.10 lays it out.
fn docker_archive(layer: &[u8], diff_id: &str) -> Vec<u8> {
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}},"history":[{{"created_by":"RUN x"}}]}}"#
    );
    let config_name = format!("{}.json", sha256(config.as_bytes()).hex());
    let manifest = format!(r#"[{{"Config":"{config_name}","RepoTags":["app:1"],"Layers":["one/layer.tar"]}}]"#);
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in
        [("one/layer.tar", layer), (&config_name, config.as_bytes()), ("manifest.json", manifest.as_bytes())]
    {
        append(&mut builder, name, bytes);
    }
    builder.into_inner().unwrap()
}

fn append(builder: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, bytes).unwrap();
}

fn small_layer() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, "etc/os-release", b"PRETTY_NAME=\"Test\"\n");
    append(
        &mut builder,
        "var/lib/dpkg/status",
        b"Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n",
    );
    append(&mut builder, &format!("srv/{}", "long".repeat(40)), b"long name");
    builder.into_inner().unwrap()
}

fn archive_of(layer: &[u8]) -> Vec<u8> {
    docker_archive(layer, &sha256(layer).to_string())
}

/// Reads the image at `path`; fails the test when that panics or takes too long.
fn read(path: &Path, settings: &Settings) -> Result<Opened, String> {
    let start = Instant::now();
    let reference = Reference::parse(path.to_str().unwrap()).map_err(|error| error.to_string())?;
    let progress = Arc::new(Progress::default());
    let result = panic::catch_unwind(|| session::read(&reference, settings, &progress)).expect("no panic");
    assert!(start.elapsed() < PATIENCE, "{} took {:?}", path.display(), start.elapsed());
    result.map_err(|failure| failure.to_string())
}

fn read_bytes(bytes: &[u8]) -> Result<Opened, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, bytes).unwrap();
    let result = read(&path, &Settings::default());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "something was written beside the image");
    result
}

#[test]
fn an_archive_cut_anywhere_is_an_error_that_names_it() {
    let whole = archive_of(&small_layer());
    assert!(read_bytes(&whole).is_ok());
    // Behind the manifest's last byte there is only padding.
    let end = whole.len() - 1024 - 512;
    for cut in (0..end).step_by(512).chain([1, 511, 513, 700]) {
        let error = read_bytes(&whole[..cut]).err().unwrap_or_else(|| panic!("cut at {cut} was not noticed"));
        assert!(error.contains("image.tar"), "{error}");
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_changes_nothing_that_is_verified() {
    let whole = archive_of(&small_layer());
    let expected = read_bytes(&whole).unwrap().snapshot.facts.content_digest;
    for at in (0..whole.len()).step_by(7) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok(opened) = read_bytes(&flipped) {
            assert_eq!(opened.snapshot.facts.content_digest, expected, "a bit flipped at {at} went through");
        }
    }
}

#[test]
fn a_size_that_lies_hides_no_file_and_reads_no_further() {
    for size in ["1", "99999999999999999999", "-5", "1099511627776"] {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("size", size.as_bytes())]).unwrap();
        append(&mut builder, "a", b"four");
        append(&mut builder, "b", b"");
        let layer = builder.into_inner().unwrap();
        let result = read_bytes(&archive_of(&layer));
        let names = result.map(|opened| opened.snapshot.image.tree.nodes().len());
        assert!(names.is_err() || names == Ok(2), "size {size}: {names:?}");
    }
}

#[test]
fn a_bomb_is_refused_by_what_it_would_become() {
    let mut layer = GzEncoder::new(Vec::new(), Compression::best());
    let mut header = tar::Header::new_gnu();
    header.set_path("zeros").unwrap();
    header.set_size(2 << 30);
    header.set_cksum();
    layer.write_all(header.as_bytes()).unwrap();
    let block = vec![0; 1 << 20];
    for _ in 0..2048 {
        layer.write_all(&block).unwrap();
    }
    let layer = layer.finish().unwrap();
    let error = read_bytes(&docker_archive(&layer, &sha256(b"").to_string())).err().expect("refused");
    assert!(error.contains("limit"), "{error}");
}

#[test]
fn names_that_drive_a_terminal_and_symlink_loops_are_shown_as_text() {
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["tmp/\x1b]0;pwned\x07", "tmp/a\nb", "tmp/\u{202e}gpj.exe"] {
        append(&mut builder, name, b"x");
    }
    for (name, target) in [("loop", "pool"), ("pool", "loop"), ("self", "self/self")] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, name, target).unwrap();
    }
    append(&mut builder, "loop/file", b"x");
    let opened = read_bytes(&archive_of(&builder.into_inner().unwrap())).unwrap();
    let shown: Vec<String> = opened.snapshot.image.tree.nodes().iter().map(|node| node.path.to_string()).collect();
    assert!(shown.iter().all(|path| !path.chars().any(char::is_control)), "{shown:?}");
    assert!(!opened.snapshot.warnings.is_empty());
    assert!(opened.snapshot.warnings.iter().all(|warning| !warning.chars().any(char::is_control)));
}

#[test]
fn a_layer_that_only_claims_the_other_sides_diff_id_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let honest = small_layer();
    let mut altered = honest.clone();
    let at = altered.windows(4).position(|window| window == b"Test").unwrap();
    altered[at..at + 4].copy_from_slice(b"EVIL");
    let mut references = Vec::new();
    for (name, layer) in [("left.tar", &honest), ("right.tar", &altered)] {
        let path = directory.path().join(name);
        fs::write(&path, docker_archive(layer, &sha256(&honest).to_string())).unwrap();
        references.push(Reference::parse(path.to_str().unwrap()).unwrap());
    }
    let progress = Arc::new(Progress::default());
    for (left, right) in [(0, 1), (1, 0)] {
        let result = session::compare(&references[left], &references[right], &Settings::default(), &progress);
        let error = result.err().expect("a lie is an error").to_string();
        assert!(error.contains("right.tar") && error.contains("diffID"), "{error}");
    }
    let unchecked = Settings { no_verify: true, ..Settings::default() };
    let pair = session::compare(&references[0], &references[1], &unchecked, &progress).unwrap();
    assert_eq!(pair.report.files.summary.content, 1);
    assert_ne!(pair.report.verdict, imgdrift::model::Verdict::Identical);
}
