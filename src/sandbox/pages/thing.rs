//! What issues, merge requests and epics have in common: what stands at the top, the text, the facts beside it, the talk.

use minijinja::{Value, context};

use super::View;

/// A fact beside the text: its name, and values that are shown one below the other.
pub(super) fn fact(name: &str, values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then(|| context! { name, values })
}

/// People as values of a fact.
pub(super) fn people(view: View<'_>, ids: &[u64]) -> Vec<Value> {
    let users = ids.iter().filter_map(|id| view.world.users.get(id));
    users.map(|user| Value::from(format!("{} (@{})", user.name, user.username))).collect()
}

/// One value or none.
pub(super) fn one(value: Option<impl Into<Value>>) -> Vec<Value> {
    value.into_iter().map(Into::into).collect()
}

/// A state as a badge: the word, and the class that gives it its colour.
pub(super) fn state(word: &str) -> Value {
    let class = match word {
        "open" | "opened" => "open",
        "merged" => "merged",
        _ => "closed",
    };
    context! { word => if word == "opened" { "open" } else { word }, class }
}
