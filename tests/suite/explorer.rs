//! The explorer as a user meets it: the real binary in a pseudo-terminal, on the demo images.

use std::fs;
use std::path::Path;

use super::terminal::Session;

const PROGRAM: &str = env!("CARGO_BIN_EXE_imgdrift");

fn demo(columns: u16, rows: u16) -> Session {
    let session = Session::start(PROGRAM, &["demo"], columns, rows);
    session.wait_for("drifted");
    session
}

/// The terminal is as it was: main screen, cursor shown, no mouse reports.
fn assert_restored(session: &Session) {
    session.wait("the main screen", |screen| !screen.alternate_screen());
    session.with(|screen| {
        assert!(!screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    });
}

#[test]
fn every_view_is_one_key_away_and_q_restores_the_terminal() {
    let mut session = demo(140, 45);
    assert!(session.contents().contains("unexplained"), "{}", session.contents());
    for (key, shows) in [
        ("2", "deb:ca-certificates"),
        ("3", "changed, without times"),
        ("4", "instruction"),
        ("5", "Configuration that differs"),
        ("6", "dpkg-mismatch"),
        ("?", "Keys in Findings"),
    ] {
        session.keys(key);
        session.wait_for(shows);
    }
    // Typed at once, Esc and the next key would be one: Alt and that key.
    session.keys("\x1b");
    session.wait("the help closed", |screen| !screen.contents().contains("Keys in Findings"));
    session.keys("1");
    session.wait_for("Why paths differ");
    session.keys("q");
    assert!(session.end().success());
    assert_restored(&session);
}

#[test]
fn control_c_leaves_a_clean_terminal_at_any_moment() {
    let mut early = Session::start(PROGRAM, &["demo"], 80, 24);
    early.wait("the alternate screen", vt100::Screen::alternate_screen);
    early.keys("\x03");
    early.end();
    assert_restored(&early);
    let mut late = demo(80, 24);
    late.keys("\x03");
    late.end();
    assert_restored(&late);
}

#[test]
fn urgent_first_shows_the_urgent_wherever_the_selection_was() {
    let mut session = demo(140, 45);
    session.keys("3");
    session.wait_for("changed, without times");
    session.keys("G");
    session.wait_for("── /var ─");
    session.keys("u");
    // The alarm is in /usr/bin, and nothing is more urgent.
    session.wait_for("── /usr ─");
    session.keys("q");
    assert!(session.end().success());
}

#[test]
fn resizing_at_any_moment_is_safe() {
    let mut session = demo(140, 45);
    for (columns, rows) in [(80, 24), (20, 5), (1, 1), (200, 60), (100, 30)] {
        session.resize(columns, rows);
        session.keys("3j2j1");
    }
    session.wait_for("drifted");
    session.keys("q");
    assert!(session.end().success());
}

#[test]
fn fail_on_counts_after_the_explorer_too() {
    let mut session = Session::start(PROGRAM, &["demo", "--fail-on", "drifted"], 80, 24);
    session.wait_for("drifted");
    session.keys("q");
    assert_eq!(session.end().exit_code(), 1);
}

/// The explorer on the demo, at a file of the app, in a folder of its own with these preferences.
fn at_a_file(folder: &Path, preferences: &str) -> Session {
    let file = folder.join("config.toml");
    fs::write(&file, preferences).unwrap();
    let mut session = Session::at(PROGRAM, &["demo"], (120, 40), folder, &file);
    session.wait_for("drifted");
    session.keys("3/prices.py");
    session.wait_for("/app/prices.py");
    session.keys("\r");
    session.wait_for("Contents");
    session
}

#[test]
fn a_files_two_versions_open_in_the_diff_tool_and_the_explorer_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let tool = format!(
        "diff-tool = \"sh -c 'cat $1 > {0}.left; cat $2 > {0}.right; trap : INT; echo in the tool; read key || read key' sh\"\n",
        seen.display()
    );
    let mut session = at_a_file(folder.path(), &tool);
    session.keys("o");
    session.wait_for("in the tool");
    // Ctrl-C belongs to the tool, which here takes it for nothing.
    session.keys("\x03");
    assert!(session.with(|screen| !screen.alternate_screen()), "the tool has the terminal as the shell has it");
    session.keys("\r");
    session.wait_for("Contents");
    let version = |side: &str| fs::read_to_string(folder.path().join(format!("seen.{side}"))).unwrap();
    assert!(version("right").contains("rate") && !version("left").contains("rate"));
    // The keyboard is the explorer's again.
    session.keys("2");
    session.wait_for("packages that moved");
    session.keys("q");
    assert!(session.end().success());
    assert_restored(&session);
}

#[test]
fn a_file_is_saved_a_path_copied_and_the_marked_rows_exported() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = at_a_file(folder.path(), "");
    session.keys("x");
    session.wait_for("the right version");
    session.keys("b");
    session.wait_for("Save the right version as");
    session.keys("\r");
    session.wait_for("wrote prices.py");
    assert!(fs::read_to_string(folder.path().join("prices.py")).unwrap().contains("rate"));
    session.keys("yp");
    // OSC 52 with the path in base 64.
    session.wait_for_bytes(b"\x1b]52;c;L2FwcC9wcmljZXMucHk=");
    session.keys("M");
    session.wait_for("Note to");
    session.keys("ask the team\r");
    session.wait_for("1 marked");
    session.keys("e");
    session.wait_for("Marked by the reviewer: 1 row");
    session.keys("\r");
    session.wait_for("wrote drift.md");
    let written = fs::read_to_string(folder.path().join("drift.md")).unwrap();
    assert!(written.contains("| file | `/app/prices.py` |") && written.contains("ask the team"), "{written}");
    session.keys("q");
    session.end();
}

#[test]
fn keys_and_theme_follow_the_users_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = at_a_file(folder.path(), "ascii = true\n[keys.global]\nquit = \"Q\"\n");
    assert!(!session.contents().contains(['│', '─', '≠', '▾']), "{}", session.contents());
    session.keys("q");
    session.keys("?");
    session.wait_for("Keys in Files");
    session.keys("\x1b");
    session.wait("the help closed", |screen| !screen.contents().contains("Keys in"));
    session.keys("Q");
    assert!(session.end().success());
}

#[test]
fn two_meanings_of_one_key_are_reported_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, "[keys.files]\nsearch = \"f\"\n").unwrap();
    let mut session = Session::at(PROGRAM, &["demo"], (120, 40), folder.path(), &file);
    session.wait_for("f means both filter and search");
    assert_eq!(session.end().exit_code(), 2);
    assert!(session.contents().contains("config.toml"), "{}", session.contents());
}

#[test]
fn one_image_opens_in_the_explorer_too() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/images.tar.zst");
    let image = format!("{}:demo:november", archive.display());
    let mut session = Session::start(PROGRAM, &["inspect", &image], 120, 40);
    session.wait_for("1 Overview");
    session.keys("2");
    session.wait_for("all packages");
    session.keys("4");
    session.wait_for("instruction");
    session.keys("q");
    assert!(session.end().success());
}
