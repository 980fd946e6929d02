//! A valid query against the world.

use serde_json::{Map, Value, json};

use super::node::{ExecutionContext, Node, Resolved};
use super::schema::{ReturnType, SelectedField};

/// The answer to a query: `data`, and `errors` if there were any.
pub(super) fn execute(scope: &ExecutionContext<'_>, wanted: &[SelectedField]) -> Value {
    let mut errors = Vec::new();
    let data = resolve_object(scope, &Node::Query, wanted, &mut Vec::new(), &mut errors);
    let mut answer = json!({ "data": data });
    if !errors.is_empty() {
        answer["errors"] = Value::Array(errors);
    }
    answer
}

fn resolve_object(
    scope: &ExecutionContext<'_>,
    node: &Node<'_>,
    wanted: &[SelectedField],
    path: &mut Vec<Value>,
    errors: &mut Vec<Value>,
) -> Value {
    let mut fields = Map::new();
    for want in wanted {
        path.push(json!(want.response_key));
        fields.insert(want.response_key.clone(), resolve_field(scope, node, want, path, errors));
        path.pop();
    }
    Value::Object(fields)
}

fn resolve_field(
    scope: &ExecutionContext<'_>,
    node: &Node<'_>,
    want: &SelectedField,
    path: &mut Vec<Value>,
    errors: &mut Vec<Value>,
) -> Value {
    let got = (want.field.resolve)(scope, node, want);
    let got = match (got, want.field.returns) {
        (Resolved::Nodes(nodes), ReturnType::Connection(_)) => {
            cut_page(nodes, want).map_or_else(Resolved::Failed, Resolved::Node)
        }
        (got, _) => got,
    };
    match got {
        Resolved::Null => Value::Null,
        Resolved::Value(value) => value,
        Resolved::Node(node) => resolve_object(scope, &node, &want.selections, path, errors),
        Resolved::Nodes(nodes) => {
            let mut values = Vec::with_capacity(nodes.len());
            for (at, node) in nodes.iter().enumerate() {
                path.push(json!(at));
                values.push(resolve_object(scope, node, &want.selections, path, errors));
                path.pop();
            }
            Value::Array(values)
        }
        Resolved::Failed(message) => {
            let (line, column) = want.position;
            let position = json!([{ "line": line, "column": column }]);
            errors.push(json!({ "message": message, "locations": position, "path": path }));
            Value::Null
        }
    }
}

/// The page that `first` and `after` ask for. A cursor is the number of rows before the next page.
fn cut_page<'a>(mut nodes: Vec<Node<'a>>, want: &SelectedField) -> Result<Node<'a>, String> {
    let all = nodes.len();
    let start = match want.text("after").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            let rows = cursor.strip_prefix("sandbox-").and_then(|rows| rows.parse::<usize>().ok());
            rows.ok_or_else(|| "Please provide a valid cursor".to_owned())?.min(all)
        }
    };
    let size = want.page_size().ok_or_else(|| "first must not be negative".to_owned())?;
    let nodes = nodes.drain(start..start.saturating_add(size).min(all)).collect();
    Ok(Node::Connection { nodes, start, all })
}
