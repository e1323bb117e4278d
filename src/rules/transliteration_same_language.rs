//! `transliteration-same-language`: the source and target of `transliteration_language` differ.

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "transliteration-same-language",
    level: Level::Warn,
    summary: "the source and target of `transliteration_language` differ",
    why: "Nothing would be transliterated.",
    help: "Set `target` to the language to write the name in.",
    source: Source::Inferred("nothing is left to do"),
    members: &["/smart_formatter/transliteration_language"],
    reported_at: &["/smart_formatter/transliteration_language/target"],
    accepted: r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"source": "en", "target": "mr"}}}"#,
    rejected: r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"source": "hi", "target": "HI"}}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let language = request.smart_formatter.as_ref().and_then(|formatter| formatter.transliteration_language.as_ref());
    if let Some(language) = language
        && let (Some(source), Some(target)) = (&language.source, &language.target)
        && source.eq_ignore_ascii_case(target)
    {
        findings.add("/smart_formatter/transliteration_language/target", "equals `source`; nothing would change");
    }
}
