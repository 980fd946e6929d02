//! What a schema is made of: types, fields, arguments and what a field costs; `tables` is the schema itself.

mod tables;

pub(super) use self::tables::QUERY;
use self::tables::TYPENAME;
use super::run::Resolve;

/// A type with fields.
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

/// A field of a type.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) gives: Gives,
    pub(super) args: &'static [Arg],
    pub(super) cost: Cost,
    pub(super) resolve: Resolve,
}

/// What a field gives.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// A mere value.
    Value,
    /// One object, or null.
    Object(&'static Type),
    /// Objects, all of them.
    Objects(&'static Type),
    /// Objects, page by page; the type is that of the page.
    Pages(&'static Type),
}

/// What a field adds to a query's complexity, beside what is asked below it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// 1.
    One,
    /// 2: git is asked.
    Gitaly,
    /// A resolver: 1, and for pages one per cent of all for each row that is asked for.
    Resolver,
    /// A resolver that asks git: 1 more.
    GitalyResolver,
    /// A resolver that asks git for paths: 1 more for each path, too (`BlobsResolver.resolver_complexity`).
    Paths,
}

/// An argument of a field.
pub(super) struct Arg {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// The type of an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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

impl Kind {
    /// Its name in the schema, without the `!` of a required argument.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Text => "String",
            Kind::Texts => "[String!]",
            Kind::Id => "ID",
            Kind::Ids => "[ID!]",
            Kind::UserId => "UserID",
            Kind::BoardId => "BoardID",
            Kind::PipelineId => "CiPipelineID",
            Kind::SnippetIds => "[SnippetID!]",
            Kind::Number => "Int",
            Kind::Flag => "Boolean",
        }
    }
}

impl Type {
    /// A field by its name.
    pub(super) fn field(&'static self, name: &str) -> Option<&'static Field> {
        if name == "__typename" {
            return Some(&TYPENAME);
        }
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    const fn costs(mut self, cost: Cost) -> Field {
        self.cost = cost;
        self
    }
}
