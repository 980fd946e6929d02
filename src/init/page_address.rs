//! Which file of which project an address means.

use url::Url;

pub(super) use linkcheck::markdown::headings::is_markdown_document as is_markdown;
use linkcheck::target::{self, GitlabResource, Owner, Target, host_with_port};

/// The page's file in a project of a GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFile {
    /// The origin of the GitLab, where the address names it.
    pub gitlab: Option<Url>,
    /// Full path of the project.
    pub project: String,
    /// Path of the file inside it.
    pub path: String,
    /// Branch, tag or commit.
    pub git_ref: String,
}

/// The file that an address of a GitLab shows, edits or lists; `None` for an address of anything else.
///
/// A branch may hold a `/`, which an address does not tell from its folders: `git_ref` says which it is.
/// A folder means its `_index.md`.
pub fn parse_gitlab_address(url: &Url, git_ref: Option<&str>) -> Option<PageFile> {
    if !url.username().is_empty() || url.password().is_some() || !names_a_file(url) {
        return None;
    }
    let Target::Gitlab(found) = target::parse(url.as_str(), &host_with_port(url)) else { return None };
    let Owner::Project(project) = &found.owner else { return None };
    let (named_ref, path) = match &found.resource {
        GitlabResource::File { git_ref, path }
        | GitlabResource::Tree { git_ref, path }
        | GitlabResource::FileOrTree { git_ref, path } => (git_ref.clone(), path.clone()),
        _ => return None,
    };
    let (git_ref, path) = match git_ref {
        Some(git_ref) => {
            let whole = format!("{named_ref}/{path}");
            let path = whole.strip_prefix(git_ref).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
            (git_ref.to_owned(), path.unwrap_or(whole))
        }
        None => (named_ref, path),
    };
    let path = path.trim_matches('/');
    let path = if is_markdown(path) { path.to_owned() } else { format!("{path}/_index.md") };
    Some(PageFile {
        gitlab: origin_of(url),
        project: project.clone(),
        path: path.trim_start_matches('/').to_owned(),
        git_ref,
    })
}

/// Whether an address has the form in which GitLab shows files: another site's pages lead elsewhere.
fn names_a_file(url: &Url) -> bool {
    let path = url.path();
    ["blob", "raw", "edit", "tree", "blame"].iter().any(|word| path.contains(&format!("/-/{word}/")))
        || path.starts_with("/-/ide/project/")
}

/// Scheme, host and port.
pub fn origin_of(url: &Url) -> Option<Url> {
    Url::parse(&url.origin().ascii_serialization()).ok()
}

/// The key that a page's path gives its pod: its folder's name, or its own.
pub fn key_from_path(path: &str) -> Option<String> {
    let mut parts = path.rsplit('/');
    let file = parts.next()?.split('.').next().unwrap_or_default();
    let name = if matches!(file, "_index" | "index" | "README" | "readme") { parts.next()? } else { file };
    let slug: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(63).collect();
    let slug = slug.trim_matches('-').to_owned();
    crate::pod::is_slug(&slug).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str, git_ref: Option<&str>) -> Option<(String, String, String)> {
        let file = parse_gitlab_address(&Url::parse(address).unwrap(), git_ref)?;
        Some((file.project, file.git_ref, file.path))
    }

    #[test]
    fn every_form_in_which_gitlab_shows_a_file_is_read() {
        let page =
            Some(("harbour/desk/handbook".to_owned(), "main".to_owned(), "content/pods/secure/_index.md".to_owned()));
        for address in [
            "https://gitlab.example/harbour/desk/handbook/-/blob/main/content/pods/secure/_index.md",
            "https://gitlab.example/harbour/desk/handbook/-/blob/main/content/pods/secure/_index.md?ref_type=heads#L3",
            "https://gitlab.example/harbour/desk/handbook/-/raw/main/content/pods/secure/_index.md",
            "https://gitlab.example/harbour/desk/handbook/-/edit/main/content/pods/secure/_index.md",
            "https://gitlab.example/harbour/desk/handbook/-/blame/main/content/pods/secure/_index.md",
            "https://gitlab.example/harbour/desk/handbook/-/tree/main/content/pods/secure",
            "https://gitlab.example/harbour/desk/handbook/-/tree/main/content/pods/secure/",
            "https://gitlab.example:8443/harbour/desk/handbook/-/tree/main/content/pods/secure/_index.md",
            "https://gitlab.example/-/ide/project/harbour/desk/handbook/edit/main/-/content/pods/secure/_index.md",
        ] {
            assert_eq!(read(address, None), page, "{address}");
        }
        let address = "https://gitlab.example/a/b/-/blob/feature/x/content/caf%C3%A9/_index.md";
        let path = |path: &str, git_ref: &str| Some(("a/b".to_owned(), git_ref.to_owned(), path.to_owned()));
        assert_eq!(read(address, Some("feature/x")), path("content/café/_index.md", "feature/x"));
        assert_eq!(read(address, None), path("x/content/café/_index.md", "feature"));
        let url = Url::parse("https://gitlab.example:8443/a/b/-/blob/main/x.md").unwrap();
        assert_eq!(parse_gitlab_address(&url, None).unwrap().gitlab.unwrap().as_str(), "https://gitlab.example:8443/");
    }

    #[test]
    fn other_addresses_mean_no_file() {
        for address in [
            "https://handbook.example.com/support/pods/secure/",
            "https://handbook.example.com/a/blob/main/x.md",
            "https://gitlab.example/a/b",
            "https://gitlab.example/a/b/-/issues/1",
            "https://gitlab.example/groups/a/-/epics/1",
            "https://ada:pw@gitlab.example/a/b/-/blob/main/x.md",
        ] {
            assert_eq!(read(address, None), None, "{address}");
        }
    }

    #[test]
    fn a_pod_is_called_as_its_folder() {
        for (path, key) in [
            ("content/pods/secure/_index.md", Some("secure")),
            ("content/pods/AI Gateway/index.md", Some("ai-gateway")),
            ("content/pods/duo.md", Some("duo")),
            ("_index.md", None),
            ("安全/_index.md", None),
        ] {
            assert_eq!(key_from_path(path).as_deref(), key, "{path}");
        }
    }
}
