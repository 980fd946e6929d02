//! Files that one run leaves for another: the cache of the web, and what the shards of a check observed.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;

use chrono::TimeDelta;

use super::CliError;
use super::args::{CheckArgs, GitlabArgs};
use super::connection::Connection;
use super::context::Context;
use super::disk_files::display_path;
use super::output::Output;
use super::report_files;
use crate::check::DocumentCheckResult;
use crate::config::regular_file::{read_file_start, read_regular_file, read_regular_text, special_file_kind};
use crate::pod::rule::Audience;
use linkcheck::cache::{Cache, DatedCache};
use linkcheck::shard_file::{self, MergedShards, ShardContext, ShardObservation};

/// The most bytes of a file that another run left: a hundred thousand links take about a tenth of it.
const MAX_SAVED_BYTES: usize = 256 * 1024 * 1024;

/// What is wrong with the places of these files, before anything is done.
pub(super) fn find_path_problem(args: &CheckArgs) -> Option<String> {
    if let Some(why) = find_file_of_network(args) {
        return Some(why);
    }
    let places = [("--cache", args.cache.as_deref()), ("--observations", args.observations.as_deref())];
    let mut named = places.into_iter().filter_map(|(flag, path)| Some((flag, path?)));
    if let Some(why) = named.clone().find_map(|(_, path)| report_files::find_symlinked_folder(path)) {
        return Some(why);
    }
    let folder = named.find(|(_, path)| path.is_dir());
    if let Some((flag, path)) = folder {
        return Some(format!("{} is a folder; name a file in it for {flag}", path.display()));
    }
    if let Some(problem) = find_special_file(args) {
        return Some(problem);
    }
    let mut used = [&args.cache, &args.observations].into_iter().flatten();
    if let Some(path) = used.find(|path| is_foreign_file(path)) {
        return Some(format!(
            "{} is no file of podkeeper's, and would be overwritten; name another one",
            path.display()
        ));
    }
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let both = args.cache.as_deref().zip(args.observations.as_deref());
    if both.is_some_and(|(cache, observations)| whole(cache) == whole(observations)) {
        return Some("--cache and --observations go to one file; give each its own".to_owned());
    }
    None
}

/// Why a file that only the network fills does not go with `--offline`, where there is one.
fn find_file_of_network(args: &CheckArgs) -> Option<String> {
    let files = [("--cache", args.cache.is_some()), ("--observations", args.observations.is_some())];
    let (flag, _) = files.into_iter().find(|(_, named)| *named && args.offline)?;
    Some(format!("--offline asks nothing, so there is nothing for {flag}; leave one of them out"))
}

/// A pipe, a socket or a device, which would hold up who reads or writes it. Observations may go to one by its name in
/// `/dev`, as to standard output.
fn find_special_file(args: &CheckArgs) -> Option<String> {
    let observations = args.observations.as_deref().filter(|path| !report_files::names_device(path));
    let places = [("--cache", args.cache.as_deref()), ("--observations", observations)];
    let (flag, path, kind) = places.into_iter().find_map(|(flag, path)| {
        let kind = special_file_kind(std::fs::symlink_metadata(path?).ok()?.file_type())?;
        Some((flag, path?, kind))
    })?;
    Some(format!("{} is {kind}, not a regular file; name another one for {flag}", path.display()))
}

/// Whether a file is there that holds something, and surely nothing that was written here. A symlink is replaced, and
/// what it leads to is not touched.
fn is_foreign_file(path: &Path) -> bool {
    const BEGINNING: usize = 64 * 1024;
    let holds_other = |bytes: Vec<u8>| bytes.trim_ascii_start().first().is_some_and(|first| *first != b'{');
    !path.is_symlink() && path.is_file() && read_file_start(path, BEGINNING).is_ok_and(holds_other)
}

/// Loads what earlier runs observed of the web, where there is a cache; one that cannot be used is named, and begun
/// anew.
pub(super) fn load_cache(
    args: &CheckArgs,
    connection: &Connection,
    output: &mut Output,
) -> Result<Option<DatedCache>, CliError> {
    let Some(path) = args.cache.as_deref() else { return Ok(None) };
    let max_age = TimeDelta::from_std(args.cache_age).unwrap_or(TimeDelta::MAX);
    if path.is_symlink() {
        output.print_note(&format!("the cache {} is a symlink, and is not followed; it is made anew", path.display()));
        return Ok(Some(DatedCache { cache: Cache::default(), now: connection.now, max_age }));
    }
    let cache = match read_regular_file(path, MAX_SAVED_BYTES) {
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|_binary| "is damaged (it is not UTF-8 text)".to_owned());
            text.and_then(|text| Cache::parse(&text, args.gitlab.sandbox.is_some())).unwrap_or_else(|why| {
                output.print_note(&format!("the cache {} {why}; it is made anew", path.display()));
                Cache::default()
            })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Cache::default(),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => {
            output.print_note(&format!("the cache {} is not read ({error}); it is made anew", path.display()));
            Cache::default()
        }
        Err(error) => return Err(CliError::usage(format!("the cache {} cannot be read ({error})", path.display()))),
    };
    Ok(Some(DatedCache { cache, now: connection.now, max_age }))
}

/// Saves the cache and the observations of a check; gives a sentence for each file that could not be written.
pub(super) fn save_cache_and_observations(
    args: &CheckArgs,
    checked: &DocumentCheckResult,
    connection: &Connection,
    context: &Context<'_>,
    output: &Output,
) -> Vec<String> {
    let is_sandbox = args.gitlab.sandbox.is_some();
    let mut failed = Vec::new();
    if let (Some(path), Some(cache)) = (&args.cache, &checked.cache) {
        failed.extend(write_failure_message(
            "cache",
            path,
            report_files::write_atomically(path, &output.clean(&cache.render(is_sandbox))),
        ));
    }
    if let Some(path) = &args.observations {
        // A file for another job is read by whoever reads this job's log.
        let for_all = || checked.shard_observations.iter().map(ShardObservation::as_seen_by_anybody).collect();
        let observations: Cow<'_, [ShardObservation]> = if context.stdout_audience().may_read(Audience::Team) {
            checked.shard_observations.as_slice().into()
        } else {
            Cow::Owned(for_all())
        };
        let text = shard_file::render(
            &shard_context(&args.gitlab, connection),
            args.shard,
            &observations,
            checked.api_failure.as_ref(),
        );
        failed.extend(write_failure_message("file", path, report_files::write_atomically(path, &output.clean(&text))));
    }
    failed
}

fn write_failure_message(what: &str, path: &Path, written: std::io::Result<()>) -> Option<String> {
    let error = written.err()?;
    Some(format!("the {what} {} could not be written ({error})", path.display()))
}

/// What the shards of a check saw, put together.
///
/// # Errors
/// Where they are not the whole of one run: exit 2, before anything is done.
pub(super) fn read_shard_files(
    pattern: &str,
    gitlab: &GitlabArgs,
    connection: &Connection,
) -> Result<MergedShards, CliError> {
    let wrong = |why: String| CliError::usage(format!("--observations {pattern}: {why}"));
    let mut read = Vec::new();
    for path in glob::glob(pattern).map_err(|error| {
        wrong(format!(
            "it is no pattern of files ({} at character {}); write one like 'seen/*.json'",
            error.msg, error.pos
        ))
    })? {
        let path = path.map_err(|error| wrong(error.to_string()))?;
        let shown = display_path(&path);
        let text = read_regular_text(&path, MAX_SAVED_BYTES)
            .map_err(|error| CliError::usage(format!("the file {shown} cannot be read ({error})")))?;
        read.push((shown, text));
    }
    if read.is_empty() {
        return Err(wrong("no file is there; see what became of the jobs that make them".to_owned()));
    }
    MergedShards::merge(&read, &shard_context(gitlab, connection)).map_err(CliError::usage)
}

fn shard_context<'a>(gitlab: &GitlabArgs, connection: &'a Connection) -> ShardContext<'a> {
    ShardContext { gitlab_host: &connection.gitlab_host, is_sandbox: gitlab.sandbox.is_some(), now: connection.now }
}
