//! Pages of a project's wiki (GitLab docs, "Wikis API"; `lib/api/wikis.rb`), and releases, of which only the tag is
//! there.

use serde_json::{Value, json};

use super::Context;
use super::entities::format_time;
use crate::reply::{HandlerResult, Reply};
use crate::world::{DEVELOPER, Feature, Project};

/// `wikis`: all pages in one answer, one of them, and a new one.
pub(super) fn answer(context: &mut Context<'_>, project: u64, path: &[&str]) -> HandlerResult {
    let home = context.project_by_id(project)?;
    if !context.world.may_use_feature(home, Feature::Wiki, context.current_user_id) {
        return Err(Reply::forbidden());
    }
    match (context.call.method.as_str(), path) {
        ("GET" | "HEAD", []) => {
            let whole = context.call.params.flag("with_content") == Some(true);
            let pages = home.stubs.wiki.iter().map(|slug| wiki_page_json(home, slug, whole));
            Ok(Reply::json(200, &json!(pages.collect::<Vec<_>>())))
        }
        ("GET" | "HEAD", [slug]) => {
            let slug = home.stubs.wiki.get(*slug).ok_or_else(|| Reply::not_found("Wiki Page"))?;
            Ok(Reply::json(200, &wiki_page_json(home, slug, true)))
        }
        ("POST", []) => create(context, project),
        _ => Err(Reply::route_not_found()),
    }
}

fn create(context: &mut Context<'_>, project: u64) -> HandlerResult {
    context.require_role(project, DEVELOPER)?;
    let input = &context.call.params;
    let (title, text) = (input.required_text("title")?, input.required_text("content")?);
    let slug = title.replace(' ', "-");
    let home = context.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    home.stubs.wiki.insert(slug.clone());
    home.stubs.wiki_texts.insert(slug.clone(), text);
    Ok(Reply::json(201, &wiki_page_json(home, &slug, true)))
}

fn wiki_page_json(home: &Project, slug: &str, whole: bool) -> Value {
    let title = slug.rsplit('/').next().unwrap_or(slug).replace('-', " ");
    let mut shape = json!({ "format": "markdown", "slug": slug, "title": title, "wiki_page_meta_id": null });
    if whole {
        shape["content"] = json!(home.stubs.wiki_texts.get(slug).map_or("", String::as_str));
        shape["encoding"] = json!("UTF-8");
    }
    shape
}

/// `POST releases` (`lib/api/releases.rb`).
pub(super) fn create_release(context: &mut Context<'_>, project: u64) -> HandlerResult {
    context.require_role(project, DEVELOPER)?;
    let tag = context.call.params.required_text("tag_name")?;
    let start = context.call.params.required_text("ref")?;
    let now = format_time(context.world.now);
    let home = context.world.projects.get_mut(&project).ok_or_else(|| Reply::not_found("Project"))?;
    if home.resolve_ref(&start).is_none() {
        return Err(Reply::message(422, "Ref is not specified"));
    }
    if !home.stubs.releases.insert(tag.clone()) {
        return Err(Reply::message(409, "Release already exists"));
    }
    Ok(Reply::json(201, &json!({ "tag_name": tag, "name": tag, "created_at": now, "released_at": now })))
}
