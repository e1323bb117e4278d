//! Everything that is tested from outside, in one binary. One file a topic; the data lies in `tests/documented/`.

mod architecture;
mod build_script;
mod command_line;
mod conformance;
mod connections;
mod corpus;
mod documented;
mod fault_matrix;
mod fault_server;
mod faults;
mod masking;
mod mock;
mod outcome;
mod properties;
mod rules;
mod snapshots;
mod specification;
mod strategies;
mod support;
mod verify;
mod wire;
