//! A checked query against the world.

use serde_json::{Map, Value, json};

use super::check::Wanted;
use super::schema::{Gives, Type};
use crate::sandbox::world::{Epic, Group, Issue, Label, MergeRequest, Project, User, World};

/// The largest page (`GitlabSchema.default_max_page_size`).
pub(super) const LARGEST_PAGE: usize = 100;

/// What a query is run with.
pub(super) struct Scope<'a> {
    pub(super) world: &'a World,
    pub(super) who: Option<u64>,
    pub(super) origin: &'a str,
    pub(super) score: u64,
    pub(super) limit: u64,
}

/// Something that has fields.
#[derive(Clone)]
pub(super) enum Node<'a> {
    Query,
    User(&'a User),
    Project(&'a Project),
    Group(&'a Group),
    /// The home of a user's own projects.
    Home(&'a User),
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
    Entry(String),
    /// A thing of which only the name is known.
    Named(String),
    /// What whoever asks may do.
    Access(u8),
    Blob {
        project: &'a Project,
        branch: String,
        path: &'a str,
        text: &'a str,
    },
    Page {
        nodes: Vec<Node<'a>>,
        start: usize,
        all: usize,
    },
}

/// What a field comes to.
pub(super) enum Got<'a> {
    Value(Value),
    Node(Node<'a>),
    Nodes(Vec<Node<'a>>),
    Null,
    /// Null, with a sentence for `errors`.
    Failed(String),
}

/// Finds what a field comes to.
pub(super) type Resolve = for<'a> fn(&Scope<'a>, &Node<'a>, &Wanted) -> Got<'a>;

/// The answer to a query: `data`, and `errors` if there were any.
pub(super) fn run(scope: &Scope<'_>, wanted: &[Wanted]) -> Value {
    let mut errors = Vec::new();
    let data = object(scope, &Node::Query, wanted, &mut Vec::new(), &mut errors);
    let mut answer = json!({ "data": data });
    if !errors.is_empty() {
        answer["errors"] = Value::Array(errors);
    }
    answer
}

fn object(
    scope: &Scope<'_>,
    node: &Node<'_>,
    wanted: &[Wanted],
    path: &mut Vec<Value>,
    errors: &mut Vec<Value>,
) -> Value {
    let mut fields = Map::new();
    for want in wanted {
        path.push(json!(want.key));
        fields.insert(want.key.clone(), field(scope, node, want, path, errors));
        path.pop();
    }
    Value::Object(fields)
}

fn field(scope: &Scope<'_>, node: &Node<'_>, want: &Wanted, path: &mut Vec<Value>, errors: &mut Vec<Value>) -> Value {
    let got = (want.field.resolve)(scope, node, want);
    let got = match (got, want.field.gives) {
        (Got::Nodes(nodes), Gives::Pages(_)) => page(nodes, want).map_or_else(Got::Failed, Got::Node),
        (got, _) => got,
    };
    match got {
        Got::Null => Value::Null,
        Got::Value(value) => value,
        Got::Node(node) => object(scope, &node, &want.below, path, errors),
        Got::Nodes(nodes) => {
            let mut values = Vec::with_capacity(nodes.len());
            for (at, node) in nodes.iter().enumerate() {
                path.push(json!(at));
                values.push(object(scope, node, &want.below, path, errors));
                path.pop();
            }
            Value::Array(values)
        }
        Got::Failed(message) => {
            let (line, column) = want.place;
            let place = json!([{ "line": line, "column": column }]);
            errors.push(json!({ "message": message, "locations": place, "path": path }));
            Value::Null
        }
    }
}

/// The page that `first` and `after` ask for. A cursor is the number of rows before the next page.
fn page<'a>(mut nodes: Vec<Node<'a>>, want: &Wanted) -> Result<Node<'a>, String> {
    let all = nodes.len();
    let start = match want.text("after").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            let rows = cursor.strip_prefix("box-").and_then(|rows| rows.parse::<usize>().ok());
            rows.ok_or_else(|| "Please provide a valid cursor".to_owned())?.min(all)
        }
    };
    let size = page_size(want).ok_or_else(|| "first must not be negative".to_owned())?;
    let nodes = nodes.drain(start..start.saturating_add(size).min(all)).collect();
    Ok(Node::Page { nodes, start, all })
}

/// How many rows at most, if that makes sense.
pub(super) fn page_size(want: &Wanted) -> Option<usize> {
    match want.args.get("first").and_then(Value::as_i64) {
        None => Some(LARGEST_PAGE),
        Some(first) => usize::try_from(first).ok().map(|first| first.min(LARGEST_PAGE)),
    }
}

/// The type that the fields below a field belong to.
pub(super) fn below(gives: Gives) -> Option<&'static Type> {
    match gives {
        Gives::Value => None,
        Gives::Object(below) | Gives::Objects(below) | Gives::Pages(below) => Some(below),
    }
}
