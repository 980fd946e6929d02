//! What podkeeper should make of each link of the seed's page, as anybody and with a second try where one helps.

use super::SeedPod;

/// `%PAIRING%` stands for the project that the pod has its pairing issues in.
const VERDICTS: [(&str, &[&str]); 8] = [
    (
        "alive",
        &[
            "https://slow.lantern.example/demos/dast",
            "https://gitlab.com/groups/harbour-desk/support/-/epics/41",
            "/handbook/product/categories/#secure-stage",
            "https://gitlab.com/lantern-scanners/analyzers",
            "https://gitlab.com/lantern-images/",
            "https://gitlab.com/lantern-scanners/report-schemas",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Jobs/SAST.gitlab-ci.yml",
            "https://gitlab.com/harbour-desk/support/playground/sast",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Jobs/Secret-Detection.gitlab-ci.yml",
            "https://gitlab.com/lantern-scanners/analyzers/secrets",
            "https://gitlab.com/lantern-scanners/analyzers/secrets/-/blob/master/gitleaks.toml",
            "https://gitlab.com/harbour-desk/support/playground/secret-detection/",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Jobs/Dependency-Scanning.gitlab-ci.yml",
            // The form without `/-/` is a matter of the page's text; the file is there.
            "https://gitlab.com/gitlab-org/gitlab/blob/master/lib/gitlab/ci/templates/Security/DAST.gitlab-ci.yml",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Security/DAST-API.gitlab-ci.yml",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Jobs/SAST-IaC.latest.gitlab-ci.yml",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Jobs/Code-Quality.gitlab-ci.yml",
            "https://gitlab.com/lantern-tools/codequality#how-it-works",
            "https://gitlab.com/lantern-scanners/demos/api-fuzzing",
            // 503 at the first try.
            "https://manual.lantern.example/coverage-fuzzing",
        ],
    ),
    (
        "moved",
        &[
            "/handbook/support/workflows/ooo-ticket-management.html",
            "https://docs.gitlab.com/ee/user/application_security/terminology/",
            "https://docs.gitlab.com/ee/user/application_security/vulnerabilities/severities.html",
            "https://docs.gitlab.com/ee/user/application_security/sast",
            "https://docs.gitlab.com/ee/user/application_security/secret_detection",
            "https://github.com/zricethezav/gitleaks",
            "https://docs.gitlab.com/ee/user/application_security/dependency_scanning/",
            "https://gitlab.com/harbour-desk/support/playground/dependency-scanning",
            "https://docs.gitlab.com/ee/user/application_security/dependency_list",
            "https://docs.gitlab.com/ee/user/application_security/dast/",
            "https://docs.gitlab.com/ee/user/application_security/dast_api",
            "https://docs.gitlab.com/ee/user/application_security/iac_scanning",
            "https://docs.gitlab.com/ee/user/application_security/security_dashboard",
            "https://docs.gitlab.com/ee/user/application_security/vulnerability_report/",
            "https://docs.gitlab.com/ee/user/application_security/vulnerabilities/",
            "https://docs.gitlab.com/ee/user/application_security/policies/",
            "https://docs.gitlab.com/ee/user/application_security/policies/scan-result-policies.html",
            "https://docs.gitlab.com/ee/user/application_security/policies/scan-execution-policies.html",
            "https://docs.gitlab.com/ee/ci/testing/code_quality.html",
            "https://docs.gitlab.com/ee/user/application_security/container_scanning",
            "https://docs.gitlab.com/ee/user/compliance/license_approval_policies.html",
            "https://docs.gitlab.com/ee/user/application_security/api_fuzzing",
            "/handbook/customer-success/professional-services-engineering/education-services/secessentialshandson.html",
        ],
    ),
    (
        "dead",
        &[
            // Two files that a visible project does not have.
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Security/Container-Scanning.gitlab-ci.yml",
            "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Jobs/License-Scanning.gitlab-ci.yml",
            "https://about.gitlab.com/services/education/security-essentials/",
            // Its page answers 200, its picture does not.
            "https://youtu.be/bOxSeEd-D01",
        ],
    ),
    (
        "fragment_dead",
        &[
            "https://docs.gitlab.com/ee/user/application_security/dast_api/#example-dast-api-scanning-configurations",
            "https://gitlab.com/lantern-scanners/analyzers/kics#what-it-finds",
            // Its headings are made while the site is built; the page that was read has no such one.
            "https://handbook.gitlab.com/handbook/product/categories/features/#secure",
        ],
    ),
    (
        "hidden",
        &[
            // The bot sees it, and not everybody.
            "https://gitlab.com/%PAIRING%/-/issues/",
            // An epic that a visible group does not have: for anybody it may be confidential.
            "https://gitlab.com/groups/harbour-desk/support/-/epics/52",
            "https://gitlab.com/harbour-desk-readiness/support-team/-/tree/master/data/agents?ref_type=heads",
            "https://gitlab.com/harbour-desk/section-sec-help-desk#how-to-ask-the-developers-for-help",
            "https://gitlab.com/lantern-examples/security/sample-reports",
            "https://gitlab.com/harbour-desk/support/playground/secure/static-analysis",
        ],
    ),
    ("login", &["https://gitlab.slack.com/archives/C0BOX0POD01"]),
    (
        "refused",
        &[
            "https://slack.com/help/articles/205239997-Pin-messages-and-bookmark-links",
            "https://fuzzing.lantern.example/corpus",
        ],
    ),
    ("unreachable", &["https://gitlab.edcast.com/pathways/box-security-specialist-pathway"]),
];

/// Each link of the seed's page as it is written there, with the word for its verdict.
///
/// A root-relative link belongs to the pod's site. Nothing on the page is `blocked`.
pub fn expected_verdicts(pod: &SeedPod) -> Vec<(String, &'static str)> {
    let each = VERDICTS.iter().flat_map(|&(word, urls)| urls.iter().map(move |url| (*url, word)));
    each.map(|(url, word)| (url.replace("%PAIRING%", &pod.pairing_project), word)).collect()
}
