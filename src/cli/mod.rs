//! Arguments, progress, exit codes. The only place that knows clap and indicatif.
