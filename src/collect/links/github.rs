//! Things of GitHub, asked of its API where a token was given.
//!
//! To those who are not signed in a private repository looks like a missing one, and no page holds the lines of a file
//! (fact sheet on links, section 5.5). With a token the API tells; without one GitHub is a host of the web like any
//! other. The API tells of missing and hidden repositories alike, so neither is `dead`. What it does not tell, the page
//! tells to everybody: it is visited as ever, and where the API failed, a 404 of the page proves nothing.
//!
//! - `shape`: what an address points at · `api`: how it is asked · `look`: what is asked · `judge`: the verdicts

mod api;
mod judge;
mod look;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::fragment;
use super::verdict::Judged;
use super::web::visit::Visitor;
use super::web::{Fetch, Hosts, Settings, Web, bearing};
use crate::pod::verdict::Verdict;
use api::Api;
pub(super) use judge::last_line;
use look::Seen;
use shape::{Part, Repository, Thing};

/// The one origin that the token goes to.
const ORIGIN: &str = "https://api.github.com/";
/// What it is called in the queues.
const HOST: &str = "api.github.com:443";
/// The version of the API that is asked (GitHub docs, "API Versions").
const VERSION: (&str, &str) = ("x-github-api-version", "2022-11-28");

/// A client for GitHub's API, which holds the token and asks no other origin. `authorization` is the whole header,
/// `Bearer …`.
///
/// # Errors
/// As for [`Web::with`].
pub fn client(hosts: Hosts, settings: &Settings, authorization: HeaderValue) -> Result<Arc<dyn Fetch>, String> {
    let mut headers = HeaderMap::new();
    let mut secret = authorization;
    secret.set_sensitive(true);
    headers.insert(AUTHORIZATION, secret);
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert(HeaderName::from_static(VERSION.0), HeaderValue::from_static(VERSION.1));
    let origin = Url::parse(ORIGIN).map_err(|error| error.to_string())?;
    bearing(hosts, settings, &origin, headers)
}

/// What the API tells of a link.
#[derive(Debug, Clone)]
enum Told {
    /// All there is to tell.
    Judged(Judged),
    /// That its page tells; and the verdict where the page only says that it is not there.
    Page(Option<Judged>),
}

/// What the API told of each link.
#[derive(Default)]
pub(super) struct Answers(BTreeMap<Url, Told>);

/// Whether GitHub's API is asked about an address.
pub(super) fn is_asked(web: &Web, url: &Url) -> bool {
    web.github().is_some() && shape::read(url).is_some()
}

/// Asks about all of these addresses.
pub(super) async fn look(visitor: &Visitor, web: &Web, urls: BTreeSet<&Url>) -> Answers {
    let Some(fetch) = web.github() else { return Answers::default() };
    let api = Api::new(visitor, fetch.as_ref());
    let mut owners: BTreeMap<String, Vec<&Url>> = BTreeMap::new();
    let mut repositories: BTreeMap<Repository, BTreeMap<Part, Vec<&Url>>> = BTreeMap::new();
    for url in urls {
        match shape::read(url) {
            Some(Thing::Owner(owner)) => owners.entry(owner).or_default().push(url),
            Some(Thing::In(repository, part)) => {
                repositories.entry(repository).or_default().entry(part).or_default().push(url);
            }
            None => {}
        }
    }
    let at_once = visitor.at_once(HOST);
    let owners = stream::iter(owners).map(async |(name, urls)| owner(&api, &name, &urls).await);
    let owners: Vec<Vec<(Url, Told)>> = owners.buffer_unordered(at_once).collect().await;
    let inside = stream::iter(repositories).map(async |(name, parts)| repository(&api, &name, &parts).await);
    let inside: Vec<Vec<(Url, Told)>> = inside.buffer_unordered(at_once).collect().await;
    Answers(owners.into_iter().chain(inside).flatten().collect())
}

async fn owner(api: &Api<'_>, name: &str, urls: &[&Url]) -> Vec<(Url, Told)> {
    let told = match api.get(&["users", name], None).await {
        Ok(Some(_)) => Told::Judged(Judged::new(Verdict::Alive, "")),
        // An enterprise's accounts are shown to its own people only (GitHub docs, "Get a user").
        Ok(None) => judge::hidden(),
        Err(judged) => Told::Page(Some(judged)),
    };
    // A place is on the page.
    let of = |url: &Url| if url.fragment().is_some() { page_of(told.clone()) } else { told.clone() };
    urls.iter().map(|url| ((*url).clone(), of(url))).collect()
}

fn page_of(told: Told) -> Told {
    match told {
        Told::Judged(_) => Told::Page(None),
        page @ Told::Page(_) => page,
    }
}

async fn repository(api: &Api<'_>, name: &Repository, parts: &BTreeMap<Part, Vec<&Url>>) -> Vec<(Url, Told)> {
    let home = look::home(api, name).await;
    let mut told = Vec::new();
    for (part, urls) in parts {
        let home = match &home {
            Ok(Some(home)) => home,
            other => {
                let all = match other {
                    Err(judged) => Told::Page(Some(judged.clone())),
                    _ => judge::hidden(),
                };
                told.extend(urls.iter().map(|url| ((*url).clone(), all.clone())));
                continue;
            }
        };
        let line = |url: &&Url| fragment::wanted(url.fragment()).is_some_and(|wanted| last_line(&wanted).is_some());
        let seen: Seen = look::part(api, home, part, urls.iter().any(line)).await;
        told.extend(urls.iter().map(|url| ((*url).clone(), judge::judge(home, part, &seen, url))));
    }
    told
}

impl Answers {
    /// The addresses whose pages tell.
    pub(super) fn pages(&self) -> impl Iterator<Item = &Url> {
        self.0.iter().filter(|(_, told)| matches!(told, Told::Page(_))).map(|(url, _)| url)
    }

    /// The verdict on an address; `visited` is that of its page. A page that only fails says less than the API did.
    pub(super) fn judged(&self, url: &Url, visited: impl FnOnce() -> Judged) -> Judged {
        match self.0.get(url) {
            None | Some(Told::Page(None)) => visited(),
            Some(Told::Judged(judged)) => judged.clone(),
            Some(Told::Page(Some(floor))) => match visited() {
                page if matches!(page.verdict, Verdict::Dead | Verdict::Refused | Verdict::Unreachable) => {
                    floor.clone()
                }
                page => page,
            },
        }
    }
}
