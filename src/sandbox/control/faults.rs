//! `POST /-/world/fault`: the world's switches by name. What is not named stays as it was.

use serde_json::json;

use crate::sandbox::call::Call;
use crate::sandbox::faults::{Fault, Trouble};
use crate::sandbox::reply::{Answer, Reply};
use crate::sandbox::world::{Tier, Unread, World};

/// Sets switches, then tells all of them. `api` names what becomes of requests to the API, from then on (`none`: nothing
/// any more), with `method`, `path`, `skip`, `times` and `takes_effect` to
/// narrow it down.
pub(super) fn set(world: &mut World, call: &Call) -> Answer {
    let input = &call.input;
    let given = |name: &str, before: bool| input.flag(name).unwrap_or(before);
    let tier = match input.filled("tier").as_deref() {
        None => world.tier,
        Some("free") => Tier::Free,
        Some("premium") => Tier::Premium,
        Some(_) => return Err(Reply::error(400, "tier is free or premium")),
    };
    let api = input.filled("api");
    let trouble = api.as_ref().filter(|name| *name != "none").map(|name| trouble(name, call)).transpose()?;
    world.tier = tier;
    world.captive_portal = given("captive_portal", world.captive_portal);
    world.dns_down = given("dns_down", world.dns_down);
    world.web_down = given("web_down", world.web_down);
    let accepts = given("accept_unread_parameters", world.unread == Unread::PassedOver);
    world.unread = if accepts { Unread::PassedOver } else { Unread::Refused };
    let faults = &mut world.faults;
    faults.short_pages = given("short_pages", faults.short_pages);
    faults.uncounted = given("uncounted", faults.uncounted);
    faults.scoped_race = given("scoped_race", faults.scoped_race);
    faults.rate_headers = given("rate_headers", faults.rate_headers);
    if input.has("page_cap") {
        // Empty or 0: no cap.
        faults.page_cap = input.number("page_cap").and_then(|cap| usize::try_from(cap).ok()).filter(|&cap| cap > 0);
    }
    if let Some(trouble) = trouble {
        faults.api.push(Fault {
            method: input.filled("method").unwrap_or_default(),
            path: input.filled("path").unwrap_or_default(),
            skip: input.number("skip").unwrap_or(0),
            times: input.number("times"),
            takes_effect: given("takes_effect", false),
            trouble,
        });
    } else if api.is_some() {
        faults.api.clear();
    }
    let now = json!({
        "tier": world.tier,
        "captive_portal": world.captive_portal,
        "dns_down": world.dns_down,
        "web_down": world.web_down,
        "accept_unread_parameters": world.unread == Unread::PassedOver,
        "faults": world.faults,
    });
    Ok(Reply::json(200, &now))
}

fn trouble(name: &str, call: &Call) -> Result<Trouble, Reply> {
    let seconds = call.input.number("retry_after").and_then(|seconds| u32::try_from(seconds).ok());
    Ok(match name {
        "hang" => Trouble::Hang,
        "bad_gateway" => Trouble::BadGateway,
        "cloudflare" => Trouble::Cloudflare,
        "reset" => Trouble::Reset,
        "garbage" => Trouble::Garbage,
        "endless" => Trouble::Endless,
        "drip" => Trouble::Drip(call.input.number("millis").unwrap_or(100)),
        "cut" => Trouble::Cut(call.input.number("at").and_then(|at| usize::try_from(at).ok()).unwrap_or(0)),
        "shift" => Trouble::Shift,
        "redirect" => {
            let to = call.input.filled("to");
            Trouble::Redirect(to.ok_or_else(|| Reply::error(400, "to is missing: where the redirect leads"))?)
        }
        "rack_attack" => Trouble::RackAttack(seconds.unwrap_or(60)),
        "application_limit" => Trouble::ApplicationLimit,
        "checked_limit" => Trouble::CheckedLimit(seconds.unwrap_or(60)),
        "race" => Trouble::Race,
        "bare_limit" => Trouble::BareLimit,
        "wrong_date" => {
            let seconds = call.input.filled("seconds").and_then(|seconds| seconds.trim().parse().ok());
            let why = "seconds is missing: how far the date is off, before now with a minus";
            Trouble::WrongDate(seconds.ok_or_else(|| Reply::error(400, why))?)
        }
        "html_forbidden" => Trouble::HtmlForbidden,
        "stripped_paging" => Trouble::StrippedPaging,
        "dropped" => Trouble::Dropped,
        "spam" => Trouble::Spam,
        "spam_discarded" => Trouble::SpamDiscarded,
        _ => {
            let known = "hang, reset, garbage, endless, drip, cut, bad_gateway, cloudflare, redirect, rack_attack, \
                         application_limit, checked_limit, bare_limit, wrong_date, html_forbidden, stripped_paging, dropped, spam, \
                         spam_discarded, race, shift, none";
            return Err(Reply::error(400, &format!("api is one of {known}")));
        }
    })
}
