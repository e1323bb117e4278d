//! Statuses of HTTP as prose, tables and tabs show them.

/// `200`, or `200 - application/json`.
pub(super) fn line(line: &str) -> Option<String> {
    let (status, rest) = status(line)?;
    (rest.is_empty() || rest.trim_start().starts_with(['-', '·'])).then(|| status.to_owned())
}

/// The statuses of a row of tabs: one alone, or several with nothing but marks between.
pub(super) fn tabs(text: &str) -> Vec<String> {
    if let Some(status) = line(text) {
        return vec![status];
    }
    let words = || text.split([' ', '/', '|', ',', '\t']).filter(|word| !word.is_empty());
    if words().all(|word| status(word).is_some_and(|(_, rest)| rest.is_empty())) {
        words().map(str::to_owned).collect()
    } else {
        Vec::new()
    }
}

/// The error that a row of a table, or a line of prose, begins with: `401 Unauthorized`, `| \`429\` | ...`,
/// `HTTP 429: ...`. On a page its next cell is glued on.
pub(super) fn row(line: &str) -> Option<String> {
    const MARKS: [char; 8] = ['|', ' ', '`', '*', '-', '•', '_', '\t'];
    let line = line.trim_start_matches(MARKS);
    let line = ["HTTP status ", "HTTP/1.1 ", "HTTP ", "Status code ", "Status "]
        .iter()
        .find_map(|word| {
            line.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).map(|_| &line[word.len()..])
        })
        .unwrap_or(line);
    let (status, rest) = status(line.trim_start_matches(MARKS))?;
    let is_error = matches!(status.as_bytes()[0], b'4' | b'5');
    // `500,000` and `404.5` are numbers.
    let mut next = rest.chars();
    let ends = match (next.next(), next.next()) {
        (Some(first), Some(second)) if first.is_ascii_punctuation() => !second.is_ascii_digit(),
        (Some(first), _) => !first.is_ascii_digit() && !first.is_ascii_lowercase(),
        (None, _) => true,
    };
    (is_error && ends).then(|| status.to_owned())
}

fn status(text: &str) -> Option<(&str, &str)> {
    let (status, rest) = text.split_at_checked(3)?;
    let is_status = status.bytes().all(|byte| byte.is_ascii_digit()) && matches!(status.as_bytes()[0], b'1'..=b'5');
    is_status.then_some((status, rest))
}

#[cfg(test)]
mod tests {
    use super::{row, tabs};

    #[test]
    fn a_row_may_begin_with_a_status_in_many_ways() {
        for line in [
            "| 429 | x |",
            "| `429` | x |",
            "| **429** Too many | x |",
            "- 429: x",
            "429Too many",
            "429 rate limited",
            "429",
            "HTTP 429: x",
            "`HTTP 429`",
            "Status code 429",
        ] {
            assert_eq!(row(line).as_deref(), Some("429"), "{line}");
        }
        for line in ["", "4291", "500,000 calls", "429th", "42", "200 OK", "300 seconds", "In 429 cases", "HTTPS 429"] {
            assert_eq!(row(line), None, "{line}");
        }
    }

    #[test]
    fn tabs_stand_one_a_line_or_beside_each_other() {
        assert_eq!(tabs("200"), ["200"]);
        assert_eq!(tabs("200 - application/json"), ["200"]);
        assert_eq!(tabs("200 / 401 / 422 / 500"), ["200", "401", "422", "500"]);
        assert_eq!(tabs("200 401"), ["200", "401"]);
        for line in ["", "600", "200 calls", "2000"] {
            assert_eq!(tabs(line), [""; 0], "{line}");
        }
    }
}
