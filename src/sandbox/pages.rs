//! Pages to look at in a browser: what stands in the box, and what was written to it.
//!
//! They show what an administrator would see, confidential issues included: the box holds no secrets.

use comrak::markdown_to_html;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use super::Inside;
use super::call::Call;
use super::quick_actions;
use super::reply::Reply;
use super::world::{Issue, Project, World};

const LAYOUT: &str = include_str!("pages/layout.html");
const START: &str = include_str!("pages/start.html");
const PROJECT: &str = include_str!("pages/project.html");
const ISSUE: &str = include_str!("pages/issue.html");
const FILE: &str = include_str!("pages/file.html");
const JOURNAL: &str = include_str!("pages/journal.html");

/// Answers one request that is neither for the API nor below `/-/`.
pub(super) fn answer(inside: &Inside, call: &Call) -> Reply {
    if !call.method.is_safe() {
        return Reply::text(405, "Method Not Allowed\n");
    }
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if segments.is_empty() {
        return start(inside);
    }
    if let ["uploads", "-", "system", "user", "avatar", id, name] = segments.as_slice() {
        let user = id.parse().ok().and_then(|id: u64| inside.world.users.get(&id));
        let picture = user.and_then(|user| user.avatar.as_ref()).filter(|(own, _)| own == name);
        return picture.map_or_else(missing, |(_, bytes)| Reply::bytes(200, "image/png", bytes.clone()));
    }
    let end = segments.iter().position(|&part| part == "-").unwrap_or(segments.len());
    let (path, below) = segments.split_at(end);
    let Some(project) = inside.world.project_at(&path.join("/")) else { return missing() };
    match below {
        [] | ["-", "issues"] => show(PROJECT, project_context(&inside.world, project)),
        ["-", "issues" | "work_items", iid] => {
            let issue = iid.parse().ok().and_then(|iid: u64| project.issues.get(&iid));
            issue.map_or_else(missing, |issue| show(ISSUE, issue_context(&inside.world, project, issue)))
        }
        ["-", "raw", branch, file @ ..] => {
            project.file(branch, &file.join("/")).map_or_else(missing, |text| Reply::text(200, text))
        }
        ["-", "blob", branch, file @ ..] => {
            let path = file.join("/");
            let context = project.file(branch, &path).map(|text| {
                context! { project => &*project.path, path => &*path, branch => *branch, body => rendered(text), title => &*path }
            });
            context.map_or_else(missing, |context| show(FILE, context))
        }
        _ => missing(),
    }
}

/// The journal as a page.
pub(super) fn journal(inside: &Inside) -> Reply {
    show(JOURNAL, context! { title => "Journal", entries => Serde(&inside.journal) })
}

fn start(inside: &Inside) -> Reply {
    let projects: Vec<Value> = inside
        .world
        .projects
        .values()
        .map(|project| {
            let open = project.issues.values().filter(|issue| issue.is_open()).count();
            context! {
                path => &*project.path, visibility => Serde(project.visibility), open, issues => project.issues.len(),
                archived => project.archived,
            }
        })
        .collect();
    let description = Serde(super::control::describe(inside));
    show(START, context! { title => "podkeeper sandbox", projects, description, writes => inside.journal.len() })
}

fn project_context(world: &World, project: &Project) -> Value {
    let issues: Vec<Value> = project.issues.values().rev().map(|issue| issue_context(world, project, issue)).collect();
    let files: Vec<String> = project.branch("HEAD").map(|files| files.keys().cloned().collect()).unwrap_or_default();
    context! {
        title => &*project.path, project => &*project.path, issues, files,
        visibility => Serde(project.visibility),
        branch => &*project.default_branch,
    }
}

fn issue_context(world: &World, project: &Project, issue: &Issue) -> Value {
    let name = |id: u64| world.users.get(&id).map_or("somebody", |user| user.username.as_str());
    let labels: Vec<Value> = issue
        .labels
        .iter()
        .map(|name| {
            let label = world.labels_for(project).into_iter().find(|label| label.name == *name);
            // Only a colour may become a part of the style sheet.
            let color = label.map(|label| label.color.as_str()).filter(|color| is_color(color)).unwrap_or("#6699cc");
            context! { name, color }
        })
        .collect();
    let notes: Vec<Value> = issue
        .notes
        .values()
        .map(|note| {
            let when = note.created_at.format("%Y-%m-%d %H:%M").to_string();
            context! { author => name(note.author), body => rendered(&note.body), system => note.system, when }
        })
        .collect();
    let links: Vec<String> = world
        .issue_links
        .values()
        .filter_map(|link| {
            let here = (project.id, issue.iid);
            let other = if link.source == here { link.target } else { link.source };
            let path = world.projects.get(&other.0).map(|project| project.path.clone())?;
            (link.source == here || link.target == here).then(|| format!("{path}/-/issues/{}", other.1))
        })
        .collect();
    context! {
        project => &*project.path, iid => issue.iid, title => &*issue.title, open => issue.is_open(), labels, notes, links,
        author => name(issue.author), due => issue.due_date.map(|day| day.to_string()), confidential => issue.confidential,
        created => issue.created_at.format("%Y-%m-%d %H:%M").to_string(),
        body => rendered(issue.description.as_deref().unwrap_or_default()),
        source => issue.description.as_deref(),
    }
}

/// Markdown as HTML; raw HTML in it is left out, as comrak does unless told otherwise.
fn rendered(markdown: &str) -> Value {
    Value::from_safe_string(markdown_to_html(markdown, &quick_actions::options()))
}

fn is_color(color: &str) -> bool {
    color.strip_prefix('#').is_some_and(|digits| digits.chars().all(|char| char.is_ascii_hexdigit()))
}

fn missing() -> Reply {
    show(LAYOUT, context! { title => "Not found" }).status(404)
}

fn show(template: &str, context: Value) -> Reply {
    let mut environment = Environment::new();
    let rendered = environment
        .add_template("layout.html", LAYOUT)
        .and_then(|()| environment.template_from_named_str("page.html", template)?.render(context));
    match rendered {
        Ok(html) => Reply::html(200, html),
        Err(error) => Reply::text(500, &format!("cannot show this page: {error}\n")),
    }
}
