//! What GitLab says of a token itself.

use ::gitlab::api::personal_access_tokens::PersonalAccessTokenSelf;
use ::gitlab::api::{Endpoint as _, RestClient as _};
use chrono::NaiveDate;
use serde::Deserialize;

use super::error::RequestError;
use super::transport::from_api_error;
use super::{Reader, TokenPurpose};
use crate::pod::observed::ReadFailure;
use crate::pod::token_request::OwnToken;

/// What is read of it (`lib/api/entities/personal_access_token.rb`). Its name, its account and the addresses that it
/// was used from are not.
#[derive(Deserialize)]
struct TokenBody {
    active: bool,
    scopes: Vec<String>,
    expires_at: Option<NaiveDate>,
}

impl Reader {
    /// Scopes and end of the token for a purpose, by one request that is not repeated.
    ///
    /// # Errors
    /// Why it is not known, for example because GitLab refused the token or could not be reached.
    pub async fn read_own_token(&self, purpose: TokenPurpose) -> Result<OwnToken, ReadFailure> {
        let found = self.request_own_token(purpose).await;
        let body = found.map_err(|fault| fault.to_read_failure("what GitLab says of the token".to_owned()))?;
        Ok(OwnToken::new(body.active, &body.scopes, body.expires_at))
    }

    async fn request_own_token(&self, purpose: TokenPurpose) -> Result<TokenBody, RequestError> {
        let endpoint = PersonalAccessTokenSelf::builder()
            .build()
            .map_err(|error| RequestError::InvalidRequest(error.to_string()))?;
        let transport = self.transport(purpose);
        let url = transport.rest_endpoint(&endpoint.endpoint()).map_err(from_api_error)?;
        let answer = transport.read_once(&url).await?;
        serde_json::from_slice(answer.body())
            .map_err(|_other| RequestError::Unreadable("it is no description of a token".to_owned()))
    }
}
