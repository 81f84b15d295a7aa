# SPDX-License-Identifier: Apache-2.0
"""openssl's s_client and s_server as peers: what they print becomes reports.

s_server -www answers with a page that says how it sees the connection; early data needs the plain
server, which says it on its own output.
"""

import os
import re

from harness import find, run
from matrix import NAME

ALERTS = {0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac",
          40: "handshake_failure", 42: "bad_certificate", 44: "certificate_revoked",
          45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter",
          48: "unknown_ca", 50: "decode_error", 51: "decrypt_error", 70: "protocol_version",
          80: "internal_error", 112: "unrecognized_name", 116: "certificate_required",
          120: "no_application_protocol"}
VERSIONS = {"1.1": "-tls1_1", "1.2": "-tls1_2", "1.3": "-tls1_3"}
REQUEST = "GET / HTTP/1.0\r\n\r\n"


class Openssl:
    name = "openssl"
    say, answers = REQUEST, "s_server"
    wrong_ca = "unknown_ca"
    cannot = {}

    def __init__(self, command=("openssl",), missing=None):
        self.command = list(command)
        self.missing = missing or (None if find(command[0]) else "openssl is not installed")

    def groups(self):
        """Those of TLS 1.3, where this openssl can list them (from 3.5 on)."""
        return run(*self.command, "list", "-tls1_3", "-tls-groups").out

    # s_client

    def connect(self, case, port, options):
        session = case.path("session.pem")
        reports = []
        for number in range(options.times):
            arguments = self._client_arguments(case, port, options)
            if number and options.resume and not os.path.exists(session):
                break
            if options.resume:
                arguments += ["-sess_out", session]
                arguments += ["-sess_in", session] if number else []
                if options.early and number:
                    arguments += ["-early_data", case.write("early", options.early)]
            done = run(*arguments, stdin=options.say.encode())
            reports.append(client_report(done.out, done.err))
        return reports

    def _client_arguments(self, case, port, options):
        arguments = [*self.command, "s_client", "-connect", f"127.0.0.1:{port}", "-servername",
                     NAME, "-verify_hostname", NAME, "-CAfile", options.ca, "-verify_return_error",
                     "-ign_eof", *common_arguments(options)]
        if options.pair:
            arguments += ["-cert", options.pair[0], "-key", options.pair[1]]
        return arguments + (["-status"] if options.staple else [])

    # s_server

    def serve(self, case, options):
        arguments = [*self.command, "s_server", "-accept", "127.0.0.1:0", "-naccept",
                     options.times, "-cert", options.pair[0], "-key", options.pair[1],
                     *common_arguments(options)]
        arguments += ["-status_file", options.staple] if options.staple else []
        if options.client_auth:
            arguments += ["-CAfile", options.ca, "-verify_return_error",
                          "-Verify" if options.client_auth == "require" else "-verify", "3"]
        if options.early:
            return Plain(case, [*arguments, "-early_data"], options.times)
        return Page(case, [*arguments, "-www"], options.times)


def common_arguments(options):
    arguments = ["-msg"]
    if options.version:
        arguments.append(VERSIONS[options.version])
    if options.version == "1.1":
        arguments += ["-cipher", "DEFAULT:@SECLEVEL=0"]
    arguments += ["-groups", options.groups] if options.groups else []
    return arguments + (["-alpn", options.alpn] if options.alpn else [])


class Server:
    def __init__(self, case, arguments, times):
        # An end of its input would be the end of the plain server.
        reading, writing = os.pipe()
        case.addCleanup(os.close, writing)
        self.times = times
        self.process = case.start(*arguments, stdin=reading)
        os.close(reading)
        self.port = int(self.process.wait_for(r"^ACCEPT \S*:(\d+)")[1])


class Page(Server):
    """The page that each of our clients received; where there is none, the handshake failed."""

    until = None

    def reports(self, ours):
        self.process.wait()
        log = self.process.text()
        retried = num_server_hellos(log) > self.times
        return [page_report(report["received"], log, retried) if report["received"]
                else failure(log) for report in ours]


class Plain(Server):
    """Says on its output what it received, and answers nothing. It ends without a close_notify."""

    until = ""

    def reports(self, ours):
        self.process.wait()
        parts = self.process.text().split("CONNECTION CLOSED")
        return [plain_report(part) for part in parts[:len(ours)]]


def num_server_hellos(log):
    return len(re.findall(r"(?m), ServerHello$", log))


def client_report(out, err):
    agreed = re.search(r"(?m)^(New|Reused), (TLSv1\.\d), Cipher is (\S+)", out)
    verified = re.search(r"Verify return code: (\d+)", out)
    if not agreed or alert_in(err):
        return failure(err)
    early = re.search(r"Early data was (not sent|accepted|rejected)", out)
    alpn = re.search(r"ALPN protocol: (\S+)", out)
    staple = "OCSP Response Status: successful" in out and "Cert Status: good" in out
    report = {"cause": "ok" if verified and verified[1] == "0" else "unverified",
              "version": agreed[2][4:], "suite": agreed[3], "resumed": agreed[1] == "Reused",
              "alpn": alpn[1] if alpn else "", "staple": "good" if staple else "",
              "hello_retried": num_server_hellos(out) == 2, "alert_received": ""}
    if early:
        report["early_data"] = {"not sent": "none", "rejected": "refused"}.get(early[1], early[1])
    return report


def page_report(page, log, retried):
    agreed = re.search(r"(?m)^(New|Reused), (TLSv1\.\d), Cipher is (\S+)", page)
    subject = re.search(r"Subject: (.*)", page)
    alpn = re.search(r"ALPN protocols selected: (\S+)", log)
    return {"cause": "ok", "version": re.search(r"Protocol *: TLSv(\S+)", page)[1],
            "suite": agreed[3], "resumed": agreed[1] == "Reused", "alpn": alpn[1] if alpn else "",
            "hello_retried": retried, "peer_subject": subject[1] if subject else "",
            "alert_received": ""}


def plain_report(log):
    suite = re.search(r"(?m)^CIPHER is (\S+)", log)
    if not suite:
        return failure(log)
    early = "none"
    if "Early data was rejected" in log:
        early = "refused"
    elif re.search(r"Early data received:\n", log):
        early = "accepted"
    return {"cause": "ok", "version": "1.3", "suite": suite[1], "early_data": early,
            "resumed": "Reused session-id" in log, "alert_received": ""}


def alert_in(text):
    found = re.search(r"SSL alert number (\d+)", text)
    return ALERTS.get(int(found[1]), found[1]) if found else ""


def failure(text):
    return {"cause": "failed", "alert_received": alert_in(text)}
