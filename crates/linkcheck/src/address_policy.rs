//! Which addresses may be connected to at all: public ones.
//!
//! A page is written by many, and the worker stands in a network that they do not see. So every address is
//! judged as parsed, after DNS, and again at every redirect; an IPv4 address inside an IPv6 one is judged
//! as what it is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The web's ports; whoever names another one is not after a page.
const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// IPv4 networks that are not the public internet, as network and prefix length: what the IANA IPv4 Special-Purpose
/// Address Registry has as not globally reachable, multicast (RFC 5771), the anycast addresses of 6to4 relays
/// (RFC 7526), and a cloud's metadata service that stands in a public range.
const NON_PUBLIC_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation (RFC 5737): nobody has them, so a network may use them for itself.
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// IPv6 networks that are not the public internet: what the IANA IPv6 Special-Purpose Address Registry has as not
/// globally reachable, and the old site-local addresses (RFC 3879).
const NON_PUBLIC_V6: [(Ipv6Addr, u32); 12] = [
    // The unspecified address, loopback and the old IPv4-compatible form (RFC 4291).
    (Ipv6Addr::UNSPECIFIED, 96),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    // Discard-only (RFC 6666) and the dummy prefix (RFC 9780).
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    (Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0), 64),
    // IETF protocol assignments (RFC 2928) behind Teredo: benchmarks, ORCHID and anycast services, but no site.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation (RFC 3849, RFC 9637).
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // Segment routing (RFC 9602).
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// Teredo (RFC 4380), which stands in the IETF's assignments and leads to the IPv4 addresses inside.
const TEREDO: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32);

/// Which addresses may be connected to: public ones, and those that the configuration opens
/// (`--allow-address`), for example of a GitLab in the own network.
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy {
    allowed: Vec<Network>,
    /// Ports beside the web's.
    ports: Vec<u16>,
}

impl AddressPolicy {
    /// Public addresses, and these networks.
    pub fn allowing(networks: Vec<Network>) -> Self {
        Self { allowed: networks, ports: Vec::new() }
    }

    /// The same with these ports of public hosts beside the web's (`--allow-port`).
    #[must_use]
    pub fn with_ports(self, ports: Vec<u16>) -> Self {
        Self { ports, ..self }
    }

    /// Whether any network is opened.
    pub fn has_opened_networks(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Whether an address may be connected to: it is public or allowlisted.
    pub fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.is_allowlisted(address)
    }

    /// Judges an address of the web as far as the address itself shows; what its name resolves to is judged by
    /// [`AddressPolicy::check_resolved`] once DNS has answered.
    ///
    /// # Errors
    /// A sentence that says why nobody goes there.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{}:` is not read; http and https are", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user name or a password".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Domain(name)) if is_local_name(name) && !self.is_allowlisted(Ipv4Addr::LOCALHOST.into()) => {
                return Err("it stands for this machine".to_owned());
            }
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(v4)) => Some(v4.into()),
            Some(Host::Ipv6(v6)) => Some(v6.into()),
            None => return Err("it names no host".to_owned()),
        };
        if literal.is_some_and(|address| !self.allows(address)) {
            return Err(NOT_PUBLIC_REASON.to_owned());
        }
        // Whoever opened a network meant its services. Whether a name leads into it shows when it is resolved.
        let opened = match literal {
            Some(address) => self.is_allowlisted(address),
            None => self.has_opened_networks(),
        };
        if !opened && !self.allows_port(url) {
            return Err(CLOSED_PORT_REASON.to_owned());
        }
        Ok(())
    }

    /// Whether an address names a host by its name, and a port that is open on hosts of opened networks alone.
    pub fn needs_opened_network(&self, url: &Url) -> bool {
        matches!(url.host(), Some(Host::Domain(_))) && !self.allows_port(url)
    }

    /// Whether the port of an address is open on every host.
    fn allows_port(&self, url: &Url) -> bool {
        url.port_or_known_default().is_some_and(|port| WEB_PORTS.contains(&port) || self.ports.contains(&port))
    }

    /// What may be connected to for a name with these addresses: all of them, or none. A name of which one
    /// address is closed is refused as a whole, so that what was judged is what is connected to.
    ///
    /// # Errors
    /// No address at all, or one that may not be connected to.
    pub fn check_resolved(&self, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, ResolveError> {
        if addresses.is_empty() {
            Err(ResolveError::NoSuchHost)
        } else if addresses.iter().all(|address| self.allows(*address)) {
            Ok(addresses)
        } else {
            Err(ResolveError::NotPublic)
        }
    }

    /// The same for a port that is open on hosts of opened networks alone.
    ///
    /// # Errors
    /// As [`AddressPolicy::check_resolved`], and a name that leads elsewhere.
    pub fn check_resolved_for_any_port(&self, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, ResolveError> {
        let addresses = self.check_resolved(addresses)?;
        let opened = addresses.iter().all(|address| self.is_allowlisted(*address));
        if opened { Ok(addresses) } else { Err(ResolveError::ClosedPort) }
    }

    fn is_allowlisted(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.holds(address))
    }
}

/// Why a name is not connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveError {
    /// There is no such host.
    NoSuchHost,
    /// No DNS server said whether there is one.
    DnsSilent,
    /// An address of it is closed.
    NotPublic,
    /// The port is closed on hosts outside of opened networks.
    ClosedPort,
}

pub(super) const NOT_PUBLIC_REASON: &str = "its address is not a public one";
pub(super) const CLOSED_PORT_REASON: &str = "its port is none of the web's (80, 443, 8080, 8443)";

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchHost => "no such host",
            Self::DnsSilent => "no DNS server answers",
            Self::NotPublic => NOT_PUBLIC_REASON,
            Self::ClosedPort => CLOSED_PORT_REASON,
        })
    }
}

impl std::error::Error for ResolveError {}

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
    !NON_PUBLIC_V4.iter().any(|(network, prefix)| within_v4(address, *network, *prefix))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in = |(network, prefix): (Ipv6Addr, u32)| within_v6(address, network, prefix);
    let closed = NON_PUBLIC_V6.into_iter().any(is_in) && !is_in(TEREDO);
    !closed && embedded_v4_addresses(address).all(is_public_v4)
}

/// The IPv4 addresses that an IPv6 address stands for or is carried to.
fn embedded_v4_addresses(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let last = v4(segments[6], segments[7]);
    let is_teredo = segments[..2] == [0x2001, 0];
    // ISATAP (RFC 5214) is an interface identifier under any prefix; two bits say whether it is unique or a group's.
    let is_isatap = segments[4] & !0x0300 == 0 && segments[5] == 0x5efe;
    // Mapped (RFC 4291), translated (RFC 2765) and NAT64 (RFC 6052).
    let is_whole =
        matches!(segments[..6], [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0]);
    [
        (is_whole || is_isatap).then_some(last),
        // 6to4 (RFC 3056).
        (segments[0] == 0x2002).then_some(v4(segments[1], segments[2])),
        // Teredo's server, and its client, which is stored inverted.
        is_teredo.then_some(v4(segments[2], segments[3])),
        is_teredo.then_some(v4(!segments[6], !segments[7])),
    ]
    .into_iter()
    .flatten()
}

/// Whether a name stands for this machine, whatever DNS says.
pub fn is_local_name(name: &str) -> bool {
    is_loopback_name(name) || name.trim_end_matches('.').eq_ignore_ascii_case("metadata.google.internal")
}

/// Whether a name is one that resolvers give the loopback addresses for (RFC 6761, section 6.3).
pub(super) fn is_loopback_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether public DNS has no say over a name, so that its silence proves nothing: `onion` (RFC 7686), `local` (RFC 6762),
/// `home.arpa` (RFC 8375), `alt` (RFC 9476), `internal` (ICANN board, resolution 2024.07.29.06), and names of one label,
/// which a network completes for itself.
pub(super) fn is_outside_public_dns(name: &str) -> bool {
    const PRIVATE: [&str; 4] = ["onion", "local", "alt", "internal"];
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let (rest, top) = name.rsplit_once('.').unwrap_or(("", &name));
    rest.is_empty() || PRIVATE.contains(&top) || name == "home.arpa" || name.ends_with(".home.arpa")
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
            "192.0.2.0",
            "192.0.2.255",
            "192.88.99.0",
            "192.88.99.255",
            "198.51.100.0",
            "198.51.100.255",
            "203.0.113.0",
            "203.0.113.255",
            "::ffff:0:127.0.0.1",
            "::ffff:0:a00:1",
            "::ffff:0:a9fe:a9fe",
            "2606:4700::5efe:127.0.0.1",
            "2606:4700::5efe:a00:1",
            "2606:4700::200:5efe:a9fe:a9fe",
            "2606:4700::300:5efe:a9fe:a9fe",
            "fe80::5efe:808:808",
            "2002:808:808::5efe:a00:1",
            "100:0:0:1::",
            "100:0:0:1:ffff:ffff:ffff:ffff",
            "2001:1::1",
            "2001:2::",
            "2001:2:0:ffff:ffff:ffff:ffff:ffff",
            "2001:10::",
            "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:20::",
            "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "5f00::",
            "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
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
            "2606:4700:4700::1111",
            "192.0.1.255",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "::ffff:0:808:808",
            "2606:4700::5efe:808:808",
            "2606:4700::200:5efe:808:808",
            "2606:4700::1:5efe:a00:1",
            "2606:4700::5eff:a00:1",
            "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "100:0:0:2::",
            "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:0:808:808::f7f7:f7f7",
            "2001:200::",
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
            "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff:1000::",
            "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "5f01::",
        ] {
            assert!(is_public(open.parse().unwrap()), "{open}");
        }
    }

    #[test]
    fn networks_are_opened_by_name() {
        let rules = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap(), "fd00::1".parse().unwrap()]);
        for open in ["127.0.0.1", "127.255.0.9", "fd00::1", "8.8.8.8"] {
            assert!(rules.allows(open.parse().unwrap()), "{open}");
        }
        for closed in ["10.0.0.1", "fd00::2", "::1", "::ffff:127.0.0.1"] {
            assert!(!rules.allows(closed.parse().unwrap()), "{closed}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "x/8", "::/129"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
        // What was opened is reached on any port, by its address and by its own names.
        assert!(rules.check(&"http://127.0.0.1:9/x".parse().unwrap()).is_ok());
        assert!(rules.check(&"http://localhost/x".parse().unwrap()).is_ok());
        assert!(rules.check(&"http://8.8.8.8:9/x".parse().unwrap()).is_err());
    }

    #[test]
    fn one_rule_holds_for_the_ports_of_names_and_of_numbers() {
        let addresses = |all: &[&str]| all.iter().map(|one| one.parse().unwrap()).collect::<Vec<IpAddr>>();
        let url = |text: &str| Url::parse(text).unwrap();
        let opened = AddressPolicy::allowing(vec!["10.0.0.0/8".parse().unwrap()]);
        let by_name = url("http://inner.example:9000/x");
        assert!(opened.check(&by_name).is_ok() && opened.needs_opened_network(&by_name));
        assert!(opened.check_resolved_for_any_port(addresses(&["10.1.1.1"])).is_ok());
        for elsewhere in [&["8.8.8.8"][..], &["10.1.1.1", "8.8.8.8"]] {
            let refused = opened.check_resolved_for_any_port(addresses(elsewhere));
            assert_eq!(refused, Err(ResolveError::ClosedPort), "{elsewhere:?}");
        }
        assert_eq!(opened.check_resolved_for_any_port(addresses(&["192.168.1.1"])), Err(ResolveError::NotPublic));
        assert!(!opened.needs_opened_network(&url("http://inner.example:8080/")));
        // Nothing is opened: a name is refused before anybody is asked for it.
        assert_eq!(AddressPolicy::default().check(&by_name), Err(CLOSED_PORT_REASON.to_owned()));
        let with_port = AddressPolicy::default().with_ports(vec![9000]);
        for reached in ["http://inner.example:9000/x", "http://8.8.8.8:9000/x"] {
            assert!(with_port.check(&url(reached)).is_ok() && !with_port.needs_opened_network(&url(reached)));
        }
        for refused in ["http://inner.example:9001/x", "http://8.8.8.8:9001/x", "http://10.1.1.1:9000/x"] {
            assert!(with_port.check(&url(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn names_of_this_machine_are_known() {
        for local in ["localhost", "LOCALHOST", "localhost.", "x.localhost", "metadata.google.internal"] {
            assert!(is_local_name(local));
        }
        assert!(!is_local_name("localhost.example"));
        assert!(!is_loopback_name("metadata.google.internal"));
    }

    #[test]
    fn names_that_public_dns_has_no_say_over_are_known() {
        for own in ["x.onion", "printer.local", "a.home.arpa", "home.arpa.", "db.INTERNAL", "a.alt", "wiki", "wiki."] {
            assert!(is_outside_public_dns(own), "{own}");
        }
        for public in ["a.example", "local.example", "myhome.arpa", "1.in-addr.arpa", "a.xonion", "internal.com."] {
            assert!(!is_outside_public_dns(public), "{public}");
        }
    }
}
