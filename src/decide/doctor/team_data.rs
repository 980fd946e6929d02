//! The Support Team data, and where what is said of people goes.

use super::{Findings, count};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, PodCheckup};
use crate::pod::observed::Observed;

pub(super) fn check_agents(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    let (Some(files), Some(at)) = (&one.agent_files, &one.pod.agents) else {
        let message = "no [agents] project is named: the page is not compared with the Support Team data";
        return found.push(Verdict::fine(Check::Agents, message).of_pod(&one.pod.key));
    };
    let place = seen.places.find(&one.pod.key, "agents.path");
    let verdict = match files {
        Observed::Unknown(failure) => return found.push_unread(Check::Agents, Some(&one.pod.key), failure),
        Observed::Absent => {
            let message = format!("there is no folder {} in {} at {}.", at.path, at.project, at.git_ref);
            let branch = seen.places.find(&one.pod.key, "agents.ref");
            Verdict::stops(Check::Agents, message).advise(format!("Check path ({place}) and ref ({branch})")).at(place)
        }
        Observed::Present(files) => {
            let ending = |path: &str| path.rsplit_once('.').map(|(_, ending)| ending.to_owned());
            let is_data = |path: &&String| matches!(ending(path).as_deref(), Some("yaml" | "yml"));
            match files.iter().filter(is_data).count() {
                0 => Verdict::stops(Check::Agents, format!("{} in {} holds no .yaml file.", at.path, at.project))
                    .advise(format!("Name the folder with one file per agent: {place}"))
                    .at(place),
                n => Verdict::fine(Check::Agents, format!("{} in {}", count(n, "file"), at.path)),
            }
        }
    };
    found.push(verdict.about(&at.path).about(&at.project).of_pod(&one.pod.key));
}

/// The roster report names people, so it stands where only members read it.
pub(super) fn check_reports(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    let Some(named) = one.project("reports.project") else {
        let message = "no [reports] project is named: reports are printed, and filed nowhere";
        return found.push(Verdict::fine(Check::Reports, message).of_pod(&one.pod.key));
    };
    // What is wrong with the project itself is told there.
    let Observed::Present(project) = &named.project else { return };
    let confidential = one.pod.reports.confidential;
    let verdict = if one.pod.agents.is_some() && !project.private && !confidential {
        let place = seen.places.find(&one.pod.key, "reports.confidential");
        let message =
            format!("{} is open to others, so the roster report, which names people, is refused.", project.path);
        Verdict::stops(Check::Reports, message)
            .advise(format!("Set confidential = true under [reports], or name a private project: {place}"))
            .at(place)
    } else {
        let how = match (project.private, confidential) {
            (true, _) => "private",
            (false, true) => "confidential issues",
            (false, false) => "links only",
        };
        Verdict::fine(Check::Reports, format!("go to {} ({how})", project.path))
    };
    found.push(verdict.about(&project.path).of_pod(&one.pod.key));
}
