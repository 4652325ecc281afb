//! `imgdrift snapshot`: an image recorded, and the file in the image's stead.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::cache;

fn run(arguments: &[&str]) -> Output {
    cache::run(cache::folder(), arguments)
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = run(&[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `arguments` end in: exit code 2 and this on stderr.
fn error(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

/// The demo images as one archive, the path of a snapshot of the first, and what was printed about it.
fn recorded(folder: &Path) -> ([String; 2], String, String) {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/images.tar.zst");
    let [left, right] = ["october", "november"].map(|tag| format!("{}:demo:{tag}", images.display()));
    let file = folder.join("october.snapshot").display().to_string();
    let output = run(&["snapshot", &left, "-o", &file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ([left, right], file, String::from_utf8(output.stdout).unwrap())
}

/// The keys of an image that tell how it was come by.
fn strip(report: &mut serde_json::Value, image: &str) {
    for key in ["reference", "source", "recorded", "layers_unread", "name"] {
        report[image][key].take();
    }
}

#[test]
fn a_snapshot_on_either_side_gives_the_images_own_report() {
    let folder = tempfile::tempdir().unwrap();
    let ([left, right], file, printed) = recorded(folder.path());
    let sum = Command::new("sha256sum").arg(&file).output().unwrap();
    assert_eq!(printed, String::from_utf8(sum.stdout).unwrap(), "it prints what sha256sum prints");
    let snapshot = format!("snapshot:{file}");
    let mut expected = json(&[&left, &right, "--all"]);
    let mut found = json(&[&snapshot, &right, "--all"]);
    assert_eq!(found["left"]["source"], "snapshot");
    assert_eq!(found["left"]["recorded"]["reference"], left.as_str());
    assert_eq!(found["left"]["recorded"]["source"], "docker-archive");
    strip(&mut expected, "left");
    strip(&mut found, "left");
    strip(&mut expected, "right");
    strip(&mut found, "right");
    assert!(found == expected);
    // Without the prefix, on the other side: told by its content.
    let mut expected = json(&[&right, &left]);
    let mut found = json(&[&right, &file]);
    for image in ["left", "right"] {
        strip(&mut expected, image);
        strip(&mut found, image);
    }
    assert!(found == expected);
    assert_eq!(json(&[&file, &file])["verdict"], "identical");
    let (mut expected, mut found) = (json(&["inspect", &left]), json(&["inspect", &file]));
    strip(&mut expected, "image");
    strip(&mut found, "image");
    assert!(found == expected);
    assert_eq!(json(&["digest", &left]), json(&["digest", &file]));
}

#[test]
fn a_snapshot_is_small_and_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let ([left, _], file, _) = recorded(folder.path());
    let size = json(&["inspect", &left])["image"]["size"].as_u64().unwrap();
    let recorded = fs::metadata(&file).unwrap().len();
    assert!(recorded * 100 < size * 3, "{recorded} bytes of an image of {size}");
    let bytes = fs::read(&file).unwrap();
    let header = String::from_utf8_lossy(&bytes[..200]).into_owned();
    assert!(header.starts_with("imgdrift snapshot 3\n{\"tool\":\"imgdrift "), "{header}");
    // Recorded again, it still tells when and from what it was first recorded.
    let again = folder.path().join("again").display().to_string();
    assert!(run(&["snapshot", &file, "-o", &again]).status.success());
    assert_eq!(json(&["inspect", &again])["image"]["recorded"], json(&["inspect", &file])["image"]["recorded"]);
}

#[test]
fn a_file_that_cannot_be_trusted_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let ([_, right], file, _) = recorded(folder.path());
    let bytes = fs::read(&file).unwrap();
    let other = folder.path().join("other").display().to_string();
    let refused = |bytes: &[u8]| {
        fs::write(&other, bytes).unwrap();
        error(&[&format!("snapshot:{other}"), &right])
    };
    let cut = refused(&bytes[..bytes.len() - 100]);
    assert!(cut.contains(&other) && cut.contains("damaged or was edited"), "{cut}");
    assert!(cut.contains("record the image again"), "{cut}");
    let mut edited = bytes.clone();
    let at = edited.len() / 2;
    edited[at] ^= 1;
    assert!(refused(&edited).contains("damaged or was edited"));
    let newer = refused(&[b"imgdrift snapshot 7\n", &bytes[20..]].concat());
    assert!(newer.contains("of format 7") && newer.contains("or a newer one"), "{newer}");
    assert!(refused(b"{}").contains("is no snapshot"));
    let gone = folder.path().join("gone").display().to_string();
    assert!(error(&[&format!("snapshot:{gone}"), &right]).contains("No such file"));
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let ([left, _], ..) = recorded(folder.path());
    let into_nothing = folder.path().join("no/such/folder/file").display().to_string();
    assert!(error(&["snapshot", &left, "-o", &into_nothing]).contains("cannot write"));
    // A device without room, where there is one.
    if Path::new("/dev/full").exists() {
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let before = names();
        assert!(error(&["snapshot", "/no/such/image", "-o", "/dev/full"]).contains("no file"));
        assert_eq!(names(), before);
    }
}

#[test]
fn a_pipe_and_a_link_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let ([left, _], file, printed) = recorded(folder.path());
    let again = |name: &str| {
        let path = folder.path().join(name).display().to_string();
        let output = run(&["snapshot", &file, "-o", &path]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let whole = fs::read(&file).unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    assert_eq!(again("pipe").split_whitespace().next(), printed.split_whitespace().next());
    assert!(!pipe.is_file(), "what is no file is written to and not replaced");
    assert!(reader.join().unwrap() == whole);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("led-to"), &link).unwrap();
    fs::write(folder.path().join("led-to"), "older").unwrap();
    again("link");
    assert!(link.is_symlink() && fs::read(folder.path().join("led-to")).unwrap() == whole);
    assert!(error(&["snapshot", &left, "-o", &folder.path().display().to_string()]).contains("cannot write"));
}

#[test]
fn a_snapshot_of_another_platform_than_was_asked_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ([_, right], file, _) = recorded(folder.path());
    let other = error(&[&file, &right, "--platform", "linux/s390x"]);
    assert!(other.contains("holds no image for linux/s390x"), "{other}");
    let own = json(&["inspect", &file])["image"]["platform"].as_str().unwrap().to_owned();
    assert_eq!(json(&["inspect", &file, "--platform", &own])["image"]["platform"], own.as_str());
}
