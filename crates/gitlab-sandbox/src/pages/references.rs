//! References in a text: `#6`, `group/project!1`, `&5`, `~"a label"` and `@somebody`, where the sandbox has what they
//! name.
//!
//! The judge of quick actions and mentions is another: it finds too much on purpose (`quick_actions::references`). Here
//! only what is there becomes a link, as in GitLab (Banzai's reference filters).

use super::escape::escape;
use super::label;
use super::links::{TextContext, page_href};
use crate::world::{Group, Project};

/// Writes a text as HTML, its references as links.
pub(super) fn write_with_links(text: &str, around: &TextContext<'_>, out: &mut String) {
    let mut done = 0;
    let marks = text.char_indices().filter(|(_, char)| matches!(char, '#' | '!' | '&' | '~' | '@'));
    for (at, sigil) in marks {
        if at < done {
            continue;
        }
        let Some((start, end, html)) = find_reference(text, at, sigil, around).filter(|(start, _, _)| *start >= done)
        else {
            continue;
        };
        out.push_str(&escape(&text[done..start]));
        out.push_str(&html);
        done = end;
    }
    out.push_str(&escape(&text[done..]));
}

/// The reference around a sigil: where it starts and ends, and what it becomes.
fn find_reference(text: &str, at: usize, sigil: char, around: &TextContext<'_>) -> Option<(usize, usize, String)> {
    let rest = &text[at + 1..];
    let before = &text[..at];
    match sigil {
        '#' | '!' | '&' => {
            let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
            let end = at + 1 + digits;
            if text[end..].starts_with(|char: char| char.is_alphanumeric() || char == '_') {
                return None;
            }
            let start =
                before.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || "_-./".contains(char)).len();
            if text[..start].ends_with(|char: char| char.is_alphanumeric() || "@:~#!&".contains(char)) {
                return None;
            }
            let link = find_numbered_item(sigil, &text[start..at], rest[..digits].parse().ok()?, around)?;
            let (link, title) = (escape(&link.0), escape(&link.1));
            let shown = escape(&text[start..end]);
            Some((start, end, format!("<a href=\"{link}\" title=\"{title}\">{shown}</a>")))
        }
        _ if before.ends_with(|char: char| char.is_alphanumeric() || char == '_') => None,
        '~' => {
            let (name, taken) = parse_label_name(rest)?;
            let project = around.project?;
            let known = around.view.world.available_labels(project).iter().any(|label| label.name == name);
            known.then(|| (at, at + 1 + taken, label::linked_label_html(around.view.world, project, name)))
        }
        _ => {
            let name = leading_word(rest, "_-.").trim_end_matches(['.', '-']);
            let user = around.view.world.user_by_username(name)?;
            let html = format!("<span class=\"mention\" title=\"{}\">@{}</span>", escape(&user.name), escape(name));
            Some((at, at + 1 + name.len(), html))
        }
    }
}

/// The address and the title of an issue, a merge request or an epic.
fn find_numbered_item(sigil: char, path: &str, iid: u64, around: &TextContext<'_>) -> Option<(String, String)> {
    if sigil == '&' {
        let group = around.find_group(path)?;
        let title = group.epics.get(&iid)?.title.clone();
        return Some((page_href(&format!("groups/{}/-/epics/{iid}", group.path)), title));
    }
    let project = around.find_project(path)?;
    let (kind, title) = match sigil {
        '#' => ("issues", &project.issues.get(&iid)?.title),
        _ => ("merge_requests", &project.merge_requests.get(&iid)?.title),
    };
    Some((page_href(&format!("{}/-/{kind}/{iid}", project.path)), title.clone()))
}

/// The name behind a `~`, quoted or not, and how long it is as it is written.
fn parse_label_name(rest: &str) -> Option<(&str, usize)> {
    if let Some(quoted) = rest.strip_prefix('"') {
        let (name, _) = quoted.split_once('"')?;
        return Some((name, name.len() + 2));
    }
    let name = leading_word(rest, "_-:&?.").trim_end_matches(['.', ':', '?']);
    Some((name, name.len()))
}

fn leading_word<'a>(text: &'a str, others: &str) -> &'a str {
    let end = text.find(|char: char| !char.is_alphanumeric() && !others.contains(char)).unwrap_or(text.len());
    &text[..end]
}

impl<'a> TextContext<'a> {
    /// A project by its path, by its name beside this one, or this one itself.
    fn find_project(&self, path: &str) -> Option<&'a Project> {
        let own = self.project;
        if path.is_empty() {
            return own;
        }
        let beside = || {
            let (group, _) = own?.path.rsplit_once('/')?;
            self.view.world.project_by_path(&format!("{group}/{path}"))
        };
        self.view.world.project_by_path(path).or_else(beside)
    }

    fn find_group(&self, path: &str) -> Option<&'a Group> {
        if path.is_empty() {
            return self.group.or_else(|| self.view.world.parent_group(&self.project?.path));
        }
        self.view.world.group_by_path(path)
    }
}
