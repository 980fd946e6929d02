//! Pages to look at in a browser: what stands in the sandbox, and what was written to it.
//!
//! They stand at GitLab's own addresses and show what an administrator would see, confidential issues included: the
//! sandbox holds no secrets. They need no script and load nothing, and texts of others stay inert twice over:
//! `sanitize` leaves harmless HTML only, and the policy that goes with each page lets nothing run.
//!
//! - `home`, `project`, `group`, `issues`, `issue`, `merge_request`, `epic`, `file`, `commit`, `journal`: one kind of
//!   page each
//! - `navigation`: what stands above each of them; `crate::guide`: what its maker says on them
//! - `issuable`: what issues, merge requests and epics have in common; `activity`: who wrote and did what on them
//! - `markdown`, `sanitize`, `escape`, `links`, `references`, `label`: texts as GitLab would show them
//! - `diff`: what changed in a file, line by line

mod activity;
mod commit;
mod diff;
mod epic;
mod escape;
mod file;
mod group;
mod home;
mod issuable;
mod issue;
mod issues;
mod journal;
mod label;
mod links;
mod markdown;
mod merge_request;
mod navigation;
mod project;
mod references;
mod sanitize;
#[cfg(test)]
mod tests;

use minijinja::{Environment, Value, context};

use super::call::Call;
use super::reply::Reply;
use super::world::{Group, Project, World};
use crate::guide::Guide;
use crate::state::SandboxState;

pub(super) use journal::page as journal;

const TEMPLATES: [(&str, &str); 10] = [
    ("layout.html", include_str!("pages/layout.html")),
    ("parts.html", include_str!("pages/parts.html")),
    ("start.html", include_str!("pages/start.html")),
    ("project.html", include_str!("pages/project.html")),
    ("group.html", include_str!("pages/group.html")),
    ("list.html", include_str!("pages/list.html")),
    ("labels.html", include_str!("pages/labels.html")),
    ("issuable.html", include_str!("pages/issuable.html")),
    ("file.html", include_str!("pages/file.html")),
    ("journal.html", include_str!("pages/journal.html")),
];

/// Nothing runs, nothing is loaded, nothing is sent; styles stand in the page itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What a page is made from.
#[derive(Clone, Copy)]
struct PageContext<'a> {
    world: &'a World,
    /// The origin of the sandbox in its links.
    origin: &'a str,
    call: &'a Call,
    guide: &'a Guide,
}

/// Answers one request that is neither for the API nor below `/-/`.
pub(super) fn answer(state: &SandboxState, call: &Call) -> Reply {
    if !call.method.is_safe() {
        return Reply::text(405, "Method Not Allowed\n");
    }
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if segments.is_empty() {
        return home::page(state);
    }
    let guide = &state.guide;
    let view = PageContext { world: &state.world, origin: &state.addresses.origin, call, guide };
    view.route(&segments).unwrap_or_else(|| not_found_page(guide))
}

impl<'a> PageContext<'a> {
    fn route(self, segments: &[&str]) -> Option<Reply> {
        let (owner, below) = self.find_owner(segments)?;
        match owner {
            PageOwner::Group(group) => match below {
                ["epics" | "work_items", iid] => epic::page(self, group, iid.parse().ok()?),
                _ => Some(group::page(self, group)),
            },
            PageOwner::Project(project) => match below {
                [] => Some(project::page(self, project)),
                ["issues" | "work_items"] => Some(issues::page(self, project)),
                ["issues" | "work_items", iid] => issue::page(self, project, iid.parse().ok()?),
                ["merge_requests"] => Some(merge_request::list(self, project)),
                ["merge_requests", iid, ..] => merge_request::page(self, project, iid.parse().ok()?),
                ["labels"] => Some(project::labels_page(self, project)),
                ["commit", id] => commit::page(self, project, id),
                ["tree", rest @ ..] => file::tree_page(self, project, rest),
                ["blob", rest @ ..] => file::page(self, project, rest),
                ["raw", rest @ ..] => file::raw_file(project, rest),
                _ => None,
            },
        }
    }

    /// Whose page an address is, and what stands behind its `-`.
    fn find_owner<'s>(self, segments: &'s [&'s str]) -> Option<(PageOwner<'a>, &'s [&'s str])> {
        let end = segments.iter().position(|&part| part == "-").unwrap_or(segments.len());
        let (path, below) = segments.split_at(end);
        let below = below.get(1..).unwrap_or_default();
        if let ["groups", group @ ..] = path {
            return Some((PageOwner::Group(self.world.group_by_path(&group.join("/"))?), below));
        }
        let path = path.join("/");
        let project = self.world.project_by_path(&path).or_else(|| self.world.project_by_former_path(&path));
        let owner =
            project.map(PageOwner::Project).or_else(|| self.world.group_by_path(&path).map(PageOwner::Group))?;
        Some((owner, below))
    }

    /// Somebody's name and handle.
    fn person_value(self, id: u64) -> Value {
        let user = self.world.users.get(&id);
        let (name, handle) = user.map_or(("Somebody", "ghost"), |user| (&*user.name, &*user.username));
        context! { name, handle }
    }
}

/// Whom the beginning of an address names.
enum PageOwner<'a> {
    Project(&'a Project),
    Group(&'a Group),
}

/// A time as people read it, and as programs do.
fn time_value(time: chrono::DateTime<chrono::Utc>) -> Value {
    context! { text => time.format("%Y-%m-%d %H:%M").to_string(), iso => time.to_rfc3339() }
}

fn not_found_page(guide: &Guide) -> Reply {
    render_page(guide, "layout.html", context! { title => "Not found" }).with_status(404)
}

fn render_page(guide: &Guide, template: &str, page: Value) -> Reply {
    let mut environment = Environment::new();
    let added = TEMPLATES.iter().try_for_each(|(name, text)| environment.add_template(name, text));
    let page =
        added.and_then(|()| environment.get_template(template)?.render(context! { sandbox => &*guide.name, ..page }));
    match page {
        Ok(html) => Reply::html(200, html).with_header("content-security-policy", CONTENT_SECURITY_POLICY),
        Err(error) => Reply::text(500, &format!("cannot show this page: {error}\n")),
    }
}
