//! Pages of a project's wiki (GitLab docs, "Wikis API"; `lib/api/wikis.rb`), and releases, of which only the tag is there.

use serde_json::{Value, json};

use super::Asked;
use super::shapes::instant;
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{DEVELOPER, Part, Project};

/// `wikis`: all pages in one answer, one of them, and a new one.
pub(super) fn answer(asked: &mut Asked<'_>, project: u64, path: &[&str]) -> Answer {
    let home = asked.project(project)?;
    if !asked.world.may_use(home, Part::Wiki, asked.who) {
        return Err(Reply::forbidden());
    }
    match (asked.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let whole = asked.call.input.flag("with_content") == Some(true);
            let pages = home.shelf.wiki.iter().map(|slug| shape(home, slug, whole));
            Ok(Reply::json(200, &json!(pages.collect::<Vec<_>>())))
        }
        ("GET" | "HEAD", [slug]) => {
            let slug = home.shelf.wiki.get(*slug).ok_or_else(|| Reply::not_found("Wiki Page"))?;
            Ok(Reply::json(200, &shape(home, slug, true)))
        }
        ("POST", []) => create(asked, project),
        _ => Err(Reply::no_route()),
    }
}

fn create(asked: &mut Asked<'_>, project: u64) -> Answer {
    asked.role(project, DEVELOPER)?;
    let input = &asked.call.input;
    let (title, content) = (input.given("title")?, input.given("content")?);
    let slug = title.replace(' ', "-");
    let home = asked.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    home.shelf.wiki.insert(slug.clone());
    home.shelf.wiki_texts.insert(slug.clone(), content);
    Ok(Reply::json(201, &shape(home, &slug, true)))
}

fn shape(home: &Project, slug: &str, whole: bool) -> Value {
    let title = slug.rsplit('/').next().unwrap_or(slug).replace('-', " ");
    let mut shape = json!({ "format": "markdown", "slug": slug, "title": title, "wiki_page_meta_id": null });
    if whole {
        shape["content"] = json!(home.shelf.wiki_texts.get(slug).map_or("", String::as_str));
        shape["encoding"] = json!("UTF-8");
    }
    shape
}

/// `POST releases` (`lib/api/releases.rb`).
pub(super) fn release(asked: &mut Asked<'_>, project: u64) -> Answer {
    asked.role(project, DEVELOPER)?;
    let tag = asked.call.input.given("tag_name")?;
    let start = asked.call.input.given("ref")?;
    let now = instant(asked.world.now);
    let home = asked.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    if home.resolve(&start).is_none() {
        return Err(Reply::message(422, "Ref is not specified"));
    }
    if !home.shelf.releases.insert(tag.clone()) {
        return Err(Reply::message(409, "Release already exists"));
    }
    Ok(Reply::json(201, &json!({ "tag_name": tag, "name": tag, "created_at": now, "released_at": now })))
}
