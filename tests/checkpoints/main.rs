//! Checkpoints of every architecture and head, from directories and from a hub.

mod heads;
mod hub;
mod server;
