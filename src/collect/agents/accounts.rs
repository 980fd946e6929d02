//! The accounts behind handles and numbers.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use crate::gitlab::Purpose;
use crate::pod::agent::AccountState;
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::roster::Handle;

/// GitLab's connections end after 100 nodes (docs "GraphQL API", "Limits").
const BATCH: usize = 100;
/// So few numbers are asked for one by one within the same request: `user(id:)` shows blocked accounts too, which no list
/// does, and each costs a few points of the query's complexity.
const FEW: usize = 20;
/// Accounts that are asked for at once, where each needs a request of its own.
const AT_ONCE: usize = 8;
/// Numbers that are looked at a second time: `/users/:id` allows 300 requests in ten minutes.
const MOST_SECOND_LOOKS: usize = 50;

/// The accounts that were found for handles and numbers, in the order of their numbers.
///
/// To tokens other than an administrator's, both user lists leave blocked and banned accounts out
/// (`app/finders/users_finder.rb`, `without_forbidden_states`), while `/users/:id` and GraphQL's `user(id:)` show them: so
/// a few numbers are asked for one by one, and of many those that a list does not know. A handle that is not found may be
/// a blocked account's.
/// Asked with the token for pairing issues, because reading the files works without `read_api`.
pub async fn accounts(ask: &impl Ask, handles: &[Handle], ids: &[u64]) -> Observed<Vec<AccountState>> {
    let mut found = Found::default();
    match look(ask, handles, ids, &mut found).await {
        Ok(()) => Observed::Present(found.0.into_values().collect()),
        Err(blind) => Observed::Unknown(Blind { what: "the accounts of the members".to_owned(), ..blind }),
    }
}

/// Accounts by their numbers.
#[derive(Default)]
struct Found(BTreeMap<u64, AccountState>);

impl Found {
    fn add(&mut self, accounts: impl IntoIterator<Item = AccountState>) {
        self.0.extend(accounts.into_iter().map(|account| (account.id, account)));
    }

    fn lacks(&self, id: u64) -> bool {
        !self.0.contains_key(&id)
    }
}

async fn look(ask: &impl Ask, handles: &[Handle], ids: &[u64], found: &mut Found) -> Result<(), Blind> {
    let handles: BTreeSet<String> = handles.iter().map(Handle::folded).collect();
    let handles: Vec<String> = handles.into_iter().collect();
    let ids: Vec<u64> = ids.iter().copied().collect::<BTreeSet<u64>>().into_iter().collect();
    let mut unlisted: &[String] = &[];
    let mut asked_by_number = true;
    for nth in 0..handles.len().max(ids.len()).div_ceil(BATCH) {
        let Some(accounts) = listed(ask, batch(&handles, nth), batch(&ids, nth)).await? else {
            unlisted = handles.get(nth * BATCH..).unwrap_or_default();
            asked_by_number = false;
            break;
        };
        found.add(accounts);
    }
    for some in unlisted.chunks(AT_ONCE) {
        for account in join_all(some.iter().map(|name| ask.user_named(name))).await {
            match account {
                Observed::Present(account) => found.add([account]),
                Observed::Absent => {}
                Observed::Unknown(blind) => return Err(blind),
            }
        }
    }
    // Asked for one by one already.
    if asked_by_number && ids.len() <= FEW {
        return Ok(());
    }
    let unseen: Vec<u64> = ids.into_iter().filter(|id| found.lacks(*id)).take(MOST_SECOND_LOOKS).collect();
    for some in unseen.chunks(AT_ONCE) {
        for account in join_all(some.iter().map(|id| ask.user(*id))).await {
            match account {
                Observed::Present(account) => found.add([account]),
                Observed::Unknown(blind) if blind.cause != Cause::Token => return Err(blind),
                // Not known is not missing: only a handle of a page is ever called missing.
                Observed::Unknown(_) | Observed::Absent => {}
            }
        }
    }
    Ok(())
}

fn batch<T>(all: &[T], nth: usize) -> &[T] {
    all.chunks(BATCH).nth(nth).unwrap_or_default()
}

/// Accounts by GraphQL, handles and numbers in one request; `None` when they cannot be asked for this way.
async fn listed(ask: &impl Ask, names: &[String], ids: &[u64]) -> Result<Option<Vec<AccountState>>, Blind> {
    let ids: Vec<String> = ids.iter().map(|id| format!("gid://gitlab/User/{id}")).collect();
    let one_by_one = ids.len() <= FEW;
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
    let answer = match ask.graphql(Purpose::Pairing, &query, Value::Object(variables)).await {
        Observed::Present(answer) => answer,
        Observed::Unknown(blind) if blind.cause != Cause::Token => return Err(blind),
        Observed::Unknown(_) | Observed::Absent => return Ok(None),
    };
    if answer.get("errors").is_some_and(|errors| !errors.is_null()) {
        return Ok(None);
    }
    // One that cannot be read makes the whole list useless: who is not in it would seem to have no account.
    let lists = lists.iter().map(|list| {
        let nodes = answer.pointer(list)?.as_array()?;
        nodes.iter().map(account).collect::<Option<Vec<_>>>()
    });
    let single = single.iter().map(|name| match answer.get("data")?.get(name)? {
        // Nobody has this number.
        Value::Null => Some(Vec::new()),
        node => Some(vec![account(node)?]),
    });
    Ok(lists.chain(single).collect::<Option<Vec<_>>>().map(|found| found.concat()))
}

fn account(node: &Value) -> Option<AccountState> {
    Some(AccountState {
        id: node.get("id")?.as_str()?.strip_prefix("gid://gitlab/User/")?.parse().ok()?,
        username: node.get("username")?.as_str()?.to_owned(),
        active: node.get("state")?.as_str()? == "active",
    })
}
