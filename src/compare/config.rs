//! Configurations and histories, key by key.

use std::collections::{BTreeMap, BTreeSet};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::layers::instruction;
use super::{ConfigChange, HistoryRow};
use crate::model::{HistoryEntry, ImageConfig};

/// The keys that differ and those that do not, each sorted; absent and empty are the same.
pub(super) fn changes(left: &ImageConfig, right: &ImageConfig) -> (Vec<ConfigChange>, Vec<ConfigChange>) {
    let (left, right) = (flatten(left), flatten(right));
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let row = |key: &String| ConfigChange {
        key: key.clone(),
        left: left.get(key).cloned(),
        right: right.get(key).cloned(),
        runtime: is_runtime(key),
    };
    keys.into_iter().map(row).partition(|row| row.left != row.right)
}

fn is_runtime(key: &str) -> bool {
    !matches!(key, "created" | "author") && !key.starts_with("labels.")
}

/// Every key that has a value, lists as JSON.
fn flatten(config: &ImageConfig) -> BTreeMap<String, String> {
    let runtime = &config.runtime;
    let list = |items: &[String]| if items.is_empty() { String::new() } else { json(items) };
    let rows = [
        ("platform", config.platform()),
        ("created", config.created.clone().unwrap_or_default()),
        ("author", config.author.clone().unwrap_or_default()),
        ("entrypoint", list(&runtime.entrypoint)),
        ("cmd", list(&runtime.cmd)),
        ("user", runtime.user.clone()),
        ("working_dir", runtime.working_dir.clone()),
        ("exposed_ports", list(&runtime.exposed_ports)),
        ("volumes", list(&runtime.volumes)),
        ("healthcheck", runtime.healthcheck.clone().unwrap_or_default()),
        ("stop_signal", runtime.stop_signal.clone().unwrap_or_default()),
        ("shell", list(&runtime.shell)),
        ("on_build", list(&runtime.on_build)),
    ];
    let rows = rows.into_iter().map(|(key, value)| (key.to_owned(), value));
    let env = runtime.env.iter().map(|(key, value)| (format!("env.{key}"), value.clone()));
    let labels = config.labels.iter().map(|(key, value)| (format!("labels.{key}"), value.clone()));
    // An empty variable is set; an empty key of the config is not.
    rows.filter(|(_, value)| !value.is_empty()).chain(env).chain(labels).collect()
}

fn json(items: &[String]) -> String {
    serde_json::Value::from(items.to_vec()).to_string()
}

/// Both histories, aligned by instruction.
pub(super) fn history(left: &[HistoryEntry], right: &[HistoryEntry]) -> Vec<HistoryRow> {
    let keys =
        |rows: &[HistoryEntry]| rows.iter().map(|row| instruction(row.created_by.as_deref())).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Lcs, &keys(left), &keys(right)) {
        let old = left.get(op.old_range()).unwrap_or_default();
        let new = right.get(op.new_range()).unwrap_or_default();
        if let DiffOp::Equal { .. } = op {
            let pairs = old.iter().zip(new);
            rows.extend(pairs.map(|(l, r)| HistoryRow { left: Some(l.clone()), right: Some(r.clone()), same: true }));
        } else {
            rows.extend(old.iter().map(|l| HistoryRow { left: Some(l.clone()), right: None, same: false }));
            rows.extend(new.iter().map(|r| HistoryRow { left: None, right: Some(r.clone()), same: false }));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_one_by_one_and_labels_do_not_run() {
        let mut left = ImageConfig { os: "linux".into(), architecture: "amd64".into(), ..Default::default() };
        left.runtime.env = vec![("PATH".into(), "/bin".into()), ("GONE".into(), "1".into())];
        let mut right = left.clone();
        right.runtime.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
        right.runtime.env.push(("EMPTY".into(), String::new()));
        right.runtime.cmd = vec!["python3".into(), "app.py".into()];
        right.labels.insert("version".into(), "2".into());
        let (changes, unchanged) = changes(&left, &right);
        let seen: Vec<_> = changes.iter().map(|change| (change.key.as_str(), change.runtime)).collect();
        assert_eq!(
            seen,
            [("cmd", true), ("env.EMPTY", true), ("env.GONE", true), ("env.PATH", true), ("labels.version", false)]
        );
        assert_eq!(unchanged.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["platform"]);
        assert_eq!(changes[0].left, None);
        assert_eq!(changes[0].right.as_deref(), Some(r#"["python3","app.py"]"#));
    }
}
