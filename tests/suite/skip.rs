//! What a test does whose server or tool is not there: it says so aloud, and fails where that is demanded.

use std::io::Write as _;

/// Set by CI: nothing may be skipped.
const REQUIRE: &str = "IMGDRIFT_REQUIRE_ENGINE";

/// Says that a test is skipped for want of `what`.
pub(super) fn for_want_of(what: &str) {
    assert!(std::env::var_os(REQUIRE).is_none_or(|value| value != "1"), "no {what}, and {REQUIRE} demands it");
    // Not `println!`, which the test harness swallows.
    let _ = writeln!(std::io::stderr(), "skipped: no {what}");
}
