//! Where the page is, and its text.

use url::Url;

use super::super::args::InitArgs;
use super::super::connection::{Connection, resolve_gitlab_url};
use super::super::context::Context;
use super::super::output::Output;
use super::super::target::{strip_url_secrets, text_or_error};
use super::super::web::{build_settings, build_web};
use super::super::{CliError, connect, disk_files};
use super::dialogue::{Dialogue, Ended};
use super::{Start, project_files};
use crate::config::{Config, INSTANCE_FILE, is_placeholder};
use crate::gitlab::{TokenPurpose, new_reader};
use crate::init::page_address::{PageFile, key_from_path, origin_of, parse_gitlab_address};
use crate::init::questions::{parse_path, parse_project};
use crate::init::{SiteSource, find_site_source};
use crate::pod::observed::Observed;
use crate::pod::origin::is_loopback_literal;
use crate::pod::run::ExitStatus;
use linkcheck::rate_limit::RateLimits;

/// What to give where a page's file cannot be found out.
const GIVE_INSTEAD: &str = "give --page with the address of its file on GitLab, or --project GROUP/PROJECT --path FILE";

/// A page and where its file is.
pub(super) struct PageText {
    /// Its file; its GitLab is named where the configuration does not say it already.
    pub(super) file: PageFile,
    /// The site that shows it, where it was read by the site's address.
    pub(super) site: Option<Url>,
    /// Whether that site's page says on which GitLab it is.
    pub(super) site_names_gitlab: bool,
    /// Its Markdown.
    pub(super) text: String,
}

/// Reads the page that the options name, or that a person names.
pub(super) async fn read_page(
    args: &InitArgs,
    start: &Start,
    context: &Context<'_>,
    mut dialogue: Option<&mut Dialogue>,
    output: &mut Output,
) -> Result<PageText, Ended> {
    let page = match (&args.page, &args.path, dialogue.as_deref_mut()) {
        (Some(page), ..) => Some(page.clone()),
        (None, Some(_), _) => None,
        (None, None, _) if is_sandbox(args) => None,
        (None, None, Some(dialogue)) => {
            let text = "Where is the pod's page? The address of its file on GitLab or of the page itself, or a file";
            Some(dialogue.ask(text, "", output, named_page).await?)
        }
        (None, None, None) => return Err(CliError::usage(format!("init needs the pod's page: {GIVE_INSTEAD}")).into()),
    };
    let Some(page) = page else {
        let file = file_by_options(args, start)?;
        return Ok(read_on_gitlab(args, start, file, None, context).await?);
    };
    if !page.contains("://") {
        let text = disk_files::read_one_document(&page)?;
        let (project, path) = place_of_local_page(args, start, &page, dialogue, output).await?;
        let gitlab = gitlab_to_write(args, start, None, context)?;
        let file = PageFile { gitlab, project, path, git_ref: page_ref(args, start) };
        return Ok(PageText { file, site: None, site_names_gitlab: false, text });
    }
    let url = Url::parse(&page)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| CliError::usage(format!("--page is no http(s) address without a user; {GIVE_INSTEAD}")))?;
    if args.project.is_some() || args.path.is_some() {
        return Err(CliError::usage("an address says where the file is; leave --project and --path out").into());
    }
    match parse_gitlab_address(&url, args.git_ref.as_deref()) {
        Some(file) => Ok(read_on_gitlab(args, start, file, None, context).await?),
        None => Ok(read_by_site(args, start, &url, context).await?),
    }
}

fn named_page(answer: &str) -> Result<String, String> {
    if answer.is_empty() { Err("name an address or a file".to_owned()) } else { Ok(answer.to_owned()) }
}

fn is_sandbox(args: &InitArgs) -> bool {
    args.sandbox.as_deref().is_some_and(|sandbox| !sandbox.is_empty())
}

/// The file that `--project` and `--path` name, each unless the configuration or the sandbox has a usual one.
fn file_by_options(args: &InitArgs, start: &Start) -> Result<PageFile, CliError> {
    let usual = || is_sandbox(args).then(|| "your-group/handbook".to_owned());
    let project = args.project.clone().or_else(|| start.shared.page_project.clone()).or_else(usual);
    let path = args.path.clone().or_else(|| {
        let key = args.pod.as_ref().filter(|_| is_sandbox(args))?;
        Some(format!("content/handbook/support/support-pods/{key}/_index.md"))
    });
    let (Some(project), Some(path)) = (project, path) else {
        return Err(CliError::usage(format!("init does not know where the page's file is: {GIVE_INSTEAD}")));
    };
    Ok(PageFile { gitlab: None, project, path, git_ref: page_ref(args, start) })
}

fn page_ref(args: &InitArgs, start: &Start) -> String {
    args.git_ref.clone().or_else(|| start.shared.page_ref.clone()).unwrap_or_else(|| "main".to_owned())
}

/// Where a page that was read from this machine will be read by the worker: its project and its path there.
async fn place_of_local_page(
    args: &InitArgs,
    start: &Start,
    page: &str,
    dialogue: Option<&mut Dialogue>,
    output: &mut Output,
) -> Result<(String, String), Ended> {
    let project = args.project.clone().or_else(|| start.shared.page_project.clone());
    match (project, args.path.clone(), dialogue) {
        (Some(project), Some(path), _) => Ok((project, path)),
        (project, path, Some(dialogue)) => {
            let project = match project {
                Some(project) => project,
                None => dialogue.ask("In which project of GitLab is the page?", "", output, parse_project).await?,
            };
            let path = match path {
                Some(path) => path,
                None => dialogue.ask("What is the path of its file there?", "", output, parse_path).await?,
            };
            Ok((project, path))
        }
        (_, _, None) => Err(CliError::usage(format!(
            "{page} is a file of this machine; say where the worker reads it: --project GROUP/PROJECT --path FILE"
        ))
        .into()),
    }
}

/// The GitLab that the configuration has to name: none where it names one already, or where it is a sandbox of this
/// machine.
fn gitlab_to_write(
    args: &InitArgs,
    start: &Start,
    of_page: Option<&Url>,
    context: &Context<'_>,
) -> Result<Option<Url>, CliError> {
    if let Some(url) = of_page {
        return Ok(Some(url.clone()).filter(|url| !(is_sandbox(args) && is_loopback_literal(url))));
    }
    if start.has_instance || is_sandbox(args) {
        return Ok(None);
    }
    let url = resolve_gitlab_url(&args.gitlab(), &Config::without_pods(), context)?;
    Ok(origin_of(&url))
}

/// The Markdown of a file on GitLab: by the API of the configured one, with its token where one is given, or else by its
/// public address, as anybody.
async fn read_on_gitlab(
    args: &InitArgs,
    start: &Start,
    file: PageFile,
    site: Option<Url>,
    context: &Context<'_>,
) -> Result<PageText, CliError> {
    parse_project(&file.project).map_err(CliError::usage)?;
    if is_placeholder(&file.project) && !is_sandbox(args) {
        let sentence =
            format!("{} stands for a project of yours; {GIVE_INSTEAD}, or try it with --sandbox", file.project);
        return Err(CliError::usage(sentence));
    }
    let key = args.pod.clone().or_else(|| key_from_path(&file.path)).unwrap_or_else(|| "new-pod".to_owned());
    let config = project_files::config_with_pod_at(start, &key, &file, context)?;
    let own = resolve_gitlab_url(&args.gitlab(), &config, context)?;
    let is_own = file.gitlab.as_ref().is_none_or(|gitlab| gitlab.origin() == own.origin());
    if start.has_instance && !is_own && !is_sandbox(args) {
        let named = file.gitlab.as_ref().map_or("", Url::as_str).trim_end_matches('/');
        return Err(CliError::usage(format!(
            "the page is on {named}, and {}/{INSTANCE_FILE} is for {}; one configuration serves one GitLab",
            start.files.folder,
            own.as_str().trim_end_matches('/')
        )));
    }
    let text = if is_own || is_sandbox(args) {
        let connection = connect::gitlab(&args.gitlab(), None, TokenPurpose::Handbook, &config, context).await?;
        read_by_api(&connection, &file).await?
    } else {
        read_as_anybody(&file, context).await?
    };
    let gitlab = gitlab_to_write(args, start, file.gitlab.as_ref(), context)?;
    Ok(PageText { file: PageFile { gitlab, ..file }, site, site_names_gitlab: false, text })
}

async fn read_by_api(connection: &Connection, file: &PageFile) -> Result<String, CliError> {
    let reader = new_reader(&connection.access).map_err(CliError::usage)?;
    let PageFile { project, path, git_ref, .. } = file;
    match reader.read_text_file(TokenPurpose::Handbook, project, path, git_ref).await {
        Observed::Present(text) => as_markdown(text, &format!("the page {path} in {project}")),
        Observed::Absent => Err(CliError {
            exit_status: ExitStatus::NeedsHuman,
            message: format!("the page {path} is not in {project} at {git_ref}; --path and --ref say where it is"),
        }),
        Observed::Unknown(failure) => Err(CliError {
            exit_status: failure.cause.into(),
            message: format!("could not see {}: {}", failure.what, failure.why),
        }),
    }
}

/// A token goes to the GitLab that a reviewed configuration names, and to no other.
async fn read_as_anybody(file: &PageFile, context: &Context<'_>) -> Result<String, CliError> {
    let gitlab = file.gitlab.as_ref().map_or("", Url::as_str).trim_end_matches('/');
    let mut url = file.gitlab.clone().ok_or_else(|| CliError::usage(GIVE_INSTEAD))?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(file.project.split('/')).extend(["-", "raw"]);
        segments.extend(file.git_ref.split('/')).extend(file.path.split('/'));
    }
    let advice = format!(
        "it was asked as anybody, because no configuration names {gitlab}. If it is not public, write\n  [gitlab]\n  url = \
         \"{gitlab}\"\ninto {}/{INSTANCE_FILE} and give a token in PODKEEPER_TOKEN",
        context.global.config.display()
    );
    let text = fetch(&url, context)
        .await
        .map_err(|error| CliError { message: format!("{}; {advice}", error.message), ..error })?;
    as_markdown(text, strip_url_secrets(&url).as_str())
        .map_err(|error| CliError { message: format!("{}; {advice}", error.message), ..error })
}

/// The page of a site says where its source is; the source is read then.
async fn read_by_site(args: &InitArgs, start: &Start, url: &Url, context: &Context<'_>) -> Result<PageText, CliError> {
    let address = strip_url_secrets(url);
    let html = fetch_site(args, start, url, context).await?;
    let found = match find_site_source(&html, url) {
        SiteSource::File(file) => file,
        SiteSource::None => {
            return Err(CliError::usage(format!(
                "{address} has no link that edits its source or shows it on a GitLab; {GIVE_INSTEAD}"
            )));
        }
        SiteSource::Several(files) => {
            let files: Vec<String> = files.iter().map(|file| format!("{} in {}", file.path, file.project)).collect();
            return Err(CliError::usage(format!(
                "{address} names several sources ({}); {GIVE_INSTEAD}",
                files.join(", ")
            )));
        }
    };
    let file = match &args.git_ref {
        Some(git_ref) => PageFile { git_ref: git_ref.clone(), ..found },
        None => found,
    };
    let site = origin_of(url).filter(|url| url.scheme() == "https");
    let page = read_on_gitlab(args, start, file, site, context).await?;
    Ok(PageText { site_names_gitlab: true, ..page })
}

/// What a site answers: in a sandbox, the site that the sandbox has.
async fn fetch_site(args: &InitArgs, start: &Start, url: &Url, context: &Context<'_>) -> Result<String, CliError> {
    if !is_sandbox(args) {
        return fetch(url, context).await;
    }
    let key = args.pod.clone().unwrap_or_else(|| "new-pod".to_owned());
    let project = start.shared.page_project.clone().unwrap_or_else(|| "your-group/handbook".to_owned());
    let path = format!("content/handbook/support/support-pods/{key}/_index.md");
    let file = PageFile { gitlab: None, project, path, git_ref: page_ref(args, start) };
    let config = project_files::config_with_pod_at(start, &key, &file, context)?;
    // A sandbox of this run's own is served as long as its connection is held.
    let connection = connect::gitlab(&args.gitlab(), None, TokenPurpose::Handbook, &config, context).await?;
    fetch_over(Some(&connection), url, context).await
}

async fn fetch(url: &Url, context: &Context<'_>) -> Result<String, CliError> {
    fetch_over(None, url, context).await
}

async fn fetch_over(connection: Option<&Connection>, url: &Url, context: &Context<'_>) -> Result<String, CliError> {
    let address = strip_url_secrets(url);
    let web = build_web(connection, build_settings(RateLimits::CAREFUL, context)?, None)?;
    text_or_error(web.fetch_text(url).await, &address)
}

/// A sign-in page is no page.
fn as_markdown(text: String, what: &str) -> Result<String, CliError> {
    let fault = if text.trim().is_empty() {
        "is empty"
    } else if text.trim_start().starts_with("<!")
        || text.trim_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("<html"))
    {
        "came as HTML, which is no page's source"
    } else {
        return Ok(text);
    };
    Err(CliError { exit_status: ExitStatus::Incomplete, message: format!("{what} {fault}") })
}
