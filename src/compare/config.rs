//! Configurations and histories, key by key.

use std::collections::{BTreeMap, BTreeSet};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::layers::instruction;
use super::{ConfigChange, HistoryRow};
use crate::model::secret::{HIDDEN_DIFFERS, HIDDEN_VALUE, parts_of};
use crate::model::{HistoryEntry, ImageConfig, Secrets};

/// The keys that differ and those that do not, each sorted; absent and empty are the same. Compared are the values, shown
/// is what `secrets` allows.
pub(super) fn changes(
    left: &ImageConfig,
    right: &ImageConfig,
    secrets: Secrets,
) -> (Vec<ConfigChange>, Vec<ConfigChange>) {
    let shown = [flatten(left, secrets), flatten(right, secrets)];
    let [left, right] = [flatten(left, Secrets::Shown), flatten(right, Secrets::Shown)];
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let (mut changed, mut same) = (Vec::new(), Vec::new());
    for key in keys {
        let values = [left.get(key), right.get(key)];
        let [left, right] = shown.each_ref().map(|shown| shown.get(key).cloned());
        let differs = values[0] != values[1];
        let hidden = (values != [left.as_ref(), right.as_ref()]).then(|| {
            let [left, right] = values.map(|value| value.map(|value| parts_of(bare(key), value)).unwrap_or_default());
            left != right
        });
        // Two that differ in nothing that is shown.
        let right = if differs && left == right { right.map(|right| differing(&right)) } else { right };
        let rows = if differs { &mut changed } else { &mut same };
        rows.push(ConfigChange { key: key.clone(), left, right, runtime: is_runtime(key), hidden });
    }
    (changed, same)
}

/// The name of the variable or label.
fn bare(key: &str) -> &str {
    key.strip_prefix("env.").or_else(|| key.strip_prefix("labels.")).unwrap_or_default()
}

fn differing(shown: &str) -> String {
    if shown == HIDDEN_VALUE { HIDDEN_DIFFERS.to_owned() } else { format!("{shown} {HIDDEN_DIFFERS}") }
}

fn is_runtime(key: &str) -> bool {
    !matches!(key, "created" | "author") && !key.starts_with("labels.")
}

/// Every key that has a value, lists as JSON, without secrets that are hidden.
fn flatten(config: &ImageConfig, secrets: Secrets) -> BTreeMap<String, String> {
    let runtime = &config.runtime;
    // Each is an instruction of its own.
    let on_build: Vec<String> = runtime.on_build.iter().map(|line| secrets.text(line).into_owned()).collect();
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
        ("on_build", list(&on_build)),
    ];
    let rows = rows.into_iter().map(|(key, value)| (key.to_owned(), secrets.text(&value).into_owned()));
    let env = runtime.env.iter().map(|(key, value)| (format!("env.{key}"), secrets.value(key, value)));
    let labels = config.labels.iter().map(|(key, value)| (format!("labels.{key}"), secrets.value(key, value)));
    // An empty variable is set; an empty key of the config is not.
    rows.filter(|(_, value)| !value.is_empty()).chain(env).chain(labels).collect()
}

fn json(items: &[String]) -> String {
    serde_json::Value::from(items.to_vec()).to_string()
}

/// Both histories, aligned by instruction, and shown as `secrets` allows.
pub(super) fn history(left: &[HistoryEntry], right: &[HistoryEntry], secrets: Secrets) -> Vec<HistoryRow> {
    let shown = |row: &HistoryEntry| Some(secrets.history(row));
    let keys =
        |rows: &[HistoryEntry]| rows.iter().map(|row| instruction(row.created_by.as_deref())).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Lcs, &keys(left), &keys(right)) {
        let old = left.get(op.old_range()).unwrap_or_default();
        let new = right.get(op.new_range()).unwrap_or_default();
        if let DiffOp::Equal { .. } = op {
            let pairs = old.iter().zip(new);
            rows.extend(pairs.map(|(l, r)| HistoryRow { left: shown(l), right: shown(r), same: true }));
        } else {
            rows.extend(old.iter().map(|l| HistoryRow { left: shown(l), right: None, same: false }));
            rows.extend(new.iter().map(|r| HistoryRow { left: None, right: shown(r), same: false }));
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
        let (changes, unchanged) = changes(&left, &right, Secrets::Hidden);
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
