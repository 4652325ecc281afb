//! An image's configuration, as the comparison needs it (OCI image spec, config.md).

use std::collections::BTreeMap;

use super::Digest;

/// What the config blob says. Absent, null and empty are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
    /// RFC 3339, as written.
    pub created: Option<String>,
    pub author: Option<String>,
    pub runtime: RuntimeConfig,
    pub labels: BTreeMap<String, String>,
    pub diff_ids: Vec<Digest>,
    pub history: Vec<HistoryEntry>,
    /// The images that the build took from, by what `BuildKit` wrote into configs before it wrote provenance.
    pub build_sources: Vec<BuildSource>,
}

/// An image that a build took from: its base, another stage's, or the builder's own frontend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSource {
    /// As the build named it, with its digest where it was pinned.
    pub name: String,
    /// `sha256:HEX` that the name stood for then.
    pub digest: Option<String>,
    /// Whether it was named with a digest; `None` when that is not told.
    pub pinned: Option<bool>,
}

/// What an engine uses to run the image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// In the order written.
    pub env: Vec<(String, String)>,
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub user: String,
    pub working_dir: String,
    /// `80/tcp`, sorted.
    pub exposed_ports: Vec<String>,
    /// Sorted.
    pub volumes: Vec<String>,
    /// Compact JSON.
    pub healthcheck: Option<String>,
    pub stop_signal: Option<String>,
    pub shell: Vec<String>,
    pub on_build: Vec<String>,
}

/// One row of the config's history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryEntry {
    pub created: Option<String>,
    pub created_by: Option<String>,
    pub author: Option<String>,
    pub comment: Option<String>,
    pub empty_layer: bool,
}

impl ImageConfig {
    /// `os/arch[/variant]`.
    #[must_use]
    pub fn platform(&self) -> String {
        let mut platform = format!("{}/{}", self.os, self.architecture);
        if let Some(variant) = &self.variant {
            platform.push('/');
            platform.push_str(variant);
        }
        platform
    }

    /// For each layer from the bottom, the history row that made it. `None` where the history is too short;
    /// when the counts differ the rows are matched from the top, where the app's own instructions are.
    #[must_use]
    pub fn layer_history(&self) -> Vec<Option<&HistoryEntry>> {
        let mut rows = self.history.iter().rev().filter(|row| !row.empty_layer);
        let mut matched: Vec<_> = (0..self.diff_ids.len()).map(|_| rows.next()).collect();
        matched.reverse();
        matched
    }
}
