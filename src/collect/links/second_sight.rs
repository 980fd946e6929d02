//! A second look over the web, as anybody, at what the API hides: a public project that was renamed still
//! redirects there. Nothing else that the web says of them counts, because it calls hidden things alive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;

use super::asked::{Ask, Entry, Key};
use super::verdict::Judged;
use super::web::queue::{Jobs, visit_all};
use super::web::visit::{Visit, Visitor};
use super::{bare, policy};
use crate::pod::verdict::Verdict;

/// Looks again at everything that the API hides; `judged` has its verdicts, by the places of the entries.
pub(super) async fn look(entries: &[(Key, Entry)], judged: &mut BTreeMap<usize, Judged>, visitor: &Arc<Visitor>) {
    let hidden: Vec<(usize, &Url)> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, (_, entry))| match &entry.ask {
            Ask::Gitlab(thing) if judged.get(&at).is_some_and(|judged| judged.verdict == Verdict::Hidden) => {
                Some((at, &thing.url))
            }
            _ => None,
        })
        .collect();
    let jobs: Jobs = hidden.iter().map(|(_, url)| (Arc::new(bare(url).into_owned()), BTreeSet::new())).collect();
    let visits = visit_all(visitor, jobs).await;
    for (at, url) in hidden {
        let Some(visit) = visits.get(&*bare(url)) else { continue };
        if let Some(better) = moved_for_all_to_see(visit, url) {
            judged.insert(at, better);
        }
    }
}

fn moved_for_all_to_see(visit: &Visit, url: &Url) -> Option<Judged> {
    let first = visit.judged.redirects.first().filter(|hop| hop.permanent)?;
    let same_host = Url::parse(&first.url).ok()?.host_str() == url.host_str();
    match visit.judged.verdict {
        Verdict::Moved if same_host => Some(policy::keeping_fragment(visit.judged.clone(), url)),
        // It moved, and what it pointed at did not come along. A 404 to somebody who is not signed in would prove nothing
        // (threat sheet, F24); the list of files in place of a file is shown for public projects only.
        Verdict::Dead if same_host && visit.led_to_the_files() => Some(visit.judged.clone()),
        _ => None,
    }
}
