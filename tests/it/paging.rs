//! A listing is read to its end, however a server pages it (fault F26): missing its last page would open another issue.

use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::sandbox::world::{FieldChange, IssueEdit, NewIssue};

use crate::crash_recovery::SweepResult;
use crate::support::{Bent, Stage, keep_sessions_and_labels, now, shipped_config, unchanged};
use crate::write_counts::issue_count_by_key;

/// The most items of a page; GitLab's own is 100.
const PAGE_SIZE_CAPS: [usize; 12] = [1, 2, 3, 7, 10, 19, 20, 21, 45, 46, 47, 100];
/// Older issues that stand before the session's.
const OLDER_ISSUE_COUNTS: [usize; 3] = [0, 19, 45];
const PAGE: &str = "---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## End\n";

#[tokio::test(start_paused = true)]
async fn a_listing_is_read_to_its_end_however_it_is_paged() {
    let ends = check_all_caps(unchanged).await;
    ends.assert_all_well("listings", PAGE_SIZE_CAPS.len() * OLDER_ISSUE_COUNTS.len() * 2);
}

/// Sabotage: a pager that takes a short page for the last one, as the gitlab crate's does.
#[tokio::test(start_paused = true)]
async fn a_pager_that_stops_at_a_short_page_is_caught() {
    let ends = check_all_caps(stops_at_a_short_page).await;
    println!("sabotage: {} doubles in {} listings", ends.writes.doubles, ends.of);
    assert!(ends.writes.doubles > 20, "{}", ends.writes.doubles);
}

/// A second run over every crowd behind every cap, with and without an empty page in front.
pub(crate) async fn check_all_caps(bent: Bent) -> SweepResult {
    let mut ends = SweepResult::default();
    for older in OLDER_ISSUE_COUNTS {
        let start = stage_with_older_issues(older).await;
        for cap in PAGE_SIZE_CAPS {
            for emptied in [false, true] {
                let stage = start.copy();
                let began = stage.with_world(|world| issue_count_by_key(world, false));
                let server = CappedPages { inner: stage.exchange(), cap, emptied };
                stage.apply_over(bent(Arc::new(server))).await;
                let wrote = stage.journal().len();
                ends.writes.count_single_worker(&began, &stage);
                ends.writes.count_rerun(wrote);
                let what = format!("{older} older issues, {cap} on a page, the first one empty: {emptied}");
                ends.count(if wrote == 0 { Ok(()) } else { Err(format!("{what}: {:?}", stage.journal())) });
            }
        }
    }
    ends
}

/// A world in which the session's issue is there, behind so many older ones of the same account and label.
async fn stage_with_older_issues(older: usize) -> Stage {
    let stage = Stage::bare(keep_sessions_and_labels(shipped_config().pods), PAGE, now());
    let (path, label) = (stage.pods[0].pairing_project.clone(), stage.pods[0].label.name.to_string());
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&path).unwrap().id;
        let bot = world.user_by_username("podkeeper-bot").unwrap().id;
        for number in 0..older {
            let rest =
                IssueEdit { labels: Some(vec![label.clone()]), description: FieldChange::Keep, ..IssueEdit::default() };
            let issue = NewIssue { title: format!("An older issue, {number}"), edit: rest };
            world.at_time(now() - TimeDelta::days(10), |world| world.open_issue(project, bot, &issue));
        }
    });
    stage.apply().await;
    stage
}

/// A server that gives fewer items on a page than it was asked for, and an empty page before all others.
struct CappedPages {
    inner: Arc<dyn Exchange>,
    cap: usize,
    /// The first page comes empty, with a link to the next: GitLab filters after it has paged.
    emptied: bool,
}

#[async_trait::async_trait]
impl Exchange for CappedPages {
    async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let asked = request.uri().to_string();
        if !asked.contains("per_page=100") {
            return self.inner.exchange(request).await;
        }
        if self.emptied && !asked.contains("behind=the-empty-one") {
            let next = format!("<{asked}&behind=the-empty-one>; rel=\"next\"");
            return Ok(Response::builder().header("link", next).body(Bytes::from_static(b"[]")).unwrap());
        }
        *request.uri_mut() = asked.replace("per_page=100", &format!("per_page={}", self.cap)).parse().unwrap();
        let mut response = self.inner.exchange(request).await?;
        // The page size that was asked for stands in the links of a server that caps it; a sandbox that is not served
        // names another origin than the stage does.
        if let Some(links) = response.headers_mut().get_mut("link") {
            let own = links.to_str().unwrap().replace("http://127.0.0.1/", "https://gitlab.example/");
            *links = own.replace(&format!("per_page={}", self.cap), "per_page=100").parse().unwrap();
        }
        Ok(response)
    }
}

/// The double that ends a listing at the first page with fewer items than were asked for, and does not count them.
pub(crate) fn stops_at_a_short_page(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(StopsShort(inner))
}

struct StopsShort(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for StopsShort {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let mut response = self.0.exchange(request).await?;
        let items = serde_json::from_slice::<Vec<serde_json::Value>>(response.body()).map_or(100, |items| items.len());
        if items < 100 {
            response.headers_mut().remove("link");
            response.headers_mut().remove("x-next-page");
            response.headers_mut().remove("x-total");
        }
        Ok(response)
    }
}
