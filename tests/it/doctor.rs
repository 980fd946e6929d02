//! `podkeeper doctor`: each of many faults is named by its check, once, and a healthy world has none.

#[path = "doctor/clinic.rs"]
mod clinic;
#[path = "doctor/faults.rs"]
mod faults;

use podkeeper::pod::diagnosis::{Check, Diagnosis, Section};
use podkeeper::pod::run::ExitStatus;
use podkeeper::report::doctor::{DetailLevel, render_json, render_text};
use podkeeper::report::{Confidential, Public, ReportAudience as _, Team};
use podkeeper::sandbox::world::Visibility;
use serde_json::Value;

use crate::exit_codes::{ScriptedAnswer, config_of_gitlab, replace_in_file, run_podkeeper_with_env, serve_with_script};
use crate::support::{NOW, Stage, now, shipped_config};
use clinic::Clinic;
use faults::{FAULTS, Fault};

// ---- The table ----

#[tokio::test(start_paused = true)]
async fn each_fault_is_named_by_its_check_and_nothing_else_is() {
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let mut clinic = Clinic::healthy();
        (fault.make)(&mut clinic);
        let found = clinic.examine().await;
        let text = render_text(Confidential::restrict(&found), DetailLevel::Normal);
        wrong.extend(find_difference(fault, &found, &text).map(|why| format!("{}: {why}\n{text}", fault.name)));
        clinic.assert_presentable(&found);
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    let named: std::collections::BTreeSet<&str> = FAULTS.iter().map(|fault| fault.name).collect();
    assert_eq!(named.len(), FAULTS.len());
    println!("{} faults, each named once by its check", FAULTS.len());
    assert!(FAULTS.len() >= 25);
}

/// What is not as the table says.
fn find_difference(fault: &Fault, found: &Diagnosis, text: &str) -> Option<String> {
    let Fault { check, section, exit_status, words, .. } = fault;
    let told = found.verdicts.iter().filter(|verdict| verdict.section < Section::NotChecked).count();
    let expected = usize::from(*section < Section::NotChecked);
    if told != expected {
        return Some(format!("told {told} times"));
    }
    let verdict = found.verdicts.iter().find(|verdict| (verdict.check, verdict.section) == (*check, *section));
    let Some(verdict) = verdict else { return Some(format!("no verdict of {check:?} in {section:?}")) };
    if (verdict.exit_status, found.exit_status()) != (*exit_status, *exit_status) {
        return Some(format!("ends with {:?}", found.exit_status()));
    }
    if verdict.advice.is_empty() {
        return Some("says nothing to do".to_owned());
    }
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("/ ", "/");
    words.iter().find(|word| !flat.contains(**word)).map(|word| format!("`{word}` is not in"))
}

#[tokio::test(start_paused = true)]
async fn in_a_healthy_world_every_check_is_quiet() {
    let clinic = Clinic::healthy();
    let found = clinic.examine().await;
    let text = render_text(Confidential::restrict(&found), DetailLevel::Verbose);
    assert_eq!(found.exit_status(), ExitStatus::Done, "{text}");
    assert_eq!(found.verdicts.iter().filter(|verdict| verdict.section != Section::Fine).count(), 0, "{text}");
    // What would stop the plan is told only where something does.
    for check in Check::ALL.into_iter().filter(|check| *check != Check::Plan) {
        assert!(found.verdicts.iter().any(|verdict| verdict.check == check), "{check:?} says nothing\n{text}");
    }
    assert!(text.starts_with("Secure Pod on gitlab.example: nothing stops the bot, "), "{text}");
    assert!(text.ends_with("Exit 0: nothing stops the bot. Nothing was changed.\n"), "{text}");
    assert_eq!(render_text(Confidential::restrict(&found), DetailLevel::Quiet), "", "quiet where all is well");
    clinic.assert_presentable(&found);
    assert_eq!(clinic.stage.journal(), Vec::<String>::new(), "it only reads");
    // Weekly in the schedule: no more than a run and a half.
    assert!(found.requests <= 30, "{} requests", found.requests);
}

// ---- Fleets ----

#[tokio::test(start_paused = true)]
async fn what_pods_share_is_told_once_and_what_is_one_pod_s_names_it() {
    let mut pods = shipped_config().pods;
    let mut second = pods[0].clone();
    second.key = podkeeper::pod::PodKey::parse("plan").unwrap();
    second.name = "Plan Pod".to_owned();
    second.page.path = second.page.path.replace("/secure/", "/plan/");
    second.label.name = podkeeper::pod::label::LabelName::parse("pod::plan").unwrap();
    pods.push(second);
    let clinic = Clinic::of(pods);
    let found = clinic.examine().await;
    let text = render_text(Confidential::restrict(&found), DetailLevel::Verbose);
    assert!(text.starts_with("2 pods on gitlab.example: nothing stops the bot, "), "{text}");
    assert_eq!(text.matches("4 of 4 are there").count(), 1, "{text}");
    // A shared project, and one pod's own label.
    clinic.change_project(|pod| &pod.agents.as_ref().unwrap().project, |project| project.archived = true);
    let pairing = clinic.stage.pods[0].pairing_project.clone();
    clinic.stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&pairing).unwrap().id;
        world.set_label_archived(id, "pod::plan", true).unwrap();
    });
    let found = clinic.examine().await;
    let text = render_text(Confidential::restrict(&found), DetailLevel::Normal);
    assert_eq!((found.count(Section::Stops), found.count(Section::Soon)), (1, 1), "{text}");
    assert!(text.contains("label      plan: pod::plan is archived"), "{text}");
    assert!(!text.contains("secure, plan: "), "{text}");
    clinic.assert_presentable(&found);
}

// ---- Who reads it ----

#[tokio::test(start_paused = true)]
async fn what_is_the_team_s_is_in_no_public_page() {
    let mut clinic = Clinic::healthy();
    (FAULTS.iter().find(|fault| fault.name == "another account's issue").unwrap().make)(&mut clinic);
    clinic.change_schedule(|schedule| schedule.active = false);
    let found = clinic.examine().await;
    let public = render_text(Confidential::restrict(&found).narrow_to::<Public>(), DetailLevel::Verbose)
        + &render_json(Confidential::restrict(&found).narrow_to::<Public>());
    let team = render_text(Confidential::restrict(&found).narrow_to::<Team>(), DetailLevel::Verbose);
    for word in ["hollis-brandt", "podkeeper-bot", "podkeeper daily"] {
        assert!(team.contains(word), "{team}");
        assert!(!public.contains(word), "{word}: {public}");
    }
    assert!(public.contains("has been off since") && public.contains("another account's"), "{public}");
    // Nobody's name, whoever reads.
    for (_, user) in clinic.stage.sandbox.world().users.iter().filter(|(_, user)| !user.bot && !user.admin) {
        assert!(!team.contains(&user.name) && !public.contains(&user.name), "{}", user.name);
    }
}

// ---- The program ----

/// A served world, and the configuration and token to look at it with.
async fn served(change: impl FnOnce(&Stage)) -> (Stage, crate::exit_codes::TestServer, String, String) {
    let stage = Stage::of(shipped_config().pods, now());
    change(&stage);
    let host = serve_with_script(&stage, |_| None).await;
    let config = config_of_gitlab(&host.url);
    let token = stage.sandbox.describe().tokens["api"].clone();
    (stage, host, config, token)
}

#[tokio::test]
async fn the_program_ends_as_the_worst_verdict_says_and_writes_nothing() {
    let (stage, host, config, token) = served(|_| {}).await;
    let project = podkeeper::sandbox::seed::schedule_project(&stage.pods[0].pairing_project);
    let env = [("PODKEEPER_TOKEN", token.as_str()), ("CI_PROJECT_PATH", project.as_str())];
    let args = ["doctor", "--config", &config, "--now", NOW];
    let told = run_podkeeper_with_env(&args, &env).await;
    told.assert_ends(0, &["nothing stops the bot", "4 of 4 are there", "podkeeper daily"]);
    let quiet = run_podkeeper_with_env(&[&args[..], &["-q"]].concat(), &env).await;
    quiet.assert_ends(0, &[]);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    let verbose = run_podkeeper_with_env(&[&args[..], &["-v"]].concat(), &env).await;
    assert_eq!(verbose.err, "", "the page is enough");
    let json = run_podkeeper_with_env(&[&args[..], &["--format", "json"]].concat(), &env).await;
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&value["version"], &value["exit_code"]), (&1.into(), &0.into()));
    assert!(value["checks"].as_array().unwrap().iter().all(|check| check["section"] == "fine"), "{value:#}");
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        world.projects.get_mut(&id).unwrap().archived = true;
    });
    let told = run_podkeeper_with_env(&[&args[..], &["secure", "-q"]].concat(), &env).await;
    told.assert_ends(5, &["STOPS THE BOT", "is archived", "podkeeper.toml:", "Exit 5: a person has to act."]);
    assert!(!told.out.contains("FINE"), "{}", told.out);
    run_podkeeper_with_env(&["doctor", "nosuch", "--config", &config], &env).await.assert_ends(2, &["no pod `nosuch`"]);
    assert_eq!(stage.journal(), Vec::<String>::new());
    assert!(host.seen_requests().iter().all(|seen| seen.method == "GET" || seen.target == "/api/graphql"));
    for told in [told, json, verbose] {
        assert!(!format!("{}{}", told.out, told.err).contains(&token), "no token in what is printed");
    }
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_told_as_everywhere() {
    let config = config_of_gitlab("http://127.0.0.1:1");
    replace_in_file(
        &std::path::Path::new(&config).join("pods/secure.toml"),
        "zone = \"UTC\"",
        "zone = \"Europe/Atlantis\"",
    );
    let told = run_podkeeper_with_env(&["doctor", "--config", &config], &[]).await;
    told.assert_ends(2, &["Europe/Atlantis", "secure.toml:"]);
}

/// Nothing is asked with a configuration that nobody has fitted; a sandbox has what it names.
#[tokio::test]
async fn a_placeholder_ends_it_before_any_request() {
    let (_stage, host, config, token) = served(|_| {}).await;
    let pod = std::path::Path::new(&config).join("pods/secure.toml");
    let fitted = std::fs::read_to_string(&pod).unwrap();
    let own = shipped_config().pods[0].pairing_project.clone();
    std::fs::write(&pod, fitted.replace(&own, "your-group/support-pairing")).unwrap();
    let shared = std::path::Path::new(&config).join("podkeeper.toml");
    let text = std::fs::read_to_string(&shared).unwrap();
    std::fs::write(&shared, text.replace(&own, "your-group/support-pairing")).unwrap();
    let args = ["doctor", "--config", &config, "--now", NOW];
    let told = run_podkeeper_with_env(&args, &[("PODKEEPER_TOKEN", &token)]).await;
    told.assert_ends(2, &["configuration as it ships", "your-group/support-pairing", "Exit 2"]);
    assert_eq!(host.seen_requests().len(), 0);
    let args = ["doctor", "--config", &config, "--sandbox"];
    run_podkeeper_with_env(&args, &[]).await.assert_ends(0, &["nothing stops the bot"]);
}

#[tokio::test]
async fn a_sandbox_shows_a_lifelike_page() {
    let told = run_podkeeper_with_env(&["doctor", "--sandbox"], &[]).await;
    told.assert_ends(0, &["\"podkeeper daily\" runs next on", "its last pipeline: success", "4 of 4 are there"]);
}

// ---- Another project watches ----

#[tokio::test]
async fn a_second_project_sees_that_the_first_has_not_ended_well_for_too_long() {
    let (stage, host, config, token) = served(|_| {}).await;
    let project = podkeeper::sandbox::seed::schedule_project(&stage.pods[0].pairing_project);
    let later = "2026-11-25T05:00:00Z";
    let look = async |within: &str, project: &str| {
        let args = ["doctor", "--last-success", within, "--project", project, "--config", &config, "--now", later];
        run_podkeeper_with_env(&args, &[("PODKEEPER_TOKEN", &token)]).await
    };
    // It ended at six, the day before.
    look("26h", &project).await.assert_ends(0, &["ended well within", "Tue 24 Nov 2026, 06:00 UTC"]);
    look("22h", &project).await.assert_ends(5, &["no scheduled pipeline ended well within 22h", "Exit 5"]);
    // Others than those of a schedule, and those that failed, do not count.
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&project).unwrap().id;
        let (schedule, owner) = world.projects[&id].schedules.values().map(|one| (one.id, one.owner)).next().unwrap();
        world.add_scheduled_pipeline(id, schedule, "failed").unwrap();
        world.add_pipeline(id, owner, "push", "success").unwrap();
    });
    look("22h", &project).await.assert_ends(5, &["Tue 24 Nov 2026, 06:00 UTC"]);
    look("26h", "no/such").await.assert_ends(4, &["the pipelines of no/such", "not there or not visible"]);
    let each_once = host.seen_requests();
    assert_eq!(each_once.len(), 4, "{each_once:?}");
    assert!(each_once.iter().all(|seen| seen.target.contains("/pipelines?")), "{each_once:?}");
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&project).unwrap().id;
        world.projects.get_mut(&id).unwrap().pipelines.clear();
    });
    look("26h", &project).await.assert_ends(5, &["There has been none."]);
    let args = ["doctor", "--last-success", "26h", "--config", &config];
    run_podkeeper_with_env(&args, &[]).await.assert_ends(2, &["--project GROUP/PROJECT"]);
}

/// A server that passes over a filter lists what was not asked for.
#[tokio::test]
async fn a_list_of_others_is_no_success() {
    let stage = Stage::seeded();
    let listed = r#"[{"id": 1, "status": "failed", "source": "schedule", "updated_at": "2026-11-24T05:00:00Z", "web_url": "https://gitlab.example/x"}]"#;
    let host = serve_with_script(&stage, move |_| Some(ScriptedAnswer::json(200, listed))).await;
    let config = config_of_gitlab(&host.url);
    let args = ["doctor", "--last-success", "26h", "--project", "a/b", "--config", &config, "--now", NOW];
    run_podkeeper_with_env(&args, &[]).await.assert_ends(4, &["listed others than those that were asked for"]);
    let down = serve_with_script(&stage, |_| Some(ScriptedAnswer::html(404))).await;
    let config = config_of_gitlab(&down.url);
    let args = ["doctor", "--last-success", "26h", "--project", "a/b", "--config", &config];
    run_podkeeper_with_env(&args, &[]).await.assert_ends(4, &["something between this machine and GitLab"]);
}

// ---- Where GitLab hides instead of refusing ----

/// A project that is hidden is answered as one that is not there: neither is claimed, and the advice serves both.
#[tokio::test(start_paused = true)]
async fn a_hidden_project_is_never_called_missing() {
    for name in ["pairing project hidden", "agents project hidden", "schedule's project hidden", "schedules refused"] {
        let mut clinic = Clinic::healthy();
        (FAULTS.iter().find(|fault| fault.name == name).unwrap().make)(&mut clinic);
        let found = clinic.examine().await;
        let text = render_text(Confidential::restrict(&found), DetailLevel::Verbose);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("/ ", "/");
        assert!(flat.contains("not visible to th"), "{name}\n{text}");
        assert!(flat.contains("the role Reporter"), "{name}\n{text}");
        assert!(!flat.contains("has no pipeline schedule") && !flat.contains("is missing"), "{name}\n{text}");
    }
}

/// The page's project is public in the seed; a private one hides the page's absence.
#[tokio::test(start_paused = true)]
async fn a_hidden_page_is_not_checked_and_its_project_is_named() {
    let clinic = Clinic::healthy();
    clinic.change_project(
        |pod| &pod.page.project,
        |project| {
            project.visibility = Visibility::Private;
            project.members.clear();
        },
    );
    let found = clinic.examine().await;
    let text = render_text(Confidential::restrict(&found), DetailLevel::Normal);
    assert_eq!((found.count(Section::Stops), found.count(Section::Soon)), (1, 0), "{text}");
    assert!(text.contains("NOT CHECKED\n  page       mend what stands above first"), "{text}");
}
