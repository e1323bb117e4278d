//! What a request must observe and `openapi.yaml` cannot say: one file a rule, one line in [`RULES`].
//!
//! To add a rule: copy a file beside this one, name it as the rule's id, add it to the `registry!` list. `explain`, the
//! command line's levels, the docs and the tests read the slice. A rule sees the typed request, so that a member removed
//! from `openapi.yaml` stops the rule from compiling; it never sees HTTP. Messages name members, never their values.

mod destination;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::slice;

use self::destination::Destination;
use crate::generated::types::{CallRequest, CallerNumberIds, CallerNumbers};
use crate::violation::{Level, Violation};

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The documentation of the operation says so, in the named section.
    Documentation(&'static str),
    /// Not documented; the reason it was inferred. Such a rule never denies by default.
    Inferred(&'static str),
    /// Not documented, and denied all the same: sending it would be unsafe.
    Safety(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documentation(section) => write!(formatter, "documentation, {section}"),
            Self::Inferred(reason) => write!(formatter, "inferred: {reason}"),
            Self::Safety(reason) => write!(formatter, "safety: {reason}"),
        }
    }
}

/// One rule: what it says, why, examples, and the check.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Rule {
    /// Stable, kebab-case.
    pub id: &'static str,
    /// Level unless set otherwise.
    pub level: Level,
    /// What the rule demands, as one clause.
    pub summary: &'static str,
    /// Why it is demanded.
    pub why: &'static str,
    /// How to mend a request that breaks it.
    pub help: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// JSON Pointers of the members it reads, or none for a rule about undocumented members.
    pub members: &'static [&'static str],
    /// JSON Pointers at which it reports; `*` stands for a key or an index, and alone for any member.
    pub reported_at: &'static [&'static str],
    /// Members, merged (RFC 7396) into [`EXAMPLE_REQUEST`], that keep the rule.
    pub accepted: &'static str,
    /// Members, merged into [`EXAMPLE_REQUEST`], that break this rule and no other.
    pub rejected: &'static str,
    /// The same rule as a JSON Schema (2020-12) fragment, where one can say it. It may refer to
    /// [`JSON_SCHEMA_DEFINITIONS`].
    pub json_schema: Option<&'static str>,
    pub(crate) check: fn(&Subject, &mut Findings),
}

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rule").field("id", &self.id).field("level", &self.level).finish_non_exhaustive()
    }
}

/// The request that the examples of the rules are merged into. It breaks no rule.
pub const EXAMPLE_REQUEST: &str = r#"{
  "name": "John Doe",
  "mobile_number": "+919876543210",
  "agent_id": "830f767a-397e-4b39-82ff-235cd344e2f9",
  "number_pool_id": "pool-uuid-here"
}"#;

/// What the rules' JSON Schema fragments refer to as `#/definitions/given`: a number source that names a number.
pub const JSON_SCHEMA_DEFINITIONS: &str = r#"{
  "given": {"anyOf": [
    {"type": "string", "pattern": "\\S"},
    {"type": "array", "contains": {"type": "string", "pattern": "\\S"}}
  ]}
}"#;

macro_rules! registry {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*
        /// Every rule.
        pub const RULES: &[&Rule] = &[$(&$module::RULE),*];
    };
}

registry![
    caller_number_missing,
    from_number_and_id,
    pool_with_from_number,
    callback_header_unsafe,
    not_a_uuid,
    blank_name,
    blank_caller_number,
    caller_number_not_e164,
    calls_itself,
    duplicate_caller_number,
    number_in_id_field,
    window_empty,
    window_crosses_midnight,
    unknown_timezone,
    idle_end_not_after_warning,
    idle_end_beyond_call_length,
    transliteration_language_unused,
    transliteration_same_language,
    language_code_malformed,
    reserved_argument,
    argument_not_referencable,
    argument_not_scalar,
    argument_contradicts_number,
    callback_args_without_url,
    callback_not_https,
    callback_unreachable,
    callback_credentials_in_url,
    unknown_member,
];

/// A rule by its id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

/// What the rules look at: the request, and what several of them would have to parse again.
pub(crate) struct Subject<'request> {
    request: &'request CallRequest,
    callback: OnceCell<Option<Destination>>,
}

impl<'request> Subject<'request> {
    fn new(request: &'request CallRequest) -> Self {
        Self { request, callback: OnceCell::new() }
    }

    /// Where the callback URL leads, where one is given and it is one.
    fn callback(&self) -> Option<&Destination> {
        self.callback.get_or_init(|| Destination::of(self.request.callback_url.as_deref()?)).as_ref()
    }
}

impl Deref for Subject<'_> {
    type Target = CallRequest;

    fn deref(&self) -> &CallRequest {
        self.request
    }
}

/// Collects what rules find, one rule after another.
pub(crate) struct Findings {
    rule: &'static str,
    level: Level,
    violations: Vec<Violation>,
}

impl Findings {
    /// What these rules find, each with its level.
    pub(crate) fn of(rules: impl Iterator<Item = (&'static Rule, Level)>, request: &CallRequest) -> Vec<Violation> {
        let subject = Subject::new(request);
        let mut findings = Self { rule: "", level: Level::Allow, violations: Vec::new() };
        for (rule, level) in rules {
            (findings.rule, findings.level) = (rule.id, level);
            (rule.check)(&subject, &mut findings);
        }
        findings.violations
    }

    fn add(&mut self, pointer: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) {
        self.violations.push(Violation::new(self.rule, self.level, pointer, message));
    }
}

/// Ids of what the schema itself says.
pub(crate) const SCHEMA_IDS: [&str; 4] = ["schema/required", "schema/type", "schema/pattern", "schema/minimum"];

/// The level of each rule: its own, unless set here.
///
/// ```
/// use ringg_call::{Level, Levels};
/// let mut levels = Levels::default();
/// levels.set("warnings", Level::Deny)?;
/// levels.set("not-a-uuid", Level::Allow)?; // a rule by name wins over the group
/// # Ok::<(), ringg_call::UnknownRule>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    warnings: Option<Level>,
    rules: BTreeMap<String, Level>,
}

/// No rule has this id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule is named `{name}`{}; `ringg rules` lists them", suggestion.map(|id| format!(", did you mean `{id}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// The id asked for.
    pub name: String,
    /// The nearest id, where one is near.
    pub suggestion: Option<&'static str>,
}

impl UnknownRule {
    /// For an id that [`rule`] does not find.
    pub fn new(name: &str) -> Self {
        let ids = RULES.iter().map(|rule| rule.id);
        let nearest =
            ids.map(|id| (strsim::jaro_winkler(id, name), id)).max_by(|left, right| left.0.total_cmp(&right.0));
        Self { name: name.into(), suggestion: nearest.filter(|(nearness, _)| *nearness > 0.8).map(|(_, id)| id) }
    }
}

impl Levels {
    /// Sets the level of one rule, of one `schema/<keyword>`, or of `warnings`: all that warn by default.
    ///
    /// What the documentation demands of the schema (required members, types, the form of `mobile_number`) stays denied at
    /// any level: the request types cannot hold what breaks it. The level of a `schema/` id is that of what is inferred.
    ///
    /// # Errors
    /// [`UnknownRule`] when nothing has that name.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), UnknownRule> {
        if name == "warnings" {
            self.warnings = Some(level);
        } else if rule(name).is_some() || SCHEMA_IDS.contains(&name) {
            self.rules.insert(name.into(), level);
        } else {
            return Err(UnknownRule::new(name));
        }
        Ok(())
    }

    /// The level a rule has here.
    pub fn of(&self, rule: &Rule) -> Level {
        self.resolve(rule.id, rule.level)
    }

    /// The level of a schema violation whose own level is `level`.
    pub(crate) fn of_schema(&self, id: &str, level: Level) -> Level {
        if level == Level::Deny { level } else { self.resolve(id, level) }
    }

    fn resolve(&self, id: &str, level: Level) -> Level {
        let group = if level == Level::Warn { self.warnings } else { None };
        self.rules.get(id).copied().or(group).unwrap_or(level)
    }
}

/// Where a caller number is given: in the member itself, or in its list.
struct Place {
    member: &'static str,
    index: Option<usize>,
}

impl From<Place> for Cow<'static, str> {
    fn from(Place { member, index }: Place) -> Self {
        index.map_or(member.into(), |index| format!("{member}/{index}").into())
    }
}

/// The caller numbers given as ids.
fn caller_number_ids(request: &CallRequest) -> impl Iterator<Item = (Place, &str)> {
    let (values, is_list) = match &request.from_number_id {
        None => (&[][..], false),
        Some(CallerNumberIds::One(id)) => (slice::from_ref(id), false),
        Some(CallerNumberIds::Many(ids)) => (ids.as_slice(), true),
    };
    placed("/from_number_id", values, is_list)
}

/// The caller numbers given as phone numbers.
fn caller_numbers(request: &CallRequest) -> impl Iterator<Item = (Place, &str)> {
    let (values, is_list) = match &request.from_number {
        None => (&[][..], false),
        Some(CallerNumbers::One(number)) => (slice::from_ref(number), false),
        Some(CallerNumbers::Many(numbers)) => (numbers.as_slice(), true),
    };
    placed("/from_number", values, is_list)
}

/// The pool's id, where one is given.
fn number_pool_id(request: &CallRequest) -> impl Iterator<Item = (Place, &str)> {
    placed("/number_pool_id", request.number_pool_id.as_slice(), false)
}

fn placed<'request>(
    member: &'static str,
    values: &'request [String],
    is_list: bool,
) -> impl Iterator<Item = (Place, &'request str)> {
    let place = move |index| Place { member, index: is_list.then_some(index) };
    values.iter().enumerate().map(move |(index, value)| (place(index), value.as_str()))
}

/// Whether a number source is given. Null, an empty array and empty text give none.
fn gives<'request>(mut values: impl Iterator<Item = (Place, &'request str)>) -> bool {
    values.any(|(_, value)| !value.trim().is_empty())
}

/// The digits of a phone number, to compare numbers written differently.
fn digits(number: &str) -> impl Iterator<Item = u8> {
    number.bytes().filter(u8::is_ascii_digit)
}

/// Whether a text holds white space, control characters or any of these.
fn holds_gaps_or<const COUNT: usize>(others: [u8; COUNT], text: &str) -> bool {
    let is_gap = |character: char| character.is_whitespace() || character.is_control();
    // Most text is ASCII: bytes are looked at faster than characters.
    text.bytes().any(|byte| byte <= b' ' || byte == 0x7f || others.contains(&byte))
        || !text.is_ascii() && text.contains(is_gap)
}

/// Minutes since midnight of `HH:MM`; none for any other form.
fn minutes(clock_time: &str) -> Option<u32> {
    let [h1 @ b'0'..=b'9', h2 @ b'0'..=b'9', b':', m1 @ b'0'..=b'9', m2 @ b'0'..=b'9'] = clock_time.as_bytes() else {
        return None;
    };
    let number = |tens: u8, ones: u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    let (hours, minutes) = (number(*h1, *h2), number(*m1, *m2));
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}
