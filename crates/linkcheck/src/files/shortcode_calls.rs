//! Calls of shortcodes in a text: `{{< name "a" key="b" >}}` and `{{% name %}}` (Hugo docs, "Shortcodes").

use memchr::memmem;

/// The most different calls of one text that are told apart.
const MOST_CALLS: usize = 200;

/// A call of a shortcode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShortcodeCall {
    pub(super) name: String,
    /// What it is given, each with its name where it has one.
    parameters: Vec<(Option<String>, String)>,
}

impl ShortcodeCall {
    /// What it is given under a name, or at a place from 0.
    pub(super) fn parameter(&self, key: &str) -> Option<&str> {
        let found = match key.parse::<usize>() {
            Ok(at) => self.parameters.get(at).filter(|(name, _)| name.is_none()),
            Err(_) => self.parameters.iter().find(|(name, _)| name.as_deref() == Some(key)),
        };
        found.map(|(_, value)| value.as_str())
    }
}

/// The calls of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct ShortcodeCalls {
    /// Each different one once.
    pub(super) calls: Vec<ShortcodeCall>,
    /// Whether there are more than are told apart.
    pub(super) has_more: bool,
}

impl ShortcodeCalls {
    /// Those of a text, in time proportional to its length. What ends a shortcode or is shown as one calls nothing.
    pub(super) fn find(text: &str) -> Self {
        let mut found = Self::default();
        let mut openings = memmem::find_iter(text.as_bytes(), "{{").peekable();
        while let Some(at) = openings.next() {
            let (mark, closing) = match text.as_bytes().get(at + 2) {
                Some(b'<') => ("{{<", ">}}"),
                Some(b'%') => ("{{%", "%}}"),
                _ => continue,
            };
            // None stands in another.
            let end = openings.peek().copied().unwrap_or(text.len());
            let Some(inside) = text.get(at + mark.len()..end) else { continue };
            let Some(length) = memmem::find(inside.as_bytes(), closing.as_bytes()) else { continue };
            let Some(call) = parse_call(&inside[..length]) else { continue };
            if found.calls.contains(&call) {
                continue;
            }
            if found.calls.len() == MOST_CALLS {
                found.has_more = true;
                return found;
            }
            found.calls.push(call);
        }
        found
    }
}

fn parse_call(inside: &str) -> Option<ShortcodeCall> {
    let inside = inside.trim().trim_end_matches('/').trim_start_matches('-');
    let end = inside.find(char::is_whitespace).unwrap_or(inside.len());
    let (name, mut rest) = inside.split_at(end);
    if name.is_empty() || name.starts_with('/') {
        return None;
    }
    let mut parameters = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(ShortcodeCall { name: name.to_owned(), parameters });
        }
        let (first, behind) = take_value(rest);
        if let Some(behind) = behind.strip_prefix('=') {
            let (value, behind) = take_value(behind.trim_start());
            parameters.push((Some(first.to_owned()), value.to_owned()));
            rest = behind;
        } else {
            parameters.push((None, first.to_owned()));
            rest = behind;
        }
    }
}

/// A value in quotes or up to a blank or `=`, and what stands behind it.
fn take_value(text: &str) -> (&str, &str) {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '`' | '\''))
        && let Some((value, behind)) = text[1..].split_once(quote)
    {
        return (value, behind);
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
    // An `=` alone is a value of its own, so that each takes something.
    let end = if end == 0 { 1 } else { end };
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_in_each_form() {
        let text = "{{< a >}} {{% b \"x y\" `z` %}}in{{% /b %}} {{<c k=\"v\" n=1>}} {{</* shown */>}} {{< a >}} {{ x }} \
                    {{< open {{< last/ >}} {{<d =\"\">}}";
        let found = ShortcodeCalls::find(text);
        let names: Vec<&str> = found.calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "last", "d"]);
        assert_eq!((found.calls[1].parameter("0"), found.calls[1].parameter("1")), (Some("x y"), Some("z")));
        assert_eq!((found.calls[2].parameter("k"), found.calls[2].parameter("n")), (Some("v"), Some("1")));
        assert_eq!((found.calls[2].parameter("0"), found.calls[2].parameter("x")), (None, None));
        assert!(!found.has_more);
    }

    #[test]
    fn no_text_takes_long() {
        for bomb in ["{{<", "{{< a", "{{< a >}}", "{{<a =", "{{% \"", "{{</*"] {
            let text = bomb.repeat(1_000_000 / bomb.len());
            assert!(ShortcodeCalls::find(&text).calls.len() <= MOST_CALLS);
        }
        let many = (0..300).map(|n| format!("{{{{< n{n} >}}}}")).collect::<Vec<_>>().concat();
        assert!(ShortcodeCalls::find(&many).has_more);
    }
}
