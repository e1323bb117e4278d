//! `ringg drift`, from outside. A binary of its own: it is busy, and would starve the tests of `suite` that run on sockets.
//!
//! - `command`: what the program says and accepts, on the documentation in `tests/documentation/`.
//! - `answers`: what it says of the answer, as a whole and below.
//! - `reading`: what it reads and refuses.
//! - `schemas`: schemas put together, content types, keywords.
//! - `documentation`: documentation made and printed for tests, and what may change in it.
//! - `mutations`: each change is named, alone, in every form that can show it.
//! - `workflow`: the steps of the scheduled workflow.
//! - `walk`: CONTRIBUTING's way from changed documentation to a green suite, walked on a copy of the package.

mod answers;
mod command;
mod documentation;
mod mutations;
mod reading;
mod schemas;
#[path = "../suite/support.rs"]
#[allow(dead_code, reason = "shared with `suite`, which uses the rest")]
mod support;
mod walk;
mod workflow;
