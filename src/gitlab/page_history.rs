//! Where a file may have gone that is not where it was.

use ::gitlab::api::common::NameOrId;
use serde::Deserialize;

use super::endpoints::{CommitDiff, FileCommits, RecursiveTree};
use super::error::RequestError;
use super::{Reader, TokenPurpose, responses};
use crate::pod::PageLocation;
use crate::pod::doctor_snapshot::MovedPage;
use crate::pod::similar_name::find_similar_name;

#[derive(Deserialize)]
struct CommitBody {
    id: String,
}

#[derive(Deserialize)]
struct DiffBody {
    old_path: String,
    new_path: String,
    #[serde(default)]
    renamed_file: bool,
}

impl Reader {
    /// Where a file may have gone, by what the commit says that took it away, else by what stands near its place. What
    /// cannot be read is no answer, because the file's absence is told all the same.
    pub async fn find_moved_file(&self, at: &PageLocation) -> Option<MovedPage> {
        let project = self.name_or_id(TokenPurpose::Handbook, &at.project);
        if let Ok(Some(path)) = self.renamed_to(&project, at).await {
            return Some(MovedPage::Renamed(path));
        }
        let (folder, _) = at.path.rsplit_once('/')?;
        // The pod's own folder may have another name.
        let around = folder.rsplit_once('/').map_or(folder, |(above, _)| above);
        let tree = RecursiveTree { project: &project, path: around, git_ref: &at.git_ref };
        let entries: Vec<responses::TreeEntry> = self.send_endpoint(TokenPurpose::Handbook, &tree).await.ok()?;
        let files = entries.iter().filter(|entry| entry.kind == "blob").map(|entry| entry.path.as_str());
        find_near_file(&at.path, &files.collect::<Vec<_>>()).map(|path| MovedPage::Near(path.to_owned()))
    }

    async fn renamed_to(&self, project: &NameOrId<'_>, at: &PageLocation) -> Result<Option<String>, RequestError> {
        let commits = FileCommits { project, path: &at.path, git_ref: &at.git_ref };
        let commits: Vec<CommitBody> = self.send_endpoint(TokenPurpose::Handbook, &commits).await?;
        let Some(last) = commits.first() else { return Ok(None) };
        let diff = CommitDiff { project, commit: &last.id };
        let changes: Vec<DiffBody> = self.send_endpoint(TokenPurpose::Handbook, &diff).await?;
        let renamed = changes.into_iter().find(|change| change.renamed_file && change.old_path == at.path);
        Ok(renamed.map(|change| change.new_path))
    }
}

/// The file that may be meant: one part of its path alone is written a little otherwise. A neighbour's page, which has
/// all but its folder's name in common, is another page.
fn find_near_file<'a>(path: &str, files: &[&'a str]) -> Option<&'a str> {
    let own: Vec<&str> = path.split('/').collect();
    let only_difference = |file: &&'a str| {
        let parts: Vec<&'a str> = file.split('/').collect();
        let mut different = own.iter().zip(&parts).filter(|(own, part)| own != part);
        match (own.len() == parts.len(), different.next(), different.next()) {
            (true, Some((own, part)), None) => find_similar_name(own, [*part]).is_some(),
            _ => false,
        }
    };
    files.iter().copied().find(only_difference)
}

#[cfg(test)]
mod tests {
    use super::find_near_file;

    #[test]
    fn a_near_file_differs_in_one_part_by_a_slip_and_a_neighbour_is_none() {
        let near = |files: &[&'static str]| find_near_file("pods/secure/_index.md", files);
        assert_eq!(near(&["pods/create/_index.md", "pods/secured/_index.md"]), Some("pods/secured/_index.md"));
        assert_eq!(near(&["pods/secure/index.md"]), Some("pods/secure/index.md"));
        assert_eq!(near(&["pods/create/_index.md", "pods/_index.md", "pods/secured/index.md"]), None);
    }
}
