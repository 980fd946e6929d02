//! The folder with the agents' files: listed to its end, then read in batches.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::agents_api::AgentsApi;
use super::parse::{parse_agent, parse_agent_bytes};
use crate::gitlab::TokenPurpose;
use crate::pod::AgentsLocation;
use crate::pod::agent::{AgentFile, MembershipRule};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};

/// GitLab's connections end after 100 nodes (docs "GraphQL API", "Limits").
const BATCH_SIZE: usize = 100;
/// Files that are asked for at once, where each needs a request of its own.
const CONCURRENT_REQUESTS: usize = 8;
/// A folder with more files than this is not one of agents.
const MAX_FILES: usize = 5_000;

/// The texts of many files of a repository.
const BLOBS_QUERY: &str = "query($project: ID!, $ref: String!, $paths: [String!]!) { project(fullPath: $project) \
     { repository { blobs(ref: $ref, paths: $paths, first: 100) { nodes { path rawTextBlob } } } } }";

/// Every agent's file, in the order of their paths.
///
/// GraphQL gives a hundred files a request; where it does not (it is switched off, or too much was asked for), each
/// file is asked for by itself.
pub async fn read_agent_files(
    ask: &impl AgentsApi,
    at: &AgentsLocation,
    rules: &BTreeSet<MembershipRule>,
) -> Observed<Vec<AgentFile>> {
    match try_read_agent_files(ask, at, rules).await {
        Ok(files) => Observed::Present(files),
        Err(failure) => Observed::Unknown(failure),
    }
}

async fn try_read_agent_files(
    ask: &impl AgentsApi,
    at: &AgentsLocation,
    rules: &BTreeSet<MembershipRule>,
) -> Result<Vec<AgentFile>, ReadFailure> {
    let paths = list_yaml_paths(ask, at).await?;
    let mut files = Vec::with_capacity(paths.len());
    let mut batches = paths.chunks(BATCH_SIZE);
    let mut refused = Vec::new();
    for paths in batches.by_ref() {
        let Some(texts) = query_file_texts(ask, at, paths).await? else {
            refused.extend(paths);
            break;
        };
        files.extend(texts.iter().map(|(path, text)| parse_agent(path, text, rules)));
        // One that came without a text is none to GraphQL, or was renamed just now.
        let single: Vec<&String> = paths.iter().filter(|path| !texts.contains_key(path.as_str())).collect();
        files.extend(read_individually(ask, at, &single, rules).await?);
    }
    refused.extend(batches.flatten());
    files.extend(read_individually(ask, at, &refused, rules).await?);
    files.sort_by(|a, b| agent_file_path(a).cmp(agent_file_path(b)));
    Ok(files)
}

/// The paths of the folder's YAML files. None at all is no answer: the folder may be another one today.
async fn list_yaml_paths(ask: &impl AgentsApi, at: &AgentsLocation) -> Result<Vec<String>, ReadFailure> {
    let failure =
        |why: &str| ReadFailure { what: describe_folder(at), why: why.to_owned(), cause: FailureCause::Human };
    let listed = match ask.list_files(at).await {
        Observed::Present(listed) => listed,
        Observed::Absent => {
            return Err(failure(
                "its project is seen, and the folder is not in it: set [agents] path and ref to where it went",
            ));
        }
        Observed::Unknown(failure) => return Err(failure),
    };
    let yaml = |path: &String| [".yaml", ".yml"].iter().any(|end| path.to_ascii_lowercase().ends_with(end));
    let paths: BTreeSet<String> = listed.into_iter().filter(yaml).collect();
    match paths.len() {
        0 => Err(failure("it holds no agent file; look at its history and at [agents] path")),
        n if n > MAX_FILES => {
            Err(failure("it holds more than 5,000 files; set [agents] path to the folder of the agents"))
        }
        _ => Ok(paths.into_iter().collect()),
    }
}

/// The texts of up to a hundred files, by path; `None` when they cannot be asked for this way.
async fn query_file_texts(
    ask: &impl AgentsApi,
    at: &AgentsLocation,
    paths: &[String],
) -> Result<Option<BTreeMap<String, String>>, ReadFailure> {
    let variables = json!({ "project": ask.current_project_path(at), "ref": at.git_ref, "paths": paths });
    let answer = match ask.graphql(TokenPurpose::Agents, BLOBS_QUERY, variables).await {
        Observed::Present(answer) => answer,
        Observed::Unknown(failure) if failure.cause != FailureCause::Token => {
            return Err(ReadFailure { what: describe_files(at), ..failure });
        }
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
async fn read_individually(
    ask: &impl AgentsApi,
    at: &AgentsLocation,
    paths: &[&String],
    rules: &BTreeSet<MembershipRule>,
) -> Result<Vec<AgentFile>, ReadFailure> {
    let mut files = Vec::with_capacity(paths.len());
    for some in paths.chunks(CONCURRENT_REQUESTS) {
        let read = join_all(some.iter().map(|path| ask.read_file(at, path))).await;
        for (path, seen) in some.iter().zip(read) {
            match seen {
                Observed::Present(bytes) => files.push(parse_agent_bytes(path, &bytes, rules)),
                Observed::Absent => {
                    let why = "the folder changed while it was read; the next run tries again".to_owned();
                    return Err(ReadFailure { what: describe_files(at), why, cause: FailureCause::Unavailable });
                }
                Observed::Unknown(failure) => return Err(failure),
            }
        }
    }
    Ok(files)
}

fn agent_file_path(file: &AgentFile) -> &str {
    match file {
        AgentFile::Agent(agent) => &agent.path,
        AgentFile::Broken(broken) => &broken.path,
    }
}

fn describe_folder(at: &AgentsLocation) -> String {
    format!("the folder {} at {} in {}", at.path, at.git_ref, at.project)
}

fn describe_files(at: &AgentsLocation) -> String {
    format!("the files of {}", describe_folder(at))
}
