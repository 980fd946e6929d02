//! The schema.
//!
//! Names, nullability and argument types are those of GitLab docs, "GraphQL API resources"; costs those of
//! `app/graphql/types/base_field.rb` and the resolvers that it names.

use super::{Arg, Cost, Field, Gives, Kind, Type};
use crate::sandbox::graphql::resolve as r;
use crate::sandbox::graphql::run::Resolve;

const fn field(name: &'static str, gives: Gives, args: &'static [Arg], resolve: Resolve) -> Field {
    Field { name, gives, args, cost: Cost::One, resolve }
}

const fn value(name: &'static str, resolve: Resolve) -> Field {
    field(name, Gives::Value, &[], resolve)
}

const fn may(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, required: false }
}

const fn must(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, required: true }
}

const FIRST: Arg = may("first", Kind::Number);
const AFTER: Arg = may("after", Kind::Text);

pub(super) static TYPENAME: Field = value("__typename", r::typename);

/// The root of all queries.
pub(in super::super) static QUERY: Type = Type {
    name: "Query",
    fields: &[
        field("currentUser", Gives::Object(&USER), &[], r::current_user),
        field("project", Gives::Object(&PROJECT), &[must("fullPath", Kind::Id)], r::project).costs(Cost::Resolver),
        field("group", Gives::Object(&GROUP), &[must("fullPath", Kind::Id)], r::group).costs(Cost::Resolver),
        field("namespace", Gives::Object(&NAMESPACE), &[must("fullPath", Kind::Id)], r::namespace)
            .costs(Cost::Resolver),
        field("user", Gives::Object(&USER), &[may("username", Kind::Text), may("id", Kind::UserId)], r::user)
            .costs(Cost::Resolver),
        field(
            "users",
            Gives::Pages(&USER_CONNECTION),
            &[may("usernames", Kind::Texts), may("ids", Kind::Ids), FIRST, AFTER],
            r::users,
        )
        .costs(Cost::Resolver),
        field("queryComplexity", Gives::Object(&COMPLEXITY), &[], r::itself),
    ],
};

static COMPLEXITY: Type =
    Type { name: "QueryComplexity", fields: &[value("score", r::score), value("limit", r::limit)] };

static USER: Type = Type {
    name: "User",
    fields: &[
        value("id", r::id),
        value("username", r::username),
        value("name", r::name),
        value("state", r::state),
        value("active", r::active),
        value("bot", r::bot),
        value("webUrl", r::web_url),
    ],
};

static PROJECT: Type = Type {
    name: "Project",
    fields: &[
        value("id", r::id),
        value("fullPath", r::full_path),
        value("name", r::name),
        value("archived", r::archived),
        value("markedForDeletion", r::is_marked),
        value("markedForDeletionOn", r::marked_on),
        value("isSelfDeletionScheduled", r::is_marked),
        value("isSelfDeletionInProgress", r::never),
        value("visibility", r::visibility),
        value("issuesEnabled", r::issues_enabled),
        value("webUrl", r::web_url),
        field("repository", Gives::Object(&REPOSITORY), &[], r::repository),
        field("issue", Gives::Object(&ISSUE), &[may("iid", Kind::Text)], r::issue).costs(Cost::Resolver),
        field("mergeRequest", Gives::Object(&MERGE_REQUEST), &[must("iid", Kind::Text)], r::merge_request)
            .costs(Cost::Resolver),
        field("maxAccessLevel", Gives::Object(&ACCESS_LEVEL), &[], r::max_access_level),
        field("label", Gives::Object(&LABEL), &[must("title", Kind::Text)], r::label),
        field("labels", Gives::Pages(&LABEL_CONNECTION), LABELS, r::labels).costs(Cost::Resolver),
        field("board", Gives::Object(&BOARD), &[must("id", Kind::BoardId)], r::board).costs(Cost::Resolver),
        field("pipeline", Gives::Object(&PIPELINE), &[may("id", Kind::PipelineId)], r::pipeline).costs(Cost::Resolver),
        field("release", Gives::Object(&RELEASE), &[must("tagName", Kind::Text)], r::release).costs(Cost::Resolver),
        field(
            "snippets",
            Gives::Pages(&SNIPPET_CONNECTION),
            &[may("ids", Kind::SnippetIds), FIRST, AFTER],
            r::snippets,
        )
        .costs(Cost::Resolver),
    ],
};

static BOARD: Type = Type { name: "Board", fields: &[value("id", r::named)] };
static PIPELINE: Type = Type { name: "Pipeline", fields: &[value("id", r::named)] };
static SNIPPET: Type = Type { name: "Snippet", fields: &[value("id", r::named)] };
static RELEASE: Type = Type { name: "Release", fields: &[value("tagName", r::named)] };

const LABELS: &[Arg] = &[
    may("searchTerm", Kind::Text),
    may("title", Kind::Text),
    may("archived", Kind::Flag),
    may("includeAncestorGroups", Kind::Flag),
    FIRST,
    AFTER,
];

static GROUP: Type = Type {
    name: "Group",
    fields: &[
        value("id", r::id),
        value("fullPath", r::full_path),
        value("name", r::name),
        value("webUrl", r::web_url),
        value("visibility", r::visibility),
        field("maxAccessLevel", Gives::Object(&ACCESS_LEVEL), &[], r::max_access_level),
        field("label", Gives::Object(&LABEL), &[must("title", Kind::Text)], r::label),
        field(
            "labels",
            Gives::Pages(&LABEL_CONNECTION),
            &[
                may("searchTerm", Kind::Text),
                may("title", Kind::Text),
                may("archived", Kind::Flag),
                may("onlyGroupLabels", Kind::Flag),
                may("includeAncestorGroups", Kind::Flag),
                may("includeDescendantGroups", Kind::Flag),
                FIRST,
                AFTER,
            ],
            r::labels,
        )
        .costs(Cost::Resolver),
        field("epic", Gives::Object(&EPIC), &[may("iid", Kind::Id)], r::epic).costs(Cost::Resolver),
        field("workItem", Gives::Object(&WORK_ITEM), &[must("iid", Kind::Text)], r::work_item).costs(Cost::Resolver),
    ],
};

static ACCESS_LEVEL: Type = Type {
    name: "AccessLevel",
    fields: &[value("integerValue", r::integer_value), value("stringValue", r::string_value)],
};

static NAMESPACE: Type = Type {
    name: "Namespace",
    fields: &[
        value("id", r::namespace_id),
        value("fullPath", r::full_path),
        value("name", r::name),
        value("visibility", r::visibility),
        field("workItem", Gives::Object(&WORK_ITEM), &[must("iid", Kind::Text)], r::work_item).costs(Cost::Resolver),
    ],
};

static REPOSITORY: Type = Type {
    name: "Repository",
    fields: &[
        value("exists", r::exists),
        value("empty", r::empty),
        value("rootRef", r::root_ref).costs(Cost::Gitaly),
        field(
            "blobs",
            Gives::Pages(&REPOSITORY_BLOB_CONNECTION),
            &[must("paths", Kind::Texts), may("ref", Kind::Text), FIRST, AFTER],
            r::blobs,
        )
        .costs(Cost::Paths),
        field(
            "tree",
            Gives::Object(&TREE),
            &[may("path", Kind::Text), may("ref", Kind::Text), may("recursive", Kind::Flag)],
            r::tree,
        )
        .costs(Cost::GitalyResolver),
    ],
};

static REPOSITORY_BLOB: Type = Type {
    name: "RepositoryBlob",
    fields: &[
        value("id", r::blob_id),
        value("path", r::path),
        value("name", r::file_name),
        value("oid", r::oid),
        value("rawTextBlob", r::raw_text),
        value("webPath", r::blob_web_path),
        value("size", r::size),
    ],
};

static TREE: Type = Type {
    name: "Tree",
    fields: &[
        field("trees", Gives::Pages(&TREE_ENTRY_CONNECTION), &[FIRST, AFTER], r::trees),
        field("blobs", Gives::Pages(&BLOB_CONNECTION), &[FIRST, AFTER], r::tree_blobs).costs(Cost::Gitaly),
        field("submodules", Gives::Pages(&TREE_ENTRY_CONNECTION), &[FIRST, AFTER], r::submodules).costs(Cost::Gitaly),
    ],
};

static TREE_ENTRY: Type = Type { name: "TreeEntry", fields: &[value("path", r::path), value("name", r::file_name)] };

static BLOB: Type = Type { name: "Blob", fields: &[value("path", r::path), value("name", r::file_name)] };

static LABEL: Type = Type {
    name: "Label",
    fields: &[
        value("id", r::id),
        value("title", r::title),
        value("archived", r::archived),
        value("color", r::color),
        value("description", r::description),
    ],
};

static ISSUE: Type = Type {
    name: "Issue",
    fields: &[
        value("id", r::id),
        value("iid", r::iid),
        value("title", r::title),
        value("state", r::state),
        value("webUrl", r::web_url),
        value("confidential", r::confidential),
    ],
};
static MERGE_REQUEST: Type = Type { name: "MergeRequest", fields: ITEM };
static EPIC: Type = Type { name: "Epic", fields: ITEM };
static WORK_ITEM: Type = Type { name: "WorkItem", fields: ITEM };

/// What merge requests, epics and work items have in common, and issues, too; each has its own words for its state.
const ITEM: &[Field] = &[
    value("id", r::id),
    value("iid", r::iid),
    value("title", r::title),
    value("state", r::state),
    value("webUrl", r::web_url),
];

static PAGE_INFO: Type = Type {
    name: "PageInfo",
    fields: &[
        value("hasNextPage", r::has_next),
        value("hasPreviousPage", r::has_previous),
        value("startCursor", r::start_cursor),
        value("endCursor", r::end_cursor),
    ],
};

/// A type whose pages hold items of another type.
macro_rules! pages_of {
    ($page:ident, $name:literal, $item:ident) => {
        static $page: Type = Type {
            name: $name,
            fields: &[
                field("nodes", Gives::Objects(&$item), &[], r::nodes),
                field("pageInfo", Gives::Object(&PAGE_INFO), &[], r::itself),
                value("count", r::count),
            ],
        };
    };
}

pages_of!(SNIPPET_CONNECTION, "SnippetConnection", SNIPPET);
pages_of!(USER_CONNECTION, "UserCoreConnection", USER);
pages_of!(LABEL_CONNECTION, "LabelConnection", LABEL);
pages_of!(REPOSITORY_BLOB_CONNECTION, "RepositoryBlobConnection", REPOSITORY_BLOB);
pages_of!(TREE_ENTRY_CONNECTION, "TreeEntryConnection", TREE_ENTRY);
pages_of!(BLOB_CONNECTION, "BlobConnection", BLOB);
