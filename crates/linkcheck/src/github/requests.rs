//! What is asked of GitHub's API: each repository once, then what is linked in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio::sync::OnceCell;
use url::Url;

use super::api::GithubApi;
use super::target::{GithubTarget, Repository, RepositoryResource, parse};
use crate::verdict::{Assessment, Verdict};

/// Ways to split `a/b/c/d` into a ref with slashes and a path that are tried.
const MAX_REF_SPLITS: usize = 4;

/// A repository that this token sees.
pub(super) struct RepositoryInfo {
    /// Its name today, which a renamed repository's link does not have.
    pub(super) current_name: Repository,
    /// Whether nobody sees it without a token; assumed where the answer does not say.
    pub(super) private: bool,
    pub(super) archived: bool,
    default_branch: String,
    /// Whether this token sees its files, once that was asked.
    can_read_files: OnceCell<bool>,
}

/// What is known of a resource.
pub(super) enum Presence {
    /// It is there.
    Found(FoundDetails),
    /// It is certainly not there.
    Missing,
    /// It is not there for this request, which proves nothing.
    Inconclusive,
    /// It could not be asked.
    Failed(Assessment),
}

/// What is known of a resource that is there.
#[derive(Default)]
pub(super) struct FoundDetails {
    /// How many lines a file has, where that was wanted and can be known.
    pub(super) line_count: Option<usize>,
    /// Its address in another repository, where it was moved to one.
    pub(super) moved_to: Option<String>,
}

#[derive(Deserialize)]
struct RepositoryBody {
    full_name: String,
    private: Option<bool>,
    archived: Option<bool>,
    default_branch: Option<String>,
}

/// A repository; `None` where it is not there or not visible to the token: GitHub answers both alike.
///
/// # Errors
/// The verdict on what could not be asked.
pub(super) async fn get_repository(
    api: &GithubApi<'_>,
    repository: &Repository,
) -> Result<Option<RepositoryInfo>, Assessment> {
    let Some(body) = api.get_in_repository(repository, &[]).await? else { return Ok(None) };
    let body = serde_json::from_slice::<RepositoryBody>(&body).ok();
    let info = body.and_then(|body| {
        Some(RepositoryInfo {
            current_name: Repository::parse_full_name(&body.full_name)?,
            private: body.private.unwrap_or(true),
            archived: body.archived == Some(true),
            default_branch: body.default_branch.unwrap_or_default(),
            can_read_files: OnceCell::new(),
        })
    });
    info.map(Some).ok_or_else(|| Assessment::new(Verdict::Unreachable, "GitHub's API answers what makes no sense"))
}

/// A resource of a repository that is seen. `lines` says whether a file's are to be counted.
pub(super) async fn get_resource(
    api: &GithubApi<'_>,
    info: &RepositoryInfo,
    part: &RepositoryResource,
    lines: bool,
) -> Presence {
    let asked = match part {
        RepositoryResource::Home => return Presence::Found(FoundDetails::default()),
        // No request is made for it.
        RepositoryResource::OtherPage => return Presence::Inconclusive,
        RepositoryResource::FileOrTree(words) => return get_file_or_tree(api, info, words, lines).await,
        RepositoryResource::Issue(number) => match api.get_in_repository(&info.current_name, &["issues", number]).await
        {
            Ok(Some(body)) => {
                return Presence::Found(FoundDetails {
                    moved_to: moved_issue_url(&body, &info.current_name),
                    ..FoundDetails::default()
                });
            }
            other => other,
        },
        RepositoryResource::Commit(sha) => api.get_in_repository(&info.current_name, &["commits", sha]).await,
        RepositoryResource::Release(tag) => {
            match api.get_in_repository(&info.current_name, &["releases", "tags", tag]).await {
                // The page of a tag is there without a release, too.
                Ok(None) => api.get_in_repository(&info.current_name, &["git", "ref", "tags", tag]).await,
                other => other,
            }
        }
    };
    match asked {
        Ok(Some(_)) => Presence::Found(FoundDetails::default()),
        Ok(None) => Presence::Inconclusive,
        Err(assessment) => Presence::Failed(assessment),
    }
}

/// A file or folder.
///
/// What the default branch lacks is gone; git keeps no `main/x` beside `main`. Of another ref only GitHub knows where
/// its name ends: its page shows that of a public repository, and in a private one a few ways are tried.
async fn get_file_or_tree(api: &GithubApi<'_>, info: &RepositoryInfo, words: &[String], lines: bool) -> Presence {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let own: Vec<&str> = info.default_branch.split('/').collect();
    let on_default = words.starts_with(&own) || words.first() == Some(&"HEAD");
    let shortest = if words.starts_with(&own) { own.len() } else { 1 };
    let all = shortest..=words.len();
    let tried = if on_default || !info.private { 1 } else { MAX_REF_SPLITS };
    for end in all.clone().take(tried) {
        let (git_ref, path) = words.split_at(end);
        match api.get_contents(&info.current_name, Some(&git_ref.join("/")), path).await {
            Ok(Some(body)) => {
                let lines = if lines { count_lines(&body) } else { None };
                return Presence::Found(FoundDetails { line_count: lines, ..FoundDetails::default() });
            }
            Ok(None) => {}
            Err(assessment) => return Presence::Failed(assessment),
        }
    }
    let certain = if info.private { on_default || all.count() <= tried } else { on_default };
    if !certain || words.len() == shortest {
        return Presence::Inconclusive;
    }
    if !info.private {
        return Presence::Missing;
    }
    // A token may see a private repository and not its files.
    let root = async || Ok(api.get_contents(&info.current_name, None, &[]).await?.is_some());
    match info.can_read_files.get_or_try_init(root).await {
        Ok(true) => Presence::Missing,
        Ok(false) => Presence::Inconclusive,
        Err(assessment) => Presence::Failed(assessment),
    }
}

/// How many lines a file has; a larger one than 1 MiB comes without its text, so `None` (GitHub docs, "Get repository
/// content").
fn count_lines(body: &[u8]) -> Option<usize> {
    #[derive(Deserialize)]
    struct File {
        encoding: String,
        content: String,
    }
    let file: File = serde_json::from_slice(body).ok()?;
    let packed: Vec<u8> = file.content.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let text = STANDARD.decode(packed).ok().filter(|_| file.encoding == "base64")?;
    Some(String::from_utf8_lossy(&text).lines().count())
}

/// Where an issue is now, if that is another repository.
fn moved_issue_url(body: &[u8], from: &Repository) -> Option<String> {
    #[derive(Deserialize)]
    struct Issue {
        html_url: String,
    }
    let issue: Issue = serde_json::from_slice(body).ok()?;
    match parse(&Url::parse(&issue.html_url).ok()?)? {
        GithubTarget::InRepository(now, RepositoryResource::Issue(_)) if !now.is_same(from) => Some(issue.html_url),
        _ => None,
    }
}
