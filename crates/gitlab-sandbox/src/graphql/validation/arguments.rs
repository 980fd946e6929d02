//! Arguments and variables: given or missing, and of the right type.

use std::collections::{BTreeMap, BTreeSet};

use graphql_parser::query::{Field as QueryField, Type as Written, Value as Literal, VariableDefinition};
use serde_json::{Value, json};

use super::error_at;
use crate::graphql::schema::{Argument, ArgumentType, Field};

/// The variables of a query: what it declares, what the request gave, and which of them were used.
pub(super) struct Variables<'q> {
    declared: BTreeMap<String, DeclaredVariable<'q>>,
    given: &'q Value,
    used: BTreeSet<String>,
}

struct DeclaredVariable<'q> {
    type_name: String,
    default: Option<&'q Literal<'q, String>>,
}

impl<'q> Variables<'q> {
    pub(super) fn new(definitions: &'q [VariableDefinition<'q, String>], given: &'q Value) -> Variables<'q> {
        let declared = definitions.iter().map(|variable| {
            let declared = DeclaredVariable {
                type_name: format_type(&variable.var_type),
                default: variable.default_value.as_ref(),
            };
            (variable.name.clone(), declared)
        });
        Variables { declared: declared.collect(), given, used: BTreeSet::new() }
    }

    /// A variable that nobody uses is an error, too.
    pub(super) fn unused_variable_errors(&self) -> Vec<Value> {
        let idle = self.declared.keys().filter(|name| !self.used.contains(*name));
        idle.map(|name| {
            let message = format!("Variable ${name} is declared by anonymous query but not used");
            json!({ "message": message, "extensions": { "code": "variableNotUsed", "variableName": name } })
        })
        .collect()
    }

    /// The arguments of one field by their names, nulls left out; what is wrong with them goes to `errors`.
    pub(super) fn check_arguments(
        &mut self,
        selected: &QueryField<'_, String>,
        field: &'static Field,
        path: &str,
        errors: &mut Vec<Value>,
    ) -> BTreeMap<&'static str, Value> {
        let mut args = BTreeMap::new();
        let mut wrong = |what: &str, code: &str| errors.push(error_at(selected.position, what, code, path));
        for (name, literal) in &selected.arguments {
            let Some(arg) = field.args.iter().find(|arg| arg.name == name) else {
                let what = format!("Field '{}' doesn't accept argument '{name}'", field.name);
                wrong(&what, "argumentNotAccepted");
                continue;
            };
            match self.argument_value(literal, arg, arg.required) {
                Ok(Value::Null) if arg.required => {
                    let (kind, field) = (arg.kind.name(), field.name);
                    let what = format!(
                        "Argument '{name}' on Field '{field}' has an invalid value (null). Expected type '{kind}!'."
                    );
                    wrong(&what, "argumentLiteralsIncompatible");
                }
                // A variable that was not given is as if the argument were not there.
                Ok(Value::Null) if !matches!(literal, Literal::Null) => {}
                Ok(value) => drop(args.insert(arg.name, value)),
                Err(ArgumentError::Variable(what, code)) => wrong(&what, code),
                Err(ArgumentError::Literal) => {
                    let (kind, must, field) = (arg.kind.name(), if arg.required { "!" } else { "" }, field.name);
                    let what = format!(
                        "Argument '{name}' on Field '{field}' has an invalid value ({literal}). Expected type '{kind}{must}'."
                    );
                    wrong(&what, "argumentLiteralsIncompatible");
                }
            }
        }
        let missing: Vec<&str> = field
            .args
            .iter()
            .filter(|arg| arg.required && !selected.arguments.iter().any(|(name, _)| arg.name == name))
            .map(|arg| arg.name)
            .collect();
        if !missing.is_empty() {
            let what = format!("Field '{}' is missing required arguments: {}", field.name, missing.join(", "));
            wrong(&what, "missingRequiredArguments");
        }
        args
    }

    /// What an argument was given, as JSON of its type; null when it was not.
    fn argument_value(
        &mut self,
        literal: &Literal<'_, String>,
        arg: &Argument,
        required: bool,
    ) -> Result<Value, ArgumentError> {
        match literal {
            Literal::Variable(name) => self.variable_value(name, arg.kind, required),
            Literal::List(items) => {
                let item = match arg.kind {
                    ArgumentType::Texts => ArgumentType::Text,
                    ArgumentType::Ids | ArgumentType::SnippetIds => ArgumentType::Id,
                    _ => return Err(ArgumentError::Literal),
                };
                let mut values = Vec::with_capacity(items.len());
                for inner in items {
                    values.push(match inner {
                        Literal::Variable(name) => self.variable_value(name, item, true)?,
                        other => coerce(item, literal_to_json(other)).ok_or(ArgumentError::Literal)?,
                    });
                }
                Ok(Value::Array(values))
            }
            Literal::Null => Ok(Value::Null),
            other => coerce(arg.kind, literal_to_json(other)).ok_or(ArgumentError::Literal),
        }
    }

    fn variable_value(&mut self, name: &str, kind: ArgumentType, required: bool) -> Result<Value, ArgumentError> {
        let Some(declared) = self.declared.get(name) else {
            let what = format!("Variable ${name} is used by anonymous query but not declared");
            return Err(ArgumentError::Variable(what, "variableNotDefined"));
        };
        self.used.insert(name.to_owned());
        let bare = declared.type_name.trim_end_matches('!');
        if bare != kind.name() || (required && bare == declared.type_name && declared.default.is_none()) {
            let must = if required { "!" } else { "" };
            let what = format!("Type mismatch on variable ${name} ({} / {}{must})", declared.type_name, kind.name());
            return Err(ArgumentError::Variable(what, "variableMismatch"));
        }
        let given = self.given.get(name).filter(|value| !value.is_null()).cloned();
        let value = given.or_else(|| declared.default.map(literal_to_json)).unwrap_or(Value::Null);
        if value.is_null() && !required && bare == declared.type_name {
            return Ok(Value::Null);
        }
        coerce(kind, value).ok_or_else(|| {
            let what = format!("Variable ${name} of type {} was provided invalid value", declared.type_name);
            ArgumentError::Variable(what, "variableInvalid")
        })
    }
}

enum ArgumentError {
    /// Sentence and code.
    Variable(String, &'static str),
    Literal,
}

/// A value as its type wants it; null is of no type.
fn coerce(kind: ArgumentType, value: Value) -> Option<Value> {
    match (kind, value) {
        (
            ArgumentType::Text
            | ArgumentType::Id
            | ArgumentType::UserId
            | ArgumentType::BoardId
            | ArgumentType::PipelineId,
            value @ Value::String(_),
        )
        | (ArgumentType::Flag, value @ Value::Bool(_)) => Some(value),
        (ArgumentType::Id, Value::Number(number)) => number.is_i64().then(|| Value::String(number.to_string())),
        (ArgumentType::Number, Value::Number(number)) => {
            number.as_i64().filter(|&number| i32::try_from(number).is_ok()).map(Value::from)
        }
        (ArgumentType::Texts | ArgumentType::Ids | ArgumentType::SnippetIds, value) => {
            let item = if kind == ArgumentType::Texts { ArgumentType::Text } else { ArgumentType::Id };
            let items = match value {
                Value::Array(items) => items,
                one => vec![one],
            };
            items.into_iter().map(|value| coerce(item, value)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        _ => None,
    }
}

/// A literal as JSON. What no argument of the sandbox takes (names, objects, fractions) becomes null, which fits none.
fn literal_to_json(literal: &Literal<'_, String>) -> Value {
    match literal {
        Literal::String(text) => Value::String(text.clone()),
        Literal::Int(number) => number.as_i64().map_or(Value::Null, Value::from),
        Literal::Boolean(flag) => Value::Bool(*flag),
        Literal::List(items) => Value::Array(items.iter().map(literal_to_json).collect()),
        _ => Value::Null,
    }
}

/// A type as it is written.
fn format_type(kind: &Written<'_, String>) -> String {
    match kind {
        Written::NamedType(name) => name.clone(),
        Written::ListType(inner) => format!("[{}]", format_type(inner)),
        Written::NonNullType(inner) => format!("{}!", format_type(inner)),
    }
}
