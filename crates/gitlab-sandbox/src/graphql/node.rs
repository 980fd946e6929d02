//! What a query walks over: the world, and what a field of it comes to.

use serde_json::Value;

use crate::world::{Epic, Group, Issue, Label, MergeRequest, Project, User, World};

/// What a query is executed with.
pub(super) struct ExecutionContext<'a> {
    pub(super) world: &'a World,
    pub(super) current_user_id: Option<u64>,
    pub(super) origin: &'a str,
    pub(super) complexity: u64,
    pub(super) max_complexity: u64,
}

/// Something that has fields.
#[derive(Clone)]
pub(super) enum Node<'a> {
    Query,
    User(&'a User),
    Project(&'a Project),
    Group(&'a Group),
    /// The namespace of a user's own projects.
    UserNamespace(&'a User),
    Label(&'a Label),
    Issue(&'a Project, &'a Issue),
    MergeRequest(&'a Project, &'a MergeRequest),
    Epic(&'a Group, &'a Epic),
    /// The same as an epic or an issue, under the name that GitLab has for all of them now.
    WorkItem(Box<Node<'a>>),
    Tree {
        folders: Vec<String>,
        files: Vec<String>,
        submodules: Vec<String>,
    },
    /// A file or folder by its path.
    TreeEntry(String),
    /// Something of which only the name is kept, such as a release.
    Stub(String),
    /// What the asking user may do, from 0 to 50.
    AccessLevel(u8),
    Blob {
        project: &'a Project,
        branch: String,
        path: &'a str,
        text: &'a str,
    },
    Connection {
        nodes: Vec<Node<'a>>,
        start: usize,
        all: usize,
    },
}

/// What a field comes to.
pub(super) enum Resolved<'a> {
    Value(Value),
    Node(Node<'a>),
    Nodes(Vec<Node<'a>>),
    Null,
    /// Null, with a sentence for `errors`.
    Failed(String),
}
