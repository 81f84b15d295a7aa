# SPDX-License-Identifier: Apache-2.0
"""The cells of the interoperability matrix: features x versions x directions, for one peer each.

A cell says what both sides are told (Options), lets them meet, and compares both reports. A peer is
an object with

    name           for people
    missing        None, or why none of its cells can run here
    cannot         {(its role, feature): why}: what the tool has no way to do
    say, answers   what our client says to its server, and a part of what that answers
    early          what may come early where it is not what Options say
    for_our_server  more arguments
    wrong_ca       the alert of its client where that does not trust our server; "": it leaves
    serve(case, options)          something with .port, .until (what ends the answer: see
                                  talk.h) and .reports(ours)
    connect(case, port, options)  its reports, one a conversation

and its reports hold of these what the tool tells: version, suite, group, resumed, early_data, alpn,
peer_certificate (hex), peer_subject, staple (hex, or "good"), hello_retried, alert_received, cause.
"""

import dataclasses
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from harness import DEADLINE, Case, Process, main, run  # noqa: E402,F401
from pki import NAME, Pki, der_hex, file_hex  # noqa: E402

BULLA_PEER = os.environ.get("BULLA_PEER", "build/bulla-peer")
HELLO = "hello\n"
EARLY = "early\n"
LEFT = ["truncated", "closed_before_handshake"]  # our causes where the peer just goes
UNTRUSTED = ["cert_unknown_issuer", "cert_root_untrusted"]  # the latter where the root is sent
RETRY_GROUP = "secp384r1"  # that nobody sends a key share for at first


@dataclasses.dataclass
class Options:
    """What one side is told; what is empty is left at its default."""
    version: str = ""      # the only one that is spoken; else 1.2 and 1.3
    ca: str = ""
    pair: tuple = ()       # certificate and key
    client_auth: str = ""  # of a server: "request" or "require"
    groups: str = ""
    alpn: str = ""
    staple: str = ""       # of a server: the response's file; of a client: anything asks for it
    resume: bool = False   # of a client: with the session of its first conversation; of a server:
                           # with tickets
    store: bool = False    # of our server: with a session store instead
    early: str = ""        # of a client: what it says early; of a server: anything takes it
    times: int = 1
    more: tuple = ()       # arguments for our side alone
    say: str = HELLO       # of a client
    until: str = "\n"      # None: until the server closes


def shared_arguments(role, options):
    """What bulla-peer and the peers that are scripts of ours understand alike."""
    arguments = []
    for name, value in (("--ca", options.ca), ("--groups", options.groups),
                        ("--min", options.version), ("--max", options.version),
                        ("--alpn", options.alpn), ("--client-auth", options.client_auth)):
        arguments += [name, value] if value else []
    if options.pair:
        arguments += ["--cert", options.pair[0], "--key", options.pair[1]]
    if options.staple:
        arguments += ["--staple", options.staple] if role == "server" else ["--revocation", "hard"]
    if role == "client":
        arguments += ["--name", NAME, "--say", options.say]
        arguments += [] if options.until is None else ["--until", options.until]
        arguments += ["--resume"] if options.resume else []
    return arguments + ["--times", str(options.times)]


def our_arguments(role, options):
    arguments = shared_arguments(role, options)
    if role == "server" and options.resume:
        arguments += ["--store" if options.store else "--tickets"]
    if options.early:
        arguments += (["--early-data-max", "16384"] if role == "server"
                      else ["--early-data", options.early])
    return [*arguments, *options.more]


def reports_of(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


class Recorder:
    """A relay that keeps what clients sent before the server's first answer: to play it again."""

    def __init__(self, port):
        self.server = port
        self.flights = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.sockets = [self.listening]
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        for each in self.sockets:
            each.close()

    def _accept(self):
        while True:
            try:
                client = self.listening.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server), DEADLINE)
            self.sockets += [client, server]
            self.flights.append(b"")
            answered = threading.Event()
            number = len(self.flights) - 1
            threading.Thread(target=self._carry, args=(server, client, answered, None),
                             daemon=True).start()
            threading.Thread(target=self._carry, args=(client, server, answered, number),
                             daemon=True).start()

    def _carry(self, source, sink, answered, number):
        try:
            while data := source.recv(65536):
                if number is None:
                    answered.set()
                elif not answered.is_set():
                    self.flights[number] += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def replay(port, flight):
    """Sends a recorded first flight, and reads until the server has had enough."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        peer.sendall(flight)
        peer.shutdown(socket.SHUT_WR)
        peer.settimeout(DEADLINE)
        try:
            while peer.recv(65536):
                pass
        except OSError:
            pass


def cell(feature, versions=("1.2", "1.3"), roles=("client", "server")):
    """Makes of a method a test for each version and for each role that we play."""
    def mark(method):
        method.cell = (feature, versions, roles)
        return method
    return mark


class Matrix(Case):
    """All cells; a subclass names its peer."""

    peer = None

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        for name in dir(cls):
            method = getattr(cls, name)
            for version in getattr(method, "cell", ("", (), ()))[1]:
                for we in method.cell[2]:
                    test = cls._test(method, method.cell[0], we, version)
                    setattr(cls, f"test_tls{version.replace('.', '')}_our_{we}_{name}", test)

    @staticmethod
    def _test(method, feature, we, version):
        def test(self):
            they = "server" if we == "client" else "client"
            reason = (self.peer.missing or self.peer.cannot.get((they, feature))
                      or self.peer.cannot.get((they, feature.split()[0])))
            if reason:
                self.skipTest(reason)
            self.we, self.they, self.version = we, they, version
            method(self)
        return test

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.peer is None or cls.peer.missing:
            return
        cls.folder = tempfile.mkdtemp(prefix="bulla-interop-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.pki = Pki(os.path.join(cls.folder, "pki"))
        if hasattr(cls.peer, "begin"):
            cls.peer.begin(cls)

    # The two sides.

    def client(self, **options):
        return Options(**{"version": self.version, "ca": self.pki.ca, **options})

    def server(self, **options):
        return Options(**{"version": self.version, "pair": self.pki.server, **options})

    def meet(self, client, server, times=1):
        """Both sides' reports, (ours, theirs), each with `times` entries."""
        client.times = server.times = times
        if self.we == "client":
            return self._our_client(client, server)
        process = self.our_server(server)
        theirs = self.peer.connect(self, process.port, client)
        process.wait_for(r"^\{", times=len(theirs))
        if len(theirs) < times:
            process.end()
            self.fail(f"ours: {process.text()}; theirs: {theirs}")
        return self.our_reports(process), theirs

    def _our_client(self, client, server):
        serving = self.peer.serve(self, server)
        client.say, client.until = self.peer.say, serving.until
        done = run(BULLA_PEER, "client", "--connect", f"127.0.0.1:{serving.port}",
                   *our_arguments("client", client))
        ours = reports_of(done.out)
        self.assertEqual(len(ours), client.times, done.out + done.err)
        return ours, serving.reports(ours)

    def our_server(self, options):
        process = self.start(BULLA_PEER, "server", "--listen", "127.0.0.1:0",
                             *our_arguments("server", options),
                             *getattr(self.peer, "for_our_server", ()))
        process.port = int(process.wait_for(r"^Listening on \S+:(\d+)")[1])
        return process

    def our_reports(self, process):
        self.assertEqual(process.wait(), 0, process.text())
        return reports_of(process.text())

    # What is asserted.

    def facts(self, report, **expected):
        found = {key: report.get(key) for key in expected}
        self.assertEqual(found, expected, report)

    def agreed(self, ours, theirs, **expected):
        """Both sides finished, and say the same of what both speak of."""
        self.facts(ours, cause="ok", handshake_done=True, version=self.version, server_name=NAME,
                   **{"resumed": False, "hello_retried": False, "early_data": "none", **expected})
        self.facts(theirs, cause="ok", version=self.version)
        if "suite" in theirs:
            self.assertEqual(cipher_of(ours["suite"]), cipher_of(theirs["suite"]), theirs)
        for key in ("resumed", "hello_retried", "early_data", "alpn"):
            if key in theirs:
                self.assertEqual(theirs[key], ours[key], (key, ours, theirs))

    def refused(self, ours, theirs, cause, alert):
        """We refuse, with an alert that they were told."""
        self.facts(ours, cause=cause, alert_sent=alert, handshake_done=False)
        self.told(theirs, alert)

    def told(self, theirs, alert):
        """They failed, and know our alert where they say anything of alerts."""
        self.assertNotEqual(theirs["cause"], "ok")
        self.assertEqual(theirs.get("alert_received", alert), alert, theirs)

    # Cells: what works.

    @cell("full")
    def full(self):
        ours, theirs = self.meet(self.client(), self.server())
        self.agreed(ours[0], theirs[0], peer_authenticated=self.we == "client")
        shown = der_hex(self.pki.server[0]) if self.we == "client" else ""
        self.facts(ours[0], peer_certificate=shown)
        self.assertIn("hello" if self.we == "server" else self.peer.answers, ours[0]["received"])

    @cell("full")
    def rsa(self):
        ours, theirs = self.meet(self.client(), self.server(pair=self.pki.server_rsa))
        self.agreed(ours[0], theirs[0])
        if self.version == "1.2":
            self.assertIn("ECDHE_RSA", ours[0]["suite"])

    @cell("alpn")
    def alpn(self):
        ours, theirs = self.meet(self.client(alpn="http/1.1"), self.server(alpn="http/1.1"))
        self.agreed(ours[0], theirs[0], alpn="http/1.1")

    @cell("resume")
    def resumed(self):
        ours, theirs = self.meet(self.client(resume=True), self.server(resume=True), times=2)
        self.agreed(ours[0], theirs[0])
        self.agreed(ours[1], theirs[1], resumed=True)
        self.assertIs(theirs[1]["resumed"], True)
        self.facts(ours[1], peer_authenticated=self.we == "client",
                   peer_certificate=ours[0]["peer_certificate"])

    @cell("resume", roles=("server",))
    def resumed_from_a_store(self):
        server = self.server(resume=True, store=True)
        ours, theirs = self.meet(self.client(resume=True), server, times=2)
        self.agreed(ours[1], theirs[1], resumed=True)

    @cell("early", versions=("1.3",))
    def early_data(self):
        ours, theirs = self.meet(self.client(resume=True, early=EARLY),
                                 self.server(resume=True, early=EARLY), times=2)
        self.agreed(ours[0], theirs[0])
        self.agreed(ours[1], theirs[1], resumed=True, early_data="accepted")
        self.facts(ours[1], early_refused="")
        self.assertIn(ours[1]["early"], self.said_early())

    def said_early(self):
        return getattr(self.peer, "early", [EARLY]) if self.we == "server" else [EARLY]

    @cell("client certificate")
    def client_certificate(self):
        self._client_certificate(self.pki.client)

    @cell("client certificate")
    def client_certificate_rsa(self):
        self._client_certificate(self.pki.client_rsa)

    def _client_certificate(self, pair):
        ours, theirs = self.meet(self.client(pair=pair), self.client_server("require"))
        self.agreed(ours[0], theirs[0])
        if self.we == "server":
            self.facts(ours[0], peer_authenticated=True, peer_certificate=der_hex(pair[0]))
        elif "peer_certificate" in theirs[0]:
            self.facts(theirs[0], peer_certificate=der_hex(pair[0]))
        else:
            self.assertIn(os.path.basename(pair[0])[:-4], theirs[0]["peer_subject"])

    def client_server(self, mode, **options):
        return self.server(client_auth=mode, ca=self.pki.ca, **options)

    @cell("client certificate", roles=("server",))
    def client_certificate_is_resumed(self):
        ours, theirs = self.meet(self.client(pair=self.pki.client, resume=True),
                                 self.client_server("require", resume=True), times=2)
        shown = der_hex(self.pki.client[0])
        self.agreed(ours[0], theirs[0], peer_authenticated=True, peer_certificate=shown)
        self.agreed(ours[1], theirs[1], resumed=True, peer_authenticated=True,
                    peer_certificate=shown)

    @cell("groups", versions=("1.3",))
    def hello_retry_request(self):
        ours, theirs = self.meet(self.client(), self.server(groups=RETRY_GROUP))
        self.agreed(ours[0], theirs[0], hello_retried=True, group=RETRY_GROUP)

    @cell("staple")
    def staple(self):
        ours, theirs = self.meet(self.client(staple="hard"), self.server(staple=self.pki.staple))
        self.agreed(ours[0], theirs[0])  # a client of ours accepts no other in the mode "hard"
        if self.we == "server":
            self.assertIn(theirs[0]["staple"], ("good", file_hex(self.pki.staple)))

    # Cells: what must not work.

    @cell("full")
    def wrong_ca(self):
        ours, theirs = self.meet(self.client(ca=self.pki.other_ca), self.server())
        if self.we == "client":
            self.facts(ours[0], alert_sent="unknown_ca", handshake_done=False)
            self.assertIn(ours[0]["cause"], UNTRUSTED)
            self.told(theirs[0], "unknown_ca")
            return
        self.assertNotEqual(theirs[0]["cause"], "ok")
        self.facts(ours[0], received="", alert_received=self.peer.wrong_ca)
        causes = ["alert_received"] if self.peer.wrong_ca else LEFT
        self.assertIn(ours[0]["cause"], causes)

    @cell("client certificate", roles=("server",))
    def client_certificate_of_another_ca(self):
        ours, theirs = self.meet(self.client(pair=self.pki.other_client),
                                 self.client_server("require"))
        if ours[0]["cause"].startswith("certificate_required"):
            return  # a client that looks at the CAs that we name, and has nothing for them
        self.refused(ours[0], theirs[0], "cert_unknown_issuer", "unknown_ca")

    @cell("client certificate", roles=("server",))
    def client_certificate_missing(self):
        ours, theirs = self.meet(self.client(), self.client_server("require"))
        alert = "certificate_required" if self.version == "1.3" else "handshake_failure"
        cause = "certificate_required" + ("_12" if self.version == "1.2" else "")
        self.refused(ours[0], theirs[0], cause, alert)

    @cell("client certificate", roles=("server",))
    def client_certificate_not_insisted_on(self):
        ours, theirs = self.meet(self.client(), self.client_server("request"))
        self.agreed(ours[0], theirs[0], peer_authenticated=False)

    @cell("tls1.1", roles=("server",))
    def tls_1_1_client(self):
        ours, theirs = self.meet(self.client(version="1.1"), self.server())
        self.refused(ours[0], theirs[0], "version_unsupported", "protocol_version")

    @cell("tls1.1", roles=("client",))
    def tls_1_1_server(self):
        ours, _ = self.meet(self.client(), self.server(version="1.1"))
        self.facts(ours[0], handshake_done=False, received="")
        if ours[0]["cause"] == "alert_received":  # it knows better versions, and saw ours
            # TLS 1.1 has none of our suites, which may be looked at first.
            self.assertIn(ours[0]["alert_received"], ["protocol_version", "handshake_failure"])
        else:
            self.facts(ours[0], alert_sent="protocol_version")

    @cell("resume", roles=("server",))
    def no_resumption_once_certificates_are_required(self):
        """The client comes back with a ticket from before: it is judged by today's rules."""
        more = ("--then", "--ca", self.pki.ca, "--client-auth", "require")
        client = self.client(pair=self.pki.client, resume=True)
        ours, theirs = self.meet(client, self.server(resume=True, more=more), times=2)
        self.agreed(ours[0], theirs[0])
        self.agreed(ours[1], theirs[1], resumed=False, peer_authenticated=True)

    @cell("client certificate", roles=("server",))
    def no_resumption_under_other_trust(self):
        more = ("--then", "--ca", self.pki.both_ca)
        client = self.client(pair=self.pki.client, resume=True)
        server = self.client_server("require", resume=True, more=more)
        ours, theirs = self.meet(client, server, times=2)
        self.agreed(ours[0], theirs[0], peer_authenticated=True)
        self.agreed(ours[1], theirs[1], resumed=False, peer_authenticated=True)

    @cell("resume", roles=("client",))
    def no_resumption_by_a_client_of_other_trust(self):
        more = ("--then", "--ca", self.pki.other_ca)
        ours, _ = self.meet(self.client(resume=True, more=more), self.server(resume=True), times=2)
        self.facts(ours[0], cause="ok", handshake_done=True)
        self.facts(ours[1], resumed=False, handshake_done=False)
        self.assertIn(ours[1]["cause"], UNTRUSTED)

    @cell("staple", roles=("client",))
    def staple_missing(self):
        ours, _ = self.meet(self.client(staple="hard"), self.server())
        self.facts(ours[0], handshake_done=False, cause="cert_revocation_unknown")

    @cell("staple", roles=("client",))
    def staple_says_revoked(self):
        server = self.server(pair=self.pki.revoked, staple=self.pki.revoked_staple)
        ours, theirs = self.meet(self.client(staple="hard"), server)
        self.refused(ours[0], theirs[0], "cert_revoked", "certificate_revoked")

    @cell("early retry", versions=("1.3",))
    def early_data_refused_by_a_retry(self):
        """Early data is lost with its hello; our client says it again, our server passes it over.
        """
        ours, theirs = self.meet(self.client(resume=True, early=EARLY),
                                 self.server(resume=True, early=EARLY, groups=RETRY_GROUP), times=2)
        self.agreed(ours[1], theirs[1], resumed=ours[1]["resumed"], hello_retried=True,
                    early_data="refused")
        if self.we == "client":
            self.facts(ours[1], early=EARLY, early_refused=EARLY)
        else:
            self.facts(ours[1], early="")

    @cell("early", versions=("1.3",), roles=("server",))
    def early_data_replayed(self):
        server = self.server(resume=True, early=EARLY, times=3)
        process = self.our_server(server)
        recorder = Recorder(process.port)
        self.addCleanup(recorder.close)
        client = self.client(resume=True, early=EARLY, times=2)
        self.peer.connect(self, recorder.port, client)
        process.wait_for(r"^\{", times=2)
        replay(process.port, recorder.flights[1])
        ours = self.our_reports(process)
        self.facts(ours[1], cause="ok", early_data="accepted")
        self.assertIn(ours[1]["early"], self.said_early())
        self.facts(ours[2], handshake_done=False, early_data="refused", early="", received="")

    @cell("early", versions=("1.3",), roles=("server",))
    def early_data_not_taken(self):
        """Tickets that allow it, a server that no longer does: nothing is lost."""
        server = self.server(resume=True, early=EARLY, more=("--then", "--early-data-max", "0"))
        ours, theirs = self.meet(self.client(resume=True, early=EARLY), server, times=2)
        self.facts(ours[1], cause="ok", resumed=True, early_data="refused", early="")
        self.facts(theirs[1], resumed=True)
        self.assertEqual(theirs[1].get("early_data", "refused"), "refused")


def cipher_of(suite):
    """What all ways to write a suite have in common: AES256GCM."""
    found = re.search(r"AES_?(128|256)_?GCM|CHACHA20", re.sub(r"[^A-Z0-9]", "_", suite.upper()))
    return re.sub("_", "", found[0]) if found else suite
