# SPDX-License-Identifier: Apache-2.0
"""curl against `bulla up` and `bulla serve`."""

import hashlib
import json
import os
import pathlib

from harness import Case, main, needs, run


@needs("curl")
class Curl(Case):
    def setUp(self):
        super().setUp()
        self.server = self.up()
        self.client = ["--cert", self.path("ca", "client.crt"), "--key",
                       self.path("ca", "client.key")]

    def curl(self, path, *arguments, port=None):
        return run("curl", "-sS", "--cacert", self.path("ca", "ca.crt"), *arguments,
                   f"https://localhost:{port or self.server.port}{path}")

    def test_without_a_certificate(self):
        done = self.curl("/")
        self.assertEqual(done.code, 0, done.err)
        page = json.loads(done.out)
        self.assertEqual(page["version"], "TLSv1.3")
        self.assertEqual(page["server_name"], "localhost")
        self.assertEqual(page["alpn"], "h2")
        self.assertFalse(page["resumed"])
        self.assertFalse(page["client_certificate"])

    def test_secure_without_a_certificate_is_401(self):
        done = self.curl("/api/secure", "-w", "%{http_code}")
        self.assertEqual(done.code, 0, done.err)
        self.assertTrue(done.out.endswith("401"))
        self.assertIn("--cert", json.loads(done.out[:-3])["fix"])

    def test_secure_with_a_certificate(self):
        done = self.curl("/api/secure", *self.client)
        self.assertEqual(done.code, 0, done.err)
        page = json.loads(done.out)
        self.assertEqual(page["cn"], "client")
        self.assertEqual(page["organization"], "bulla")
        self.assertEqual(page["sans"], ["URI:spiffe://bulla.local/client"])
        serial = run("openssl", "x509", "-noout", "-serial", "-in", self.path("ca", "client.crt"))
        self.assertEqual("serial=" + page["serial"].upper(), serial.out.strip())

    def test_by_address(self):
        done = run("curl", "-sS", "--cacert", self.path("ca", "ca.crt"),
                   f"https://127.0.0.1:{self.server.port}/")
        self.assertEqual(done.code, 0, done.err)
        self.assertIsNone(json.loads(done.out)["server_name"])

    def test_two_requests_on_one_connection(self):
        url = f"https://localhost:{self.server.port}/"
        done = run("curl", "-sS", "--cacert", self.path("ca", "ca.crt"), "-w", "%{num_connects}",
                   url, "-w", "%{num_connects}", url)
        self.assertEqual(done.code, 0, done.err)
        self.assertTrue(done.out.endswith("}\n0"), done.out)

    def test_head_and_other_methods(self):
        self.assertIn("HTTP/2 200", self.curl("/", "-I").out)
        self.assertIn("HTTP/1.1 200 OK", self.curl("/", "-I", "--http1.1").out)
        self.assertTrue(self.curl("/", "-X", "POST", "-w", "%{http_code}").out.endswith("405"))
        self.assertTrue(self.curl("/", "-d", "x=1", "-w", "%{http_code}").out.endswith("405"))
        self.assertTrue(self.curl("/nothing", "-w", "%{http_code}").out.endswith("404"))

    def test_each_suite_and_group(self):
        for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                      "TLS_CHACHA20_POLY1305_SHA256"):
            page = json.loads(self.curl("/", "--tls13-ciphers", suite).out)
            self.assertEqual(page["suite"], suite)
        for curve, name in (("X25519", "x25519"), ("P-256", "secp256r1"), ("P-384", "secp384r1")):
            page = json.loads(self.curl("/", "--curves", curve).out)
            self.assertEqual(page["group"], name)

    def test_five_megabytes_from_a_folder(self):
        os.mkdir(self.path("www"))
        body = os.urandom(5 * 1024 * 1024)
        self.write("www/five.bin", body)
        server = self.serve("--cert", self.path("ca", "server.crt"), "--key",
                            self.path("ca", "server.key"), self.path("www"))
        done = self.curl("/five.bin", "-o", self.path("got"), port=server.port)
        self.assertEqual(done.code, 0, done.err)
        got = pathlib.Path(self.path("got")).read_bytes()
        self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(body).digest())

    def test_required_client_certificate(self):
        server = self.serve("--cert", self.path("ca", "server.crt"), "--key",
                            self.path("ca", "server.key"), "--client-ca", self.path("ca", "ca.crt"),
                            "--client-auth", "require")
        self.assertEqual(self.curl("/", *self.client, port=server.port).code, 0)
        self.assertNotEqual(self.curl("/", port=server.port).code, 0)
        line = server.wait_for(r"cause=certificate_required")
        self.assertIn("alert_sent=certificate_required", line.string)

    def test_client_certificate_of_another_ca(self):
        ca = self.openssl_ca()
        certificate, key = ca.issue("stranger")
        done = self.curl("/", "--cert", certificate, "--key", key)
        self.assertNotEqual(done.code, 0)
        line = self.server.wait_for(r"cause=cert_unknown_issuer")
        self.assertIn("alert_sent=unknown_ca", line.string)
        self.assertIn("subject=", line.string)
        self.assertEqual(self.curl("/").code, 0)


if __name__ == "__main__":
    main()
