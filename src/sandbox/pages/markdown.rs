//! Markdown as GitLab would show it.

use comrak::markdown_to_html;
use minijinja::Value;

use super::links::Around;
use super::safe::safe;
use crate::sandbox::quick_actions;

/// A description or a file: its headings are places that links can lead to.
pub(super) fn document(text: &str, around: &Around<'_>) -> Value {
    rendered(text, around, Some("user-content-".to_owned()))
}

/// One of several texts on a page.
pub(super) fn remark(text: &str, around: &Around<'_>) -> Value {
    rendered(text, around, None)
}

fn rendered(text: &str, around: &Around<'_>, headings: Option<String>) -> Value {
    let mut options = quick_actions::options();
    options.extension.alerts = true;
    options.extension.header_id_prefix = headings;
    // HTML is kept here, because all of it passes through `safe`.
    options.render.r#unsafe = true;
    Value::from_safe_string(safe(&markdown_to_html(text, &options), around))
}
