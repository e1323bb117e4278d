//! Builds a request member by member. Setters for documented members are generated; the choice of the number source is
//! not, because it is one choice. Imported by the public surface only.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::check::{CheckError, CheckedRequest, check_json_with};
use crate::generated::types::CallRequest;
use crate::rules::Levels;

/// Where the number that the callee sees comes from. Exactly one of these.
#[derive(Clone)]
#[non_exhaustive]
pub enum CallerNumber {
    /// `number_pool_id`: taken from a managed pool, which rotates numbers and skips those labelled spam. Recommended.
    Pool(String),
    /// `from_number_id`: one of these workspace numbers, by id.
    Ids(Vec<String>),
    /// `from_number`: one of these phone numbers, in E.164 form.
    Numbers(Vec<String>),
}

impl CallerNumber {
    /// From a managed number pool, by its id.
    pub fn pool(id: impl Into<String>) -> Self {
        Self::Pool(id.into())
    }

    /// A workspace number, by its id.
    pub fn id(id: impl Into<String>) -> Self {
        Self::Ids(vec![id.into()])
    }

    /// A phone number in E.164 form.
    pub fn number(number: impl Into<String>) -> Self {
        Self::Numbers(vec![number.into()])
    }
}

impl std::fmt::Debug for CallerNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Pool(_) => "CallerNumber::Pool(***)",
            Self::Ids(_) => "CallerNumber::Ids(***)",
            Self::Numbers(_) => "CallerNumber::Numbers(***)",
        })
    }
}

/// A request in the making; [`CallRequest::builder`] makes one. Nothing is judged before [`Self::check`], which
/// then reports everything at once.
#[derive(Clone, Default)]
#[must_use]
pub struct CallRequestBuilder {
    members: Map<String, Value>,
}

impl std::fmt::Debug for CallRequestBuilder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let masked = crate::mask::request(&Value::Object(self.members.clone()));
        write!(formatter, "CallRequestBuilder {masked}")
    }
}

impl CallRequest {
    /// Starts a request.
    pub fn builder() -> CallRequestBuilder {
        CallRequestBuilder::default()
    }
}

impl CallRequestBuilder {
    /// Chooses the number source. A later choice replaces an earlier one, whichever source it names.
    pub fn caller_number(mut self, source: CallerNumber) -> Self {
        for name in ["number_pool_id", "from_number_id", "from_number"] {
            self.members.remove(name);
        }
        match source {
            CallerNumber::Pool(id) => self.member("number_pool_id", &id),
            CallerNumber::Ids(ids) => self.one_or_many("from_number_id", ids),
            CallerNumber::Numbers(numbers) => self.one_or_many("from_number", numbers),
        }
    }

    /// Sets one argument of the agent's prompt (`custom_args_values`), leaving the others as they are.
    pub fn argument(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let arguments = self.members.entry("custom_args_values").or_insert(Value::Null);
        if !arguments.is_object() {
            *arguments = Value::Object(Map::new());
        }
        arguments[key.into()] = value.into();
        self
    }

    /// Sets a member that the specification does not know (`unknown-member` warns of it).
    pub fn extra(self, name: &str, value: impl Into<Value>) -> Self {
        self.member(name, &value.into())
    }

    /// Checks with the default levels.
    ///
    /// # Errors
    /// [`CheckError::Denied`] with every violation.
    pub fn check(self) -> Result<CheckedRequest, CheckError> {
        self.check_with(&Levels::default())
    }

    /// Checks with levels of your own.
    ///
    /// # Errors
    /// [`CheckError::Denied`] with every violation.
    pub fn check_with(self, levels: &Levels) -> Result<CheckedRequest, CheckError> {
        check_json_with(Value::Object(self.members).to_string().as_bytes(), levels)
    }

    pub(crate) fn member(mut self, name: &str, value: &impl Serialize) -> Self {
        // Generated types have string keys only, so they always have a JSON form.
        let value = serde_json::to_value(value).unwrap_or_default();
        self.members.insert(name.into(), value);
        self
    }

    fn one_or_many(self, name: &str, values: Vec<String>) -> Self {
        match <[String; 1]>::try_from(values) {
            Ok([single]) => self.member(name, &single),
            Err(several) => self.member(name, &several),
        }
    }
}
