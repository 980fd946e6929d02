//! Pictures of people, at the addresses that the API gives for them.

use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

/// The picture that a call asks for; `None` where its address is that of no picture.
pub(super) fn answer(world: &World, call: &Call) -> Option<Reply> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let ["uploads", "-", "system", "user", "avatar", id, name] = segments.as_slice() else { return None };
    let user = world.users.get(&id.parse().ok()?)?;
    let (_, picture) = user.avatar.as_ref().filter(|(own, _)| call.method.is_safe() && own == name)?;
    Some(Reply::bytes(200, "image/png", picture.clone()))
}
