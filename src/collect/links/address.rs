//! Which addresses may be connected to at all: public ones.
//!
//! A page is written by many, and the worker stands in a network that they do not see. So every address is
//! judged as parsed, after DNS, and again at every redirect; an IPv4 address inside an IPv6 one is judged
//! as what it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !CLOSED_V4.iter().any(|(network, prefix)| (u32::from(address) ^ u32::from(*network)).leading_zeros() >= *prefix)
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
    let closed = CLOSED_V6
        .iter()
        .any(|(network, prefix)| (u128::from(address) ^ u128::from(*network)).leading_zeros() >= *prefix);
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
    fn names_of_this_machine_are_known() {
        for local in ["localhost", "LOCALHOST", "localhost.", "x.localhost", "metadata.google.internal"] {
            assert!(is_local_name(local));
        }
        assert!(!is_local_name("localhost.example"));
    }
}
