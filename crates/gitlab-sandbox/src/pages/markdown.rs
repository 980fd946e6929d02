//! Markdown as GitLab would show it.

use comrak::markdown_to_html;
use minijinja::Value;

use super::links::TextContext;
use super::sanitize::sanitize_html;
use crate::quick_actions;

/// A description or a file: its headings are places that links can lead to.
pub(super) fn render_document(text: &str, around: &TextContext<'_>) -> Value {
    render(text, around, Some("user-content-".to_owned()))
}

/// One of several texts on a page: its headings get no ids, which could be there twice.
pub(super) fn render_comment(text: &str, around: &TextContext<'_>) -> Value {
    render(text, around, None)
}

fn render(text: &str, around: &TextContext<'_>, headings: Option<String>) -> Value {
    let mut options = quick_actions::markdown_options();
    options.extension.alerts = true;
    options.extension.header_id_prefix = headings;
    // HTML is kept here, because all of it passes through `sanitize`.
    options.render.r#unsafe = true;
    Value::from_safe_string(sanitize_html(&markdown_to_html(text, &options), around))
}
