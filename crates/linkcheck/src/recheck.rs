//! A second check over the web, as anybody, of what the API does not show: a public project that was renamed still
//! redirects there, and so does its former default branch, of files and folders alone
//! (`app/controllers/concerns/extracts_path.rb`, `rectify_renamed_default_branch!`). Nothing else that the web answers
//! about them counts, because it calls hidden things alive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;
use url::Url;

use crate::addresses::{CollectedLink, VerdictSource};
use crate::check_options;
use crate::fragment::{self, without_fragment};
use crate::gitlab::is_path_marked_for_deletion;
use crate::link::AddressKey;
use crate::text::{one_line, percent_decode};
use crate::verdict::{Assessment, Verdict};
use crate::web::queue::{VisitJobs, visit_all};
use crate::web::visit::{Visit, Visitor};

/// Asks the web about what the API hides from anybody, also where a token shows it, and about files that it finds at the default branch only. `assessments` are
/// those of the API, by the indexes of the addresses.
pub(super) async fn recheck_on_web(
    addresses: &[(AddressKey, CollectedLink)],
    assessments: &mut BTreeMap<usize, Assessment>,
    visitor: &Arc<Visitor>,
    ends: Option<Instant>,
) {
    let hidden: Vec<(usize, &Url)> = addresses
        .iter()
        .enumerate()
        .filter_map(|(at, (_, address))| match &address.source {
            VerdictSource::Gitlab(thing)
                if assessments.get(&at).is_some_and(|seen| should_recheck(seen.as_seen_by_anybody())) =>
            {
                Some((at, &thing.url))
            }
            _ => None,
        })
        .collect();
    let mut jobs = VisitJobs::new();
    for (_, url) in &hidden {
        let places: &mut BTreeSet<String> = jobs.entry(Arc::new(without_fragment(url).into_owned())).or_default();
        places.extend(fragment::undecoded_anchor(url.fragment()).map(str::to_owned));
    }
    let visits = visit_all(visitor, jobs, ends).await;
    for (at, url) in hidden {
        let Some(visit) = visits.get(&*without_fragment(url)) else { continue };
        let Some(first) = assessments.get(&at).map(Assessment::as_seen_by_anybody) else { continue };
        let better = match first.verdict {
            Verdict::Dead => default_branch_redirect(visit, first),
            _ => public_redirect(visit, url),
        };
        if let Some(better) = better {
            assessments.insert(at, better);
        }
    }
}

/// Whether the web may show more than the API did.
fn should_recheck(assessment: &Assessment) -> bool {
    assessment.verdict == Verdict::Hidden || assessment.verdict == Verdict::Dead && assessment.suggestion.is_some()
}

/// GitLab itself leads from the ref that is not there to the place that the suggestion names, without its query, and
/// for an address of the old form after a redirect to the new one.
fn default_branch_redirect(visit: &Visit, assessment: &Assessment) -> Option<Assessment> {
    let suggestion = assessment.suggestion.as_ref()?;
    let place = |url: &str| {
        let url = Url::parse(url).ok()?;
        Some((url.host_str()?.to_owned(), percent_decode(url.path())))
    };
    let wanted = place(suggestion.as_str())?;
    let led = visit
        .assessment
        .redirects
        .iter()
        .any(|redirect| place(redirect.url.as_str()).is_some_and(|place| place == wanted));
    led.then(|| {
        Assessment::new(Verdict::Moved, "its branch was the default branch and has another name now")
            .with_suggestion(suggestion.as_str())
    })
}

/// The page moved; whether its place did too is only known where that was seen.
fn moved_with_fragment(visit: &Visit, url: &Url) -> Assessment {
    let moved = visit.assessment.clone();
    match fragment::decode_anchor(url.fragment()).filter(|_| !check_options::has_anchor(visit, url)) {
        None => check_options::keep_fragment_in_suggestion(moved, url),
        Some(wanted) => {
            let reason = format!("{}; its place #{} was not seen there", moved.reason, one_line(&wanted));
            Assessment { reason: reason.into(), ..moved }
        }
    }
}

fn public_redirect(visit: &Visit, url: &Url) -> Option<Assessment> {
    let first = visit.assessment.redirects.first().filter(|redirect| redirect.permanent)?;
    let to = Url::parse(first.url.as_str()).ok()?;
    let same_host = to.host_str() == url.host_str();
    if same_host && is_path_marked_for_deletion(to.path()) {
        return (visit.assessment.verdict == Verdict::Moved)
            .then(|| Assessment::new(Verdict::Alive, "its project is marked for deletion"));
    }
    match visit.assessment.verdict {
        Verdict::Moved if same_host => Some(moved_with_fragment(visit, url)),
        // It moved, and what it pointed at did not come along. A 404 to somebody who is not signed in would prove
        // nothing (threat sheet, F24); the list of files in place of a file is shown for public projects only.
        Verdict::Dead if same_host && visit.landed_on_tree_root() => Some(visit.assessment.clone()),
        _ => None,
    }
}
