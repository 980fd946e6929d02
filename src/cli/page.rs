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
    let (text, path) = match kind(target) {
        Target::Stdin => (stdin()?, "-".to_owned()),
        Target::File => (file(target)?, target.to_owned()),
        Target::Address(url) => (fetched(&url, &args.gitlab, with).await?, shown(&url)),
        Target::Pod => return pod(args, with, sink).await,
    };
    tell(&handbook::parse(&text, &path), &path, with, sink);
    Ok(0)
}

/// What an argument names.
pub(super) enum Target {
    Stdin,
    File,
    Address(Url),
    Pod,
}

/// What exists, holds `/` or ends in `.md` is a file; what starts with http(s):// is an address; the rest
/// are pods.
pub(super) fn kind(target: &str) -> Target {
    if target == "-" {
        return Target::Stdin;
    }
    let is_address = target.starts_with("http://") || target.starts_with("https://");
    if let (true, Ok(url)) = (is_address, Url::parse(target)) {
        return Target::Address(url);
    }
    let is_file =
        Path::new(target).exists() || target.contains('/') || Path::new(target).extension().is_some_and(|e| e == "md");
    if is_file { Target::File } else { Target::Pod }
}

pub(super) fn file(path: &str) -> Result<String, Halt> {
    let bytes =
        std::fs::read(path).map_err(|error| Halt::usage(format!("the file {path} cannot be read ({error})")))?;
    String::from_utf8(bytes).map_err(|_binary| Halt::usage(format!("the file {path} is not UTF-8 text")))
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
    let web = super::web::web(door.as_ref(), Limits::CAREFUL, None, with)?;
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
fn shown(url: &Url) -> String {
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
