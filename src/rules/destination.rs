//! Where a callback URL leads, shared by the callback rules.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// What the rules ask of a callback URL.
#[derive(Debug, PartialEq)]
pub(super) struct Destination {
    pub(super) has_host: bool,
    /// Whether a server on the public Internet cannot reach the host: loopback, private, link-local, or a reserved name.
    pub(super) is_unreachable: bool,
    pub(super) holds_credentials: bool,
}

impl Destination {
    /// None for what is no absolute URL.
    pub(super) fn of(url: &str) -> Option<Self> {
        match plain_host(url) {
            // Most URLs: a parser would find the same, and take longer than all rules together.
            Some(host) => Some(Self { has_host: true, is_unreachable: is_reserved(host), holds_credentials: false }),
            None => Url::parse(url).ok().map(|url| Self::of_parsed(&url)),
        }
    }

    fn of_parsed(url: &Url) -> Self {
        Self {
            has_host: url.has_host(),
            is_unreachable: match url.host() {
                Some(Host::Ipv4(address)) => is_unreachable_address(address.into()),
                Some(Host::Ipv6(address)) => {
                    is_unreachable_address(embedded_ipv4(address).map_or(address.into(), Into::into))
                }
                Some(Host::Domain(name)) => is_reserved(name),
                None => false,
            },
            holds_credentials: !url.username().is_empty() || url.password().is_some(),
        }
    }
}

/// The host, where it is all that stands between `https://` and the path, and a name that stands for itself: no address, no
/// letter that a parser would change.
fn plain_host(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
    let is_plain = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_lowercase())
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !label.starts_with("xn--")
    };
    host.split('.').all(is_plain).then_some(host)
}

/// Names of RFC 2606, RFC 6761, RFC 6762, RFC 8375, and in use inside houses. `example.com` is reserved too, and left alone:
/// it resolves, and documentation is full of it.
fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 11] =
        ["localhost", "local", "internal", "test", "invalid", "example", "onion", "arpa", "lan", "home", "corp"];
    let last = name.trim_end_matches('.').rsplit_once('.').map(|(_, last)| last);
    last.is_none_or(|last| RESERVED.contains(&last))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_host_is_what_a_parser_finds(
            prefix in prop::sample::select(vec!["https://", "https://", "https://", "http://", "HTTPS://", "https:///", "https:"]),
            labels in prop::collection::vec(
                prop_oneof![
                    4 => "[a-z][a-z0-9-]{0,6}",
                    1 => prop::sample::select(vec!["local", "example", "xn--a", "xn--p1ai", "127", "0x7f", "a--b", "1a", "a-", "-a"])
                        .prop_map(str::to_owned),
                    1 => "[a-zA-Z0-9@:%_\\\\ \\tßı\\[\\]-]{0,4}",
                ],
                1..5,
            ),
            rest in prop_oneof![2 => Just(String::new()), 2 => "[/?#][a-z@:\\\\/ \\t\\n%é.]{0,8}", 1 => "[.:@][0-9a-z]{0,5}"],
        ) {
            let url = format!("{prefix}{}{rest}", labels.join("."));
            let parsed = Url::parse(&url).ok().map(|url| Destination::of_parsed(&url));
            prop_assert_eq!(Destination::of(&url), parsed, "{}", url);
        }
    }

    #[test]
    fn ordinary_hosts_are_plain_and_others_are_parsed() {
        for (url, host) in [
            ("https://api.example.com/hook?a=b", Some("api.example.com")),
            ("https://a-1.io", Some("a-1.io")),
            ("https://localhost#a", Some("localhost")),
            ("https://a.io:8443/", None),
            ("https://user@a.io/", None),
            ("https://A.io/", None),
            ("https://127.0.0.1/", None),
            ("https://xn--p1ai/", None),
            ("https://a..io/", None),
            ("https://a.io./", None),
            ("http://a.io/", None),
            ("https://", None),
        ] {
            assert_eq!(plain_host(url), host, "{url}");
        }
    }
}
