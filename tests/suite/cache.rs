//! What the program keeps for the next time: in these tests in a folder of their own, and what that folder does for it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use super::servers;

/// The cache of all tests of this run that do not ask for one of their own.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// Where the program shall keep what it read.
pub(super) fn folder() -> &'static Path {
    FOLDER.path()
}

/// Runs the program with what it keeps in `cache`; with an empty path it keeps nothing.
pub(super) fn run(cache: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgdrift"));
    command.args(arguments).env("IMGDRIFT_CACHE", cache).output().expect("the program runs")
}

fn report(cache: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = run(cache, &[arguments, &["--format", "json", "--all"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The demo images in a plain archive, so that their layers can be passed over.
fn demo(folder: &Path) -> [String; 2] {
    let images = servers::demo(folder);
    ["october", "november"].map(|tag| format!("{images}:demo:{tag}"))
}

/// The report without the one key that tells how it came about.
fn but_for_unread(mut report: serde_json::Value) -> (serde_json::Value, [u64; 2]) {
    let unread = ["left", "right"].map(|side| report[side]["layers_unread"].take().as_u64().unwrap());
    (report, unread)
}

#[test]
fn the_second_time_no_layer_is_read_and_the_report_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let [left, right] = demo(folder.path());
    let (first, unread) = but_for_unread(report(&cache, &[&left, &right]));
    assert_eq!(unread, [0, 0]);
    let layers = ["left", "right"].map(|side| first[side]["layers"].as_array().unwrap().len() as u64);
    let (second, unread) = but_for_unread(report(&cache, &[&left, &right]));
    assert_eq!(unread, layers);
    assert!(first == second, "the report differs when the layers come out of the cache");
    let (third, unread) = but_for_unread(report(&cache, &[&left, &right, "--no-cache"]));
    assert_eq!(unread, [0, 0]);
    assert!(first == third);
    let inspect = |more: &[&str]| {
        let output = run(&cache, &[&["inspect", &right, "--format", "json"][..], more].concat());
        let mut inspection: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        inspection["image"]["layers_unread"].take();
        inspection
    };
    assert!(inspect(&[]) == inspect(&["--no-cache"]));
}

#[test]
fn a_compressed_archive_is_not_decompressed_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/images.tar.zst");
    // Under another name it is the same archive; with other bytes it is another one, whatever its name.
    let (copy, cut) = (folder.path().join("copy"), folder.path().join("cut"));
    let bytes = fs::read(&images).unwrap();
    fs::write(&copy, &bytes).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let pair = |path: &Path| ["october", "november"].map(|tag| format!("{}:demo:{tag}", path.display()));
    let [left, right] = pair(&images);
    let (mut first, unread) = but_for_unread(report(&cache, &[&left, &right]));
    assert_eq!(unread, [0, 0]);
    let [left, right] = pair(&copy);
    let (mut second, unread) = but_for_unread(report(&cache, &[&left, &right]));
    assert!(unread.iter().all(|layers| *layers > 0), "{unread:?}");
    for report in [&mut first, &mut second] {
        report["left"]["reference"].take();
        report["right"]["reference"].take();
    }
    assert!(first == second);
    let [left, right] = pair(&cut);
    assert_eq!(run(&cache, &[&left, &right]).status.code(), Some(2));
}

#[test]
fn the_cache_is_shown_and_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let [left, _] = demo(folder.path());
    let said = |arguments: &[&str]| String::from_utf8(run(&cache, arguments).stdout).unwrap();
    assert!(said(&["cache"]).contains(": 0 entries, 0 MB of at most "));
    report(&cache, &[&left, &left]);
    let shown = said(&["cache"]);
    assert!(shown.starts_with(&cache.display().to_string()) && !shown.contains(": 0 entries"), "{shown}");
    assert!(said(&["cache", "--clear"]).contains("removed "));
    assert!(said(&["cache"]).contains(": 0 entries"));
}

#[test]
fn a_cache_that_cannot_be_written_costs_a_warning_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let [left, right] = demo(folder.path());
    // A file where the directory should be fails for root too, whom modes do not stop.
    let cache = folder.path().join("cache");
    fs::write(&cache, "").unwrap();
    let mut without = report(&cache, &[&left, &right]);
    let warnings = without["warnings"].as_array_mut().unwrap();
    let warning = warnings.pop().unwrap();
    assert!(warning.as_str().unwrap().contains(&cache.display().to_string()), "{warning}");
    assert!(without == report(&folder.path().join("other"), &[&left, &right]));
}

#[test]
fn a_damaged_entry_is_read_anew_from_the_image() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let [left, right] = demo(folder.path());
    let (first, _) = but_for_unread(report(&cache, &[&left, &right]));
    let entries = || walk(&cache);
    for (at, entry) in entries().iter().enumerate() {
        let bytes = fs::read(entry).unwrap();
        let damaged = if at % 2 == 0 { bytes[..bytes.len() / 2].to_vec() } else { vec![0; bytes.len()] };
        fs::write(entry, damaged).unwrap();
    }
    let (second, unread) = but_for_unread(report(&cache, &[&left, &right]));
    assert_eq!(unread, [0, 0]);
    assert!(first == second);
    let (_, unread) = but_for_unread(report(&cache, &[&left, &right]));
    assert_ne!(unread, [0, 0], "and is kept again");
}

#[test]
fn several_processes_at_once_all_see_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let [left, right] = demo(folder.path());
    let reports: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| report(&cache, &[&left, &right]))).collect();
        runs.into_iter().map(|run| but_for_unread(run.join().unwrap()).0).collect()
    });
    assert!(reports.windows(2).all(|pair| pair[0] == pair[1]));
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
