//! "What is true right now?" Reads only, side by side, and never decides.

pub mod agents;
pub mod cores;
pub mod handbook;
pub mod links;
pub mod projects;
pub mod reports;
pub mod sight;
pub mod tracker;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use crate::gitlab::{Purpose, Reader};
use crate::pod::document::PodPage;
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::{PageAt, Pod};

/// The pages of a fleet, each read once however many pods share it.
pub async fn pages(reader: &Reader, pods: &[Pod]) -> BTreeMap<String, Observed<PodPage>> {
    let mut pages = BTreeMap::new();
    for pod in pods {
        let key = page_key(&pod.page);
        if let std::collections::btree_map::Entry::Vacant(entry) = pages.entry(key) {
            let what = format!("the page {} in {}", pod.page.path, pod.page.project);
            entry.insert(guarded(what, page(reader, &pod.page)).await);
        }
    }
    pages
}

/// A look; if podkeeper stumbles over what it looks at, it has not seen it.
pub(crate) async fn guarded<T>(what: String, look: impl Future<Output = Observed<T>>) -> Observed<T> {
    let looked = AssertUnwindSafe(look).catch_unwind().await;
    looked.unwrap_or_else(|_panic| Observed::Unknown(Blind::stumbled(what)))
}

/// What tells one page from another.
pub fn page_key(at: &PageAt) -> String {
    format!("{}@{}:{}", at.project, at.git_ref, at.path)
}

/// A pod's page, read and understood.
pub async fn page(reader: &Reader, at: &PageAt) -> Observed<PodPage> {
    match reader.file(Purpose::Handbook, &at.project, &at.path, &at.git_ref).await {
        // An HTML page in the page's place is a sign-in or an error page, whatever its status said.
        Observed::Present(text) if looks_like_html(&text) => Observed::Unknown(Blind {
            what: format!("the page {} in {}", at.path, at.project),
            why: "an HTML page came in its place; check the GitLab address and the token's access".to_owned(),
            cause: Cause::Unavailable,
        }),
        Observed::Present(text) if text.trim().is_empty() => Observed::Unknown(Blind {
            what: format!("the page {} in {}", at.path, at.project),
            why: "it is empty; look at its history".to_owned(),
            cause: Cause::Unavailable,
        }),
        seen => seen.map(|text| handbook::parse(&text, &at.path)),
    }
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

pub use sight::{Eyes, Sight, label_names, sights};

/// The look at one pod's pairing project; see [`tracker::look`].
pub async fn tracker(reader: &Reader, pod: &Pod, now: DateTime<Utc>) -> crate::pod::snapshot::Tracker {
    tracker::look(reader, pod, now).await
}
