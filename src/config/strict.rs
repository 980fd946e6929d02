//! Holds a TOML file against the schema of its kind and tells everything that does not fit, at once.
//!
//! serde would stop at the first fault. The schema is made from the same types that are read afterwards,
//! so a new key is new in one place.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;

/// How alike a key must be to be suggested; `shedule` and `schedule` are 0.96 alike (Jaro-Winkler).
const ALIKE: f64 = 0.8;

/// Everything about the file that its schema does not allow.
pub(super) fn check(path: &str, text: &str, schema: &Value) -> Vec<Problem> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let problem = |error: &toml::de::Error| Problem {
            path: path.to_owned(),
            span: error.span().or(Some(0..0)),
            message: format!("this is no TOML: {}", error.message()),
            help: "mend this first".to_owned(),
        };
        return errors.iter().map(problem).collect();
    }
    let mut check = Check { path, root: schema, problems: Vec::new() };
    check.table(&document, document.span(), schema, "the file");
    check.problems
}

struct Check<'a> {
    path: &'a str,
    root: &'a Value,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn table(&mut self, table: &Spanned<DeTable<'_>>, span: Range<usize>, schema: &Value, place: &str) {
        let empty = serde_json::Map::new();
        let known = schema["properties"].as_object().unwrap_or(&empty);
        for (key, value) in table.get_ref() {
            let name = key.get_ref().as_ref();
            match known.get(name) {
                Some(inner) => self.value(value, inner, name),
                // Keys of people's choosing, all of one kind.
                None if schema["additionalProperties"].is_object() => {
                    let name = format!("{}.\"{name}\"", place.trim_matches(['[', ']']));
                    self.value(value, &schema["additionalProperties"], &name);
                }
                None => self.unknown_key(name, key.span(), known, place),
            }
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !table.get_ref().keys().any(|key| key.get_ref().as_ref() == required) {
                // A table's span is its header; a key that is missing has no place of its own.
                let example = known.get(required).map(|inner| self.example(inner)).unwrap_or_default();
                self.say(
                    span.start..span.start,
                    format!("{place} lacks `{required}`"),
                    format!("add {required} = {example}"),
                );
            }
        }
    }

    fn unknown_key(&mut self, name: &str, span: Range<usize>, known: &serde_json::Map<String, Value>, place: &str) {
        let nearest = known.keys().map(|key| (strsim::jaro_winkler(key, name), key)).max_by(|a, b| a.0.total_cmp(&b.0));
        let help = match nearest {
            Some((likeness, key)) if likeness >= ALIKE => format!("did you mean `{key}`?"),
            _ => format!("known keys: {}", known.keys().cloned().collect::<Vec<_>>().join(", ")),
        };
        self.say(span, format!("unknown key `{name}` in {place}"), help);
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Value, name: &str) {
        let schema = self.resolve(schema);
        let span = value.span();
        match (value.get_ref(), kind(&schema)) {
            (DeValue::Table(table), "object") => {
                self.table(&Spanned::new(span.clone(), table.clone()), span, &schema, &format!("[{name}]"));
            }
            (DeValue::Array(items), "array") => {
                for item in items {
                    match item.get_ref() {
                        DeValue::Table(table) => {
                            let inner = self.resolve(&schema["items"]);
                            let table = Spanned::new(item.span(), table.clone());
                            self.table(&table, item.span(), &inner, &format!("[[{name}]]"));
                        }
                        _ => self.value(item, &schema["items"], name),
                    }
                }
            }
            (DeValue::String(_), "string") | (DeValue::Boolean(_), "boolean") => {}
            (DeValue::Integer(number), "integer") => {
                let least = schema["minimum"].as_u64().unwrap_or(0);
                let most = schema["maximum"].as_u64().unwrap_or(u32::MAX.into());
                let fits = |number: u64| (least..=most).contains(&number);
                if !number.as_str().parse().is_ok_and(fits) {
                    let up_to = schema["maximum"].as_u64().map(|most| format!(" to {most}")).unwrap_or_default();
                    let message = format!("`{name}` is no whole number from {least}{up_to}");
                    self.say(span, message, "write for example 10".to_owned());
                }
            }
            (found, wanted) => {
                let message = format!("`{name}` should be {}, not {}", article(wanted), article(found.type_str()));
                let help = format!("write {name} = {}", self.example(&schema));
                self.say(span, message, help);
            }
        }
    }

    /// The schema behind references and optional wrappers.
    fn resolve(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            return self.root.pointer(pointer).map(|inner| self.resolve(inner)).unwrap_or_default();
        }
        let choices = schema["anyOf"].as_array().into_iter().flatten();
        match choices.into_iter().find(|choice| choice["type"] != "null") {
            Some(choice) => self.resolve(choice),
            None => schema.clone(),
        }
    }

    /// A good value for a key: the example of its description, else one of its kind.
    fn example(&self, schema: &Value) -> String {
        let described = schema["description"].as_str().and_then(|text| {
            let (_, rest) = text.split_once("for example `")?;
            rest.split('`').next().map(str::to_owned)
        });
        let schema = self.resolve(schema);
        match (kind(&schema), described) {
            ("string", Some(example)) => format!("\"{example}\""),
            ("string", None) => "\"…\"".to_owned(),
            ("boolean", _) => "true".to_owned(),
            ("integer", _) => "10".to_owned(),
            ("array", _) => "[]".to_owned(),
            ("object", _) => {
                let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let keys: Vec<String> =
                    required.map(|key| format!("{key} = {}", self.example(&schema["properties"][key]))).collect();
                format!("{{ {} }}", keys.join(", "))
            }
            (_, example) => example.unwrap_or_default(),
        }
    }

    fn say(&mut self, span: Range<usize>, message: String, help: String) {
        self.problems.push(Problem { path: self.path.to_owned(), span: Some(span), message, help });
    }
}

/// The one type of a schema that is not `null`.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        _ => "",
    }
}

fn article(kind: &str) -> String {
    match kind {
        "object" | "table" => "a table".to_owned(),
        "array" => "a list".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" => "a text in quotes".to_owned(),
        "boolean" => "true or false".to_owned(),
        other => format!("a {other}"),
    }
}
