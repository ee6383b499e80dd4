//! `--fetch` and `--bundle`, beside a server of this machine.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::arguments;
use crate::issue::evidence::{List, OCSP_SIGNING, Point, Response, distribution_points, no_check};
use crate::issue::{Entity, Request, access, extended_key_usage};
use crate::support::Folder;

const NOW: &str = "--at=2026-06-01T12:00:00Z";
const HERE: &str = "--allow-private-addresses";

/// A server of files, by path; what was asked of it is written down.
struct Server {
    address: String,
    files: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (files, asked) = (Arc::<Mutex<HashMap<_, _>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let server = Self { address, files: Arc::clone(&files), asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for caller in listener.incoming() {
                let Ok(caller) = caller else { return };
                answer(caller, &files.lock().unwrap(), &mut asked.lock().unwrap());
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    fn has(&self, path: &str, octets: Vec<u8>) {
        self.files.lock().unwrap().insert(format!("/{path}"), octets);
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut caller: TcpStream, files: &HashMap<String, Vec<u8>>, asked: &mut Vec<String>) {
    let mut octets = Vec::new();
    let mut part = [0; 4096];
    // The head, and as much of a body as it says.
    let head = loop {
        let Ok(read @ 1..) = caller.read(&mut part) else { return };
        octets.extend(&part[..read]);
        let text = String::from_utf8_lossy(&octets).to_lowercase();
        let Some(end) = text.find("\r\n\r\n") else { continue };
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        if octets.len() >= end + 4 + length.unwrap_or(0) {
            break String::from_utf8_lossy(&octets[..end]).into_owned();
        }
    };
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    asked.push(format!("{method} {path}"));
    let (status, body) = match files.get(path) {
        Some(body) => ("200 OK", &body[..]),
        None => ("404 Not Found", &b""[..]),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/pkix-crl\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = caller.write_all(head.as_bytes()).and_then(|()| caller.write_all(body));
}

/// A home that trusts its root alone, and a signer abroad whose certificate says where the rest is.
struct World {
    server: Server,
    folder: Folder,
    home: Entity,
    foreign: Entity,
}

impl World {
    fn new() -> Self {
        let server = Server::new();
        let folder = Folder::new();
        let [home, foreign] = ["C=IR,CN=Home", "C=TR,CN=Foreign"].map(Entity::new);
        let signer = Entity::new("C=TR,CN=Anka");
        let list_of = |path: &str| distribution_points(&[Point { url: Some(&server.url(path)), ..Point::default() }]);
        let leaf = Request::signer(&signer, &foreign)
            .serial(7)
            .with(access(&[("ocsp", &server.url("ocsp")), ("issuers", &server.url("foreign.p7c"))]))
            .with(list_of("foreign.crl"));
        let cross = Request::authority(&foreign, &home).serial(3).with(list_of("home.crl"));
        folder.write("home.der", Request::authority(&home, &home).der());
        folder.write("leaf.der", leaf.der());
        server.has("foreign.p7c", crate::issue::pkcs7(&[cross.der()]));
        server.has("home.crl", List::new(&home, 1).der());
        server.has("foreign.crl", List::new(&foreign, 1).der());
        Self { server, folder, home, foreign }
    }

    fn asks(&self, more: &[&str]) -> Vec<String> {
        let asked = arguments!["trust", "path", "leaf.der", "--trust=home.der", NOW, "--format=json"];
        asked.into_iter().chain(more.iter().map(|one| (*one).to_owned())).collect()
    }
}

#[test]
fn what_is_lacking_is_fetched_and_the_bundle_comes_to_the_same_verdict_offline() {
    let world = World::new();
    world.folder.run(world.asks(&[])).expect(1);
    let fetched = world.folder.run(world.asks(&["--fetch", HERE, "--bundle=day.json"])).expect(0);
    assert!(fetched.stderr.contains("W7905") && fetched.stderr.contains("404"), "no responder: {}", fetched.stderr);
    assert_eq!(world.server.asked(), ["GET /foreign.p7c", "GET /home.crl", "POST /ocsp", "GET /foreign.crl"]);

    let again = world.folder.run(world.asks(&["--bundle=day.json"])).expect(0);
    assert_eq!(again.stdout, fetched.stdout, "to the octet");
    // The time that was asked about is in the bundle.
    let without_time: Vec<_> =
        world.asks(&["--bundle=day.json"]).into_iter().filter(|argument| argument != NOW).collect();
    assert_eq!(world.folder.run(without_time).expect(0).stdout, fetched.stdout);
    assert_eq!(world.server.asked().len(), 4, "nobody was asked again");

    let bundle: Value = serde_json::from_str(&world.folder.read("day.json")).unwrap();
    let item = &bundle["items"][3];
    assert_eq!(item["url"], world.server.url("foreign.crl"));
    assert_eq!(item["media_type"], "application/pkix-crl");
    assert_eq!(STANDARD.decode(item["octets"].as_str().unwrap()).unwrap(), List::new(&world.foreign, 1).der());
    assert!(bundle["items"][2]["error"].is_string() && bundle["items"][2]["request"].is_string());
}

#[test]
fn a_responder_is_asked_before_lists() {
    let world = World::new();
    let responder = Entity::new("CN=Responder");
    let delegate = Request::signer(&responder, &world.foreign)
        .serial(8)
        .with(extended_key_usage(&[OCSP_SIGNING]))
        .with(no_check());
    let response = Response::good(&responder, &world.foreign, 7).with(delegate.der());
    world.server.has("ocsp", response.der());
    world.folder.run(world.asks(&["--fetch", HERE])).expect(0);
    world.server.has("ocsp", response.revoked("20260501000000Z", 1).der());
    world.folder.run(world.asks(&["--fetch", HERE])).expect(1);
}

#[test]
fn stale_lists_and_silent_servers_leave_the_verdict_open() {
    let world = World::new();
    world.server.has("home.crl", List::new(&world.home, 1).made("20250101000000Z", Some("20250201000000Z")).der());
    world.folder.run(world.asks(&["--fetch", HERE])).expect(5);
}

#[test]
fn addresses_of_this_house_are_asked_only_where_that_is_allowed() {
    let world = World::new();
    let run = world.folder.run(world.asks(&["--fetch"])).expect(1);
    assert!(run.stderr.contains("no public address"), "{}", run.stderr);
    assert_eq!(world.server.asked(), [""; 0]);
}

#[test]
fn questions_are_limited() {
    let world = World::new();
    let run = world.folder.run(world.asks(&["--fetch", HERE, "--max-fetches=2"])).expect(4);
    assert!(run.stderr.contains("E9307"), "{}", run.stderr);
    assert_eq!(world.server.asked().len(), 2);
}

#[test]
fn an_altered_bundle_is_refused() {
    let world = World::new();
    world.folder.run(world.asks(&["--fetch", HERE, "--bundle=day.json"])).expect(0);
    let bundle = world.folder.read("day.json");
    let mut altered: Value = serde_json::from_str(&bundle).unwrap();
    altered["items"][3]["octets"] = STANDARD.encode(b"another").into();
    world.folder.write("altered.json", altered.to_string());
    world.folder.write("letter.json", "Dear Sir");
    for name in ["altered.json", "letter.json", "none.json"] {
        let run = world.folder.run(world.asks(&[&format!("--bundle={name}")]));
        assert!(matches!(run.status, 2 | 3), "{name}: {run:?}");
    }
}
