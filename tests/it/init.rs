//! `podkeeper init`, as somebody meets it who has a page and nothing else: the program in an empty folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use http::Request;
use podkeeper::pod::PageLocation;
use serde_json::Value;

use crate::exit_codes::{ProgramOutput, empty_temp_folder};
use crate::program_with_sandbox::SandboxProcess;
use crate::support::{path_from_env, repository_root, shipped_config};

const FILES: [&str; 4] = ["config/podkeeper.toml", "config/pods/secure.toml", ".gitlab-ci.yml", "README.md"];

#[test]
fn the_page_of_the_sandbox_becomes_a_configuration_that_runs() {
    let folder = empty_temp_folder("init-sandbox");
    let ran = run(&folder, &["init", "secure", "--yes", "--sandbox"]);
    ran.assert_ends(0, &["9, all with a handle, 2 leads", "Written:", "To decide:", "podkeeper plan secure --sandbox"]);
    assert_eq!(ran.err, "");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    assert_eq!(files_below(&folder), sorted(&FILES));
    let pod = read(&folder, "config/pods/secure.toml");
    for key in [
        "name = \"Secure Pod\"\n",
        "path = \"content/handbook/support/support-pods/secure/_index.md\"\n",
        "[label]\nname = \"pod::secure\"\n",
        "[[session]]\ncron = \"0 15 * * Thu\"\nzone = \"UTC\"\n",
        "[members]\nzendesk_group = \"Support Focus: Secure\"\n",
        "[slack]\nchannel = \"#spt_pod_secure\"\n",
    ] {
        assert!(pod.contains(key), "{key}{pod}");
    }
    let ci = read(&folder, ".gitlab-ci.yml");
    let component = format!("/podkeeper/podkeeper@{}\n    inputs:\n      pods: secure\n", env!("CARGO_PKG_VERSION"));
    assert!(ci.contains("include:\n  - component: $CI_SERVER_FQDN/") && ci.ends_with(&component), "{ci}");
    let readme = read(&folder, "README.md");
    for part in ["\n## podkeeper\n", "Pipeline schedules", "`PODKEEPER_TOKEN`", "`podkeeper doctor`"] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
    run(&folder, &["config", "validate"]).assert_ends(0, &["secure", "your-group/support-pairing"]);
    run(&folder, &["plan", "secure"]).assert_ends(2, &["your-group/support-pairing"]);
    run(&folder, &["page", "secure", "--sandbox"]).assert_ends(0, &["Members: 9, 2 leads"]);
    run(&folder, &["plan", "secure", "--sandbox"]).assert_ends(0, &["open \"Secure Pod Pairing"]);
    // A second time there is nothing that could be written.
    let before = contents(&folder);
    run(&folder, &["init", "secure", "--yes", "--sandbox"])
        .assert_ends(2, &["config/pods/secure.toml is there already", "overwrites nothing"]);
    assert_eq!(contents(&folder), before);
}

/// The page holds real people's names, so it is not a part of this repository.
#[test]
#[ignore = "needs the Secure Pod's page: PODKEEPER_REAL_PAGE=FILE cargo test --test it -- --ignored real_page"]
fn the_real_page_becomes_a_configuration() {
    let page = path_from_env("PODKEEPER_REAL_PAGE");
    let pod = init_of_page("init-real-page", page.to_str().unwrap(), 9);
    for key in [
        "name = \"Secure Pod\"\n",
        "[label]\nname = \"pod::secure\"\n",
        "[[session]]\ncron = \"0 15 * * Thu\"\nzone = \"UTC\"\n",
        "[members]\nzendesk_group = \"Support Focus: Secure\"\n",
        "[slack]\nchannel = \"#spt_pod_secure\"\n",
    ] {
        assert!(pod.contains(key), "{key}{pod}");
    }
}

/// Pages of other shapes: names as headings, a table, handles alone, no session, another language.
#[test]
fn every_member_of_a_page_of_another_shape_is_understood() {
    for (page, members, keys) in [
        (
            "names-as-headings",
            3,
            &[
                "name = \"Lantern Pod\"\n",
                "members_heading = \"Our people\"\nmembers_form = \"heading\"\n",
                "name = \"pod::lantern\"\n",
                "[[session]]\ncron = \"0 15 * * Tue\"\nzone = \"UTC\"\nduration = \"90m\"\n",
            ][..],
        ),
        (
            "table",
            4,
            &[
                "members_heading = \"Team\"\nmembers_form = \"table\"\n",
                "# every = 2\n# anchor = \"2026-",
                "zendesk_group = \"Support Focus: Harbour\"\n",
            ],
        ),
        (
            "mentions",
            3,
            &[
                "members_form = \"mention\"\n",
                "slot = \"emea\"\ncron = \"0 9 * * Mon\"\n",
                "slot = \"amer\"\ncron = \"0 17 * * Mon\"\n",
                "# slot = \"apac\"\n",
            ],
        ),
        (
            "no-sessions",
            2,
            &[
                "name = \"Quiet \\\"Night\\\" Pod\"\n",
                "# Decide: the page names pod::quiet (line 5), pod::night (line 5).\nname = \"pod::secure\"\n",
                "without [[session]] no pairing issue\n# is opened.\n# [[session]]\n",
            ],
        ),
        ("another-language", 4, &["members_heading = \"Mitglieder\"\nmembers_form = \"list\"\n"]),
    ] {
        let path = repository_root().join(format!("tests/data/init/{page}.md"));
        let pod = init_of_page(&format!("init-{page}"), path.to_str().unwrap(), members);
        for key in keys {
            assert!(pod.contains(key), "{page}: {key}{pod}");
        }
    }
}

/// The page of a sandbox that is served for the configuration as it ships.
fn page_of_sandbox() -> PageLocation {
    let page = shipped_config().pods[0].page.clone();
    PageLocation { project: page.project.replacen("our-group", "your-group", 1), ..page }
}

/// What `init --yes` makes of a page in a served sandbox: all of its members are understood afterwards. Gives the pod's file.
fn init_of_page(name: &str, page: &str, members: usize) -> String {
    let folder = empty_temp_folder(name);
    let served = SandboxProcess::serve(&["--page", page]);
    let at = page_of_sandbox();
    let sandbox = format!("--sandbox={}", served.url);
    let ran = run(&folder, &["init", "secure", "--yes", &sandbox, "--project", &at.project, "--path", &at.path]);
    ran.assert_ends(0, &["Written:", &format!("{members}, all with a handle")]);
    run(&folder, &["config", "validate"]).assert_ends(0, &["secure"]);
    run(&folder, &["plan", "secure", "--sandbox"]).assert_ends(0, &["requests to GitLab"]);
    let shown = run(&folder, &["page", "secure", &sandbox, "--format", "json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    let understood = shown["members"].as_array().unwrap();
    assert_eq!(understood.len(), members, "{understood:?}");
    assert!(understood.iter().all(|member| member["handle"].is_string()), "{understood:?}");
    for file in files_below(&folder) {
        let text = read(&folder, &file);
        for member in understood {
            for key in ["name", "handle"] {
                let word = member[key].as_str().unwrap();
                assert!(word.is_empty() || !text.contains(word), "{file} names a person: {text}");
            }
        }
    }
    read(&folder, "config/pods/secure.toml")
}

#[test]
fn a_pod_that_does_not_meet_is_good_and_says_so() {
    let folder = empty_temp_folder("init-no-session");
    let page = repository_root().join("tests/data/init/no-sessions.md");
    let args = ["init", "quiet", "--yes", "--project", "desk/handbook", "--path", "quiet.md", "--page"];
    run(&folder, &[&args[..], &[page.to_str().unwrap()]].concat()).assert_ends(0, &["config/pods/quiet.toml"]);
    run(&folder, &["config", "validate"])
        .assert_ends(0, &["quiet.toml: has no [[session]], so no pairing issue is opened"]);
    let ran = run(&folder, &["apply", "--sandbox"]);
    ran.assert_ends(0, &["0 written"]);
}

#[test]
fn who_is_asked_nothing_and_has_no_terminal_is_told_of_yes() {
    let folder = empty_temp_folder("init-no-terminal");
    for args in [&["init", "secure", "--sandbox"][..], &["init"], &["init", "--format", "json", "--sandbox"]] {
        run(&folder, args).assert_ends(2, &["on a terminal", "--yes takes what the page proposes"]);
    }
    run(&folder, &["init", "--yes"]).assert_ends(2, &["the pod's page", "--project GROUP/PROJECT --path FILE"]);
    // The name that stands for a project is asked of nobody.
    run(&folder, &["init", "--yes", "--project", "your-group/handbook", "--path", "content/a/_index.md"])
        .assert_ends(2, &["your-group/handbook stands for a project of yours"]);
    run(&folder, &["init", "Secure Pod", "--yes"]).assert_ends(2, &["a-z, 0-9 and -"]);
    assert!(files_below(&folder).is_empty());
}

#[test]
fn what_is_there_is_left_byte_for_byte_and_a_second_pod_adds_its_own_file() {
    let folder = empty_temp_folder("init-there");
    std::fs::write(folder.join(".gitlab-ci.yml"), "build:\n  script: make\n").unwrap();
    std::fs::write(folder.join("README.md"), "# Mine\r\n").unwrap();
    let ran = run(&folder, &["init", "secure", "--yes", "--sandbox"]);
    ran.assert_ends(
        0,
        &[
            ".gitlab-ci.yml is there and was left as it is; add to it:",
            "- component: $CI_SERVER_FQDN/",
            "README.md is there and was left as it is; add to it, if you like:",
            "## podkeeper",
        ],
    );
    assert_eq!(read(&folder, ".gitlab-ci.yml"), "build:\n  script: make\n");
    assert_eq!(read(&folder, "README.md"), "# Mine\r\n");

    std::fs::write(folder.join(".gitlab-ci.yml"), "include:\n  - component: a/b/podkeeper@1\n").unwrap();
    let before = contents(&folder);
    let ran = run(&folder, &["init", "duo", "--yes", "--sandbox"]);
    ran.assert_ends(0, &["add duo to the `pods`", "config/pods/duo.toml"]);
    let after = contents(&folder);
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|file| after.contains(file)), "a file was changed");
    let pod = read(&folder, "config/pods/duo.toml");
    assert!(!pod.contains("[pairing]") && !pod.contains("[agents]") && !pod.contains("project ="), "{pod}");
    run(&folder, &["config", "validate"]).assert_ends(0, &["duo", "secure"]);

    // A label is one pod's: the parser says so, and nothing is written.
    let ran = run(&folder, &["init", "third", "--yes", "--sandbox", "--label", "pod::duo"]);
    ran.assert_ends(2, &["pod::duo"]);
    assert_eq!(contents(&folder), after);
}

#[test]
fn options_stand_in_the_pages_place_and_json_says_the_same() {
    let folder = empty_temp_folder("init-options");
    let given = [
        "--name=Night Shift",
        "--label=shift::night",
        "--cron=30 7 * * Tue",
        "--zone=Asia/Tokyo",
        "--pairing-project=desk/pairing",
        "--agents-project=desk/team",
        "--reports-project=desk/meta",
        "--site-url=https://handbook.example.com",
        "--component=$CI_SERVER_FQDN/desk/podkeeper/podkeeper@~latest",
    ];
    let args = [&["init", "secure", "--yes", "--sandbox", "--format", "json"][..], &given].concat();
    let ran = run(&folder, &args);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let shown: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&shown["version"], &shown["pod"]), (&Value::from(1), &Value::from("secure")));
    assert_eq!(shown["written"].as_array().unwrap().len(), 4);
    assert_eq!(shown["decide"], Value::Array(Vec::new()), "everything was given");
    let (instance, pod) = (read(&folder, "config/podkeeper.toml"), read(&folder, "config/pods/secure.toml"));
    for key in [
        "project = \"desk/pairing\"",
        "project = \"desk/team\"",
        "project = \"desk/meta\"",
        "site = \"https://handbook.example.com\"",
    ] {
        assert!(instance.contains(key), "{key}: {instance}");
    }
    for key in ["\"Night Shift\"", "\"shift::night\"", "cron = \"30 7 * * Tue\"\nzone = \"Asia/Tokyo\""] {
        assert!(pod.contains(key), "{key}: {pod}");
    }
    assert!(read(&folder, ".gitlab-ci.yml").contains("desk/podkeeper/podkeeper@~latest"));
    for wrong in [
        ["--zone=Nowhere/City", "is no IANA time zone"],
        ["--cron=0 99 * * Thu", "99"],
        ["--label=a,b", "holds a comma"],
        ["--pairing-project=pairing", "is no full path of a project"],
        ["--component=a b@1", "--component takes an address"],
        ["--path=../x.md", "no path inside a project"],
    ] {
        let folder = empty_temp_folder("init-wrong-options");
        run(&folder, &["init", "secure", "--yes", "--sandbox", wrong[0]]).assert_ends(2, &[wrong[1]]);
        assert!(files_below(&folder).is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_file_of_this_machine_says_where_the_worker_reads_it() {
    let folder = empty_temp_folder("init-local");
    std::fs::copy(repository_root().join("tests/data/pages/juniper-pod.md"), folder.join("page.md")).unwrap();
    run(&folder, &["init", "--yes", "--page", "page.md"])
        .assert_ends(2, &["page.md is a file of this machine", "--path FILE"]);
    run(&folder, &["init", "--yes", "--page", "gone.md"]).assert_ends(2, &["gone.md cannot be read"]);
    assert_eq!(files_below(&folder), ["page.md"]);
    let args = [
        "init",
        "--yes",
        "--page",
        "page.md",
        "--project",
        "desk/handbook",
        "--path",
        "content/pods/juniper/_index.md",
    ];
    // Nothing is asked of anybody: a token is of no use, and none is needed.
    run(&folder, &args).assert_ends(0, &["config/pods/juniper.toml"]);
    let pod = read(&folder, "config/pods/juniper.toml");
    assert!(pod.contains("[[session]]\ncron = \"0 14 * * Wed\""), "{pod}");
    assert!(!read(&folder, "config/podkeeper.toml").contains("[gitlab]"), "gitlab.com needs no line");
    run(&folder, &["config", "validate"]).assert_ends(0, &["juniper"]);
}

/// What the other pods share is another thing than what this page has: it is said, and not written wrongly.
#[test]
fn a_pod_whose_page_differs_from_the_defaults_says_so() {
    let folder = empty_temp_folder("init-differs");
    run(&folder, &["init", "secure", "--yes", "--sandbox"]).assert_ends(0, &[]);
    let shared = read(&folder, "config/podkeeper.toml");
    let other = shared.replace("[defaults.page]\n", "[defaults.page]\nmembers_heading = \"Members\"\n");
    std::fs::write(folder.join("config/podkeeper.toml"), other).unwrap();
    std::fs::copy(repository_root().join("tests/data/pages/juniper-pod.md"), folder.join("page.md")).unwrap();
    let page = ["--page", "page.md", "--project", "desk/handbook", "--path", "content/pods/duo/_index.md"];
    let args = [&["init", "duo", "--yes", "--agents-project", "your-group/other-team"][..], &page].concat();
    run(&folder, &args).assert_ends(0, &["names another heading above the members"]);
    let pod = read(&folder, "config/pods/duo.toml");
    assert!(pod.contains("\n# members_heading = ") && pod.contains("\nref = \"main\"\n"), "{pod}");
}

/// The address of a page on its site, and that of its file on a GitLab that no configuration names: both are read as anybody.
#[tokio::test]
async fn a_page_is_found_by_the_address_of_its_site() {
    let page = std::fs::read_to_string(repository_root().join("tests/data/pages/juniper-pod.md")).unwrap();
    let source = "/desk/handbook/-/edit/main/content/pods/juniper/_index.md";
    let html = format!("<!doctype html><title>Juniper</title><p>Text</p><a href=\"{source}\">Edit this page</a>");
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let requests = Arc::clone(&seen);
    let router = Router::new().fallback(move |request: Request<Body>| {
        requests.lock().unwrap().push(format!("{:?}", request.headers()));
        let text = match request.uri().path() {
            "/pods/juniper/" => Some(html.clone()),
            "/pods/none/" => Some("<!doctype html><p>Nothing</p>".to_owned()),
            "/desk/handbook/-/raw/main/content/pods/juniper/_index.md" => Some(page.clone()),
            "/desk/hidden/-/raw/main/content/pods/x/_index.md" => Some("<!doctype html>Sign in".to_owned()),
            _ => None,
        };
        async move { text.ok_or(http::StatusCode::NOT_FOUND) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let ask = async |folder: &str, path: &str, token: bool| {
        let folder = empty_temp_folder(folder);
        let mut command = tokio::process::Command::from(program(
            &folder,
            &["init", "--yes", "--allow-address", "127.0.0.0/8", "--page", &format!("{url}{path}")],
        ));
        if token {
            command.env("PODKEEPER_TOKEN", "glpat-a-token-of-nobody-at-all");
        }
        let output = command.output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (folder, ProgramOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) })
    };
    for path in ["/pods/juniper/", source, "/desk/handbook/-/tree/main/content/pods/juniper"] {
        let (folder, ran) = ask("init-site", path, true).await;
        ran.assert_ends(0, &["config/pods/juniper.toml", "content/pods/juniper/_index.md in desk/handbook"]);
        let instance = read(&folder, "config/podkeeper.toml");
        // Whoever writes a site does not say where a token goes: that line waits for a person.
        let by_site = path.starts_with("/pods/");
        let url = format!("url = \"{url}\"\n");
        assert!(instance.contains(&url), "{instance}");
        assert_eq!(instance.contains(&format!("# {url}")), by_site, "{instance}");
        assert_eq!(instance.contains("# Decide: the page's site names this GitLab"), by_site, "{instance}");
    }
    let (folder, ran) = ask("init-site-none", "/pods/none/", false).await;
    ran.assert_ends(2, &["has no link that edits its source", "--project GROUP/PROJECT --path FILE"]);
    assert!(files_below(&folder).is_empty());
    let (folder, ran) = ask("init-site-hidden", "/desk/hidden/-/blob/main/content/pods/x/_index.md", true).await;
    ran.assert_ends(4, &["came as HTML", "asked as anybody", "PODKEEPER_TOKEN", "config/podkeeper.toml"]);
    assert!(files_below(&folder).is_empty());
    ask("init-site-gone", "/pods/gone/", false).await.1.assert_ends(5, &["there is nothing at"]);
    let seen = seen.lock().unwrap();
    assert!(seen.len() == 7 && !seen.concat().contains("glpat-"), "a token went where no configuration leads it");
}

#[test]
fn a_page_that_is_not_there_and_a_configuration_that_is_broken_write_nothing() {
    let folder = empty_temp_folder("init-nothing");
    let served = SandboxProcess::serve(&[]);
    let at = page_of_sandbox();
    let sandbox = format!("--sandbox={}", served.url);
    run(&folder, &["init", "secure", "--yes", &sandbox, "--project", &at.project, "--path", "no/such.md"])
        .assert_ends(5, &["no/such.md is not in", "--ref"]);
    run(&folder, &["init", "secure", "--yes", &sandbox, "--project", "no/such", "--path", &at.path])
        .assert_ends(4, &["no/such is not there or not visible"]);
    assert!(files_below(&folder).is_empty());
    std::fs::create_dir(folder.join("config")).unwrap();
    std::fs::write(folder.join("config/podkeeper.toml"), "[gitlab]\nurll = \"https://gitlab.example\"\n").unwrap();
    run(&folder, &["init", "secure", "--yes", "--sandbox"]).assert_ends(2, &["unknown key `urll`"]);
    assert_eq!(files_below(&folder), ["config/podkeeper.toml"]);
}

#[test]
fn nothing_is_written_through_a_symlink_or_where_it_cannot_be() {
    let folder = empty_temp_folder("init-symlinks");
    std::fs::create_dir(folder.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.join("config")).unwrap();
    let blocked = |why: &[&str]| {
        run(&folder, &["init", "secure", "--yes", "--sandbox"]).assert_ends(2, why);
        assert!(!folder.join("README.md").exists() && !folder.join(".gitlab-ci.yml").exists());
    };
    blocked(&["config is a symlink", "nothing was written"]);
    assert!(files_below(&folder.join("elsewhere")).is_empty());
    std::fs::remove_file(folder.join("config")).unwrap();
    std::fs::write(folder.join("config"), "a file").unwrap();
    blocked(&["config is no folder", "nothing was written"]);
    std::fs::remove_file(folder.join("config")).unwrap();
    std::fs::create_dir(folder.join("config")).unwrap();
    std::os::unix::fs::symlink("../elsewhere/pods", folder.join("config/pods")).unwrap();
    blocked(&["config/pods", "nothing was written"]);
    std::fs::remove_file(folder.join("config/pods")).unwrap();
    // One that leads nowhere is there: it is left, and nothing is made where it leads.
    std::os::unix::fs::symlink("elsewhere/readme.md", folder.join("README.md")).unwrap();
    run(&folder, &["init", "secure", "--yes", "--sandbox"])
        .assert_ends(0, &["README.md is there and was left as it is"]);
    assert!(std::fs::symlink_metadata(folder.join("README.md")).unwrap().is_symlink());
    assert!(files_below(&folder.join("elsewhere")).is_empty());
    let left = files_below(&folder).into_iter().filter(|name| name.contains("tmp-podkeeper")).count();
    assert_eq!(left, 0);
}

/// A folder in which nobody may write; a superuser may, and then there is nothing to see.
#[test]
fn a_read_only_folder_stays_empty() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = empty_temp_folder("init-read-only");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let may_write = std::fs::write(folder.join("probe"), "").is_ok();
    let ran = run(&folder, &["init", "secure", "--yes", "--sandbox"]);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    if may_write {
        ran.assert_ends(0, &["Written:"]);
    } else {
        ran.assert_ends(2, &["config cannot be written", "nothing was written"]);
        assert!(files_below(&folder).is_empty());
    }
}

/// The program in a folder, with nothing of this machine's environment.
fn program(folder: &Path, args: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_podkeeper"));
    program.args(args).current_dir(folder).env_clear().env("PODKEEPER_TASK", "sessions,labels").stdin(Stdio::null());
    program
}

fn run(folder: &Path, args: &[&str]) -> ProgramOutput {
    let output = program(folder, args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    ProgramOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_else(|why| panic!("{file}: {why}"))
}

/// The files below a folder, in order.
fn files_below(folder: &Path) -> Vec<String> {
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(here) = open.pop() {
        for entry in std::fs::read_dir(&here).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

fn contents(folder: &Path) -> Vec<(String, String)> {
    files_below(folder).into_iter().map(|file| (file.clone(), read(folder, &file))).collect()
}

fn sorted(files: &[&str]) -> Vec<String> {
    let mut files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    files.sort();
    files
}
