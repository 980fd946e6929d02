//! The schema.
//!
//! Names, nullability and argument types are those of GitLab docs, "GraphQL API resources"; costs those of
//! `app/graphql/types/base_field.rb` and the resolvers that it names.

use super::{Argument, ArgumentType, Cost, Field, ObjectType, ReturnType};
use crate::graphql::resolve as r;
use crate::graphql::schema::Resolver;

const fn field(name: &'static str, returns: ReturnType, args: &'static [Argument], resolve: Resolver) -> Field {
    Field { name, returns, args, cost: Cost::One, resolve }
}

const fn value(name: &'static str, resolve: Resolver) -> Field {
    field(name, ReturnType::Value, &[], resolve)
}

const fn optional_argument(name: &'static str, kind: ArgumentType) -> Argument {
    Argument { name, kind, required: false }
}

const fn required_argument(name: &'static str, kind: ArgumentType) -> Argument {
    Argument { name, kind, required: true }
}

const FIRST: Argument = optional_argument("first", ArgumentType::Number);
const AFTER: Argument = optional_argument("after", ArgumentType::Text);

pub(super) static TYPENAME: Field = value("__typename", r::typename);

/// The root of all queries.
pub(in super::super) static QUERY: ObjectType = ObjectType {
    name: "Query",
    fields: &[
        field("currentUser", ReturnType::Object(&USER), &[], r::query_current_user),
        field(
            "project",
            ReturnType::Object(&PROJECT),
            &[required_argument("fullPath", ArgumentType::Id)],
            r::query_project,
        )
        .with_cost(Cost::Resolver),
        field("group", ReturnType::Object(&GROUP), &[required_argument("fullPath", ArgumentType::Id)], r::query_group)
            .with_cost(Cost::Resolver),
        field(
            "namespace",
            ReturnType::Object(&NAMESPACE),
            &[required_argument("fullPath", ArgumentType::Id)],
            r::query_namespace,
        )
        .with_cost(Cost::Resolver),
        field(
            "user",
            ReturnType::Object(&USER),
            &[optional_argument("username", ArgumentType::Text), optional_argument("id", ArgumentType::UserId)],
            r::query_user,
        )
        .with_cost(Cost::Resolver),
        field(
            "users",
            ReturnType::Connection(&USER_CONNECTION),
            &[
                optional_argument("usernames", ArgumentType::Texts),
                optional_argument("ids", ArgumentType::Ids),
                FIRST,
                AFTER,
            ],
            r::query_users,
        )
        .with_cost(Cost::Resolver),
        field("queryComplexity", ReturnType::Object(&COMPLEXITY), &[], r::same_node),
    ],
};

static COMPLEXITY: ObjectType = ObjectType {
    name: "QueryComplexity",
    fields: &[value("score", r::query_complexity_score), value("limit", r::query_complexity_limit)],
};

static USER: ObjectType = ObjectType {
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

static PROJECT: ObjectType = ObjectType {
    name: "Project",
    fields: &[
        value("id", r::id),
        value("fullPath", r::full_path),
        value("name", r::name),
        value("archived", r::archived),
        value("markedForDeletion", r::marked_for_deletion),
        value("markedForDeletionOn", r::marked_for_deletion_on),
        value("isSelfDeletionScheduled", r::marked_for_deletion),
        value("isSelfDeletionInProgress", r::always_false),
        value("visibility", r::visibility),
        value("issuesEnabled", r::issues_enabled),
        value("webUrl", r::web_url),
        field("repository", ReturnType::Object(&REPOSITORY), &[], r::repository),
        field("issue", ReturnType::Object(&ISSUE), &[optional_argument("iid", ArgumentType::Text)], r::issue)
            .with_cost(Cost::Resolver),
        field(
            "issues",
            ReturnType::Connection(&ISSUE_CONNECTION),
            &[optional_argument("iids", ArgumentType::Texts), FIRST, AFTER],
            r::issues,
        )
        .with_cost(Cost::Resolver),
        field(
            "mergeRequest",
            ReturnType::Object(&MERGE_REQUEST),
            &[required_argument("iid", ArgumentType::Text)],
            r::merge_request,
        )
        .with_cost(Cost::Resolver),
        field("maxAccessLevel", ReturnType::Object(&ACCESS_LEVEL), &[], r::max_access_level),
        field("label", ReturnType::Object(&LABEL), &[required_argument("title", ArgumentType::Text)], r::label),
        field("labels", ReturnType::Connection(&LABEL_CONNECTION), LABEL_ARGUMENTS, r::labels)
            .with_cost(Cost::Resolver),
        field("board", ReturnType::Object(&BOARD), &[required_argument("id", ArgumentType::BoardId)], r::board)
            .with_cost(Cost::Resolver),
        field(
            "pipeline",
            ReturnType::Object(&PIPELINE),
            &[optional_argument("id", ArgumentType::PipelineId)],
            r::pipeline,
        )
        .with_cost(Cost::Resolver),
        field("release", ReturnType::Object(&RELEASE), &[required_argument("tagName", ArgumentType::Text)], r::release)
            .with_cost(Cost::Resolver),
        field(
            "snippets",
            ReturnType::Connection(&SNIPPET_CONNECTION),
            &[optional_argument("ids", ArgumentType::SnippetIds), FIRST, AFTER],
            r::snippets,
        )
        .with_cost(Cost::Resolver),
    ],
};

static BOARD: ObjectType = ObjectType { name: "Board", fields: &[value("id", r::stub_name)] };
static PIPELINE: ObjectType = ObjectType { name: "Pipeline", fields: &[value("id", r::stub_name)] };
static SNIPPET: ObjectType = ObjectType { name: "Snippet", fields: &[value("id", r::stub_name)] };
static RELEASE: ObjectType = ObjectType { name: "Release", fields: &[value("tagName", r::stub_name)] };

const LABEL_ARGUMENTS: &[Argument] = &[
    optional_argument("searchTerm", ArgumentType::Text),
    optional_argument("title", ArgumentType::Text),
    optional_argument("archived", ArgumentType::Flag),
    optional_argument("includeAncestorGroups", ArgumentType::Flag),
    FIRST,
    AFTER,
];

static GROUP: ObjectType = ObjectType {
    name: "Group",
    fields: &[
        value("id", r::id),
        value("fullPath", r::full_path),
        value("name", r::name),
        value("webUrl", r::web_url),
        value("visibility", r::visibility),
        field("maxAccessLevel", ReturnType::Object(&ACCESS_LEVEL), &[], r::max_access_level),
        field("label", ReturnType::Object(&LABEL), &[required_argument("title", ArgumentType::Text)], r::label),
        field(
            "labels",
            ReturnType::Connection(&LABEL_CONNECTION),
            &[
                optional_argument("searchTerm", ArgumentType::Text),
                optional_argument("title", ArgumentType::Text),
                optional_argument("archived", ArgumentType::Flag),
                optional_argument("onlyGroupLabels", ArgumentType::Flag),
                optional_argument("includeAncestorGroups", ArgumentType::Flag),
                optional_argument("includeDescendantGroups", ArgumentType::Flag),
                FIRST,
                AFTER,
            ],
            r::labels,
        )
        .with_cost(Cost::Resolver),
        field("epic", ReturnType::Object(&EPIC), &[optional_argument("iid", ArgumentType::Id)], r::epic)
            .with_cost(Cost::Resolver),
        field(
            "workItem",
            ReturnType::Object(&WORK_ITEM),
            &[required_argument("iid", ArgumentType::Text)],
            r::work_item,
        )
        .with_cost(Cost::Resolver),
    ],
};

static ACCESS_LEVEL: ObjectType = ObjectType {
    name: "AccessLevel",
    fields: &[value("integerValue", r::integer_value), value("stringValue", r::string_value)],
};

static NAMESPACE: ObjectType = ObjectType {
    name: "Namespace",
    fields: &[
        value("id", r::namespace_id),
        value("fullPath", r::full_path),
        value("name", r::name),
        value("visibility", r::visibility),
        field(
            "workItem",
            ReturnType::Object(&WORK_ITEM),
            &[required_argument("iid", ArgumentType::Text)],
            r::work_item,
        )
        .with_cost(Cost::Resolver),
    ],
};

static REPOSITORY: ObjectType = ObjectType {
    name: "Repository",
    fields: &[
        value("exists", r::exists),
        value("empty", r::empty),
        value("rootRef", r::root_ref).with_cost(Cost::Gitaly),
        field(
            "blobs",
            ReturnType::Connection(&REPOSITORY_BLOB_CONNECTION),
            &[
                required_argument("paths", ArgumentType::Texts),
                optional_argument("ref", ArgumentType::Text),
                FIRST,
                AFTER,
            ],
            r::blobs,
        )
        .with_cost(Cost::GitalyPaths),
        field(
            "tree",
            ReturnType::Object(&TREE),
            &[
                optional_argument("path", ArgumentType::Text),
                optional_argument("ref", ArgumentType::Text),
                optional_argument("recursive", ArgumentType::Flag),
            ],
            r::tree,
        )
        .with_cost(Cost::GitalyResolver),
    ],
};

static REPOSITORY_BLOB: ObjectType = ObjectType {
    name: "RepositoryBlob",
    fields: &[
        value("id", r::blob_id),
        value("path", r::path),
        value("name", r::file_name),
        value("oid", r::oid),
        value("rawTextBlob", r::raw_text),
        value("webPath", r::blob_web_path),
        value("size", r::blob_size),
    ],
};

static TREE: ObjectType = ObjectType {
    name: "Tree",
    fields: &[
        field("trees", ReturnType::Connection(&TREE_ENTRY_CONNECTION), &[FIRST, AFTER], r::trees),
        field("blobs", ReturnType::Connection(&BLOB_CONNECTION), &[FIRST, AFTER], r::tree_blobs)
            .with_cost(Cost::Gitaly),
        field("submodules", ReturnType::Connection(&TREE_ENTRY_CONNECTION), &[FIRST, AFTER], r::submodules)
            .with_cost(Cost::Gitaly),
    ],
};

static TREE_ENTRY: ObjectType =
    ObjectType { name: "TreeEntry", fields: &[value("path", r::path), value("name", r::file_name)] };

static BLOB: ObjectType = ObjectType { name: "Blob", fields: &[value("path", r::path), value("name", r::file_name)] };

static LABEL: ObjectType = ObjectType {
    name: "Label",
    fields: &[
        value("id", r::id),
        value("title", r::title),
        value("archived", r::archived),
        value("color", r::color),
        value("description", r::description),
    ],
};

static ISSUE: ObjectType = ObjectType {
    name: "Issue",
    fields: &[
        value("id", r::id),
        value("iid", r::iid),
        value("title", r::title),
        value("state", r::state),
        value("webUrl", r::web_url),
        value("confidential", r::confidential),
        // Its own cost is written there (`app/graphql/types/issue_type.rb`), whatever the length of a page.
        field("participants", ReturnType::Connection(&USER_CONNECTION), &[FIRST, AFTER], r::participants)
            .with_cost(Cost::Fixed(5)),
    ],
};
static MERGE_REQUEST: ObjectType = ObjectType { name: "MergeRequest", fields: ITEM_FIELDS };
static EPIC: ObjectType = ObjectType { name: "Epic", fields: ITEM_FIELDS };
static WORK_ITEM: ObjectType = ObjectType { name: "WorkItem", fields: ITEM_FIELDS };

/// What merge requests, epics and work items have in common, and issues, too; each has its own words for its state.
const ITEM_FIELDS: &[Field] = &[
    value("id", r::id),
    value("iid", r::iid),
    value("title", r::title),
    value("state", r::state),
    value("webUrl", r::web_url),
];

static PAGE_INFO: ObjectType = ObjectType {
    name: "PageInfo",
    fields: &[
        value("hasNextPage", r::has_next_page),
        value("hasPreviousPage", r::has_previous_page),
        value("startCursor", r::start_cursor),
        value("endCursor", r::end_cursor),
    ],
};

/// A type whose pages hold items of another type.
macro_rules! pages_of {
    ($page:ident, $name:literal, $item:ident) => {
        static $page: ObjectType = ObjectType {
            name: $name,
            fields: &[
                field("nodes", ReturnType::List(&$item), &[], r::nodes),
                field("pageInfo", ReturnType::Object(&PAGE_INFO), &[], r::same_node),
                value("count", r::count),
            ],
        };
    };
}

pages_of!(SNIPPET_CONNECTION, "SnippetConnection", SNIPPET);
pages_of!(ISSUE_CONNECTION, "IssueConnection", ISSUE);
pages_of!(USER_CONNECTION, "UserCoreConnection", USER);
pages_of!(LABEL_CONNECTION, "LabelConnection", LABEL);
pages_of!(REPOSITORY_BLOB_CONNECTION, "RepositoryBlobConnection", REPOSITORY_BLOB);
pages_of!(TREE_ENTRY_CONNECTION, "TreeEntryConnection", TREE_ENTRY);
pages_of!(BLOB_CONNECTION, "BlobConnection", BLOB);
