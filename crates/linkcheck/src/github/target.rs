//! What addresses of GitHub point at, by their shapes.

use crate::text::percent_decode;
use url::Url;

/// What an address of GitHub points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GithubTarget {
    /// A person or an organization.
    Owner(String),
    /// A repository, or something in it.
    InRepository(Repository, RepositoryResource),
}

/// A repository, by the names in its address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repository {
    pub(super) owner: String,
    pub(super) name: String,
}

/// A resource of a repository. Names are decoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RepositoryResource {
    /// The repository itself.
    Home,
    /// A file or a folder: the segments of its ref, then those of its path. Only GitHub knows where a ref ends.
    FileOrTree(Vec<String>),
    /// An issue or a pull request; both are numbered together.
    Issue(String),
    /// A release, by its tag.
    Release(String),
    /// A commit, by its SHA or a name.
    Commit(String),
    /// Any other page.
    OtherPage,
}

impl Repository {
    /// A repository by its full name, `OWNER/NAME`.
    pub(super) fn parse_full_name(full: &str) -> Option<Self> {
        let (owner, name) = full.split_once('/')?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        let good = is_owner(owner) && is_repository(name);
        good.then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Whether both are the same to GitHub.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }

    /// The same place in a repository of another name.
    pub(super) fn url_in_repository(&self, url: &Url) -> String {
        let mut better = url.clone();
        let rest: Vec<&str> =
            url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).skip(2).collect();
        let slash = if rest.is_empty() { "" } else { "/" };
        better.set_path(&format!("{}/{}{slash}{}", self.owner, self.name, rest.join("/")));
        better.into()
    }
}

/// Words that stand where an owner's name would. One that is not listed here costs a request, and then its page is
/// visited like any other.
const NON_OWNER_SEGMENTS: [&str; 26] = [
    "about",
    "apps",
    "collections",
    "contact",
    "customer-stories",
    "enterprise",
    "events",
    "explore",
    "features",
    "issues",
    "login",
    "marketplace",
    "new",
    "notifications",
    "organizations",
    "orgs",
    "pricing",
    "pulls",
    "search",
    "security",
    "settings",
    "site",
    "sponsors",
    "topics",
    "trending",
    "users",
];

/// What an address of GitHub is; `None` for other hosts and for pages of GitHub itself.
pub(super) fn parse(url: &Url) -> Option<GithubTarget> {
    let host = url.host_str()?;
    let github = host.strip_prefix("www.").unwrap_or(host) == "github.com";
    if !github || url.port().is_some() || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let segments = url.path_segments()?.filter(|segment| !segment.is_empty());
    let segments: Vec<String> = segments.map(percent_decode).collect();
    match segments.as_slice() {
        [first, ..] if NON_OWNER_SEGMENTS.contains(&first.as_str()) => None,
        [owner] => is_owner(owner).then(|| GithubTarget::Owner(owner.clone())),
        [owner, name, words @ ..] => Some(GithubTarget::InRepository(
            Repository::parse_full_name(&format!("{owner}/{name}"))?,
            parse_resource(words),
        )),
        [] => None,
    }
}

fn parse_resource(words: &[String]) -> RepositoryResource {
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    match texts.as_slice() {
        [] => RepositoryResource::Home,
        // A ref by its whole name is the one by its short name.
        ["blob" | "raw" | "blame" | "edit" | "tree", "refs", "heads" | "tags", _, ..] => {
            RepositoryResource::FileOrTree(words[3..].to_vec())
        }
        ["blob" | "raw" | "blame" | "edit", _, _, ..] | ["tree", _, ..] => {
            RepositoryResource::FileOrTree(words[1..].to_vec())
        }
        ["issues" | "pull", number, ..] if is_number(number) => RepositoryResource::Issue((*number).to_owned()),
        ["releases", "tag", tag @ ..] if !tag.is_empty() => RepositoryResource::Release(tag.join("/")),
        ["commit", sha, ..] => RepositoryResource::Commit((*sha).to_owned()),
        _ => RepositoryResource::OtherPage,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters, digits and dashes; the accounts of enterprises have an underscore, too.
fn is_owner(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=100).contains(&name.len()) && name.bytes().all(good)
}

fn is_repository(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(good) && !matches!(name, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target in few words.
    fn shown(url: &str) -> String {
        match parse(&Url::parse(url).unwrap()) {
            None => "web".to_owned(),
            Some(GithubTarget::Owner(owner)) => format!("owner {owner}"),
            Some(GithubTarget::InRepository(repository, part)) => {
                let part = match part {
                    RepositoryResource::Home => "home".to_owned(),
                    RepositoryResource::FileOrTree(words) => format!("path {}", words.join("|")),
                    RepositoryResource::Issue(number) => format!("issue {number}"),
                    RepositoryResource::Release(tag) => format!("release {tag}"),
                    RepositoryResource::Commit(sha) => format!("commit {sha}"),
                    RepositoryResource::OtherPage => "page".to_owned(),
                };
                format!("{}/{} {part}", repository.owner, repository.name)
            }
        }
    }

    #[test]
    fn addresses_of_github_and_what_they_are() {
        let table = [
            ("https://github.com/grove", "owner grove"),
            ("https://github.com/grove/", "owner grove"),
            ("https://github.com/grove?tab=repositories", "owner grove"),
            ("https://github.com/grove_corp", "owner grove_corp"),
            ("https://github.com/grove/alder", "grove/alder home"),
            ("https://github.com/grove/alder/", "grove/alder home"),
            ("https://github.com/grove/alder.git", "grove/alder home"),
            ("https://github.com/grove/alder.rs#usage", "grove/alder.rs home"),
            ("http://www.github.com/grove/alder", "grove/alder home"),
            ("https://GitHub.com/Grove/Alder", "Grove/Alder home"),
            ("https://github.com/grove/.github", "grove/.github home"),
            ("https://github.com/grove/alder/blob/main/src/a.rs", "grove/alder path main|src|a.rs"),
            ("https://github.com/grove/alder/blob/main/a.rs#L10-L20", "grove/alder path main|a.rs"),
            ("https://github.com/grove/alder/blob/feature/x/a%20b.md", "grove/alder path feature|x|a b.md"),
            ("https://github.com/grove/alder/blob/refs/heads/main/a.rs", "grove/alder path main|a.rs"),
            ("https://github.com/grove/alder/raw/main/a.rs", "grove/alder path main|a.rs"),
            ("https://github.com/grove/alder/blame/main/a.rs", "grove/alder path main|a.rs"),
            ("https://github.com/grove/alder/edit/main/a.rs", "grove/alder path main|a.rs"),
            ("https://github.com/grove/alder/tree/v1.2", "grove/alder path v1.2"),
            ("https://github.com/grove/alder/tree/main/src", "grove/alder path main|src"),
            ("https://github.com/grove/alder/blob/main", "grove/alder page"),
            ("https://github.com/grove/alder/issues/12", "grove/alder issue 12"),
            ("https://github.com/grove/alder/issues/12#issuecomment-9", "grove/alder issue 12"),
            ("https://github.com/grove/alder/pull/13/files", "grove/alder issue 13"),
            ("https://github.com/grove/alder/issues", "grove/alder page"),
            ("https://github.com/grove/alder/issues/new", "grove/alder page"),
            ("https://github.com/grove/alder/releases/tag/v1.0", "grove/alder release v1.0"),
            ("https://github.com/grove/alder/releases/tag/cli/v1.0", "grove/alder release cli/v1.0"),
            ("https://github.com/grove/alder/releases/latest", "grove/alder page"),
            ("https://github.com/grove/alder/commit/0a1b2c3d", "grove/alder commit 0a1b2c3d"),
            ("https://github.com/grove/alder/commits/main", "grove/alder page"),
            ("https://github.com/grove/alder/wiki/Home", "grove/alder page"),
            ("https://github.com/grove/alder/compare/a...b", "grove/alder page"),
            ("https://github.com/grove/alder/actions/workflows/ci.yml", "grove/alder page"),
            ("https://github.com/", "web"),
            ("https://github.com/features/actions", "web"),
            ("https://github.com/orgs/grove/people", "web"),
            ("https://github.com/sponsors/grove", "web"),
            ("https://github.com/settings/tokens", "web"),
            ("https://github.com/grove/al%2Fder", "web"),
            ("https://github.com/gr%20ove", "web"),
            ("https://github.com:8443/grove/alder", "web"),
            ("https://someone@github.com/grove/alder", "web"),
            ("https://api.github.com/repos/grove/alder", "web"),
            ("https://gist.github.com/grove/0a1b", "web"),
            ("https://github.com.evil.example/grove/alder", "web"),
            ("https://raw.githubusercontent.com/grove/alder/main/a.rs", "web"),
        ];
        assert!(table.len() >= 30);
        for (url, expected) in table {
            assert_eq!(shown(url), expected, "{url}");
        }
    }

    #[test]
    fn an_address_is_the_same_place_in_the_repository_of_another_name() {
        let now = Repository::parse_full_name("grove/birch").unwrap();
        for (old, new) in [
            ("https://github.com/grove/alder", "https://github.com/grove/birch"),
            ("https://github.com/grove/alder/", "https://github.com/grove/birch"),
            ("https://github.com/a/b.git?x=1#usage", "https://github.com/grove/birch?x=1#usage"),
            ("https://github.com/a/b/blob/m/a%20b#L3", "https://github.com/grove/birch/blob/m/a%20b#L3"),
        ] {
            assert_eq!(now.url_in_repository(&Url::parse(old).unwrap()), new);
        }
        for none in ["grove", "grove/", "/birch", "grove/../x", "grove/a b", "a b/c"] {
            assert_eq!(Repository::parse_full_name(none), None, "{none}");
        }
    }
}
