//! A world in memory, and `doctor` at work in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response};
use linkcheck::check_options::CheckOptions;
use podkeeper::collect::Clients;
use podkeeper::collect::doctor::TokenToAsk;
use podkeeper::config;
use podkeeper::doctor::{DoctorInputs, examine};
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, Redactor, Token, TokenPurpose, new_reader};
use podkeeper::pod::Pod;
use podkeeper::pod::diagnosis::Diagnosis;
use podkeeper::pod::token_request::NeededScope;
use podkeeper::report::doctor::{DetailLevel, render_json, render_text};
use podkeeper::report::{Confidential, Public, ReportAudience as _};
use podkeeper::run::CurrentTime;
use podkeeper::sandbox::seed::schedule_project;
use podkeeper::sandbox::world::{PipelineSchedule, Project};
use secrecy::SecretString;

use crate::support::{Stage, now, repository_root, shipped_config};

const PURPOSES: [TokenPurpose; 4] =
    [TokenPurpose::Pairing, TokenPurpose::Handbook, TokenPurpose::Agents, TokenPurpose::Reports];

/// What answers in GitLab's place, by method and path, if something does.
pub(super) type Script = fn(&str) -> Option<Result<(u16, String), ExchangeError>>;

/// The shipped pod in its seeded world, and what `doctor` is given.
pub(super) struct Clinic {
    pub(super) stage: Stage,
    pub(super) is_token_given: bool,
    pub(super) script: Script,
    /// Sentences about values that nobody has fitted.
    pub(super) unfitted: Vec<String>,
    /// How far this machine's clock is ahead.
    pub(super) ahead: TimeDelta,
}

struct ScriptedExchange(Arc<dyn Exchange>, Script);

#[async_trait::async_trait]
impl Exchange for ScriptedExchange {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        match (self.1)(request.uri().path()) {
            None => self.0.exchange(request).await,
            Some(Err(why)) => Err(why),
            Some(Ok((status, body))) => Ok(Response::builder().status(status).body(Bytes::from(body)).unwrap()),
        }
    }
}

impl Clinic {
    pub(super) fn healthy() -> Self {
        Self::of(shipped_config().pods)
    }

    pub(super) fn of(pods: Vec<Pod>) -> Self {
        let stage = Stage::of(pods, now());
        Self { stage, is_token_given: true, script: |_| None, unfitted: Vec::new(), ahead: TimeDelta::zero() }
    }

    pub(super) async fn examine(&self) -> Diagnosis {
        let secret = self.stage.sandbox.describe().tokens["api"].clone();
        let token = || Token { name: "PODKEEPER_TOKEN".to_owned(), secret: SecretString::from(secret.clone()) };
        let tokens: BTreeMap<_, _> =
            if self.is_token_given { PURPOSES.map(|purpose| (purpose, token())).into() } else { BTreeMap::new() };
        let access = ConnectionOptions {
            url: "https://gitlab.example/".parse().unwrap(),
            tokens,
            exchange: Arc::new(ScriptedExchange(self.stage.exchange(), self.script)),
            jitter_seed: 7,
            redactor: Redactor::default(),
        };
        let reader = new_reader(&access).unwrap();
        let policy = CheckOptions::default();
        let pods = &self.stage.pods;
        let mut files = config::read_folder(&repository_root().join("config")).unwrap();
        "config".clone_into(&mut files.folder);
        let asked = TokenToAsk {
            variable: "PODKEEPER_TOKEN".to_owned(),
            purposes: PURPOSES.to_vec(),
            scope: NeededScope::Api,
            is_given: self.is_token_given,
        };
        examine(DoctorInputs {
            pods,
            sources: Clients { reader: &reader, web: None, policy: &policy },
            now: CurrentTime::LocalClock(self.stage.now + self.ahead),
            limits: shipped_config().limits,
            tokens: vec![asked],
            unfitted: self.unfitted.clone(),
            places: config::key_places(&files),
            gitlab_host: "gitlab.example".to_owned(),
            schedule_project: Some(self.schedule_project()),
        })
        .await
    }

    pub(super) fn schedule_project(&self) -> String {
        schedule_project(&self.stage.pods[0].pairing_project)
    }

    /// Changes a project that the pod names.
    pub(super) fn change_project(&self, path: fn(&Pod) -> &String, change: impl FnOnce(&mut Project)) {
        self.change_project_at(path(&self.stage.pods[0]), change);
    }

    pub(super) fn change_project_at(&self, path: &str, change: impl FnOnce(&mut Project)) {
        self.stage.sandbox.change_world(|world| {
            let id = world.project_by_path(path).unwrap().id;
            change(world.projects.get_mut(&id).unwrap());
        });
    }

    pub(super) fn change_schedule(&self, change: impl FnOnce(&mut PipelineSchedule)) {
        self.change_project_at(&self.schedule_project(), |project| {
            change(project.schedules.values_mut().next().unwrap());
        });
    }

    /// Another text in the page's place.
    pub(super) fn change_page(&self, change: impl FnOnce(&str) -> String) {
        let at = &self.stage.pods[0].page;
        self.stage.sandbox.change_world(|world| {
            let project = world.project_by_path(&at.project).unwrap();
            let (id, page) = (project.id, change(project.file_text(&at.git_ref, &at.path).unwrap()));
            world.add_file(id, &at.git_ref, &at.path, &page);
        });
    }

    /// What holds of every page: 80 columns, no token, the same in JSON, and no names of people.
    pub(super) fn assert_presentable(&self, found: &Diagnosis) {
        let whole = Confidential::restrict(found);
        let mut all = render_json(whole) + &render_json(whole.narrow_to::<Public>());
        for detail in [DetailLevel::Quiet, DetailLevel::Normal, DetailLevel::Verbose] {
            for text in [render_text(whole, detail), render_text(whole.narrow_to::<Public>(), detail)] {
                let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
                assert!(long.is_empty(), "{long:#?}");
                all.push_str(&text);
            }
        }
        let world = self.stage.sandbox.world();
        for token in world.tokens.values() {
            assert!(!all.contains(&token.value), "a token is in {all}");
        }
        for user in world.users.values().filter(|user| !user.bot && !user.admin) {
            assert!(!all.contains(&user.name) && !all.contains(&user.email), "{} is in {all}", user.name);
        }
    }
}
