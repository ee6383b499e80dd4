//! The one place that uses the network, under the options that ask for it: `--timestamp`, `--fetch`.
//!
//! What comes over it is never believed for where it came from: timestamps, lists of revoked certificates and answers about
//! them are signed. So HTTP without TLS will do, as RFC 5280 §8 and RFC 3161 §3.4 have it. What may happen is bounded: the
//! time, the octets, the redirections, and the addresses, so that a document cannot make its reader talk to the machines
//! inside a house.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use std::{fmt, io};

use clap::Args;
use karvan_engine::Timestamp;
use karvan_engine::trust::fetch::{Fetched, Source};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// What the network may be used for.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct NetworkOptions {
    /// Seconds that an answer over the network may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, hide_short_help = true)]
    network_timeout: u64,

    /// Octets that an answer over the network may have.
    #[arg(long, value_name = "OCTETS", default_value_t = 16 << 20, hide_short_help = true)]
    max_download: u64,

    /// Talk to addresses that are not public as well: this machine, this house.
    #[arg(long, hide_short_help = true)]
    allow_private_addresses: bool,
}

/// Redirections that are followed; each is held to the same rules.
const REDIRECTIONS: u32 = 3;

/// Something to be sent: its media type, and its octets.
pub(crate) type Body<'b> = (&'b str, &'b [u8]);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What it was said to be.
    pub(crate) media_type: Option<String>,
    pub(crate) octets: Vec<u8>,
}

/// A way to others, within limits.
pub(crate) struct Network {
    agent: Agent,
    limit: u64,
}

impl Network {
    pub(crate) fn new(options: NetworkOptions) -> Self {
        let config = Config::builder()
            // A proxy would resolve names where they cannot be guarded.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(options.network_timeout)))
            .max_redirects(REDIRECTIONS)
            .user_agent("karvan")
            .build();
        let guard = Guard { resolver: DefaultResolver::default(), allow_private: options.allow_private_addresses };
        Self { agent: Agent::with_parts(config, DefaultConnector::default(), guard), limit: options.max_download }
    }

    /// What `url` gives, asked for with `body` (POST) or without (GET).
    ///
    /// # Errors
    /// What stands in the way, in words.
    pub(crate) fn fetch(&self, url: &str, body: Option<Body<'_>>) -> Result<Answer, String> {
        let problem = |error: Error| format!("{url}: {error}");
        if !url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
            return Err(format!("{url}: only http:// is spoken; what comes over it is signed"));
        }
        let mut response = match body {
            Some((media_type, octets)) => self.agent.post(url).content_type(media_type).send(octets),
            None => self.agent.get(url).call(),
        }
        .map_err(problem)?;
        let octets = response.body_mut().with_config().limit(self.limit).read_to_vec().map_err(problem)?;
        Ok(Answer { media_type: response.body().mime_type().map(str::to_owned), octets })
    }
}

/// `application/ocsp-request` (RFC 6960 appendix A).
const OCSP_REQUEST: &str = "application/ocsp-request";

impl Source for Network {
    fn fetch(&mut self, url: &str, request: Option<&[u8]>) -> Result<Fetched, String> {
        let Answer { media_type, octets } = Self::fetch(self, url, request.map(|octets| (OCSP_REQUEST, octets)))?;
        let at = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
        Ok(Fetched { at, media_type, octets })
    }
}

/// Resolves names to public addresses only.
struct Guard {
    resolver: DefaultResolver,
    allow_private: bool,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

impl Resolver for Guard {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let resolved = self.resolver.resolve(uri, config, timeout)?;
        // One that is not public is no mistake of many: the name is not to be talked to.
        match resolved.iter().find(|address| !self.allow_private && !is_public(address.ip())) {
            Some(address) => {
                let reason = format!("{} is no public address (--allow-private-addresses)", address.ip());
                Err(Error::Io(io::Error::new(io::ErrorKind::PermissionDenied, reason)))
            }
            None => Ok(resolved),
        }
    }
}

/// Whether an address is one of the public network (IANA IPv4 and IPv6 Special-Purpose Address Registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] | [224..=255, ..] => true,
        [100, second, ..] => second & 0xC0 == 64,
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => second & 0xF0 == 16,
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        // IPv4 inside: mapped (RFC 4291 §2.5.5.2), translated (RFC 6052), 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => is_public_v4(embedded(high, low)),
        [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // IETF protocol assignments with Teredo, documentation.
        [0x2001, 0..=0x1FF, ..] | [0x2001, 0xDB8, ..] | [0x3FFF, 0..=0xFFF, ..] => false,
        // Global unicast is 2000::/3; all else is local, reserved or multicast.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const STRICT: NetworkOptions =
        NetworkOptions { network_timeout: 5, max_download: 100, allow_private_addresses: false };
    const HERE: NetworkOptions = NetworkOptions { allow_private_addresses: true, ..STRICT };

    /// A server that gives each caller the next answer.
    fn server(answers: &[&str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Vec<_> =
            answers.iter().map(|answer| answer.replace("HERE", &format!("http://{address}"))).collect();
        thread::spawn(move || {
            for answer in answers {
                let (mut caller, _) = listener.accept().unwrap();
                let mut asked = [0; 4096];
                let _ = caller.read(&mut asked).unwrap();
                caller.write_all(answer.as_bytes()).unwrap();
            }
        });
        format!("http://{address}/")
    }

    #[test]
    fn an_answer_is_fetched() {
        let url = server(&["HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"]);
        assert_eq!(Network::new(HERE).fetch(&url, Some(("text/plain", b"hello"))).unwrap().octets, b"ok");
    }

    #[test]
    fn addresses_of_this_house_are_not_talked_to() {
        for host in ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "192.168.0.1", "[fe80::1]"] {
            let error = Network::new(STRICT).fetch(&format!("http://{host}:9/"), None).unwrap_err();
            assert!(error.contains("no public address"), "{host}: {error}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_far_ends() {
        let long = server(&["HTTP/1.1 200 OK\r\ncontent-length: 101\r\nconnection: close\r\n\r\n"]);
        assert!(Network::new(HERE).fetch(&long, None).is_err());
        let away = "HTTP/1.1 302 Found\r\nlocation: HERE/next\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let error = Network::new(HERE).fetch(&server(&[away; 5]), None).unwrap_err();
        assert!(error.contains("redirect"), "{error}");
        let gone = server(&["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"]);
        assert!(Network::new(HERE).fetch(&gone, None).unwrap_err().contains("404"));
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["https://example.org/", "file:///etc/passwd", "ftp://example.org/", "", "http:/"] {
            assert!(Network::new(HERE).fetch(url, None).unwrap_err().contains("only http"), "{url}");
        }
    }

    #[test]
    fn special_addresses_are_known() {
        for public in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.0.0.0",
            "100.64.0.1",
            "172.16.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:a00:1::",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }
}
