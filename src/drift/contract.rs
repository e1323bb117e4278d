//! What a source says of the operation, whatever its form: the documentation and the specification side by side.
//! Every fact has the line it stands on and how well it is known. The readers make it, `compare` reads it; a new kind of
//! fact begins here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::dependency::Statement;
use super::node::Node;
use super::sentence::Unclear;

/// The forms a contract is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// The page as text.
    Page,
    /// The markdown export with its OpenAPI fence.
    Markdown,
    /// A whole OpenAPI file.
    OpenApi,
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Markdown => "markdown",
            Self::OpenApi => "openapi",
        }
    }
}

/// How a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Knowledge {
    /// The source says so.
    Stated,
    /// Only an example shows it; another example could show otherwise.
    Example,
    /// A sentence was understood to say so.
    Wording,
}

/// A fact. Where the source's form cannot show it, there is none.
#[derive(Clone, Debug)]
pub(crate) struct Fact<T> {
    pub(crate) value: T,
    pub(crate) line: usize,
    pub(crate) knowledge: Knowledge,
}

impl<T> Fact<T> {
    pub(crate) fn stated(value: T, line: usize) -> Self {
        Self { value, line, knowledge: Knowledge::Stated }
    }
}

/// What one source says of the operation.
#[derive(Debug)]
pub(crate) struct Contract {
    pub(crate) form: Form,
    /// Title or summary.
    pub(crate) title: Option<String>,
    pub(crate) method: Fact<String>,
    pub(crate) path: Fact<String>,
    /// None where the form shows none.
    pub(crate) server: Option<Fact<String>>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) content_types: Option<Fact<BTreeSet<String>>>,
    pub(crate) body: Vec<Member>,
    pub(crate) uncompared: Vec<Uncompared>,
    /// The status of success, where it is shown.
    pub(crate) success: Option<Answer>,
    /// Every other status.
    pub(crate) others: Vec<Answer>,
    /// Sentences about which members go together.
    pub(crate) statements: Vec<Statement>,
    /// Sentences that may be such, and are not understood.
    pub(crate) unclear: Vec<Unclear>,
    /// Requests and answers shown whole, the main ones first.
    pub(crate) examples: Vec<Example>,
    /// What a page's command shows, against what the page states.
    pub(crate) disagreements: Vec<Disagreement>,
}

/// Two places of one page that do not agree: texts and lines.
#[derive(Debug)]
pub(crate) struct Disagreement {
    pub(crate) id: String,
    pub(crate) shown: (String, usize),
    pub(crate) stated: (String, usize),
}

impl Contract {
    /// Of the request and of the answers.
    pub(crate) fn content_types(&self) -> Vec<String> {
        let answers = self.success.iter().chain(&self.others).filter_map(|answer| answer.body.as_ref());
        let of_answers = answers.filter_map(|body| body.content_types.as_ref()).flatten();
        self.content_types.iter().flat_map(|types| &types.value).chain(of_answers).cloned().collect()
    }
}

/// An example of a request or an answer.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) is_answer: bool,
    pub(crate) node: Node,
}

/// A header or another parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// `header`, `query`, `path` or `cookie`.
    pub(crate) location: String,
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) required: bool,
}

/// A keyword of a schema that constrains, and is not compared.
#[derive(Clone, Debug)]
pub(crate) struct Uncompared {
    pub(crate) pointer: String,
    pub(crate) keyword: String,
    pub(crate) line: usize,
}

/// What is answered with one status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// None for the page's success, whose number it does not show.
    pub(crate) status: Option<String>,
    pub(crate) line: usize,
    /// None where the form does not show it.
    pub(crate) body: Option<AnswerBody>,
    pub(crate) is_inferred: bool,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    /// None where the form does not show them; without any, there is no body.
    pub(crate) content_types: Option<BTreeSet<String>>,
    /// As a member's.
    pub(crate) types: Option<Fact<BTreeSet<String>>>,
    pub(crate) members: Vec<Member>,
}

impl AnswerBody {
    /// Of which nothing but its members is shown.
    pub(crate) fn of(members: Vec<Member>) -> Self {
        Self { content_types: None, types: None, members }
    }
}

/// A member of the request or of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// JSON Pointer; `*` stands for each item of an array.
    pub(crate) pointer: String,
    pub(crate) line: usize,
    /// How its presence is known.
    pub(crate) knowledge: Knowledge,
    /// JSON's types, `integer`, and `string[]` for arrays; empty if any type is.
    pub(crate) types: Option<Fact<BTreeSet<String>>>,
    /// The page shows a field without its type, as it does for a choice of types.
    pub(crate) is_untyped: bool,
    /// A type line that cannot be read.
    pub(crate) unreadable_type: Option<Fact<String>>,
    pub(crate) nullable: Option<Fact<bool>>,
    pub(crate) required: Option<Fact<bool>>,
    /// Empty if any value is.
    pub(crate) values: Option<Fact<BTreeSet<String>>>,
    pub(crate) default: Option<Fact<Option<Value>>>,
    pub(crate) format: Option<Fact<Option<String>>>,
    pub(crate) example: Option<Fact<Option<Value>>>,
    pub(crate) description: String,
    pub(crate) origin: Origin,
}

/// Where a member comes from in the specification.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// It, or the schema it refers to, carries `x-inferred`.
    pub(crate) is_inferred: bool,
    /// It carries `x-inferred` itself: what a schema it refers to infers is its value, never that it is there.
    pub(crate) is_own_inferred: bool,
    /// The schema that lists it carries `x-inferred`, so which members it has, and which are required, is inferred.
    pub(crate) is_list_inferred: bool,
    /// An example of an enclosing object shows it: it is documented, whatever is inferred about its value.
    pub(crate) is_in_example: bool,
    /// Values that a string which stays open is known to take.
    pub(crate) known_values: BTreeSet<String>,
    /// Component schema that lists it.
    pub(crate) owner: Option<String>,
    /// Component schema that it refers to.
    pub(crate) component: Option<String>,
}

impl Origin {
    /// Whether that there is such a member is inferred. What an example shows is documented.
    pub(crate) fn is_presence_inferred(&self) -> bool {
        (self.is_own_inferred || self.is_list_inferred) && !self.is_in_example
    }
}

impl Member {
    /// Of which nothing but its presence is known.
    pub(crate) fn new(pointer: String, line: usize, knowledge: Knowledge) -> Self {
        Self {
            pointer,
            line,
            knowledge,
            types: None,
            is_untyped: false,
            unreadable_type: None,
            nullable: None,
            required: None,
            values: None,
            default: None,
            format: None,
            example: None,
            description: String::new(),
            origin: Origin::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        name(&self.pointer)
    }

    pub(crate) fn parent(&self) -> &str {
        parent(&self.pointer)
    }
}

/// The last part of a pointer.
pub(crate) fn name(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// A pointer without its last part; an array's items belong to the array.
pub(crate) fn parent(pointer: &str) -> &str {
    pointer.rfind('/').map_or("", |end| &pointer[..end])
}

/// Whether other members lie below this one.
pub(crate) fn has_children(members: &[Member], pointer: &str) -> bool {
    members.iter().any(|member| is_below(&member.pointer, pointer))
}

/// Whether `pointer` lies below `ancestor`.
pub(crate) fn is_below(pointer: &str, ancestor: &str) -> bool {
    pointer.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with('/'))
}
