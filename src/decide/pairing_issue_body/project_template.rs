//! The pairing project's own issue template: plain Markdown, with podkeeper's block on top and what is carried over under
//! the headings that are meant for it.

use crate::pod::marker::{self, ParsedBody};
use crate::pod::session_notes::{LEFT_FROM_LAST_WEEK, PINNED_TICKETS, WHO_IS_HERE};
use crate::pod::template::{Template, TemplateVariables};
use crate::pod::text::escape_quick_actions;

/// The first body by the project's template.
///
/// # Errors
/// The template's line and a sentence, when it fails.
pub(super) fn render(
    name: &str,
    text: &str,
    variables: TemplateVariables<'_>,
    block: &str,
) -> Result<String, (usize, String)> {
    let has_block = text.lines().any(|line| line.trim().trim_matches(['{', '}', '-']).trim() == "block");
    if has_block {
        return Template::new(name, text).render(variables, block);
    }
    let mut lines = plain_lines(text);
    for (heading, tasks) in
        [(PINNED_TICKETS, variables.pinned), (LEFT_FROM_LAST_WEEK, variables.left), (WHO_IS_HERE, variables.people)]
    {
        add_below_heading(&mut lines, heading, tasks);
    }
    let body = format!("{block}\n\n{}\n", escape_quick_actions(lines.join("\n").trim()));
    match marker::parse_body(&body) {
        ParsedBody::Block(_) => Ok(body),
        ParsedBody::NoMarker | ParsedBody::Damaged { .. } => {
            let line = text.lines().position(|line| line.contains("podkeeper:")).map_or(1, |at| at + 1);
            Err((line, "a template holds no marker lines of its own; podkeeper writes them".to_owned()))
        }
    }
}

/// The lines without those that are quick actions and nothing else: label and milestone are the configuration's, and
/// nobody is assigned.
fn plain_lines(text: &str) -> Vec<String> {
    let is_quick_action = |line: &&str| {
        line.strip_prefix('/').is_some_and(|rest| {
            let name = rest.split_whitespace().next().unwrap_or_default();
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        })
    };
    text.lines().filter(|line| !is_quick_action(line)).map(|line| line.trim_end().to_owned()).collect()
}

/// Puts tasks right below a heading, which is appended where it is missing.
fn add_below_heading(lines: &mut Vec<String>, heading: &str, tasks: &str) {
    let at = heading_index(lines, heading).unwrap_or_else(|| {
        if lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(String::new());
        }
        lines.push(format!("## {heading}"));
        lines.len() - 1
    });
    if tasks.is_empty() {
        return;
    }
    let mut added = vec![String::new()];
    added.extend(tasks.lines().map(str::to_owned));
    // What stands below is no part of the list.
    if lines.get(at + 1).is_some_and(|next| !next.is_empty()) {
        added.push(String::new());
    }
    let below = lines.split_off(at + 1);
    lines.extend(added);
    lines.extend(below);
}

/// The line of a heading of any level, outside fences.
fn heading_index(lines: &[String], heading: &str) -> Option<usize> {
    let mut in_fence = false;
    lines.iter().position(|line| {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            in_fence = !in_fence;
        }
        let text = line.trim_start_matches('#');
        !in_fence
            && text.len() < line.len()
            && text.starts_with([' ', '\t'])
            && text.trim_end_matches('#').trim().eq_ignore_ascii_case(heading)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str =
        "<!-- podkeeper:v1 session a/b/2026-W48 -->\n<!-- podkeeper:v1 state {} -->\n<!-- podkeeper:v1 end -->";

    fn made_of(text: &str) -> Result<String, (usize, String)> {
        let variables = TemplateVariables {
            pinned: "- [ ] a pin",
            people: "- [ ] Ada\n- [ ] Sorin",
            pod: "Alpha Pod",
            ..TemplateVariables::default()
        };
        render("Pairing.md", text, variables, BLOCK).map(|body| body.replace(BLOCK, "BLOCK"))
    }

    #[test]
    fn plain_markdown_has_the_block_on_top_and_tasks_below_their_headings() {
        assert_eq!(
            made_of("## Goals\r\n\r\n### pinned TICKETS ##\r\n- [ ] \r\n\r\n{{ pod }} stays\r\n/label ~pairing\r\n/assign me\r\n")
                .unwrap(),
            "BLOCK\n\n## Goals\n\n### pinned TICKETS ##\n\n- [ ] a pin\n\n- [ ]\n\n{{ pod }} stays\n\n## Left from last \
             week\n\n## Who is here\n\n- [ ] Ada\n- [ ] Sorin\n"
        );
        assert_eq!(
            made_of("").unwrap(),
            "BLOCK\n\n## Pinned tickets\n\n- [ ] a pin\n\n## Left from last week\n\n## Who is here\n\n- [ ] Ada\n- [ ] \
             Sorin\n"
        );
        // What looks like a path stays, and acts no more than a command does.
        assert!(made_of("/etc/hosts\n /close\n").unwrap().contains("&#47;etc/hosts\n &#47;close"));
        assert!(made_of("```\n## Who is here\n```\n").unwrap().contains("```\n\n## Pinned tickets"));
    }

    #[test]
    fn with_a_block_it_is_a_template_and_strict() {
        assert_eq!(
            made_of("# {{ pod }}\n\n{{ block }}\n\n## Pinned tickets\n{{ pinned }}\n").unwrap(),
            "# Alpha Pod\n\nBLOCK\n\n## Pinned tickets\n- [ ] a pin"
        );
        assert_eq!(made_of("{{block}}\n{{ podd }}\n").unwrap_err().0, 2);
        assert_eq!(made_of("x\n<!-- podkeeper:v1 end -->\n").unwrap_err().0, 2);
    }
}
