//! `page`: what podkeeper understands of a page, from a file, an address, a pod or standard input.

use std::io::Read as _;
use std::path::Path;

use url::Url;

use super::Halt;
use super::args::{Format, Gitlab, Page};
use super::door;
use super::sink::Sink;
use super::work::With;
use crate::collect::handbook;
use crate::collect::links::pace::Limits;
use crate::gitlab::{Purpose, connect};
use crate::pod::observed::Observed;
use crate::pod::run::Ending;
use crate::report::page;

/// Shows a page.
pub(super) async fn show(args: &Page, with: &With<'_>, sink: &mut Sink) -> Result<u8, Halt> {
    let target = args.target.as_str();
    let (text, path) = match named(target)? {
        Target::Stdin => (stdin()?, "-".to_owned()),
        Target::File(path) => (file(&path)?, path),
        Target::Address(url) => (fetched(&url, &args.gitlab, with).await?, shown(&url)),
        Target::Pod => return pod(args, with, sink).await,
    };
    tell(&handbook::parse(&text, &path), &path, with, sink);
    Ok(0)
}

/// What an argument names.
pub(super) enum Target {
    Stdin,
    /// A file or a folder, by its path.
    File(String),
    Address(Url),
    Pod,
}

/// What exists, holds `/` or ends in `.md` is a file; what starts with http(s):// or file: is an address, in any case
/// (RFC 3986, section 3.1); the rest are pods.
///
/// # Errors
/// A sentence without the address, which may hold a secret, where it is none that can be read.
pub(super) fn named(target: &str) -> Result<Target, Halt> {
    if target == "-" {
        return Ok(Target::Stdin);
    }
    let path = Path::new(target);
    if let Some(scheme) = scheme(target).filter(|_| !path.exists()) {
        return match (scheme.as_str(), Url::parse(target)) {
            ("http" | "https", Ok(url)) => Ok(Target::Address(url)),
            ("http" | "https", Err(error)) => Err(Halt::usage(format!(
                "an argument is no address that can be read ({error}); write one like https://example.com/page.md"
            ))),
            ("file", url) => local(url.ok().as_ref()),
            (other, _) => Err(Halt::usage(format!(
                "`{other}:` is not read; give an http or https address, or the path of a file"
            ))),
        };
    }
    let is_file = path.exists() || target.contains('/') || path.extension().is_some_and(|ending| ending == "md");
    Ok(if is_file { Target::File(target.to_owned()) } else { Target::Pod })
}

/// The scheme of what is an address, in lower case; `file:` goes without slashes too (RFC 8089).
fn scheme(target: &str) -> Option<String> {
    let (scheme, rest) = target.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (sound && (rest.starts_with("//") || scheme == "file")).then_some(scheme)
}

/// The path of a file on this machine.
fn local(url: Option<&Url>) -> Result<Target, Halt> {
    let path = url.and_then(|url| url.to_file_path().ok()).and_then(|path| path.into_os_string().into_string().ok());
    path.map(Target::File)
        .ok_or_else(|| Halt::usage("a `file:` address leads to no file of this machine; give the path of the file"))
}

pub(super) fn file(path: &str) -> Result<String, Halt> {
    text(path).map_err(|why| Halt::usage(format!("the file {path} {why}")))
}

/// The text of a file.
///
/// # Errors
/// Why it cannot be had, as the rest of a sentence about the file.
pub(super) fn text(path: &str) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot be read ({error})"))?;
    String::from_utf8(bytes).map_err(|_binary| "is not UTF-8 text".to_owned())
}

pub(super) fn stdin() -> Result<String, Halt> {
    let mut text = String::new();
    match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Halt::usage(format!("standard input cannot be read ({error})"))),
    }
}

async fn pod(args: &Page, with: &With<'_>, sink: &mut Sink) -> Result<u8, Halt> {
    let config = with.config()?;
    let Some(pod) = config.pods.iter().find(|pod| pod.key.as_str() == args.target) else {
        let pods: Vec<&str> = config.pods.iter().map(|pod| pod.key.as_str()).collect();
        let sentence = format!("`{}` is no file, no address and no pod; the pods are {}", args.target, pods.join(", "));
        return Err(Halt::usage(sentence));
    };
    let door = door::open(&args.gitlab, None, Purpose::Handbook, &config, with).await?;
    let reader = connect(&door.access).map_err(Halt::usage)?;
    match crate::collect::page(&reader, &pod.page).await {
        Observed::Present(found) => {
            tell(&found, &pod.page.path, with, sink);
            Ok(0)
        }
        Observed::Absent => {
            let at = &pod.page;
            let sentence = format!("the page {} is not in {} at {}; was it moved?", at.path, at.project, at.git_ref);
            Err(Halt { ending: Ending::Human, sentence })
        }
        Observed::Unknown(blind) => {
            Err(Halt { ending: blind.cause.into(), sentence: format!("could not see {}: {}", blind.what, blind.why) })
        }
    }
}

fn tell(found: &crate::pod::document::PodPage, path: &str, with: &With<'_>, sink: &mut Sink) {
    match with.global.format {
        Format::Json => sink.out(&page::json(found)),
        Format::Text => sink.painted(&page::text(found, path)),
    }
}

/// The Markdown at an address.
pub(super) async fn fetched(url: &Url, gitlab: &Gitlab, with: &With<'_>) -> Result<String, Halt> {
    let source = source_of(url);
    let address = shown(&source);
    // A box of this run's own is served as long as its door is held.
    let door = match gitlab.sandbox.as_deref() {
        None | Some("") => None,
        Some(_) => Some(door::open(gitlab, None, Purpose::Handbook, &with.config_or_none()?, with).await?),
    };
    let web = super::web::web(door.as_ref(), super::web::settings(Limits::CAREFUL, with)?, None)?;
    match web.text(&source).await {
        Observed::Present(text) if text.trim_start().starts_with('<') => Err(Halt::usage(format!(
            "{address} is an HTML page; give the address of its Markdown source, for example the file's address on GitLab"
        ))),
        Observed::Present(text) => Ok(text),
        Observed::Absent => {
            Err(Halt { ending: Ending::Human, sentence: format!("there is nothing at {address}; check it") })
        }
        Observed::Unknown(blind) => {
            Err(Halt { ending: blind.cause.into(), sentence: format!("could not read {address}: {}", blind.why) })
        }
    }
}

/// An address without what may be a secret: the user's name, the password and the query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_username("").and(url.set_password(None)).unwrap_or_default();
    url.set_query(None);
    url.into()
}

/// The address of a file's text: GitLab shows a file at `/-/blob/` and serves it at `/-/raw/`.
fn source_of(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    if url.path().contains("/-/blob/") {
        let raw = url.path().replacen("/-/blob/", "/-/raw/", 1);
        url.set_path(&raw);
    }
    url
}
