//! Where a callback URL leads, shared by the callback rules.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether a server on the public Internet cannot reach the host: loopback, private, link-local, or a reserved name.
pub(super) fn is_unreachable(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_unreachable_address(address.into()),
        Some(Host::Ipv6(address)) => is_unreachable_address(embedded_ipv4(address).map_or(address.into(), Into::into)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            // RFC 2606, RFC 6761, RFC 6762, RFC 8375, and names in use inside houses. `example.com` is reserved too, and left alone: it resolves, and
            // documentation is full of it.
            let reserved = [
                "localhost",
                "local",
                "internal",
                "test",
                "invalid",
                "example",
                "onion",
                "arpa",
                "lan",
                "home",
                "corp",
            ];
            let last = name.rsplit_once('.').map(|(_, last)| last);
            last.is_none_or(|last| reserved.contains(&last))
        }
        None => false,
    }
}

/// The IPv4 address inside an IPv6 one: mapped, compatible, or translated (RFC 6052).
fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let is_translated = segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    let is_compatible = segments[..6] == [0; 6] && segments[6] != 0;
    let [.., a, b, c, d] = address.octets();
    if is_translated || is_compatible { Some(Ipv4Addr::new(a, b, c, d)) } else { address.to_ipv4_mapped() }
}

/// Of the IANA registries of special-purpose addresses, those that are not globally reachable, and multicast.
fn is_unreachable_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_documentation()
                || a == 0
                || a >= 224 // multicast and reserved
                || (a == 100 && b & 0b1100_0000 == 64) // shared, RFC 6598
                || (a == 198 && b & 0b1111_1110 == 18) // benchmarking, RFC 2544
                || (a == 192 && b == 0 && c == 0) // protocol assignments, RFC 6890
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_multicast()
                || address.segments()[..2] == [0x2001, 0x0db8] // documentation
                || address.segments()[..3] == [0x2001, 2, 0] // benchmarking
                || address.segments()[..4] == [0x100, 0, 0, 0] // discard-only
        }
    }
}
