//! The files as they are written: the one description from which the schema, the schema check and the
//! parsing are made. Comments of the fields are what editors show. Unknown keys are for the schema check to
//! report, so that they do not hide what else is wrong.

mod calendar;

use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

pub(super) use calendar::{Calendar, SessionChange, SessionMove, SkipDays, SkipEntry};
use calendar::{MeetingWeeksWord, SkipSchema};

/// `podkeeper.toml`: the GitLab instance and what holds for all pods.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Instance {
    /// The GitLab instance.
    pub(super) gitlab: Gitlab,
    /// podkeeper's own accounts.
    pub(super) bot: Bot,
    /// Names of the environment variables that hold tokens; never tokens themselves.
    pub(super) tokens: Tokens,
    /// What one run may do at most.
    pub(super) limits: Limits,
    /// How links are checked.
    pub(super) links: Links,
    /// Other GitLab instances, whose API is asked about links to them.
    #[serde(rename = "instance")]
    #[schemars(with = "Vec<OtherInstance>")]
    pub(super) others: Vec<Spanned<OtherInstance>>,
    /// Days on which no pod meets.
    pub(super) calendar: Calendar,
    /// What most pods share: a pod's own key wins.
    pub(super) defaults: Defaults,
}

/// Keys of a pod's file that hold for every pod whose file does not have them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Defaults {
    /// Of `[page]`.
    pub(super) page: PageDefaults,
    /// Of `[pairing]`.
    pub(super) pairing: Pairing,
    /// Of `[label]`.
    pub(super) label: LabelDefaults,
    /// Of every `[[session]]`.
    pub(super) session: SessionDefaults,
    /// Of `[agents]`.
    pub(super) agents: Agents,
    /// Of `[reports]`.
    pub(super) reports: Reports,
    /// Of `[documents]`.
    pub(super) documents: Documents,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct PageDefaults {
    /// Full path of the project that holds the pages, for example `your-group/handbook`.
    #[schemars(with = "Option<String>")]
    pub(super) project: Option<Spanned<String>>,
    /// Branch, tag or commit; `main` unless set.
    #[serde(rename = "ref")]
    #[schemars(with = "Option<String>")]
    pub(super) git_ref: Option<Spanned<String>>,
    /// Where the site's root-relative links resolve, for example `https://handbook.example.com`.
    #[schemars(with = "Option<String>")]
    pub(super) site: Option<Spanned<String>>,
    /// The text of the heading above the members, for example `Members`; a level-2 heading that ends in "pod members"
    /// unless set.
    #[schemars(with = "Option<String>")]
    pub(super) members_heading: Option<Spanned<String>>,
    /// How the members are written, for example `list`; `shortcode` unless set.
    #[schemars(with = "Option<MembersFormWord>")]
    pub(super) members_form: Option<Spanned<String>>,
    /// Words in a role that make a lead, for example `lead`, which is the one unless set.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) lead_words: Option<Vec<Spanned<String>>>,
}

/// The words of `members_form`, as editors offer them.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "the schema alone is made of it; a word is read where its place is known")]
pub(super) enum MembersFormWord {
    Shortcode,
    List,
    Mention,
    Table,
    Heading,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct LabelDefaults {
    /// Whether podkeeper may create a label that the project lacks; false unless set.
    pub(super) create: Option<bool>,
    /// Its colour when it is created, for example `#428BCA`.
    #[schemars(with = "Option<String>")]
    pub(super) color: Option<Spanned<String>>,
    /// Whether podkeeper brings the label's colour and description up to date with the pod's file; false unless set.
    pub(super) manage: Option<bool>,
    /// Whether podkeeper puts the label on pairing issues of the pod's people where that is certain; else it proposes
    /// that. False unless set.
    pub(super) apply: Option<bool>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct SessionDefaults {
    /// IANA name of the zone, for example `UTC` or `Europe/Berlin`.
    #[schemars(with = "Option<String>")]
    pub(super) zone: Option<Spanned<String>>,
    /// How long a session lasts, for example `1h`; 1h unless set.
    #[schemars(with = "Option<String>")]
    pub(super) duration: Option<Spanned<String>>,
    /// How long before its start the issue is opened, for example `7d`; 7d unless set.
    #[schemars(with = "Option<String>")]
    pub(super) open_ahead: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct OtherInstance {
    /// Address of the instance, for example `https://gitlab.example`.
    #[schemars(with = "String")]
    pub(super) url: Option<Spanned<String>>,
    /// Name of the environment variable with its token, scope `read_api`; without one it is asked as anybody.
    #[schemars(with = "Option<String>")]
    pub(super) token: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Gitlab {
    /// Address of the instance, for example `https://gitlab.com`. Without it, it is that of
    /// `CI_SERVER_URL`, else gitlab.com.
    #[schemars(with = "Option<String>")]
    pub(super) url: Option<Spanned<String>>,
    /// Certificates in PEM, a file below the configuration folder, for example `ca.pem`: GitLab's API is trusted by them
    /// alone, in place of this machine's authorities.
    #[schemars(with = "Option<String>")]
    pub(super) ca_file: Option<Spanned<String>>,
    /// The proxy through which GitLab's API is asked, for example `http://proxy.example.com:3128`. Links never go through
    /// it, and proxies of the environment are not used.
    #[schemars(with = "Option<String>")]
    pub(super) proxy: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Bot {
    /// User names, beside the token's own, whose issues count as podkeeper's: for example its former names.
    pub(super) usernames: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Tokens {
    /// Serves every purpose that has none of its own; `PODKEEPER_TOKEN` unless named.
    #[schemars(with = "Option<String>")]
    pub(super) default: Option<Spanned<String>>,
    /// For the pairing issues: scope `api`.
    #[schemars(with = "Option<String>")]
    pub(super) pairing: Option<Spanned<String>>,
    /// For the handbook page: scope `read_api` or `read_repository`.
    #[schemars(with = "Option<String>")]
    pub(super) handbook: Option<Spanned<String>>,
    /// For the Support Team data: scope `read_api`, because `read_repository` does not list a folder.
    #[schemars(with = "Option<String>")]
    pub(super) agents: Option<Spanned<String>>,
    /// For the living reports: scope `api`.
    #[schemars(with = "Option<String>")]
    pub(super) reports: Option<Spanned<String>>,
    /// For links to GitHub, which are asked of its API with it: a token of GitHub that may read what the pages link to.
    /// `PODKEEPER_GITHUB_TOKEN` unless named.
    #[schemars(with = "Option<String>")]
    pub(super) github: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Limits {
    /// The most writes of one run for one pod; 10 unless set.
    #[schemars(with = "Option<u32>")]
    pub(super) max_writes: Option<Spanned<u32>>,
    /// The most writes of one run for all pods; 100 unless set. Pairing issues come first.
    #[schemars(with = "Option<u32>")]
    pub(super) max_writes_run: Option<Spanned<u32>>,
    /// How long one run may take, for example `10m`, which it is unless set; what is left is for the next run.
    #[schemars(with = "Option<String>")]
    pub(super) run_within: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Links {
    /// The variable of a token with which links are asked of GitLab: scope `read_api`. Unless it is named, they are asked
    /// as anybody, so that nobody learns from a report what only the token sees. What only the token shows is for the
    /// team.
    #[schemars(with = "Option<String>")]
    pub(super) token: Option<Spanned<String>>,
    /// How long the check of links may take in one run, for example `5m`, which it is unless set.
    #[schemars(with = "Option<String>")]
    pub(super) within: Option<Spanned<String>>,
}

/// `pods/KEY.toml`: one pod; the file's name is the pod's key. What the schema requires is optional here, so that one
/// missing key does not hide what else is wrong.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Pod {
    /// The display name, for example `Secure Pod`.
    #[schemars(with = "String")]
    pub(super) name: Option<Spanned<String>>,
    /// Keys the pod had before.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) formerly: Vec<Spanned<String>>,
    /// The pod's handbook page.
    #[schemars(with = "Page")]
    pub(super) page: Option<Spanned<Page>>,
    /// Its pairing issues.
    #[schemars(with = "Option<Pairing>")]
    pub(super) pairing: Option<Spanned<Pairing>>,
    /// The label its pairing issues carry.
    #[schemars(with = "Label")]
    pub(super) label: Option<Label>,
    /// Its weekly meetings; without one no pairing issue is opened.
    #[serde(default)]
    #[schemars(with = "Vec<Session>")]
    pub(super) session: Vec<Spanned<Session>>,
    /// Days on which the pod does not meet, whatever the slot.
    #[serde(default)]
    pub(super) calendar: Calendar,
    /// Days on which a member is away: others host then, and the member is not expected.
    #[serde(default)]
    #[schemars(with = "Vec<Away>")]
    pub(super) away: Vec<Spanned<Away>>,
    /// How the Support Team data says who belongs to the pod; without it, only handles and accounts are audited.
    #[serde(default)]
    pub(super) members: Members,
    /// The Support Team data; without it there is no audit.
    #[schemars(with = "Option<Agents>")]
    pub(super) agents: Option<Spanned<Agents>>,
    /// Where the living reports go; without it they are printed only.
    #[serde(default)]
    pub(super) reports: Reports,
    /// What the page's words mean.
    #[serde(default)]
    pub(super) documents: Documents,
    /// Its Slack names.
    #[serde(default)]
    pub(super) slack: Slack,
    /// Findings that are accepted.
    #[serde(default)]
    pub(super) exception: Vec<Exception>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Page {
    /// Full path of the project that holds the page, for example `your-group/handbook`.
    #[schemars(with = "Option<String>")]
    pub(super) project: Option<Spanned<String>>,
    /// Path of the file in that project, for example `content/pods/secure/_index.md`.
    #[schemars(with = "String")]
    pub(super) path: Option<Spanned<String>>,
    /// Branch, tag or commit; `main` unless set.
    #[serde(rename = "ref")]
    #[schemars(with = "Option<String>")]
    pub(super) git_ref: Option<Spanned<String>>,
    /// Where the site's root-relative links resolve, for example `https://handbook.example.com`.
    #[schemars(with = "Option<String>")]
    pub(super) site: Option<Spanned<String>>,
    /// The text of the heading above the members, for example `Members`; a level-2 heading that ends in "pod members"
    /// unless set.
    #[schemars(with = "Option<String>")]
    pub(super) members_heading: Option<Spanned<String>>,
    /// How the members are written, for example `list`; `shortcode` unless set.
    #[schemars(with = "Option<MembersFormWord>")]
    pub(super) members_form: Option<Spanned<String>>,
    /// Words in a role that make a lead, for example `lead`, which is the one unless set.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) lead_words: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Pairing {
    /// Full path of the project that holds the pairing issues, for example `your-group/support-pairing`.
    #[schemars(with = "Option<String>")]
    pub(super) project: Option<Spanned<String>>,
    /// The template, below the configuration folder; `templates/pairing_issue.md` unless set, and where that is
    /// not there, the one that podkeeper brings along. A path that begins with `.gitlab/` is one of the project itself,
    /// for example `.gitlab/issue_templates/Pairing.md`.
    #[schemars(with = "Option<String>")]
    pub(super) template: Option<Spanned<String>>,
    /// Who hosts in turn: `everyone` on the page, which it is unless set, its `leads`, `nobody`, or a list of handles,
    /// for example `everyone`.
    #[schemars(with = "Option<HostsSchema>")]
    pub(super) hosts: Option<Spanned<Hosts>>,
    /// IANA names of the zones in which an issue says when the session starts, for example `Europe/Berlin`.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) zones: Option<Vec<Spanned<String>>>,
    /// The title of the milestone that issues are opened in, of the project or a group above it, for example `Q4 pairing`.
    #[schemars(with = "Option<String>")]
    pub(super) milestone: Option<Spanned<String>>,
    /// Whether issues are opened confidential, so that only the project's members see them; false unless set.
    pub(super) confidential: Option<bool>,
}

/// Who hosts: a word, or handles.
#[derive(Debug)]
pub(super) enum Hosts {
    Word(String),
    Handles(Vec<Spanned<String>>),
}

/// The two forms of `hosts`, as editors offer them.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the schema alone is made of it; a value is read where its place is known")]
pub(super) enum HostsSchema {
    Word(HostsWord),
    Handles(Vec<String>),
}

/// The words of `hosts`.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "the schema alone is made of it")]
pub(super) enum HostsWord {
    Everyone,
    Leads,
    Nobody,
}

impl<'de> Deserialize<'de> for Hosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HostsVisitor)
    }
}

struct HostsVisitor;

impl<'de> Visitor<'de> for HostsVisitor {
    type Value = Hosts;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a word or a list of handles")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Hosts, E> {
        Ok(Hosts::Word(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Hosts, A::Error> {
        let mut handles = Vec::new();
        while let Some(handle) = items.next_element()? {
            handles.push(handle);
        }
        Ok(Hosts::Handles(handles))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Away {
    /// The handle of a member, for example `ada`.
    #[schemars(with = "String")]
    pub(super) handle: Option<Spanned<String>>,
    /// The first day, for example `2026-12-21`.
    #[schemars(with = "String")]
    pub(super) from: Option<Spanned<String>>,
    /// The last day, for example `2027-01-03`.
    #[schemars(with = "String")]
    pub(super) until: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Label {
    /// Its exact name, for example `pod::secure`.
    #[schemars(with = "String")]
    pub(super) name: Option<Spanned<String>>,
    /// Whether podkeeper may create it where the project lacks it; false unless set.
    pub(super) create: Option<bool>,
    /// Its colour when it is created, for example `#428BCA`; another one is told of.
    #[schemars(with = "Option<String>")]
    pub(super) color: Option<Spanned<String>>,
    /// Its description when it is created; another one is told of.
    #[serde(default)]
    pub(super) description: String,
    /// Whether podkeeper brings its colour and description up to date with this file; false unless set.
    pub(super) manage: Option<bool>,
    /// Whether podkeeper puts it on pairing issues of the pod's people where that is certain; else it proposes that.
    /// False unless set.
    pub(super) apply: Option<bool>,
    /// Names it had before, for example `pod::sec`; they are read, and never written.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) formerly: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Session {
    /// A short key, for example `emea`; it becomes part of the marker. `weekly` unless set.
    #[schemars(with = "Option<String>")]
    pub(super) slot: Option<Spanned<String>>,
    /// Keys the slot had before.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) formerly: Vec<Spanned<String>>,
    /// When it meets, in five fields as GitLab's schedules have them, for example `0 15 * * Thu`.
    #[schemars(with = "String")]
    pub(super) cron: Option<Spanned<String>>,
    /// IANA name of the zone, for example `UTC` or `Europe/Berlin`.
    #[schemars(with = "Option<String>")]
    pub(super) zone: Option<Spanned<String>>,
    /// How long it lasts, for example `1h`; 1h unless set.
    #[schemars(with = "Option<String>")]
    pub(super) duration: Option<Spanned<String>>,
    /// How long before its start the issue is opened, for example `7d`; 7d unless set.
    #[schemars(with = "Option<String>")]
    pub(super) open_ahead: Option<Spanned<String>>,
    /// Local dates on which it does not meet, for example `2026-12-24`: single ones, ranges such as
    /// `2026-12-21/2027-01-03`, and tables with a reason.
    #[serde(default)]
    #[schemars(with = "Vec<SkipSchema>")]
    pub(super) skip: Vec<Spanned<SkipEntry>>,
    /// Meetings that take place at another time, once each.
    #[serde(default, rename = "move")]
    #[schemars(with = "Vec<SessionMove>")]
    pub(super) moves: Vec<Spanned<SessionMove>>,
    /// Times that hold from a date on.
    #[serde(default)]
    #[schemars(with = "Vec<SessionChange>")]
    pub(super) change: Vec<Spanned<SessionChange>>,
    /// It meets in weeks with an even or with an odd ISO number alone.
    #[schemars(with = "Option<MeetingWeeksWord>")]
    pub(super) weeks: Option<Spanned<String>>,
    /// It meets every so many weeks, counted from `anchor`.
    #[schemars(with = "Option<u32>")]
    pub(super) every: Option<Spanned<u32>>,
    /// A date in a week in which it meets, for example `2026-11-26`; needed with `every`.
    #[schemars(with = "Option<String>")]
    pub(super) anchor: Option<Spanned<String>>,
    /// The calendar's name for it and the start of the title; the pod's name and `Pairing` unless set.
    #[schemars(with = "Option<String>")]
    pub(super) event: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Members {
    /// Members have this Zendesk group, for example `Support Focus: Secure`.
    #[schemars(with = "Option<String>")]
    pub(super) zendesk_group: Option<Spanned<String>>,
    /// Members have this knowledge area.
    pub(super) knowledge_area: Option<KnowledgeArea>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct KnowledgeArea {
    /// Its name, for example `Duo`.
    #[schemars(with = "String")]
    pub(super) name: Option<Spanned<String>>,
    /// The level from which it counts; 1 unless set.
    #[schemars(with = "Option<u32>")]
    pub(super) level: Option<Spanned<u32>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Agents {
    /// Full path of the project, for example `your-group/support-team`.
    #[schemars(with = "Option<String>")]
    pub(super) project: Option<Spanned<String>>,
    /// The folder with one file per agent, for example `data/agents`.
    #[schemars(with = "Option<String>")]
    pub(super) path: Option<Spanned<String>>,
    /// Branch, tag or commit; `main` unless set.
    #[serde(rename = "ref")]
    #[schemars(with = "Option<String>")]
    pub(super) git_ref: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Reports {
    /// Full path of the project of the living reports, for example `your-group/support-team-meta`. Pairing issues feed
    /// statistics: name another one.
    #[schemars(with = "Option<String>")]
    pub(super) project: Option<Spanned<String>>,
    /// Whether the roster report, which names people, is opened as a confidential issue; false unless set.
    pub(super) confidential: Option<bool>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Documents {
    /// Full paths of the groups whose labels the page means by `~"…"`, for example `your-group`. Groups above or below
    /// them are not looked in.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) label_groups: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(super) struct Slack {
    /// The pod's channel, for example `#spt_pod_secure`.
    #[schemars(with = "Option<String>")]
    pub(super) channel: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Exception {
    /// The rule's code, as `podkeeper explain` lists it.
    #[schemars(with = "String")]
    pub(super) rule: Option<Spanned<String>>,
    /// The finding's subject, exactly.
    #[schemars(with = "String")]
    pub(super) subject: Option<String>,
    /// Why it is accepted.
    #[schemars(with = "String")]
    pub(super) reason: Option<String>,
    /// The last day on which it holds, for example `2027-01-31`.
    #[schemars(with = "Option<String>")]
    pub(super) until: Option<Spanned<String>>,
}

/// A date as it is written in a string; the good value of every such key.
pub(super) fn parse_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}
