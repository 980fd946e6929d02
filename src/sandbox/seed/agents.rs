//! The Support Team data: one YAML file for each agent, most of them as they should be.
//!
//! The schema is the documented one, with keys that were removed since, as older files still have them. Whatever is
//! nobody's business is a canary, so that a leak can be searched for.

use std::fmt::Write as _;

use gitlab_sandbox::world::{OWNER, REPORTER, Visibility, World};

use super::{MEMBERS, PageMember, SeedPod, SeedUsers};

/// An agent, by what is in their file.
#[derive(Clone, Copy)]
struct SeedAgent<'a> {
    file: &'a str,
    name: &'a str,
    username: &'a str,
    /// The handle of the account that the file's number belongs to, as the world begins.
    account_handle: &'a str,
    /// Whether they have the pods' groups.
    has_focus: bool,
    /// Whether the file is YAML at all.
    is_valid_yaml: bool,
}

const fn agent<'a>(file: &'a str, name: &'a str, username: &'a str, focus: bool) -> SeedAgent<'a> {
    SeedAgent { file, name, username, account_handle: username, has_focus: focus, is_valid_yaml: true }
}

/// One member, Jonah Petrakis, has no file.
const AGENTS: [SeedAgent<'static>; 15] = [
    agent("ada-quill", "Ada Quill", "ada-quill-gtlb", true),
    agent("sorin-vale", "Sorin Vale", "svale", true),
    // Two files for one account.
    agent("vale-sorin", "Sorin Vale", "svale", true),
    // A member without the group.
    agent("imani-okonkwo", "Imani Adaeze Okonkwo", "iokonkwo", false),
    // A member whose file is broken; the handle can still be read.
    SeedAgent { is_valid_yaml: false, ..agent("mateo-farrow", "Mateo Farrow", "mfarrow", true) },
    // A member whose account is blocked.
    agent("tuva-lindqvist", "Tuva Lindqvist", "tuval", true),
    // A member whose account has another handle now; the page and the file have the old one.
    agent("renee-duval-obi", "Renée Duval-Obi", "reneeduvalobi", true),
    // A member whose handle is another one in the file, though the account is the same.
    SeedAgent { account_handle: "lwisnik", ..agent("lucja-wisnik", "Lucja Wisnik", "lucja-wisnik", true) },
    // A member whose name is another one in the file.
    agent("barnaby-thorne", "Barnaby Thorne", "barnaby", true),
    // With the group, and not on the page.
    agent("kasimir-oduya", "Kasimir Oduya", "koduya", true),
    agent("hollis-brandt", "Hollis Brandt", "hollis-brandt", false),
    agent("wren-halloran", "Wren Halloran", "whalloran", false),
    agent("pilar-osei", "Pilar Osei", "posei", false),
    agent("teodor-aalto", "Teodor Aalto", "taalto", false),
    agent("yuki-marchetti", "Yuki Marchetti", "ymarchetti", false),
];

/// The handle that a member's account has today, of which neither the page nor the data knows.
const RENAMED_ACCOUNT: (&str, &str) = ("reneeduvalobi", "renee-obi");
const BLOCKED_HANDLE: &str = "tuval";

/// What is nobody's business, by the canary that stands there.
const CANARY_FIELDS: [&str; 24] = [
    "EMAIL",
    "TITLE",
    "ENTITY",
    "HOURS",
    "MANAGER",
    "REGION",
    "LOCATION",
    "ZONE",
    "COUNTRY",
    "DATE",
    "CALENDLY",
    "LANGUAGE",
    "PAGERDUTY",
    "ORGANISATION",
    "ZENDESK",
    "GROUP",
    "ALIAS",
    "SALUTATION",
    "USGROUP",
    "NOTES",
    "SLACK",
    "SLACKNAME",
    "HOBBY",
    "PRONOUNS",
];

/// Every text of the Support Team data that must never leave it.
pub fn all_canary_texts() -> Vec<String> {
    let numbers = 1..=AGENTS.len();
    numbers.flat_map(|number| CANARY_FIELDS.iter().map(move |field| canary_text(field, number))).collect()
}

fn canary_text(field: &str, number: usize) -> String {
    format!("CANARY-{field}-{number}")
}

/// Builds one project of the data for all pods that use it, and lets happen what happened to two accounts.
pub(super) fn build_agents_project(world: &mut World, cast: &SeedUsers, path: &str, pods: &[&SeedPod]) {
    let project = world.add_project(path, Visibility::Private);
    world.add_member(project, cast.root, OWNER);
    world.add_member(project, cast.bot, REPORTER);
    let groups: Vec<&str> = pods.iter().filter_map(|pod| pod.zendesk_group.as_deref()).collect();
    let agents = select_agents(pods);
    for agent in &agents {
        if world.user_by_username(agent.account_handle).is_none() && agent.account_handle != RENAMED_ACCOUNT.0 {
            world.add_user(agent.account_handle, agent.name);
        }
    }
    for pod in pods {
        let branch = match pod.agents_ref.as_str() {
            "" | "HEAD" => "main",
            branch => branch,
        };
        if let Some(project) = world.projects.get_mut(&project) {
            branch.clone_into(&mut project.default_branch);
        }
        let folder = if pod.agents_path.is_empty() { "data/agents" } else { pod.agents_path.trim_matches('/') };
        world.add_file(project, branch, "README.md", "# Support Team data\n\nOne file for each agent.\n");
        for (at, agent) in agents.iter().enumerate() {
            let id = world.user_by_username(agent.account_handle).map(|user| user.id);
            let text = render_agent_file(agent, at + 1, id, &groups);
            world.add_file(project, branch, &format!("{folder}/{}.yaml", agent.file), &text);
        }
    }
    if let Some(user) = world.user_by_username(RENAMED_ACCOUNT.0).map(|user| user.id) {
        world.rename_user(user, RENAMED_ACCOUNT.1);
    }
    if let Some(user) = world.user_by_username(BLOCKED_HANDLE).map(|user| user.id) {
        world.set_user_state(user, "blocked");
    }
}

/// The seed's own agents, or those of the user's own pages with some who belong to no pod.
fn select_agents<'a>(pods: &[&'a SeedPod]) -> Vec<SeedAgent<'a>> {
    let members: Vec<&PageMember> = pods.iter().flat_map(|pod| &pod.members).collect();
    if members.is_empty() {
        return AGENTS.to_vec();
    }
    let members = members.into_iter().map(|person| agent(&person.handle, &person.name, &person.handle, true));
    let on_the_seeds_page = |agent: &SeedAgent<'_>| MEMBERS.iter().any(|(username, _)| *username == agent.username);
    let others = AGENTS.into_iter().filter(|agent| !agent.has_focus && !on_the_seeds_page(agent));
    members.chain(others).collect()
}

/// An agent's file. Without the account's number the line has no value, as in files of people who have left.
fn render_agent_file(agent: &SeedAgent<'_>, number: usize, id: Option<u64>, focus: &[&str]) -> String {
    let canary = |field: &str| canary_text(field, number);
    let mut text = format!("name: '{}'\n", agent.name.replace('\'', "''"));
    let mut line = |line: &str| writeln!(text, "{line}").unwrap_or_default();
    line(&format!("email: '{}@example.com'", canary("EMAIL")));
    for (key, field) in
        [("title", "TITLE"), ("entity", "ENTITY"), ("working_hours", "HOURS"), ("reports_to", "MANAGER")]
    {
        line(&format!("{key}: '{}'", canary(field)));
    }
    line(&format!("region: '{}'", canary("REGION")));
    line(&format!("location: '{}'            # removed upstream", canary("LOCATION")));
    line(&format!("tzdata_timezone: '{}'", canary("ZONE")));
    line(&format!("country: '{}'", canary("COUNTRY")));
    line(&format!("start_date: {}", canary("DATE")));
    line(&format!("calendly: 'https://calendly.example/{}'", canary("CALENDLY")));
    line(&format!("languages:\n- {}\npagerduty:\n  id: '{}'", canary("LANGUAGE"), canary("PAGERDUTY")));
    line("focuses:\n- name: 'Self-Managed'\n  percentage: 60\n- name: 'ASE'\n  percentage: 40\n  zendesk: global");
    line(&format!("  organizations:\n  - id: {}\n    percentage: 100", canary("ORGANISATION")));
    line(&format!("zendesk:\n  main:\n    id: {}\n    groups:", canary("ZENDESK")));
    if agent.is_valid_yaml {
        line(&format!("    - '{}'", canary("GROUP")));
    } else {
        // The quote is never closed.
        line(&format!("    - '{}", canary("GROUP")));
    }
    for group in focus.iter().filter(|_| agent.has_focus) {
        line(&format!("    - '{group}'"));
    }
    line("    role: 'Support Staff'\n    show_in_signature:\n      gitlab_handle: true");
    line(&format!("    alias: '{}'\n    salutations:\n    - '{}'", canary("ALIAS"), canary("SALUTATION")));
    line(&format!("  us-federal:\n    id:\n    groups:\n    - '{}'\n    role:", canary("USGROUP")));
    line("    round_robin:\n      active: false\n      modifier: 0");
    line(&format!("gitlab:\n  id: {}", id.map(|id| id.to_string()).unwrap_or_default()));
    line(&format!("  username: {}\n  works_account_deletion: false", agent.username));
    line(&format!("  notes_link: 'https://notes.example/{}'", canary("NOTES")));
    line(&format!("slack:\n  id: '{}'\n  username: {}", canary("SLACK"), canary("SLACKNAME")));
    line("modules:\n- 'GitLab CI'\nknowledge_areas:\n- name: 'CI'\n  level: 2\n- name: 'Duo'\n  level: 1");
    line("product_categories:\n- name: 'Security'\n  level: 3");
    line(&format!("hobbies:\n- {}\npronouns: '{}'", canary("HOBBY"), canary("PRONOUNS")));
    text
}
