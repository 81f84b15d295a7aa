# SPDX-License-Identifier: Apache-2.0
"""openssl s_client against `bulla up`, and `bulla get` against openssl s_server."""

import os
import subprocess

from harness import Case, free_port, main, needs, run, wait_for_port

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@needs("openssl")
class Client(Case):
    def setUp(self):
        super().setUp()
        self.server = self.up()

    def s_client(self, *arguments, stdin=REQUEST):
        return run("openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}",
                   "-servername", "localhost", "-CAfile", self.path("ca", "ca.crt"),
                   "-verify_return_error", "-ign_eof", *arguments, stdin=stdin)

    def test_verifies(self):
        done = self.s_client("-tls1_3", "-verify_hostname", "localhost")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("Verify return code: 0 (ok)", done.out)
        self.assertIn("200 OK", done.out)

    def test_shows_a_certificate(self):
        done = self.s_client("-tls1_3", "-cert", self.path("ca", "client.crt"), "-cert_chain",
                             self.path("ca", "intermediate.crt"), "-key",
                             self.path("ca", "client.key"),
                             stdin=REQUEST.replace(b"GET /", b"GET /api/secure"))
        self.assertIn('"cn": "client"', done.out)

    def test_hello_retry_request(self):
        done = self.s_client("-tls1_3", "-groups", "P-521:X25519", "-msg")
        self.assertIn("200 OK", done.out)
        self.assertEqual(done.out.count(", ClientHello"), 2)
        self.assertEqual(done.out.count(", ServerHello"), 2)

    def test_no_group_in_common(self):
        done = self.s_client("-tls1_3", "-groups", "P-521")
        self.assertNotEqual(done.code, 0)
        self.assertIn("handshake failure", done.err)
        self.server.wait_for("cause=no_common_group .*alert_sent=handshake_failure")

    def test_tls_1_2_is_spoken(self):
        done = self.s_client("-tls1_2")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("Extended master secret: yes", done.out)

    def test_tls_1_1_gets_protocol_version(self):
        done = self.s_client("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
        self.assertNotEqual(done.code, 0)
        self.assertIn("protocol version", done.err)
        self.server.wait_for("cause=version_unsupported .*alert_sent=protocol_version")

    def test_alpn_that_is_not_spoken(self):
        done = self.s_client("-tls1_3", "-alpn", "ftp")
        self.assertIn("no application protocol", done.err)
        self.server.wait_for("cause=no_common_alpn")

    def test_key_update_survives(self):
        client = self.start("openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}",
                            "-servername", "localhost", "-CAfile", self.path("ca", "ca.crt"),
                            "-tls1_3", "-msg", stdin=subprocess.PIPE)
        client.wait_for("Verify return code: 0")
        client.write(b"K\n")
        client.wait_for(r"<<< TLS 1.3, Handshake .*KeyUpdate|KEYUPDATE")
        client.write(REQUEST.replace(b"Connection: close\r\n", b""))
        client.wait_for("200 OK")
        client.wait_for('"version": "TLSv1.3"')

    def test_small_records_and_split_sends(self):
        done = self.s_client("-tls1_3", "-max_send_frag", "512", "-split_send_frag", "512")
        self.assertIn("200 OK", done.out)


@needs("openssl")
class Server(Case):
    def setUp(self):
        super().setUp()
        self.ca = self.certificates()
        self.port = free_port()

    def s_server(self, *arguments, certificate=None, key=None, version="-tls1_3"):
        chain = certificate or os.path.join(self.ca, "server.crt")
        server = self.start("openssl", "s_server", "-accept", self.port, "-cert", chain,
                            "-cert_chain", chain, "-key",
                            key or os.path.join(self.ca, "server.key"), version, "-www",
                            *arguments)
        wait_for_port(self.port)
        return server

    def fetch(self, *arguments, host="localhost"):
        return self.get("--verbose", "--cacert", os.path.join(self.ca, "ca.crt"), *arguments,
                        f"https://{host}:{self.port}/")

    def test_get(self):
        self.s_server()
        done = self.fetch()
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("s_server", done.out)
        self.assertIn("TLSv1.3", done.err)
        self.assertIn("subject  CN=localhost", done.err)

    def test_hello_retry_request(self):
        self.s_server("-groups", "P-384")
        done = self.fetch()
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("secp384r1 (after a HelloRetryRequest)", done.err)

    def test_each_suite(self):
        for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                      "TLS_CHACHA20_POLY1305_SHA256"):
            server = self.s_server("-ciphersuites", suite)
            self.assertIn(suite, self.fetch().err)
            server.end()

    def test_rsa_and_ed25519_servers(self):
        ca = self.openssl_ca()
        for name, key in (("rsa", ("rsa:2048",)), ("ed25519", ("ed25519",)),
                          ("p384", ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"))):
            certificate, private = ca.issue(name, key=key)
            server = self.s_server(certificate=certificate, key=private)
            done = self.get("--cacert", ca.root, f"https://localhost:{self.port}/")
            self.assertEqual(done.code, 0, name + done.err)
            server.end()

    def test_shows_its_certificate_when_asked(self):
        self.s_server("-Verify", "3", "-verify_return_error", "-CAfile",
                      os.path.join(self.ca, "ca.crt"))
        done = self.fetch("--cert", os.path.join(self.ca, "client.crt"), "--key",
                          os.path.join(self.ca, "client.key"))
        self.assertEqual(done.code, 0, done.err)
        self.assertRegex(done.out, "Subject:.*CN ?= ?client")

    def test_server_that_wants_a_certificate_says_so(self):
        self.s_server("-Verify", "3", "-verify_return_error", "-CAfile",
                      os.path.join(self.ca, "ca.crt"))
        done = self.fetch()
        self.assertEqual(done.code, 8, done.err)
        self.assertIn("certificate_required", done.err)
        self.assertIn("bulla get --cert", done.err)

    def test_server_of_tls_1_2_only(self):
        self.s_server(version="-tls1_2")
        done = self.fetch()
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("TLSv1.2", done.err)

    def test_server_of_tls_1_1_only(self):
        self.s_server("-cipher", "DEFAULT:@SECLEVEL=0", version="-tls1_1")
        done = self.fetch()
        self.assertEqual(done.code, 3, done.err)
        self.assertRegex(done.err, "protocol_version|version_unsupported")


if __name__ == "__main__":
    main()
