//! For programs. The form is documented in the README and is stable: members may be added, none is removed or renamed.

use serde_json::{Map, Value, json};

use super::{Checked, Verdict};

pub(super) fn render(checked: &[Checked]) -> String {
    let files: Vec<Value> = checked.iter().map(file).collect();
    format!("{:#}\n", json!({ "files": files }))
}

fn file(file: &Checked) -> Value {
    let mut members = Map::new();
    members.insert("path".into(), file.input.name.clone().into());
    members.insert("verdict".into(), file.verdict.name().into());
    members.insert("violations".into(), json!(file.violations));
    if let Verdict::Unreadable(cause) = &file.verdict {
        members.insert("error".into(), json!({ "line": cause.place.map(|place| place.0), "column": cause.place.map(|place| place.1), "message": cause.message }));
    }
    Value::Object(members)
}
