//! What a check reports. Any module may import it; it imports nothing.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a rule does when it is broken, in rustc's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not reported.
    Allow,
    /// Reported; the request may be sent.
    Warn,
    /// Reported; the request is not sent.
    Deny,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        })
    }
}

/// One thing that is wrong with a request. Holds no value of the request, and no name of a member but documented and plain
/// ones, so it can be logged as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// Id of the rule, or `schema/<keyword>` for what `openapi.yaml` itself says.
    pub rule: Cow<'static, str>,
    /// The level the rule had in this check.
    pub level: Level,
    /// JSON Pointer (RFC 6901) to the member. For a missing member, where it belongs; for a rule about the
    /// whole request, the empty pointer. A member name that is neither documented nor plain stands as `***`.
    pub pointer: Cow<'static, str>,
    /// What is wrong, and how to mend it.
    pub message: Cow<'static, str>,
    /// Where it is in the text that was checked, in byte offsets.
    #[serde(skip)]
    pub(crate) span: Range<usize>,
}

impl Violation {
    /// Whether its level keeps the request from being sent.
    pub fn is_denied(&self) -> bool {
        self.level == Level::Deny
    }

    pub(crate) fn new(
        rule: impl Into<Cow<'static, str>>,
        level: Level,
        pointer: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { rule: rule.into(), level, pointer: pointer.into(), message: message.into(), span: 0..0 }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "(request)" } else { &self.pointer };
        write!(formatter, "{}: {}: {} [{}]", self.level, pointer, self.message, self.rule)
    }
}

/// Escapes a member name for a JSON Pointer.
pub(crate) fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

/// The member name that [`escape`] escaped.
pub(crate) fn unescape(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') { segment.replace("~1", "/").replace("~0", "~").into() } else { segment.into() }
}

/// Whether `pointer` is `ancestor` or lies below it.
pub(crate) fn is_within(pointer: &str, ancestor: &str) -> bool {
    pointer.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
