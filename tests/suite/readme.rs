//! The README's page of keys, made from the table that the help is made from.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use imgdrift::tui::keymap::KeyMap;

const START: &str = "<!-- keys: made by `IMGDRIFT_UPDATE=1 cargo test --locked readme` -->\n";
const END: &str = "<!-- end of keys -->";

/// Every key of every view, one table each.
fn page() -> String {
    let mut page = String::new();
    for (scope, bindings) in KeyMap::default().all() {
        let title = if scope == "global" { "everywhere" } else { &scope };
        writeln!(page, "\n| {title} | |\n|---|---|").unwrap();
        for bound in bindings {
            let keys: Vec<String> = bound.keys.iter().map(|key| format!("`{key}`")).collect();
            writeln!(page, "| {} | {} |", keys.join(" ").replace('|', "\\|"), bound.binding.help).unwrap();
        }
    }
    page.push('\n');
    page
}

#[test]
fn the_readme_names_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(START).expect("the mark before the keys");
    let (written, after) = rest.split_once(END).expect("the mark after the keys");
    if std::env::var_os("IMGDRIFT_UPDATE").is_some() {
        fs::write(&path, format!("{before}{START}{}{END}{after}", page())).unwrap();
        return;
    }
    assert_eq!(written, page(), "the keys changed: IMGDRIFT_UPDATE=1 cargo test --locked readme");
}
