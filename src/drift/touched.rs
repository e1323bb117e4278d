//! Which of ours a difference touches: rules by the members they read, types by the specification, cases and snapshots by
//! the files beside the specification that name the member.

use std::path::Path;

use super::contract::is_below;
use super::difference::Difference;
use crate::rules::RULES;

/// Texts beside the specification, read once.
pub(crate) struct Files(Vec<(String, String)>);

const FOLDERS: [(&str, &str); 3] = [("snapshots", "snap"), ("tests/cases", "json"), ("tests/documented", "json")];

impl Files {
    /// Those of the package that a specification lies in; none if it lies alone.
    pub(crate) fn beside(specification: &Path) -> Self {
        let root = specification.parent().unwrap_or(Path::new(""));
        let mut files = Vec::new();
        for (folder, extension) in FOLDERS {
            let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                // Reports of drift name whatever once differed.
                let is_report = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("drift-"));
                if path.extension().is_some_and(|found| found == extension)
                    && !is_report
                    && let (Some(name), Ok(text)) = (path.file_name(), std::fs::read_to_string(&path))
                {
                    files.push((format!("{folder}/{}", name.to_string_lossy()), text));
                }
            }
        }
        files.sort();
        Self(files)
    }

    fn naming<'files>(&'files self, mention: &'files str) -> impl Iterator<Item = &'files String> {
        self.0.iter().filter(move |(_, text)| names(text, mention)).map(|(file, _)| file)
    }
}

/// Whether a text has the word, not only a longer one that holds it.
fn names(text: &str, word: &str) -> bool {
    let is_part =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    !word.is_empty()
        && text
            .match_indices(word)
            .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}

/// Fills in what each difference touches.
pub(crate) fn fill(differences: &mut [Difference], files: &Files) {
    for difference in differences {
        let is_touched = |members: &[&str]| {
            let Some(member) = difference.member.as_deref() else { return false };
            difference.types.iter().all(|owner| !owner.contains("Response"))
                && members.iter().any(|read| *read == member || is_below(read, member))
        };
        let reading = RULES.iter().filter(|rule| is_touched(rule.members)).map(|rule| rule.id.to_owned());
        let mut rules: Vec<String> = difference.rules.iter().cloned().chain(reading).collect();
        let mut types: Vec<String> = difference.types.clone();
        if let Some(name) = difference.member.as_deref().and_then(|member| member.strip_prefix('/')) {
            let is_setter = types.iter().any(|owner| owner == "CallRequest") && !name.contains('/');
            types.extend(is_setter.then(|| format!("CallRequestBuilder::{name}")));
        }
        let (mut snapshots, mut cases) = (Vec::new(), Vec::new());
        for file in difference.mentions.iter().flat_map(|mention| files.naming(mention)) {
            if file.starts_with("snapshots/") { snapshots.push(file.clone()) } else { cases.push(file.clone()) }
        }
        if difference.changes_code {
            let generated =
                files.0.iter().map(|(file, _)| file).filter(|file| file.starts_with("snapshots/generated-types"));
            snapshots.extend(generated.cloned());
        }
        for list in [&mut rules, &mut types, &mut snapshots, &mut cases] {
            list.sort();
            list.dedup();
        }
        difference.touched.rules = rules;
        difference.touched.types = types;
        difference.touched.snapshots = snapshots;
        difference.touched.cases = cases;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_word_is_found_whole() {
        assert!(super::names("\"name\": 1", "name"));
        assert!(!super::names("callee_name names", "name"));
    }
}
