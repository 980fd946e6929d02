//! The address that a redirect leads to, and the reasons why it is not followed.

use http::HeaderMap;
use http::header::LOCATION;
use percent_encoding::{CONTROLS, percent_encode};
use url::Url;

use crate::MOST_REDIRECTS;

/// The longest address that is followed, bytes: servers take no longer request line (RFC 9112, section 3, recommends
/// 8,000), and a chain of longer ones is no way to anywhere.
const MAX_URL_BYTES: usize = 8 * 1024;

/// What `Location` names. Some servers send letters as they are, in UTF-8 or in another encoding, where an address has
/// them percent-encoded (RFC 9110, section 10.2.2); browsers follow these too.
pub(super) fn read_location(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(LOCATION)?.as_bytes().trim_ascii();
    Some(percent_encode(value, CONTROLS).to_string())
}

/// The address that an answer with this status leads to from here.
///
/// # Errors
/// Why nobody can go there; a sentence without the address.
pub(super) fn redirect_target(here: &Url, status: u16, to: Option<&str>) -> Result<Url, String> {
    let next = to.and_then(|to| here.join(to).ok());
    let next = next.ok_or_else(|| format!("it redirects ({status}) without a place to go to"))?;
    if next.as_str().len() > MAX_URL_BYTES {
        return Err(format!("it redirects ({status}) to an address that is too long"));
    }
    Ok(next)
}

/// Why a chain of redirects has no end.
pub(super) const CIRCLE: &str = "it redirects in a circle";

/// Why a chain of redirects is not followed to its end.
pub(super) fn too_many_redirects_reason() -> String {
    format!("it redirects more than {MOST_REDIRECTS} times")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_address_may_have_letters_of_any_encoding_and_only_so_many() {
        let here: Url = "https://a.example/x".parse().unwrap();
        let next = |value: &[u8]| {
            let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(value).unwrap())]);
            redirect_target(&here, 301, read_location(&headers).as_deref()).map(String::from)
        };
        for (value, address) in [
            (" /plain?a=b#c ".as_bytes(), "https://a.example/plain?a=b#c"),
            ("/über-uns".as_bytes(), "https://a.example/%C3%BCber-uns"),
            (b"/\xfcber-uns", "https://a.example/%FCber-uns"),
            ("//bücher.example/".as_bytes(), "https://xn--bcher-kva.example/"),
            (b"/50%25", "https://a.example/50%25"),
        ] {
            assert_eq!(next(value).as_deref(), Ok(address));
        }
        assert!(next(&[b'a'; MAX_URL_BYTES - 18]).is_ok());
        assert!(next(&[b'a'; MAX_URL_BYTES]).unwrap_err().contains("too long"));
        assert!(next(b"http://[").unwrap_err().contains("without a place"));
    }
}
