//! The order of Debian versions against dpkg's own answers.

use std::cmp::Ordering;
use std::process::Command;

use imgdrift::model::Ecosystem;
use imgdrift::packages::compare_versions;

/// Every pair of these is asked, beside random ones: the corners of deb-version(7).
const CORNERS: [&str; 28] = [
    "0",
    "0-0",
    "1",
    "1.0",
    "1.00",
    "01.0",
    "1.0-0",
    "1.0-1",
    "1.0-1~deb12u1",
    "1.0-1+b1",
    "1.0-1+deb12u1",
    "1.0-1.1",
    "1.0~rc1",
    "1.0~rc1-1",
    "1.0~~",
    "1.0~",
    "1.0+b1",
    "1.0+dfsg-1",
    "1.0a",
    "1.0.a",
    "1.0-1-1",
    "1:0",
    "0:1.0",
    "1:1.0~",
    "10:0",
    "9:9",
    "1.10",
    "99999999999999999999999",
];

#[test]
fn dpkg_agrees_with_the_order_of_versions() {
    if Command::new("dpkg").arg("--version").output().is_err() {
        return super::skip::for_want_of("dpkg");
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (at, left) in CORNERS.iter().enumerate() {
        pairs.extend(CORNERS[at..].iter().map(|right| ((*left).to_owned(), (*right).to_owned())));
    }
    let mut random = Random(0x5eed);
    pairs.extend((0..300).map(|_| random.neighbours()));
    // One shell asks all, since starting a process for each would take most of the time.
    let script = "while [ $# -ge 2 ]; do
        if dpkg --compare-versions \"$1\" lt \"$2\"; then echo lt; elif dpkg --compare-versions \"$1\" gt \"$2\"; then echo gt; else echo eq; fi
        shift 2; done";
    let arguments = pairs.iter().flat_map(|(left, right)| [left, right]);
    let output = Command::new("sh").args(["-c", script, "sh"]).args(arguments).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "dpkg refuses a version and so gives no answer");
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), pairs.len());
    for ((left, right), answer) in pairs.iter().zip(answers.lines()) {
        let expected = match answer {
            "lt" => Ordering::Less,
            "gt" => Ordering::Greater,
            _ => Ordering::Equal,
        };
        assert_eq!(compare_versions(Ecosystem::Deb, left, right), expected, "{left} {right}");
    }
}

/// Numbers that look random and are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// Two versions that share their beginning, so that the comparison goes deep.
    fn neighbours(&mut self) -> (String, String) {
        let epoch = ["", "0:", "1:", "12:"][self.below(4)];
        let shared = self.text(5) + "2";
        let mut version = || {
            let end = self.text(4);
            // A version that ends in a hyphen is refused: its revision would be empty.
            format!("{epoch}1{shared}{}", if end.ends_with('-') { "z" } else { &end })
        };
        (version(), version())
    }

    fn text(&mut self, longest: usize) -> String {
        const CHARACTERS: &[u8] = b"00119abzAZ..++~~--";
        let length = self.below(longest + 1);
        (0..length).map(|_| char::from(CHARACTERS[self.below(CHARACTERS.len())])).collect()
    }
}
