use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::gitlab::TokenPurpose;
use crate::pod::AgentsLocation;
use crate::pod::agent::ObservedAccount;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};

/// A GitLab that answers from memory and notes what it was asked.
#[derive(Default)]
struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    accounts: Vec<(ObservedAccount, bool)>,
    /// What GraphQL answers with, where it does not answer as GitLab would.
    graphql: Option<fn(usize) -> Observed<Value>>,
    folder: Option<Observed<Vec<String>>>,
    /// Files that cannot be read.
    dark: BTreeSet<String>,
    asked: Mutex<Vec<String>>,
}

fn dark() -> ReadFailure {
    ReadFailure { what: "a file".to_owned(), why: "502".to_owned(), cause: FailureCause::Unavailable }
}

fn down<T>() -> Observed<T> {
    Observed::Unknown(dark())
}

fn refused<T>() -> Observed<T> {
    Observed::Unknown(ReadFailure { cause: FailureCause::Token, ..dark() })
}

impl Memory {
    fn of(texts: &[(&str, &str)]) -> Self {
        let files = texts.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        Self { files, ..Self::default() }
    }

    fn many(count: usize) -> Self {
        let file = |n| {
            (format!("data/agents/{n:04}.yaml"), format!("gitlab: {{id: {}, username: u{n}}}\n", n + 1).into_bytes())
        };
        Self { files: (0..count).map(file).collect(), ..Self::default() }
    }

    fn note(&self, what: String) -> usize {
        let mut asked = self.asked.lock().unwrap();
        asked.push(what);
        asked.len()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl AgentsApi for Memory {
    async fn list_files(&self, _: &AgentsLocation) -> Observed<Vec<String>> {
        self.folder.clone().unwrap_or_else(|| Observed::Present(self.files.keys().cloned().collect()))
    }

    async fn read_file(&self, _: &AgentsLocation, path: &str) -> Observed<Vec<u8>> {
        self.note(format!("file {path}"));
        match self.files.get(path) {
            _ if self.dark.contains(path) => Observed::Unknown(dark()),
            Some(bytes) => Observed::Present(bytes.clone()),
            None => Observed::Absent,
        }
    }

    async fn graphql(&self, _: TokenPurpose, _: &str, variables: Value) -> Observed<Value> {
        let list = |name: &str| variables[name].as_array().cloned().unwrap_or_default();
        let (paths, names, ids) = (list("paths"), list("usernames"), list("ids"));
        let single = variables
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| name.strip_prefix('u').is_some_and(|number| number.parse::<usize>().is_ok()));
        let single: Vec<(String, Value)> = single.map(|(name, id)| (name.clone(), id.clone())).collect();
        let nth = self.note(format!("graphql {} {} {}", paths.len(), names.len(), ids.len() + single.len()));
        if let Some(answer) = self.graphql {
            return answer(nth);
        }
        if !paths.is_empty() {
            let node = |path: &Value| {
                let text = String::from_utf8(self.files.get(path.as_str()?)?.clone()).ok();
                Some(json!({ "path": path, "rawTextBlob": text }))
            };
            let nodes: Vec<Value> = paths.iter().filter_map(node).collect();
            return Observed::Present(
                json!({ "data": { "project": { "repository": { "blobs": { "nodes": nodes } } } } }),
            );
        }
        let by_name = |account: &ObservedAccount| {
            names.iter().any(|name| name.as_str().unwrap().eq_ignore_ascii_case(&account.username))
        };
        let gid = |account: &ObservedAccount| format!("gid://gitlab/User/{}", account.id);
        let shown = self
            .accounts
            .iter()
            .filter(|(account, listed)| *listed && (by_name(account) || ids.contains(&json!(gid(account)))));
        let node = |account: &ObservedAccount| {
            let state = if account.active { "active" } else { "blocked" };
            json!({ "id": gid(account), "username": account.username, "state": state })
        };
        let nodes: Vec<Value> = shown.map(|(account, _)| node(account)).collect();
        let mut data = json!({ "by_usernames": { "nodes": nodes }, "by_ids": { "nodes": nodes } });
        for (name, id) in single {
            let found = self.accounts.iter().find(|(account, _)| json!(gid(account)) == id);
            data[name] = found.map_or(Value::Null, |(account, _)| node(account));
        }
        Observed::Present(json!({ "data": data }))
    }

    async fn user_by_username(&self, handle: &str) -> Observed<ObservedAccount> {
        self.note(format!("named {handle}"));
        let named =
            |(account, listed): &&(ObservedAccount, bool)| *listed && account.username.eq_ignore_ascii_case(handle);
        self.accounts.iter().find(named).map_or(Observed::Absent, |(account, _)| Observed::Present(account.clone()))
    }

    async fn user_by_id(&self, id: u64) -> Observed<ObservedAccount> {
        self.note(format!("user {id}"));
        let found = self.accounts.iter().find(|(account, _)| account.id == id);
        found.map_or(Observed::Absent, |(account, _)| Observed::Present(account.clone()))
    }
}

fn at() -> AgentsLocation {
    AgentsLocation {
        project: "juniper-org/team".to_owned(),
        path: "data/agents".to_owned(),
        git_ref: "main".to_owned(),
    }
}

async fn all(memory: &Memory) -> Observed<Vec<AgentFile>> {
    read_agent_files(memory, &at(), &BTreeSet::from([focus()])).await
}

#[tokio::test]
async fn a_hundred_files_are_one_request() {
    let memory = Memory::many(250);
    assert_eq!(all(&memory).await.present().unwrap().len(), 250);
    assert_eq!(memory.asked(), ["graphql 100 0 0", "graphql 100 0 0", "graphql 50 0 0"]);
}

#[tokio::test]
async fn a_token_that_reads_the_repository_only_reads_file_by_file() {
    let refusals: [fn(usize) -> Observed<Value>; 5] = [
        |_| refused(),
        |_| Observed::Present(json!({ "data": { "project": null } })),
        |_| Observed::Present(json!({ "data": null, "errors": [{ "message": "Max blobs size limit exceeded" }] })),
        |_| {
            Observed::Present(
                json!({ "data": { "project": { "repository": { "blobs": { "nodes": [] } } } }, "errors": [] }),
            )
        },
        |_| Observed::Present(Value::Null),
    ];
    for refusal in refusals {
        let memory = Memory { graphql: Some(refusal), ..Memory::many(120) };
        assert_eq!(all(&memory).await.present().unwrap(), all(&Memory::many(120)).await.present().unwrap());
        assert_eq!(memory.asked().len(), 1 + 120, "it is not asked a second time");
    }
}

#[tokio::test]
async fn nothing_that_fails_makes_the_list_shorter() {
    let failures: [fn(usize) -> Observed<Value>; 2] = [|_| down(), |nth| if nth == 2 { refused() } else { down() }];
    for failure in failures {
        let memory = Memory { graphql: Some(failure), ..Memory::many(250) };
        assert!(all(&memory).await.failure().is_some());
    }
    let half =
        Memory { graphql: Some(|_| refused()), dark: ["data/agents/0077.yaml".to_owned()].into(), ..Memory::many(250) };
    assert_eq!(all(&half).await, Observed::Unknown(dark()));
    for folder in
        [Observed::Unknown(dark()), Observed::Absent, Observed::Present(vec!["data/agents/README.md".to_owned()])]
    {
        let memory = Memory { folder: Some(folder), ..Memory::many(3) };
        assert!(all(&memory).await.failure().is_some());
    }
    let gone = Memory { folder: Some(Observed::Present(vec!["data/agents/gone.yaml".to_owned()])), ..Memory::many(3) };
    assert!(all(&gone).await.failure().unwrap().why.contains("changed while it was read"));
}

#[tokio::test]
async fn a_file_that_is_no_text_is_one_bad_file() {
    let mut memory =
        Memory::of(&[("data/agents/b.yaml", WHOLE), ("data/agents/c.YML", WHOLE), ("data/agents/note.md", "x")]);
    memory.files.insert("data/agents/a.yaml".to_owned(), b"gitlab:\n  username: teo\nname: \xff\n".to_vec());
    let read = all(&memory).await;
    let [AgentFile::Broken(broken), AgentFile::Agent(_), AgentFile::Agent(_)] = read.present().unwrap().as_slice()
    else {
        panic!("{read:?}")
    };
    assert_eq!((broken.path.as_str(), broken.handle.as_ref().unwrap().as_str()), ("data/agents/a.yaml", "teo"));
    assert_eq!(memory.asked(), ["graphql 3 0 0", "file data/agents/a.yaml"]);
}

fn state(id: u64, username: &str, active: bool) -> ObservedAccount {
    ObservedAccount { id, username: username.to_owned(), active }
}

fn handles(names: &[&str]) -> Vec<Handle> {
    names.iter().filter_map(|name| Handle::parse(name)).collect()
}

#[tokio::test]
async fn accounts_come_in_one_request_for_handles_and_numbers() {
    let known =
        vec![(state(1, "Ada_Quill", true), true), (state(2, "teo", true), true), (state(3, "gone", false), false)];
    let memory = Memory { accounts: known.clone(), ..Memory::default() };
    let seen = read_accounts(&memory, &handles(&["ada_quill", "ADA_QUILL", "nobody"]), &[1, 2, 3, 9]).await;
    assert_eq!(seen.present().unwrap(), &[state(1, "Ada_Quill", true), state(2, "teo", true), state(3, "gone", false)]);
    // Blocked accounts are in no list, so a few numbers are asked for one by one in the same request.
    assert_eq!(memory.asked(), ["graphql 0 2 4"]);
    // Of many numbers those that the list does not know are looked for once more.
    let many: Vec<u64> = (1..=21).collect();
    let listing = Memory { accounts: known.clone(), ..Memory::default() };
    assert_eq!(read_accounts(&listing, &[], &many).await.present().unwrap().len(), 3);
    assert_eq!(listing.asked()[..2], ["graphql 0 0 21", "user 3"]);
    assert_eq!(listing.asked().len(), 1 + 19);

    let refusing = Memory { accounts: known, graphql: Some(|_| refused()), ..Memory::default() };
    let by_rest = read_accounts(&refusing, &handles(&["ada_quill", "nobody"]), &[2, 3]).await;
    assert_eq!(by_rest.present().unwrap().len(), 3);
    assert_eq!(refusing.asked(), ["graphql 0 2 2", "named ada_quill", "named nobody", "user 2", "user 3"]);
}

#[tokio::test]
async fn accounts_that_could_not_be_asked_for_are_unknown() {
    let memory = Memory { graphql: Some(|_| down()), ..Memory::default() };
    assert!(read_accounts(&memory, &handles(&["a"]), &[]).await.failure().is_some());
    // An answer of another form is no list: each is asked for by itself.
    let odd =
        |_| Observed::Present(json!({ "data": { "by_usernames": { "nodes": [{ "id": "gid://gitlab/User/x" }] } } }));
    let memory = Memory { graphql: Some(odd), accounts: vec![(state(1, "a", true), true)], ..Memory::default() };
    assert_eq!(read_accounts(&memory, &handles(&["a"]), &[]).await, Observed::Present(vec![state(1, "a", true)]));
    assert_eq!(memory.asked(), ["graphql 0 1 0", "named a"]);
}
