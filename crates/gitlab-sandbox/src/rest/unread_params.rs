//! What the sandbox does not keep it refuses: a success that left a parameter unread, or one that made no sense, is
//! answered with 400, and nothing becomes of the request. GitLab itself ignores names that it does not know; a stand-in
//! that does so agrees with everything.

use std::collections::BTreeSet;

use crate::call::Call;
use crate::reply::Reply;
use crate::world::{UnreadParameters, World};

/// What every request may carry: who asks (`lib/gitlab/auth/auth_finders.rb`), and `id`, where the path's own comes
/// first.
const COMMON_PARAMETERS: [&str; 5] = ["id", "private_token", "access_token", "job_token", "sudo"];
/// Clients ask every list for a page, and what is no list has none.
const LIST_PARAMETERS: [&str; 2] = ["page", "per_page"];

/// Answers a request, unless it carries something that no handler read.
pub(super) fn answer_or_reject_unread(
    world: &mut World,
    call: &Call,
    answer: impl FnOnce(&mut World) -> Reply,
) -> Reply {
    if !call.has_unread_parameters() {
        return answer(world);
    }
    call.params.mark_read(&COMMON_PARAMETERS);
    if call.method.is_safe() {
        call.params.mark_read(&LIST_PARAMETERS);
    }
    let before = (!call.method.is_safe()).then(|| world.clone());
    let reply = answer(world);
    if !(200..300).contains(&reply.status) {
        return reply;
    }
    let unread =
        if world.unread_parameters == UnreadParameters::Ignored { BTreeSet::new() } else { call.unread_parameters() };
    let invalid = call.params.invalid_names();
    if unread.is_empty() && invalid.is_empty() {
        return reply;
    }
    if let Some(before) = before {
        *world = before;
    }
    if let Some(name) = invalid.first() {
        return Reply::parameter_invalid(name);
    }
    let are = if unread.len() == 1 { "is" } else { "are" };
    let names = unread.into_iter().collect::<Vec<_>>().join(", ");
    Reply::error(
        400,
        &format!(
            "{names} {are} not kept by this sandbox; accept_unread_parameters at /-/world/fault lets it pass over what it does not keep"
        ),
    )
}
