# SPDX-License-Identifier: Apache-2.0
"""gnutls-cli against `bulla up`, and `bulla get` against gnutls-serv."""

import os

from harness import Case, free_port, main, needs, run, wait_for_port

REQUEST = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
TLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"


@needs("gnutls-cli")
class Client(Case):
    def setUp(self):
        super().setUp()
        self.server = self.up()

    def gnutls_cli(self, *arguments, path=b"/"):
        return run("gnutls-cli", "--x509cafile", self.path("ca", "ca.crt"), "--port",
                   self.server.port, *arguments, "localhost", stdin=REQUEST % path)

    def test_verifies(self):
        done = self.gnutls_cli("--priority", TLS13)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("Status: The certificate is trusted", done.out)
        self.assertIn("200 OK", done.out)

    def test_shows_a_certificate(self):
        done = self.gnutls_cli("--x509certfile", self.path("ca", "client.crt"), "--x509keyfile",
                               self.path("ca", "client.key"), path=b"/api/secure")
        self.assertIn('"cn": "client"', done.out)

    def test_hello_retry_request(self):
        groups = ":-GROUP-ALL:+GROUP-SECP521R1:+GROUP-SECP384R1"
        done = self.gnutls_cli("--priority", TLS13 + groups, "--single-key-share")
        self.assertIn("200 OK", done.out, done.err)

    def test_each_suite(self):
        for cipher in ("AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"):
            done = self.gnutls_cli("--priority", f"{TLS13}:-CIPHER-ALL:+{cipher}")
            self.assertIn("200 OK", done.out, cipher + done.err)

    def test_tls_1_2_is_spoken(self):
        done = self.gnutls_cli("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2")
        self.assertIn("200 OK", done.out, done.err)

    def test_tls_1_1_gets_protocol_version(self):
        done = self.gnutls_cli("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.1")
        self.assertNotEqual(done.code, 0)
        self.server.wait_for("cause=version_unsupported .*alert_sent=protocol_version")


@needs("gnutls-serv")
class Server(Case):
    def setUp(self):
        super().setUp()
        self.ca = self.certificates()
        self.port = free_port()

    def gnutls_serv(self, *arguments):
        self.start("gnutls-serv", "--http", "--port", self.port, "--x509certfile",
                   os.path.join(self.ca, "server.crt"), "--x509keyfile",
                   os.path.join(self.ca, "server.key"), *arguments)
        wait_for_port(self.port)

    def fetch(self, *arguments):
        return self.get("--verbose", "--cacert", os.path.join(self.ca, "ca.crt"), *arguments,
                        f"https://localhost:{self.port}/")

    def test_get(self):
        self.gnutls_serv("--priority", TLS13)
        done = self.fetch()
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("TLS1.3", done.out)

    def test_hello_retry_request(self):
        self.gnutls_serv("--priority", TLS13 + ":-GROUP-ALL:+GROUP-SECP256R1")
        done = self.fetch()
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("secp256r1 (after a HelloRetryRequest)", done.err)

    def test_shows_its_certificate_when_required(self):
        self.gnutls_serv("--require-client-cert", "--verify-client-cert", "--x509cafile",
                         os.path.join(self.ca, "ca.crt"))
        done = self.fetch("--cert", os.path.join(self.ca, "client.crt"), "--key",
                          os.path.join(self.ca, "client.key"))
        self.assertEqual(done.code, 0, done.err)
        self.assertNotEqual(self.fetch().code, 0)


if __name__ == "__main__":
    main()
