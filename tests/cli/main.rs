//! The command line as its users see it: standard output, standard error and exit code, together.
//!
//! Most cases run the example `rehearsal`, which is `layoutlm extract` with stand-ins for reader and
//! model; see there. Snapshots leave out what differs between machines and runs.

mod batch;
mod browser;
mod errors;
mod harness;
mod kill;
mod outputs;
mod pipelines;
mod schema;
mod training;
mod verbs;
