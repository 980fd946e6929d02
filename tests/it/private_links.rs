//! Nobody sees through the bot's eyes: who may edit a page cannot ask with it what they may not see themselves.
//!
//! A page links to private things, of which the bot's token sees each. Whichever of them exist, everything that
//! everybody may read is the same, byte for byte: standard output, the log at `-vv`, each report, and all that is
//! written to GitLab.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use podkeeper::sandbox::world::{NewIssue, Visibility};
use podkeeper::sandbox::{Sandbox, World};

use crate::exit_codes::{copy_config, empty_temp_folder, replace_in_file, run_podkeeper_with_env};
use crate::support::Stage;

/// A private thing: how it comes to exist, and the link that names it.
struct PrivateThing {
    link: &'static str,
    add: fn(&mut World, u64),
}

static THINGS: [PrivateThing; 15] = [
    PrivateThing {
        link: "https://gitlab.com/vault/secrets",
        add: |world, bot| {
            let _project = vault(world, bot);
        },
    },
    PrivateThing {
        link: "https://gitlab.com/vault/secrets/-/blob/main/people/ada-quill.yaml",
        add: |world, bot| add_file(world, bot, "people/ada-quill.yaml", "a: 1\n"),
    },
    // How long a file is.
    PrivateThing {
        link: "https://gitlab.com/vault/secrets/-/blob/main/long.txt#L40",
        add: |world, bot| add_file(world, bot, "long.txt", &"x\n".repeat(50)),
    },
    // What the default branch has, where the link names another one.
    PrivateThing {
        link: "https://gitlab.com/vault/secrets/-/blob/never-was/on-main.txt",
        add: |world, bot| add_file(world, bot, "on-main.txt", "x\n"),
    },
    // Which headings a text has.
    PrivateThing {
        link: "https://gitlab.com/vault/secrets/-/blob/main/plan.md#the-layoffs",
        add: |world, bot| add_file(world, bot, "plan.md", "# Plan\n\n## The layoffs\n"),
    },
    PrivateThing {
        link: "https://gitlab.com/vault/secrets/-/issues/1",
        add: |world, bot| {
            let project = vault(world, bot);
            world.open_issue(project, bot, &NewIssue { title: "An issue".to_owned(), ..NewIssue::default() });
        },
    },
    PrivateThing {
        link: "https://gitlab.com/vault/secrets/-/merge_requests/1",
        add: |world, bot| {
            let project = vault(world, bot);
            let _added = world.add_merge_request(project, bot, "A change", "opened");
        },
    },
    PrivateThing {
        link: "https://gitlab.com/vault/secrets/-/wikis/home",
        add: |world, bot| {
            let project = vault(world, bot);
            world.projects.get_mut(&project).unwrap().stubs.wiki.insert("home".to_owned());
        },
    },
    PrivateThing {
        link: "https://gitlab.com/groups/vault",
        add: |world, bot| {
            let group = world.add_group("vault", Visibility::Private);
            world.add_group_member(group, bot, 20);
        },
    },
    PrivateThing {
        link: "https://gitlab.com/groups/vault/-/epics/5",
        add: |world, bot| {
            let group = world.add_group("vault", Visibility::Private);
            world.add_group_member(group, bot, 20);
            world.add_epic(group, 5, "An epic", true);
        },
    },
    // A project that was renamed.
    PrivateThing {
        link: "https://gitlab.com/vault/old-name",
        add: |world, bot| {
            let project = world.add_project("vault/new-name", Visibility::Private);
            world.add_member(project, bot, 20);
            world.projects.get_mut(&project).unwrap().formerly.push("vault/old-name".to_owned());
        },
    },
    // In a project that everybody sees.
    PrivateThing {
        link: "https://gitlab.com/harbour/open/-/issues/1",
        add: |world, bot| {
            let project = world.project_by_path("harbour/open").unwrap().id;
            let iid = world.open_issue(project, bot, &NewIssue { title: "Hidden".to_owned(), ..NewIssue::default() });
            world.issue_mut(project, iid.unwrap()).unwrap().confidential = true;
        },
    },
    PrivateThing {
        link: "https://gitlab.com/harbour/open/-/milestones/1",
        add: |world, _| {
            let project = world.project_by_path("harbour/open").unwrap().id;
            let _id = world.add_milestone(project, "A milestone");
        },
    },
    // The label of a private project in a group that everybody sees; the page names it.
    PrivateThing {
        link: "https://gitlab.com/our-group/hidden-place",
        add: |world, bot| {
            let project = world.add_project("our-group/hidden-place", Visibility::Private);
            world.add_member(project, bot, 20);
            world.add_label(project, "hidden::label", "#123456", "");
        },
    },
    // The label of a private group, in which labels are looked up where the configuration says so.
    PrivateThing {
        link: "https://gitlab.com/groups/cellar/-/epics/9",
        add: |world, _| {
            let group = world.group_by_path("cellar").unwrap().id;
            world.add_epic(group, 9, "An epic", true);
            let _label = world.add_group_label("cellar", "project::acquire", "#123456", "");
        },
    },
];

/// The private project, which the bot sees; its number.
fn vault(world: &mut World, bot: u64) -> u64 {
    if let Some(there) = world.project_by_path("vault/secrets") {
        return there.id;
    }
    let project = world.add_project("vault/secrets", Visibility::Private);
    world.add_member(project, bot, 20);
    world.add_file(project, "main", "README.md", "# Secrets\n");
    project
}

fn add_file(world: &mut World, bot: u64, path: &str, text: &str) {
    let project = vault(world, bot);
    world.add_file(project, "main", path, text);
}

/// The seeded world, whose page links to all of them, and in which these exist.
fn world_with(existing: &[&PrivateThing]) -> World {
    let stage = Stage::seeded();
    stage.sandbox.change_world(|world| {
        let page = &stage.pods[0].page;
        let id = world.project_by_path(&page.project).unwrap().id;
        let files = world.projects.get_mut(&id).unwrap().files.get_mut(&page.git_ref).unwrap();
        let text = files.get_mut(&page.path).unwrap();
        text.push_str("\n## More links\n\n~\"hidden::label\" and ~\"project::acquire\"\n\n");
        for thing in &THINGS {
            writeln!(text, "- <{}>", thing.link).unwrap();
        }
        let open = world.add_project("harbour/open", Visibility::Public);
        let bot = world.tokens["api"].user;
        world.add_member(open, bot, 20);
        let cellar = world.add_group("cellar", Visibility::Private);
        world.add_group_member(cellar, bot, 20);
        for thing in existing {
            (thing.add)(world, bot);
        }
    });
    stage.sandbox.world()
}

/// What everybody may read of a run: each output with its name.
struct PublicOutputs(Vec<(String, String)>);

/// Does the whole job by the program itself, as CI does, and checks the pod's page.
async fn run_and_read(config: &str, existing: &[&PrivateThing], folder: &Path) -> (PublicOutputs, String) {
    let sandbox = Sandbox::new(world_with(existing));
    let server = sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
    let (url, address) = (format!("--sandbox={}", server.url()), server.url().to_string());
    let env = [("CI", "true"), ("PODKEEPER_TASK", "sessions,labels,roster,links")];
    let mut outputs = Vec::new();
    let team = folder.join("team.json");
    let mut args = vec!["--config", config, "-vv"].into_iter().map(str::to_owned).collect::<Vec<_>>();
    args.extend(["apply".to_owned(), url.clone(), "--report".to_owned(), format!("json:team={}", team.display())]);
    let mut files = Vec::new();
    for kind in ["json", "junit", "annotations", "slack", "audit"] {
        let path = folder.join(kind);
        args.extend(["--report".to_owned(), format!("{kind}={}", path.display())]);
        files.push((kind, path));
    }
    let check = ["--config", config, "-vv", "--format", "json", "check", "secure", &url].map(str::to_owned).to_vec();
    for args in [args, check] {
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let ended = run_podkeeper_with_env(&words, &env).await;
        let command = words.iter().find(|word| ["apply", "check"].contains(word)).unwrap();
        let format = words.iter().find(|word| ["text", "json"].contains(word)).unwrap_or(&"text");
        outputs.push((format!("the exit code of {command}"), format!("{:?}", ended.code)));
        outputs.push((format!("standard output of {command} as {format}"), ended.out));
        outputs.push((format!("the log of {command} as {format}"), sort_lines(&ended.err)));
    }
    for (kind, path) in files {
        outputs.push((format!("the report {kind}"), std::fs::read_to_string(path).unwrap()));
    }
    for write in sandbox.journal() {
        outputs.push(("a write".to_owned(), format!("{} {} {}", write.method, write.path, write.body)));
    }
    server.serve_until(async {}).await.unwrap();
    let masked = outputs.into_iter().map(|(name, text)| {
        (name, mask(&text.replace(&address, "SANDBOX/").replace(address.trim_end_matches('/'), "SANDBOX")))
    });
    (PublicOutputs(masked.collect()), std::fs::read_to_string(team).unwrap())
}

/// Requests run side by side, so that their lines come in any order.
fn sort_lines(log: &str) -> String {
    let mut lines: Vec<String> = log
        .lines()
        // The time of day.
        .map(|line| line.split_once("Z ").map_or(line, |(_, rest)| rest))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines.join("\n")
}

/// Without times, numbers of requests and tokens' ports.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    for word in text.split_inclusive([' ', '\n', ',']) {
        let begins = ["time.busy=", "time.idle=", "request_id=", "\"request_id\":", "wait_ms=", "\"time\":"];
        match begins.iter().find(|begin| word.contains(*begin)) {
            Some(begin) => masked.push_str(begin),
            None => masked.push_str(word),
        }
    }
    // Hashes of texts that hold the sandbox's port.
    let masked = without_hashed_lines(&masked);
    let times = ["\"stamp\": ", "\"took_ms\": ", "\"slowest_ms\": ", "\"held_ms\": ", "\"request_id\": "];
    let lines = masked.lines().map(|line| {
        let line = match times.iter().find_map(|time| line.split_once(time).map(|(before, _)| (before, time))) {
            Some((before, time)) => format!("{before}{time}MASKED"),
            None => line.to_owned(),
        };
        // The table of hosts: its last columns are times.
        match line.rsplit_once(" ms") {
            Some((before, "")) => {
                before.rsplit_once(' ').map_or(line.clone(), |(before, _)| before.trim_end().to_owned())
            }
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A text without the hashes of a block's lines.
fn without_hashed_lines(text: &str) -> String {
    let mut parts = text.split("\"lines\":[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + "\"lines\":[" + part.split_once(']').map_or(part, |(_, rest)| rest))
}

impl PublicOutputs {
    /// What differs, line by line.
    fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.0.len() != other.0.len() {
            found.push(format!("{} and {} outputs", self.0.len(), other.0.len()));
        }
        for ((name, one), (_, two)) in self.0.iter().zip(&other.0) {
            let lines = one.lines().zip(two.lines()).filter(|(one, two)| one != two);
            found.extend(lines.take(3).map(|(one, two)| format!("{name}:\n  {one}\n  {two}")));
            if one.lines().count() != two.lines().count() {
                found.push(format!("{name}: {} and {} lines", one.lines().count(), two.lines().count()));
            }
        }
        found
    }
}

/// Every so many of the things.
fn every(step: usize) -> Vec<&'static PrivateThing> {
    THINGS.iter().step_by(step).collect()
}

/// Every world in which some of them exist is the same to everybody as the one in which none does.
async fn assert_indistinguishable(config: &str, folder: &str, alone: &[&PrivateThing]) -> [String; 2] {
    let folder = empty_temp_folder(folder);
    let (none, team_none) = run_and_read(config, &[], &folder).await;
    let all: Vec<&PrivateThing> = THINGS.iter().collect();
    let (with_all, team_all) = run_and_read(config, &all, &folder).await;
    assert_eq!(none.differences(&with_all), [""; 0], "all of them");
    for thing in alone {
        let (one, _) = run_and_read(config, &[*thing], &folder).await;
        assert_eq!(none.differences(&one), [""; 0], "{}", thing.link);
    }
    let worlds = alone.len() + 2;
    println!("{} outputs in {worlds} worlds, 0 differences", none.0.len());
    [team_none, team_all]
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_asked_as_anybody_unless_a_token_is_named_for_them() {
    let config = copy_config("private-links", |_| {});
    let [none, all] = assert_indistinguishable(&config, "private-links-outputs", &every(3)).await;
    // Nor does the team see what was not asked.
    let (none, all) = (observed(&none, "vault"), observed(&all, "vault"));
    assert_eq!((none.len(), &none), (11, &all));
}

/// With a token that is named for links the team sees what it shows; all others see what they saw before.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_token_shows_is_for_the_team() {
    let config = copy_config("private-links-with-a-token", |folder| {
        let file = folder.join("podkeeper.toml");
        replace_in_file(&file, "[limits]", "[links]\ntoken = \"PODKEEPER_LINKS_TOKEN\"\n\n[limits]");
    });
    let [none, all] = assert_indistinguishable(&config, "private-links-with-a-token-outputs", &every(1)).await;
    let (none, all) = (observed(&none, "vault"), observed(&all, "vault"));
    println!("{none:?}\n{all:?}");
    assert!(none.iter().all(|(_, verdict)| verdict == "hidden"), "{none:?}");
    assert!(all.iter().filter(|(_, verdict)| verdict != "hidden").count() >= 9, "{all:?}");
}

/// Labels of a private group, and exceptions for what may not be there.
#[tokio::test(flavor = "multi_thread")]
async fn labels_of_a_private_group_are_for_the_team() {
    let config = copy_config("private-labels", |folder| {
        replace_in_file(&folder.join("podkeeper.toml"), "[\"our-group\"]", "[\"our-group\", \"cellar\"]");
        let file = folder.join("pods/secure.toml");
        let exception = "\n[[exception]]\nrule = \"label-missing\"\nsubject = \"project::acquire\"\nreason = \"x\"\n\
                         until = \"2027-01-01\"\n";
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text + exception).unwrap();
    });
    assert_indistinguishable(&config, "private-labels-outputs", &[]).await;
}

/// Without a report nothing is remembered, and what fails is told at once.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_report_what_a_token_shows_is_for_the_team_as_well() {
    let config = copy_config("private-links-without-report", |folder| {
        let file = folder.join("podkeeper.toml");
        replace_in_file(&file, "[limits]", "[links]\ntoken = \"PODKEEPER_LINKS_TOKEN\"\n\n[limits]");
        replace_in_file(&file, "project = \"our-group/support-team-meta\"\n", "");
    });
    assert_indistinguishable(&config, "private-links-without-report-outputs", &every(4)).await;
}

/// The verdicts on links whose address holds a text.
fn observed(report: &str, holds: &str) -> Vec<(String, String)> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap_or_default();
    let all = report["pods"][0]["observations"].as_array().cloned().unwrap_or_default();
    let words = |seen: &serde_json::Value, key: &str| seen[key].as_str().unwrap_or_default().to_owned();
    let of_text = all.iter().filter(|seen| words(seen, "url").contains(holds));
    of_text.map(|seen| (words(seen, "url"), words(seen, "verdict"))).collect()
}
