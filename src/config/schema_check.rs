//! Holds a TOML file against the schema of its kind and reports everything that does not fit, at once.
//!
//! serde would stop at the first fault. The schema is made from the same types that are read afterwards,
//! so a new key is new in one place.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::Problem;
use crate::pod::similar_name::find_similar_name;

/// Whether problems may quote the file. One that nobody reviewed may be any file of the machine, named by mistake or on
/// purpose, and no word of it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Shown,
    Hidden,
}

/// A file that was held against its schema.
pub(super) struct CheckedFile<'t> {
    /// Everything that its schema does not allow.
    pub(super) problems: Vec<Problem>,
    /// What is left of it: the keys that the schema knows with values of their types. Nothing where it is no TOML.
    pub(super) table: Option<Spanned<DeTable<'t>>>,
    /// The keys that were left out although they stand there, as `page.project` or `session[0].zone`.
    pub(super) left_out: BTreeSet<String>,
}

/// Finds everything about the file that its schema does not allow.
pub(super) fn check_against_schema<'t>(path: &str, text: &'t str, schema: &Value, quoting: Quoting) -> CheckedFile<'t> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let problem = |error: &toml::de::Error| Problem {
            path: path.to_owned(),
            span: error.span().or(Some(0..0)),
            message: match quoting {
                Quoting::Shown => format!("this is no TOML: {}", error.message()),
                Quoting::Hidden => "this is no TOML".to_owned(),
            },
            help: match (quoting, error.span().and_then(|span| text.get(span))) {
                (Quoting::Shown, Some(word)) if error.message().contains("must be quoted") => {
                    format!("write it in quotes, as \"{word}\"")
                }
                _ if error.message().contains("duplicate key") => "it stands there twice; keep one".to_owned(),
                _ => "mend this first".to_owned(),
            },
        };
        let problems = errors.iter().map(problem).collect();
        return CheckedFile { problems, table: None, left_out: BTreeSet::new() };
    }
    let mut check = SchemaCheck { path, text, root: schema, quoting, problems: Vec::new(), left_out: BTreeSet::new() };
    let span = document.span();
    let table = check.check_table(document.into_inner(), span.clone(), schema, &Place::file());
    let SchemaCheck { problems, left_out, .. } = check;
    CheckedFile { problems, table: Some(Spanned::new(span, table)), left_out }
}

struct SchemaCheck<'a> {
    path: &'a str,
    text: &'a str,
    root: &'a Value,
    quoting: Quoting,
    problems: Vec<Problem>,
    left_out: BTreeSet<String>,
}

/// A table of the file.
struct Place {
    /// As messages name it, for example `[page]`.
    shown: String,
    /// As [`CheckedFile::left_out`] names it, with a full stop at its end; empty for the file.
    prefix: String,
}

impl Place {
    fn file() -> Self {
        Self { shown: "the file".to_owned(), prefix: String::new() }
    }
}

impl SchemaCheck<'_> {
    /// The table without what does not fit.
    fn check_table<'t>(
        &mut self,
        table: DeTable<'t>,
        span: Range<usize>,
        schema: &Value,
        place: &Place,
    ) -> DeTable<'t> {
        let empty = serde_json::Map::new();
        let known = schema["properties"].as_object().unwrap_or(&empty);
        let written: BTreeSet<String> = table.keys().map(|key| key.get_ref().to_string()).collect();
        let mut meant: BTreeSet<String> = written.clone();
        let mut good = DeTable::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let (key, inner, name) = match known.get(&name) {
                Some(inner) => (key, inner, name),
                // Keys of people's choosing, all of one kind.
                None if schema["additionalProperties"].is_object() => {
                    let shown = if self.quoting == Quoting::Shown { name.as_str() } else { "…" };
                    let shown = format!("{}.\"{shown}\"", place.shown.trim_matches(['[', ']']));
                    self.check_value(value, &schema["additionalProperties"], &shown, &shown);
                    continue;
                }
                None => {
                    let near = self.report_unknown_key(&name, key.span(), known, place);
                    // What is wrong with the value of a key that is only misspelt is told, too.
                    let Some(near) = near else { continue };
                    if written.contains(near) || !meant.insert(near.to_owned()) {
                        // What of it was meant to be where is not known.
                        self.left_out.insert(format!("{}{near}", place.prefix));
                        continue;
                    }
                    if self.quoting == Quoting::Hidden || !self.is_of_type(&value, &known[near]) {
                        self.left_out.insert(format!("{}{near}", place.prefix));
                        continue;
                    }
                    (Spanned::new(key.span(), near.to_owned().into()), &known[near], near.to_owned())
                }
            };
            let at = format!("{}{name}", place.prefix);
            match self.check_value(value, inner, &name, &at) {
                Some(value) => drop(good.insert(key, value)),
                None => drop(self.left_out.insert(at)),
            }
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !meant.contains(required) {
                // A table's span is its header; a key that is missing has no place of its own.
                let help = known.get(required).map(|inner| self.missing_key_help(required, inner));
                self.add_problem(
                    span.start..span.start,
                    format!("{} lacks `{required}`", place.shown),
                    help.unwrap_or_default(),
                );
            }
        }
        good
    }

    /// Reports a key that is not known, and returns the known one that may have been meant.
    fn report_unknown_key<'k>(
        &mut self,
        name: &str,
        span: Range<usize>,
        known: &'k serde_json::Map<String, Value>,
        place: &Place,
    ) -> Option<&'k str> {
        let similar = find_similar_name(name, known.keys().map(String::as_str));
        let help = match similar {
            Some(key) => format!("did you mean `{key}`?"),
            None => self
                .home_of_key(name, place)
                .unwrap_or_else(|| format!("known keys: {}", known.keys().cloned().collect::<Vec<_>>().join(", "))),
        };
        // What is all but a known key gives nothing away.
        let shown = similar.is_some() || self.quoting == Quoting::Shown;
        let place = &place.shown;
        let message =
            if shown { format!("unknown key `{name}` in {place}") } else { format!("unknown key in {place}") };
        self.add_problem(span, message, help);
        similar
    }

    /// The value without what does not fit; nothing where it is of another type. `at` is its place as
    /// [`CheckedFile::left_out`] names it.
    fn check_value<'t>(
        &mut self,
        value: Spanned<DeValue<'t>>,
        schema: &Value,
        name: &str,
        at: &str,
    ) -> Option<Spanned<DeValue<'t>>> {
        let schema = self.resolve_schema_for(schema, value.get_ref());
        let span = value.span();
        let value = match (value.into_inner(), schema_type(&schema)) {
            (DeValue::Table(table), "object") => {
                let place = Place { shown: format!("[{at}]"), prefix: format!("{at}.") };
                DeValue::Table(self.check_table(table, span.clone(), &schema, &place))
            }
            (DeValue::Array(items), "array") => {
                let mut good = DeArray::new();
                let quoted = self.quoted_list(name, &items, &schema["items"]);
                for (index, item) in items.into_iter().enumerate() {
                    let at = format!("{at}[{index}]");
                    let item_span = item.span();
                    if let (Some(help), DeValue::Datetime(_)) = (&quoted, item.get_ref()) {
                        let message = format!("an entry of `{name}` should be a text in quotes, not a date");
                        self.add_problem(item_span, message, help.clone());
                        continue;
                    }
                    let inner = self.resolve_schema_for(&schema["items"], item.get_ref());
                    let checked = match item.into_inner() {
                        DeValue::Table(table) if schema_type(&inner) == "object" => {
                            let place = Place { shown: format!("[[{name}]]"), prefix: format!("{at}.") };
                            let table = self.check_table(table, item_span.clone(), &inner, &place);
                            Some(Spanned::new(item_span, DeValue::Table(table)))
                        }
                        other => self.check_value(Spanned::new(item_span, other), &schema["items"], name, &at),
                    };
                    if let Some(item) = checked {
                        good.push(item);
                    }
                }
                DeValue::Array(good)
            }
            (value @ DeValue::String(_), "string") | (value @ DeValue::Boolean(_), "boolean") => value,
            (DeValue::Integer(number), "integer") => {
                let least = schema["minimum"].as_u64().unwrap_or(0);
                let most = schema["maximum"].as_u64().unwrap_or(u32::MAX.into());
                let fits = |number: u64| (least..=most).contains(&number);
                if !number.as_str().parse().is_ok_and(fits) {
                    let up_to = schema["maximum"].as_u64().map(|most| format!(" to {most}")).unwrap_or_default();
                    let message = format!("`{name}` is no whole number from {least}{up_to}");
                    self.add_problem(span, message, "write for example 10".to_owned());
                    return None;
                }
                DeValue::Integer(number)
            }
            (found, wanted) => {
                let message =
                    format!("`{name}` should be {}, not {}", describe_type(wanted), describe_type(found.type_str()));
                let help = self.converted_value(name, &found, &span, &schema);
                let help = help.unwrap_or_else(|| format!("write {name} = {}", self.example_value(&schema)));
                self.add_problem(span, message, help);
                return None;
            }
        };
        Some(Spanned::new(span, value))
    }

    /// What to write in place of a list in which dates stand without quotes.
    fn quoted_list(&self, name: &str, items: &DeArray<'_>, schema: &Value) -> Option<String> {
        let takes_text = schema_type(&self.resolve_schema(schema)) == "string";
        if self.quoting == Quoting::Hidden || !takes_text {
            return None;
        }
        let entries = items.iter().map(|item| {
            let written = self.text.get(item.span())?.trim();
            match item.get_ref() {
                DeValue::Datetime(_) => Some(format!("\"{written}\"")),
                DeValue::String(_) | DeValue::Table(_) => Some(written.to_owned()),
                _ => None,
            }
        });
        let entries: Vec<String> = entries.collect::<Option<_>>()?;
        Some(format!("write {name} = [{}]", entries.join(", ")))
    }

    /// What to write where the value itself is meant, in another type.
    fn converted_value(&self, name: &str, found: &DeValue<'_>, span: &Range<usize>, schema: &Value) -> Option<String> {
        if self.quoting == Quoting::Hidden {
            return None;
        }
        let written = self.text.get(span.clone())?.trim();
        let value = match (found, schema_type(schema)) {
            (DeValue::Table(_), "array") if written.starts_with('[') => return Some(format!("write [[{name}]]")),
            (DeValue::Array(items), "object") if items.iter().any(|item| item.get_ref().is_table()) => {
                return Some(format!("write [{name}], once"));
            }
            (DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_), "string") => {
                // A length of time without its unit is none.
                let is_length =
                    |example: &str| example.trim_matches('"').chars().next().is_some_and(|c| c.is_ascii_digit());
                if matches!(found, DeValue::Integer(_)) && is_length(&self.example_value(schema)) {
                    return None;
                }
                format!("\"{written}\"")
            }
            (DeValue::String(_), "array") => format!("[{written}]"),
            (DeValue::Datetime(_), "array") => format!("[\"{written}\"]"),
            (DeValue::Table(_), "array") if written.starts_with('{') => format!("[{written}]"),
            (DeValue::String(text), "integer") => text.trim().parse::<u32>().ok()?.to_string(),
            (DeValue::String(text), "boolean") => match text.trim().to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => "true".to_owned(),
                "false" | "no" | "off" | "0" => "false".to_owned(),
                _ => return None,
            },
            _ => return None,
        };
        Some(format!("write {name} = {value}"))
    }

    /// Where a key belongs that is none of its table.
    fn home_of_key(&self, name: &str, place: &Place) -> Option<String> {
        if self.quoting == Quoting::Hidden {
            return None;
        }
        let tables = self.root["properties"].as_object()?;
        if let (Some(inner), true) = (tables.get(name), !place.prefix.is_empty()) {
            return (schema_type(&self.resolve_schema(inner)) != "object")
                .then(|| format!("`{name}` belongs to the top of the file, above the first line in brackets"));
        }
        let holds = |schema: &Value| schema["properties"].get(name).is_some();
        tables.iter().find_map(|(table, inner)| {
            let inner = self.resolve_schema(inner);
            if table == "defaults" && place.prefix.is_empty() {
                return holds(&inner)
                    .then(|| format!("write [defaults.{name}] for all pods, or put it into the file of a pod"));
            }
            match schema_type(&inner) {
                "object" if holds(&inner) => Some(format!("`{name}` belongs into [{table}]")),
                "array" if holds(&self.resolve_schema(&inner["items"])) => {
                    Some(format!("`{name}` belongs into [[{table}]]"))
                }
                _ => None,
            }
        })
    }

    /// Whether a value is of the type that a schema asks for, whatever is in it.
    fn is_of_type(&self, value: &Spanned<DeValue<'_>>, schema: &Value) -> bool {
        let wanted = self.resolve_schema(schema);
        let found = match value.get_ref() {
            DeValue::Table(_) => "object",
            other => other.type_str(),
        };
        schema_type(&wanted) == found
    }

    /// What to write where a key is missing.
    fn missing_key_help(&self, name: &str, schema: &Value) -> String {
        let resolved = self.resolve_schema(schema);
        let header = match schema_type(&resolved) {
            "object" => format!("[{name}]"),
            "array" => format!("[[{name}]]"),
            _ => return format!("add {name} = {}", self.example_value(schema)),
        };
        let inner = if header.starts_with("[[") { self.resolve_schema(&resolved["items"]) } else { resolved };
        let required = inner["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let keys = required.map(|key| format!("{key} = {}", self.example_value(&inner["properties"][key])));
        format!("add {header} with {}", keys.collect::<Vec<_>>().join(" and "))
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

    /// The same where a value may be of several types: the one that it has, else the first.
    fn resolve_schema_for(&self, schema: &Value, found: &DeValue<'_>) -> Value {
        if let Some(referenced) =
            schema["$ref"].as_str().and_then(|path| self.root.pointer(path.trim_start_matches('#')))
        {
            return self.resolve_schema_for(referenced, found);
        }
        let wanted = if found.is_table() { "object" } else { found.type_str() };
        let choices = schema["anyOf"].as_array().into_iter().flatten();
        let choices = choices.map(|choice| self.resolve_schema_for(choice, found));
        let of_its_type = choices.into_iter().find(|choice| schema_type(choice) == wanted);
        of_its_type.unwrap_or_else(|| self.resolve_schema(schema))
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
            ("array", Some(example)) if schema_type(&self.resolve_schema(&schema["items"])) == "string" => {
                format!("[\"{example}\"]")
            }
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
        "datetime" => "a date".to_owned(),
        other => format!("a {other}"),
    }
}
