//! GitHub, as far as a link checker asks it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::World;

/// What a link checker can find on GitHub.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Github {
    /// Its one token, which sees every repository.
    pub token: String,
    /// Repositories by their full names.
    pub repositories: BTreeMap<String, GithubRepository>,
    /// How many more requests its API answers; `None` for any number.
    pub left: Option<u64>,
}

/// A repository on GitHub.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GithubRepository {
    /// Whether only the token sees it.
    pub private: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// Full names that it had before.
    pub formerly: Vec<String>,
    /// Files by branch and path; the default branch is `main`.
    pub files: BTreeMap<String, BTreeMap<String, String>>,
    /// Issues and pull requests by number, each with the full name of the repository and the number that it was moved
    /// to, if it was.
    pub issues: BTreeMap<u64, Option<(String, u64)>>,
    /// Tags that have a release.
    pub releases: BTreeSet<String>,
    /// Commits by their SHAs.
    pub commits: BTreeSet<String>,
}

impl World {
    /// Adds a repository to GitHub, with a README, and makes GitHub's hosts exist.
    pub fn add_github_repository(&mut self, full_name: &str, private: bool) -> &mut GithubRepository {
        self.web.hosts.extend(["github.com".to_owned(), "api.github.com".to_owned()]);
        let hosted = self.web.github.repositories.entry(full_name.to_owned()).or_default();
        hosted.private = private;
        hosted.add_file("main", "README.md", "# A repository\n");
        hosted
    }
}

impl GithubRepository {
    /// Adds a file on a branch, which is made if it is not there.
    pub fn add_file(&mut self, branch: &str, path: &str, text: &str) {
        self.files.entry(branch.to_owned()).or_default().insert(path.to_owned(), text.to_owned());
    }

    /// Whether a file or a folder is there.
    pub(crate) fn has_path(&self, branch: &str, path: &str) -> bool {
        let Some(files) = self.files.get(branch) else { return false };
        let folder = format!("{path}/");
        path.is_empty() || files.keys().any(|file| file == path || file.starts_with(&folder))
    }
}
