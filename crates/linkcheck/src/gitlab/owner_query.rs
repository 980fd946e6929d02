//! What can be asked about a project, a group or a user, and how that is written in GraphQL.
//!
//! Every value travels as a variable, so nothing that a page says can become part of a query. Types are
//! those of GitLab docs, "GraphQL API resources".

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// The types at the root of a query that have a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnerType {
    /// `project(fullPath:)`
    Project,
    /// `group(fullPath:)`
    Group,
    /// `user(username:)`
    User,
}

/// One thing to look up in a project or group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lookup {
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
    FilterLabel(String),
    /// The archived labels among those that [`Lookup::Label`] finds, a hundred of them at most. Answers from GitLab
    /// 18.10 on (`app/graphql/resolvers/labels_resolver.rb`).
    ArchivedLabels,
    /// Whether the label of that title is archived, as [`Lookup::FilterLabel`] looks for it.
    ArchivedFilterLabel(String),
    /// A release, by its tag.
    Release(String),
    /// What has a global ID, made of its type and the number in its address.
    ByGlobalId(GlobalIdType, String),
    /// A milestone, by its number in the owner; asked over REST, because GraphQL takes no such number.
    Milestone(String),
    /// A page of the wiki, by its slug; asked over REST.
    Wiki(String),
    /// A template that a new issue or merge request begins with, inherited ones included; asked over REST.
    Template(TemplateFor, String),
    /// The token's role, as GitLab's number (10 guest, 15 planner, 20 reporter, …; docs "Access levels").
    Role,
}

/// A type whose numbers count over the whole instance, so that they make a global ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GlobalIdType {
    Board,
    Pipeline,
    Snippet,
}

/// What a description template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TemplateFor {
    Issue,
    MergeRequest,
}

impl TemplateFor {
    /// The template's file on the default branch (GitLab docs, "Description templates").
    pub(super) fn default_branch_lookup(self, name: &str) -> Lookup {
        let folder = match self {
            Self::Issue => "issue_templates",
            Self::MergeRequest => "merge_request_templates",
        };
        Lookup::Blob { git_ref: "HEAD".to_owned(), path: format!(".gitlab/{folder}/{name}.md") }
    }
}

/// One owner's part of a query: whether it is there, and which of these it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnerQuery {
    pub(super) owner_type: OwnerType,
    /// The owner's path as links name it.
    pub(super) path: String,
    /// The path that the owner has today, where that is another one.
    pub(super) current_path: Option<String>,
    pub(super) lookups: Vec<Lookup>,
    /// Bytes of text that the response will have, as far as known.
    pub(super) expected_text_bytes: u64,
}

/// An owner query in GraphQL: a field of the query, and the variables it uses.
pub(super) struct RenderedField {
    pub(super) field: String,
    pub(super) declarations: String,
    pub(super) variables: Map<String, Value>,
}

/// Lookups that share one field: files of one ref together, everything else alone.
pub(super) struct FieldLookups<'a> {
    pub(super) alias: String,
    pub(super) lookups: Vec<&'a Lookup>,
}

impl Lookup {
    /// Which versions of GitLab know it; one that does not refuses a whole query for it. Lookups of one number are
    /// known or unknown together; 0 is known to every version.
    pub(super) fn compatibility_group(&self) -> usize {
        match self {
            Self::Epic(_) => 1,
            Self::WorkItem(_) => 2,
            Self::Role => 3,
            Self::Release(_) => 4,
            Self::ByGlobalId(GlobalIdType::Board, _) => 5,
            Self::ByGlobalId(GlobalIdType::Pipeline, _) => 6,
            Self::ByGlobalId(GlobalIdType::Snippet, _) => 7,
            Self::ArchivedLabels | Self::ArchivedFilterLabel(_) => 8,
            _ => 0,
        }
    }

    /// Whether it lives in the repository.
    pub(super) fn is_in_repository(&self) -> bool {
        matches!(self, Self::Blob { .. } | Self::Text { .. } | Self::Tree { .. })
    }
}

impl OwnerQuery {
    pub(super) fn new(root: OwnerType, path: &str, lookups: Vec<Lookup>) -> Self {
        Self { owner_type: root, path: path.to_owned(), current_path: None, lookups, expected_text_bytes: 0 }
    }

    /// The lookups grouped by field, in an order that hangs on nothing else.
    pub(super) fn group_by_field(&self) -> Vec<FieldLookups<'_>> {
        let mut groups: BTreeMap<(bool, &str), Vec<&Lookup>> = BTreeMap::new();
        let mut alone = Vec::new();
        for lookup in &self.lookups {
            match lookup {
                Lookup::Blob { git_ref, .. } => groups.entry((false, git_ref)).or_default().push(lookup),
                Lookup::Text { git_ref, .. } => groups.entry((true, git_ref)).or_default().push(lookup),
                _ => alone.push(vec![lookup]),
            }
        }
        let all = groups.into_values().chain(alone).enumerate();
        all.map(|(index, lookups)| FieldLookups { alias: format!("l{index}"), lookups }).collect()
    }

    /// An upper bound of its complexity by GitLab's rules (`app/graphql/types/base_field.rb`,
    /// `resolvers/blobs_resolver.rb`): a field costs 1, one that asks git 1 more, a path in `blobs` 1 more,
    /// and what a page may hold a hundredth of the page for each.
    pub(super) fn complexity(&self) -> usize {
        let repository = if self.lookups.iter().any(Lookup::is_in_repository) { 3 } else { 0 };
        let fields = self.group_by_field().into_iter().map(|asked| {
            let files = asked.lookups.len();
            match asked.lookups[0] {
                Lookup::Blob { .. } => (3 + files * 3) * (100 + files) / 100 + 1,
                Lookup::Text { .. } => (3 + files * 4) * (100 + files) / 100 + 1,
                Lookup::Tree { .. } => 14,
                Lookup::Label(_) => 3,
                // A page of a hundred.
                Lookup::ArchivedLabels => 8,
                Lookup::FilterLabel(_)
                | Lookup::ArchivedFilterLabel(_)
                | Lookup::ByGlobalId(GlobalIdType::Snippet, _) => 6,
                _ => 5,
            }
        });
        3 + repository + fields.sum::<usize>()
    }

    /// The GraphQL of this owner, as the field `a{index}` of a query.
    pub(super) fn render(&self, index: usize) -> RenderedField {
        let mut out = RenderedField { field: String::new(), declarations: String::new(), variables: Map::new() };
        let mut variable = |kind: &str, value: Value| {
            let name = format!("v{index}_{}", out.variables.len());
            let _infallible = write!(out.declarations, "${name}:{kind} ");
            out.variables.insert(name.clone(), value);
            name
        };
        let path = variable(
            if self.owner_type == OwnerType::User { "String" } else { "ID!" },
            json!(self.current_path.as_ref().unwrap_or(&self.path)),
        );
        let (mut inside, mut beside) = (String::new(), String::new());
        for asked in self.group_by_field() {
            let alias = &asked.alias;
            let _infallible = match asked.lookups[0] {
                Lookup::Blob { git_ref, .. } | Lookup::Text { git_ref, .. } => {
                    let wanted = if matches!(asked.lookups[0], Lookup::Text { .. }) { "rawTextBlob" } else { "size" };
                    let paths =
                        variable("[String!]!", json!(asked.lookups.iter().map(|l| l.path()).collect::<Vec<_>>()));
                    let git_ref = variable("String", json!(git_ref));
                    let first = asked.lookups.len();
                    write!(
                        inside,
                        " {alias}:blobs(paths:${paths},ref:${git_ref},first:{first}){{nodes{{path {wanted}}}}}"
                    )
                }
                Lookup::Tree { git_ref, path } => {
                    let (path, git_ref) = (variable("String", json!(path)), variable("String", json!(git_ref)));
                    let one = "(first:1){nodes{path}}";
                    write!(
                        inside,
                        " {alias}:tree(path:${path},ref:${git_ref}){{trees{one} blobs{one} submodules{one}}}"
                    )
                }
                Lookup::Issue(iid) => write!(beside, " {alias}:issue(iid:${}){{iid}}", variable("String", json!(iid))),
                Lookup::MergeRequest(iid) => {
                    write!(beside, " {alias}:mergeRequest(iid:${}){{iid}}", variable("String!", json!(iid)))
                }
                Lookup::Epic(iid) => write!(beside, " {alias}:epic(iid:${}){{iid}}", variable("ID", json!(iid))),
                Lookup::WorkItem(iid) => {
                    write!(beside, " {alias}:workItem(iid:${}){{iid}}", variable("String!", json!(iid)))
                }
                Lookup::Role => write!(beside, " {alias}:maxAccessLevel{{integerValue}}"),
                Lookup::Label(title) => {
                    write!(beside, " {alias}:label(title:${}){{title}}", variable("String!", json!(title)))
                }
                Lookup::ArchivedLabels => write!(beside, " {alias}:labels(archived:true,first:100){{nodes{{title}}}}"),
                Lookup::FilterLabel(title) | Lookup::ArchivedFilterLabel(title) => {
                    // Only those that are not archived, unless asked for; then only those.
                    let archived =
                        if matches!(asked.lookups[0], Lookup::ArchivedFilterLabel(_)) { ",archived:true" } else { "" };
                    let below = if self.owner_type == OwnerType::Group { ",includeDescendantGroups:true" } else { "" };
                    let title = variable("String", json!(title));
                    write!(
                        beside,
                        " {alias}:labels(title:${title},includeAncestorGroups:true{below}{archived},first:1){{nodes{{title}}}}"
                    )
                }
                Lookup::Release(tag) => {
                    write!(beside, " {alias}:release(tagName:${}){{tagName}}", variable("String!", json!(tag)))
                }
                Lookup::ByGlobalId(GlobalIdType::Board, id) => {
                    let id = variable("BoardID!", json!(format!("gid://gitlab/Board/{id}")));
                    write!(beside, " {alias}:board(id:${id}){{id}}")
                }
                Lookup::ByGlobalId(GlobalIdType::Pipeline, id) => {
                    let id = variable("CiPipelineID", json!(format!("gid://gitlab/Ci::Pipeline/{id}")));
                    write!(beside, " {alias}:pipeline(id:${id}){{id}}")
                }
                Lookup::ByGlobalId(GlobalIdType::Snippet, id) => {
                    let ids = variable("[SnippetID!]", json!([format!("gid://gitlab/ProjectSnippet/{id}")]));
                    write!(beside, " {alias}:snippets(ids:${ids},first:1){{nodes{{id}}}}")
                }
                // These are asked over REST.
                Lookup::Milestone(_) | Lookup::Wiki(_) | Lookup::Template(..) => Ok(()),
            };
        }
        if !inside.is_empty() {
            inside = format!(" repository{{rootRef{inside}}}");
        }
        out.field = match self.owner_type {
            OwnerType::Project => format!("a{index}:project(fullPath:${path}){{fullPath archived{beside}{inside}}}"),
            OwnerType::Group => format!("a{index}:group(fullPath:${path}){{fullPath{beside}}}"),
            OwnerType::User => format!("a{index}:user(username:${path}){{username}}"),
        };
        out
    }
}

impl Lookup {
    fn path(&self) -> &str {
        match self {
            Self::Blob { path, .. } | Self::Text { path, .. } | Self::Tree { path, .. } => path,
            _ => "",
        }
    }
}
