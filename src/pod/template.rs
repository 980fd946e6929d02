//! The template of a pairing issue: the first body, written once, holding exactly one `{{ block }}`.
//!
//! What stands outside the block is people's from birth, so the template is where pinned tickets, tasks
//! and notes go. One that fails never holds a session back: the built-in one takes its place, and the failure is told.

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value, context};

use super::marker::{self, ParsedBody};
use super::session_notes::{LEFT_FROM_LAST_WEEK, PINNED_TICKETS, SessionNotes};
use super::text::{Untrusted, escape_quick_actions};

/// A template and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    name: String,
    source: String,
}

/// What a template may use beside the block. Texts are shown, none of them can act.
#[derive(Debug, Clone, Copy, Default)]
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
    /// How many people are expected, in a word; empty where nobody is: `{{ expected }}`.
    pub expected: &'a str,
    /// Tasks under "Pinned tickets", as lines of Markdown that are safe as they are: `{{ pinned }}`.
    pub pinned: &'a str,
    /// The same under "Left from last week": `{{ left }}`.
    pub left: &'a str,
    /// A task for each of the expected people, the same: `{{ people }}`.
    pub people: &'a str,
}

/// The template of whoever has none of their own.
const BUILT_IN: &str = include_str!("../../config/templates/pairing_issue.md");

/// A line that no rendered variable can contain, standing in for the block.
const BLOCK_PLACEHOLDER: &str = "\u{1}block\u{1}";

/// A block to try a template with.
const TRIAL: &str = "<!-- podkeeper:v1 session alpha/weekly/2026-W48 -->\ntrial\n<!-- podkeeper:v1 state {} -->\n<!-- podkeeper:v1 end -->";

/// What a template is tried with.
const TRIAL_VARIABLES: TemplateVariables<'static> = TemplateVariables {
    pod: "Alpha Pod",
    title: "Alpha Pod Pairing, Thu 26 Nov 2026, 15:00 UTC",
    date: "2026-11-26",
    when: "Thu 2026-11-26 15:00 UTC",
    label: "pod::alpha",
    expected: "one",
    pinned: "- [ ] a",
    left: "- [ ] b",
    people: "- [ ] Ada",
};

/// Steps a template may take; a loop that is wrong ends here (`fuel` of minijinja).
const FUEL: u64 = 50_000;

/// GitLab's longest description (`app/models/concerns/issuable.rb`, `DESCRIPTION_LENGTH_MAX`: 1 MiB) leaves room for
/// what people add.
const LONGEST_BODY: usize = 512 * 1024;

impl Template {
    /// A template that is not tried; `name` is its path, as people know it.
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self { name: name.into(), source: source.into() }
    }

    /// The template that podkeeper brings along.
    pub fn built_in() -> Self {
        Self::new("the built-in template", BUILT_IN)
    }

    /// Whether it is that one.
    pub fn is_built_in(&self) -> bool {
        self.source == BUILT_IN
    }

    /// Its path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tries it with invented values.
    ///
    /// # Errors
    /// The line (from 1) and a sentence: bad syntax, an unknown name, a loop that does not end, not exactly one
    /// `{{ block }}` on a line of its own, or tasks where they would not move on from.
    pub fn check(&self) -> Result<(), (usize, String)> {
        self.render(TRIAL_VARIABLES, TRIAL).map(drop)
    }

    /// Whether tasks stand where they move on from: below the headings that podkeeper reads.
    fn check_tasks(&self, variables: &TemplateVariables<'_>, body: &str) -> Result<(), (usize, String)> {
        let notes = SessionNotes::parse(body);
        for (variable, lines, heading) in
            [("pinned", variables.pinned, PINNED_TICKETS), ("left", variables.left, LEFT_FROM_LAST_WEEK)]
        {
            let is_shown =
                |line: &&str| !line.trim().is_empty() && body.lines().any(|there| there.trim() == line.trim());
            if notes.tasks(heading).len() < lines.lines().filter(is_shown).count() {
                let line = self.source.lines().position(|line| line.contains(variable)).map_or(1, |at| at + 1);
                return Err((
                    line,
                    format!(
                        "`{{{{ {variable} }}}}` has to stand below a heading \"{heading}\": tasks that stand elsewhere \
                         do not move on"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The whole first body of an issue.
    ///
    /// # Errors
    /// The line and a sentence, when the template fails with these variables.
    pub fn render(&self, variables: TemplateVariables<'_>, block: &str) -> Result<String, (usize, String)> {
        let body = render_with_placeholder(&self.source, variables)?;
        let body = escape_quick_actions(&body).replacen(BLOCK_PLACEHOLDER, block, 1);
        if !matches!(marker::parse_body(&body), ParsedBody::Block(_)) {
            let line = self.source.lines().position(|line| line.contains("podkeeper:")).map_or(1, |at| at + 1);
            return Err((line, "a template holds no marker lines of its own; podkeeper writes them".to_owned()));
        }
        self.check_tasks(&variables, &body)?;
        if body.len() > LONGEST_BODY {
            return Err((1, format!("it makes an issue of more than {} KiB", LONGEST_BODY / 1024)));
        }
        Ok(body)
    }
}

fn render_with_placeholder(source: &str, variables: TemplateVariables<'_>) -> Result<String, (usize, String)> {
    let TemplateVariables { pod, title, date, when, label, expected, pinned, left, people } = variables;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(write_escaped);
    let wrong = |error: &minijinja::Error| (error.line().unwrap_or(1), describe_error(error));
    let template = environment.template_from_str(source).map_err(|error| wrong(&error))?;
    let safe = |text: &str| Value::from_safe_string(text.to_owned());
    let (block, pinned, left, people) = (safe(BLOCK_PLACEHOLDER), safe(pinned), safe(left), safe(people));
    let body = template
        .render(context! { pod, title, date, when, label, expected, pinned, left, people, block })
        .map_err(|error| wrong(&error))?;
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
    format!("{text}; a template may use block, pod, title, date, when, label, pinned, left, people and expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str =
        "<!-- podkeeper:v1 session a/b/2026-W48 -->\n<!-- podkeeper:v1 state {} -->\n<!-- podkeeper:v1 end -->";

    fn render(source: &str) -> String {
        let variables = TemplateVariables { pod: "A @all", when: "w", people: "- [ ] Ada", ..TRIAL_VARIABLES };
        Template::new("t.md", source).render(variables, BLOCK).unwrap().replace(BLOCK, "BLOCK")
    }

    #[test]
    fn facts_are_shown_and_the_block_stands_as_it_is() {
        assert_eq!(render("{{ block }}\n\n{{ pod }}: {{ when }}\n{{ people }}\n"), "BLOCK\n\nA `@all`: w\n- [ ] Ada");
    }

    #[test]
    fn tasks_stand_where_they_move_on_from() {
        let check = |source: &str| Template::new("t.md", source).check();
        let good = "{{ block }}\n\n# pinned tickets:\n{{ pinned }}\n## Left from last week\n{{ left }}\n";
        assert_eq!(check(good), Ok(()));
        assert_eq!(check("{{ block }}\n"), Ok(()), "podkeeper adds the sections");
        let elsewhere = good.replace("Left from last week", "Todo");
        let why = check(&elsewhere).unwrap_err();
        assert!(why.0 == 6 && why.1.contains("below a heading \"Left from last week\""), "{why:?}");
    }

    #[test]
    fn no_line_of_a_template_is_a_quick_action() {
        assert_eq!(render("{{ block }}\n/close\n"), "BLOCK\n&#47;close");
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_line() {
        for (source, line, word) in [
            ("no block", 1, "exactly once"),
            ("{{ block }}\n{{ block }}", 1, "exactly once"),
            ("x\ny {{ block }}", 2, "alone"),
            ("x\n{{ block }}\n{{ blok }}", 3, "undefined"),
            ("x\n{{ block }\n", 2, "syntax"),
            ("x\n{{ block }}\n<!-- podkeeper:v1 end -->", 3, "marker lines"),
            ("{{ block }}\n{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", 2, "fuel"),
        ] {
            let (found, sentence) = Template::new("t.md", source).check().unwrap_err();
            assert!(sentence.contains(word), "{source}: {sentence}");
            assert_eq!(found, line, "{source}: {sentence}");
        }
    }

    #[test]
    fn the_built_in_template_is_good_with_and_without_anything_to_carry() {
        Template::built_in().check().unwrap();
        let nothing = TemplateVariables { pinned: "", left: "", people: "", expected: "", ..TRIAL_VARIABLES };
        let body = Template::built_in().render(nothing, BLOCK).unwrap();
        assert!(!body.contains("\n\n\n") && body.contains("## Left from last week"), "{body}");
    }
}
