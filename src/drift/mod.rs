//! Compares saved documentation with `openapi.yaml` and with the rules. Imported by the command line only.
//!
//! ```text
//! text ──read──▶ Contract ─┐
//!                          ├─compare──▶ Difference ──touched──▶ report (cli::drift)
//! spec ──read──▶ Contract ─┘                 ▲
//!                    RULES ──────────────────┘
//! ```
//!
//! - `read`: one file a form, told apart by content; `node` is YAML and JSON with lines.
//! - `contract`: what a source says, every fact with its line and how well it is known.
//! - `dependency`: which members go together; `sentence` reads it in prose.
//! - `compare`: what differs; `difference` is one of them; `edit` is the edit it asks for.
//! - `touched`, `accepted`: what of ours a difference touches, and which are accepted on purpose.
//!
//! A new kind of fact begins in `contract`, is read in `read`, compared in `compare`, and gets a mutation in
//! `tests/drift/documentation/mutation.rs` and a row in `docs/drift.md`.

pub(crate) mod accepted;
mod compare;
mod contract;
mod dependency;
mod difference;
mod edit;
mod node;
mod read;
mod sentence;
mod touched;

pub(crate) use contract::{Form, Knowledge};
pub(crate) use difference::{Difference, Side};
pub(crate) use read::{MAXIMUM_BYTES, Unreadable, clean};
pub(crate) use touched::Files;

/// What a comparison found.
pub(crate) struct Comparison {
    pub(crate) form: Form,
    pub(crate) title: Option<String>,
    pub(crate) differences: Vec<Difference>,
}

/// Which of the two texts cannot be read.
pub(crate) enum Failure {
    Documentation(Unreadable),
    Specification(Unreadable),
}

/// Compares two texts, both through [`clean`]. `operation` is the method and path to read from both.
pub(crate) fn compare(
    documentation: &str,
    specification: &str,
    operation: Option<(&str, &str)>,
    files: &Files,
) -> Result<Comparison, Failure> {
    let specification = read::specification(specification, operation).map_err(Failure::Specification)?;
    let named = operation.map(|(method, path)| (method.to_uppercase(), path.to_owned()));
    let (method, path) = named.unwrap_or((specification.method.value.clone(), specification.path.value.clone()));
    let members = specification.body.iter().filter(|member| member.parent().is_empty());
    let wanted = read::Wanted {
        method,
        path,
        title: specification.title.clone(),
        members: members.map(|member| member.name().to_owned()).collect(),
        content_types: specification.content_types(),
        is_explicit: operation.is_some(),
    };
    let documentation = read::documentation(documentation, &wanted).map_err(Failure::Documentation)?;
    let mut differences = compare::compare(&documentation, &specification);
    touched::fill(&mut differences, files);
    Ok(Comparison { form: documentation.form, title: documentation.title, differences })
}
