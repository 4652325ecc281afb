//! One line per subject; `architecture` fails when a file of this folder is not listed.
mod architecture;
mod base;
mod engine;
mod engine_source;
mod explorer;
mod formats;
mod hostile;
mod journeys;
mod program;
mod readme;
mod registry;
mod registry_source;
mod servers;
mod skip;
mod terminal;
mod versions;
