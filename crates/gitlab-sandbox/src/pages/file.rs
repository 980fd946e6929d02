//! Files: folders, one file as text or as Markdown, and its bare text.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Value, context};

use super::links::{TextContext, page_href};
use super::markdown::render_document;
use super::{PageContext, navigation, render_page};
use crate::reply::Reply;
use crate::world::Project;

/// `/-/tree/BRANCH/FOLDER`.
pub(super) fn tree_page(view: PageContext<'_>, project: &Project, rest: &[&str]) -> Option<Reply> {
    let place = BranchPath::parse(project, rest)?;
    let folder = if place.path.is_empty() { String::new() } else { format!("{}/", place.path) };
    let below = place.files.keys().filter_map(|path| path.strip_prefix(&folder));
    // Folders come first, each once.
    let entries: BTreeSet<(bool, &str)> =
        below.map(|path| path.split_once('/').map_or((true, path), |(folder, _)| (false, folder))).collect();
    if entries.is_empty() && !folder.is_empty() {
        return None;
    }
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|(is_file, name)| {
            let kind = if is_file { "blob" } else { "tree" };
            let link = page_href(&format!("{}/-/{kind}/{}/{folder}{name}", project.path, place.branch));
            context! { name, folder => !is_file, href => link }
        })
        .collect();
    let page = context! { title => "Files", entries, ..place.breadcrumbs_value(project) };
    Some(render_page(
        view.guide,
        "file.html",
        context! { ..page, ..navigation::project_navigation(view, project, "files") },
    ))
}

/// `/-/blob/BRANCH/PATH`: Markdown as it is meant to look, unless `?plain=1` asks for its lines.
pub(super) fn page(view: PageContext<'_>, project: &Project, rest: &[&str]) -> Option<Reply> {
    let place = BranchPath::parse(project, rest)?;
    let text = place.files.get(&place.path)?;
    let markdown = std::path::Path::new(&place.path).extension().is_some_and(|kind| kind.eq_ignore_ascii_case("md"));
    let plain = !markdown || view.call.params.flag("plain") == Some(true);
    let file = format!("{}/{}", place.branch, place.path);
    let around = TextContext { view, project: Some(project), group: None, file_path: &file };
    let body = (!plain).then(|| render_document(text, &around));
    let lines = plain.then(|| text.lines().map(str::to_owned).collect::<Vec<_>>());
    let own = page_href(&format!("{}/-/blob/{file}", project.path));
    let page = context! {
        title => place.path.rsplit('/').next(), body, lines, markdown, plain, own,
        raw => page_href(&format!("{}/-/raw/{file}", project.path)), ..place.breadcrumbs_value(project)
    };
    Some(render_page(
        view.guide,
        "file.html",
        context! { ..page, ..navigation::project_navigation(view, project, "files") },
    ))
}

/// `/-/raw/BRANCH/PATH`.
pub(super) fn raw_file(project: &Project, rest: &[&str]) -> Option<Reply> {
    let place = BranchPath::parse(project, rest)?;
    Some(Reply::text(200, place.files.get(&place.path)?))
}

/// A place in the files of a branch.
struct BranchPath<'a> {
    branch: String,
    files: &'a BTreeMap<String, String>,
    path: String,
}

impl<'a> BranchPath<'a> {
    /// The branch that the address begins with; its name may hold slashes.
    fn parse(project: &'a Project, rest: &[&str]) -> Option<BranchPath<'a>> {
        (1..=rest.len()).find_map(|end| {
            let branch = rest.get(..end)?.join("/");
            let files = project.branch_files(&branch)?;
            Some(BranchPath { branch, files, path: rest.get(end..)?.join("/") })
        })
    }

    /// Where it is: the branch, and each folder on the way as a link.
    fn breadcrumbs_value(&self, project: &Project) -> Value {
        let top = format!("{}/-/tree/{}", project.path, self.branch);
        let folders: Vec<Value> = self
            .path
            .match_indices('/')
            .map(|(end, _)| {
                let name = self.path[..end].rsplit('/').next();
                context! { name, href => page_href(&format!("{top}/{}", &self.path[..end])) }
            })
            .collect();
        let name = self.path.rsplit('/').next().filter(|name| !name.is_empty());
        context! { branch => &*self.branch, top => page_href(&top), folders, name }
    }
}
