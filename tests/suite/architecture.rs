//! A file imports only from the layers below it, and the stand-in never from the client.

use std::path::{Path, PathBuf};

use crate::support::root;

/// From the ground up. Modules of one row do not import each other.
const LAYERS: [&[&str]; 11] = [
    &["generated", "violation"],
    &["schema"],
    &["mask"],
    &["document"],
    &["plain", "rules"],
    &["check"],
    &["builder"],
    &["client", "mock", "drift"],
    &["conformance"],
    &["cli"],
    &["lib", "main"],
];

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|row| row.contains(&module)).unwrap_or_else(|| panic!("`{module}` stands in no layer"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

fn imports(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.match_indices("crate::").map(move |(at, _)| &line[at + "crate::".len()..]))
        .map(|rest| rest.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap())
}

#[test]
fn a_file_imports_only_from_lower_layers() {
    let source = root().join("src");
    let mut seen = 0;
    for path in sources(&source) {
        let relative = path.strip_prefix(&source).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        for import in imports(&std::fs::read_to_string(&path).unwrap()) {
            seen += 1;
            let allowed = import == module || layer(import) < layer(module);
            assert!(allowed, "{} imports `{import}`", relative.display());
        }
    }
    assert!(seen > 50, "only {seen} imports were found; is the reading of them broken?");
}

#[test]
fn generated_code_enters_through_one_file() {
    let including = sources(&root().join("src")).into_iter().filter(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.contains("OUT_DIR")
    });
    assert_eq!(including.collect::<Vec<_>>(), [root().join("src/generated.rs")]);
}
