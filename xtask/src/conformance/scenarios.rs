//! The scenarios of `tests/trust`: the verdict that follows from the standard, Karvan's, and OpenSSL's where it can express
//! the question. Every explanation is read again by the independent reader.

#[path = "../../../tests/trust/scenario.rs"]
mod scenario;

#[path = "../../../tests/trust/replay.rs"]
pub(super) mod replay;

use std::path::Path;
use std::process::Command;

use karvan_pki::{RejectedPath, Rejection};
use scenario::Scenario;

use super::Table;

pub(super) fn run(_data: &Path) -> crate::Result<Table> {
    let scenarios = scenario::table();
    let mut table = Table::new(["scenario", "expected", "clause", "karvan", "replayed", "openssl", "difference"]);
    let (mut right, mut replayed, mut asked, mut agreed, mut argued) = (0, 0, 0, 0, 0);
    let folder = tempfile::tempdir()?;
    for scenario in &scenarios.scenario {
        let policies: Vec<&str> =
            scenario.policies.iter().filter_map(|word| scenarios.policies.get(word)).map(String::as_str).collect();
        let verdict = scenario.judge(&scenarios);
        let karvan = scenario::word(verdict.status());
        let json = serde_json::to_value(verdict.explanation())?;
        let same = replay::replay(&json).is_empty();
        let openssl = openssl(scenario, &policies, folder.path())?;
        // OpenSSL has no third answer: what it does not know, it rejects.
        let (told, agrees) = match openssl {
            None => ("-", true),
            Some(true) => ("accepted", scenario.expect == "accepted"),
            Some(false) => ("rejected", scenario.expect != "accepted"),
        };
        right += usize::from(scenario.difference(&scenarios, &verdict).is_none());
        replayed += usize::from(same);
        asked += usize::from(openssl.is_some());
        agreed += usize::from(openssl.is_some() && agrees);
        let why = match (agrees, &scenario.openssl_differs, &scenario.openssl_cannot) {
            (false, Some(why), _) => {
                argued += 1;
                why.as_str()
            }
            (false, None, _) => "NOT ARGUED",
            (true, _, Some(why)) => why.as_str(),
            (true, _, None) => "-",
        };
        let replayed = if same { "yes" } else { "NO" };
        table.row([&scenario.name, &scenario.expect, &scenario.clause, karvan, replayed, told, why]);
    }
    let all = scenarios.scenario.len();
    table.summary(format!(
        "{all} scenarios: {right} with the verdict that follows from the standard, {replayed} replayed"
    ));
    table.summary(format!("openssl: {asked} asked, {agreed} the same, {argued} different and argued"));
    Ok(table)
}

/// Whether a rejection names the certificate, the rule and its clause.
pub(super) fn is_named(path: &RejectedPath, fault: &Rejection) -> bool {
    let told = [fault.check.name(), fault.check.clause(), fault.message.id(), &fault.expected];
    path.certificate(fault.position).is_some() && told.iter().all(|text| !text.is_empty())
}

/// Whether OpenSSL accepts; none where it cannot be asked.
fn openssl(scenario: &Scenario, policies: &[&str], folder: &Path) -> crate::Result<Option<bool>> {
    if scenario.openssl_cannot.is_some() {
        return Ok(None);
    }
    let bundle = scenario.bundle();
    let write = |name: &str, blocks: &[(String, String)]| {
        let text: String = blocks.iter().map(|(_, pem)| pem.as_str()).collect();
        std::fs::write(folder.join(name), text).map(|()| folder.join(name))
    };
    let anchors = write("anchors.pem", &bundle.anchors)?;
    let pool = write("pool.pem", &bundle.pool)?;
    let lists = write("lists.pem", &bundle.lists)?;
    let signer = write("signer.pem", std::slice::from_ref(&bundle.signer))?;
    let at: jiff::Timestamp = scenario.at.parse()?;
    let at = at.as_second().to_string();
    let mut command = Command::new("openssl");
    // Security level 2 refuses what is below 112 bits, as Karvan does.
    command.args(["verify", "-no-CApath", "-no-CAstore", "-auth_level", "2", "-policy_check", "-attime", &at]);
    command.arg("-CAfile").arg(&anchors).arg("-untrusted").arg(&pool);
    policies.iter().for_each(|policy| {
        command.args(["-policy", policy]);
    });
    for (flag, set) in [
        ("-explicit_policy", scenario.explicit),
        ("-inhibit_map", scenario.inhibit_mapping),
        ("-inhibit_any", scenario.inhibit_any),
    ] {
        if set {
            command.arg(flag);
        }
    }
    if scenario.purpose.is_some() {
        command.args(["-purpose", "smimesign"]);
    }
    // `verify` knows no OCSP: where there are answers, the signer is asked about with `ocsp`.
    if scenario.revocation.is_some() && bundle.answers.is_empty() {
        command.args(["-crl_check_all", "-extended_crl", "-use_deltas", "-CRLfile"]).arg(&lists);
    }
    let output = command.arg(&signer).output().map_err(|error| format!("openssl cannot be run: {error}"))?;
    let mut accepted = output.status.success();
    for (_, answer) in bundle.answers {
        let issuer = bundle.pool.iter().find(|(label, _)| {
            bundle.signer.0.split_once('/').is_some_and(|(by, _)| label.ends_with(&format!("/{by}")))
        });
        let issuer = issuer.ok_or("an answer about a certificate whose issuer is not there")?;
        let issuer = write("issuer.pem", std::slice::from_ref(issuer))?;
        let response = folder.join("answer.der");
        let block = karvan_pki::pem::blocks(answer.as_bytes()).next().and_then(|block| block.contents.ok());
        std::fs::write(&response, block.ok_or("an answer that is no PEM")?)?;
        let mut command = Command::new("openssl");
        command.args(["ocsp", "-no_nonce", "-attime", &at, "-respin"]).arg(&response);
        command.arg("-issuer").arg(&issuer).arg("-cert").arg(&signer);
        command.arg("-CAfile").arg(&anchors).arg("-verify_other").arg(&pool);
        let output = command.output()?;
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        // The times of an answer are compared with the clock, whatever -attime says; that is only a warning, on the line
        // before the word.
        let is_good = told.lines().any(|line| line == "good" || line.ends_with(": good"));
        accepted &= told.contains("Response verify OK") && is_good;
    }
    Ok(Some(accepted))
}
