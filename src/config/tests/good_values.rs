//! What to write in place of a wrong value: what was most likely meant, not the same for everybody.

use super::*;

#[test]
fn a_wrong_value_is_answered_with_the_one_that_was_meant() {
    for (from, to, says) in [
        ("g/pairing", "https://gitlab.com/g/pairing.git", "did you mean g/pairing?"),
        ("g/pairing", "https://gitlab.com/g/pairing/-/issues", "did you mean g/pairing?"),
        ("g/pairing", "/g/pairing/", "did you mean g/pairing?"),
        ("g/pairing", "pairing", "write for example your-group/support-pairing"),
        ("content/alpha/_index.md", "/content/alpha/_index.md", "did you mean content/alpha/_index.md?"),
        (
            "content/alpha/_index.md",
            "https://gitlab.com/g/handbook/-/blob/main/content/alpha/_index.md?plain=1",
            "did you mean content/alpha/_index.md?",
        ),
        ("slot = \"weekly\"", "slot = \"EMEA Slot\"", "did you mean emea-slot?"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = [\"24.12.2026\"]", "did you mean 2026-12-24?"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nskip = [2026-12-24]", "write skip = [\"2026-12-24\"]"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nduration = \"1h30\"", "did you mean 1h30m?"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nevery = 60", "write 52"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nevery = 2", "add anchor = \"2026-11-26\""),
        ("zone = \"UTC\"", "zone = \"UTC\"\nevery = \"2\"", "write every = 2"),
        ("name = \"pod::alpha\"", "name = \"pod::alpha\"\ncolor = \"428bca\"", "did you mean #428bca?"),
        ("[label]", "[slack]\nchannel = \"spt_pod_alpha\"\n[label]", "did you mean #spt_pod_alpha?"),
        ("[label]", "[slack]\nchannel = \"#\"\n[label]", "`#` is not a Slack channel"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nduration = \"8d\"", "write how long the session lasts, for example 1h"),
        ("[page]", "formerly = [\"alpha\"]\n[page]", "name here what it was called before, or take it out"),
        (
            "[label]",
            "[[exception]]\nrule = \"Link_Dead\"\nsubject = \"x\"\nreason = \"y\"\n[label]",
            "did you mean link-dead?",
        ),
        ("[label]", "[members]\nknowledge_area = { name = \"Duo\", level = 9 }\n[label]", "write 3"),
        ("[page]", "[page]\nmembers_form = \"shortcodes\"", "did you mean shortcode?"),
        ("[page]", "[page]\nmembers_heading = \"## Members\"", "did you mean Members?"),
        ("[[session]]", "[session]", "`session` should be a list, not a table | write [[session]]"),
        ("[page]", "[[page]]", "`page` should be a table, not a list | write [page], once"),
        ("[page]", "[page]\nzone = \"UTC\"", "`zone` belongs into [[session]]"),
        ("[pairing]", "[pairing]\nsite = \"https://handbook.example\"", "`site` belongs into [page]"),
        ("[pairing]", "[pairing]\nformerly = []", "`formerly` belongs to the top of the file"),
        ("name = \"Alpha Pod\"", "name = \" \"", "write for example Secure Pod"),
        ("zone = \"UTC\"", "zone = \"UTC\"\nduration = 60", "write duration = \"1h\""),
        ("zone = \"UTC\"", "zone = UTC", "write it in quotes, as \"UTC\""),
        ("[page]", "[page]\nsite = \"http://handbook.example\"", "did you mean https://handbook.example?"),
        ("[page]", "[page]\nsite = \"handbook.example\"", "did you mean https://handbook.example?"),
        ("0 15 * * Thu", "15:00 Thu", "write for example 0 15 * * Thu"),
        ("0 15 * * Thu", "0 0 9 * * Fri", "write for example 0 9 * * Fri"),
    ] {
        let found = pod_problems(from, to);
        assert!(found.len() == 1 && found[0].contains(says), "{to}: {says}\n{found:#?}");
    }
    let twice = format!("{POD}[[session]]\ncron = \"0 9 * * Mon\"\nzone = \"UTC\"\n");
    let found = problems(&[("pods/alpha.toml", &twice)]);
    assert!(
        found[0].contains(":13 slot `weekly` stands twice; it is the one of a session that names none"),
        "{found:?}"
    );
    assert!(found.len() == 1 && found[0].contains("for example emea"), "{found:?}");
    let third = twice.replace("slot = \"weekly\"", "slot = \"emea\"")
        + "[[session]]\nslot = \"emea\"\ncron = \"0 9 * * Tue\"\nzone = \"UTC\"\n";
    let found = problems(&[("pods/alpha.toml", &third)]);
    assert!(found.len() == 1 && found[0].contains("for example amer"), "{found:?}");
    let in_instance = problems(&[(INSTANCE_FILE, "[page]\nproject = \"g/p\"\n"), ("pods/alpha.toml", POD)]);
    assert!(
        in_instance[0].contains("write [defaults.page] for all pods, or put it into the file of a pod"),
        "{in_instance:?}"
    );
    let upper = problems(&[("pods/Alpha Team.toml", POD)]);
    assert!(upper.len() == 1 && upper[0].contains("for example alpha-team.toml"), "{upper:?}");
}

#[test]
fn a_folder_without_pods_names_the_file_that_looks_like_one() {
    let mut files = config_files(&[]);
    files.passed_over.insert("pods/secure.yml".to_owned());
    let found = parse(&files, today()).unwrap_err();
    assert!(found[0].message.ends_with("and pods/secure.yml does not end in .toml"), "{found:?}");
}
