# SPDX-License-Identifier: Apache-2.0
"""The runtime of `bulla serve`: reload under load, drain under load, workers, limits, systemd."""

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading

from harness import BULLA, DEADLINE, Case, main, run

RELOADS = 10
HAMMERS = 6


class Hammer(threading.Thread):
    """Asks again and again, `per_connection` requests on each connection, until told to stop.

    A request counts as failed where it was sent and got no whole answer. That a connection is
    refused or ends before it has carried a request is no failure of a request; with `may_refuse`
    off it counts too.
    """

    def __init__(self, port, ca, per_connection=4, may_refuse=False):
        super().__init__(daemon=True)
        self.port = port
        self.per_connection = per_connection
        self.may_refuse = may_refuse
        self.context = ssl.create_default_context(cafile=ca)
        self.stopping = threading.Event()
        self.refused = threading.Event()
        self.answered = 0
        self.failures = []
        self.serials = set()

    def run(self):
        while not self.stopping.is_set() and not self.refused.is_set():
            self.one_connection()

    def one_connection(self):
        try:
            plain = socket.create_connection(("127.0.0.1", self.port), DEADLINE)
            peer = self.context.wrap_socket(plain, server_hostname="localhost")
        except OSError as error:
            if self.may_refuse:
                self.refused.set()
            else:
                self.failures.append(f"connecting: {error!r}")
            return
        with peer:
            self.serials.add(peer.getpeercert()["serialNumber"])
            for _ in range(self.per_connection):
                if not self.one_request(peer):
                    return

    def one_request(self, peer):
        """False where the connection has ended, as it may after the word that it will."""
        try:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not whole(answer):
                part = peer.recv(65536)
                if not part:
                    self.failures.append(f"no whole answer: {answer!r}")
                    return False
                answer += part
        except OSError as error:
            self.failures.append(f"asking: {error!r}")
            return False
        if not answer.startswith(b"HTTP/1.1 200 "):
            self.failures.append(answer[:100])
        self.answered += 1
        return b"\r\nConnection: close\r\n" not in answer


def whole(answer):
    head, found, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: (\d+)", head)
    return bool(found) and len(body) == int(length[1])


class Runtime(Case):
    def setUp(self):
        super().setUp()
        self.ca = self.openssl_ca()

    def take(self, certificate, name="live"):
        """Renames a pair over the old one. Both are written before, in a folder that nobody
        watches: what is renamed late, when others run, is looked at when half of it is new."""
        os.makedirs(self.path("new"), exist_ok=True)
        for source, ending in zip(certificate, ("crt", "key")):
            with open(source, "rb") as file:
                self.write(f"new/{name}.{ending}", file.read())
        for ending in ("crt", "key"):
            os.rename(self.path("new", f"{name}.{ending}"), self.path(f"{name}.{ending}"))

    def live(self, *arguments, name="live", **keywords):
        return self.serve("--cert", self.path(f"{name}.crt"), "--key", self.path(f"{name}.key"),
                          *arguments, **keywords)

    def hammer(self, server, number=HAMMERS, **keywords):
        hammers = [Hammer(server.port, self.ca.root, **keywords) for _ in range(number)]
        for one in hammers:
            one.start()
        self.addCleanup(lambda: [one.stopping.set() for one in hammers])
        return hammers

    def finish(self, hammers):
        for one in hammers:
            one.stopping.set()
        for one in hammers:
            one.join(DEADLINE)
            self.assertFalse(one.is_alive())
            self.assertEqual(one.failures, [])
            self.assertGreater(one.answered, 0)

    def serial_served(self, port, name="localhost"):
        context = ssl.create_default_context(cafile=self.ca.root)
        with context.wrap_socket(self.connect(port), server_hostname=name) as peer:
            return peer.getpeercert()["serialNumber"]

    def serial_of(self, certificate):
        done = run("openssl", "x509", "-noout", "-serial", "-in", certificate)
        return done.out.strip().partition("=")[2]

    def test_reload_under_load_fails_no_request(self):
        pairs = [self.ca.issue(f"server{i}") for i in range(3)]
        self.take(pairs[0])
        server = self.live("--quiet", "--workers", "2")
        server_log = self.live("--workers", "2")
        hammers = self.hammer(server)
        for i in range(1, RELOADS + 1):
            self.take(pairs[i % 3])
            serial = self.serial_of(pairs[i % 3][0]).lower()
            server_log.wait_for(f"event=reloaded file=.*live.crt serial={serial} not_after=\\S+",
                                times=(i + 2) // 3)
        self.finish(hammers)
        self.assertEqual(server.text().count("event=reload_failed"), 0)
        self.assertGreater(len(set.union(*(one.serials for one in hammers))), 1)
        self.assertEqual(self.serial_served(server_log.port), self.serial_of(pairs[RELOADS % 3][0]))

    def test_links_that_are_swapped_are_seen(self):
        """Kubernetes' way: FILE -> ..data/FILE, ..data -> a folder; ..data is renamed over."""
        first, second = self.ca.issue("first"), self.ca.issue("second")
        for name, pair in (("one", first), ("two", second)):
            os.mkdir(self.path(name))
            for source, ending in zip(pair, ("crt", "key")):
                with open(source, "rb") as file:
                    self.write(f"{name}/live.{ending}", file.read())
        os.symlink("one", self.path("..data"))
        for ending in ("crt", "key"):
            os.symlink(f"..data/live.{ending}", self.path(f"live.{ending}"))
        server = self.live()
        self.assertEqual(self.serial_served(server.port), self.serial_of(first[0]))
        os.symlink("two", self.path("..new"))
        os.rename(self.path("..new"), self.path("..data"))
        server.wait_for("event=reloaded")
        self.assertEqual(self.serial_served(server.port), self.serial_of(second[0]))

    def test_a_broken_certificate_keeps_the_old_one(self):
        good = self.ca.issue("good")
        self.take(good)
        server = self.live()
        serial = self.serial_of(good[0])
        other = self.ca.issue("other")
        expired = self.ca.issue("expired", start=-7200, end=-3600)
        for pair, cause in (((other[0], good[1]), "key_mismatch"),
                            ((self.write("bad", "nothing"), good[1]), "pem_not_found"),
                            (expired, "cert_expired")):
            self.take(pair)
            server.wait_for(f"event=reload_failed file=\\S+ cause={cause} says=.* "
                            f"serial={serial.lower()} not_after=2")
            self.assertEqual(self.serial_served(server.port), serial)
        os.unlink(self.path("live.crt"))
        server.wait_for("event=reload_failed file=.*live.crt cause=cannot_read")
        self.assertEqual(self.serial_served(server.port), serial)
        self.take(other)
        server.wait_for("event=reloaded file=.*live.crt")
        self.assertEqual(self.serial_served(server.port), self.serial_of(other[0]))

    def test_revoked_clients_are_refused_from_the_reload_on(self):
        self.take(self.ca.issue("good"))
        client = self.ca.issue("client")
        config = os.path.join(self.ca.folder, "openssl.cnf")
        with open(config, "a") as file:
            file.write("[crl_extensions]\nauthorityKeyIdentifier = keyid:always\n")

        def ca(*arguments):
            done = run("openssl", "ca", "-config", config, "-cert", self.ca.root, "-keyfile",
                       os.path.join(self.ca.folder, "ca.key"), *arguments, cwd=self.ca.folder)
            self.assertEqual(done.code, 0, done.err)

        def new_crl():
            ca("-gencrl", "-crldays", "2", "-crlexts", "crl_extensions", "-out",
               self.path("crl.new"))
            os.rename(self.path("crl.new"), self.path("crl.pem"))

        with open(os.path.join(self.ca.folder, "crlnumber"), "w") as file:
            file.write("01\n")
        with open(config, "r+") as file:
            text = file.read().replace("[this]\n",
                                       f"[this]\ncrlnumber = {self.ca.folder}/crlnumber\n")
            file.seek(0)
            file.write(text)
        new_crl()
        server = self.live("--client-ca", self.ca.root, "--client-auth", "require", "--crl",
                           self.path("crl.pem"))

        def get():
            return self.get("--cacert", self.ca.root, "--cert", client[0], "--key", client[1],
                            f"https://localhost:{server.port}/").code

        self.assertEqual(get(), 0)
        self.write("crl.pem", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
        server.wait_for("event=reload_failed file=.*crl.pem cause=")
        self.assertEqual(get(), 0)
        ca("-revoke", client[0])
        new_crl()
        server.wait_for("event=reloaded file=.*crl.pem")
        self.assertNotEqual(get(), 0)
        server.wait_for("cause=cert_revoked")

    def test_hangup_reloads_and_ends_nothing(self):
        self.take(self.ca.issue("good"))
        server = self.live()
        peer = ssl.create_default_context(cafile=self.ca.root).wrap_socket(
            self.connect(server.port), server_hostname="localhost")
        server.process.send_signal(signal.SIGHUP)
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b"200 OK", peer.recv(65536))
        peer.close()
        self.assertEqual(server.end(), 0)
        self.assertNotIn("event=reload_failed", server.text())

    def test_sigterm_under_load_answers_every_request_that_was_sent(self):
        self.take(self.ca.issue("good"))
        for per_connection in (1, 1000000):
            server = self.live("--workers", "2")
            hammers = self.hammer(server, may_refuse=True, per_connection=per_connection)
            server.wait_for("event=request", times=200)
            self.assertEqual(server.end(), 0)
            self.finish(hammers)
            self.assertEqual(server.text().count("event=worker_ended"), 2)

    def test_workers_share_the_load(self):
        self.take(self.ca.issue("good"))
        server = self.live("--workers", "2")
        for _ in range(32):
            self.serial_served(server.port)
        self.assertEqual(server.end(), 0)
        shares = [int(server.wait_for(f"event=worker_ended worker={i} connections=(\\d+)")[1])
                  for i in range(2)]
        self.assertEqual(sum(shares), 32)
        self.assertGreater(min(shares), 0)

    def test_a_port_is_not_shared_with_another_server(self):
        self.take(self.ca.issue("good"))
        server = self.live("--workers", "2")
        done = run(BULLA, "serve", "--cert", self.path("live.crt"), "--key", self.path("live.key"),
                   "--listen", f"127.0.0.1:{server.port}")
        self.assertEqual(done.code, 2)
        self.assertIn("Address already in use", done.err)

    def test_limit_per_address(self):
        self.take(self.ca.issue("good"))
        server = self.live("--connections-per-address", "2")
        context = ssl.create_default_context(cafile=self.ca.root)
        with contextlib.ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(context.wrap_socket(self.connect(server.port),
                                                        server_hostname="localhost"))
            for _ in range(3):
                with self.assertRaises(OSError):
                    context.wrap_socket(self.connect(server.port), server_hostname="localhost")
            server.wait_for("event=peer_refused .*cause=too_many_from_address")
            elsewhere = socket.create_connection(("127.0.0.1", server.port), DEADLINE,
                                                 source_address=("127.0.0.2", 0))
            stack.enter_context(context.wrap_socket(elsewhere, server_hostname="localhost"))
        self.assertEqual(server.text().count("event=peer_refused"), 1)

    def test_certificates_by_name(self):
        one = self.ca.issue("one", san="DNS:one.example")
        two = self.ca.issue("two", san="DNS:two.example")
        server = self.serve("--cert", one[0], "--key", one[1], "--cert", two[0], "--key", two[1])
        self.assertEqual(self.serial_served(server.port, "one.example"), self.serial_of(one[0]))
        self.assertEqual(self.serial_served(server.port, "two.example"), self.serial_of(two[0]))
        done = run(BULLA, "serve", "--cert", one[0], "--cert", two[0], "--key", one[1])
        self.assertEqual(done.code, 2)
        self.assertIn("2 --cert and 1 --key", done.err)

    def test_versions(self):
        self.take(self.ca.issue("good"))
        server = self.live("--tls-max", "1.2")
        context = ssl.create_default_context(cafile=self.ca.root)
        with context.wrap_socket(self.connect(server.port), server_hostname="localhost") as peer:
            self.assertEqual(peer.version(), "TLSv1.2")
        for value, says in (("1.1", "--tls-min 1.1: "), ("9", "takes 1.2 or 1.3")):
            done = run(BULLA, "serve", "--cert", self.path("live.crt"), "--tls-min", value)
            self.assertEqual(done.code, 2)
            self.assertIn(says, done.err)

    def test_a_connection_ends_when_a_certificate_does(self):
        self.take(self.ca.issue("brief", end=10))
        server = self.live()
        peer = ssl.create_default_context(cafile=self.ca.root).wrap_socket(
            self.connect(server.port), server_hostname="localhost", suppress_ragged_eofs=False)
        self.addCleanup(peer.close)
        self.assertEqual(peer.recv(10), b"")  # by close_notify, long before the idle timeout

    def test_unix_socket(self):
        self.take(self.ca.issue("good"))
        place = self.path("socket")
        server = self.start(BULLA, "serve", "--listen", f"unix:{place}", "--cert",
                            self.path("live.crt"), "--key", self.path("live.key"), "--workers",
                            "2")
        server.wait_for(f"^Listening on unix:{place}")
        context = ssl.create_default_context(cafile=self.ca.root)
        for _ in range(4):
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(DEADLINE)
            plain.connect(place)
            with context.wrap_socket(plain, server_hostname="localhost") as peer:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertIn(b"200 OK", peer.recv(65536))
        server.process.kill()  # leaves the socket behind, which the next one may take over
        server.wait()
        server = self.start(BULLA, "serve", "--listen", f"unix:{place}", "--cert",
                            self.path("live.crt"), "--key", self.path("live.key"))
        server.wait_for("^Listening on unix:")
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(place))

    def test_sockets_and_readiness_of_systemd(self):
        self.take(self.ca.issue("good"))
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notified.bind(self.path("notify"))
        notified.settimeout(DEADLINE)
        self.addCleanup(notified.close)
        # As systemd does it: the socket as descriptor 3, and our own number in LISTEN_PID.
        launcher = ("import os, sys\n"
                    "os.dup2(int(sys.argv[1]), 3)\n"
                    "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n"
                    "os.execv(sys.argv[2], sys.argv[2:])\n")
        process = subprocess.Popen(
            [sys.executable, "-c", launcher, str(listening.fileno()), BULLA, "serve", "--cert",
             self.path("live.crt"), "--key", self.path("live.key"), "--quiet"],
            env={**os.environ, "NOTIFY_SOCKET": self.path("notify")},
            pass_fds=[listening.fileno()], stdout=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        self.assertEqual(notified.recv(100), b"READY=1")
        self.serial_served(listening.getsockname()[1])
        process.send_signal(signal.SIGHUP)
        self.assertRegex(notified.recv(100), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertEqual(notified.recv(100), b"READY=1")
        process.terminate()
        self.assertEqual(notified.recv(100), b"STOPPING=1")
        self.assertEqual(process.wait(DEADLINE), 0)


if __name__ == "__main__":
    main()
