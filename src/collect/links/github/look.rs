//! What GitHub's API tells of things: each repository is asked for once, then what is linked in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio::sync::OnceCell;
use url::Url;

use super::api::Api;
use super::shape::{Part, Repository, Thing, read};
use crate::collect::links::verdict::Judged;
use crate::pod::verdict::Verdict;

/// Ways to split `a/b/c/d` into a ref with slashes and a path that are tried.
const SPLITS: usize = 4;

/// A repository that this token sees.
pub(super) struct Home {
    /// Its name now.
    pub(super) now: Repository,
    /// Whether nobody sees it without a token; assumed where it is not said.
    pub(super) private: bool,
    pub(super) archived: bool,
    default_branch: String,
    /// Whether this token sees its files, once that was asked.
    files_are_seen: OnceCell<bool>,
}

/// What is known of a thing.
pub(super) enum Seen {
    /// It is there.
    There(There),
    /// It is certainly not there.
    Gone,
    /// It is not there for this question, which proves nothing.
    Unproved,
    /// It could not be asked.
    Failed(Judged),
}

/// What is known of a thing that is there.
#[derive(Default)]
pub(super) struct There {
    /// How many lines a file has, where that was wanted and can be known.
    pub(super) lines: Option<usize>,
    /// Its address in another repository, where it was moved to one.
    pub(super) moved: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    full_name: String,
    private: Option<bool>,
    archived: Option<bool>,
    default_branch: Option<String>,
}

/// A repository; `None` where it is not there or not visible to the token: GitHub does not tell which.
///
/// # Errors
/// The verdict on what could not be asked.
pub(super) async fn home(api: &Api<'_>, repository: &Repository) -> Result<Option<Home>, Judged> {
    let Some(body) = api.inside(repository, &[]).await? else { return Ok(None) };
    let told = serde_json::from_slice::<Told>(&body).ok();
    let home = told.and_then(|told| {
        Some(Home {
            now: Repository::named(&told.full_name)?,
            private: told.private.unwrap_or(true),
            archived: told.archived == Some(true),
            default_branch: told.default_branch.unwrap_or_default(),
            files_are_seen: OnceCell::new(),
        })
    });
    home.map(Some).ok_or_else(|| Judged::new(Verdict::Unreachable, "GitHub's API answers what makes no sense"))
}

/// A part of a repository that is seen. `lines` says whether a file's are wanted.
pub(super) async fn part(api: &Api<'_>, home: &Home, part: &Part, lines: bool) -> Seen {
    let asked = match part {
        Part::Home => return Seen::There(There::default()),
        // No question is made of it.
        Part::Page => return Seen::Unproved,
        Part::Path(words) => return path(api, home, words, lines).await,
        Part::Issue(number) => match api.inside(&home.now, &["issues", number]).await {
            Ok(Some(body)) => return Seen::There(There { moved: moved(&body, &home.now), ..There::default() }),
            other => other,
        },
        Part::Commit(sha) => api.inside(&home.now, &["commits", sha]).await,
        Part::Release(tag) => match api.inside(&home.now, &["releases", "tags", tag]).await {
            // The page of a tag is there without a release, too.
            Ok(None) => api.inside(&home.now, &["git", "ref", "tags", tag]).await,
            other => other,
        },
    };
    match asked {
        Ok(Some(_)) => Seen::There(There::default()),
        Ok(None) => Seen::Unproved,
        Err(judged) => Seen::Failed(judged),
    }
}

/// A file or folder.
///
/// What the default branch lacks is gone; git keeps no `main/x` beside `main`. Of another ref only GitHub knows where its
/// name ends: its page tells that of a public repository, and in a private one a few ways are tried.
async fn path(api: &Api<'_>, home: &Home, words: &[String], lines: bool) -> Seen {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let own: Vec<&str> = home.default_branch.split('/').collect();
    let on_default = words.starts_with(&own) || words.first() == Some(&"HEAD");
    let shortest = if words.starts_with(&own) { own.len() } else { 1 };
    let all = shortest..=words.len();
    let tried = if on_default || !home.private { 1 } else { SPLITS };
    for end in all.clone().take(tried) {
        let (git_ref, path) = words.split_at(end);
        match api.contents(&home.now, Some(&git_ref.join("/")), path).await {
            Ok(Some(body)) => {
                let lines = if lines { count(&body) } else { None };
                return Seen::There(There { lines, ..There::default() });
            }
            Ok(None) => {}
            Err(judged) => return Seen::Failed(judged),
        }
    }
    let certain = if home.private { on_default || all.count() <= tried } else { on_default };
    if !certain || words.len() == shortest {
        return Seen::Unproved;
    }
    if !home.private {
        return Seen::Gone;
    }
    // A token may see a private repository and not its files.
    let root = async || Ok(api.contents(&home.now, None, &[]).await?.is_some());
    match home.files_are_seen.get_or_try_init(root).await {
        Ok(true) => Seen::Gone,
        Ok(false) => Seen::Unproved,
        Err(judged) => Seen::Failed(judged),
    }
}

/// The lines of a file; a larger one than 1 MiB comes without its text (GitHub docs, "Get repository content").
fn count(body: &[u8]) -> Option<usize> {
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
fn moved(body: &[u8], from: &Repository) -> Option<String> {
    #[derive(Deserialize)]
    struct Issue {
        html_url: String,
    }
    let issue: Issue = serde_json::from_slice(body).ok()?;
    match read(&Url::parse(&issue.html_url).ok()?)? {
        Thing::In(now, Part::Issue(_)) if !now.is(from) => Some(issue.html_url),
        _ => None,
    }
}
