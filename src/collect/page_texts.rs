//! The texts of pages that stand in one project, as far as they come in one answer.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::page_locations;
use crate::gitlab::{Reader, RepositoryText, TokenPurpose};
use crate::pod::{PageId, Pod};

/// The texts of the pages that are not alone in their project. One that is alone costs a request either way, and one
/// that does not come is asked for by itself: GitLab says more then about why it is not there.
pub(super) async fn read(reader: &Reader, pods: &[Pod]) -> BTreeMap<PageId, RepositoryText> {
    // One file may be two pages: what a pod's members are is its own.
    let mut groups: BTreeMap<(&str, &str), BTreeMap<&str, Vec<PageId>>> = BTreeMap::new();
    for (id, at) in page_locations(pods) {
        groups.entry((&at.project, &at.git_ref)).or_default().entry(&at.path).or_default().push(id);
    }
    let is_shared = |pages: &BTreeMap<&str, Vec<PageId>>| pages.values().map(Vec::len).sum::<usize>() > 1;
    let groups = groups.into_iter().filter(|(_, pages)| is_shared(pages));
    let texts = join_all(groups.map(async |((project, git_ref), mut pages)| {
        let paths = pages.keys().copied().collect();
        let texts = reader.read_text_files(TokenPurpose::Handbook, project, git_ref, &paths).await;
        let texts = texts.into_iter().flat_map(|(path, text)| {
            let ids = pages.remove(path.as_str()).unwrap_or_default();
            ids.into_iter().map(move |id| (id, text.clone()))
        });
        texts.collect::<Vec<_>>()
    }));
    texts.await.into_iter().flatten().collect()
}
