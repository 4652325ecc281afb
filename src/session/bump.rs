//! `imgdrift bump`: two bases compared, and an app's own files looked into for what the bump does to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::progress::shown;
use super::task::{outcome, reference, write};
use super::{Opened, Outcome, Terminal, compare, read, rules};
use crate::cli::Bump;
use crate::compare::bump::{App, Linked, bump, standing, to_read};
use crate::error::Failure;
use crate::image::{self, LayerEntry, Node};
use crate::model::{Progress, Side};
use crate::report::ReportOptions;

/// Carries out the command.
pub(super) fn carry_out(args: Bump, terminal: Terminal) -> Result<Outcome, Failure> {
    let (old, new) = (reference(&args.old)?, reference(&args.new)?);
    let app = args.app.as_deref().map(reference).transpose()?;
    let settings = rules::settings(args.source, &args.rules)?;
    let progress = Arc::new(Progress::default());
    let names = [(Side::Left, old.text.as_str()), (Side::Right, new.text.as_str())];
    let pair = shown(terminal.progress, &progress, &names, || compare(&old, &new, &settings, &progress))?;
    let app = app
        .map(|app| {
            let progress = Arc::new(Progress::default());
            shown(terminal.progress, &progress, &[(Side::Left, app.text.as_str())], || read(&app, &settings, &progress))
        })
        .transpose()?;
    let standing = app.as_ref().map(|app| standing(&app.snapshot, &pair.left.snapshot, &pair.right.snapshot));
    let (linked, warnings) = match (&app, standing.as_ref().and_then(|standing| standing.layers)) {
        (Some(app), Some(from)) => linked(app, from),
        _ => Default::default(),
    };
    let app = app.as_ref().zip(standing);
    let app = app.map(|(app, standing)| App { snapshot: &app.snapshot, standing, linked: &linked, warnings });
    let report = bump([&pair.left.snapshot, &pair.right.snapshot], &pair.report, app);
    write(&args.report.output, args.report.all, terminal, |format, options, out| {
        (format.bump)(&report, &ReportOptions { strict: args.report.strict, ..*options }, out)
    })?;
    Ok(outcome(&args.report.fail_on, &pair.report))
}

/// What the app's own files ask the loader for: each layer that has some is passed over once. What cannot be read is said
/// in the second list and stops nothing.
fn linked(app: &Opened, from: usize) -> (Vec<Linked>, Vec<String>) {
    let (nodes, mut warnings) = to_read(&app.snapshot, from);
    let mut by_layer: BTreeMap<u32, Vec<&Node>> = BTreeMap::new();
    for node in nodes {
        by_layer.entry(node.file.layer).or_default().push(node);
    }
    let mut linked = Vec::new();
    for (layer, nodes) in by_layer {
        if let Err(error) = of_layer(app, layer, &nodes, &mut linked) {
            warnings.push(format!("layer {layer}: its libraries were not all looked into: {error}"));
        }
    }
    linked.sort_by(|a, b| a.path.cmp(&b.path));
    (linked, warnings)
}

fn of_layer(app: &Opened, layer: u32, nodes: &[&Node], linked: &mut Vec<Linked>) -> Result<(), String> {
    let index = app.snapshot.image.layers.get(layer as usize).ok_or("there is no such layer")?;
    let entry = |node: &Node| index.entries.get(node.entry? as usize);
    let files: Vec<(&Node, &LayerEntry)> = nodes.iter().filter_map(|node| Some((*node, entry(node)?))).collect();
    let entries: Vec<&LayerEntry> = files.iter().map(|(_, entry)| *entry).collect();
    let blob = app.blobs.open(layer as usize).map_err(|error| error.to_string())?;
    let mut each = |at: usize, bytes: Vec<u8>| {
        let file = files.get(at).zip(image::needed(&bytes));
        linked.extend(file.map(|((node, _), needed)| Linked { path: node.path.clone(), needed }));
    };
    image::read_files(blob.into_reader(), &entries, u64::MAX, &mut each).map_err(|error| error.to_string())
}
