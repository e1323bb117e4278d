//! `ringg rules` and `ringg explain`, both read off the registry.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Status, print, usage};
use crate::rules::{EXAMPLE_REQUEST, RULES, Rule, UnknownRule, rule};

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
            print(&lines.collect::<String>());
        }
        Format::Json => {
            let rules: Vec<Value> = RULES.iter().map(|rule| describe(rule)).collect();
            print(&format!("{:#}\n", Value::Array(rules)));
        }
    }
    Status::Fine
}

fn describe(rule: &Rule) -> Value {
    json!({
        "id": rule.id, "level": rule.level, "summary": rule.summary, "why": rule.why, "help": rule.help,
        "source": rule.source.to_string(), "members": rule.members,
    })
}

pub(super) fn explain(arguments: &ExplainArguments) -> Status {
    let Some(rule) = rule(&arguments.rule) else {
        return match arguments.rule.strip_prefix("schema/") {
            Some(keyword) => {
                print(&format!(
                    "schema/{keyword}\n\nWhat `{keyword}` says in openapi.yaml. A constraint marked `x-inferred` there \
                     warns; every other denies, at any level.\n"
                ));
                Status::Fine
            }
            None => usage(UnknownRule::new(&arguments.rule)),
        };
    };
    print(&format!(
        "{id} ({level} by default)\n\nWhat: {summary}.\nWhy:  {why}\nFix:  {help}\nFrom: {source}\n\n\
         Accepted, merged into the example request:\n  {accepted}\nReported:\n  {rejected}\n\nThe example request:\n{EXAMPLE_REQUEST}\n",
        id = rule.id,
        level = rule.level,
        summary = rule.summary,
        why = rule.why,
        help = rule.help,
        source = rule.source,
        accepted = rule.accepted,
        rejected = rule.rejected,
    ));
    Status::Fine
}
