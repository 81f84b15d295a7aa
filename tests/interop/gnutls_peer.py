# SPDX-License-Identifier: Apache-2.0
"""gnutls-cli and gnutls-serv as peers: what they print becomes reports.

gnutls-cli resumes by itself, and says nothing in its first connection then. Of early data it tells
nothing: our side's report is what there is.
"""

import os
import re

from harness import find, free_port, run
from matrix import NAME, file_hex
from openssl_peer import ALERTS

GROUPS = {"secp384r1": "SECP384R1"}


class Gnutls:
    name = "gnutls"
    say, answers = "hello\n", "hello"
    wrong_ca = "bad_certificate"
    cannot = {
        ("client", "early retry"): "gnutls-cli 3.7 does not get over a retry after early data",
        ("server", "early retry"): "gnutls-serv 3.7 accepts early data, then asks for a retry",
    }

    def __init__(self):
        here = find("gnutls-cli") and find("gnutls-serv")
        self.missing = None if here else "gnutls-cli and gnutls-serv are not installed"

    def connect(self, case, port, options):
        staple = case.path("staple.der")
        arguments = ["gnutls-cli", "--port", port, "--sni-hostname", NAME, "--verify-hostname",
                     NAME, "--x509cafile", options.ca, "--save-ocsp", staple,
                     "--priority", priority(options), *pair_arguments(options)]
        if options.resume:
            arguments += ["--resume", "--waitresumption"]
        if options.early:
            arguments += ["--earlydata", case.write("early", options.early)]
        done = run(*arguments, "127.0.0.1", stdin=options.say.encode())
        parts = re.split(r"(?m)^Connecting to '", done.out)[1:]
        reports = [client_report(part, done.err) for part in parts]
        # It asks for a status always, and so tells only where it is wanted.
        if options.staple:
            reports[0]["staple"] = file_hex(staple) if os.path.exists(staple) else ""
        return reports

    def serve(self, case, options):
        return Serving(case, ["gnutls-serv", "--echo", *server_arguments(options)], options)


class Serving:
    until = "\n"

    def __init__(self, case, arguments, options):
        self.port = free_port()
        self.process = case.start(*arguments, "--port", self.port)
        self.process.wait_for("listening on IPv4")

    def reports(self, ours):
        self.process.end()
        # Nothing but its end is said of a connection that fails.
        reports = [server_report(part) for part in
                   re.split(r"(?m)^\* Accepted connection from", self.process.text())[1:]]
        return [reports.pop(0) if report["handshake_done"] and reports else {"cause": "failed"}
                for report in ours]


def server_arguments(options):
    arguments = ["--priority", priority(options), *pair_arguments(options)]
    if options.client_auth:
        arguments += ["--verify-client-cert", "--x509cafile", options.ca]
        arguments += ["--require-client-cert"] if options.client_auth == "require" else []
    else:
        arguments += ["--disable-client-cert"]
    if options.staple:
        arguments += ["--ignore-ocsp-response-errors", "--ocsp-response", options.staple]
    return arguments + (["--earlydata"] if options.early else [])


def pair_arguments(options):
    arguments = []
    if options.pair:
        arguments += ["--x509certfile", options.pair[0], "--x509keyfile", options.pair[1]]
    return arguments + (["--alpn", options.alpn] if options.alpn else [])


def priority(options):
    words = ["NORMAL"]
    if options.version:
        words += ["-VERS-ALL", f"+VERS-TLS{options.version}"]
    if options.groups:
        words += ["-GROUP-ALL", f"+GROUP-{GROUPS[options.groups]}"]
    return ":".join(words)


def description(text):
    """(TLS1.3-X.509)-(ECDHE-X25519)-(ECDSA-SECP256R1-SHA256)-(AES-128-GCM)"""
    found = re.search(r"- Description: \(TLS([\d.]+)-[^)]*\).*\(([^()]+)\)$", text, re.M)
    if not found:
        return {}
    alpn = re.search(r"- Application protocol: (\S+)", text)
    return {"cause": "ok", "version": found[1], "suite": found[2],
            "alpn": alpn[1] if alpn else "", "alert_received": "",
            "resumed": "*** This is a resumed session" in text}


def client_report(out, err):
    report = description(out)
    alert = re.search(r"Received alert \[(\d+)\]", out + err)
    if report and not alert and "*** Fatal error" not in err:
        return report
    return {"cause": "failed", "alert_received": ALERTS[int(alert[1])] if alert else ""}


def server_report(part):
    subject = re.search(r"Subject: (.*)", part)
    return {**(description(part) or {"cause": "failed"}),
            "peer_subject": subject[1] if subject else ""}
