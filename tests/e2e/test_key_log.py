# SPDX-License-Identifier: Apache-2.0
"""SSLKEYLOGFILE, RFC 9850: written by both sides with a warning, and the same secrets on both."""

import os
import re

from harness import Case, main, needs, run

LABELS = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
          "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"}
LINE = re.compile(r"^[A-Z0-9_]+ [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})$")


def lines_of(path):
    with open(path) as file:
        return file.read().splitlines()


class KeyLog(Case):
    def env(self, name):
        return {**os.environ, "SSLKEYLOGFILE": self.path(name)}

    def test_both_sides_write_the_same(self):
        server = self.up(env=self.env("server.log"))
        done = self.get("--cacert", self.path("ca", "ca.crt"),
                        f"https://localhost:{server.port}/", env=self.env("client.log"))
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("warning: SSLKEYLOGFILE", done.err)
        self.assertIn("warning: SSLKEYLOGFILE", server.text())
        for line in lines_of(self.path("client.log")):
            self.assertRegex(line, LINE)
        self.assertEqual({line.split()[0] for line in lines_of(self.path("client.log"))}, LABELS)
        self.assertEqual(sorted(lines_of(self.path("client.log"))),
                         sorted(lines_of(self.path("server.log"))))
        self.assertEqual(os.stat(self.path("client.log")).st_mode & 0o777, 0o600)

    def test_appends(self):
        server = self.up()
        for _ in range(2):
            self.get("--cacert", self.path("ca", "ca.crt"), f"https://localhost:{server.port}/",
                     env=self.env("client.log"))
        self.assertEqual(len(lines_of(self.path("client.log"))), 2 * len(LABELS))

    def test_path_that_cannot_be_written(self):
        done = self.get("https://localhost/", env=self.env("no/such/folder"))
        self.assertEqual(done.code, 2)
        self.assertEqual(done.err.count("\n"), 1)

    @needs("openssl")
    def test_openssl_writes_the_same(self):
        server = self.up(env=self.env("server.log"))
        run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_3", "-keylogfile",
            self.path("openssl.log"), "-CAfile", self.path("ca", "ca.crt"))
        theirs = {line for line in lines_of(self.path("openssl.log")) if not line.startswith("#")}
        self.assertEqual(theirs, set(lines_of(self.path("server.log"))))

    @needs("tshark")
    @needs("dumpcap")
    def test_tshark_decrypts(self):
        server = self.up(env=self.env("server.log"))
        capture = self.start("dumpcap", "-q", "-i", "lo", "-f", f"tcp port {server.port}", "-w",
                             self.path("capture.pcapng"))
        capture.wait_for("^File:|Capturing on")
        self.get("--cacert", self.path("ca", "ca.crt"), f"https://localhost:{server.port}/")
        server.end()
        capture.end()
        done = run("tshark", "-r", self.path("capture.pcapng"), "-o",
                   f"tls.keylog_file:{self.path('server.log')}", "-d",
                   f"tcp.port=={server.port},tls", "-Y", "http", "-T", "fields", "-e",
                   "http.response.code")
        if "permission" in (done.err + capture.text()).lower():
            self.skipTest("this user may not capture packets")
        self.assertIn("200", done.out)


if __name__ == "__main__":
    main()
