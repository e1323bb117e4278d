//! Where generated code enters the crate, and nowhere else.
//!
//! `build.rs` makes it from `openapi.yaml`; a formatted copy lies in `snapshots/` so that the effect of an edit is read
//! in review. To add a documented member, add it to `openapi.yaml`: nothing in `src/` changes.

#![allow(missing_docs, reason = "conversions the generator writes carry no docs; types and members do")]
#![allow(clippy::all, unreachable_pub, reason = "generated code is not styled by hand")]

/// The component schemas of `openapi.yaml`: request, response and error, and all they consist of.
pub mod types {
    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

#[cfg(feature = "client")]
#[allow(
    dead_code,
    unreachable_patterns,
    reason = "only the making of the request is used; the arms for answers overlap"
)]
pub(crate) mod client {
    use super::types;
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

/// The component schemas as one JSON Schema document (draft 4), under `definitions`.
pub(crate) const SCHEMA: &str = include_str!(concat!(env!("OUT_DIR"), "/schema.json"));
