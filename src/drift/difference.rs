//! One difference between documentation and specification, and what it means. `compare` and its parts make them, the
//! command line prints them.

use serde::Serialize;

use super::contract::Knowledge;

/// What a difference means for whoever uses the binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// A request that was right no longer is.
    BreaksCallers,
    /// An answer may no longer decode, or be read as what it is.
    BreaksDecoding,
    /// Which members go together changed.
    RuleChanged,
    /// Something may be sent, or may come, that could not before.
    NewAndOptional,
    /// Nothing changes on the wire.
    WordingOrExampleOnly,
}

impl Class {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BreaksCallers => "breaks callers",
            Self::BreaksDecoding => "breaks decoding",
            Self::RuleChanged => "rule changed",
            Self::NewAndOptional => "new and optional",
            Self::WordingOrExampleOnly => "wording or example only",
        }
    }
}

/// What one side says, and where; no line where it says nothing.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Side {
    pub(crate) line: Option<usize>,
    pub(crate) says: String,
}

impl Side {
    pub(crate) fn new(line: usize, says: impl Into<String>) -> Self {
        Self { line: Some(line), says: says.into() }
    }

    pub(crate) fn nothing() -> Self {
        Self { line: None, says: "nothing".into() }
    }
}

/// What of ours a difference touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Touched {
    pub(crate) rules: Vec<String>,
    pub(crate) cases: Vec<String>,
    pub(crate) snapshots: Vec<String>,
    pub(crate) types: Vec<String>,
}

/// A difference.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Difference {
    /// Stable: kind and place, as in `member-added:/call_config/wait`.
    pub(crate) id: String,
    pub(crate) class: Class,
    /// How well the documentation's side is known.
    pub(crate) known: Knowledge,
    pub(crate) message: String,
    pub(crate) documentation: Side,
    pub(crate) specification: Side,
    pub(crate) edit: String,
    pub(crate) touched: Touched,
    /// JSON Pointer of the member it is about, within the request or an answer.
    #[serde(skip)]
    pub(crate) member: Option<String>,
    /// The type that lists the member, and its own.
    #[serde(skip)]
    pub(crate) types: Vec<String>,
    /// Whether the generated code changes with it.
    #[serde(skip)]
    pub(crate) changes_code: bool,
    /// Rules that it is about by itself, not by their members.
    #[serde(skip)]
    pub(crate) rules: Vec<String>,
    /// Text by which snapshots and cases that it touches are found.
    #[serde(skip)]
    pub(crate) mentions: Vec<String>,
}

impl Difference {
    pub(crate) fn new(
        id: impl Into<String>,
        class: Class,
        message: impl Into<String>,
        documentation: Side,
        specification: Side,
        edit: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            class,
            known: Knowledge::Stated,
            message: message.into(),
            documentation,
            specification,
            edit: edit.into(),
            touched: Touched::default(),
            member: None,
            types: Vec::new(),
            changes_code: false,
            rules: Vec::new(),
            mentions: Vec::new(),
        }
    }
}
