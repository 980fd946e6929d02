//! A query against the schema: all that is wrong with it at once, or what it wants and what it costs.
//!
//! Messages and codes are graphql-ruby's ("Field '…' doesn't exist on type '…'", `undefinedField`, …).

mod arguments;

use graphql_parser::Pos;
use graphql_parser::query::{
    Definition, Document, Field as QueryField, OperationDefinition, Selection, SelectionSet, VariableDefinition,
};
use serde_json::{Value, json};

use self::arguments::Variables;
use super::schema::{Cost, ObjectType, QUERY, ReturnType, SelectedField};

/// A query that can be run.
pub(super) struct ValidQuery {
    pub(super) selections: Vec<SelectedField>,
    /// Its complexity.
    pub(super) complexity: u64,
}

/// A query that cannot be run, and whether it was one that writes.
#[derive(Default)]
pub(super) struct RejectedQuery {
    pub(super) errors: Vec<Value>,
    pub(super) is_mutation: bool,
}

/// What a query wants and costs, or all that is wrong with it. `operation` names the one to run if there are several.
pub(super) fn validate(query: &str, operation: Option<&str>, variables: &Value) -> Result<ValidQuery, RejectedQuery> {
    let document: Document<'_, String> =
        graphql_parser::parse_query(query).map_err(|error| RejectedQuery::with_message(&error.to_string()))?;
    let (definitions, selections) = choose_operation(&document, operation)?;
    let mut variables = Variables::new(definitions, variables);
    let mut errors = Vec::new();
    let wanted = check_selections(selections, &QUERY, "query", &mut variables, &mut errors);
    errors.extend(variables.unused_variable_errors());
    if errors.is_empty() {
        let score = wanted.iter().map(complexity).sum();
        Ok(ValidQuery { selections: wanted, complexity: score })
    } else {
        Err(RejectedQuery { errors, is_mutation: false })
    }
}

impl RejectedQuery {
    fn with_message(message: &str) -> RejectedQuery {
        RejectedQuery { errors: vec![json!({ "message": message })], is_mutation: false }
    }
}

type ChosenOperation<'d, 'q> = (&'d [VariableDefinition<'q, String>], &'d SelectionSet<'q, String>);

/// The operation to run: the only one, or the one that is named.
fn choose_operation<'d, 'q>(
    document: &'d Document<'q, String>,
    name: Option<&str>,
) -> Result<ChosenOperation<'d, 'q>, RejectedQuery> {
    let mut queries = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::Operation(OperationDefinition::SelectionSet(set)) => queries.push((None, (&[][..], set))),
            Definition::Operation(OperationDefinition::Query(query)) => {
                let parts = (query.variable_definitions.as_slice(), &query.selection_set);
                queries.push((query.name.as_deref(), parts));
            }
            Definition::Operation(OperationDefinition::Mutation(_)) => {
                let wrong = RejectedQuery::with_message("The sandbox has no mutations: write through the REST API");
                return Err(RejectedQuery { is_mutation: true, ..wrong });
            }
            Definition::Operation(OperationDefinition::Subscription(_)) => {
                return Err(RejectedQuery::with_message("Schema is not configured for subscriptions"));
            }
            Definition::Fragment(_) => return Err(RejectedQuery::with_message("The sandbox knows no fragments")),
        }
    }
    let found = match name {
        None if queries.len() > 1 => return Err(RejectedQuery::with_message("An operation name is required")),
        None => queries.pop(),
        Some(name) => queries.into_iter().find(|(own, _)| *own == Some(name)),
    };
    found.map(|(_, parts)| parts).ok_or_else(|| RejectedQuery::with_message("No operation has this name"))
}

/// The fields of one set of selections. The same field twice under one name is one field.
fn check_selections(
    set: &SelectionSet<'_, String>,
    on: &'static ObjectType,
    path: &str,
    variables: &mut Variables<'_>,
    errors: &mut Vec<Value>,
) -> Vec<SelectedField> {
    let mut wanted: Vec<SelectedField> = Vec::new();
    for selection in &set.items {
        let Selection::Field(selected) = selection else {
            errors.push(json!({ "message": "The sandbox knows no fragments" }));
            continue;
        };
        let path = format!("{path}.{}", selected.alias.as_ref().unwrap_or(&selected.name));
        let Some(new) = check_field(selected, on, &path, variables, errors) else { continue };
        match wanted.iter_mut().find(|old| old.response_key == new.response_key) {
            None => wanted.push(new),
            Some(old) if old.field.name == new.field.name && old.args == new.args => {
                old.selections.extend(new.selections);
            }
            Some(old) => {
                let what = if old.field.name == new.field.name {
                    format!("Field '{}' has an argument conflict", new.response_key)
                } else {
                    format!(
                        "Field '{}' has a field conflict: {} or {}?",
                        new.response_key, old.field.name, new.field.name
                    )
                };
                errors.push(error_at(selected.position, &what, "fieldConflict", &path));
            }
        }
    }
    wanted
}

fn check_field(
    selected: &QueryField<'_, String>,
    on: &'static ObjectType,
    path: &str,
    variables: &mut Variables<'_>,
    errors: &mut Vec<Value>,
) -> Option<SelectedField> {
    let position = selected.position;
    let Some(field) = on.field(&selected.name) else {
        let what = format!("Field '{}' doesn't exist on type '{}'", selected.name, on.name);
        errors.push(error_at(position, &what, "undefinedField", path));
        return None;
    };
    if !selected.directives.is_empty() {
        errors.push(error_at(position, "The sandbox knows no directives", "undefinedDirective", path));
    }
    let args = variables.check_arguments(selected, field, path, errors);
    let items = &selected.selection_set;
    let below = match field.returns.object_type() {
        None if items.items.is_empty() => Vec::new(),
        None => {
            let what = format!("Selections can't be made on scalars (field '{}' has selections)", selected.name);
            errors.push(error_at(position, &what, "selectionMismatch", path));
            Vec::new()
        }
        Some(inner) if items.items.is_empty() => {
            let name = &selected.name;
            let what = format!(
                "Field must have selections (field '{name}' returns {} but has no selections. Did you mean '{name} {{ ... }}'?)",
                inner.name
            );
            errors.push(error_at(position, &what, "selectionMismatch", path));
            Vec::new()
        }
        Some(inner) => check_selections(items, inner, path, variables, errors),
    };
    let key = selected.alias.clone().unwrap_or_else(|| selected.name.clone());
    Some(SelectedField {
        response_key: key,
        field,
        parent_type: on,
        args,
        selections: below,
        position: (position.line, position.column),
    })
}

/// An error with its place.
fn error_at(position: Pos, message: &str, code: &str, path: &str) -> Value {
    json!({
        "message": message,
        "locations": [{ "line": position.line, "column": position.column }],
        "path": path.split('.').collect::<Vec<_>>(),
        "extensions": { "code": code },
    })
}

/// What a field and all below it cost (`Types::BaseField#field_resolver_complexity`).
fn complexity(wanted: &SelectedField) -> u64 {
    let below: u64 = wanted.selections.iter().map(complexity).sum();
    let own = match wanted.field.cost {
        Cost::One | Cost::Resolver => 1,
        Cost::Fixed(cost) => cost,
        Cost::Gitaly | Cost::GitalyResolver => 2,
        Cost::GitalyPaths => 2 + wanted.texts("paths").map_or(0, |paths| paths.len() as u64),
    };
    let one_page = below + own;
    let pages = matches!(wanted.field.returns, ReturnType::Connection(_))
        && matches!(wanted.field.cost, Cost::Resolver | Cost::GitalyPaths)
        // Things that are asked for by their numbers cost no more (`BaseResolver.complexity_multiplier`).
        && !["iid", "iids"].iter().any(|number| wanted.args.contains_key(number) && !wanted.is_null(number));
    let rows = if pages { wanted.page_size().unwrap_or(0) as u64 } else { 0 };
    one_page + one_page * rows / 100
}
