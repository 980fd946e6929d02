//! What is wrong with a configuration, shown with the line it stands on.

use std::collections::BTreeMap;
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
    pub(super) fn about_whole_file(path: &str, message: String) -> Self {
        Self { path: path.to_owned(), span: None, message, help: String::new() }
    }

    /// A problem of a line that is named and not shown, because a secret may stand in it.
    pub(super) fn about_hidden_line(path: &str, text: &str, start: usize, message: &str) -> Self {
        let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
        Self::about_whole_file(&format!("{path}:{line}"), message.to_owned())
    }

    fn sentence(&self) -> String {
        format!("error: {} {}", self.path, self.message)
    }

    /// With its place, and with what to do, because no line of the file is shown.
    fn sentence_at(&self, place: &str) -> String {
        let help = if self.help.is_empty() { String::new() } else { format!("\n  = {}", self.help) };
        format!("error: {}\n --> {}:{place}{help}", self.message, self.path)
    }

    /// The line it stands on, from 1, in the text of its file.
    pub fn line_number(&self, text: &str) -> usize {
        let end = self.span.as_ref().map_or(0, |span| span.start);
        text.get(..end).unwrap_or(text).matches('\n').count() + 1
    }
}

/// The most problems that are shown: with more, somebody named the wrong file.
const MAX_SHOWN: usize = 100;
/// The longest excerpt that is shown of a file, in bytes.
const MAX_EXCERPT_BYTES: usize = 1_000;

/// Problems as a person reads them, each with its line; `text_of` gives a file's text and is asked once for each file.
///
/// The work grows with the files and the problems that are shown, not with their product.
pub fn render_problems<'t>(problems: &[Problem], text_of: impl Fn(&str) -> Option<&'t str>) -> String {
    let renderer = Renderer::plain().decor_style(DecorStyle::Ascii);
    let mut sources: BTreeMap<&str, Option<Source<'t>>> = BTreeMap::new();
    render_each(problems, |problem| {
        let source = sources.entry(&problem.path).or_insert_with(|| text_of(&problem.path).map(Source::new));
        let (Some(span), Some(source)) = (&problem.span, source) else { return problem.sentence() };
        let Some(excerpt) = source.excerpt(span) else { return problem.sentence_at(&source.place(span.start)) };
        let snippet = Snippet::source(excerpt.text)
            .line_start(excerpt.first_line)
            .path(problem.path.as_str())
            .annotation(AnnotationKind::Primary.span(excerpt.span).label(problem.help.as_str()));
        renderer.render(&[Level::ERROR.primary_title(problem.message.as_str()).element(snippet)])
    })
}

/// Problems of a file that nobody reviewed: its line and column are named, and nothing of it is shown.
pub fn render_problems_without_text(problems: &[Problem], text: &str) -> String {
    let source = Source::new(text);
    render_each(problems, |problem| match &problem.span {
        Some(span) => problem.sentence_at(&source.place(span.start)),
        None => problem.sentence(),
    })
}

fn render_each<'p>(problems: &'p [Problem], mut render: impl FnMut(&'p Problem) -> String) -> String {
    let mut out = String::new();
    for problem in problems.iter().take(MAX_SHOWN) {
        out.extend([&render(problem), "\n"]);
    }
    if let Some(more) = problems.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
        out.extend(["error: and ", &more.to_string(), " more; mend these first\n"]);
    }
    out
}

/// The text of a file with the beginnings of its lines.
struct Source<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
}

/// Whole lines of a file.
struct Excerpt<'t> {
    text: &'t str,
    /// The number of the first line, from 1.
    first_line: usize,
    /// What is meant, in bytes of the excerpt.
    span: Range<usize>,
}

impl<'t> Source<'t> {
    fn new(text: &'t str) -> Self {
        let line_starts = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, line_starts }
    }

    /// The lines that a span stands on; `None` where they are too long to be shown.
    fn excerpt(&self, span: &Range<usize>) -> Option<Excerpt<'t>> {
        // An empty span, and one at the very end, would show nothing.
        let end = span.end.max(span.start + 1).min(self.text.len());
        let start = span.start.min(end);
        let (first, last) = (self.line_index(start), self.line_index(end.saturating_sub(1).max(start)));
        let from = self.line_starts[first];
        let to = self.line_starts.get(last + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(from..to).filter(|text| text.len() <= MAX_EXCERPT_BYTES)?;
        Some(Excerpt { text, first_line: first + 1, span: start - from..end - from })
    }

    /// Line and column, both from 1; columns are characters.
    fn place(&self, at: usize) -> String {
        let line = self.line_index(at);
        let before = self.text.get(self.line_starts[line]..at).unwrap_or_default();
        format!("{}:{}", line + 1, before.chars().count() + 1)
    }

    fn line_index(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn problem(span: Range<usize>) -> Problem {
        let (message, help) = ("this is wrong".to_owned(), "mend it".to_owned());
        Problem { path: "a.toml".to_owned(), span: Some(span), message, help }
    }

    #[test]
    fn a_hundred_thousand_problems_are_a_hundred_and_a_number() {
        let text = "a = 1\n".repeat(100_000);
        let problems: Vec<Problem> = (0..100_000).map(|line| problem(line * 6..line * 6 + 1)).collect();
        let asked = Cell::new(0);
        let shown = render_problems(&problems, |_| {
            asked.set(asked.get() + 1);
            Some(&text)
        });
        assert_eq!(asked.get(), 1, "the text is read once");
        assert_eq!(shown.matches("this is wrong").count(), MAX_SHOWN);
        assert!(shown.ends_with("error: and 99900 more; mend these first\n"), "{shown}");
        assert!(shown.contains("--> a.toml:100:1") && shown.len() < MAX_SHOWN * 200, "{}", shown.len());
        assert!(render_problems_without_text(&problems, &text).len() < MAX_SHOWN * 100);
    }

    #[test]
    fn a_line_of_ten_megabytes_is_named_and_not_shown() {
        let text = format!("a = 1\nb = \"{}\"\n", "é".repeat(5_000_000));
        let shown = render_problems(&[problem(10..10_000_012), problem(6..7), problem(0..1)], |_| Some(&text));
        let last = "error: this is wrong\n --> a.toml:1:1\n  |\n1 | a = 1\n  | ^ mend it\n";
        let long =
            "error: this is wrong\n --> a.toml:2:5\n  = mend it\nerror: this is wrong\n --> a.toml:2:1\n  = mend it\n";
        assert_eq!(shown, format!("{long}{last}"));
    }

    #[test]
    fn a_problem_at_the_very_end_and_one_over_lines_have_their_lines() {
        let text = "a = 1\nb = [\n  2,\n]\n";
        assert!(render_problems(&[problem(10..18)], |_| Some(text)).contains("4 | | ]"));
        for at in [19, 20, 25] {
            assert!(render_problems(&[problem(at..at)], |_| Some(text)).contains("a.toml:"), "{at}");
        }
        assert!(render_problems(&[problem(0..0)], |_| Some("")).contains("this is wrong"));
    }
}
