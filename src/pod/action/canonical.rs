//! Everything that an action sends, as JSON with sorted keys: what a plan's stamp is made of.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::{Action, BlockRewrite, Change};
use crate::pod::marker::{
    BlockState, ManagedBlock, ParsedBody, RememberedFailure, parse_body, render_block, truncate_to_minute,
};

impl Action {
    /// Everything that is sent, with sorted keys: what a plan's stamp is made of.
    ///
    /// `at` is when the run was made. What a report says of that moment, and of no earlier one, is a placeholder here,
    /// so that two runs over an unchanged world, seconds apart, have one stamp.
    pub fn canonical_json(&self, at: DateTime<Utc>) -> Value {
        let details = match &self.change {
            Change::CreateLabel { name, color, description } => {
                json!({"name": name.as_str(), "color": color, "description": description})
            }
            Change::OpenPairingIssue { title, body, labels, confidential, milestone, .. } => {
                let milestone = milestone.as_ref().map(|milestone| milestone.id);
                json!({
                    "title": title, "body": body, "labels": labels, "confidential": confidential,
                    "milestone": milestone,
                })
            }
            Change::RewritePairingIssue { rewrite, title, .. } => {
                json!({"rewrite": rewrite.canonical_json(), "title": title.as_ref().map(|(_, new)| new)})
            }
            Change::OpenReport { title, body, confidential, .. } => {
                json!({"title": title, "body": report_body_without_now(body, at), "confidential": confidential})
            }
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => rewrite.canonical_json_without_now(at),
            Change::UpdateLabel { color, description, .. } => json!({"color": color, "description": description}),
            Change::LinkPreviousSession { previous_iid, .. } => json!({"previous": previous_iid}),
            Change::AppendTasks { rewrite, lines, .. } => {
                json!({"rewrite": rewrite.canonical_json(), "lines": lines})
            }
            Change::CommentOnSession { text, .. } => json!({"text": text}),
            Change::ClaimClosing { .. } | Change::CloseSession { .. } => json!({}),
            Change::AddLabel { label, .. } | Change::LabelPeoplesIssue { label, .. } => {
                json!({"label": label.as_str()})
            }
            Change::LinkDuplicate { original_iid: keep, .. } | Change::CloseDuplicate { original_iid: keep, .. } => {
                json!({"keep": keep})
            }
        };
        json!({
            "kind": self.kind(),
            "project": self.project,
            "project_id": self.project_id,
            "subject": self.subject(),
            "details": details,
        })
    }
}

impl BlockRewrite {
    fn canonical_json(&self) -> Value {
        json!({"seen": render_block(&self.old_block), "block": render_block(&self.new_block), "below": self.human_lines})
    }

    /// The same of a report, whose block names the moment of the run.
    fn canonical_json_without_now(&self, at: DateTime<Utc>) -> Value {
        let block = report_block_without_now(&self.new_block, &self.old_block.state.failing, at);
        json!({"seen": render_block(&self.old_block), "block": block, "below": self.human_lines})
    }
}

/// A report's first body without what it says of the moment of the run.
fn report_body_without_now(body: &str, at: DateTime<Utc>) -> Value {
    match parse_body(body) {
        ParsedBody::Block(block) => {
            let around = body.replacen(&render_block(&block), "", 1);
            json!({"block": report_block_without_now(&block, &BTreeMap::new(), at), "around": around})
        }
        ParsedBody::NoMarker | ParsedBody::Damaged { .. } => json!(body),
    }
}

/// A report's block without what it says of the moment of the run; what was remembered `before` stays as it is. The
/// hashes of its lines are left out: the lines themselves are there.
fn report_block_without_now(
    block: &ManagedBlock,
    before: &BTreeMap<String, RememberedFailure>,
    at: DateTime<Utc>,
) -> Value {
    let text: Vec<String> = block.text.lines().map(strip_since_date).collect();
    let moments =
        |(key, now): (&String, &RememberedFailure)| (key.clone(), failure_json_without_now(now, before.get(key), at));
    let failing: BTreeMap<String, Value> = block.state.failing.iter().map(moments).collect();
    let rest = BlockState { lines: Vec::new(), failing: BTreeMap::new(), ..block.state.clone() };
    json!({"marker": block.marker.to_string(), "text": text, "failing": failing, "state": rest})
}

/// What is remembered of a thing that fails, with a placeholder for what this run adds to it.
fn failure_json_without_now(now: &RememberedFailure, before: Option<&RememberedFailure>, at: DateTime<Utc>) -> Value {
    let time = |now: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>| {
        if now != before && now == Some(truncate_to_minute(at)) { json!("MINUTE") } else { json!(now) }
    };
    let day = |now: Option<NaiveDate>, before: Option<NaiveDate>| {
        if now != before && now == Some(at.date_naive()) { json!("DAY") } else { json!(now) }
    };
    json!({
        "failed_since": time(Some(now.failed_since), before.map(|before| before.failed_since)),
        "how": now.how,
        "dead_since": day(now.dead_since, before.and_then(|before| before.dead_since)),
        "told": time(now.reported, before.and_then(|before| before.reported)),
        "unseen_since": day(now.unseen_since, before.and_then(|before| before.unseen_since)),
    })
}

/// A line of a report without its first day, which the memory has too.
fn strip_since_date(line: &str) -> String {
    let first_day = line.split_once(": ").and_then(|(head, message)| {
        let (head, day) = head.rsplit_once(", since ")?;
        let ours = head.starts_with("- **") && day.parse::<NaiveDate>().is_ok();
        ours.then(|| format!("{head}: {message}"))
    });
    first_day.unwrap_or_else(|| line.to_owned())
}
