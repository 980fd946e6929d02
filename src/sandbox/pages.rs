//! Pages to look at in a browser: what stands in the box, and what was written to it.
//!
//! They stand at GitLab's own addresses and show what an administrator would see, confidential issues included: the box
//! holds no secrets. They need no script and load nothing, and texts of others stay inert twice over: `safe` leaves harmless
//! HTML only, and the policy that goes with each page lets nothing run.
//!
//! - `start`, `project`, `group`, `issues`, `issue`, `merge_request`, `epic`, `file`, `commit`, `journal`: one kind of page each
//! - `thing`: what issues, merge requests and epics have in common; `talk`: who said and did what on them
//! - `markdown`, `safe`, `links`, `references`, `label`: texts as GitLab would show them
//! - `diff`: what changed in a file, line by line

mod commit;
mod diff;
mod epic;
mod file;
mod group;
mod issue;
mod issues;
mod journal;
mod label;
mod links;
mod markdown;
mod merge_request;
mod project;
mod references;
mod safe;
mod start;
mod talk;
#[cfg(test)]
mod tests;
mod thing;

use minijinja::{Environment, Value, context};

use super::Inside;
use super::call::Call;
use super::reply::Reply;
use super::world::{Group, Project, World};

pub(super) use journal::page as journal;

const TEMPLATES: [(&str, &str); 10] = [
    ("layout.html", include_str!("pages/layout.html")),
    ("parts.html", include_str!("pages/parts.html")),
    ("start.html", include_str!("pages/start.html")),
    ("project.html", include_str!("pages/project.html")),
    ("group.html", include_str!("pages/group.html")),
    ("list.html", include_str!("pages/list.html")),
    ("labels.html", include_str!("pages/labels.html")),
    ("thing.html", include_str!("pages/thing.html")),
    ("file.html", include_str!("pages/file.html")),
    ("journal.html", include_str!("pages/journal.html")),
];

/// Nothing runs, nothing is loaded, nothing is sent; styles stand in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What a page is made from.
#[derive(Clone, Copy)]
struct View<'a> {
    world: &'a World,
    /// The origin of the box in its links.
    origin: &'a str,
    call: &'a Call,
}

/// Answers one request that is neither for the API nor below `/-/`.
pub(super) fn answer(inside: &Inside, call: &Call) -> Reply {
    if !call.method.is_safe() {
        return Reply::text(405, "Method Not Allowed\n");
    }
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if segments.is_empty() {
        return start::page(inside);
    }
    let view = View { world: &inside.world, origin: &inside.place.origin, call };
    view.answer(&segments).unwrap_or_else(missing)
}

impl<'a> View<'a> {
    fn answer(self, segments: &[&str]) -> Option<Reply> {
        if let ["uploads", "-", "system", "user", "avatar", id, name] = segments {
            let user = self.world.users.get(&id.parse().ok()?)?;
            let (_, picture) = user.avatar.as_ref().filter(|(own, _)| own == name)?;
            return Some(Reply::bytes(200, "image/png", picture.clone()));
        }
        let (owner, below) = self.owner(segments)?;
        match owner {
            Owner::Group(group) => match below {
                ["epics" | "work_items", iid] => epic::page(self, group, iid.parse().ok()?),
                _ => Some(group::page(self, group)),
            },
            Owner::Project(project) => match below {
                [] => Some(project::page(self, project)),
                ["issues" | "work_items"] => Some(issues::page(self, project)),
                ["issues" | "work_items", iid] => issue::page(self, project, iid.parse().ok()?),
                ["merge_requests"] => Some(merge_request::list(self, project)),
                ["merge_requests", iid, ..] => merge_request::page(self, project, iid.parse().ok()?),
                ["labels"] => Some(project::labels(self, project)),
                ["commit", id] => commit::page(self, project, id),
                ["tree", rest @ ..] => file::tree(self, project, rest),
                ["blob", rest @ ..] => file::page(self, project, rest),
                ["raw", rest @ ..] => file::raw(project, rest),
                _ => None,
            },
        }
    }

    /// Whose page an address is, and what stands behind its `-`.
    fn owner<'s>(self, segments: &'s [&'s str]) -> Option<(Owner<'a>, &'s [&'s str])> {
        let end = segments.iter().position(|&part| part == "-").unwrap_or(segments.len());
        let (path, below) = segments.split_at(end);
        let below = below.get(1..).unwrap_or_default();
        if let ["groups", group @ ..] = path {
            return Some((Owner::Group(self.world.group_at(&group.join("/"))?), below));
        }
        let path = path.join("/");
        let project = self.world.project_at(&path).or_else(|| self.world.project_formerly_at(&path));
        let owner = project.map(Owner::Project).or_else(|| self.world.group_at(&path).map(Owner::Group))?;
        Some((owner, below))
    }

    /// Somebody's name and handle.
    fn person(self, id: u64) -> Value {
        let user = self.world.users.get(&id);
        let (name, handle) = user.map_or(("Somebody", "ghost"), |user| (&*user.name, &*user.username));
        context! { name, handle }
    }
}

/// Whom the beginning of an address names.
enum Owner<'a> {
    Project(&'a Project),
    Group(&'a Group),
}

/// A moment to be read, and as programs read it.
fn moment(time: chrono::DateTime<chrono::Utc>) -> Value {
    context! { text => time.format("%Y-%m-%d %H:%M").to_string(), iso => time.to_rfc3339() }
}

fn missing() -> Reply {
    show("layout.html", context! { title => "Not found" }).status(404)
}

fn show(template: &str, context: Value) -> Reply {
    let mut environment = Environment::new();
    let added = TEMPLATES.iter().try_for_each(|(name, text)| environment.add_template(name, text));
    let page = added.and_then(|()| environment.get_template(template)?.render(context));
    match page {
        Ok(html) => Reply::html(200, html).header("content-security-policy", POLICY),
        Err(error) => Reply::text(500, &format!("cannot show this page: {error}\n")),
    }
}
