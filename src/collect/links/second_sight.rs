//! A second look over the web, as anybody, at what the API does not show: a public project that was renamed still
//! redirects there, and so does its former default branch, of files and folders alone
//! (`app/controllers/concerns/extracts_path.rb`, `rectify_renamed_default_branch!`). Nothing else that the web says of them
//! counts, because it calls hidden things alive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use url::Url;

use super::asked::{Ask, Entry, Key};
use super::verdict::Judged;
use super::web::queue::{Jobs, visit_all};
use super::web::visit::{Visit, Visitor};
use super::{bare, policy};
use crate::pod::snapshot::Project;
use crate::pod::verdict::Verdict;

/// Looks again at what the API hides, and at files that it finds at the default branch only; `judged` has its verdicts, by the places of the entries.
pub(super) async fn look(entries: &[(Key, Entry)], judged: &mut BTreeMap<usize, Judged>, visitor: &Arc<Visitor>) {
    let hidden: Vec<(usize, &Url)> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, (_, entry))| match &entry.ask {
            Ask::Gitlab(thing) if judged.get(&at).is_some_and(is_open) => Some((at, &thing.url)),
            _ => None,
        })
        .collect();
    let jobs: Jobs = hidden.iter().map(|(_, url)| (Arc::new(bare(url).into_owned()), BTreeSet::new())).collect();
    let visits = visit_all(visitor, jobs).await;
    for (at, url) in hidden {
        let Some(visit) = visits.get(&*bare(url)) else { continue };
        let Some(first) = judged.get(&at) else { continue };
        let better = match first.verdict {
            Verdict::Dead => led_to_the_default_branch(visit, first),
            _ => moved_for_all_to_see(visit, url),
        };
        if let Some(better) = better {
            judged.insert(at, better);
        }
    }
}

/// Whether the web may know more.
fn is_open(judged: &Judged) -> bool {
    judged.verdict == Verdict::Hidden || judged.verdict == Verdict::Dead && judged.suggestion.is_some()
}

/// GitLab itself leads from the ref that is not there to the place that the suggestion names, without its query, and for
/// an address of the old form after a redirect to the new one.
fn led_to_the_default_branch(visit: &Visit, judged: &Judged) -> Option<Judged> {
    let suggestion = judged.suggestion.as_ref()?;
    let place = |url: &str| {
        let url = Url::parse(url).ok()?;
        Some((url.host_str()?.to_owned(), percent_decode_str(url.path()).decode_utf8_lossy().into_owned()))
    };
    let wanted = place(suggestion)?;
    let led = visit.judged.redirects.iter().any(|hop| place(&hop.url).is_some_and(|place| place == wanted));
    led.then(|| {
        Judged::new(Verdict::Moved, "its branch was the default branch and has another name now").suggest(suggestion)
    })
}

fn moved_for_all_to_see(visit: &Visit, url: &Url) -> Option<Judged> {
    let first = visit.judged.redirects.first().filter(|hop| hop.permanent)?;
    let to = Url::parse(&first.url).ok()?;
    let same_host = to.host_str() == url.host_str();
    if same_host && Project::is_path_marked_for_deletion(to.path()) {
        return (visit.judged.verdict == Verdict::Moved)
            .then(|| Judged::new(Verdict::Alive, "its project is marked for deletion"));
    }
    match visit.judged.verdict {
        Verdict::Moved if same_host => Some(policy::keeping_fragment(visit.judged.clone(), url)),
        // It moved, and what it pointed at did not come along. A 404 to somebody who is not signed in would prove nothing
        // (threat sheet, F24); the list of files in place of a file is shown for public projects only.
        Verdict::Dead if same_host && visit.led_to_the_files() => Some(visit.judged.clone()),
        _ => None,
    }
}
