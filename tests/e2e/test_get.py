# SPDX-License-Identifier: Apache-2.0
"""`bulla get`: its exit codes and what it says when something is wrong."""

import os
import socket
import threading

from harness import BULLA, Case, free_port, main, needs, run, wait_for_port


class Get(Case):
    def setUp(self):
        super().setUp()
        self.ca = self.certificates()

    def server(self, certificate=None, key=None, *arguments):
        return self.serve("--cert", certificate or os.path.join(self.ca, "server.crt"), "--key",
                          key or os.path.join(self.ca, "server.key"), *arguments)

    def fetch(self, server, *arguments, ca=None, host="localhost", path="/"):
        return self.get("--cacert", ca or os.path.join(self.ca, "ca.crt"), *arguments,
                        f"https://{host}:{server.port}{path}")

    def assert_three_lines(self, done, code, name):
        self.assertEqual(done.code, code, done.err)
        lines = done.err.rstrip("\n").split("\n")
        self.assertEqual(len(lines), 3, done.err)
        self.assertRegex(lines[0], rf"^bulla get: {name}: ")
        self.assertRegex(lines[1], "^  evidence: ")
        self.assertRegex(lines[2], "^  next: ")
        self.assertEqual(done.out, "")

    def one_answer(self, answer):
        """A TCP server that reads once, says `answer` and closes."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(answer)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)
        return listener.getsockname()[1]

    def test_verbose_shows_the_handshake(self):
        done = self.fetch(self.server(), "--verbose")
        self.assertEqual(done.code, 0)
        for text in ("TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "http/1.1",
                     "subject  CN=localhost,O=bulla", "subject  CN=bulla intermediate",
                     "subject  CN=bulla root", "(from the trust store)", "ms  in all",
                     "ClientHello to the server's first byte"):
            self.assertIn(text, done.err)

    def test_quiet_otherwise(self):
        self.assertEqual(self.fetch(self.server()).err, "")

    def test_unknown_issuer_is_4(self):
        other = self.certificates("other")
        done = self.fetch(self.server(), ca=os.path.join(other, "ca.crt"))
        self.assert_three_lines(done, 4, "cert_unknown_issuer")
        self.assertIn("CN=bulla root", done.err)
        self.assertIn("--cacert", done.err)

    def test_system_trust_store_does_not_know_the_ca(self):
        server = self.server()
        env = {**os.environ, "SSL_CERT_FILE": os.path.join(self.certificates("other"), "ca.crt")}
        done = self.get(f"https://localhost:{server.port}/", env=env)
        self.assert_three_lines(done, 4, "cert_unknown_issuer")

    def test_ssl_cert_file_and_dir(self):
        server = self.server()
        for name, value in (("SSL_CERT_FILE", os.path.join(self.ca, "ca.crt")),
                            ("SSL_CERT_DIR", "/nonexistent:" + self.ca)):
            env = {k: v for k, v in os.environ.items() if not k.startswith("SSL_CERT")}
            done = self.get(f"https://localhost:{server.port}/", env={**env, name: value})
            self.assertEqual(done.code, 0, name + done.err)

    def test_wrong_name_is_4(self):
        certificate, key = self.openssl_ca().issue("elsewhere", san="DNS:example.com")
        done = self.fetch(self.server(certificate, key), ca=self.path("openssl", "ca.crt"))
        self.assert_three_lines(done, 4, "cert_name_mismatch")
        self.assertIn("example.com", done.err)

    def test_common_name_alone_is_4(self):
        certificate, key = self.openssl_ca().issue("localhost", san=None)
        done = self.fetch(self.server(certificate, key), ca=self.path("openssl", "ca.crt"))
        self.assert_three_lines(done, 4, "cert_no_subject_alt_name")

    def test_expired_is_5(self):
        certificate, key = self.openssl_ca().issue("old", start=-7200, end=-3600)
        done = self.fetch(self.server(certificate, key), ca=self.path("openssl", "ca.crt"))
        self.assert_three_lines(done, 5, "cert_expired")

    def test_not_yet_valid_is_4(self):
        certificate, key = self.openssl_ca().issue("early", start=3600, end=7200)
        done = self.fetch(self.server(certificate, key), ca=self.path("openssl", "ca.crt"))
        self.assert_three_lines(done, 4, "cert_not_yet_valid")

    def test_client_certificate_for_a_server_is_4(self):
        certificate, key = self.openssl_ca().issue("clientonly", usage="clientAuth")
        done = self.fetch(self.server(certificate, key), ca=self.path("openssl", "ca.crt"))
        self.assert_three_lines(done, 4, "cert_purpose_not_server")

    def test_required_certificate_is_8(self):
        server = self.server(None, None, "--client-ca", os.path.join(self.ca, "ca.crt"),
                             "--client-auth", "require")
        done = self.fetch(server)
        self.assert_three_lines(done, 8, "alert_received")
        self.assertIn("certificate_required", done.err)
        self.assertIn("bulla get --cert", done.err)

    def test_refused_certificate_is_4(self):
        certificate, key = self.openssl_ca().issue("stranger")
        server = self.server(None, None, "--client-ca", os.path.join(self.ca, "ca.crt"))
        done = self.fetch(server, "--cert", certificate, "--key", key)
        self.assert_three_lines(done, 4, "alert_received")
        self.assertIn("unknown_ca", done.err)

    def test_status_401_is_1_and_prints_the_body(self):
        server = self.server(None, None, "--client-ca", os.path.join(self.ca, "ca.crt"))
        done = self.fetch(server, path="/api/secure")
        self.assertEqual(done.code, 1)
        self.assertIn('"fix"', done.out)
        self.assertEqual(done.err.count("\n"), 1)
        self.assertIn("401", done.err)

    def test_nobody_listens_is_3(self):
        done = self.get("--cacert", os.path.join(self.ca, "ca.crt"),
                        f"https://localhost:{free_port()}/")
        self.assert_three_lines(done, 3, "connect_failed")

    def test_unknown_host_is_3(self):
        done = self.get("--cacert", os.path.join(self.ca, "ca.crt"), "https://nobody.invalid/")
        self.assert_three_lines(done, 3, "name_unknown")

    def test_server_that_speaks_plain_http_is_3(self):
        port = self.one_answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        done = self.get("--cacert", os.path.join(self.ca, "ca.crt"), f"https://127.0.0.1:{port}/")
        self.assert_three_lines(done, 3, "peer_speaks_http")

    def test_server_that_speaks_ssh_is_3(self):
        port = self.one_answer(b"SSH-2.0-OpenSSH_9.2\r\n")
        done = self.get("--cacert", os.path.join(self.ca, "ca.crt"), f"https://127.0.0.1:{port}/")
        self.assert_three_lines(done, 3, "peer_speaks_ssh")

    def test_server_that_leaves_is_3(self):
        port = self.one_answer(b"")
        done = self.get("--cacert", os.path.join(self.ca, "ca.crt"), f"https://127.0.0.1:{port}/")
        self.assert_three_lines(done, 3, "closed_before_handshake")

    def test_server_that_stalls_is_3(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            done = self.get("--cacert", os.path.join(self.ca, "ca.crt"), "--connect-timeout",
                            "300ms", f"https://127.0.0.1:{silent.getsockname()[1]}/")
        self.assert_three_lines(done, 3, "handshake_timeout")

    @needs("openssl")
    def test_answer_that_is_cut_short_is_1(self):
        port = free_port()
        self.write("cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this\n")
        self.start("openssl", "s_server", "-accept", port, "-tls1_3", "-HTTP", "-cert",
                   os.path.join(self.ca, "server.crt"), "-cert_chain",
                   os.path.join(self.ca, "server.crt"), "-key", os.path.join(self.ca, "server.key"),
                   cwd=self.dir)
        wait_for_port(port)
        done = self.get("--cacert", os.path.join(self.ca, "ca.crt"),
                        f"https://localhost:{port}/cut")
        self.assertEqual(done.code, 1, done.err)
        self.assertEqual(done.out, "only this\n")
        self.assertRegex(done.err, "^bulla get: (bad_response|truncated): ")

    def test_by_ip_address(self):
        self.assertEqual(self.fetch(self.server(), host="127.0.0.1").code, 0)


class Usage(Case):
    def assert_one_line(self, arguments, pattern):
        done = run(BULLA, *arguments)
        self.assertEqual(done.code, 2, done.err)
        self.assertEqual(done.err.count("\n"), 1, done.err)
        self.assertRegex(done.err, pattern)

    def test_complaints_are_one_line_with_the_fix(self):
        ca = self.certificates()
        file = lambda name: os.path.join(ca, name)
        self.write("empty", "")
        self.write("notes", "no PEM here\n")
        for arguments, pattern in (
                (["gte"], "did you mean bulla get"),
                (["frobnicate"], "see bulla help"),
                (["get"], "URL is missing"),
                (["get", "http://localhost/"], "write https://"),
                (["get", "localhost"], "https://"),
                (["get", "https://u:p@localhost/"], "user name"),
                (["get", "--cacart", "x", "https://localhost/"], "did you mean --cacert"),
                (["get", "--cacert"], "--cacert takes a value"),
                (["get", "--verbose=1", "https://localhost/"], "takes no value"),
                (["get", "--idle-timeout", "soon", "https://localhost/"], "such as 10s"),
                (["get", "https://a/", "https://b/"], "one argument too many"),
                (["get", "--cacert", "/nonexistent", "https://localhost/"],
                 "cannot read /nonexistent: .*; check the path"),
                (["get", "--cacert", self.path("empty"), "https://localhost/"], "pem_not_found"),
                (["get", "--cacert", self.path("notes"), "https://localhost/"], "pem_not_found"),
                (["get", "--cacert", self.path(), "https://localhost/"], "pem_not_found"),
                (["get", "--key", file("client.key"), "https://localhost/"], "add --cert"),
                (["serve"], "--cert FILE is missing"),
                (["serve", "--cert", file("server.crt"), "--key", file("client.key")],
                 "client.key: key_mismatch: .*server.crt"),
                (["serve", "--cert", file("server.key")], "server.key: pem_not_found"),
                (["serve", "--cert", file("server.crt"), "--key", file("server.crt")],
                 "server.crt: pem_not_found"),
                (["serve", "--cert", file("server.crt"), "--key", file("server.key"), "--listen",
                  "::1:8443"], "not an address"),
                (["serve", "--cert", file("server.crt"), "--key", file("server.key"),
                  "--client-auth", "require"], "add --client-ca"),
                (["serve", "--cert", file("server.crt"), "--key", file("server.key"), "--listen",
                  "127.0.0.1:0", "/nonexistent"], "cannot open the folder"),
                (["up", "--port", "70000"], "a port, 0 to 65535")):
            with self.subTest(arguments=arguments):
                self.assert_one_line(arguments, pattern)

    @needs("openssl")
    def test_encrypted_key(self):
        ca = self.certificates()
        run("openssl", "pkcs8", "-topk8", "-in", os.path.join(ca, "server.key"), "-out",
            self.path("locked.key"), "-v2", "aes-256-cbc", "-passout", "pass:sesame")
        self.write("password", "sesame\n")
        self.write("wrong", "open\n")
        common = ["serve", "--cert", os.path.join(ca, "server.crt"), "--key",
                  self.path("locked.key")]
        self.assert_one_line(common, "key_encrypted: .*--password-file")
        self.assert_one_line(common + ["--password-file", self.path("wrong")],
                             "key_password_wrong")
        server = self.serve(*common[1:], "--password-file", self.path("password"))
        done = self.get("--cacert", os.path.join(ca, "ca.crt"),
                        f"https://localhost:{server.port}/")
        self.assertEqual(done.code, 0, done.err)

    def test_help_and_version(self):
        for arguments in (["help"], ["--help"], ["help", "get"], ["get", "--help"],
                          ["serve", "-h"], ["up", "--help"], ["version"], ["--version"]):
            done = run(BULLA, *arguments)
            self.assertEqual(done.code, 0)
            self.assertIn("bulla", done.out)
            self.assertEqual(done.err, "")
        self.assertEqual(run(BULLA).code, 2)


if __name__ == "__main__":
    main()
