//! Files that one run keeps for another: the cache of the web, and what the shards of a check saw.

use std::io::ErrorKind;
use std::path::Path;

use chrono::TimeDelta;

use super::Halt;
use super::args::{Check, Gitlab};
use super::door::Door;
use super::files;
use super::page::file;
use super::sink::Sink;
use crate::check::Checked;
use crate::collect::links::memory::{Memory, Recall};
use crate::collect::links::seen::{self, Seen, Stand};

/// What is wrong with the places of these files, before anything is done.
pub(super) fn misplaced(args: &Check) -> Option<String> {
    let places = [("--cache", args.cache.as_deref()), ("--observations", args.observations.as_deref())];
    let mut named = places.into_iter().filter_map(|(flag, path)| Some((flag, path?)));
    let folder = named.find(|(_, path)| path.is_dir());
    if let Some((flag, path)) = folder {
        return Some(format!("{} is a folder; name a file in it for {flag}", path.display()));
    }
    let used = [&args.cache, &args.observations].into_iter().flatten().filter(|_| !args.offline);
    if let Some(path) = used.into_iter().find(|path| is_somebody_elses(path)) {
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
    let blind = args.offline && args.observations.is_some();
    blind.then(|| "--offline asks nothing, so there is nothing for --observations; leave one of them out".to_owned())
}

/// Whether a file is there that holds something, and surely nothing that was written here.
fn is_somebody_elses(path: &Path) -> bool {
    // A pipe or a device is written to; who reads it may wait for ever.
    path.is_file()
        && std::fs::read(path).is_ok_and(|bytes| bytes.trim_ascii_start().first().is_some_and(|first| *first != b'{'))
}

/// What earlier runs saw of the web, where that is kept; a file that cannot be used is told, and begun anew.
pub(super) fn recall(args: &Check, door: &Door, sink: &mut Sink) -> Result<Option<Recall>, Halt> {
    let Some(path) = args.cache.as_deref().filter(|_| !args.offline) else { return Ok(None) };
    let fresh = TimeDelta::from_std(args.cache_age).unwrap_or(TimeDelta::MAX);
    let memory = match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|_binary| "is damaged (it is not UTF-8 text)".to_owned());
            text.and_then(|text| Memory::read(&text, args.gitlab.sandbox.is_some())).unwrap_or_else(|why| {
                sink.note(&format!("the cache {} {why}; it is made anew", path.display()));
                Memory::default()
            })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Memory::default(),
        Err(error) => return Err(Halt::usage(format!("the cache {} cannot be read ({error})", path.display()))),
    };
    Ok(Some(Recall { memory, now: door.now, fresh }))
}

/// Writes what is kept of a check; gives a sentence for each file that could not be written.
pub(super) fn keep(args: &Check, checked: &Checked, door: &Door, sink: &Sink) -> Vec<String> {
    let boxed = args.gitlab.sandbox.is_some();
    let mut failed = Vec::new();
    if let (Some(path), Some(memory)) = (&args.cache, &checked.memory) {
        failed.extend(unwritten("cache", path, files::put_privately(path, &sink.cleaned(&memory.written(boxed)))));
    }
    if let Some(path) = &args.observations {
        let text = seen::written(&stand(&args.gitlab, door), args.shard, &checked.seen, checked.blind.as_ref());
        failed.extend(unwritten("file", path, files::put(path, &sink.cleaned(&text))));
    }
    failed
}

fn unwritten(what: &str, path: &Path, written: std::io::Result<()>) -> Option<String> {
    let error = written.err()?;
    Some(format!("the {what} {} could not be written ({error})", path.display()))
}

/// What the shards of a check saw, put together.
///
/// # Errors
/// Where they are not the whole of one look: exit 2, before anything is done.
pub(super) fn seen(pattern: &str, gitlab: &Gitlab, door: &Door) -> Result<Seen, Halt> {
    let told = |why: String| Halt::usage(format!("--observations {pattern}: {why}"));
    let mut read = Vec::new();
    for path in glob::glob(pattern).map_err(|error| told(error.to_string()))? {
        let path = path.map_err(|error| told(error.to_string()))?.display().to_string();
        let text = file(&path)?;
        read.push((path, text));
    }
    if read.is_empty() {
        return Err(told("no file is there; see what became of the jobs that make them".to_owned()));
    }
    Seen::together(&read, &stand(gitlab, door)).map_err(Halt::usage)
}

fn stand<'a>(gitlab: &Gitlab, door: &'a Door) -> Stand<'a> {
    Stand { gitlab: &door.gitlab_host, boxed: gitlab.sandbox.is_some(), now: door.now }
}
