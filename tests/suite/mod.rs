//! One line per subject; `architecture` fails when a file of this folder is not listed.
mod architecture;
mod engine;
mod explorer;
mod formats;
mod hostile;
mod program;
mod registry;
mod skip;
mod terminal;
mod versions;
