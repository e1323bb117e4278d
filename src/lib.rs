//! wip
pub mod generated;
mod builder;
mod check;
mod document;
mod mask;
mod rules;
mod schema;
mod violation;
pub use builder::{CallRequestBuilder, CallerNumber};
pub use check::{CheckError, CheckedRequest, check, check_json, check_json_with, check_with};
pub use document::Unreadable;
pub use generated::types::{self, CallRequest};
pub use rules::*;
pub use violation::{Level, Violation};
