//! What can be asked about a project, a group or a user, and how that is written in GraphQL.
//!
//! Every value travels as a variable, so nothing that a page says can become part of a query. Types are
//! those of GitLab docs, "GraphQL API resources".

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// The types at the root of a query that have a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    /// `project(fullPath:)`
    Project,
    /// `group(fullPath:)`
    Group,
    /// `user(username:)`
    User,
}

/// A thing inside a project or group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaf {
    /// Whether a file is there, and its size in bytes.
    Blob { git_ref: String, path: String },
    /// The text of a file.
    Text { git_ref: String, path: String },
    /// Whether anything is in a folder.
    Tree { git_ref: String, path: String },
    /// An issue of a project.
    Issue(String),
    /// A merge request of a project.
    MergeRequest(String),
    /// An epic of a group, in the type that is to be removed (GitLab docs, "Epic work items API migration guide").
    Epic(String),
    /// A work item of a group; an epic and its work item have one number.
    WorkItem(String),
    /// A label of a group, by its exact title.
    Label(String),
    /// A label that a list of the owner may be narrowed to, by its exact title: its own, of a group above or below it,
    /// or of a project right in it.
    Filter(String),
    /// The archived labels among those that [`Leaf::Label`] finds, a hundred of them at most. Known from GitLab 18.10 on
    /// (`app/graphql/resolvers/labels_resolver.rb`).
    ArchivedLabels,
    /// Whether the label of that title is archived, as [`Leaf::Filter`] looks for it.
    ArchivedFilter(String),
    /// A release, by its tag.
    Release(String),
    /// A thing that GitLab knows by the number in its address.
    Numbered(Numbered, String),
    /// A milestone, by its number in the owner; asked over REST, because GraphQL takes no such number.
    Milestone(String),
    /// A page of the wiki, by its slug; asked over REST.
    Wiki(String),
    /// A template that a new issue or merge request begins with, inherited ones included; asked over REST.
    Template(Form, String),
    /// The token's role, as GitLab's number (10 guest, 15 planner, 20 reporter, …; docs "Access levels").
    Role,
}

/// A thing that has its number from the whole instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Numbered {
    Board,
    Pipeline,
    Snippet,
}

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Issue,
    MergeRequest,
}

impl Form {
    /// The template's file on the default branch (GitLab docs, "Description templates").
    pub(super) fn file(self, name: &str) -> Leaf {
        let folder = match self {
            Self::Issue => "issue_templates",
            Self::MergeRequest => "merge_request_templates",
        };
        Leaf::Blob { git_ref: "HEAD".to_owned(), path: format!(".gitlab/{folder}/{name}.md") }
    }
}

/// A question about one owner: whether it is there, and which of these it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) root: Root,
    /// The owner's path as links name it.
    pub(super) path: String,
    /// The path that the owner has today, where that is another one.
    pub(super) today: Option<String>,
    pub(super) leaves: Vec<Leaf>,
    /// Bytes of text that the answer will have, as far as known.
    pub(super) bytes: u64,
}

/// A question written down: a field of the query, and the variables it uses.
pub(super) struct Written {
    pub(super) field: String,
    pub(super) declarations: String,
    pub(super) variables: Map<String, Value>,
}

/// Leaves that are asked by one field: files of one ref together, everything else alone.
pub(super) struct Asked<'a> {
    pub(super) alias: String,
    pub(super) leaves: Vec<&'a Leaf>,
}

impl Leaf {
    /// Which versions of GitLab know it; one that does not refuses a whole query for it. Leaves of one number are known or
    /// unknown together; 0 is known to every version.
    pub(super) fn fragility(&self) -> usize {
        match self {
            Self::Epic(_) => 1,
            Self::WorkItem(_) => 2,
            Self::Role => 3,
            Self::Release(_) => 4,
            Self::Numbered(Numbered::Board, _) => 5,
            Self::Numbered(Numbered::Pipeline, _) => 6,
            Self::Numbered(Numbered::Snippet, _) => 7,
            Self::ArchivedLabels | Self::ArchivedFilter(_) => 8,
            _ => 0,
        }
    }

    /// Whether it lives in the repository.
    pub(super) fn in_repository(&self) -> bool {
        matches!(self, Self::Blob { .. } | Self::Text { .. } | Self::Tree { .. })
    }
}

impl Question {
    pub(super) fn new(root: Root, path: &str, leaves: Vec<Leaf>) -> Self {
        Self { root, path: path.to_owned(), today: None, leaves, bytes: 0 }
    }

    /// The leaves as they are asked together, in an order that hangs on nothing else.
    pub(super) fn asked(&self) -> Vec<Asked<'_>> {
        let mut groups: BTreeMap<(bool, &str), Vec<&Leaf>> = BTreeMap::new();
        let mut alone = Vec::new();
        for leaf in &self.leaves {
            match leaf {
                Leaf::Blob { git_ref, .. } => groups.entry((false, git_ref)).or_default().push(leaf),
                Leaf::Text { git_ref, .. } => groups.entry((true, git_ref)).or_default().push(leaf),
                _ => alone.push(vec![leaf]),
            }
        }
        let all = groups.into_values().chain(alone).enumerate();
        all.map(|(index, leaves)| Asked { alias: format!("l{index}"), leaves }).collect()
    }

    /// An upper bound of its complexity by GitLab's rules (`app/graphql/types/base_field.rb`,
    /// `resolvers/blobs_resolver.rb`): a field costs 1, one that asks git 1 more, a path in `blobs` 1 more,
    /// and what a page may hold a hundredth of the page for each.
    pub(super) fn cost(&self) -> usize {
        let repository = if self.leaves.iter().any(Leaf::in_repository) { 3 } else { 0 };
        let fields = self.asked().into_iter().map(|asked| {
            let files = asked.leaves.len();
            match asked.leaves[0] {
                Leaf::Blob { .. } => (3 + files * 3) * (100 + files) / 100 + 1,
                Leaf::Text { .. } => (3 + files * 4) * (100 + files) / 100 + 1,
                Leaf::Tree { .. } => 14,
                Leaf::Label(_) => 3,
                // A page of a hundred.
                Leaf::ArchivedLabels => 8,
                Leaf::Filter(_) | Leaf::ArchivedFilter(_) | Leaf::Numbered(Numbered::Snippet, _) => 6,
                _ => 5,
            }
        });
        3 + repository + fields.sum::<usize>()
    }

    /// The question as the field `a{index}` of a query.
    pub(super) fn written(&self, index: usize) -> Written {
        let mut out = Written { field: String::new(), declarations: String::new(), variables: Map::new() };
        let mut variable = |kind: &str, value: Value| {
            let name = format!("v{index}_{}", out.variables.len());
            let _infallible = write!(out.declarations, "${name}:{kind} ");
            out.variables.insert(name.clone(), value);
            name
        };
        let path = variable(
            if self.root == Root::User { "String" } else { "ID!" },
            json!(self.today.as_ref().unwrap_or(&self.path)),
        );
        let (mut inside, mut beside) = (String::new(), String::new());
        for asked in self.asked() {
            let alias = &asked.alias;
            let _infallible = match asked.leaves[0] {
                Leaf::Blob { git_ref, .. } | Leaf::Text { git_ref, .. } => {
                    let wanted = if matches!(asked.leaves[0], Leaf::Text { .. }) { "rawTextBlob" } else { "size" };
                    let paths =
                        variable("[String!]!", json!(asked.leaves.iter().map(|l| l.path()).collect::<Vec<_>>()));
                    let git_ref = variable("String", json!(git_ref));
                    let first = asked.leaves.len();
                    write!(
                        inside,
                        " {alias}:blobs(paths:${paths},ref:${git_ref},first:{first}){{nodes{{path {wanted}}}}}"
                    )
                }
                Leaf::Tree { git_ref, path } => {
                    let (path, git_ref) = (variable("String", json!(path)), variable("String", json!(git_ref)));
                    let one = "(first:1){nodes{path}}";
                    write!(
                        inside,
                        " {alias}:tree(path:${path},ref:${git_ref}){{trees{one} blobs{one} submodules{one}}}"
                    )
                }
                Leaf::Issue(iid) => write!(beside, " {alias}:issue(iid:${}){{iid}}", variable("String", json!(iid))),
                Leaf::MergeRequest(iid) => {
                    write!(beside, " {alias}:mergeRequest(iid:${}){{iid}}", variable("String!", json!(iid)))
                }
                Leaf::Epic(iid) => write!(beside, " {alias}:epic(iid:${}){{iid}}", variable("ID", json!(iid))),
                Leaf::WorkItem(iid) => {
                    write!(beside, " {alias}:workItem(iid:${}){{iid}}", variable("String!", json!(iid)))
                }
                Leaf::Role => write!(beside, " {alias}:maxAccessLevel{{integerValue}}"),
                Leaf::Label(title) => {
                    write!(beside, " {alias}:label(title:${}){{title}}", variable("String!", json!(title)))
                }
                Leaf::ArchivedLabels => write!(beside, " {alias}:labels(archived:true,first:100){{nodes{{title}}}}"),
                Leaf::Filter(title) | Leaf::ArchivedFilter(title) => {
                    // Only those that are not archived, unless asked for; then only those.
                    let archived =
                        if matches!(asked.leaves[0], Leaf::ArchivedFilter(_)) { ",archived:true" } else { "" };
                    let below = if self.root == Root::Group { ",includeDescendantGroups:true" } else { "" };
                    let title = variable("String", json!(title));
                    write!(
                        beside,
                        " {alias}:labels(title:${title},includeAncestorGroups:true{below}{archived},first:1){{nodes{{title}}}}"
                    )
                }
                Leaf::Release(tag) => {
                    write!(beside, " {alias}:release(tagName:${}){{tagName}}", variable("String!", json!(tag)))
                }
                Leaf::Numbered(Numbered::Board, id) => {
                    let id = variable("BoardID!", json!(format!("gid://gitlab/Board/{id}")));
                    write!(beside, " {alias}:board(id:${id}){{id}}")
                }
                Leaf::Numbered(Numbered::Pipeline, id) => {
                    let id = variable("CiPipelineID", json!(format!("gid://gitlab/Ci::Pipeline/{id}")));
                    write!(beside, " {alias}:pipeline(id:${id}){{id}}")
                }
                Leaf::Numbered(Numbered::Snippet, id) => {
                    let ids = variable("[SnippetID!]", json!([format!("gid://gitlab/ProjectSnippet/{id}")]));
                    write!(beside, " {alias}:snippets(ids:${ids},first:1){{nodes{{id}}}}")
                }
                // Not asked here.
                Leaf::Milestone(_) | Leaf::Wiki(_) | Leaf::Template(..) => Ok(()),
            };
        }
        if !inside.is_empty() {
            inside = format!(" repository{{rootRef{inside}}}");
        }
        out.field = match self.root {
            Root::Project => format!("a{index}:project(fullPath:${path}){{fullPath archived{beside}{inside}}}"),
            Root::Group => format!("a{index}:group(fullPath:${path}){{fullPath{beside}}}"),
            Root::User => format!("a{index}:user(username:${path}){{username}}"),
        };
        out
    }
}

impl Leaf {
    fn path(&self) -> &str {
        match self {
            Self::Blob { path, .. } | Self::Text { path, .. } | Self::Tree { path, .. } => path,
            _ => "",
        }
    }
}
