//! `POST /-/world/fault`: the world's switches by name. What is not named stays as it was.

use serde_json::json;

use crate::call::Call;
use crate::faults::{Fault, FaultKind};
use crate::reply::{HandlerResult, Reply};
use crate::world::{Tier, UnreadParameters, World};

/// Sets switches, then answers with all of them. `api` names what becomes of requests to the API from then on (`none`:
/// nothing any more); `method`, `path`, `skip`, `times` and `takes_effect` narrow it down.
pub(super) fn set(world: &mut World, call: &Call) -> HandlerResult {
    let input = &call.params;
    let given = |name: &str, before: bool| input.flag(name).unwrap_or(before);
    let tier = match input.non_empty_text("tier").as_deref() {
        None => world.tier,
        Some("free") => Tier::Free,
        Some("premium") => Tier::Premium,
        Some(_) => return Err(Reply::error(400, "tier is free or premium")),
    };
    let api = input.non_empty_text("api");
    let kind = api.as_ref().filter(|name| *name != "none").map(|name| parse_fault_kind(name, call)).transpose()?;
    world.tier = tier;
    world.captive_portal = given("captive_portal", world.captive_portal);
    world.dns_down = given("dns_down", world.dns_down);
    world.web_down = given("web_down", world.web_down);
    let accepts = given("accept_unread_parameters", world.unread_parameters == UnreadParameters::Ignored);
    world.unread_parameters = if accepts { UnreadParameters::Ignored } else { UnreadParameters::Refused };
    let faults = &mut world.faults;
    faults.short_pages = given("short_pages", faults.short_pages);
    faults.uncounted = given("uncounted", faults.uncounted);
    faults.scoped_race = given("scoped_race", faults.scoped_race);
    faults.rate_headers = given("rate_headers", faults.rate_headers);
    if input.has("page_cap") {
        // Empty or 0: no cap.
        faults.page_cap = input.number("page_cap").and_then(|cap| usize::try_from(cap).ok()).filter(|&cap| cap > 0);
    }
    if let Some(kind) = kind {
        faults.api.push(Fault {
            method: input.non_empty_text("method").unwrap_or_default(),
            path: input.non_empty_text("path").unwrap_or_default(),
            skip: input.number("skip").unwrap_or(0),
            times: input.number("times"),
            takes_effect: given("takes_effect", false),
            kind,
        });
    } else if api.is_some() {
        faults.api.clear();
    }
    let now = json!({
        "tier": world.tier,
        "captive_portal": world.captive_portal,
        "dns_down": world.dns_down,
        "web_down": world.web_down,
        "accept_unread_parameters": world.unread_parameters == UnreadParameters::Ignored,
        "faults": world.faults,
    });
    Ok(Reply::json(200, &now))
}

fn parse_fault_kind(name: &str, call: &Call) -> Result<FaultKind, Reply> {
    let seconds = call.params.number("retry_after").and_then(|seconds| u32::try_from(seconds).ok());
    Ok(match name {
        "hang" => FaultKind::Hang,
        "bad_gateway" => FaultKind::BadGateway,
        "cloudflare" => FaultKind::Cloudflare,
        "reset" => FaultKind::Reset,
        "garbage" => FaultKind::Garbage,
        "endless" => FaultKind::Endless,
        "drip" => FaultKind::Drip(call.params.number("millis").unwrap_or(100)),
        "cut" => FaultKind::Cut(call.params.number("at").and_then(|at| usize::try_from(at).ok()).unwrap_or(0)),
        "shift" => FaultKind::OldestIssueDeletedFirst,
        "redirect" => {
            let to = call.params.non_empty_text("to");
            FaultKind::Redirect(to.ok_or_else(|| Reply::error(400, "to is missing: where the redirect leads"))?)
        }
        "rack_attack" => FaultKind::RackAttack(seconds.unwrap_or(60)),
        "application_limit" => FaultKind::ApplicationRateLimit,
        "checked_limit" => FaultKind::RetryAfterRateLimit(seconds.unwrap_or(60)),
        "race" => FaultKind::DuplicateRequest,
        "bare_limit" => FaultKind::HeaderlessRateLimit,
        "wrong_date" => {
            let seconds = call.params.non_empty_text("seconds").and_then(|seconds| seconds.trim().parse().ok());
            let why = "seconds is missing: how far the date is off, before now with a minus";
            FaultKind::WrongDate(seconds.ok_or_else(|| Reply::error(400, why))?)
        }
        "html_forbidden" => FaultKind::HtmlForbidden,
        "stripped_paging" => FaultKind::StrippedPaging,
        "dropped" => FaultKind::IgnoredPut,
        "spam" => FaultKind::Spam,
        "spam_discarded" => FaultKind::SpamDiscarded,
        _ => {
            let known = "hang, reset, garbage, endless, drip, cut, bad_gateway, cloudflare, redirect, rack_attack, \
                         application_limit, checked_limit, bare_limit, wrong_date, html_forbidden, stripped_paging, dropped, spam, \
                         spam_discarded, race, shift, none";
            return Err(Reply::error(400, &format!("api is one of {known}")));
        }
    })
}
