//! `page`: what podkeeper understands of a page, from a file, an address, a pod or standard input.

use tracing::Instrument as _;

use super::CliError;
use super::args::{OutputFormat, PageArgs};
use super::connect;
use super::context::Context;
use super::disk_files;
use super::output::Output;
use super::placeholders::refuse_placeholders;
use super::target::{InputArgument, explain_blank_after_sandbox, fetch_markdown, read_stdin, strip_url_secrets};
use crate::collect::handbook;
use crate::gitlab::{TokenPurpose, new_reader};
use crate::pod::observed::Observed;
use crate::pod::run::ExitStatus;
use crate::report::{Public, ReportAudience as _, page};

/// Shows a page.
pub(super) async fn show_page(args: &PageArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let target = args.target.as_str();
    if let Some(why) = explain_blank_after_sandbox(&args.gitlab, std::slice::from_ref(&args.target)) {
        return Err(CliError::usage(why));
    }
    let (text, path) = match InputArgument::parse(target)? {
        InputArgument::Stdin => (read_stdin()?, "-".to_owned()),
        InputArgument::Path(path) => (disk_files::read_one_document(&path)?, path),
        InputArgument::Url(url) => (fetch_markdown(&url, &args.gitlab, context).await?, strip_url_secrets(&url)),
        InputArgument::Pod => return show_pod_page(args, context, output).await,
    };
    print_page(&handbook::parse_pod_page(&text, &path), &path, context, output);
    Ok(0)
}

async fn show_pod_page(args: &PageArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let config = context.load_config_or_default()?;
    let Some(pod) = config.pods.iter().find(|pod| pod.key.as_str() == args.target) else {
        let pods = context.known_pods(&args.target, &config);
        return Err(CliError::usage(format!("`{}` is no file, no address and no pod; {pods}", args.target)));
    };
    refuse_placeholders(&config, &[&pod.key], &args.gitlab)?;
    let connection = connect::gitlab(&args.gitlab, None, TokenPurpose::Handbook, &config, context).await?;
    let reader = new_reader(&connection.access).map_err(CliError::usage)?;
    let read = crate::collect::read_page(&reader, &pod.page).instrument(tracing::info_span!("read"));
    match read.await {
        Observed::Present(found) => {
            print_page(&found, &pod.page.path, context, output);
            Ok(0)
        }
        Observed::Absent => {
            let at = &pod.page;
            let sentence = format!("the page {} is not in {} at {}; was it moved?", at.path, at.project, at.git_ref);
            Err(CliError { exit_status: ExitStatus::NeedsHuman, message: sentence })
        }
        Observed::Unknown(failure) => Err(CliError {
            exit_status: failure.cause.into(),
            message: format!("could not see {}: {}", failure.what, failure.why),
        }),
    }
}

fn print_page(found: &crate::pod::pod_page::PodPage, path: &str, context: &Context<'_>, output: &mut Output) {
    match context.global.format {
        OutputFormat::Json => output.print(&page::render_json(Public::restrict(found))),
        OutputFormat::Text => output.print_report(&page::render_text(Public::restrict(found), path)),
    }
}
