//! Paging by offset and by cursor, with GitLab's headers (GitLab docs, "REST API", pagination).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Asked;
use crate::sandbox::reply::Reply;

/// Above this many rows GitLab no longer counts.
const COUNTED: usize = 10_000;

/// The offset behind which a list has to be read by cursor (`PlanLimits`, `offset_pagination_limit`).
const FARTHEST: usize = 50_000;

/// One page of `items`, each in the shape that `shape` gives it, with all `x-*` headers and one `Link`.
pub(super) fn page<T>(asked: &Asked<'_>, items: &[T], shape: impl Fn(&T) -> Value) -> Reply {
    page_of(asked, items, |item| Some(shape(item)))
}

/// The same where some of the items have no shape: they are counted, and not shown.
pub(super) fn page_of<T>(asked: &Asked<'_>, items: &[T], shape: impl Fn(&T) -> Option<Value>) -> Reply {
    if let Err(refusal) = check(asked) {
        return refusal;
    }
    let faults = &asked.world.faults;
    let size = size(asked);
    let page = number(asked, "page").unwrap_or(1);
    let short = faults.short_pages && asked.call.path.ends_with("/notes");
    let held = if short { size.div_ceil(2) } else { size };
    let pages = items.len().div_ceil(held).max(1);
    let start = (page - 1).saturating_mul(held).min(items.len());
    let end = start.saturating_add(held).min(items.len());
    let next = (page < pages).then(|| page + 1);
    let previous = (page > 1).then(|| page - 1);
    let shown: Vec<Value> = items[start..end].iter().filter_map(shape).collect();

    let text = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let mut links = Vec::new();
    let mut link = |page: Option<usize>, rel: &str| {
        let to = |page: usize| address(asked, &[("page", page.to_string()), ("per_page", size.to_string())]);
        links.extend(page.map(|page| format!("<{}>; rel=\"{rel}\"", to(page))));
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
    check(asked)?;
    let size = size(asked);
    let start = match asked.call.input.filled("cursor") {
        None => 0,
        Some(cursor) => {
            let after = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let after = after.and_then(|text| {
                let (id, place) = text.split_once(':')?;
                Some((id.parse::<u64>().ok()?, place.parse::<usize>().ok()?))
            });
            let (after, place) = after.ok_or_else(|| Reply::unreadable("cursor"))?;
            items.iter().position(|item| id(item) == after).map_or(place, |at| at + 1).min(items.len())
        }
    };
    let end = start.saturating_add(size).min(items.len());
    let shown: Vec<Value> = items[start..end].iter().map(shape).collect();
    let reply = Reply::json(200, &Value::Array(shown)).header("x-per-page", size.to_string());
    let Some(last) = items[start..end].last().filter(|_| end < items.len()) else { return Ok(reply) };
    let cursor = URL_SAFE_NO_PAD.encode(format!("{}:{end}", id(last)));
    let to = address(asked, &[("cursor", cursor.clone())]);
    Ok(reply.header("x-next-cursor", cursor).header("link", format!("<{to}>; rel=\"next\"")))
}

/// One page of what git lists: the next one is behind the row that `page_token` names, and the last has no `Link`
/// (`lib/gitlab/pagination/gitaly_keyset_pager.rb`).
pub(super) fn by_token(asked: &Asked<'_>, items: &[Value], token: impl Fn(&Value) -> String) -> Reply {
    if let Err(refusal) = check(asked) {
        return refusal;
    }
    let wanted = asked.call.input.filled("page_token");
    let start = wanted.and_then(|wanted| items.iter().position(|item| token(item) == wanted)).map_or(0, |at| at + 1);
    let end = start.saturating_add(size(asked)).min(items.len());
    let reply = Reply::json(200, &Value::Array(items[start..end].to_vec()));
    let Some(last) = items[start..end].last().filter(|_| end < items.len()) else { return reply };
    let to = address(asked, &[("page_token", token(last))]);
    reply.header("link", format!("<{to}>; rel=\"next\""))
}

/// Pages of nothing are refused (`lib/api/pagination_params.rb`).
fn check(asked: &Asked<'_>) -> Result<(), Reply> {
    if asked.call.input.number("per_page") == Some(0) {
        return Err(Reply::error(400, "per_page has a value not allowed"));
    }
    Ok(())
}

/// Lists that can be read by cursor end at an offset of 50,000 rows (`lib/api/helpers/pagination_strategies.rb`).
pub(super) fn check_offset(asked: &Asked<'_>, kind: &str) -> Result<(), Reply> {
    let page = number(asked, "page").unwrap_or(1);
    if page.saturating_mul(size(asked)) <= FARTHEST {
        return Ok(());
    }
    let why = format!(
        "Offset pagination has a maximum allowed offset of {FARTHEST} for requests that return objects of type {kind}. \
         Remaining records can be retrieved using keyset pagination."
    );
    Err(Reply::error(405, &why))
}

/// How many items a page has.
fn size(asked: &Asked<'_>) -> usize {
    number(asked, "per_page").unwrap_or(20).min(100).min(asked.world.faults.page_cap.unwrap_or(100)).max(1)
}

fn number(asked: &Asked<'_>, key: &str) -> Option<usize> {
    asked.call.input.number(key).and_then(|number| usize::try_from(number).ok()).filter(|&number| number > 0)
}

/// The URL of another page of the same list: what was asked for, with other values for what leads there.
fn address(asked: &Asked<'_>, fields: &[(&str, String)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(asked.call.query.as_deref().unwrap_or_default().as_bytes()) {
        if !fields.iter().any(|(own, _)| *own == key) {
            query.append_pair(&key, &value);
        }
    }
    query.extend_pairs(fields);
    format!("{}{}?{}", asked.origin, asked.call.path, query.finish())
}
