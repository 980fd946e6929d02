//! What is wrong with a configuration, shown with the line it stands on.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as messages name it.
    pub path: String,
    /// The bytes of the file it is about; `None` for the file as a whole.
    pub span: Option<Range<usize>>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// A good value, or what to do.
    pub help: String,
}

impl Problem {
    /// A problem of a file as a whole.
    pub(super) fn whole_file(path: &str, message: String) -> Self {
        Self { path: path.to_owned(), span: None, message, help: String::new() }
    }

    /// The line it stands on, from 1, in the text of its file.
    pub fn line(&self, text: &str) -> usize {
        let end = self.span.as_ref().map_or(0, |span| span.start);
        text.get(..end).unwrap_or(text).matches('\n').count() + 1
    }
}

/// All problems as a person reads them, each with its line; `text_of` gives a file's text.
pub fn render(problems: &[Problem], text_of: impl Fn(&str) -> Option<String>) -> String {
    let renderer = Renderer::plain().decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for problem in problems {
        let text = text_of(&problem.path);
        match (&problem.span, &text) {
            (Some(span), Some(text)) => {
                // An empty span, and one at the very end, would show nothing.
                let end = span.end.max(span.start + 1).min(text.len());
                let start = span.start.min(end);
                let snippet = Snippet::source(text.as_str())
                    .path(problem.path.as_str())
                    .annotation(AnnotationKind::Primary.span(start..end).label(problem.help.as_str()));
                out.push_str(
                    &renderer.render(&[Level::ERROR.primary_title(problem.message.as_str()).element(snippet)]),
                );
            }
            _ => out.extend(["error: ", &problem.path, " ", &problem.message]),
        }
        out.push('\n');
    }
    out
}
