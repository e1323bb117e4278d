//! `transliteration-language-unused`: `transliteration_language` is given only with `transliteration`.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "transliteration-language-unused",
    level: Level::Warn,
    summary: "`transliteration_language` is given only with `transliteration`",
    why: "The languages have no effect without it.",
    help: "Set `transliteration` to true, or remove `transliteration_language`.",
    source: Source::Inferred("the languages belong to transliteration"),
    members: &["/smart_formatter"],
    reported_at: &["/smart_formatter/transliteration_language"],
    accepted: r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"source": "en", "target": "hi"}}}"#,
    rejected: r#"{"smart_formatter": {"transliteration": false, "transliteration_language": {"source": "en", "target": "hi"}}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    if let Some(formatter) = &request.smart_formatter
        && formatter.transliteration_language.is_some()
        && formatter.transliteration != Some(true)
    {
        findings.add("/smart_formatter/transliteration_language", "has no effect unless `transliteration` is true");
    }
}
