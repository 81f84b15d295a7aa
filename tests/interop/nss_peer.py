# SPDX-License-Identifier: Apache-2.0
"""NSS's tstclnt and selfserv as peers: certificates go into databases, what they print becomes
reports.

selfserv says little: the number of resumptions
so far, the version and the client's name.
"""

import os
import re

from harness import find, free_port, run
from matrix import NAME

GROUPS = {"secp384r1": "P384"}
# How much of a suite's name is said: the cipher of those that we have.
CIPHERS = {"128-bit AES-GCM": "AES128GCM", "256-bit AES-GCM": "AES256GCM",
           "256-bit ChaCha20-Poly1305": "CHACHA20"}
REQUEST = "GET / HTTP/1.0\r\n\r\n"
NO_ALPN = "the tool has no way to name protocols"


class Nss:
    name = "nss"
    say, answers = REQUEST, "Generic Web Server"
    early = ["", "hello\n"]  # as it happens to be ready or not
    for_our_server = ("--until", "hello\n")
    wrong_ca = "unknown_ca"
    cannot = {("client", "alpn"): NO_ALPN, ("server", "alpn"): NO_ALPN,
              ("server", "early"): "selfserv takes no early data in its first seconds",
              ("server", "staple"): "selfserv staples responses of its own making alone, for RSA"}

    def __init__(self):
        here = all(find(program) for program in ("tstclnt", "selfserv", "certutil", "pk12util"))
        self.missing = None if here else "NSS's tstclnt and selfserv are not installed"

    def begin(self, case):
        """A database with all keys, and one without any (or tstclnt finds one to show) for each
        CA that is trusted.
        """
        pki = case.pki
        pairs = (pki.server, pki.server_rsa, pki.client, pki.client_rsa, pki.other_client,
                 pki.revoked)
        self.nicknames = {pair[0]: f"own-{number}" for number, pair in enumerate(pairs)}
        self.bare = {ca: self._database(case, f"nss-bare-{number}", ca)
                     for number, ca in enumerate((pki.ca, pki.other_ca))}
        self.database = self._database(case, "nss", pki.ca)
        for pair in pairs:
            nickname = self.nicknames[pair[0]]
            file = pki.pkcs12(pair, nickname, os.path.join(case.folder, "own.p12"))
            check("pk12util", "-i", file, "-d", self.database, "-W", "")

    @staticmethod
    def _database(case, name, ca):
        folder = os.path.join(case.folder, name)
        os.makedirs(folder)
        check("certutil", "-N", "-d", f"sql:{folder}", "--empty-password")
        check("certutil", "-A", "-d", f"sql:{folder}", "-n", "ca", "-t", "CT,C,C", "-i", ca)
        return f"sql:{folder}"

    def connect(self, case, port, options):
        database = self.database if options.pair else self.bare[options.ca]
        arguments = ["tstclnt", "-h", "127.0.0.1", "-p", port, "-a", NAME, "-d", database,
                     "-A", case.write("request", options.say), "-L", options.times,
                     *common_arguments(options)]
        arguments += ["-n", self.nicknames[options.pair[0]]] if options.pair else []
        arguments += ["-T"] if options.staple else []
        done = run(*arguments)
        text = done.out + done.err
        parts = re.split(r"(?m)^(?=subject DN: )", text)
        if len(parts) > 1:
            parts = parts[1:]
        return [client_report(part, options.version) for part in parts]

    def serve(self, case, options):
        rsa = options.pair == case.pki.server_rsa
        arguments = ["selfserv", "-d", self.database, "-n" if rsa else "-e",
                     self.nicknames[options.pair[0]], "-v", *common_arguments(options)]
        arguments += {"require": ["-r", "-r"], "request": ["-r"], "": []}[options.client_auth]
        return Serving(case, arguments)


class Serving:
    until = "EOF"

    def __init__(self, case, arguments):
        self.port = free_port()
        self.process = case.start(*arguments, "-p", self.port)
        self.process.wait_for("About to call accept")

    def reports(self, ours):
        self.process.end()
        parts = re.split(r"(?m)^selfserv: SSL version ", self.process.text())[1:]
        before, reports = 0, []
        for report in ours:
            if not report["handshake_done"] or not parts:
                reports.append({"cause": "failed"})
                continue
            reports.append(server_report(parts.pop(0), before))
            before = reports[-1]["num_hits"]
        return reports


def common_arguments(options):
    version = f"tls{options.version}" if options.version else ""
    arguments = ["-V", f"{version}:{version}"] if version else ["-V", "tls1.2:"]
    arguments += ["-u"] if options.resume else []
    arguments += ["-Z"] if options.early else []
    return arguments + (["-I", GROUPS[options.groups]] if options.groups else [])


def client_report(text, version):
    """tstclnt says nothing of version and suite without a flood of other words."""
    if not text.startswith("subject DN"):
        return {"cause": "failed", **alert_in(text)}
    resumed = re.search(r"(\d+) cache hits", text)
    staple = re.search(r"Received (\d+) Cert Status items", text)
    alert = alert_in(text)
    return {"cause": "failed" if alert else "ok", "version": version,
            "resumed": int(resumed[1]) > 0, "staple": "good" if int(staple[1]) else "", **alert}


def alert_in(text):
    found = re.search(r"SSL_ERROR_(?:RX_)?(\w+)_ALERT", text)
    return {"alert_received": ALERTS.get(found[1], found[1].lower())} if found else {}


def server_report(text, before):
    agreed = re.match(r"3\.(\d) using (\S+ \S+)", text)
    hits = int(re.search(r"(\d+) cache hits", text)[1])
    subject = re.search(r"subject DN: (.*)", text)
    return {"cause": "ok", "version": f"1.{int(agreed[1]) - 1}", "suite": CIPHERS[agreed[2]],
            "resumed": hits > before, "num_hits": hits,
            "peer_subject": subject[1] if subject else ""}


ALERTS = {"UNKNOWN_CA": "unknown_ca", "BAD_CERT": "bad_certificate",
          "PROTOCOL_VERSION": "protocol_version", "HANDSHAKE_FAILURE": "handshake_failure",
          "CERTIFICATE_REQUIRED": "certificate_required", "REVOKED_CERT": "certificate_revoked"}


def check(*arguments):
    done = run(*arguments)
    if done.code != 0:
        raise AssertionError(f"{arguments}: {done.out}{done.err}")
