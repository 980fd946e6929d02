//! What the pages of issues, merge requests and epics have in common: the badge at the top, and the sidebar.

use minijinja::{Value, context};

use super::PageContext;

/// An entry of the sidebar: its name, and values that are shown one below the other; `None` without values.
pub(super) fn sidebar_entry(name: &str, values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then(|| context! { name, values })
}

/// The names of users as values of such an entry.
pub(super) fn user_names(view: PageContext<'_>, ids: &[u64]) -> Vec<Value> {
    let users = ids.iter().filter_map(|id| view.world.users.get(id));
    users.map(|user| Value::from(format!("{} (@{})", user.name, user.username))).collect()
}

/// One value or none.
pub(super) fn zero_or_one(value: Option<impl Into<Value>>) -> Vec<Value> {
    value.into_iter().map(Into::into).collect()
}

/// A state as a badge: the word, and the class that gives it its colour.
pub(super) fn state_badge(word: &str) -> Value {
    let class = match word {
        "open" | "opened" => "open",
        "merged" => "merged",
        _ => "closed",
    };
    context! { word => if word == "opened" { "open" } else { word }, class }
}
