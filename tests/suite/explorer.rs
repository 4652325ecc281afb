//! The explorer as a user meets it: the real binary in a pseudo-terminal, on the demo images.

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
