//! `ringg rules` and `ringg explain`, both read off the registry.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Status, print, usage};
use crate::rules::{EXAMPLE_REQUEST, RULES, Rule, SCHEMA_IDS, UnknownRule, rule};

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// One line a rule
    #[default]
    Human,
    /// A list of objects
    Json,
}

#[derive(clap::Args)]
pub(super) struct ListArguments {
    /// Form of the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(clap::Args)]
pub(super) struct ExplainArguments {
    /// Id of the rule
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(super) fn list(arguments: &ListArguments) -> Status {
    match arguments.format {
        Format::Human => {
            let lines = RULES.iter().map(|rule| format!("{:<5} {:<32} {}\n", rule.level, rule.id, rule.summary));
            print(&lines.collect::<String>())
        }
        Format::Json => {
            let rules: Vec<Value> = RULES.iter().map(|rule| describe(rule)).collect();
            print(&format!("{:#}\n", Value::Array(rules)))
        }
    }
}

fn describe(rule: &Rule) -> Value {
    json!({
        "id": rule.id, "level": rule.level, "summary": rule.summary, "why": rule.why, "help": rule.help,
        "source": rule.source.to_string(), "members": rule.members, "reported_at": rule.reported_at,
    })
}

pub(super) fn explain(arguments: &ExplainArguments) -> Status {
    let Some(rule) = rule(&arguments.rule) else {
        let explanation = match arguments.rule.as_str() {
            "unreadable" => {
                "The text is no JSON object in UTF-8 without a byte order mark, is larger than 8 MiB, nests deeper than \
                 127 levels, or could not be sent on as it was written: a member given twice at any level, a lone \
                 surrogate, an integer beyond 64 bits, a number with more digits than a double keeps."
            }
            id if SCHEMA_IDS.contains(&id) => {
                "What openapi.yaml itself says. A value constraint marked `x-inferred` there \
                 warns, and so does the type of a free map's values; everything else denies, at any level. A rule that \
                 reads a member that is denied here is not asked about the request; all others are."
            }
            id => return usage(UnknownRule::new(id)),
        };
        return print(&format!("{}\n\n{explanation}\n", arguments.rule));
    };
    print(&format!(
        "{id} ({level} by default)\n\nWhat: {summary}.\nWhy:  {why}\nFix:  {help}\nFrom: {source}\n\
         Reads: {members}\nReported at: {reported_at}\n\n\
         Accepted, merged into the example request:\n  {accepted}\nReported:\n  {rejected}\n\nThe example request:\n{EXAMPLE_REQUEST}\n",
        id = rule.id,
        level = rule.level,
        summary = rule.summary,
        why = rule.why,
        help = rule.help,
        source = rule.source,
        members = pointers(rule.members),
        reported_at = pointers(rule.reported_at),
        accepted = rule.accepted,
        rejected = rule.rejected,
    ))
}

fn pointers(pointers: &[&str]) -> String {
    let shown = pointers.iter().map(|pointer| match *pointer {
        "" => "the request as a whole",
        "*" => "any member",
        pointer => pointer,
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    if shown.is_empty() { "any member".into() } else { shown }
}
