//! The folder with the agents' files: listed to its end, then read in batches.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ask::Ask;
use super::parse::{parse, parse_bytes};
use crate::gitlab::Purpose;
use crate::pod::AgentsAt;
use crate::pod::agent::{AgentFile, MembershipRule};
use crate::pod::observed::{Blind, Cause, Observed};

/// GitLab's connections end after 100 nodes (docs "GraphQL API", "Limits").
const BATCH: usize = 100;
/// Files that are asked for at once, where each needs a request of its own.
const AT_ONCE: usize = 8;
/// A folder with more files than this is not one of agents.
const MOST: usize = 5_000;

/// The texts of many files of a repository.
const BLOBS: &str = "query($project: ID!, $ref: String!, $paths: [String!]!) { project(fullPath: $project) \
     { repository { blobs(ref: $ref, paths: $paths, first: 100) { nodes { path rawTextBlob } } } } }";

/// Every agent's file, in the order of their paths.
///
/// GraphQL gives a hundred files a request; where it does not (it is switched off, or too much was asked for), each file
/// is asked for by itself.
pub async fn read(ask: &impl Ask, at: &AgentsAt, rules: &BTreeSet<MembershipRule>) -> Observed<Vec<AgentFile>> {
    match gather(ask, at, rules).await {
        Ok(files) => Observed::Present(files),
        Err(blind) => Observed::Unknown(blind),
    }
}

async fn gather(ask: &impl Ask, at: &AgentsAt, rules: &BTreeSet<MembershipRule>) -> Result<Vec<AgentFile>, Blind> {
    let paths = list(ask, at).await?;
    let mut files = Vec::with_capacity(paths.len());
    let mut batches = paths.chunks(BATCH);
    let mut refused = Vec::new();
    for paths in batches.by_ref() {
        let Some(texts) = batch(ask, at, paths).await? else {
            refused.extend(paths);
            break;
        };
        files.extend(texts.iter().map(|(path, text)| parse(path, text, rules)));
        // One that came without a text is none to GraphQL, or was renamed just now.
        let single: Vec<&String> = paths.iter().filter(|path| !texts.contains_key(path.as_str())).collect();
        files.extend(one_by_one(ask, at, &single, rules).await?);
    }
    refused.extend(batches.flatten());
    files.extend(one_by_one(ask, at, &refused, rules).await?);
    files.sort_by(|a, b| path_of(a).cmp(path_of(b)));
    Ok(files)
}

/// The paths of the folder's YAML files. None at all is no answer: the folder may be another one today.
async fn list(ask: &impl Ask, at: &AgentsAt) -> Result<Vec<String>, Blind> {
    let blind = |why: &str| Blind { what: folder(at), why: why.to_owned(), cause: Cause::Human };
    let listed = match ask.folder(at).await {
        Observed::Present(listed) => listed,
        Observed::Absent => return Err(blind("it is not there; set [agents] in the pod's file to where it went")),
        Observed::Unknown(blind) => return Err(blind),
    };
    let yaml = |path: &String| [".yaml", ".yml"].iter().any(|end| path.to_ascii_lowercase().ends_with(end));
    let paths: BTreeSet<String> = listed.into_iter().filter(yaml).collect();
    match paths.len() {
        0 => Err(blind("it holds no agent file; look at its history and at [agents] path")),
        n if n > MOST => Err(blind("it holds more than 5,000 files; set [agents] path to the folder of the agents")),
        _ => Ok(paths.into_iter().collect()),
    }
}

/// The texts of up to a hundred files, by path; `None` when they cannot be asked for this way.
async fn batch(ask: &impl Ask, at: &AgentsAt, paths: &[String]) -> Result<Option<BTreeMap<String, String>>, Blind> {
    let variables = json!({ "project": ask.present_path(at), "ref": at.git_ref, "paths": paths });
    let answer = match ask.graphql(Purpose::Agents, BLOBS, variables).await {
        Observed::Present(answer) => answer,
        Observed::Unknown(blind) if blind.cause != Cause::Token => return Err(Blind { what: files_of(at), ..blind }),
        Observed::Unknown(_) | Observed::Absent => return Ok(None),
    };
    // Errors: too much at once, or a GraphQL that has changed. A null project: the listing has just shown it,
    // so to GraphQL this token is nobody.
    let nodes = answer.pointer("/data/project/repository/blobs/nodes").and_then(Value::as_array);
    let Some(nodes) = nodes.filter(|_| answer.get("errors").is_none_or(Value::is_null)) else { return Ok(None) };
    let text = |node: &Value| {
        let path = node.get("path")?.as_str().filter(|path| paths.iter().any(|asked| asked == path))?;
        Some((path.to_owned(), node.get("rawTextBlob")?.as_str()?.to_owned()))
    };
    Ok(Some(nodes.iter().filter_map(text).collect()))
}

/// Files that are asked for each by itself.
async fn one_by_one(
    ask: &impl Ask,
    at: &AgentsAt,
    paths: &[&String],
    rules: &BTreeSet<MembershipRule>,
) -> Result<Vec<AgentFile>, Blind> {
    let mut files = Vec::with_capacity(paths.len());
    for some in paths.chunks(AT_ONCE) {
        let read = join_all(some.iter().map(|path| ask.file(at, path))).await;
        for (path, seen) in some.iter().zip(read) {
            match seen {
                Observed::Present(bytes) => files.push(parse_bytes(path, &bytes, rules)),
                Observed::Absent => {
                    let why = "the folder changed while it was read; the next run looks again".to_owned();
                    return Err(Blind { what: files_of(at), why, cause: Cause::Unavailable });
                }
                Observed::Unknown(blind) => return Err(blind),
            }
        }
    }
    Ok(files)
}

fn path_of(file: &AgentFile) -> &str {
    match file {
        AgentFile::Agent(agent) => &agent.path,
        AgentFile::Broken(broken) => &broken.path,
    }
}

fn folder(at: &AgentsAt) -> String {
    format!("the folder {} at {} in {}", at.path, at.git_ref, at.project)
}

fn files_of(at: &AgentsAt) -> String {
    format!("the files of {}", folder(at))
}
