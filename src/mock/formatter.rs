//! What the documented name formatting does to a callee's name. Used by the stand-in only.

const HONORIFICS: [&str; 12] = ["mr", "mrs", "ms", "miss", "dr", "prof", "shri", "smt", "sir", "er", "adv", "ca"];

/// The first word that is no honorific; the name itself where there is none.
pub(super) fn first_name(name: &str) -> &str {
    let is_honorific = |word: &&str| HONORIFICS.contains(&word.trim_end_matches('.').to_lowercase().as_str());
    name.split_whitespace().find(|word| !is_honorific(word)).unwrap_or(name)
}
