//! Holds a TOML file against the schema of its kind and reports everything that does not fit, at once.
//!
//! serde would stop at the first fault. The schema is made from the same types that are read afterwards,
//! so a new key is new in one place.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use crate::pod::similar_name::find_similar_name;

/// Whether problems may quote the file. One that nobody reviewed may be any file of the machine, named by mistake or on
/// purpose, and no word of it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Shown,
    Hidden,
}

/// Everything about the file that its schema does not allow.
pub(super) fn check_against_schema(path: &str, text: &str, schema: &Value, quoting: Quoting) -> Vec<Problem> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let problem = |error: &toml::de::Error| Problem {
            path: path.to_owned(),
            span: error.span().or(Some(0..0)),
            message: match quoting {
                Quoting::Shown => format!("this is no TOML: {}", error.message()),
                Quoting::Hidden => "this is no TOML".to_owned(),
            },
            help: "mend this first".to_owned(),
        };
        return errors.iter().map(problem).collect();
    }
    let mut check = SchemaCheck { path, root: schema, quoting, problems: Vec::new() };
    check.check_table(&document, document.span(), schema, "the file");
    check.problems
}

struct SchemaCheck<'a> {
    path: &'a str,
    root: &'a Value,
    quoting: Quoting,
    problems: Vec<Problem>,
}

impl SchemaCheck<'_> {
    fn check_table(&mut self, table: &Spanned<DeTable<'_>>, span: Range<usize>, schema: &Value, place: &str) {
        let empty = serde_json::Map::new();
        let known = schema["properties"].as_object().unwrap_or(&empty);
        for (key, value) in table.get_ref() {
            let name = key.get_ref().as_ref();
            match known.get(name) {
                Some(inner) => self.check_value(value, inner, name),
                // Keys of people's choosing, all of one kind.
                None if schema["additionalProperties"].is_object() => {
                    let shown = if self.quoting == Quoting::Shown { name } else { "…" };
                    let name = format!("{}.\"{shown}\"", place.trim_matches(['[', ']']));
                    self.check_value(value, &schema["additionalProperties"], &name);
                }
                None => self.report_unknown_key(name, key.span(), known, place),
            }
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !table.get_ref().keys().any(|key| key.get_ref().as_ref() == required) {
                // A table's span is its header; a key that is missing has no place of its own.
                let example = known.get(required).map(|inner| self.example_value(inner)).unwrap_or_default();
                self.add_problem(
                    span.start..span.start,
                    format!("{place} lacks `{required}`"),
                    format!("add {required} = {example}"),
                );
            }
        }
    }

    fn report_unknown_key(
        &mut self,
        name: &str,
        span: Range<usize>,
        known: &serde_json::Map<String, Value>,
        place: &str,
    ) {
        let similar = find_similar_name(name, known.keys().map(String::as_str));
        let help = match similar {
            Some(key) => format!("did you mean `{key}`?"),
            None => format!("known keys: {}", known.keys().cloned().collect::<Vec<_>>().join(", ")),
        };
        // What is all but a known key gives nothing away.
        let shown = similar.is_some() || self.quoting == Quoting::Shown;
        let message =
            if shown { format!("unknown key `{name}` in {place}") } else { format!("unknown key in {place}") };
        self.add_problem(span, message, help);
    }

    fn check_value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Value, name: &str) {
        let schema = self.resolve_schema(schema);
        let span = value.span();
        match (value.get_ref(), schema_type(&schema)) {
            (DeValue::Table(table), "object") => {
                self.check_table(&Spanned::new(span.clone(), table.clone()), span, &schema, &format!("[{name}]"));
            }
            (DeValue::Array(items), "array") => {
                for item in items {
                    match item.get_ref() {
                        DeValue::Table(table) => {
                            let inner = self.resolve_schema(&schema["items"]);
                            let table = Spanned::new(item.span(), table.clone());
                            self.check_table(&table, item.span(), &inner, &format!("[[{name}]]"));
                        }
                        _ => self.check_value(item, &schema["items"], name),
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
                    self.add_problem(span, message, "write for example 10".to_owned());
                }
            }
            (found, wanted) => {
                let message =
                    format!("`{name}` should be {}, not {}", describe_type(wanted), describe_type(found.type_str()));
                let help = format!("write {name} = {}", self.example_value(&schema));
                self.add_problem(span, message, help);
            }
        }
    }

    /// The schema behind references and optional wrappers.
    fn resolve_schema(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            return self.root.pointer(pointer).map(|inner| self.resolve_schema(inner)).unwrap_or_default();
        }
        let choices = schema["anyOf"].as_array().into_iter().flatten();
        match choices.into_iter().find(|choice| choice["type"] != "null") {
            Some(choice) => self.resolve_schema(choice),
            None => schema.clone(),
        }
    }

    /// A good value for a key: the example of its description, else one of its kind.
    fn example_value(&self, schema: &Value) -> String {
        let described = schema["description"].as_str().and_then(|text| {
            let (_, rest) = text.split_once("for example `")?;
            rest.split('`').next().map(str::to_owned)
        });
        let schema = self.resolve_schema(schema);
        match (schema_type(&schema), described) {
            ("string", Some(example)) => format!("\"{example}\""),
            ("string", None) => "\"…\"".to_owned(),
            ("boolean", _) => "true".to_owned(),
            ("integer", _) => "10".to_owned(),
            ("array", _) => "[]".to_owned(),
            ("object", _) => {
                let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let keys: Vec<String> =
                    required.map(|key| format!("{key} = {}", self.example_value(&schema["properties"][key]))).collect();
                format!("{{ {} }}", keys.join(", "))
            }
            (_, example) => example.unwrap_or_default(),
        }
    }

    fn add_problem(&mut self, span: Range<usize>, message: String, help: String) {
        self.problems.push(Problem { path: self.path.to_owned(), span: Some(span), message, help });
    }
}

/// The one type of a schema that is not `null`.
fn schema_type(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        _ => "",
    }
}

fn describe_type(kind: &str) -> String {
    match kind {
        "object" | "table" => "a table".to_owned(),
        "array" => "a list".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" => "a text in quotes".to_owned(),
        "boolean" => "true or false".to_owned(),
        other => format!("a {other}"),
    }
}
