//! Everything that is tested from outside, in one binary. One file a topic; the data lies in `tests/documented/`.

mod architecture;
mod build_script;
mod command_line;
mod documented;
mod masking;
mod outcome;
mod properties;
mod rules;
mod snapshots;
mod support;
mod wire;
