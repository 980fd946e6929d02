//! Arguments and variables: given or missing, and of the right type.

use std::collections::{BTreeMap, BTreeSet};

use graphql_parser::query::{Field as Asked, Type as Written, Value as Literal, VariableDefinition};
use serde_json::{Value, json};

use super::at;
use crate::sandbox::graphql::schema::{Arg, Field, Kind};

/// The variables of a query: what it declares, what the request gave, and which of them were used.
pub(super) struct Variables<'q> {
    declared: BTreeMap<String, Declared<'q>>,
    given: &'q Value,
    used: BTreeSet<String>,
}

struct Declared<'q> {
    kind: String,
    default: Option<&'q Literal<'q, String>>,
}

impl<'q> Variables<'q> {
    pub(super) fn new(definitions: &'q [VariableDefinition<'q, String>], given: &'q Value) -> Variables<'q> {
        let declared = definitions.iter().map(|variable| {
            let declared = Declared { kind: written(&variable.var_type), default: variable.default_value.as_ref() };
            (variable.name.clone(), declared)
        });
        Variables { declared: declared.collect(), given, used: BTreeSet::new() }
    }

    /// A variable that nobody uses is an error, too.
    pub(super) fn unused(&self) -> Vec<Value> {
        let idle = self.declared.keys().filter(|name| !self.used.contains(*name));
        idle.map(|name| {
            let message = format!("Variable ${name} is declared by anonymous query but not used");
            json!({ "message": message, "extensions": { "code": "variableNotUsed", "variableName": name } })
        })
        .collect()
    }

    /// The arguments of one field.
    pub(super) fn arguments(
        &mut self,
        asked: &Asked<'_, String>,
        field: &'static Field,
        path: &str,
        errors: &mut Vec<Value>,
    ) -> BTreeMap<&'static str, Value> {
        let mut args = BTreeMap::new();
        let mut wrong = |what: &str, code: &str| errors.push(at(asked.position, what, code, path));
        for (name, literal) in &asked.arguments {
            let Some(arg) = field.args.iter().find(|arg| arg.name == name) else {
                let what = format!("Field '{}' doesn't accept argument '{name}'", field.name);
                wrong(&what, "argumentNotAccepted");
                continue;
            };
            match self.value(literal, arg, arg.required) {
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
                Err(Trouble::Variable(what, code)) => wrong(&what, code),
                Err(Trouble::Literal) => {
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
            .filter(|arg| arg.required && !asked.arguments.iter().any(|(name, _)| arg.name == name))
            .map(|arg| arg.name)
            .collect();
        if !missing.is_empty() {
            let what = format!("Field '{}' is missing required arguments: {}", field.name, missing.join(", "));
            wrong(&what, "missingRequiredArguments");
        }
        args
    }

    /// What an argument was given, as JSON of its type; null when it was not.
    fn value(&mut self, literal: &Literal<'_, String>, arg: &Arg, required: bool) -> Result<Value, Trouble> {
        match literal {
            Literal::Variable(name) => self.variable(name, arg.kind, required),
            Literal::List(items) => {
                let item = match arg.kind {
                    Kind::Texts => Kind::Text,
                    Kind::Ids | Kind::SnippetIds => Kind::Id,
                    _ => return Err(Trouble::Literal),
                };
                let mut values = Vec::with_capacity(items.len());
                for inner in items {
                    values.push(match inner {
                        Literal::Variable(name) => self.variable(name, item, true)?,
                        other => coerced(item, plain(other)).ok_or(Trouble::Literal)?,
                    });
                }
                Ok(Value::Array(values))
            }
            Literal::Null => Ok(Value::Null),
            other => coerced(arg.kind, plain(other)).ok_or(Trouble::Literal),
        }
    }

    fn variable(&mut self, name: &str, kind: Kind, required: bool) -> Result<Value, Trouble> {
        let Some(declared) = self.declared.get(name) else {
            let what = format!("Variable ${name} is used by anonymous query but not declared");
            return Err(Trouble::Variable(what, "variableNotDefined"));
        };
        self.used.insert(name.to_owned());
        let bare = declared.kind.trim_end_matches('!');
        if bare != kind.name() || (required && bare == declared.kind && declared.default.is_none()) {
            let must = if required { "!" } else { "" };
            let what = format!("Type mismatch on variable ${name} ({} / {}{must})", declared.kind, kind.name());
            return Err(Trouble::Variable(what, "variableMismatch"));
        }
        let given = self.given.get(name).filter(|value| !value.is_null()).cloned();
        let value = given.or_else(|| declared.default.map(plain)).unwrap_or(Value::Null);
        if value.is_null() && !required && bare == declared.kind {
            return Ok(Value::Null);
        }
        coerced(kind, value).ok_or_else(|| {
            let what = format!("Variable ${name} of type {} was provided invalid value", declared.kind);
            Trouble::Variable(what, "variableInvalid")
        })
    }
}

enum Trouble {
    /// Sentence and code.
    Variable(String, &'static str),
    Literal,
}

/// A value as its type wants it; null is of no type.
fn coerced(kind: Kind, value: Value) -> Option<Value> {
    match (kind, value) {
        (Kind::Text | Kind::Id | Kind::UserId | Kind::BoardId | Kind::PipelineId, value @ Value::String(_))
        | (Kind::Flag, value @ Value::Bool(_)) => Some(value),
        (Kind::Id, Value::Number(number)) => number.is_i64().then(|| Value::String(number.to_string())),
        (Kind::Number, Value::Number(number)) => {
            number.as_i64().filter(|&number| i32::try_from(number).is_ok()).map(Value::from)
        }
        (Kind::Texts | Kind::Ids | Kind::SnippetIds, value) => {
            let item = if kind == Kind::Texts { Kind::Text } else { Kind::Id };
            let items = match value {
                Value::Array(items) => items,
                one => vec![one],
            };
            items.into_iter().map(|value| coerced(item, value)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        _ => None,
    }
}

/// A literal as JSON. What no argument of the box takes (names, objects, fractions) becomes null, which fits none.
fn plain(literal: &Literal<'_, String>) -> Value {
    match literal {
        Literal::String(text) => Value::String(text.clone()),
        Literal::Int(number) => number.as_i64().map_or(Value::Null, Value::from),
        Literal::Boolean(flag) => Value::Bool(*flag),
        Literal::List(items) => Value::Array(items.iter().map(plain).collect()),
        _ => Value::Null,
    }
}

/// A type as it is written.
fn written(kind: &Written<'_, String>) -> String {
    match kind {
        Written::NamedType(name) => name.clone(),
        Written::ListType(inner) => format!("[{}]", written(inner)),
        Written::NonNullType(inner) => format!("{}!", written(inner)),
    }
}
