//! `check`: the links of files, folders, addresses, pods and standard input.

use std::path::Path;

use super::Halt;
use super::args::{self, Check, Format, Severity};
use super::kept;
use super::page::{Target, fetched, named, shown, stdin};
use super::pile::Pile;
use super::signals::Signals;
use super::sink::Sink;
use super::work::With;
use super::{door, instances};
use crate::check::{Read, check};
use crate::collect::links::local::Site;
use crate::collect::links::pace::Limits;
use crate::collect::{Eyes, page};
use crate::config::Config;
use crate::gitlab::{Purpose, Reader, connect};
use crate::pod::observed::Observed;
use crate::pod::run::Ending;
use crate::report::check as report;

/// Looks at everything that was named, and tells.
pub(super) async fn run(args: &Check, with: &With<'_>, sink: &mut Sink) -> Result<u8, Halt> {
    let started = (with.stopwatch)();
    if let Some(why) = kept::misplaced(args) {
        return Err(Halt::usage(why));
    }
    let targets = args.targets.iter().map(|target| named(target)).collect::<Result<Vec<_>, _>>()?;
    let config = with.config_or_none()?;
    if let Some(why) = distant(&targets, args, &config) {
        return Err(Halt::usage(why));
    }
    // What is not asked is known all the same: what is wrong with the flags is told, and no token is shown.
    let door = if args.offline && args.gitlab.sandbox.is_none() {
        door::shut(&args.gitlab, Purpose::Handbook, &config, with)?
    } else {
        door::open(&args.gitlab, None, Purpose::Handbook, &config, with).await?
    };
    let reader = connect(&door.access).map_err(Halt::usage)?;
    let reader = reader.with_others(instances::readers(&door, &config, with)?);
    let github = super::web::github(&door, &config, with)?;
    let settings = super::web::settings(Limits::POLITE, with)?;
    let web = (!args.offline).then(|| super::web::web(Some(&door), settings, github)).transpose()?;
    let mut policy = super::web::policy(&door);
    policy.skip.extend(args.exclude.iter().map(|beginning| crate::collect::links::policy::Skip {
        beginning: beginning.clone(),
        reason: "--exclude".to_owned(),
    }));
    (policy.shard, policy.hands_on) = (args.shard, args.observations.is_some());
    policy.recall = kept::recall(args, &door, sink)?;
    let mut pile = Pile::default();
    for (written, target) in args.targets.iter().zip(targets) {
        read(written, target, args, &config, &reader, with, &mut pile).await?;
    }
    let Pile { mut documents, trees, unread, .. } = pile;
    for document in documents.iter_mut().filter(|document| document.site.is_none()) {
        document.site.clone_from(&args.site_url);
    }
    let eyes = Eyes { reader: &reader, web: web.as_ref(), policy: &policy };
    let checked = match watched(check(&mut documents, &trees, eyes, door.now), with).await? {
        Ok(checked) => checked,
        Err(code) => {
            sink.note("interrupted; nothing was kept");
            return Ok(code);
        }
    };
    let counts = reader.counts();
    let abroad: u64 = reader.others().values().map(|other| other.counts().reads()).sum();
    let looked = report::Looked {
        links: checked.links,
        unique: checked.unique,
        observations: &checked.observations,
        findings: &checked.findings,
        inconclusive: checked.inconclusive.as_deref(),
        unread: &unread,
        requests: (counts.reads() + abroad, counts.writes(), checked.web_requests),
        hosts: &checked.hosts,
        took_ms: (with.stopwatch)() - started,
        verbose: with.global.verbose > 0,
        shard: args.shard.map(|shard| (shard.index(), shard.count())),
    };
    match with.global.format {
        Format::Json => sink.written(|out| report::json(&looked, out)),
        Format::Text => sink.painted(&report::text(&looked, sink.width())),
    }
    if with.global.verbose > 0 {
        sink.raw_error(&report::hosts(&checked.hosts));
    }
    for blind in &checked.unknown {
        sink.note(&format!("could not see {}: {}", blind.what, blind.why));
    }
    if let Some(sentence) = instances::tokenless(&door, &config, with, &checked.observations) {
        sink.note(&sentence);
    }
    for report::Unread { path, why } in &unread {
        sink.note(&format!("{path} {why}"));
    }
    let failed = kept::keep(args, &checked, &door, sink);
    for sentence in &failed {
        sink.error(sentence);
    }
    let blind = checked.unknown.iter().map(|blind| Ending::from(blind.cause)).max();
    let unsure = checked.inconclusive.is_some() || !unread.is_empty() || !failed.is_empty();
    let worth = checked.findings.iter().any(|finding| finding.severity >= args.fail_on.into());
    let others = [unsure.then_some(Ending::Incomplete), worth.then_some(Ending::Findings)];
    let ending = others.into_iter().flatten().chain(blind).max().unwrap_or(Ending::Done);
    // The program ends here: giving back a hundred thousand small things one by one takes longer than ending.
    std::mem::forget((checked, documents, trees));
    Ok(ending.code())
}

/// Does the work, or returns the exit code of the signal that ended it. A signal ends the program by itself where no
/// bar has to be taken away before.
async fn watched<T>(work: impl Future<Output = T>, with: &With<'_>) -> Result<Result<T, u8>, Halt> {
    if !with.bar.is_wanted() {
        return Ok(Ok(work.await));
    }
    let mut signals = Signals::listen().map_err(|error| Halt { ending: Ending::Bug, sentence: error.to_string() })?;
    Ok(tokio::select! {
        done = with.bar.during(work) => Ok(done),
        code = signals.next() => Err(code),
    })
}

/// What of the targets only the network has, where it is not to be used.
fn distant(targets: &[Target], args: &Check, config: &Config) -> Option<String> {
    let written = args.targets.iter().filter(|_| args.offline);
    let what = targets.iter().zip(written).find_map(|(target, written)| match target {
        Target::Stdin | Target::File(_) => None,
        Target::Address(url) => Some(shown(url)),
        // What is no pod either is told as that.
        Target::Pod => config.pods.iter().find(|pod| pod.key.as_str() == written).map(|pod| {
            let page = &pod.page;
            format!("the page of the pod {written} ({} in {})", page.path, page.project)
        }),
    })?;
    Some(format!(
        "--offline asks nothing, and {what} is on the network; leave --offline out, or name a file or folder of this \
         machine"
    ))
}

async fn read(
    written: &str,
    target: Target,
    args: &Check,
    config: &Config,
    reader: &Reader,
    with: &With<'_>,
    pile: &mut Pile,
) -> Result<(), Halt> {
    match target {
        Target::Stdin => pile.add_text(&stdin()?, "-"),
        Target::File(path) if Path::new(&path).is_dir() => pile.add_folder(Path::new(&path), args.site.into())?,
        Target::File(path) => pile.add_file(&path, args.site.into())?,
        Target::Address(url) => {
            pile.add_text(&fetched(&url, &args.gitlab, with).await?, written);
        }
        Target::Pod => {
            let pod = config.pods.iter().find(|pod| pod.key.as_str() == written).ok_or_else(|| {
                Halt::usage(format!("`{written}` is no file, no folder, no address and no pod of the configuration"))
            })?;
            pile.documents.push(match page(reader, &pod.page).await {
                Observed::Present(page) => Read {
                    path: pod.page.path.clone(),
                    page,
                    label_groups: pod.label_groups.clone(),
                    within: None,
                    site: pod.page.site.clone(),
                    exceptions: pod.exceptions.clone(),
                },
                Observed::Absent => {
                    let sentence = format!("the page {} is not in {}; was it moved?", pod.page.path, pod.page.project);
                    return Err(Halt { ending: Ending::Human, sentence });
                }
                Observed::Unknown(blind) => {
                    let sentence = format!("could not see {}: {}", blind.what, blind.why);
                    return Err(Halt { ending: blind.cause.into(), sentence });
                }
            });
        }
    }
    Ok(())
}

impl From<args::Site> for Site {
    fn from(site: args::Site) -> Self {
        match site {
            args::Site::Tree => Self::Tree,
            args::Site::Hugo => Self::Hugo,
        }
    }
}

impl From<Severity> for crate::pod::rule::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Minor => Self::Minor,
            Severity::Major => Self::Major,
            Severity::Critical => Self::Critical,
        }
    }
}
