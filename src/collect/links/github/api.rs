//! Questions to GitHub's API: one origin, a few redirects within it, and an end where GitHub had enough.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

use super::ORIGIN;
use super::shape::Repository;
use crate::collect::links::verdict::Judged;
use crate::collect::links::web::Fetch;
use crate::collect::links::web::visit::{Answer, Visitor};
use crate::pod::verdict::Verdict;

/// A renamed repository leads to its number, and that nowhere else.
const MOST_HOPS: usize = 3;

/// The API, for one run.
pub(super) struct Api<'a> {
    visitor: &'a Visitor,
    fetch: &'a dyn Fetch,
    /// Why it is not asked any more.
    closed: Mutex<Option<Judged>>,
}

impl<'a> Api<'a> {
    pub(super) fn new(visitor: &'a Visitor, fetch: &'a dyn Fetch) -> Self {
        Self { visitor, fetch, closed: Mutex::default() }
    }

    /// The body of what is there; `None` where GitHub says that it is not.
    ///
    /// # Errors
    /// The verdict on what could not be asked.
    pub(super) async fn get(&self, words: &[&str], git_ref: Option<&str>) -> Result<Option<Vec<u8>>, Judged> {
        let Some(mut url) = address(words, git_ref) else { return Err(unreachable("it makes no question")) };
        for _hop in 0..=MOST_HOPS {
            if let Some(closed) = self.closed().clone() {
                return Err(closed);
            }
            let answer = self.visitor.api(self.fetch, &url).await?;
            let to = match answer.status {
                200..=299 => {
                    self.spent(&answer);
                    return Ok(Some(answer.body));
                }
                // 409: an empty repository; 410: deleted; 422: no such commit.
                404 | 409 | 410 | 422 => {
                    self.spent(&answer);
                    return Ok(None);
                }
                301 | 302 | 307 | 308 => answer.next(&url),
                401 => return Err(self.close("GitHub does not take the token (401)".to_owned())),
                status @ (403 | 429) if status == 429 || had_enough(&answer) => {
                    return Err(self.close(enough(Some(status))));
                }
                status @ 400..=499 => {
                    return Err(Judged::new(Verdict::Refused, format!("GitHub does not answer this token ({status})")));
                }
                status => return Err(unreachable(format!("GitHub's API answers {status}"))),
            };
            // A secret goes to one origin.
            url = match to.filter(|to| to.origin() == url.origin() && to.username().is_empty()) {
                Some(to) => to,
                None => return Err(unreachable("GitHub's API leads elsewhere, where no token goes")),
            };
        }
        Err(unreachable("GitHub's API redirects in a circle"))
    }

    /// The same about something in a repository.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub(super) async fn inside(&self, repository: &Repository, words: &[&str]) -> Result<Option<Vec<u8>>, Judged> {
        let own = ["repos", &repository.owner, &repository.name];
        self.get(&[&own, words].concat(), None).await
    }

    /// A file or folder of a repository, at a ref or else on the default branch.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub(super) async fn contents(
        &self,
        repository: &Repository,
        git_ref: Option<&str>,
        path: &[&str],
    ) -> Result<Option<Vec<u8>>, Judged> {
        let own = ["repos", &repository.owner, &repository.name, "contents"];
        self.get(&[&own, path].concat(), git_ref).await
    }

    /// Asks no more where the last of the allowance went into this answer.
    fn spent(&self, answer: &Answer) {
        if answer.header("x-ratelimit-remaining") == Some("0") {
            self.close(enough(None));
        }
    }

    fn close(&self, why: String) -> Judged {
        self.closed().get_or_insert(Judged::new(Verdict::Refused, why)).clone()
    }

    fn closed(&self) -> MutexGuard<'_, Option<Judged>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a 403 is about how much was asked (GitHub docs, "Troubleshooting the REST API", "Rate limit errors").
fn had_enough(answer: &Answer) -> bool {
    answer.header("x-ratelimit-remaining") == Some("0")
        || answer.header("retry-after").is_some()
        || String::from_utf8_lossy(&answer.body).to_ascii_lowercase().contains("rate limit")
}

fn enough(status: Option<u16>) -> String {
    let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
    format!("GitHub's API does not answer so many questions{status}")
}

fn unreachable(why: impl Into<Cow<'static, str>>) -> Judged {
    Judged::new(Verdict::Unreachable, why)
}

fn address(words: &[&str], git_ref: Option<&str>) -> Option<Url> {
    let mut url = Url::parse(ORIGIN).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(words);
    if let Some(git_ref) = git_ref {
        url.query_pairs_mut().append_pair("ref", git_ref);
    }
    Some(url)
}
