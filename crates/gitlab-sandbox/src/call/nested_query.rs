//! Names of parameters as Rack reads them (`lib/rack/query_parser.rb` of rack/rack): `a[b]` is a field of an object,
//! `a[]` an item of a list, and `a[][b]` a field of the last object of a list, or of a new one once that has a `b`.

use serde_json::{Map, Value};

/// How deep names may nest; Rack refuses what is deeper.
const MAX_DEPTH: usize = 32;

/// Two names that cannot both be meant, such as `a=1&a[]=2`, or one that nests too deeply.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NestingError;

/// The parameters of a form, as objects and lists.
pub(super) fn parse(fields: impl Iterator<Item = (String, Value)>) -> Result<Map<String, Value>, NestingError> {
    let mut read = Map::new();
    for (name, value) in fields {
        insert_nested(&mut read, &name, value, 0)?;
    }
    Ok(read)
}

/// The parts of a name: `a[b][c]` is `a`, `b` and `c`.
pub(super) fn name_parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['[', ']']).filter(|part| !part.is_empty())
}

fn insert_nested(into: &mut Map<String, Value>, name: &str, value: Value, depth: usize) -> Result<(), NestingError> {
    if depth > MAX_DEPTH {
        return Err(NestingError);
    }
    let (key, rest) = split_first_key(name, depth);
    if key.is_empty() {
        return Ok(());
    }
    if rest.is_empty() {
        into.insert(key.to_owned(), value);
        return Ok(());
    }
    if rest == "[" {
        into.insert(name.to_owned(), value);
        return Ok(());
    }
    let Some(inner) = rest.strip_prefix("[]") else {
        let fields = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
        return insert_nested(fields.as_object_mut().ok_or(NestingError)?, rest, value, depth + 1);
    };
    let items = into.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    let items = items.as_array_mut().ok_or(NestingError)?;
    if inner.is_empty() {
        items.push(value);
        return Ok(());
    }
    // `[b]` is the field `b`; whatever else stands behind the brackets is read as a name of its own.
    let plain = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let child = plain.filter(|plain| !plain.is_empty() && !plain.contains(['[', ']'])).unwrap_or(inner);
    match items.last_mut() {
        Some(Value::Object(last)) if !has_nested_key(last, child) => insert_nested(last, child, value, depth + 1),
        _ => {
            let mut fresh = Map::new();
            insert_nested(&mut fresh, child, value, depth + 1)?;
            items.push(Value::Object(fresh));
            Ok(())
        }
    }
}

/// The first part of a name and what is behind it.
fn split_first_key(name: &str, depth: usize) -> (&str, &str) {
    if depth == 0 {
        // A bracket at the start belongs to the name.
        let start = name.char_indices().skip(1).find(|(_, char)| *char == '[').map_or(name.len(), |(at, _)| at);
        return name.split_at(start);
    }
    match name.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((key, rest)) => (key, rest),
        None => (name, ""),
    }
}

/// Whether an object has a field already; a list inside it can always take more.
fn has_nested_key(object: &Map<String, Value>, name: &str) -> bool {
    if name.contains("[]") {
        return false;
    }
    let mut parts = name_parts(name);
    let first = parts.next().and_then(|part| object.get(part));
    parts.fold(first, |value, part| value?.as_object()?.get(part)).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse_form(text: &str) -> Result<Value, NestingError> {
        let fields = url::form_urlencoded::parse(text.as_bytes());
        parse(fields.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))).map(Value::Object)
    }

    #[test]
    fn nested_names_are_read_as_rack_reads_them() {
        for (text, expected) in [
            ("a=1&a=2", json!({"a": "2"})),
            ("a[b]=1&a[c]=2", json!({"a": {"b": "1", "c": "2"}})),
            ("a[b][c]=1", json!({"a": {"b": {"c": "1"}}})),
            ("a[]=1&a[]=2", json!({"a": ["1", "2"]})),
            ("a[b][]=1&a[b][]=2", json!({"a": {"b": ["1", "2"]}})),
            ("links[][url]=u&links[][name]=n", json!({"links": [{"url": "u", "name": "n"}]})),
            (
                "links[][url]=u&links[][url]=v&links[][name]=n",
                json!({"links": [{"url": "u"}, {"url": "v", "name": "n"}]}),
            ),
            ("a[][b][c]=1&a[][b][d]=2&a[][b][c]=3", json!({"a": [{"b": {"c": "1", "d": "2"}}, {"b": {"c": "3"}}]})),
            ("a[][b][]=1&a[][b][]=2&a[][c]=3", json!({"a": [{"b": ["1", "2"], "c": "3"}]})),
            ("a[0]=1&a[1]=2", json!({"a": {"0": "1", "1": "2"}})),
            ("a[]=1&a=2", json!({"a": "2"})),
            ("[a]=1&a[=2&=3", json!({"[a]": "1", "a[": "2"})),
            ("a=", json!({"a": ""})),
        ] {
            assert_eq!(parse_form(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn names_that_cannot_both_be_meant_are_refused_and_so_is_what_nests_too_deeply() {
        let deep = format!("a{}=1", "[b]".repeat(5_000));
        for text in ["a=1&a[]=2", "a=1&a[b]=2", "a[b]=1&a[]=2", "a[]=1&a[b]=2", "a[b]=1&a[b][c]=2", &deep] {
            assert_eq!(parse_form(text), Err(NestingError), "{}", &text[..text.len().min(40)]);
        }
    }
}
