//! `tracing` events, behind the feature of that name: `attempt` before sending, `outcome` after. No value of the request or the
//! answer is in them but the callee's number, masked.

#[cfg(feature = "tracing")]
mod enabled {
    use super::super::outcome::{CallError, PlacedCall};
    use crate::check::CheckedRequest;
    use crate::mask;

    pub(in super::super) fn attempt(request: &CheckedRequest, attempt: u32) {
        tracing::debug!(attempt, callee = mask::phone_number(&request.request().mobile_number), "attempt");
    }

    pub(in super::super) fn outcome(attempt: u32, result: &Result<PlacedCall, CallError>) {
        match result {
            Ok(call) => {
                tracing::info!(
                    attempt,
                    outcome = "placed",
                    status = call.answer().status.as_u16(),
                    call_id = call.call_id(),
                    "outcome"
                );
            }
            Err(error) => {
                let status = error.answer().map(|answer| answer.status.as_u16());
                tracing::warn!(attempt, outcome = ?error.outcome(), status, "outcome");
            }
        }
    }
}

#[cfg(feature = "tracing")]
pub(super) use enabled::{attempt, outcome};

#[cfg(not(feature = "tracing"))]
pub(super) fn attempt(_: &crate::check::CheckedRequest, _: u32) {}

#[cfg(not(feature = "tracing"))]
pub(super) fn outcome(_: u32, _: &Result<super::PlacedCall, super::CallError>) {}
