//! A query against the table of what may be asked: all that is wrong with it at once, or what it wants and what it costs.
//!
//! Messages and codes are graphql-ruby's ("Field '…' doesn't exist on type '…'", `undefinedField`, …).

mod arguments;

use std::collections::BTreeMap;

use graphql_parser::Pos;
use graphql_parser::query::{
    Definition, Document, Field as Asked, OperationDefinition, Selection, SelectionSet, VariableDefinition,
};
use serde_json::{Value, json};

use self::arguments::Variables;
use super::run::{below, page_size};
use super::schema::{Cost, Field, Gives, QUERY, Type};

/// A field that is wanted.
pub(super) struct Wanted {
    /// Its name in the answer: the alias, or else the field's own.
    pub(super) key: String,
    pub(super) field: &'static Field,
    /// The type that the field was asked of.
    pub(super) of: &'static Type,
    /// What was given, nulls left out.
    pub(super) args: BTreeMap<&'static str, Value>,
    pub(super) below: Vec<Wanted>,
    /// Line and column in the query.
    pub(super) place: (usize, usize),
}

impl Wanted {
    /// An argument as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.args.get(name)?.as_str()
    }

    /// An argument as a list of texts.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.args.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// An argument as a yes or no; no when it is not given.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.args.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether an argument was given as null.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.args.get(name).is_some_and(Value::is_null)
    }

    /// Whether a field is asked for at the end of a path of fields.
    pub(super) fn asks_for(&self, path: &[&str]) -> bool {
        match path {
            [] => true,
            [first, rest @ ..] => self.below.iter().any(|below| below.field.name == *first && below.asks_for(rest)),
        }
    }
}

/// A query that can be run.
pub(super) struct Checked {
    pub(super) wanted: Vec<Wanted>,
    /// Its complexity.
    pub(super) score: u64,
}

/// A query that cannot be run, and whether it was one that writes.
#[derive(Default)]
pub(super) struct Wrong {
    pub(super) errors: Vec<Value>,
    pub(super) mutation: bool,
}

/// Checks a query.
pub(super) fn check(query: &str, operation: Option<&str>, variables: &Value) -> Result<Checked, Wrong> {
    let document: Document<'_, String> =
        graphql_parser::parse_query(query).map_err(|error| Wrong::of(&error.to_string()))?;
    let (definitions, selections) = chosen(&document, operation)?;
    let mut variables = Variables::new(definitions, variables);
    let mut errors = Vec::new();
    let wanted = fields(selections, &QUERY, "query", &mut variables, &mut errors);
    errors.extend(variables.unused());
    if errors.is_empty() {
        let score = wanted.iter().map(complexity).sum();
        Ok(Checked { wanted, score })
    } else {
        Err(Wrong { errors, mutation: false })
    }
}

impl Wrong {
    fn of(message: &str) -> Wrong {
        Wrong { errors: vec![json!({ "message": message })], mutation: false }
    }
}

type Chosen<'d, 'q> = (&'d [VariableDefinition<'q, String>], &'d SelectionSet<'q, String>);

/// The operation to run: the only one, or the one that is named.
fn chosen<'d, 'q>(document: &'d Document<'q, String>, name: Option<&str>) -> Result<Chosen<'d, 'q>, Wrong> {
    let mut queries = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::Operation(OperationDefinition::SelectionSet(set)) => queries.push((None, (&[][..], set))),
            Definition::Operation(OperationDefinition::Query(query)) => {
                let parts = (query.variable_definitions.as_slice(), &query.selection_set);
                queries.push((query.name.as_deref(), parts));
            }
            Definition::Operation(OperationDefinition::Mutation(_)) => {
                let wrong = Wrong::of("The box has no mutations; podkeeper writes through the REST API only");
                return Err(Wrong { mutation: true, ..wrong });
            }
            Definition::Operation(OperationDefinition::Subscription(_)) => {
                return Err(Wrong::of("Schema is not configured for subscriptions"));
            }
            Definition::Fragment(_) => return Err(Wrong::of("The box knows no fragments")),
        }
    }
    let found = match name {
        None if queries.len() > 1 => return Err(Wrong::of("An operation name is required")),
        None => queries.pop(),
        Some(name) => queries.into_iter().find(|(own, _)| *own == Some(name)),
    };
    found.map(|(_, parts)| parts).ok_or_else(|| Wrong::of("No operation has this name"))
}

/// The fields of one set of selections. The same field twice under one name is one field.
fn fields(
    set: &SelectionSet<'_, String>,
    on: &'static Type,
    path: &str,
    variables: &mut Variables<'_>,
    errors: &mut Vec<Value>,
) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for selection in &set.items {
        let Selection::Field(asked) = selection else {
            errors.push(json!({ "message": "The box knows no fragments" }));
            continue;
        };
        let path = format!("{path}.{}", asked.alias.as_ref().unwrap_or(&asked.name));
        let Some(new) = one(asked, on, &path, variables, errors) else { continue };
        match wanted.iter_mut().find(|old| old.key == new.key) {
            None => wanted.push(new),
            Some(old) if old.field.name == new.field.name && old.args == new.args => old.below.extend(new.below),
            Some(old) => {
                let what = if old.field.name == new.field.name {
                    format!("Field '{}' has an argument conflict", new.key)
                } else {
                    format!("Field '{}' has a field conflict: {} or {}?", new.key, old.field.name, new.field.name)
                };
                errors.push(at(asked.position, &what, "fieldConflict", &path));
            }
        }
    }
    wanted
}

fn one(
    asked: &Asked<'_, String>,
    on: &'static Type,
    path: &str,
    variables: &mut Variables<'_>,
    errors: &mut Vec<Value>,
) -> Option<Wanted> {
    let place = asked.position;
    let Some(field) = on.field(&asked.name) else {
        let what = format!("Field '{}' doesn't exist on type '{}'", asked.name, on.name);
        errors.push(at(place, &what, "undefinedField", path));
        return None;
    };
    if !asked.directives.is_empty() {
        errors.push(at(place, "The box knows no directives", "undefinedDirective", path));
    }
    let args = variables.arguments(asked, field, path, errors);
    let items = &asked.selection_set;
    let below = match below(field.gives) {
        None if items.items.is_empty() => Vec::new(),
        None => {
            let what = format!("Selections can't be made on scalars (field '{}' has selections)", asked.name);
            errors.push(at(place, &what, "selectionMismatch", path));
            Vec::new()
        }
        Some(inner) if items.items.is_empty() => {
            let name = &asked.name;
            let what = format!(
                "Field must have selections (field '{name}' returns {} but has no selections. Did you mean '{name} {{ ... }}'?)",
                inner.name
            );
            errors.push(at(place, &what, "selectionMismatch", path));
            Vec::new()
        }
        Some(inner) => fields(items, inner, path, variables, errors),
    };
    let key = asked.alias.clone().unwrap_or_else(|| asked.name.clone());
    Some(Wanted { key, field, of: on, args, below, place: (place.line, place.column) })
}

/// An error with its place.
fn at(place: Pos, message: &str, code: &str, path: &str) -> Value {
    json!({
        "message": message,
        "locations": [{ "line": place.line, "column": place.column }],
        "path": path.split('.').collect::<Vec<_>>(),
        "extensions": { "code": code },
    })
}

/// What a field and all below it cost (`Types::BaseField#field_resolver_complexity`).
fn complexity(wanted: &Wanted) -> u64 {
    let below: u64 = wanted.below.iter().map(complexity).sum();
    let own = match wanted.field.cost {
        Cost::One | Cost::Resolver => 1,
        Cost::Gitaly | Cost::GitalyResolver => 2,
        Cost::Paths => 2 + wanted.texts("paths").map_or(0, |paths| paths.len() as u64),
    };
    let one_page = below + own;
    let pages =
        matches!(wanted.field.gives, Gives::Pages(_)) && matches!(wanted.field.cost, Cost::Resolver | Cost::Paths);
    let rows = if pages { page_size(wanted).unwrap_or(0) as u64 } else { 0 };
    one_page + one_page * rows / 100
}
