//! The accounts behind handles and numbers.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::agents_api::AgentsApi;
use crate::gitlab::TokenPurpose;
use crate::pod::agent::ObservedAccount;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::roster::Handle;

/// GitLab's connections end after 100 nodes (docs "GraphQL API", "Limits").
const BATCH: usize = 100;
/// So few numbers are asked for one by one within the same request: `user(id:)` shows blocked accounts too, which no
/// list does, and each costs a few points of the query's complexity.
const MAX_SINGLE_LOOKUPS: usize = 20;
/// Accounts that are asked for at once, where each needs a request of its own.
const CONCURRENT_REQUESTS: usize = 8;
/// Numbers that are looked up a second time, over REST: `/users/:id` allows 300 requests in ten minutes.
const MAX_REST_LOOKUPS: usize = 50;

/// The accounts that were found for handles and numbers, in the order of their numbers.
///
/// To tokens other than an administrator's, both user lists leave blocked and banned accounts out
/// (`app/finders/users_finder.rb`, `without_forbidden_states`), while `/users/:id` and GraphQL's `user(id:)` show them:
/// so a few numbers are asked for one by one, and of many those that a list does not know. A handle that is not found
/// may be a blocked account's. Asked with the token for pairing issues, because reading the files works without
/// `read_api`.
pub async fn read_accounts(ask: &impl AgentsApi, handles: &[Handle], ids: &[u64]) -> Observed<Vec<ObservedAccount>> {
    let mut found = AccountsById::default();
    match fill_accounts(ask, handles, ids, &mut found).await {
        Ok(()) => Observed::Present(found.0.into_values().collect()),
        Err(failure) => Observed::Unknown(ReadFailure { what: "the accounts of the members".to_owned(), ..failure }),
    }
}

/// Accounts by their numbers.
#[derive(Default)]
struct AccountsById(BTreeMap<u64, ObservedAccount>);

impl AccountsById {
    fn add(&mut self, accounts: impl IntoIterator<Item = ObservedAccount>) {
        self.0.extend(accounts.into_iter().map(|account| (account.id, account)));
    }

    fn lacks(&self, id: u64) -> bool {
        !self.0.contains_key(&id)
    }
}

async fn fill_accounts(
    ask: &impl AgentsApi,
    handles: &[Handle],
    ids: &[u64],
    found: &mut AccountsById,
) -> Result<(), ReadFailure> {
    let handles: BTreeSet<String> = handles.iter().map(Handle::to_ascii_lowercase).collect();
    let handles: Vec<String> = handles.into_iter().collect();
    let ids: Vec<u64> = ids.iter().copied().collect::<BTreeSet<u64>>().into_iter().collect();
    let mut unlisted: &[String] = &[];
    let mut asked_by_number = true;
    for nth in 0..handles.len().max(ids.len()).div_ceil(BATCH) {
        let Some(accounts) = query_accounts(ask, nth_batch(&handles, nth), nth_batch(&ids, nth)).await? else {
            unlisted = handles.get(nth * BATCH..).unwrap_or_default();
            asked_by_number = false;
            break;
        };
        found.add(accounts);
    }
    for some in unlisted.chunks(CONCURRENT_REQUESTS) {
        for account in join_all(some.iter().map(|name| ask.user_by_username(name))).await {
            match account {
                Observed::Present(account) => found.add([account]),
                Observed::Absent => {}
                Observed::Unknown(failure) => return Err(failure),
            }
        }
    }
    // Asked for one by one already.
    if asked_by_number && ids.len() <= MAX_SINGLE_LOOKUPS {
        return Ok(());
    }
    let unseen: Vec<u64> = ids.into_iter().filter(|id| found.lacks(*id)).take(MAX_REST_LOOKUPS).collect();
    for some in unseen.chunks(CONCURRENT_REQUESTS) {
        for account in join_all(some.iter().map(|id| ask.user_by_id(*id))).await {
            match account {
                Observed::Present(account) => found.add([account]),
                Observed::Unknown(failure) if failure.cause != FailureCause::Token => return Err(failure),
                // Not known is not missing: only a handle of a page is ever called missing.
                Observed::Unknown(_) | Observed::Absent => {}
            }
        }
    }
    Ok(())
}

fn nth_batch<T>(all: &[T], nth: usize) -> &[T] {
    all.chunks(BATCH).nth(nth).unwrap_or_default()
}

/// Accounts by GraphQL, handles and numbers in one request; `None` when they cannot be asked for this way.
async fn query_accounts(
    ask: &impl AgentsApi,
    names: &[String],
    ids: &[u64],
) -> Result<Option<Vec<ObservedAccount>>, ReadFailure> {
    let ids: Vec<String> = ids.iter().map(|id| format!("gid://gitlab/User/{id}")).collect();
    let one_by_one = ids.len() <= MAX_SINGLE_LOOKUPS;
    let (mut declared, mut fields, mut variables) = (Vec::new(), Vec::new(), Map::new());
    let lists = [("usernames", "[String!]", names), ("ids", "[ID!]", if one_by_one { &[] } else { ids.as_slice() })];
    // What GitLab makes of an empty list is not documented, so none is sent.
    for (argument, kind, list) in lists.into_iter().filter(|(_, _, list)| !list.is_empty()) {
        declared.push(format!("${argument}: {kind}"));
        fields.push(format!(
            "by_{argument}: users({argument}: ${argument}, first: 100) {{ nodes {{ id username state }} }}"
        ));
        variables.insert(argument.to_owned(), json!(list));
    }
    let lists: Vec<String> = variables.keys().map(|argument| format!("/data/by_{argument}/nodes")).collect();
    let single: Vec<String> = (0..if one_by_one { ids.len() } else { 0 }).map(|n| format!("u{n}")).collect();
    for (name, id) in single.iter().zip(&ids) {
        declared.push(format!("${name}: UserID"));
        fields.push(format!("{name}: user(id: ${name}) {{ id username state }}"));
        variables.insert(name.clone(), json!(id));
    }
    let query = format!("query({}) {{ {} }}", declared.join(", "), fields.join(" "));
    let answer = match ask.graphql(TokenPurpose::Pairing, &query, Value::Object(variables)).await {
        Observed::Present(answer) => answer,
        Observed::Unknown(failure) if failure.cause != FailureCause::Token => return Err(failure),
        Observed::Unknown(_) | Observed::Absent => return Ok(None),
    };
    if answer.get("errors").is_some_and(|errors| !errors.is_null()) {
        return Ok(None);
    }
    // One that cannot be read makes the whole list useless: who is not in it would seem to have no account.
    let lists = lists.iter().map(|list| {
        let nodes = answer.pointer(list)?.as_array()?;
        nodes.iter().map(parse_account).collect::<Option<Vec<_>>>()
    });
    let single = single.iter().map(|name| match answer.get("data")?.get(name)? {
        // Nobody has this number.
        Value::Null => Some(Vec::new()),
        node => Some(vec![parse_account(node)?]),
    });
    Ok(lists.chain(single).collect::<Option<Vec<_>>>().map(|found| found.concat()))
}

fn parse_account(node: &Value) -> Option<ObservedAccount> {
    Some(ObservedAccount {
        id: node.get("id")?.as_str()?.strip_prefix("gid://gitlab/User/")?.parse().ok()?,
        username: node.get("username")?.as_str()?.to_owned(),
        active: node.get("state")?.as_str()? == "active",
    })
}
