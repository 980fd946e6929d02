//! "What is true right now?" Reads only, and never decides.

pub mod agents;
pub mod deadline;
pub mod doctor;
pub mod fleet;
pub mod further_reads;
pub mod handbook;
mod page_texts;
pub mod pairing_project;
pub mod projects;
mod recent_issues;
pub mod reports;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::gitlab::{Reader, RepositoryText, TokenPurpose};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::pod_page::PodPage;
use crate::pod::{PageId, PageLocation, Pod};

/// So many pages and pods are read side by side.
pub const READS_AT_ONCE: usize = 16;

/// The pages of a fleet, each once however many pods share it.
pub fn page_locations(pods: &[Pod]) -> BTreeMap<PageId, &PageLocation> {
    pods.iter().map(|pod| (pod.page.id(), &pod.page)).collect()
}

/// A page, unless that takes too long; its `text` may have come with those of others.
pub async fn read_page_in_time(
    reader: &Reader,
    at: &PageLocation,
    text: Option<RepositoryText>,
    ends: Deadline,
) -> Observed<PodPage> {
    let read = async {
        match text {
            Some(text) => parse_page(at, Observed::Present(text)),
            None => read_page(reader, at).await,
        }
    };
    read_in_time(format!("the page {} in {}", at.path, at.project), ends, read).await
}

/// Runs a read until its time is over; if it panics or takes longer, what it reads is unknown.
async fn read_in_time<T>(what: String, ends: Deadline, read: impl Future<Output = Observed<T>>) -> Observed<T> {
    match ends.finish(AssertUnwindSafe(read).catch_unwind()).await {
        Some(Ok(seen)) => seen,
        Some(Err(_panic)) => Observed::Unknown(ReadFailure::from_bug(what)),
        None => Observed::Unknown(Deadline::read_failure(what)),
    }
}

/// A pod's page, read and understood.
pub async fn read_page(reader: &Reader, at: &PageLocation) -> Observed<PodPage> {
    parse_page(at, reader.read_repository_text(TokenPurpose::Handbook, &at.project, &at.path, &at.git_ref).await)
}

fn parse_page(at: &PageLocation, file: Observed<RepositoryText>) -> Observed<PodPage> {
    match file {
        // An HTML page in the page's place is a sign-in or an error page, whatever its status said.
        Observed::Present(file) if looks_like_html(&file.text) => Observed::Unknown(ReadFailure {
            what: format!("the page {} in {}", at.path, at.project),
            why: "an HTML page came in its place; check the GitLab address and the token's access".to_owned(),
            cause: FailureCause::Unavailable,
        }),
        Observed::Present(file) if file.text.trim().is_empty() => Observed::Unknown(ReadFailure {
            what: format!("the page {} in {}", at.path, at.project),
            why: "it is empty; look at its history".to_owned(),
            cause: FailureCause::Unavailable,
        }),
        seen => seen.map(|file| {
            let page = handbook::parse_pod_page_in_form(&file.text, &at.path, &at.form);
            PodPage { last_commit: file.last_commit, ..page }
        }),
    }
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

pub use deadline::Deadline;
pub use fleet::{Clients, FleetObservation, ObservedPod, label_names};
