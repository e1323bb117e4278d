//! `language-code-malformed`: language codes are BCP 47 tags, such as `en` and `hi`.

use oxilangtag::LanguageTag;

use super::{Findings, Rule, Source, Subject};
use crate::violation::Level;

pub(super) const RULE: Rule = Rule {
    id: "language-code-malformed",
    level: Level::Warn,
    summary: "language codes are BCP 47 tags, such as `en` and `hi`",
    why: "The examples are two-letter codes; the name of a language is none. A code begins with two or three letters, and subtags follow after hyphens.",
    help: "Use the code: `hi`, not `Hindi`.",
    source: Source::Inferred("the form of the documentation's examples"),
    members: &["/smart_formatter/transliteration_language"],
    reported_at: &[
        "/smart_formatter/transliteration_language/source",
        "/smart_formatter/transliteration_language/target",
    ],
    accepted: r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"source": "en", "target": "pa-Guru"}}}"#,
    rejected: r#"{"smart_formatter": {"transliteration": true, "transliteration_language": {"source": "en", "target": "Hindi"}}}"#,
    json_schema: None,
    check,
};

fn check(request: &Subject, findings: &mut Findings) {
    let language = request.smart_formatter.as_ref().and_then(|formatter| formatter.transliteration_language.as_ref());
    let codes = language.into_iter().flat_map(|language| [("source", &language.source), ("target", &language.target)]);
    for (member, code) in codes {
        if code.as_deref().is_some_and(|code| !is_language_code(code)) {
            let pointer = format!("/smart_formatter/transliteration_language/{member}");
            findings.add(pointer, "is not a language code; write it as `hi` or `pa-Guru`");
        }
    }
}

/// Well-formed, and with a primary subtag of two or three letters: longer ones are registered to no language.
fn is_language_code(code: &str) -> bool {
    LanguageTag::parse(code).is_ok_and(|tag| {
        let primary = tag.primary_language();
        // A private-use tag is its own primary language, hyphen and all.
        matches!(primary.len(), 2 | 3) && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}
