//! What an argument of `check` or `page` names, and how its text is read.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use url::Url;

use super::args::GitlabArgs;
use super::context::Context;
use super::{CliError, connect};
use crate::config::regular_file::read_file_start;
use crate::gitlab::TokenPurpose;
use crate::pod::observed::Observed;
use crate::pod::origin::is_loopback_literal;
use crate::pod::run::ExitStatus;
use linkcheck::markdown::MAX_TEXT_BYTES;
use linkcheck::markdown::headings::is_markdown_document;
use linkcheck::rate_limit::RateLimits;

/// What an argument names.
pub(super) enum InputArgument {
    Stdin,
    /// A file or a folder, by its path.
    Path(String),
    Url(Url),
    /// A pod of the configuration, by its key.
    Pod,
}

impl InputArgument {
    /// What exists, holds `/` or ends in `.md` is a file; what starts with http(s):// or file: is an address, in any
    /// case (RFC 3986, section 3.1); the rest are pods.
    ///
    /// # Errors
    /// A sentence without the address, which may hold a secret, where it is none that can be read.
    pub(super) fn parse(target: &str) -> Result<Self, CliError> {
        if target == "-" {
            return Ok(Self::Stdin);
        }
        let path = Path::new(target);
        if let Some(scheme) = url_scheme(target).filter(|_| !path.exists()) {
            return match (scheme.as_str(), Url::parse(target)) {
                ("http" | "https", Ok(url)) => Ok(Self::Url(url)),
                ("http" | "https", Err(error)) => Err(CliError::usage(format!(
                    "{} is no address that can be read ({error}); write one like https://example.com/page.md",
                    show_address(target)
                ))),
                ("file", url) => parse_file_url(url.ok().as_ref()),
                (other, _) => Err(CliError::usage(format!(
                    "`{other}:` is not read; give an http or https address, or the path of a file"
                ))),
            };
        }
        let is_file = path.exists() || target.contains('/') || is_markdown_document(target);
        Ok(if is_file { Self::Path(target.to_owned()) } else { Self::Pod })
    }
}

impl InputArgument {
    /// Whether it is the path of nothing.
    pub(super) fn is_missing_path(&self) -> bool {
        let gone = |path: &String| {
            std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
                && !Path::new(path).is_symlink()
        };
        matches!(self, Self::Path(path) if gone(path))
    }
}

/// An address that cannot be read, unless a user's name, a password or a token may stand in it.
fn show_address(target: &str) -> String {
    if target.contains(['@', '?', '#']) {
        let scheme = target.split(':').next().unwrap_or_default();
        format!("the argument that begins with {scheme}:// (the rest may hold a secret)")
    } else {
        format!("`{target}`")
    }
}

/// Why an argument behind a bare `--sandbox` is none, where it is the sandbox's address behind a blank.
pub(super) fn explain_blank_after_sandbox(gitlab: &GitlabArgs, words: &[String]) -> Option<String> {
    // No page and no pod is at a loopback address in a sandbox.
    let is_served = |word: &&String| {
        let address = if word.contains("://") { (*word).clone() } else { format!("http://{word}") };
        Url::parse(&address).is_ok_and(|url| is_loopback_literal(&url) && url.port().is_some())
    };
    gitlab.sandbox.as_ref()?;
    let word = words.iter().find(|word| is_served(word) || **word == "=")?;
    let address = if word == "=" { "URL" } else { word };
    let address = if address.contains(['@', '?', '#']) { "URL" } else { address };
    Some(format!("the address of a sandbox stands behind `=`, without a blank: write --sandbox={address}"))
}

/// The scheme of what is an address, in lower case; `file:` goes without slashes too (RFC 8089).
fn url_scheme(target: &str) -> Option<String> {
    let (scheme, rest) = target.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (sound && (rest.starts_with("//") || scheme == "file")).then_some(scheme)
}

/// The path of a file on this machine.
fn parse_file_url(url: Option<&Url>) -> Result<InputArgument, CliError> {
    let path = url.and_then(|url| url.to_file_path().ok()).and_then(|path| path.into_os_string().into_string().ok());
    path.map(InputArgument::Path)
        .ok_or_else(|| CliError::usage("a `file:` address leads to no file of this machine; give the path of the file"))
}

/// The most bytes that are read of a document. What stands behind [`MAX_TEXT_BYTES`] is dropped with a finding
/// (`page-cut`), so a character more has to be seen.
const MAX_DOCUMENT_BYTES: usize = MAX_TEXT_BYTES + 4;

/// The text of a document, as much of it as is looked at.
///
/// # Errors
/// Why it cannot be had, as the rest of a sentence about the file.
pub(super) fn read_document_text(path: &Path) -> Result<String, String> {
    let bytes = read_file_start(path, MAX_DOCUMENT_BYTES).map_err(|error| format!("cannot be read ({error})"))?;
    document_text(bytes)
}

pub(super) fn read_stdin() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let mut stdin = std::io::stdin().lock();
    let most = u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX);
    // Whoever writes more is read to the end all the same, or would fail.
    let read = (&mut stdin).take(most).read_to_end(&mut bytes);
    if let Err(error) = read.and_then(|_| std::io::copy(&mut stdin, &mut std::io::sink())) {
        return Err(CliError::usage(format!("standard input cannot be read ({error})")));
    }
    document_text(bytes).map_err(|why| CliError::usage(format!("standard input {why}")))
}

/// Text that may be cut in the middle of its last character.
pub(super) fn document_text(mut bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() == MAX_DOCUMENT_BYTES
        && let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    String::from_utf8(bytes).map_err(|_binary| "is not UTF-8 text".to_owned())
}

/// The Markdown at an address.
pub(super) async fn fetch_markdown(url: &Url, gitlab: &GitlabArgs, context: &Context<'_>) -> Result<String, CliError> {
    let source = raw_file_url(url);
    let address = strip_url_secrets(&source);
    // A sandbox of this run's own is served as long as its connection is held.
    let connection = match gitlab.sandbox.as_deref() {
        None | Some("") => None,
        Some(_) => Some(
            connect::gitlab(gitlab, None, TokenPurpose::Handbook, &context.load_config_or_default()?, context).await?,
        ),
    };
    let web =
        super::web::build_web(connection.as_ref(), super::web::build_settings(RateLimits::CAREFUL, context)?, None)?;
    let text = text_or_error(web.fetch_text(&source).await, &address)?;
    if text.trim_start().starts_with('<') {
        return Err(CliError::usage(format!(
            "{address} is an HTML page; give the address of its Markdown source, for example the file's address on GitLab"
        )));
    }
    Ok(text)
}

/// What an address answered, or why there is nothing to read.
pub(super) fn text_or_error(fetched: Observed<String>, address: &str) -> Result<String, CliError> {
    match fetched {
        Observed::Present(text) => Ok(text),
        Observed::Absent => Err(CliError {
            exit_status: ExitStatus::NeedsHuman,
            message: format!("there is nothing at {address}; check it"),
        }),
        Observed::Unknown(failure) => Err(CliError {
            exit_status: failure.cause.into(),
            message: format!("could not read {address}: {}", failure.why),
        }),
    }
}

/// An address without what may be a secret: the user's name, the password and the query.
pub(super) fn strip_url_secrets(url: &Url) -> String {
    let mut url = url.clone();
    url.set_username("").and(url.set_password(None)).unwrap_or_default();
    url.set_query(None);
    url.into()
}

/// The address of a file's text: GitLab shows a file at `/-/blob/` and serves it at `/-/raw/`.
fn raw_file_url(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    if url.path().contains("/-/blob/") {
        let raw = url.path().replacen("/-/blob/", "/-/raw/", 1);
        url.set_path(&raw);
    }
    url
}
