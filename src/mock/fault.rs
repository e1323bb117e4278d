//! Faults chosen by the number that is called: `+1500555` and four digits, from any language, with no change to the code
//! under test. To add a fault, add a line to [`FAULTS`]: the listing, the docs and the tests read it.

use std::time::Duration;

/// What every fault's number begins with; another number that does is refused.
pub const FAULT_NUMBER_PREFIX: &str = "+1500555";

/// A way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The last four digits of the number.
    pub digits: &'static str,
    /// Name, for `ringg verify --require-fault`.
    pub name: &'static str,
    /// What the stand-in does.
    pub description: &'static str,
    /// Whether the phone rings all the same, or may: the client cannot know, and must not send again.
    pub rings: bool,
    pub(crate) kind: Kind,
}

impl Fault {
    /// The whole number to call.
    pub fn number(&self) -> String {
        format!("{FAULT_NUMBER_PREFIX}{}", self.digits)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An error answer with this status.
    Status(u16),
    /// The connection is closed without an answer.
    Drop,
    /// Nothing is answered.
    Silence,
    /// The documented success, after a while.
    Slow(Duration),
    /// The documented success with an unknown `call_status` and unknown members.
    OddSuccess,
    /// 200 without a call id.
    NoCallId,
    /// 200 that is not JSON.
    NotJson,
}

const fn status(
    digits: &'static str,
    name: &'static str,
    description: &'static str,
    rings: bool,
    status: u16,
) -> Fault {
    Fault { digits, name, description, rings, kind: Kind::Status(status) }
}

const fn named(digits: &'static str, name: &'static str, description: &'static str, kind: Kind) -> Fault {
    Fault { digits, name, description, rings: true, kind }
}

/// Every fault.
pub const FAULTS: &[Fault] = &[
    status("0307", "status-307", "redirects to another path", false, 307),
    status("0400", "status-400", "refuses: invalid parameters", false, 400),
    status("0401", "status-401", "refuses: the key", false, 401),
    status("0402", "status-402", "refuses: no credit", false, 402),
    status("0403", "status-403", "refuses: not permitted", false, 403),
    status("0404", "status-404", "refuses: unknown agent", false, 404),
    status("0408", "status-408", "answers 408; the phone may have rung", true, 408),
    status("0409", "status-409", "refuses: conflict", false, 409),
    status("0422", "status-422", "refuses, with `detail` as a list", false, 422),
    status("0429", "status-429", "refuses, with `Retry-After: 1`", false, 429),
    status("0500", "status-500", "fails; the phone may have rung", true, 500),
    status("0502", "status-502", "fails with a gateway's HTML page; the phone may have rung", true, 502),
    status("0503", "status-503", "fails with `Retry-After: 1`; the phone may have rung", true, 503),
    status("0504", "status-504", "fails; the phone may have rung", true, 504),
    named("1001", "drop", "accepts and records the call, then drops the connection", Kind::Drop),
    named("1002", "silence", "accepts and records the call, then never answers", Kind::Silence),
    named("1003", "slow", "answers after two seconds", Kind::Slow(Duration::from_secs(2))),
    named("1004", "odd-success", "200 with an unknown `call_status` and unknown members", Kind::OddSuccess),
    named("1005", "no-call-id", "200 without a call id", Kind::NoCallId),
    named("1006", "not-json", "200 that is not JSON", Kind::NotJson),
];

/// The fault that a called number chooses.
pub fn fault_of(number: &str) -> Option<&'static Fault> {
    let digits = number.strip_prefix(FAULT_NUMBER_PREFIX)?;
    FAULTS.iter().find(|fault| fault.digits == digits)
}
