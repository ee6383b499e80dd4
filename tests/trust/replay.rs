//! An independent reader: decides again what was decided, from the JSON of an explanation alone.
//!
//! It shares no code with what it reads about. Each step is judged by its inputs, the state variables of RFC 5280 §6.1.2
//! are carried from step to step, and the verdict is drawn from the steps. Where it would have decided otherwise, it says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const ANY_POLICY: &str = "2.5.29.32.0";

/// What this reader would have decided otherwise; empty where it comes to the same.
pub(crate) fn replay(explanation: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut all_doubts = false;
    for path in list(&explanation["accepted"]) {
        let results = replay_path(path, &mut wrong);
        // What is not known of an accepted path is told, and was not asked for.
        if results.iter().any(|(_, result)| result == "failed") {
            wrong.push("an accepted path has a step that fails".to_owned());
        }
    }
    for path in list(&explanation["rejected"]) {
        let results = replay_path(path, &mut wrong);
        let told: BTreeSet<_> = list(&path["rejections"])
            .iter()
            .map(|fault| (number(&fault["certificate"]), text(&fault["check"]).to_owned()))
            .collect();
        let failed: BTreeSet<_> = results.into_iter().filter(|(_, result)| result != "passed").collect();
        let places: BTreeSet<_> = failed.iter().map(|(place, _)| place.clone()).collect();
        if places != told {
            wrong.push(format!("rejected for {told:?}, the steps say {places:?}"));
        }
        all_doubts |= !failed.is_empty() && failed.iter().all(|(_, result)| result == "unknown");
    }
    let status = if !list(&explanation["accepted"]).is_empty() {
        "accepted"
    } else if explanation.get("limit").is_some() {
        "unfinished"
    } else if all_doubts {
        "indeterminate"
    } else {
        "rejected"
    };
    if text(&explanation["status"]) != status {
        wrong.push(format!("the status is {}, the paths say {status}", explanation["status"]));
    }
    wrong
}

/// A certificate and a check.
type Place = (u64, String);

/// Every step with the result that this reader comes to.
fn replay_path(path: &Value, wrong: &mut Vec<String>) -> Vec<(Place, String)> {
    let certificates = list(&path["certificates"]);
    let mut state = State::default();
    let mut results = Vec::new();
    for step in list(&path["steps"]) {
        let (position, check, inputs) = (number(&step["certificate"]), text(&step["check"]), &step["inputs"]);
        let certificate = certificates.get(usize::try_from(position).unwrap_or(usize::MAX));
        let Some(certificate) = certificate else {
            wrong.push(format!("{check} of a certificate {position} that is not in the path"));
            continue;
        };
        let result = state.judge((position, check), text(&step["clause"]), inputs, certificate, wrong);
        if text(&step["result"]) != result {
            wrong.push(format!("{check} of certificate {position}: {}, and it is {result}: {inputs}", step["result"]));
        }
        results.push(((position, check.to_owned()), result.to_owned()));
    }
    results
}

/// What is carried from step to step.
#[derive(Default)]
struct State {
    max_path_length: Option<u64>,
    /// The levels of the policy graph, each policy with what the next certificate may call it and where it comes from.
    levels: Vec<BTreeMap<String, Node>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    expected: BTreeSet<String>,
    parents: BTreeSet<String>,
}

impl State {
    fn judge(
        &mut self,
        (position, check): (u64, &str),
        clause: &str,
        inputs: &Value,
        certificate: &Value,
        wrong: &mut Vec<String>,
    ) -> &'static str {
        let has = |key: &str| inputs.get(key).is_some_and(|value| !value.is_null());
        // A path that ended before an anchor says only where: what was asked for, and what there was.
        if has("expected") && has("found") {
            return passed(text(&inputs["expected"]) == text(&inputs["found"]));
        }
        match check {
            "initialization" => {
                self.max_path_length = Some(number(&inputs["max_path_length"]));
                let any = set(&[ANY_POLICY]);
                self.levels =
                    vec![BTreeMap::from([(ANY_POLICY.to_owned(), Node { expected: any, parents: set(&[]) })])];
                "passed"
            }
            "signature" | "algorithm" => {
                if inputs["certificate"] != certificate["fingerprint"] {
                    wrong.push("the signature is one of another certificate".to_owned());
                }
                passed(inputs["verifies"] == true)
            }
            "validity" | "anchor-constraints" if has("at") => {
                let at = text(&inputs["at"]);
                let early = has("not_before") && at < text(&inputs["not_before"]);
                let late = has("not_after") && at > text(&inputs["not_after"]);
                passed(!early && !late)
            }
            "name-chaining" => passed(same_name(text(&inputs["issuer"]), text(&inputs["working_issuer_name"]))),
            "permitted-names" => {
                let names = texts(&inputs["names"]);
                passed(names.iter().all(|name| {
                    list(&inputs["permitted_subtrees"]).iter().all(|trees| {
                        let trees = texts(trees);
                        let of_form: Vec<_> = trees.iter().filter(|tree| form(tree) == form(name)).collect();
                        of_form.is_empty() || of_form.iter().any(|tree| is_within(name, tree))
                    })
                }))
            }
            "excluded-names" => {
                let trees = texts(&inputs["excluded_subtrees"]);
                let names = texts(&inputs["names"]);
                passed(!names.iter().any(|name| {
                    trees.iter().any(|tree| form(tree) == form(name) && (is_within(name, tree) || is_unclear(name)))
                }))
            }
            "authority" => passed(inputs["ca"] == true),
            "path-length" => {
                let (own, most) = (inputs["self_issued"] == true, number(&inputs["max_path_length"]));
                if self.max_path_length != Some(most) {
                    wrong.push(format!("max_path_length is {most}, not {:?}", self.max_path_length));
                }
                let left = if own { most } else { most.saturating_sub(1) };
                let own_limit = inputs["path_len_constraint"].as_u64();
                self.max_path_length = Some(own_limit.map_or(left, |limit| limit.min(left)));
                passed(own || most > 0)
            }
            "certificate-signing" => {
                passed(inputs["key_usage"].is_null() || texts(&inputs["key_usage"]).contains(&"keyCertSign"))
            }
            "critical-extensions" => passed(list(&inputs["unprocessed_critical"]).is_empty()),
            "key-usage" => {
                let asked = texts(&inputs["asked"]);
                let own = texts(&inputs["key_usage"]);
                passed(
                    inputs["key_usage"].is_null() || asked.is_empty() || own.iter().any(|usage| asked.contains(usage)),
                )
            }
            "purpose" | "anchor-constraints" => {
                let asked = texts(&inputs["asked"]);
                let own = texts(&inputs["extended_key_usage"]);
                let any = own.contains(&"2.5.29.37.0");
                let none = inputs["extended_key_usage"].is_null() || asked.is_empty();
                passed(none || any || own.iter().any(|purpose| asked.contains(purpose)))
            }
            "policies" if clause.contains("(d)") => self.policies(position, inputs, wrong),
            "policies" => self.constrained(inputs, wrong),
            "policy-mappings" if clause.contains("(b)") => self.map(inputs, wrong),
            "policy-mappings" => {
                let any = |pair: &Value| texts(pair).contains(&ANY_POLICY);
                let sound = !list(&inputs["policy_mappings"]).iter().any(any);
                passed(sound)
            }
            "revocation" | "revocation-known" => revocation(inputs),
            "recognition" => passed(is_recognised(inputs)),
            _ => {
                wrong.push(format!("a check that this reader does not know: {check}"));
                "failed"
            }
        }
    }

    /// §6.1.3 (d) to (f) with the graph of RFC 9618.
    fn policies(&mut self, position: u64, inputs: &Value, wrong: &mut Vec<String>) -> &'static str {
        // (d)(2): "i is less than n", so not in the signer's certificate.
        let own = inputs["self_issued"] == true && position > 0;
        let any_counts = number(&inputs["inhibit_any_policy"]) > 0 || own;
        let before = self.levels.last().cloned().unwrap_or_default();
        if inputs["certificate_policies"].is_null() || before.is_empty() {
            self.levels.clear();
        } else {
            let stated = texts(&inputs["certificate_policies"]);
            let mut level: BTreeMap<String, Node> = BTreeMap::new();
            let fresh = |policy: &str, parents| Node { expected: set(&[policy]), parents };
            for policy in stated.iter().filter(|policy| **policy != ANY_POLICY) {
                let expecting = before.iter().filter(|(_, node)| node.expected.contains(*policy));
                let mut parents: BTreeSet<String> = expecting.map(|(valid, _)| valid.clone()).collect();
                if parents.is_empty() && before.contains_key(ANY_POLICY) {
                    parents = set(&[ANY_POLICY]);
                }
                if !parents.is_empty() {
                    level.insert((*policy).to_owned(), fresh(policy, parents));
                }
            }
            if any_counts && stated.contains(&ANY_POLICY) {
                for (valid, node) in &before {
                    for expected in &node.expected {
                        if stated.contains(&expected.as_str()) && expected != ANY_POLICY {
                            continue;
                        }
                        let entry = level.entry(expected.clone()).or_insert_with(|| fresh(expected, set(&[])));
                        entry.parents.insert(valid.clone());
                    }
                }
            }
            self.levels.push(level);
            self.prune();
        }
        self.compare(&inputs["nodes"], wrong);
        passed(number(&inputs["explicit_policy"]) > 0 || !self.levels.is_empty())
    }

    /// §6.1.4 (b).
    fn map(&mut self, inputs: &Value, wrong: &mut Vec<String>) -> &'static str {
        let pairs: Vec<_> = list(&inputs["policy_mappings"]).iter().map(texts).collect();
        if let Some(level) = self.levels.last_mut() {
            if number(&inputs["policy_mapping"]) == 0 {
                level.retain(|policy, _| !pairs.iter().any(|pair| pair[0] == policy));
                self.prune();
            } else {
                let issuers: BTreeSet<_> = pairs.iter().map(|pair| pair[0]).collect();
                for issuer in issuers {
                    let expected: BTreeSet<_> =
                        pairs.iter().filter(|pair| pair[0] == issuer).map(|pair| pair[1].to_owned()).collect();
                    if let Some(node) = level.get_mut(issuer) {
                        node.expected = expected;
                    } else if level.contains_key(ANY_POLICY) {
                        level.insert(issuer.to_owned(), Node { expected, parents: set(&[ANY_POLICY]) });
                    }
                }
            }
        }
        self.compare(&inputs["nodes"], wrong);
        "passed"
    }

    /// §6.1.5 (g).
    fn constrained(&mut self, inputs: &Value, wrong: &mut Vec<String>) -> &'static str {
        let asked = &inputs["user_initial_policy_set"];
        // Policies are named by the trust anchor: those right below anyPolicy, and anyPolicy itself where it reaches the end.
        let mut alive = BTreeSet::new();
        if let Some((last, _)) = self.levels.split_last().filter(|(_, above)| !above.is_empty()) {
            for valid in last.keys() {
                let mut names = set(&[valid]);
                for depth in (1..self.levels.len()).rev() {
                    let mut above = BTreeSet::new();
                    for name in &names {
                        let Some(node) = self.levels[depth].get(name) else { continue };
                        if name != ANY_POLICY && node.parents.contains(ANY_POLICY) {
                            alive.insert(name.clone());
                        }
                        above.extend(node.parents.iter().filter(|parent| *parent != ANY_POLICY).cloned());
                    }
                    names = above;
                }
                if valid == ANY_POLICY {
                    match asked.is_null() {
                        true => alive.insert(ANY_POLICY.to_owned()),
                        false => {
                            alive.extend(texts(asked).into_iter().map(str::to_owned));
                            true
                        }
                    };
                }
            }
        }
        if !asked.is_null() {
            let asked = texts(asked);
            alive.retain(|policy| asked.contains(&policy.as_str()));
        }
        let told: BTreeSet<_> = texts(&inputs["user_constrained_policy_set"]).into_iter().map(str::to_owned).collect();
        if told != alive {
            wrong.push(format!("user_constrained_policy_set is {told:?}, and it is {alive:?}"));
        }
        passed(number(&inputs["explicit_policy"]) > 0 || !alive.is_empty())
    }

    /// Takes away what leads to no policy of the last level.
    fn prune(&mut self) {
        for depth in (1..self.levels.len()).rev() {
            let used: BTreeSet<String> = self.levels[depth].values().flat_map(|node| node.parents.clone()).collect();
            self.levels[depth - 1].retain(|policy, _| used.contains(policy));
        }
        if self.levels.last().is_some_and(BTreeMap::is_empty) {
            self.levels.clear();
        }
    }

    fn compare(&self, told: &Value, wrong: &mut Vec<String>) {
        let told: BTreeMap<String, Node> = list(told)
            .iter()
            .map(|node| {
                let owned = |key: &str| texts(&node[key]).into_iter().map(str::to_owned).collect();
                (
                    text(&node["valid_policy"]).to_owned(),
                    Node { expected: owned("expected_policy_set"), parents: owned("parents") },
                )
            })
            .collect();
        let own = self.levels.last().cloned().unwrap_or_default();
        if told != own {
            wrong.push(format!("the policy graph ends in {told:?}, and it ends in {own:?}"));
        }
    }
}

/// RFC 5280 §6.3.3 from what each list and response says; which of them counts is among the inputs.
fn revocation(inputs: &Value) -> &'static str {
    let at = text(&inputs["at"]);
    let used: Vec<_> = list(&inputs["sources"]).iter().filter(|source| source["used"] == true).collect();
    let revoked = used.iter().any(|source| {
        let of_list = &source["listed"];
        let listed = !of_list.is_null() && text(&of_list["revoked_at"]) <= at;
        listed && text(&of_list["reason"]) != "removeFromCRL"
            || text(&source["certificate_status"]) == "revoked" && text(&inputs["status"]) == "revoked"
    });
    match text(&inputs["status"]) {
        "revoked" if revoked => "failed",
        "good" if !used.is_empty() && !revoked => "passed",
        // The certificate, or its responder's, says itself that nothing is told of it.
        "good" if used.is_empty() && list(&inputs["sources"]).is_empty() => "passed",
        "undetermined" if !revoked => "unknown",
        _ => "the sources say otherwise",
    }
}

/// The register: an agreement in force names an authority of the path, and binds the countries of all below it.
fn is_recognised(inputs: &Value) -> bool {
    let (at, home) = (text(&inputs["at"]), &inputs["home"]);
    let authorities = list(&inputs["authorities"]);
    let foreign = |authority: &Value| {
        (authority["country"].is_null() || authority["country"] != *home) && authority["key"] != inputs["anchor_key"]
    };
    if !authorities.iter().any(foreign) {
        return true;
    }
    let policies = texts(&inputs["policies"]);
    list(&inputs["agreements"]).iter().any(|agreement| {
        let anchors = texts(&agreement["anchors"]);
        let named = authorities
            .iter()
            .position(|one| anchors.contains(&text(&one["certificate"])) || anchors.contains(&text(&one["key"])));
        let Some(named) = named else { return false };
        let within = |time: &Value| text(&time["from"]) <= at && (time["until"].is_null() || at < text(&time["until"]));
        let parties = texts(&agreement["parties"]);
        let foreign_policies = texts(&agreement["policies"]);
        within(agreement)
            && !list(&agreement["suspended"]).iter().any(within)
            && authorities[..=named]
                .iter()
                .all(|one| one["country"].is_null() || parties.contains(&text(&one["country"])))
            && (foreign_policies.is_empty() || foreign_policies.iter().any(|policy| policies.contains(policy)))
    })
}

const fn passed(passed: bool) -> &'static str {
    if passed { "passed" } else { "failed" }
}

/// RFC 5280 §7.1, as far as text shows it: without case and superfluous spaces, those included that RFC 4514 writes with a
/// backslash because they stand at an end.
fn same_name(one: &str, other: &str) -> bool {
    comparable(one) == comparable(other)
}

fn comparable(name: &str) -> String {
    let spaced = name.replace("\\ ", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    spaced.replace("= ", "=").replace(" ,", ",").to_lowercase()
}

/// What stands before the colon.
fn form(name: &str) -> &str {
    name.split_once(':').map_or(name, |(form, _)| form)
}

/// Whether a name can be compared at all; if not, nothing permits it.
fn is_unclear(name: &str) -> bool {
    match name.split_once(':') {
        Some(("email", address)) => !address.contains('@'),
        Some(("URI", uri)) => host(uri).is_none(),
        Some(("directory" | "DNS" | "IP", _)) => false,
        _ => true,
    }
}

fn is_within(name: &str, tree: &str) -> bool {
    let (Some((form, name)), Some((_, tree))) = (name.split_once(':'), tree.split_once(':')) else { return false };
    match form {
        "directory" => {
            let (name, tree) = (comparable(name), comparable(tree));
            tree.is_empty() || name == tree || name.ends_with(&format!(",{tree}"))
        }
        "DNS" => {
            let (name, tree) = (name.to_lowercase(), tree.to_lowercase());
            tree.is_empty() || name == tree || name.ends_with(&format!(".{}", tree.trim_start_matches('.')))
        }
        "email" => {
            let Some((mailbox, host)) = name.rsplit_once('@') else { return false };
            match tree.rsplit_once('@') {
                Some((own, other)) => mailbox == own && host.eq_ignore_ascii_case(other),
                None => host_within(host, tree),
            }
        }
        "URI" => host(name).is_some_and(|host| host_within(host, tree)),
        "IP" => ip_within(name, tree),
        _ => false,
    }
}

fn host_within(host: &str, tree: &str) -> bool {
    let (host, tree) = (host.to_lowercase(), tree.to_lowercase());
    if tree.starts_with('.') { host.ends_with(&tree) && host.len() > tree.len() } else { host == tree }
}

fn host(uri: &str) -> Option<&str> {
    let authority = uri.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty() && host.parse::<std::net::Ipv4Addr>().is_err()).then_some(host)
}

fn ip_within(name: &str, tree: &str) -> bool {
    let Some((network, prefix)) = tree.split_once('/') else { return false };
    let (Ok(name), Ok(network), Ok(prefix)) = (name.parse(), network.parse(), prefix.parse::<u32>()) else {
        return false;
    };
    let number = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        std::net::IpAddr::V6(address) => (u128::from(address), 128),
    };
    let ((name, bits), (network, same)) = (number(name), number(network));
    bits == same && (prefix == 0 || (name ^ network) >> (128 - prefix) == 0)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}
