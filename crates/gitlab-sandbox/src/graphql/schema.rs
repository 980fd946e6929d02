//! What a schema is made of: types, fields, arguments and what a field costs; and what a query wants of it. `types` is
//! the schema itself.

mod types;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use self::types::QUERY;
use self::types::TYPENAME;
use super::node::{ExecutionContext, Node, Resolved};

/// The largest page (`GitlabSchema.default_max_page_size`).
const MAX_PAGE_SIZE: usize = 100;

/// A type with fields.
pub(super) struct ObjectType {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

/// A field of a type.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) returns: ReturnType,
    pub(super) args: &'static [Argument],
    pub(super) cost: Cost,
    pub(super) resolve: Resolver,
}

/// Finds what a field comes to.
pub(super) type Resolver = for<'a> fn(&ExecutionContext<'a>, &Node<'a>, &SelectedField) -> Resolved<'a>;

/// What a field gives.
#[derive(Clone, Copy)]
pub(super) enum ReturnType {
    /// A mere value.
    Value,
    /// One object, or null.
    Object(&'static ObjectType),
    /// Objects, all of them.
    List(&'static ObjectType),
    /// Objects, page by page; the type is that of the connection.
    Connection(&'static ObjectType),
}

/// What a field adds to a query's complexity, beside what is asked below it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// 1.
    One,
    /// So much, beside what is asked below it.
    Fixed(u64),
    /// 2: git is asked.
    Gitaly,
    /// A resolver: 1, and for pages one per cent of all for each row that is asked for.
    Resolver,
    /// A resolver that asks git: 1 more.
    GitalyResolver,
    /// A resolver that asks git for paths: 1 more for each path, too (`BlobsResolver.resolver_complexity`).
    GitalyPaths,
}

/// An argument of a field.
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) kind: ArgumentType,
    pub(super) required: bool,
}

/// The type of an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ArgumentType {
    Text,
    Texts,
    Id,
    Ids,
    UserId,
    BoardId,
    PipelineId,
    SnippetIds,
    Number,
    Flag,
}

impl ReturnType {
    /// The type that the fields below belong to.
    pub(super) fn object_type(self) -> Option<&'static ObjectType> {
        match self {
            ReturnType::Value => None,
            ReturnType::Object(below) | ReturnType::List(below) | ReturnType::Connection(below) => Some(below),
        }
    }
}

impl ArgumentType {
    /// Its name in the schema, without the `!` of a required argument.
    pub(super) fn name(self) -> &'static str {
        match self {
            ArgumentType::Text => "String",
            ArgumentType::Texts => "[String!]",
            ArgumentType::Id => "ID",
            ArgumentType::Ids => "[ID!]",
            ArgumentType::UserId => "UserID",
            ArgumentType::BoardId => "BoardID",
            ArgumentType::PipelineId => "CiPipelineID",
            ArgumentType::SnippetIds => "[SnippetID!]",
            ArgumentType::Number => "Int",
            ArgumentType::Flag => "Boolean",
        }
    }
}

impl ObjectType {
    /// A field by its name.
    pub(super) fn field(&'static self, name: &str) -> Option<&'static Field> {
        if name == "__typename" {
            return Some(&TYPENAME);
        }
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    const fn with_cost(mut self, cost: Cost) -> Field {
        self.cost = cost;
        self
    }
}

/// A field that is wanted.
pub(super) struct SelectedField {
    /// Its name in the answer: the alias, or else the field's own.
    pub(super) response_key: String,
    pub(super) field: &'static Field,
    /// The type that the field was asked of.
    pub(super) parent_type: &'static ObjectType,
    /// What was given, nulls left out.
    pub(super) args: BTreeMap<&'static str, Value>,
    pub(super) selections: Vec<SelectedField>,
    /// Line and column in the query.
    pub(super) position: (usize, usize),
}

impl SelectedField {
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
    pub(super) fn selects(&self, path: &[&str]) -> bool {
        match path {
            [] => true,
            [first, rest @ ..] => self.selections.iter().any(|below| below.field.name == *first && below.selects(rest)),
        }
    }

    /// How many rows at most, if that makes sense.
    pub(super) fn page_size(&self) -> Option<usize> {
        match self.args.get("first").and_then(Value::as_i64) {
            None => Some(MAX_PAGE_SIZE),
            Some(first) => usize::try_from(first).ok().map(|first| first.min(MAX_PAGE_SIZE)),
        }
    }
}
