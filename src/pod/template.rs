//! The template of a pairing issue: the first body, written once, holding exactly one `{{ block }}`.
//!
//! What stands outside the block is people's from birth, so the template is where pinned tickets, tasks
//! and notes go.

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value, context};

use super::marker::{self, ParsedBody};
use super::text::{Untrusted, escape_quick_actions};

/// A template that has been tried and found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
}

/// What a template may use beside the block. All of it is shown, none of it can act.
#[derive(Debug, Clone, Copy)]
pub struct TemplateVariables<'a> {
    /// The pod's display name: `{{ pod }}`.
    pub pod: &'a str,
    /// The title: `{{ title }}`.
    pub title: &'a str,
    /// The session's local date: `{{ date }}`.
    pub date: &'a str,
    /// When it starts: `{{ when }}`.
    pub when: &'a str,
    /// The pod's label: `{{ label }}`.
    pub label: &'a str,
}

/// A line that no rendered variable can contain, standing in for the block.
const BLOCK_PLACEHOLDER: &str = "\u{1}block\u{1}";

/// A block to try a template with.
const TRIAL: &str = "<!-- podkeeper:v1 session alpha/weekly/2026-W48 -->\ntrial\n<!-- podkeeper:v1 state {} -->\n<!-- podkeeper:v1 end -->";

/// Steps a template may take; a loop that is wrong ends here (`fuel` of minijinja).
const FUEL: u64 = 50_000;

impl Template {
    /// Reads a template and tries it once.
    ///
    /// # Errors
    /// The line (from 1) and a sentence: bad syntax, an unknown name, or not exactly one `{{ block }}` on
    /// a line of its own.
    pub fn parse(source: &str) -> Result<Self, (usize, String)> {
        let facts = TemplateVariables {
            pod: "Alpha Pod",
            title: "Alpha Pod Pairing, Thu 2026-11-26 15:00 UTC",
            date: "2026-11-26",
            when: "Thu 2026-11-26 15:00 UTC",
            label: "pod::alpha",
        };
        let template = Self { source: source.to_owned() };
        let body = template.render(facts, TRIAL)?;
        if !matches!(marker::parse_body(&body), ParsedBody::Block(_)) {
            let line = source.lines().position(|line| line.contains("podkeeper:")).map_or(1, |at| at + 1);
            return Err((line, "a template holds no marker lines of its own; podkeeper writes them".to_owned()));
        }
        Ok(template)
    }

    /// The whole first body of an issue.
    ///
    /// # Errors
    /// The line and a sentence, when the template fails with these variables.
    pub fn render(&self, facts: TemplateVariables<'_>, block: &str) -> Result<String, (usize, String)> {
        let body = render_with_placeholder(&self.source, facts)?;
        Ok(escape_quick_actions(&body).replacen(BLOCK_PLACEHOLDER, block, 1))
    }
}

fn render_with_placeholder(source: &str, facts: TemplateVariables<'_>) -> Result<String, (usize, String)> {
    let TemplateVariables { pod, title, date, when, label } = facts;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(write_escaped);
    let wrong = |error: &minijinja::Error| (error.line().unwrap_or(1), describe_error(error));
    let template = environment.template_from_str(source).map_err(|error| wrong(&error))?;
    let block = Value::from_safe_string(BLOCK_PLACEHOLDER.to_owned());
    let body = template.render(context! { pod, title, date, when, label, block }).map_err(|error| wrong(&error))?;
    let line = source.lines().position(|line| line.contains("block")).map_or(1, |at| at + 1);
    match body.matches(BLOCK_PLACEHOLDER).count() {
        1 if body.lines().any(|line| line == BLOCK_PLACEHOLDER) => Ok(body),
        1 => Err((line, "`{{ block }}` has to stand alone on its line".to_owned())),
        n => Err((line, format!("a template holds `{{{{ block }}}}` exactly once; this one gives {n}"))),
    }
}

/// Text is shown as harmless Markdown; only the block, which is ours, goes in as it is.
fn write_escaped(out: &mut Output<'_>, _state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let written = match value.kind() {
        ValueKind::Undefined => return Err(minijinja::Error::from(minijinja::ErrorKind::UndefinedError)),
        ValueKind::String if value.is_safe() => out.write_str(value.as_str().unwrap_or_default()),
        _ => out.write_str(&Untrusted::new(value.to_string()).to_markdown()),
    };
    written.map_err(minijinja::Error::from)
}

fn describe_error(error: &minijinja::Error) -> String {
    let mut text = error.kind().to_string();
    if let Some(detail) = error.detail() {
        text = format!("{text}: {detail}");
    }
    format!("{text}; a template may use block, pod, title, date, when and label")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str, block: &str) -> String {
        let facts = TemplateVariables { pod: "A @all", title: "t", date: "d", when: "w", label: "pod::a" };
        Template::parse(source).unwrap().render(facts, block).unwrap()
    }

    #[test]
    fn facts_are_shown_and_the_block_stands_as_it_is() {
        assert_eq!(render("{{ block }}\n\n{{ pod }}: {{ when }}\n", "<!-- x -->"), "<!-- x -->\n\nA `@all`: w");
    }

    #[test]
    fn no_line_of_a_template_is_a_quick_action() {
        assert_eq!(render("{{ block }}\n/close\n", "b"), "b\n&#47;close");
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_line() {
        for (source, line, word) in [
            ("no block", 1, "exactly once"),
            ("{{ block }}\n{{ block }}", 1, "exactly once"),
            ("x\ny {{ block }}", 2, "alone"),
            ("x\n{{ block }}\n{{ blok }}", 3, "undefined"),
            ("x\n{{ block }\n", 2, "syntax"),
            ("{{ block }}\n{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", 2, "fuel"),
        ] {
            let (found, sentence) = Template::parse(source).unwrap_err();
            assert!(sentence.contains(word), "{source}: {sentence}");
            assert_eq!(found, line, "{source}: {sentence}");
        }
    }
}
