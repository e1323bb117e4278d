//! Sentences about which members go together, reduced to what they demand. A new way to say it is a line in [`demands`], or
//! in the lists above it. What names members and is not understood is kept as such, never dropped.

use std::collections::BTreeSet;

use super::dependency::{Dependency, Statement};

/// What makes a dependency of the members that a sentence names.
type Make = fn(BTreeSet<String>) -> Dependency;

/// A sentence that speaks of members together and is not understood.
#[derive(Clone, Debug)]
pub(crate) struct Unclear {
    pub(crate) members: BTreeSet<String>,
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// What prose says.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    pub(crate) statements: Vec<Statement>,
    pub(crate) unclear: Vec<Unclear>,
}

/// The names that a sentence may name.
#[derive(Default)]
pub(crate) struct Names {
    all: BTreeSet<String>,
    top: BTreeSet<String>,
}

impl Names {
    pub(crate) fn of(members: &[super::contract::Member]) -> Self {
        let name = |member: &super::contract::Member| member.name().to_owned();
        let top = members.iter().filter(|member| member.parent().is_empty()).map(name).collect();
        Self { all: members.iter().map(name).collect(), top }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.all.contains(name)
    }
}

/// Reads prose line by line.
pub(crate) struct Reader<'names> {
    names: &'names Names,
    /// The members of the last list that a sentence introduced ("exactly one of the following").
    listed: BTreeSet<String>,
    /// A sentence whose members follow, one a line, with its line and text; what it demands of them may not be understood.
    awaiting: Option<(Option<Make>, usize, String)>,
    found: Prose,
}

impl<'names> Reader<'names> {
    pub(crate) fn new(names: &'names Names) -> Self {
        Self { names, listed: BTreeSet::new(), awaiting: None, found: Prose::default() }
    }

    pub(crate) fn finish(mut self) -> Prose {
        self.close();
        self.found
    }

    /// A description, its lines joined to paragraphs. `subject` is the member it describes.
    pub(crate) fn describe(&mut self, subject: Option<&str>, text: &str, line: usize) {
        for paragraph in paragraphs(text) {
            self.read(subject, &paragraph, line);
        }
        self.read(None, "", line);
    }

    /// One line, or one paragraph, of prose.
    pub(crate) fn read(&mut self, subject: Option<&str>, text: &str, line: usize) {
        if self.awaiting.is_some() {
            if let Some(name) = self.first_cell(text) {
                self.listed.insert(name);
                return;
            }
            // Blank lines and the head of the table come before the first row.
            if self.listed.is_empty() && (text.trim().is_empty() || !text.contains(". ") && !text.ends_with(['.', ':']))
            {
                return;
            }
            self.close();
        }
        for sentence in sentences(text) {
            self.sentence(subject, sentence, line);
        }
    }

    fn close(&mut self) {
        if let Some((make, line, text)) = self.awaiting.take()
            && self.listed.len() > 1
        {
            let members = self.listed.clone();
            match make {
                Some(make) => self.state(make(members), line, &text),
                None => self.found.unclear.push(Unclear { members, line, text }),
            }
        }
    }

    fn state(&mut self, dependency: Dependency, line: usize, text: &str) {
        self.found.statements.push(Statement { dependency, line, text: text.to_owned(), rule: None });
    }

    /// The member a table row or list item begins with; the page glues the cells of a row together.
    fn first_cell(&self, text: &str) -> Option<String> {
        let inner = text.trim_start_matches(['|', '-', '*', '•', ' ', '`']);
        let has_border = inner.len() < text.len();
        let fits = self.names.all.iter().filter(|name| inner.starts_with(name.as_str()));
        let name = fits.max_by_key(|name| name.len())?;
        let is_cell = match inner[name.len()..].chars().next() {
            None => true,
            // A sentence that begins with the member's name is no row.
            Some(' ') => has_border,
            // A longer word of the same beginning is another word.
            Some(next) => !next.is_ascii_lowercase() && !next.is_ascii_digit() && next != '_',
        };
        is_cell.then(|| name.clone())
    }

    fn sentence(&mut self, subject: Option<&str>, sentence: &str, line: usize) {
        let plain = plain(sentence);
        let mut mentioned = self.mentioned(sentence);
        // Under a member, "cannot be combined with another" speaks of that member.
        if let ([only], Some(subject)) = (mentioned.as_slice(), subject)
            && only != subject
        {
            mentioned.insert(0, subject.to_owned());
        }
        let text = sentence.trim().to_owned();
        let before = self.found.statements.len();
        let introduces_list = plain.contains("following") || text.ends_with(':');
        let members: BTreeSet<String> = mentioned.iter().cloned().collect();
        for (make, introduces) in demands(&plain) {
            if members.len() > 1 {
                self.state(make(members.clone()), line, &text);
            } else if introduces && introduces_list {
                self.listed.clear();
                self.awaiting = Some((Some(make), line, text.clone()));
            } else if introduces
                && members.is_empty()
                && self.listed.len() > 1
                && ["required", "needed", "must"].iter().any(|word| plain.contains(word))
            {
                // "At least one number source": those of the list above.
                self.state(make(self.listed.clone()), line, &text);
            }
        }
        for dependency in self.pairs(&plain, &mentioned) {
            self.state(dependency, line, &text);
        }
        if self.found.statements.len() > before || self.awaiting.is_some() {
            return;
        }
        if members.is_empty() && introduces_list && says(&plain, &["one of", "any of", "either of"]) {
            self.listed.clear();
            self.awaiting = Some((None, line, text));
        } else if says(&plain, &UNCLEAR) {
            // A plain word may be the name of a member; one with an underscore, or written as code, is meant.
            let is_meant = |name: &&String| {
                name.contains('_') || sentence.contains(&format!("`{name}`")) || subject == Some(name.as_str())
            };
            let members: BTreeSet<String> =
                mentioned.iter().filter(|name| self.names.top.contains(*name)).filter(is_meant).cloned().collect();
            if members.len() > 1 {
                self.found.unclear.push(Unclear { members, line, text });
            }
        }
    }

    /// In the order of the sentence. A plain word is no member of a member.
    fn mentioned(&self, sentence: &str) -> Vec<String> {
        let mut mentioned: Vec<String> = Vec::new();
        for word in words(sentence) {
            let is_meant =
                self.names.top.contains(word) || word.contains('_') || sentence.contains(&format!("`{word}`"));
            if is_meant && self.names.contains(word) && !mentioned.iter().any(|name| name == word) {
                mentioned.push(word.to_owned());
            }
        }
        mentioned
    }

    /// What a sentence says of members two by two.
    fn pairs(&self, plain: &str, mentioned: &[String]) -> Vec<Dependency> {
        if let Some(at) = APART.iter().filter_map(|phrase| plain.find(phrase)).min() {
            // The subject of the block stands before, though it is not written.
            let is_before = |name: &&String| names(&plain[..at], name) || !names(plain, name);
            let (first, second): (Vec<&String>, Vec<&String>) = mentioned.iter().partition(is_before);
            let pairs = first.iter().flat_map(|first| second.iter().map(move |second| [first, second]));
            return pairs
                .map(|pair| Dependency::AtMostOne(pair.map(|name| (*name).clone()).into_iter().collect()))
                .collect();
        }
        // How an error is explained: "or both a and b set".
        if let Some(at) = plain.find("both ").filter(|_| says(plain, &["error", "missing", "invalid"]))
            && plain.ends_with(" set")
        {
            let after = mentioned.iter().filter(|name| names(&plain[at..], name)).cloned();
            let after: BTreeSet<String> = after.collect();
            return if after.len() > 1 { vec![Dependency::AtMostOne(after)] } else { Vec::new() };
        }
        let [first, second] = mentioned else { return Vec::new() };
        let requires = |first: &String, second: &String| Dependency::Requires(first.clone(), second.clone());
        let either = || Dependency::AtLeastOne([first.clone(), second.clone()].into());
        let is_missing =
            says(plain, &["not set", "not given", "not provided", "is absent", "is missing", "is omitted"]);
        let is_condition = plain.starts_with("if ") || plain.starts_with("when ");
        let dependency = if says(plain, &["required unless"]) {
            either()
        } else if says(plain, &["required when", "required if"]) {
            if is_missing { either() } else { requires(second, first) }
        } else if is_condition && says(plain, &["is required", "must be set", "must be given", "must be provided"]) {
            if is_missing { either() } else { requires(first, second) }
        } else if says(plain, &[" requires ", "can only be set with", "can only be used with"])
            || plain.starts_with("requires ")
        {
            requires(first, second)
        } else {
            return Vec::new();
        };
        vec![dependency]
    }
}

/// What two groups of members are kept apart by: those before it, and those after.
const APART: [&str; 8] = [
    "cannot be used with",
    "cannot be set with",
    "cannot be sent with",
    "cannot be combined with",
    "must not be used with",
    "must not be set with",
    "must not be combined with",
    "mutually exclusive with",
];

/// Members that are not given together.
const NOT_TOGETHER: [&str; 22] = [
    "cannot both be",
    "must not both be",
    "may not both be",
    "not both",
    "never both",
    "cannot set both",
    "cannot use both",
    "cannot send both",
    "cannot provide both",
    "do not set both",
    "do not use both",
    "do not send both",
    "do not provide both",
    "must not set both",
    "cannot be used together",
    "cannot be set together",
    "cannot be used at the same time",
    "cannot be set at the same time",
    "cannot be combined",
    "must not be used together",
    "must not be set together",
    "mutually exclusive",
];

/// One of a list at most.
const AT_MOST: [&str; 5] = ["at most one", "at most 1 of", "only one of", "no more than one", "not more than one"];

/// Words of sentences that may state a rule.
const UNCLEAR: [&str; 7] = ["both", "together", "either", "unless", "only if", "required when", "one of"];

/// Whether a text in lower case names a member.
fn names(plain: &str, name: &str) -> bool {
    plain.split(' ').any(|word| word == name.to_lowercase())
}

fn says(plain: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| plain.contains(phrase))
}

/// What a sentence, through [`plain`], demands; and whether its members may stand in a list.
fn demands(plain: &str) -> Vec<(Make, bool)> {
    let says = |phrases: &[&str]| says(plain, phrases);
    let is_demanded =
        says(&["is required", "are required", "must be", "is needed", "has to be", "needs to be", "have to be"]);
    let is_exact = says(&["exactly one", "exactly 1", "precisely one", "one and only one"]);
    let is_limited = says(&AT_MOST) && !says(&["and only one of"]);
    let mut demands: Vec<(Make, bool)> = Vec::new();
    if is_exact {
        demands.push((Dependency::ExactlyOne, true));
    }
    let is_any = is_demanded && !is_limited && !says(&["not be", "unless", " if ", " when "]);
    if !is_exact
        && (says(&["at least one", "at least 1 of", "one or more of"]) || is_any && says(&["either ", "one of "]))
    {
        demands.push((Dependency::AtLeastOne, true));
    }
    if is_limited || says(&NOT_TOGETHER) && !says(&APART) {
        demands.push((Dependency::AtMostOne, is_limited));
    }
    demands
}

/// The words of a sentence without marks around them; an underscore is one, unless it is within.
fn words(sentence: &str) -> impl Iterator<Item = &str> {
    let words = sentence.split(|character: char| character.is_whitespace() || ",;()`|".contains(character));
    words.map(|word| word.trim_matches(['.', ':', '*', '"', '\'', '_', '’', '“', '”'])).filter(|word| !word.is_empty())
}

/// A sentence in lower case, without emphasis and other marks, shortened words written out.
fn plain(sentence: &str) -> String {
    let plain = words(sentence).collect::<Vec<_>>().join(" ").to_lowercase().replace('’', "'");
    [("can't", "cannot"), ("can not", "cannot"), ("mustn't", "must not"), ("don't", "do not")]
        .iter()
        .fold(plain, |plain, (short, long)| plain.replace(short, long))
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(". ").flat_map(|part| part.split(['\n', '•'])).filter(|part| !part.trim().is_empty())
}

/// Lines joined as markdown joins them: blank lines, list items, table rows and headings stand apart.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut may_join = false;
    for line in text.lines().map(str::trim) {
        let stands_apart =
            line.is_empty() || line.starts_with(['-', '*', '+', '•', '|', '#', '>']) && !line.starts_with("**");
        match paragraphs.last_mut() {
            Some(last) if may_join && !stands_apart => *last += &format!(" {line}"),
            _ => paragraphs.push(line.to_owned()),
        }
        // A list item goes on, a row or a heading does not.
        may_join = !line.is_empty() && !line.starts_with(['|', '#']);
    }
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<String> {
        under(None, lines)
    }

    /// What is said under a member, or nowhere in particular.
    fn under(subject: Option<&str>, lines: &[&str]) -> Vec<String> {
        let all: BTreeSet<String> = ["pool", "number_id", "number", "reply_to"].map(str::to_owned).into();
        let names = Names { top: all.clone(), all };
        let mut reader = Reader::new(&names);
        for (index, line) in lines.iter().enumerate() {
            reader.read(subject, line, index + 1);
        }
        let prose = reader.finish();
        let stated = prose.statements.iter().map(|statement| format!("{} {}", statement.line, statement.dependency));
        let list = |members: &BTreeSet<String>| members.iter().cloned().collect::<Vec<_>>().join(",");
        let unclear =
            prose.unclear.iter().map(|unclear| format!("{} unclear({})", unclear.line, list(&unclear.members)));
        stated.chain(unclear).collect()
    }

    #[test]
    fn ordinary_words_are_understood() {
        let apart = "1 at-most-one(number,number_id)";
        let any = "1 at-least-one(number,number_id)";
        for (text, expected) in [
            ("number_id and number can’t both be set.", apart),
            ("number_id and number can't **both** be set.", apart),
            ("_number_id_ and *number* cannot be set at the same time.", apart),
            ("You cannot set both number_id and number.", apart),
            ("Do not set both `number_id` and `number`.", apart),
            ("Don’t set both number_id and number.", apart),
            ("number_id must not be used with number.", apart),
            ("number_id cannot be used with number.", apart),
            ("No more than one of number_id, number may be given.", apart),
            ("Validation error: no source, or both number_id and number set.", apart),
            ("Exactly 1 of number_id, number.", "1 exactly-one(number,number_id)"),
            ("Either number_id or number is required.", any),
            ("One of number_id or number must be provided.", any),
            ("number_id is required unless number is set.", any),
            ("number_id is required when number is not set.", any),
            ("If reply_to is set, number is required.", "1 requires(reply_to,number)"),
        ] {
            assert_eq!(read(&[text]), [expected], "{text}");
        }
        assert_eq!(
            read(&["reply_to cannot be used with number_id or pool."]),
            ["1 at-most-one(number_id,reply_to)", "1 at-most-one(pool,reply_to)"]
        );
    }

    #[test]
    fn under_a_member_the_member_itself_is_meant() {
        for (text, expected) in [
            ("Cannot be combined with number_id.", "at-most-one(number_id,reply_to)"),
            ("Mutually exclusive with number_id.", "at-most-one(number_id,reply_to)"),
            ("Requires number.", "requires(reply_to,number)"),
            ("Required when number_id is set.", "requires(number_id,reply_to)"),
            ("Only if number_id is set.", "unclear(number_id,reply_to)"),
        ] {
            assert_eq!(under(Some("reply_to"), &[text]), [format!("1 {expected}")], "{text}");
        }
        assert_eq!(under(Some("reply_to"), &["A number, as text."]), [""; 0]);
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        for text in [
            "number_id goes together with reply_to.",
            "Use number_id only if reply_to is there.",
            "`number_id` or `reply_to`, unless told otherwise.",
            "Pick one of number_id, reply_to.",
        ] {
            assert_eq!(read(&[text]), ["1 unclear(number_id,reply_to)"], "{text}");
        }
        let list =
            ["Provide one of the following:", "FieldUse", "poolThe best.", "number_idBy id.", "numberBy number."];
        assert_eq!(read(&list), ["1 unclear(number,number_id,pool)"]);
    }

    #[test]
    fn lines_of_a_description_are_joined_and_items_are_not() {
        let text = "Either a\nor b.\n\nNext.\n- one\n  goes on\n- two\n| a |\n| b |\n**Bold** is\nprose.";
        let expected =
            ["Either a or b.", "", "Next.", "- one goes on", "- two", "| a |", "| b |", "**Bold** is prose."];
        assert_eq!(paragraphs(text), expected);
    }

    #[test]
    fn sentences_are_reduced_to_what_they_demand() {
        for (text, expected) in [
            ("Exactly one of `pool`, `number_id`, or `number` has to be there.", "exactly-one(number,number_id,pool)"),
            ("At least one of pool or number is required.", "at-least-one(number,pool)"),
            ("number_id and number cannot both be set.", "at-most-one(number,number_id)"),
            ("Give either number or number_id, not both.", "at-most-one(number,number_id)"),
            ("reply_to requires number.", "requires(reply_to,number)"),
            ("number is required when reply_to is set.", "requires(reply_to,number)"),
        ] {
            assert_eq!(read(&[text]), [format!("1 {expected}")], "{text}");
        }
    }

    #[test]
    fn members_may_follow_in_a_table_and_be_meant_again_later() {
        let glued =
            ["Give exactly one of the following:", "FieldUse", "poolThe best.", "number_idBy id.", "numberBy number."];
        let bordered = [
            "Give exactly one of the following:",
            "",
            "| Field | Use |",
            "| --- | --- |",
            "| `pool` | a |",
            "| `number_id` | b |",
            "| `number` | c |",
        ];
        for table in [&glued[..], &bordered[..]] {
            let after = ["number_id and number cannot both be set.", "At least one source is needed."];
            let lines: Vec<&str> = table.iter().copied().chain(after).collect();
            let last = lines.len();
            assert_eq!(
                read(&lines),
                [
                    "1 exactly-one(number,number_id,pool)".to_owned(),
                    format!("{} at-most-one(number,number_id)", last - 1),
                    format!("{last} at-least-one(number,number_id,pool)")
                ]
            );
        }
    }

    #[test]
    fn what_states_no_rule_is_left_alone() {
        for text in [
            "Both number_id and number were set.",
            "Keep at least one agent.",
            "Use pool with number.",
            "One of pool, number.",
        ] {
            assert_eq!(read(&[text]), [""; 0], "{text}");
        }
    }
}
