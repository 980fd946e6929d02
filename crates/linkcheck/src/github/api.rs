//! Requests to GitHub's API: to one origin, with a few redirects within it, and none after its rate limit is reached.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use url::Url;

use super::ORIGIN;
use super::target::Repository;
use crate::time_budget::finish_by;
use crate::verdict::{Assessment, Verdict};
use crate::web::Fetch;
use crate::web::visit::{ApiResponse, Visitor};

/// A renamed repository leads to its number, and that nowhere else.
const MOST_REDIRECTS: usize = 3;

/// The API, for one run.
pub(super) struct GithubApi<'a> {
    visitor: &'a Visitor,
    fetch: &'a dyn Fetch,
    /// When it is not asked any more.
    ends: Option<Instant>,
    /// Why it is not asked any more.
    stop_reason: Mutex<Option<Assessment>>,
}

impl<'a> GithubApi<'a> {
    pub(super) fn new(visitor: &'a Visitor, fetch: &'a dyn Fetch, ends: Option<Instant>) -> Self {
        Self { visitor, fetch, ends, stop_reason: Mutex::default() }
    }

    /// The body of what is there; `None` where GitHub answers that it is not.
    ///
    /// # Errors
    /// The verdict on what could not be asked.
    pub(super) async fn get(&self, words: &[&str], git_ref: Option<&str>) -> Result<Option<Vec<u8>>, Assessment> {
        let Some(mut url) = api_url(words, git_ref) else {
            return Err(unreachable_assessment("its address cannot be put into a request"));
        };
        for _hop in 0..=MOST_REDIRECTS {
            if let Some(closed) = self.lock_stop_reason().clone() {
                return Err(closed);
            }
            let asked = finish_by(self.ends, self.visitor.get_from_api(self.fetch, &url)).await;
            let answer = asked.unwrap_or_else(|| Err(Assessment::not_reached()))?;
            let to = match answer.status {
                200..=299 => {
                    self.stop_if_exhausted(&answer);
                    return Ok(Some(answer.body));
                }
                // 409: an empty repository; 410: deleted; 422: no such commit.
                404 | 409 | 410 | 422 => {
                    self.stop_if_exhausted(&answer);
                    return Ok(None);
                }
                301 | 302 | 307 | 308 => answer.redirect_target(&url),
                401 => return Err(self.stop_asking("GitHub does not take the token (401)".to_owned())),
                status @ (403 | 429) if status == 429 || is_rate_limited(&answer) => {
                    return Err(self.stop_asking(rate_limit_reason(Some(status))));
                }
                status @ 400..=499 => {
                    return Err(Assessment::new(
                        Verdict::Refused,
                        format!("GitHub does not answer this token ({status})"),
                    ));
                }
                status => return Err(unreachable_assessment(format!("GitHub's API answers {status}"))),
            };
            // A secret goes to one origin.
            url = match to.filter(|to| to.origin() == url.origin() && to.username().is_empty()) {
                Some(to) => to,
                None => return Err(unreachable_assessment("GitHub's API leads elsewhere, where no token goes")),
            };
        }
        Err(unreachable_assessment("GitHub's API redirects in a circle"))
    }

    /// The same about something in a repository.
    ///
    /// # Errors
    /// As [`GithubApi::get`].
    pub(super) async fn get_in_repository(
        &self,
        repository: &Repository,
        words: &[&str],
    ) -> Result<Option<Vec<u8>>, Assessment> {
        let own = ["repos", &repository.owner, &repository.name];
        self.get(&[&own, words].concat(), None).await
    }

    /// A file or folder of a repository, at a ref or else on the default branch.
    ///
    /// # Errors
    /// As [`GithubApi::get`].
    pub(super) async fn get_contents(
        &self,
        repository: &Repository,
        git_ref: Option<&str>,
        path: &[&str],
    ) -> Result<Option<Vec<u8>>, Assessment> {
        let own = ["repos", &repository.owner, &repository.name, "contents"];
        self.get(&[&own, path].concat(), git_ref).await
    }

    /// Asks no more where this answer used up the rate limit.
    fn stop_if_exhausted(&self, answer: &ApiResponse) {
        if answer.header("x-ratelimit-remaining") == Some("0") {
            self.stop_asking(rate_limit_reason(None));
        }
    }

    fn stop_asking(&self, why: String) -> Assessment {
        self.lock_stop_reason().get_or_insert(Assessment::new(Verdict::Refused, why)).clone()
    }

    fn lock_stop_reason(&self) -> MutexGuard<'_, Option<Assessment>> {
        self.stop_reason.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a 403 is about the rate limit (GitHub docs, "Troubleshooting the REST API", "Rate limit errors").
fn is_rate_limited(answer: &ApiResponse) -> bool {
    answer.header("x-ratelimit-remaining") == Some("0")
        || answer.header("retry-after").is_some()
        || String::from_utf8_lossy(&answer.body).to_ascii_lowercase().contains("rate limit")
}

fn rate_limit_reason(status: Option<u16>) -> String {
    let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
    format!("the rate limit of GitHub's API is used up{status}")
}

fn unreachable_assessment(why: impl Into<Cow<'static, str>>) -> Assessment {
    Assessment::new(Verdict::Unreachable, why)
}

fn api_url(words: &[&str], git_ref: Option<&str>) -> Option<Url> {
    let mut url = Url::parse(ORIGIN).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(words);
    if let Some(git_ref) = git_ref {
        url.query_pairs_mut().append_pair("ref", git_ref);
    }
    Some(url)
}
