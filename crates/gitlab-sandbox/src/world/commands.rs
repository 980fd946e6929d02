//! What quick actions do to an issue (GitLab docs, "Quick actions").

use chrono::NaiveDate;

use super::{DEVELOPER, FieldChange, GUEST, IssueEdit, MergeRequestEdit, Noteable, PLANNER, World};
use crate::quick_actions::{Command, split_commands};

impl World {
    /// Runs one quick action as `who` and says what it changed; `Err` says why it could not.
    ///
    /// Every recognised command is recorded on the issue, those without an effect in this small world too.
    ///
    /// Labels and other metadata that an author with less than the planner's role sets on an existing issue are dropped
    /// without a word, as in a request (`IssuableBaseService#filter_params`, which sees commands too).
    pub fn run_command(&mut self, project: u64, iid: u64, who: u64, command: &Command) -> Result<String, String> {
        let mut edit = self.command_to_edit(project, iid, who, command)?;
        if self.access_level(project, Some(who)) < PLANNER {
            edit = IssueEdit { title: edit.title, close: edit.close, ..IssueEdit::default() };
        }
        self.apply_command_edit(project, iid, who, command, &edit)
    }

    /// The same for an issue that is being opened, where every member may set metadata (`issue_policy.rb`,
    /// `set_issue_metadata`).
    pub(super) fn run_command_on_new_issue(
        &mut self,
        project: u64,
        iid: u64,
        who: u64,
        command: &Command,
    ) -> Result<String, String> {
        if self.access_level(project, Some(who)) < GUEST {
            return self.run_command(project, iid, who, command);
        }
        let edit = self.command_to_edit(project, iid, who, command)?;
        self.apply_command_edit(project, iid, who, command, &edit)
    }

    fn apply_command_edit(
        &mut self,
        project: u64,
        iid: u64,
        who: u64,
        command: &Command,
        edit: &IssueEdit,
    ) -> Result<String, String> {
        self.apply_issue_edit(project, iid, who, edit);
        let Some(issue) = self.issue_mut(project, iid) else { return Err("There is no such issue.".to_owned()) };
        if matches!(command.name.as_str(), "move" | "clone") {
            issue.moved_to = Some(command.argument.clone());
        }
        issue.commands.push(format!("/{} {}", command.name, command.argument).trim_end().to_owned());
        Ok(format!("Ran /{}.", command.name))
    }

    /// Runs one quick action on whatever can carry notes. Merge requests know few of them in this world, epics none.
    pub fn run_command_on_noteable(&mut self, on: Noteable, who: u64, command: &Command) -> Result<String, String> {
        let (project, iid) = match on {
            Noteable::Issue(project, iid) => return self.run_command(project, iid, who, command),
            Noteable::MergeRequest(project, iid) => (project, iid),
            Noteable::Epic(..) => return Err(format!("Could not apply {} command.", command.name)),
        };
        let author = self.merge_request_mut(project, iid).map(|request| request.author);
        if self.access_level(project, Some(who)) < DEVELOPER && author != Some(who) {
            return Err(format!("You cannot run /{} here.", command.name));
        }
        let argument = command.argument.trim();
        let mut edit = MergeRequestEdit::default();
        match command.name.as_str() {
            "close" => edit.close = Some(true),
            "reopen" => edit.close = Some(false),
            "label" | "labels" => edit.add_labels = self.find_label_names(project, argument)?,
            "unlabel" | "remove_label" => edit.remove_labels = self.find_label_names(project, argument)?,
            "relabel" => edit.labels = Some(self.find_label_names(project, argument)?),
            "assign" | "reassign" => edit.assignees = Some(self.find_user_ids(argument, who)?),
            "title" if !argument.is_empty() => edit.title = Some(argument.to_owned()),
            _ => return Err(format!("Could not apply {} command.", command.name)),
        }
        self.apply_merge_request_edit(project, iid, who, &edit);
        Ok(format!("Ran /{}.", command.name))
    }

    fn command_to_edit(&self, project: u64, iid: u64, who: u64, command: &Command) -> Result<IssueEdit, String> {
        let Some(issue) = self.issue(project, iid) else { return Err("There is no such issue.".to_owned()) };
        let own = issue.author == who;
        if self.access_level(project, Some(who)) < PLANNER && !own {
            return Err(format!("You cannot run /{} here.", command.name));
        }
        let argument = command.argument.trim();
        let mut edit = IssueEdit::default();
        match command.name.as_str() {
            "close" | "duplicate" | "promote_to" | "promote" => edit.close = Some(true),
            "reopen" => edit.close = Some(false),
            "label" | "labels" => edit.add_labels = self.find_label_names(project, argument)?,
            "unlabel" | "remove_label" if argument.is_empty() => edit.labels = Some(Vec::new()),
            "unlabel" | "remove_label" => edit.remove_labels = self.find_label_names(project, argument)?,
            "relabel" => edit.labels = Some(self.find_label_names(project, argument)?),
            "assign" => {
                let mut all = issue.assignees.clone();
                all.extend(self.find_user_ids(argument, who)?.into_iter().filter(|id| !issue.assignees.contains(id)));
                edit.assignees = Some(all);
            }
            "reassign" => edit.assignees = Some(self.find_user_ids(argument, who)?),
            "unassign" | "remove_assignee" => {
                let gone =
                    if argument.is_empty() { issue.assignees.clone() } else { self.find_user_ids(argument, who)? };
                edit.assignees = Some(issue.assignees.iter().copied().filter(|id| !gone.contains(id)).collect());
            }
            "confidential" => edit.confidential = Some(true),
            "lock" => edit.locked = Some(true),
            "unlock" => edit.locked = Some(false),
            "title" if argument.is_empty() => return Err("A title cannot be empty.".to_owned()),
            "title" => edit.title = Some(argument.to_owned()),
            "due" => {
                let day = argument.trim_start_matches("in ").parse::<NaiveDate>();
                edit.due_date =
                    FieldChange::Set(day.map_err(|error| format!("Could not read the due date: {error}."))?);
            }
            "remove_due_date" => edit.due_date = FieldChange::Clear,
            "weight" => {
                let weight = argument.parse::<u64>();
                edit.weight = FieldChange::Set(weight.map_err(|error| format!("Could not read the weight: {error}."))?);
            }
            "clear_weight" => edit.weight = FieldChange::Clear,
            _ => {}
        }
        Ok(edit)
    }

    /// `~a ~"b c" d` as names of labels that exist.
    fn find_label_names(&self, project: u64, argument: &str) -> Result<Vec<String>, String> {
        let Some(home) = self.projects.get(&project) else { return Err("There is no such project.".to_owned()) };
        let known = self.available_labels(home);
        let found: Vec<String> =
            split_argument(argument).into_iter().filter(|word| known.iter().any(|label| label.name == *word)).collect();
        if found.is_empty() { Err("Could not find any of these labels.".to_owned()) } else { Ok(found) }
    }

    /// `@a, @b` and `me` as user ids.
    fn find_user_ids(&self, argument: &str, me: u64) -> Result<Vec<u64>, String> {
        let found: Vec<u64> = argument
            .split([',', ' '])
            .map(|word| word.trim_start_matches('@'))
            .filter_map(|word| if word == "me" { Some(me) } else { self.user_by_username(word).map(|user| user.id) })
            .collect();
        if found.is_empty() { Err("Could not find any of these people.".to_owned()) } else { Ok(found) }
    }
}

/// A description as it is stored, and the quick actions that were in it.
pub(super) fn split_description(description: &FieldChange<String>) -> (FieldChange<String>, Vec<Command>) {
    let FieldChange::Set(text) = description else { return (description.clone(), Vec::new()) };
    let (stored, commands) = split_commands(text);
    (FieldChange::Set(stored), commands)
}

/// Splits at blanks and commas outside quotes; a leading `~` belongs to the reference, not to the name.
fn split_argument(argument: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for char in argument.chars() {
        match char {
            '"' => quoted = !quoted,
            '~' if word.is_empty() && !quoted => {}
            ' ' | ',' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(char),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}
