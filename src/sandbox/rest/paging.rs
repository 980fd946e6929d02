//! Paging by offset and by cursor, with GitLab's headers (GitLab docs, "REST API", pagination).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Asked;
use crate::sandbox::reply::Reply;

/// Above this many rows GitLab no longer counts.
const COUNTED: usize = 10_000;

/// One page of `items`, each in the shape that `shape` gives it, with all `x-*` headers and one `Link`.
pub(super) fn page<T>(asked: &Asked<'_>, items: &[T], shape: impl Fn(&T) -> Value) -> Reply {
    let number = |key: &str, default: usize| {
        let given = asked.call.input.number(key).and_then(|number| usize::try_from(number).ok());
        given.filter(|&number| number > 0).unwrap_or(default)
    };
    let faults = &asked.world.faults;
    let size = number("per_page", 20).min(100).min(faults.page_cap.unwrap_or(100));
    let page = number("page", 1);
    let short = faults.short_pages && asked.call.path.ends_with("/notes");
    let held = if short { size.div_ceil(2) } else { size };
    let pages = items.len().div_ceil(held).max(1);
    let start = (page - 1).saturating_mul(held).min(items.len());
    let end = start.saturating_add(held).min(items.len());
    let next = (page < pages).then(|| page + 1);
    let previous = (page > 1).then(|| page - 1);
    let shown: Vec<Value> = items[start..end].iter().map(shape).collect();

    let text = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let mut links = Vec::new();
    let mut link = |page: Option<usize>, rel: &str| {
        links.extend(page.map(|page| format!("<{}>; rel=\"{rel}\"", address(asked, page, size))));
    };
    link(previous, "prev");
    link(next, "next");
    link(Some(1), "first");
    let mut reply = Reply::json(200, &Value::Array(shown));
    if items.len() <= COUNTED && !faults.uncounted {
        link(Some(pages), "last");
        reply = reply.header("x-total", items.len().to_string()).header("x-total-pages", pages.to_string());
    }
    reply
        .header("x-page", page.to_string())
        .header("x-per-page", size.to_string())
        .header("x-next-page", text(next))
        .header("x-prev-page", text(previous))
        .header("link", links.join(", "))
}

/// One page of a list that is read by cursor (`pagination=keyset`): the next one is behind the last item, wherever that
/// stands by then. The last page has no `Link`.
pub(super) fn keyset<T>(
    asked: &Asked<'_>,
    items: &[T],
    id: impl Fn(&T) -> u64,
    shape: impl Fn(&T) -> Value,
) -> Result<Reply, Reply> {
    let input = &asked.call.input;
    let size = input.number("per_page").and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0);
    let size = size.unwrap_or(20).min(100).min(asked.world.faults.page_cap.unwrap_or(100));
    let start = match input.filled("cursor") {
        None => 0,
        Some(cursor) => {
            let after = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let after = after.and_then(|text| {
                let (id, place) = text.split_once(':')?;
                Some((id.parse::<u64>().ok()?, place.parse::<usize>().ok()?))
            });
            let (after, place) = after.ok_or_else(|| Reply::error(400, "cursor is invalid"))?;
            items.iter().position(|item| id(item) == after).map_or(place, |at| at + 1).min(items.len())
        }
    };
    let end = start.saturating_add(size).min(items.len());
    let shown: Vec<Value> = items[start..end].iter().map(shape).collect();
    let reply = Reply::json(200, &Value::Array(shown)).header("x-per-page", size.to_string());
    let Some(last) = items[start..end].last().filter(|_| end < items.len()) else { return Ok(reply) };
    let cursor = URL_SAFE_NO_PAD.encode(format!("{}:{end}", id(last)));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(asked.call.query.as_deref().unwrap_or_default().as_bytes()) {
        if key != "cursor" {
            query.append_pair(&key, &value);
        }
    }
    query.append_pair("cursor", &cursor);
    let to = format!("{}{}?{}", asked.origin, asked.call.path, query.finish());
    Ok(reply.header("x-next-cursor", cursor).header("link", format!("<{to}>; rel=\"next\"")))
}

/// The URL of another page of the same list.
fn address(asked: &Asked<'_>, page: usize, size: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(asked.call.query.as_deref().unwrap_or_default().as_bytes()) {
        if key != "page" && key != "per_page" {
            query.append_pair(&key, &value);
        }
    }
    query.append_pair("page", &page.to_string()).append_pair("per_page", &size.to_string());
    format!("{}{}?{}", asked.origin, asked.call.path, query.finish())
}
