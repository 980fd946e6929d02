use proptest::prelude::*;

use super::*;

fn people(count: usize) -> Vec<String> {
    (0..count).map(|nth| format!("person{nth}")).collect()
}

fn circle(handles: &[String]) -> HostCircle {
    HostCircle::new(&handles.iter().map(String::as_str).collect::<Vec<&str>>())
}

fn promised(turn: &[String]) -> TurnInput {
    TurnInput { promised: turn.to_vec(), ..TurnInput::default() }
}

/// A session after another, each by what the one before promised.
fn walk(circle: &HostCircle, weeks: i64) -> Vec<Turn> {
    let (mut next, mut turns) = (Turn::new(), Vec::new());
    for week in 0..weeks {
        let assigned = assign_turns(circle, week + 2969, &promised(&next), &TurnInput::default());
        next.clone_from(&assigned.next);
        turns.push(assigned.this);
    }
    turns
}

#[test]
fn everybody_hosts_and_takes_notes_equally_often() {
    for count in 2..=12 {
        let handles = people(count);
        let turns = walk(&circle(&handles), 52);
        for role in 0..2 {
            let times = |handle: &String| turns.iter().filter(|turn| turn.get(role) == Some(handle)).count();
            let (least, most) = (handles.iter().map(times).min().unwrap(), handles.iter().map(times).max().unwrap());
            assert!(most - least <= 1, "{count} people, role {role}: {least} to {most}");
        }
        assert!(turns.iter().all(|turn| turn.len() == 2 && turn[0] != turn[1]));
    }
}

/// Whoever is away for long leaves no gap that gives the others the same part every time.
#[test]
fn everybody_else_hosts_and_takes_notes_equally_often_while_some_are_away() {
    for (count, away) in (3..=9).flat_map(|count| (1..count - 1).map(move |away| (count, away))) {
        for first in [2969, 2970, 2971, 2972] {
            let (handles, circle) = (people(count), circle(&people(count)));
            let gone: BTreeMap<String, String> =
                handles[..away].iter().map(|handle| (handle.clone(), "is away".to_owned())).collect();
            let (mut next, mut turns) = (Turn::new(), Vec::new());
            for week in 0..60 {
                let this = TurnInput { promised: next.clone(), unavailable: gone.clone() };
                let after = TurnInput { promised: Turn::new(), unavailable: gone.clone() };
                let assigned = assign_turns(&circle, week + first, &this, &after);
                next.clone_from(&assigned.next);
                turns.push(assigned.this);
            }
            for role in 0..2 {
                let times = |handle: &String| turns.iter().filter(|turn| turn.get(role) == Some(handle)).count();
                let counts: Vec<usize> = handles[away..].iter().map(times).collect();
                let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
                assert!(spread <= 2, "{count} people, {away} away, from {first}, role {role}: {counts:?}");
            }
        }
    }
}

#[test]
fn without_a_memory_a_session_has_the_turn_of_its_number() {
    let circle = circle(&people(5));
    let fresh = |number| assign_turns(&circle, number, &TurnInput::default(), &TurnInput::default());
    assert_eq!(fresh(7), fresh(7));
    assert_eq!(fresh(7).next, fresh(8).this);
    assert_eq!(fresh(-3).this.len(), 2);
    assert!(fresh(7).has_choice && fresh(7).replacements.is_empty());
}

#[test]
fn one_person_hosts_alone_and_nobody_hosts_nothing() {
    let alone = assign_turns(&circle(&people(1)), 3, &TurnInput::default(), &TurnInput::default());
    assert_eq!((alone.this, alone.next), (people(1), people(1)));
    let nobody = assign_turns(&HostCircle::default(), 3, &promised(&people(2)), &TurnInput::default());
    assert_eq!((nobody.this, nobody.next), (Turn::new(), Turn::new()));
    // A second one takes the notes from now on.
    let two = assign_turns(&circle(&people(2)), 3, &promised(&people(1)), &promised(&people(1)));
    assert_eq!((two.this.len(), two.next.len()), (2, 2));
}

#[test]
fn who_is_away_is_replaced_by_the_next_who_has_no_part_in_it() {
    let handles = people(8);
    let circle = circle(&handles);
    let turns = assign_turns(&circle, 4, &TurnInput::default(), &TurnInput::default());
    let away = BTreeMap::from([(turns.this[0].clone(), "is away".to_owned())]);
    let this = TurnInput { unavailable: away, ..promised(&turns.this) };
    let replaced = assign_turns(&circle, 4, &this, &promised(&turns.next));
    let by = replaced.this[0].clone();
    assert_eq!(replaced.this[1..], turns.this[1..]);
    assert_eq!(replaced.next, turns.next);
    assert!(!turns.this.contains(&by) && !turns.next.contains(&by));
    assert_eq!(
        replaced.replacements,
        [Replacement { handle: turns.this[0].clone(), why: Some("is away".to_owned()), by: Some(by), is_next: false }]
    );
    // Where all are away nobody hosts.
    let all = handles.iter().map(|handle| (handle.clone(), "is away".to_owned())).collect();
    let none =
        assign_turns(&circle, 4, &TurnInput { unavailable: all, ..promised(&turns.this) }, &TurnInput::default());
    assert_eq!((none.this, none.next.len()), (Turn::new(), 2));
}

proptest! {
    /// Whoever joins or leaves changes no promise, but their own, and the order of nobody else.
    #[test]
    fn a_join_or_leave_changes_only_what_is_its_own(count in 2_usize..13, who in 0_usize..13, week in 0_i64..60) {
        let before = people(count);
        let mut after = before.clone();
        let changed = format!("person{who}");
        match after.iter().position(|handle| *handle == changed) {
            Some(at) => drop(after.remove(at)),
            None => after.push(changed.clone()),
        }
        let (old, new) = (circle(&before), circle(&after));
        let order = |circle: &HostCircle| -> Vec<String> {
            circle.people.iter().map(|(_, handle)| handle.clone()).filter(|handle| *handle != changed).collect()
        };
        prop_assert_eq!(order(&old), order(&new));
        let held = assign_turns(&old, week, &TurnInput::default(), &TurnInput::default());
        let then = assign_turns(&new, week, &promised(&held.this), &promised(&held.next));
        for (was, is) in [(&held.this, &then.this), (&held.next, &then.next)] {
            for (role, handle) in was.iter().enumerate().filter(|(_, handle)| **handle != changed) {
                // One who is left alone hosts.
                prop_assert!(is.get(role) == Some(handle) || new.people.len() == 1, "{was:?} {is:?}");
            }
        }
    }

    /// What was decided stays: the same question has the same answer.
    #[test]
    fn a_second_look_changes_nothing(count in 1_usize..9, week in 0_i64..60, away in proptest::collection::btree_set(0_usize..9, 0..6)) {
        let circle = circle(&people(count));
        let unavailable: BTreeMap<String, String> =
            away.into_iter().map(|nth| (format!("person{nth}"), "is away".to_owned())).collect();
        let input = TurnInput { promised: Turn::new(), unavailable };
        let first = assign_turns(&circle, week, &input, &input);
        let again = |turn: &Turn| TurnInput { promised: turn.clone(), ..input.clone() };
        let second = assign_turns(&circle, week, &again(&first.this), &again(&first.next));
        prop_assert_eq!((&first.this, &first.next), (&second.this, &second.next));
        // Nobody hosts twice in a row where there are two who can.
        prop_assert!(first.next.len() < 2 || first.this.first() != first.next.first(), "{first:?}");
    }
}
