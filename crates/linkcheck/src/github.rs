//! Things of GitHub, asked of its API where a token was given.
//!
//! To those who are not signed in a private repository looks like a missing one, and no page holds the lines of a file
//! (fact sheet on links, section 5.5). With a token the API is asked; without one GitHub is a host of the web like any
//! other. The API answers alike for missing and hidden repositories, so neither is `dead`. What it does not answer, the
//! page shows to everybody: it is visited as ever, and where the API failed, a 404 of the page proves nothing.
//!
//! - `target`: what an address points at · `api`: how it is asked · `requests`: what is asked · `assess`: the verdicts

mod api;
mod assess;
mod requests;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use url::Url;

use crate::fragment::{self, lines::last_github_line};
use crate::verdict::{Assessment, Verdict};
use crate::web::visit::Visitor;
use crate::web::{Fetch, HostResolution, WebClient, WebSettings, build_authorized_client};
use api::GithubApi;
use requests::Presence;
use target::{GithubTarget, Repository, RepositoryResource};

/// The one origin that the token goes to.
const ORIGIN: &str = "https://api.github.com/";
/// What it is called in the queues.
const HOST: &str = "api.github.com:443";
/// Every endpoint that is asked, each with what for; a part that begins with `:` stands for anything, `*` for the rest
/// of a path, and numbered repositories are where GitHub leads on from renamed ones.
pub const ENDPOINTS: [(&str, &str); 8] = [
    ("/users/:owner", "whether an owner that a page links to is there"),
    ("/repos/:owner/:repository", "a repository that a page links to: whether it is there, renamed, archived"),
    ("/repositories/:number/*", "the same of a renamed one, where GitHub leads on to its number"),
    ("/repos/:owner/:repository/contents/*", "a file or folder in it, and how many lines a file has"),
    ("/repos/:owner/:repository/issues/:number", "an issue or pull request in it"),
    ("/repos/:owner/:repository/commits/:sha", "a commit in it"),
    ("/repos/:owner/:repository/releases/tags/:tag", "a release in it"),
    ("/repos/:owner/:repository/git/ref/tags/:tag", "a tag without a release"),
];
/// The version of the API that is asked (GitHub docs, "API Versions").
const API_VERSION_HEADER: (&str, &str) = ("x-github-api-version", "2022-11-28");

/// A client for GitHub's API, which holds the token and asks no other origin. `authorization` is the whole header,
/// `Bearer …`.
///
/// # Errors
/// As for [`WebClient::with_settings`].
pub fn build_api_client(
    hosts: HostResolution,
    settings: &WebSettings,
    authorization: HeaderValue,
) -> Result<Arc<dyn Fetch>, String> {
    let mut headers = HeaderMap::new();
    let mut secret = authorization;
    secret.set_sensitive(true);
    headers.insert(AUTHORIZATION, secret);
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert(HeaderName::from_static(API_VERSION_HEADER.0), HeaderValue::from_static(API_VERSION_HEADER.1));
    let origin = Url::parse(ORIGIN).map_err(|error| error.to_string())?;
    build_authorized_client(hosts, settings, &origin, headers)
}

/// What the API answered about one link.
#[derive(Debug, Clone)]
enum ApiAssessment {
    /// The whole verdict: no visit is needed.
    Final(Assessment),
    /// Its page has to be visited; with the verdict for when the page only answers that it is not there.
    NeedsPageVisit(Option<Assessment>),
}

/// What the API answered about each link.
#[derive(Default)]
pub(super) struct ApiAssessments(BTreeMap<Url, ApiAssessment>);

/// Whether GitHub's API can be asked about an address: there is a token, and the address is a repository's or owner's.
pub(super) fn can_ask_api(web: &WebClient, url: &Url) -> bool {
    web.github().is_some() && target::parse(url).is_some()
}

/// Asks about all of these addresses.
pub(super) async fn assess_urls(
    visitor: &Visitor,
    web: &WebClient,
    urls: BTreeSet<&Url>,
    ends: Option<Instant>,
) -> ApiAssessments {
    let Some(fetch) = web.github() else { return ApiAssessments::default() };
    let api = GithubApi::new(visitor, fetch.as_ref(), ends);
    let mut owners: BTreeMap<String, Vec<&Url>> = BTreeMap::new();
    let mut repositories: BTreeMap<Repository, BTreeMap<RepositoryResource, Vec<&Url>>> = BTreeMap::new();
    for url in urls {
        match target::parse(url) {
            Some(GithubTarget::Owner(owner)) => owners.entry(owner).or_default().push(url),
            Some(GithubTarget::InRepository(repository, part)) => {
                repositories.entry(repository).or_default().entry(part).or_default().push(url);
            }
            None => {}
        }
    }
    let at_once = visitor.max_concurrent(HOST);
    let owners = stream::iter(owners).map(async |(name, urls)| assess_owner(&api, &name, &urls).await);
    let owners: Vec<Vec<(Url, ApiAssessment)>> = owners.buffer_unordered(at_once).collect().await;
    let inside = stream::iter(repositories).map(async |(name, parts)| assess_repository(&api, &name, &parts).await);
    let inside: Vec<Vec<(Url, ApiAssessment)>> = inside.buffer_unordered(at_once).collect().await;
    ApiAssessments(owners.into_iter().chain(inside).flatten().collect())
}

async fn assess_owner(api: &GithubApi<'_>, name: &str, urls: &[&Url]) -> Vec<(Url, ApiAssessment)> {
    let answer = match api.get(&["users", name], None).await {
        // An enterprise's accounts are shown to its own people only (GitHub docs, "Get a user"); the page tells.
        Ok(Some(_)) => {
            ApiAssessment::NeedsPageVisit(Some(Assessment::new(Verdict::Alive, "").shown_by_token(assess::hidden())))
        }
        Ok(None) => assess::hidden_unless_page(),
        Err(failed) => ApiAssessment::NeedsPageVisit(Some(assess::failed_for_token(failed))),
    };
    // An anchor is on the page.
    let of = |url: &Url| if url.fragment().is_some() { defer_to_page(answer.clone()) } else { answer.clone() };
    urls.iter().map(|url| ((*url).clone(), of(url))).collect()
}

fn defer_to_page(answer: ApiAssessment) -> ApiAssessment {
    match answer {
        ApiAssessment::Final(_) => ApiAssessment::NeedsPageVisit(None),
        page @ ApiAssessment::NeedsPageVisit(_) => page,
    }
}

async fn assess_repository(
    api: &GithubApi<'_>,
    name: &Repository,
    parts: &BTreeMap<RepositoryResource, Vec<&Url>>,
) -> Vec<(Url, ApiAssessment)> {
    let info = requests::get_repository(api, name).await;
    let mut answer = Vec::new();
    for (part, urls) in parts {
        let info = match &info {
            Ok(Some(info)) => info,
            other => {
                let all = match other {
                    Err(failed) => ApiAssessment::NeedsPageVisit(Some(assess::failed_for_token(failed.clone()))),
                    _ => assess::hidden_unless_page(),
                };
                answer.extend(urls.iter().map(|url| ((*url).clone(), all.clone())));
                continue;
            }
        };
        let line = |url: &&Url| {
            fragment::decode_anchor(url.fragment()).is_some_and(|wanted| last_github_line(&wanted).is_some())
        };
        let seen: Presence = requests::get_resource(api, info, part, urls.iter().any(line)).await;
        answer.extend(urls.iter().map(|url| ((*url).clone(), assess::assess(info, part, &seen, url))));
    }
    answer
}

impl ApiAssessments {
    /// The addresses whose pages have to be visited.
    pub(super) fn urls_to_visit(&self) -> impl Iterator<Item = &Url> {
        self.0.iter().filter(|(_, answer)| matches!(answer, ApiAssessment::NeedsPageVisit(_))).map(|(url, _)| url)
    }

    /// The verdict on an address; `visited` is that of its page. A page that only fails shows less than the API
    /// answered.
    pub(super) fn combine_with_visit(&self, url: &Url, visited: impl FnOnce() -> Assessment) -> Assessment {
        match self.0.get(url) {
            None | Some(ApiAssessment::NeedsPageVisit(None)) => visited(),
            Some(ApiAssessment::Final(assessment)) => assessment.clone(),
            Some(ApiAssessment::NeedsPageVisit(Some(floor))) => match visited() {
                page if matches!(page.verdict, Verdict::Dead | Verdict::Refused | Verdict::Unreachable) => {
                    floor.clone()
                }
                page => page,
            },
        }
    }
}
