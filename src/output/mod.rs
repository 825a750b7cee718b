//! Records of what was found, and the forms they are written in.

pub mod stdout;
