//! Generates types and client from `openapi.yaml` into `OUT_DIR`. Reads nothing else and writes nothing else.
//!
//! - `specification`: YAML to a document whose every node knows its line; the checks the generator does not make.
//! - `generate`: the document to Rust (progenitor), split into types and client, with masked `Debug` and the builder.
//! - `reader`: beside each type of the request, how it is read from plain text.
//! - `pattern`: a pattern as Rust, for the readers.
//! - `request_schema`: the same document as JSON Schema, for the schema pass at run time.

#[path = "build/generate.rs"]
mod generate;
#[path = "build/pattern.rs"]
mod pattern;
#[path = "build/reader.rs"]
mod reader;
#[path = "build/request_schema.rs"]
mod request_schema;
#[path = "build/specification.rs"]
mod specification;

use std::path::Path;

const SPECIFICATION: &str = "openapi.yaml";

fn main() {
    for input in [SPECIFICATION, "build.rs", "build"] {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Ok(path) = std::env::current_exe() {
        // The test of broken specifications runs this very program on one.
        println!("cargo::rustc-env=RINGG_BUILD_SCRIPT={}", path.display());
    }
    if let Err(error) = run() {
        println!("cargo::error={error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(|error| format!("CARGO_MANIFEST_DIR: {error}"))?;
    let out = std::env::var("OUT_DIR").map_err(|error| format!("OUT_DIR: {error}"))?;
    let path = Path::new(&root).join(SPECIFICATION);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{SPECIFICATION}: {error}"))?;

    let specification = specification::parse(&text).map_err(|error| format!("{SPECIFICATION}:{error}"))?;
    let generated = generate::generate(&specification).map_err(|error| format!("{SPECIFICATION}:{error}"))?;
    let schema = request_schema::json_schema(&specification.value);

    for (name, content) in
        [("types.rs", generated.types), ("client.rs", generated.client), ("schema.json", format!("{schema:#}"))]
    {
        let path = Path::new(&out).join(name);
        std::fs::write(&path, content).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
