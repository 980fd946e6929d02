//! The texts of pages that stand in one project, as far as they come in one answer.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::page_locations;
use crate::gitlab::{Reader, TokenPurpose};
use crate::pod::{PageId, Pod};

/// The texts of the pages that are not alone in their project. One that is alone costs a request either way, and one
/// that does not come is asked for by itself: GitLab says more then about why it is not there.
pub(super) async fn read(reader: &Reader, pods: &[Pod]) -> BTreeMap<PageId, String> {
    let mut groups: BTreeMap<(&str, &str), BTreeMap<&str, PageId>> = BTreeMap::new();
    for (id, at) in page_locations(pods) {
        groups.entry((&at.project, &at.git_ref)).or_default().insert(&at.path, id);
    }
    let groups = groups.into_iter().filter(|(_, pages)| pages.len() > 1);
    let texts = join_all(groups.map(async |((project, git_ref), mut pages)| {
        let paths = pages.keys().copied().collect();
        let texts = reader.read_text_files(TokenPurpose::Handbook, project, git_ref, &paths).await;
        let texts = texts.into_iter().filter_map(|(path, text)| Some((pages.remove(path.as_str())?, text)));
        texts.collect::<Vec<_>>()
    }));
    texts.await.into_iter().flatten().collect()
}
