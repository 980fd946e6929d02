//! Which addresses may be connected to at all: public ones.
//!
//! A page is written by many, and the worker stands in a network that they do not see. So every address is
//! judged as parsed, after DNS, and again at every redirect; an IPv4 address inside an IPv6 one is judged
//! as what it is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The web's ports; whoever names another one is not after a page.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// IPv4 networks that are not the public internet (IANA IPv4 Special-Purpose Address Registry), as network
/// and prefix length; the last is a cloud's metadata service that stands in a public range.
const CLOSED_V4: [(Ipv4Addr, u32); 12] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// IPv6 networks that are not the public internet (IANA IPv6 Special-Purpose Address Registry).
const CLOSED_V6: [(Ipv6Addr, u32); 6] = [
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
];

/// Which addresses may be connected to: public ones, and those that the configuration opens
/// (`--allow-address`), for example of a GitLab in the own network.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    allowed: Vec<Network>,
}

impl Rules {
    /// Public addresses, and these networks.
    pub fn allowing(networks: Vec<Network>) -> Self {
        Self { allowed: networks }
    }

    /// Whether an address may be connected to.
    pub fn permit(&self, address: IpAddr) -> bool {
        is_public(address) || self.opened(address)
    }

    /// Judges an address of the web as far as it tells by itself; what its name stands for is judged by
    /// [`Rules::permit`] once DNS has told.
    ///
    /// # Errors
    /// A sentence that says why nobody goes there.
    pub fn judge(&self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{}:` is not read; http and https are", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user name or a password".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Domain(name)) if is_local_name(name) && !self.opened(Ipv4Addr::LOCALHOST.into()) => {
                return Err("it stands for this machine".to_owned());
            }
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(v4)) => Some(v4.into()),
            Some(Host::Ipv6(v6)) => Some(v6.into()),
            None => return Err("it names no host".to_owned()),
        };
        if literal.is_some_and(|address| !self.permit(address)) {
            return Err(NOT_PUBLIC.to_owned());
        }
        // Whoever opened an address meant its services.
        let opened = literal.is_some_and(|address| self.opened(address));
        if !opened && !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
            return Err("its port is none of the web's (80, 443, 8080, 8443)".to_owned());
        }
        Ok(())
    }

    /// What may be connected to for a name with these addresses: all of them, or none. A name of which one
    /// address is closed is refused as a whole, so that what was judged is what is connected to.
    ///
    /// # Errors
    /// Why not.
    pub fn resolved(&self, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Unresolved> {
        if addresses.is_empty() {
            Err(Unresolved::NoHost)
        } else if addresses.iter().all(|address| self.permit(*address)) {
            Ok(addresses)
        } else {
            Err(Unresolved::NotPublic)
        }
    }

    fn opened(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.holds(address))
    }
}

/// Why a name is not connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// There is no such host.
    NoHost,
    /// An address of it is closed.
    NotPublic,
}

const NOT_PUBLIC: &str = "its address is not a public one";

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHost => "no such host",
            Self::NotPublic => NOT_PUBLIC,
        })
    }
}

impl std::error::Error for Unresolved {}

/// A network in the notation of RFC 4632 (`10.0.0.0/8`); an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(v4)) => within_v4(v4, network, self.prefix),
            (IpAddr::V6(network), IpAddr::V6(v6)) => within_v6(v6, network, self.prefix),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no network; write one like 10.0.0.0/8 or fd00::/8");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.trim().parse().or(Err(wrong()))?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(prefix) => prefix.trim().parse().ok().filter(|prefix| *prefix <= longest).ok_or_else(wrong)?,
        };
        Ok(Self { address, prefix })
    }
}

fn within_v4(address: Ipv4Addr, network: Ipv4Addr, prefix: u32) -> bool {
    (u32::from(address) ^ u32::from(network)).leading_zeros() >= prefix
}

fn within_v6(address: Ipv6Addr, network: Ipv6Addr, prefix: u32) -> bool {
    (u128::from(address) ^ u128::from(network)).leading_zeros() >= prefix
}

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !CLOSED_V4.iter().any(|(network, prefix)| within_v4(address, *network, *prefix))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    // Mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056): as the IPv4 address inside.
    if address.to_ipv4_mapped().is_some() || segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(v4(segments[6], segments[7]));
    }
    if segments[0] == 0x2002 {
        return is_public_v4(v4(segments[1], segments[2]));
    }
    // Teredo (RFC 4380): its server, and its client, which is stored inverted.
    if segments[..2] == [0x2001, 0] {
        return is_public_v4(v4(segments[2], segments[3])) && is_public_v4(v4(!segments[6], !segments[7]));
    }
    // `::/96` holds the unspecified address, loopback and the old IPv4-compatible form: none is public.
    let compatible = segments[..6] == [0; 6];
    let closed = CLOSED_V6.iter().any(|(network, prefix)| within_v6(address, *network, *prefix));
    !compatible && !closed
}

/// Whether a name stands for this machine, whatever DNS says.
pub fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name == "metadata.google.internal"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_refused_at_both_ends_of_its_range() {
        for closed in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.255",
            "192.168.255.255",
            "198.19.255.255",
            "224.0.0.0",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:a00:1",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::",
            "2002:a00:1::",
            "2001:0:7f00:1::1",
            "2001:0:4136:e378:8000:63bf:80ff:fffe",
            "fc00::",
            "fdff::1",
            "fe80::1",
            "fec0::",
            "ff00::",
            "100::",
        ] {
            assert!(!is_public(closed.parse().unwrap()), "{closed}");
        }
    }

    #[test]
    fn what_is_public_is_allowed_right_beside_them() {
        for open in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:808:808",
            "64:ff9b::808:808",
            "2002:808:808::",
            "64:ff9b:2::",
            "100:0:0:1::",
            "2606:4700:4700::1111",
        ] {
            assert!(is_public(open.parse().unwrap()), "{open}");
        }
    }

    #[test]
    fn networks_are_opened_by_name() {
        let rules = Rules::allowing(vec!["127.0.0.0/8".parse().unwrap(), "fd00::1".parse().unwrap()]);
        for open in ["127.0.0.1", "127.255.0.9", "fd00::1", "8.8.8.8"] {
            assert!(rules.permit(open.parse().unwrap()), "{open}");
        }
        for closed in ["10.0.0.1", "fd00::2", "::1", "::ffff:127.0.0.1"] {
            assert!(!rules.permit(closed.parse().unwrap()), "{closed}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "x/8", "::/129"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
        // What was opened is reached on any port, by its address and by its own names.
        assert!(rules.judge(&"http://127.0.0.1:9/x".parse().unwrap()).is_ok());
        assert!(rules.judge(&"http://localhost/x".parse().unwrap()).is_ok());
        assert!(rules.judge(&"http://8.8.8.8:9/x".parse().unwrap()).is_err());
    }

    #[test]
    fn names_of_this_machine_are_known() {
        for local in ["localhost", "LOCALHOST", "localhost.", "x.localhost", "metadata.google.internal"] {
            assert!(is_local_name(local));
        }
        assert!(!is_local_name("localhost.example"));
    }
}
