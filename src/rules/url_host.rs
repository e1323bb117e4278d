//! Where a callback URL leads, shared by the callback rules.

use std::net::IpAddr;

use url::{Host, Url};

use crate::generated::types::CallRequest;

/// The callback URL, where one is given and it parses.
pub(super) fn callback_url(request: &CallRequest) -> Option<Url> {
    Url::parse(request.callback_url.as_deref()?).ok()
}

/// Whether a server on the public Internet cannot reach the host: loopback, private, link-local, or a reserved name.
pub(super) fn is_unreachable(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_unreachable_address(address.into()),
        Some(Host::Ipv6(address)) => {
            is_unreachable_address(address.to_ipv4_mapped().map_or(address.into(), Into::into))
        }
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            // RFC 2606, RFC 6761, RFC 6762, RFC 8375. `example.com` is reserved too, and left alone: it resolves, and
            // documentation is full of it.
            let reserved = ["localhost", "local", "internal", "test", "invalid", "example", "onion", "home.arpa"];
            !name.contains('.') || reserved.iter().any(|last| name.ends_with(&format!(".{last}")))
        }
        None => false,
    }
}

fn is_unreachable_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = address.octets()[0] == 100 && address.octets()[1] & 0b1100_0000 == 64; // RFC 6598
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.octets()[0] == 0
                || address.is_broadcast()
                || address.is_documentation()
                || shared
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}
