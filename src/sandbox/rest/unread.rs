//! What the box does not keep it refuses: a success that left a parameter unread, or one that made no sense, is answered with
//! 400, and nothing becomes of the request. GitLab itself ignores names that it does not know; a stand-in that does so agrees with everything.

use std::collections::BTreeSet;

use crate::sandbox::call::Call;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{Unread, World};

/// What every request may carry: who asks (`lib/gitlab/auth/auth_finders.rb`), and `id`, where the path's own comes first.
const OF_ALL: [&str; 5] = ["id", "private_token", "access_token", "job_token", "sudo"];
/// Clients ask every list for a page, and what is no list has none.
const OF_LISTS: [&str; 2] = ["page", "per_page"];

/// Answers a request, unless it says something that the answer pays no heed to.
pub(super) fn refused(world: &mut World, call: &Call, answer: impl FnOnce(&mut World) -> Reply) -> Reply {
    if !call.has_parameters() {
        return answer(world);
    }
    call.input.declare(&OF_ALL);
    if call.method.is_safe() {
        call.input.declare(&OF_LISTS);
    }
    let before = (!call.method.is_safe()).then(|| world.clone());
    let reply = answer(world);
    if !(200..300).contains(&reply.status) {
        return reply;
    }
    let unread = if world.unread == Unread::PassedOver { BTreeSet::new() } else { call.unread() };
    let invalid = call.input.invalid();
    if unread.is_empty() && invalid.is_empty() {
        return reply;
    }
    if let Some(before) = before {
        *world = before;
    }
    if let Some(name) = invalid.first() {
        return Reply::unreadable(name);
    }
    let are = if unread.len() == 1 { "is" } else { "are" };
    let names = unread.into_iter().collect::<Vec<_>>().join(", ");
    Reply::error(
        400,
        &format!(
            "{names} {are} not kept by this box; with --accept-unread-parameters it passes over what it does not keep"
        ),
    )
}
