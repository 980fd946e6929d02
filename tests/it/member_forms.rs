//! A page that lists its members in a form of its own, through all commands that read it.

use podkeeper::collect::handbook;
use podkeeper::pod::page_form::{MembersForm, PageForm};
use podkeeper::pod::roster::Role;
use podkeeper::sandbox::{Seed, seed};
use serde_json::Value;

use crate::exit_codes::{copy_config, empty_temp_folder, replace_in_file, run_podkeeper_with_env};
use crate::support::{now, shipped_config, to_seed_pod};

const PAGES: [(&str, &str); 3] = [
    ("list", "- DRI: Robin Reed (`@robin-reed`)\n- Kim Aspen (@kaspen)\n- and you\n"),
    ("mention", "- DRI: @robin-reed\n- @kaspen\n"),
    (
        "table",
        "| Name | GitLab | Role |\n| --- | --- | --- |\n| Robin Reed | @robin-reed | DRI |\n| Kim Aspen | kaspen | |\n",
    ),
];

#[tokio::test]
async fn every_command_reads_a_page_in_its_own_form() {
    for (form, members) in PAGES {
        let folder = empty_temp_folder(&format!("member-form-page-{form}"));
        let page = folder.join("page.md");
        std::fs::write(&page, format!("# Secure\n\n### Who we are\n\n{members}\n### Links\n\nNone.\n")).unwrap();
        let page = page.to_str().unwrap();
        let keys = format!(
            "[defaults.page]\nmembers_heading = \"Who we are\"\nmembers_form = \"{form}\"\nlead_words = [\"DRI\"]"
        );
        let config = copy_config(&format!("member-form-{form}"), |folder| {
            replace_in_file(&folder.join("podkeeper.toml"), "[defaults.page]", &keys);
        });
        let run = async |args: &[&str]| {
            let args = [args, &["--sandbox", "--page", page, "--config", &config, "--format", "json"]].concat();
            let told = run_podkeeper_with_env(&args, &[("PODKEEPER_TASK", "roster")]).await;
            assert_eq!(told.code, Some(0), "{form} {args:?}: {told:?}");
            serde_json::from_str::<Value>(&told.out).unwrap()
        };
        let read = run(&["page", "secure"]).await;
        let handles: Vec<&str> =
            read["members"].as_array().unwrap().iter().map(|member| member["handle"].as_str().unwrap()).collect();
        assert_eq!(handles, ["robin-reed", "kaspen"], "{form}");
        assert_eq!((&read["members"][0]["role"], &read["members"][1]["role"]), (&"lead".into(), &"member".into()));
        assert_eq!(read["findings"], Value::Array(Vec::new()), "{form}");
        let planned = run(&["plan"]).await;
        // The sandbox has agents for the members of the page, read in the same form: nobody differs.
        let rules: Vec<&str> = planned["pods"][0]["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["rule"].as_str().unwrap())
            .collect();
        assert!(!rules.iter().any(|rule| rule.starts_with("member")), "{form}: {rules:?}");
        assert_eq!(planned["pods"][0]["unknown"], Value::Array(Vec::new()), "{form}");
        let checked = run(&["check", "secure"]).await;
        assert!(!checked["findings"].to_string().contains("member"), "{form}: {}", checked["findings"]);
    }
}

#[test]
fn the_seeds_page_has_its_members_in_the_form_of_the_pod() {
    for (form, word) in MembersForm::ALL {
        let mut pod = shipped_config().pods.remove(0);
        pod.page.form =
            PageForm { members_form: form, members_heading: Some("Our people".to_owned()), ..pod.page.form };
        let world = seed::build_world(&Seed { now: now(), pods: vec![to_seed_pod(&pod, now())] });
        let handbook = world.project_by_path(&pod.page.project).unwrap();
        let text = handbook.file_text(&pod.page.git_ref, &pod.page.path).unwrap();
        let page = handbook::parse_pod_page_in_form(text, &pod.page.path, &pod.page.form);
        let leads = page.members.iter().filter(|member| member.role == Role::Lead).count();
        let handles = page.members.iter().filter(|member| member.handle.is_some()).count();
        assert_eq!((page.members.len(), handles, leads), (9, 9, 2), "{word}");
    }
}
