//! Which quick actions of a text are new against the text that stood there before.

use super::{Command, extract_commands};

/// The commands of a new text that have an effect beside those of the old one.
///
/// GitLab works out what each text would change, and leaves out the changes that both have
/// (`QuickActions::InterpretService#execute_with_original_text`). Commands of one kind make one change together: a
/// second `/label` under an old one runs both.
pub fn filter_new_commands(old: Option<&str>, new: Vec<Command>) -> Vec<Command> {
    let old = old.map(extract_commands).unwrap_or_default();
    let arguments = |commands: &[Command], name: &str| -> Vec<String> {
        let same = commands.iter().filter(|command| canonical_name(&command.name) == name);
        same.map(|command| command.argument.trim().to_owned()).collect()
    };
    let known = |command: &Command| {
        let name = canonical_name(&command.name);
        arguments(&old, name) == arguments(&new, name)
    };
    let keep: Vec<bool> = new.iter().map(|command| !known(command)).collect();
    new.into_iter().zip(keep).filter_map(|(command, keep)| keep.then_some(command)).collect()
}

/// The name that a command goes by first (`lib/gitlab/quick_actions/issuable_actions.rb` and its siblings).
fn canonical_name(name: &str) -> &str {
    match name {
        "labels" => "label",
        "remove_label" => "unlabel",
        "remove_assignee" => "unassign",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_there_before_does_not_run_again() {
        for (old, new, expected) in [
            (None, "/close\n/label ~a", vec!["close", "label"]),
            (Some("/close"), "/close", vec![]),
            (Some("/labels ~a"), "/label ~a", vec![]),
            (Some("/label ~a"), "/label ~a\n/close", vec!["close"]),
            (Some("/label ~a"), "/label ~a ~b", vec!["label"]),
            (Some("/label ~a"), "/label ~a\n/label ~b", vec!["label", "label"]),
            (Some("/close"), "/reopen", vec!["reopen"]),
            (Some("text"), "/close", vec!["close"]),
        ] {
            let names: Vec<String> =
                filter_new_commands(old, extract_commands(new)).into_iter().map(|command| command.name).collect();
            assert_eq!(names, expected, "{old:?} -> {new}");
        }
    }
}
