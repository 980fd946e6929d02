//! How all JSON is written that a person or a program may read: every character that is not seen stands there as an
//! escape (RFC 8259, section 7). A parser reads the same value, and a reader of the text is not deceived.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::text::is_invisible;

/// JSON on one line.
///
/// Empty for a value that cannot be JSON, such as a map whose keys are no text.
pub fn to_line(value: &impl Serialize) -> String {
    to_text(value, CompactFormatter)
}

/// JSON with an indented line for each value, without a newline at its end.
///
/// Empty for a value that cannot be JSON, such as a map whose keys are no text.
pub fn to_pretty_text(value: &impl Serialize) -> String {
    to_text(value, PrettyFormatter::new())
}

/// Writes JSON as [`to_pretty_text`] gives it.
///
/// # Errors
/// Those of the writer, and a value that cannot be JSON.
pub fn write_pretty(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(out, VisibleFormatter(PrettyFormatter::new()));
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// JSON text that somebody else wrote, with the same values: outside of its strings it has ASCII only.
pub fn escape_invisible(json: &str) -> Cow<'_, str> {
    if !json.chars().any(needs_escape) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if needs_escape(c) { push_escape(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn to_text(value: &impl Serialize, formatter: impl Formatter) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, VisibleFormatter(formatter));
    let written = value.serialize(&mut serializer);
    written.ok().and_then(|()| String::from_utf8(out).ok()).unwrap_or_default()
}

/// What a reader of the text does not see. Below U+0020 a serializer escapes by itself, and whitespace stands there.
fn needs_escape(c: char) -> bool {
    c >= '\u{7f}' && (is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// `\u202e`; two of them for a character beyond the first plane.
fn push_escape(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        write!(out, "\\u{unit:04x}").unwrap_or_default();
    }
}

/// A formatter that escapes what is not seen, and is else as the one inside.
struct VisibleFormatter<F>(F);

/// Hands a call on to the formatter inside.
macro_rules! hand_on {
    ($($method:ident($($argument:ident: $kind:ty)?)),+ $(,)?) => {
        $(fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)?) -> io::Result<()> {
            self.0.$method(writer $(, $argument)?)
        })+
    };
}

impl<F: Formatter> Formatter for VisibleFormatter<F> {
    hand_on!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        end_object_key(),
        begin_object_value(),
        end_object_value(),
    );

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        writer.write_all(escape_invisible(fragment).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_not_seen_is_escaped_and_reads_the_same() {
        let value = json!({"a\u{202e}": ["\u{e0041}\u{fe0f}\n", {"b": "\u{7f}\u{85}\u{2028}é"}], "c": {}, "d": []});
        let line = to_line(&value);
        assert_eq!(line, r#"{"a\u202e":["\udb40\udc41\ufe0f\n",{"b":"\u007f\u0085\u2028é"}],"c":{},"d":[]}"#);
        let pretty = to_pretty_text(&value);
        assert_eq!(pretty, escape_invisible(&format!("{value:#}")));
        let mut written = Vec::new();
        write_pretty(&mut written, &value).unwrap();
        assert_eq!(written, pretty.as_bytes());
        for text in [line, pretty] {
            assert!(!text.chars().any(needs_escape));
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
