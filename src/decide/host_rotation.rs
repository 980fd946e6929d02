//! Whose turn it is to host: a pure function of a circle of people, what was promised, and who cannot.
//!
//! The circle is ordered by a hash of the handles, so that whoever joins or leaves changes the order of nobody else.
//! Each session takes two, a host and a notes-taker, and the next session the next two. What was promised holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::pod::finding::short_hash;

/// The people who host in turn, by their handles in lower case, in the order of the circle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HostCircle {
    /// Hash and handle.
    people: Vec<(String, String)>,
}

/// A session's host and its notes-taker, by handle; fewer where there are not so many.
pub(super) type Turn = Vec<String>;

/// What holds of a session: what was promised, and who cannot, with the reason.
#[derive(Debug, Clone, Default)]
pub(super) struct TurnInput {
    pub(super) promised: Turn,
    pub(super) unavailable: BTreeMap<String, String>,
}

/// The turns of a session and of the one after it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HostTurns {
    pub(super) this: Turn,
    pub(super) next: Turn,
    /// Who was replaced in `this` or `next`.
    pub(super) replacements: Vec<Replacement>,
    /// Whether anybody was chosen, beyond what was promised.
    pub(super) has_choice: bool,
}

/// Somebody whose turn it was, and who takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replacement {
    pub(super) handle: String,
    /// Why the person cannot; nothing where the person is in the circle no more.
    pub(super) why: Option<String>,
    /// Who takes the turn, if anybody is left.
    pub(super) by: Option<String>,
    /// Whether it is about the session after the next.
    pub(super) is_next: bool,
}

/// The turns of the session of this number and of the one after it.
pub(super) fn assign_turns(circle: &HostCircle, number: i64, this: &TurnInput, next: &TurnInput) -> HostTurns {
    let mut turns = HostTurns::default();
    let base = if this.promised.is_empty() { circle.turn_of_number(number) } else { this.promised.clone() };
    turns.has_choice |= this.promised.is_empty();
    turns.this = fill_turn(circle, &base, this, &next.promised, false, &mut turns);
    let base = match (&next.promised[..], &turns.this[..]) {
        // Where nobody can, the circle goes on from who could not.
        ([], []) => circle.turn_after(&base),
        ([], _) => turn_of_able(circle, next, &mut turns),
        _ => next.promised.clone(),
    };
    turns.has_choice |= next.promised.is_empty();
    turns.next = fill_turn(circle, &base, next, &turns.this.clone(), true, &mut turns);
    // Who stood in for somebody has had the turn.
    if next.promised.is_empty() && turns.next.len() == 2 && turns.next.first() == turns.this.first() {
        turns.next.swap(0, 1);
    }
    turns
}

/// The turn after the one that is chosen, among those who can: whoever is away for long leaves no gap that would give
/// the others the same part every time. Who would have had it otherwise is a replacement.
fn turn_of_able(circle: &HostCircle, next: &TurnInput, turns: &mut HostTurns) -> Turn {
    let due = circle.turn_after(&turns.this);
    let is_able = |handle: &String| !next.unavailable.contains_key(handle);
    let able = HostCircle { people: circle.people.iter().filter(|(_, handle)| is_able(handle)).cloned().collect() };
    if able.is_empty() {
        return due;
    }
    let turn = able.turn_after(&turns.this);
    let mut instead = turn.iter().filter(|handle| !due.contains(*handle));
    for handle in due.iter().filter(|handle| !is_able(handle)) {
        let (why, by) = (next.unavailable.get(handle).cloned(), instead.next().cloned());
        turns.replacements.push(Replacement { handle: handle.clone(), why, by, is_next: true });
    }
    turn
}

/// A turn in which everybody can: who cannot is replaced by the next in the circle who has no other part in it, nor in
/// the `beside` turn where that is possible.
fn fill_turn(
    circle: &HostCircle,
    base: &[String],
    input: &TurnInput,
    beside: &[String],
    is_next: bool,
    turns: &mut HostTurns,
) -> Turn {
    let can = |handle: &String| circle.contains(handle) && !input.unavailable.contains_key(handle);
    let mut taken: BTreeSet<String> = base.iter().filter(|handle| can(handle)).cloned().collect();
    let mut filled = Turn::new();
    for handle in base {
        if can(handle) {
            filled.push(handle.clone());
            continue;
        }
        let free = |other: &&String| can(other) && !taken.contains(*other);
        let by = circle
            .after(handle)
            .find(|other| free(other) && !beside.contains(*other))
            .or_else(|| circle.after(handle).find(free))
            .cloned();
        taken.extend(by.clone());
        filled.extend(by.clone());
        let why = input.unavailable.get(handle).cloned();
        turns.replacements.push(Replacement { handle: handle.clone(), why, by, is_next });
        turns.has_choice = true;
    }
    // One who was alone is so no longer.
    if let [only] = &filled[..]
        && base.len() == 1
        && let Some(second) = circle.after(only).find(|other| can(other) && *other != only)
    {
        filled.push(second.clone());
        turns.has_choice = true;
    }
    filled
}

impl HostCircle {
    /// A circle of these handles, whatever their order and letter case.
    pub(super) fn new(handles: &[&str]) -> Self {
        let lower = handles.iter().map(|handle| handle.to_ascii_lowercase());
        let people: BTreeSet<(String, String)> = lower.map(|handle| (short_hash(&handle), handle)).collect();
        Self { people: people.into_iter().collect() }
    }

    /// Whether it is nobody's.
    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    fn contains(&self, handle: &str) -> bool {
        self.people.iter().any(|(_, own)| own == handle)
    }

    fn get(&self, index: usize) -> Option<String> {
        self.people.get(index).map(|(_, handle)| handle.clone())
    }

    /// Everybody once, beginning behind a handle, which may have left the circle, and ending with it.
    fn after(&self, handle: &str) -> impl Iterator<Item = &String> + use<'_> {
        let behind = self.index_behind(handle);
        self.people[behind..].iter().chain(&self.people[..behind]).map(|(_, handle)| handle)
    }

    fn index_behind(&self, handle: &str) -> usize {
        let key = (short_hash(handle), handle.to_owned());
        self.people.partition_point(|person| *person <= key)
    }

    /// Where a handle stands, or would stand.
    fn index_of(&self, handle: &str) -> usize {
        let key = (short_hash(handle), handle.to_owned());
        self.people.partition_point(|person| *person < key)
    }

    /// The turn of a session where nothing was promised before: two by two through the circle.
    fn turn_of_number(&self, number: i64) -> Turn {
        let count = i64::try_from(self.people.len()).unwrap_or(i64::MAX);
        if count == 0 {
            return Turn::new();
        }
        let place = number.saturating_mul(2);
        let (lap, first) = (place.div_euclid(count), usize::try_from(place.rem_euclid(count)).unwrap_or(0));
        // In an even circle the same ones would host in every lap.
        self.turn_from(first, count % 2 == 0 && lap.rem_euclid(2) == 1)
    }

    /// The turn that follows another one.
    fn turn_after(&self, turn: &[String]) -> Turn {
        let count = self.people.len();
        let (Some(host), Some(second)) = (turn.first(), turn.get(1).or(turn.first())) else { return Turn::new() };
        if count == 0 {
            return Turn::new();
        }
        let ahead = (self.index_of(second) + count - self.index_of(host) % count) % count;
        let was_swapped = count > 2 && ahead > count / 2;
        let last = if was_swapped { host } else { second };
        let first = self.index_behind(last) % count;
        // With every lap of an even circle host and notes-taker change places, so that each hosts as often.
        let is_new_lap = (first + 1) % count <= self.index_of(last);
        self.turn_from(first, was_swapped != (count.is_multiple_of(2) && is_new_lap))
    }

    fn turn_from(&self, first: usize, swapped: bool) -> Turn {
        let count = self.people.len();
        if count < 2 {
            return self.get(0).into_iter().collect();
        }
        let (a, b) = (first % count, (first + 1) % count);
        let (host, second) = if swapped { (b, a) } else { (a, b) };
        [self.get(host), self.get(second)].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests;
