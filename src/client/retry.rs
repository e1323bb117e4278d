//! When a call is sent again: what never left, and, if asked for, what was told to come later. Nothing else, ever.

use std::time::Duration;

use super::outcome::{CallError, Outcome};

/// How often and how long a client tries again. Applies to what was not sent, and to 429 only when asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    attempts: u32,
    first_delay: Duration,
    greatest_delay: Duration,
    too_many_requests: Option<Duration>,
}

/// Three attempts, 250 milliseconds before the second, twice that before each further one, at most 5 seconds; 429 is
/// not tried again.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_millis(250),
            greatest_delay: Duration::from_secs(5),
            too_many_requests: None,
        }
    }
}

impl RetryPolicy {
    /// One attempt.
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// Attempts in all, the first among them; at least 1. Default: 3.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Delay before the second attempt; it doubles with each further one. Each delay is shortened at random, to no less
    /// than half. Default: 250 milliseconds.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// Greatest delay between two attempts. Default: 5 seconds.
    pub fn greatest_delay(mut self, delay: Duration) -> Self {
        self.greatest_delay = delay;
        self
    }

    /// Also tries again after 429, waiting as long as `Retry-After` says; if it says longer than `cap`, the refusal is
    /// returned. Default: 429 is returned.
    pub fn too_many_requests(mut self, cap: Duration) -> Self {
        self.too_many_requests = Some(cap);
        self
    }

    /// How long to wait before sending again after attempt number `attempt` (from 1), or none for not again.
    pub(super) fn delay(&self, attempt: u32, error: &CallError) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let doubled = self.first_delay.saturating_mul(1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
        let back_off = doubled.min(self.greatest_delay).mul_f64(0.5 + fastrand::f64() / 2.0);
        match (error.outcome(), error) {
            (Outcome::NotSent, _) => Some(back_off),
            (Outcome::Refused, CallError::Refused(answer)) if answer.status.as_u16() == 429 => {
                let cap = self.too_many_requests?;
                let wait = answer.retry_after().unwrap_or(back_off);
                (wait <= cap).then_some(wait)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Answer;
    use super::*;

    fn not_sent() -> CallError {
        CallError::NotSent { source: "refused".into() }
    }

    #[test]
    fn delays_double_up_to_the_greatest_and_end_with_the_attempts() {
        let policy = RetryPolicy::default().attempts(6).first_delay(Duration::from_secs(1));
        for (attempt, full) in [(1, 1), (2, 2), (3, 4), (4, 5), (5, 5)] {
            let delay = policy.delay(attempt, &not_sent()).unwrap();
            let full = Duration::from_secs(full);
            assert!(delay <= full && delay >= full / 2, "{attempt}: {delay:?}");
        }
        let policy = policy.greatest_delay(Duration::from_secs(2));
        let delay = policy.delay(3, &not_sent()).unwrap();
        assert!(delay <= Duration::from_secs(2) && delay >= Duration::from_secs(1), "{delay:?}");
        assert_eq!(policy.delay(6, &not_sent()), None);
        assert_eq!(RetryPolicy::never().delay(1, &not_sent()), None);
        assert!(RetryPolicy::default().attempts(u32::MAX).delay(u32::MAX - 1, &not_sent()).is_some());
    }

    #[test]
    fn what_is_unknown_is_never_sent_again() {
        let unknown = CallError::Unknown { answer: None, reconciliation: None, source: None };
        let eager = RetryPolicy::default().attempts(100).too_many_requests(Duration::MAX);
        assert_eq!(eager.delay(1, &unknown), None);
    }

    #[test]
    fn of_the_refused_only_429_is_sent_again() {
        let refused = |status| {
            let status = reqwest::StatusCode::from_u16(status).unwrap();
            CallError::Refused(Box::new(Answer { status, headers: Default::default(), body: Vec::new() }))
        };
        let eager = RetryPolicy::default().too_many_requests(Duration::MAX);
        assert!(eager.delay(1, &refused(429)).is_some());
        assert_eq!(eager.delay(1, &refused(400)), None);
        assert_eq!(RetryPolicy::default().delay(1, &refused(429)), None);
    }
}
