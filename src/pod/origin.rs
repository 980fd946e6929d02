//! Where a secret may be sent in plain text: to this machine, named by its address.

use url::{Host, Url};

/// Whether the host is a loopback address in figures, 127.0.0.0/8 or `[::1]`. No name is one, not even `localhost`: a
/// resolver says where a name leads.
pub(crate) fn is_loopback_literal(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}
