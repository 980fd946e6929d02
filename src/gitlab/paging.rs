//! Reads a listing to its end.
//!
//! The crate's pager stops at the first page that is shorter than it asked for, and so read 20 of 45 items
//! from a server that caps its pages (measured); GitLab itself filters notes after paging. So the server's
//! word for the next page is followed, and only its absence ends the listing.

use std::collections::BTreeSet;

use ::gitlab::api::{Endpoint, RestClient as _};
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;
use url::Url;

use super::error::RequestError;
use super::transport::{Transport, from_api_error, header_text};

/// A listing that is longer than this is not read to its end but refused.
const MOST_PAGES: usize = 1_000;
/// GitLab's maximum (docs "REST API", "Pagination").
const PER_PAGE: &str = "100";

/// A page of so many items may not be the last one: so many were asked for.
const FULL: usize = 100;
/// What GitLab sends with every page (docs "REST API", "Offset-based pagination").
const PAGING_HEADERS: [&str; 7] =
    ["link", "x-next-page", "x-page", "x-per-page", "x-total", "x-total-pages", "x-prev-page"];

/// A listing that changes under every reading is given up after so many.
const MOST_READINGS: usize = 3;

/// How a listing is cut into pages, which says by what it is known to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pagination {
    /// `X-Total` counts what the pages show: issues, a folder, users.
    WithTotal,
    /// GitLab takes out what the reader may not see after it has paged, so fewer are shown than `X-Total` counts: label
    /// events, notes (`lib/api/resource_label_events.rb`, `lib/api/notes.rb`).
    Filtered,
    /// All of it comes at once and without a word of pages: issue links (`lib/api/issue_links.rb`).
    Unpaged,
}

/// Every item of a listing, in the server's order.
///
/// Pages are cut by offset: what somebody deletes moves an item from a page that is still to come to one that was read,
/// and it would never be seen. So a listing whose total changes on the way, or of which another number of items came
/// than its total says, is read anew.
///
/// # Errors
/// [`RequestError::Unreadable`] where it was not seen whole, after so many readings too; whatever else a page came to.
pub(super) async fn list_all<T: DeserializeOwned>(
    transport: &Transport,
    endpoint: &(impl Endpoint + Sync),
    pages: Pagination,
) -> Result<Vec<T>, RequestError> {
    let mut url = transport.rest_endpoint(&endpoint.endpoint()).map_err(from_api_error)?;
    endpoint.parameters().add_to_url(&mut url);
    url.query_pairs_mut().append_pair("per_page", PER_PAGE);
    let mut why = String::new();
    for _ in 0..MOST_READINGS {
        match read_listing_once(transport, url.clone(), pages).await? {
            ListingRead::Whole(items) => return Ok(items),
            ListingRead::Changed => why = format!("the listing changed {MOST_READINGS} times while it was read"),
            ListingRead::Short { came, total } => {
                why = format!("{came} of the {total} items of the listing came, {MOST_READINGS} times");
            }
        }
    }
    Err(RequestError::Unreadable(why))
}

/// What one reading came to.
enum ListingRead<T> {
    Whole(Vec<T>),
    /// Its total was another one on a later page.
    Changed,
    /// Another number of items came than its total says.
    Short {
        came: usize,
        total: usize,
    },
}

/// One reading from the first page on.
async fn read_listing_once<T: DeserializeOwned>(
    transport: &Transport,
    mut url: Url,
    pages: Pagination,
) -> Result<ListingRead<T>, RequestError> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    let mut total: Option<String> = None;
    loop {
        if seen.len() == MOST_PAGES {
            return Err(RequestError::Unreadable(format!("the listing has more than {MOST_PAGES} pages")));
        }
        if !seen.insert(url.to_string()) {
            return Err(RequestError::Unreadable("the listing leads back to a page that was read before".to_owned()));
        }
        let response = transport.send(&Method::GET, &url, None).await?;
        // Above 10,000 items GitLab names no total.
        if let Some(now) = header_text(response.headers(), "x-total")
            && *total.get_or_insert_with(|| now.to_owned()) != now
        {
            return Ok(ListingRead::Changed);
        }
        let page: Vec<T> = serde_json::from_slice(response.body())
            .map_err(|error| RequestError::Unreadable(format!("a page of the listing: {error}")))?;
        // A word that was taken off on the way is not the end of the listing.
        if pages != Pagination::Unpaged
            && page.len() >= FULL
            && !PAGING_HEADERS.iter().any(|name| response.headers().contains_key(*name))
        {
            return Err(RequestError::Unreadable(format!(
                "a page of {} items without a header of GitLab's that says whether more follow; something between this \
                 machine and GitLab takes them off",
                page.len()
            )));
        }
        items.extend(page);
        match next_page_url(response.headers(), &url)? {
            Some(following) => url = following,
            None => break,
        }
    }
    // A total that is no number says nothing.
    let total = total.filter(|_| pages == Pagination::WithTotal).and_then(|total| total.trim().parse::<usize>().ok());
    Ok(match total {
        Some(total) if total != items.len() => ListingRead::Short { came: items.len(), total },
        _ => ListingRead::Whole(items),
    })
}

/// The next page of the same listing: by the query of `Link: <…>; rel="next"`, else by `X-Next-Page`.
fn next_page_url(headers: &HeaderMap, here: &Url) -> Result<Option<Url>, RequestError> {
    for value in headers.get_all("link") {
        // A link that cannot be read may be the one to the next page: it does not end the listing.
        let text = value.to_str().map_err(|_binary| RequestError::Unreadable("the links to other pages".to_owned()))?;
        if let Some(target) = find_next_link(text) {
            let target = here
                .join(target)
                .map_err(|_invalid| RequestError::Unreadable("the link to the next page".to_owned()))?;
            return Ok(Some(with_page_query(here, &target)));
        }
    }
    let Some(page) = header_text(headers, "x-next-page").map(str::trim).filter(|page| !page.is_empty()) else {
        return Ok(None);
    };
    let mut named = here.clone();
    named.query_pairs_mut().clear().append_pair("page", page);
    Ok(Some(with_page_query(here, &named)))
}

/// The listing at `here`, at the page that another address of it names. Only the query of that address says anything:
/// its host is the one of GitLab's own configuration, which need not be the one that was asked
/// (`lib/gitlab/pagination/offset_header_builder.rb`), and what it does not name stays as it was asked.
fn with_page_query(here: &Url, named: &Url) -> Url {
    // The project's number is a parameter to GitLab, too.
    let named: Vec<(String, String)> = named.query_pairs().into_owned().filter(|(key, _)| key != "id").collect();
    let others = here.query_pairs().into_owned().filter(|(key, _)| !named.iter().any(|(other, _)| other == key));
    let others: Vec<(String, String)> = others.collect();
    let mut url = here.clone();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(named);
    url
}

/// The target of `rel="next"` in a `Link` header (RFC 8288), which may hold several links.
fn find_next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(open) = rest.find('<') {
        let (target, after) = rest[open + 1..].split_once('>')?;
        let end = after.find(",<").or_else(|| after.find(", <")).unwrap_or(after.len());
        let parameters = &after[..end];
        let is_next = parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .any(|(name, value)| name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"') == "next");
        if is_next {
            return Some(target);
        }
        rest = &after[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_same_listing_whatever_host_and_path_its_link_names() {
        let here: Url = "https://gitlab.example.com/api/v4/projects/a%2Fb/issues?labels=x%2Cy&page=1".parse().unwrap();
        let at = |link: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("link", format!("<{link}>; rel=\"next\"").parse().unwrap());
            next_page_url(&headers, &here).unwrap().unwrap().to_string()
        };
        let listing = "https://gitlab.example.com/api/v4/projects/a%2Fb/issues?";
        let second = format!("{listing}labels=x%2Cy&page=2");
        assert_eq!(at("http://inner:8080/api/v4/projects/7/issues?id=7&labels=x%2Cy&page=2"), second);
        assert_eq!(at("https://evil.example/?page=2"), second);
        assert_eq!(at("?cursor=abc"), format!("{listing}labels=x%2Cy&page=1&cursor=abc"));
        assert_eq!(at("https://gitlab.example.com/"), here.as_str(), "no page at all");
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let header = r#"<https://a.example/x?page=1>; rel="first", <https://a.example/x?page=3&a=b,c>; rel="next", <https://a.example/x?page=9>; rel="last""#;
        assert_eq!(find_next_link(header), Some("https://a.example/x?page=3&a=b,c"));
        assert_eq!(find_next_link(r#"<https://a.example/x?page=1>; rel="prev""#), None);
        assert_eq!(find_next_link("<broken"), None);
        assert_eq!(find_next_link(""), None);
    }
}
