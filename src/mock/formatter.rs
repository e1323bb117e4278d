//! What the documented name formatting does to a callee's name. Used by the stand-in only.

const HONORIFICS: [&str; 12] = ["mr", "mrs", "ms", "miss", "dr", "prof", "shri", "smt", "sir", "er", "adv", "ca"];

/// The first word that is no honorific and has a letter; the name itself where there is none. `Mr.Rajesh` is two words.
pub(super) fn first_name(name: &str) -> &str {
    let is_honorific = |word: &str| HONORIFICS.contains(&word.trim_end_matches('.').to_lowercase().as_str());
    let words = name.split_whitespace().map(|word| match word.split_once('.') {
        Some((title, rest)) if is_honorific(title) => rest,
        _ => word,
    });
    words.into_iter().find(|word| word.chars().any(char::is_alphabetic) && !is_honorific(word)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::first_name;

    #[test]
    fn honorifics_are_skipped_however_they_are_written() {
        for (name, first) in [
            ("John Doe", "John"),
            ("Mr. Rajesh Kumar", "Rajesh"),
            ("Mr.Rajesh Kumar", "Rajesh"),
            ("MR Rajesh", "Rajesh"),
            ("Prof. Dr. Asha Rao", "Asha"),
            ("Mr. & Mrs. Sharma", "Sharma"),
            ("J.R. Smith", "J.R."),
            ("Er", "Er"),
            ("Dr.", "Dr."),
            ("  Asha  ", "Asha"),
            ("सुनील शर्मा", "सुनील"),
            ("", ""),
            ("42", "42"),
        ] {
            assert_eq!(first_name(name), first, "{name}");
        }
    }
}
