# SPDX-License-Identifier: Apache-2.0
"""`bulla get` against nginx with TLS 1.3 and optional client certificates."""

import hashlib
import os
import subprocess

from harness import BULLA, Case, find, free_port, main, needs, wait_for_port

CONFIG = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols TLSv1.3;
        ssl_certificate {ca}/server.crt;
        ssl_certificate_key {ca}/server.key;
        ssl_client_certificate {ca}/ca.crt;
        ssl_verify_client optional;
        ssl_verify_depth 3;
        {more}
        root {folder}/www;
        location = /who {{ return 200 "$ssl_client_verify $ssl_client_s_dn\\n"; }}
        location = /teapot {{ return 418; }}
        location = /chunked.txt {{ gzip off; ssi on; ssi_types *; }}
    }}
}}
"""


@needs("nginx")
class Nginx(Case):
    def setUp(self):
        super().setUp()
        self.ca = self.certificates()
        os.makedirs(self.path("nginx", "www"))

    def nginx(self, more=""):
        folder = self.path("nginx")
        self.port = free_port()
        config = self.write("nginx.conf", CONFIG.format(folder=folder, port=self.port, ca=self.ca,
                                                        more=more))
        self.start(find("nginx"), "-p", folder, "-c", config, "-e",
                   os.path.join(folder, "error.log"))
        wait_for_port(self.port)

    def fetch(self, path, *arguments):
        return self.get("--cacert", os.path.join(self.ca, "ca.crt"), *arguments,
                        f"https://localhost:{self.port}{path}")

    def with_certificate(self):
        return ["--cert", os.path.join(self.ca, "client.crt"), "--key",
                os.path.join(self.ca, "client.key")]

    def test_client_certificate_is_optional(self):
        self.nginx()
        self.assertEqual(self.fetch("/who").out, "NONE \n")
        self.assertEqual(self.fetch("/who", *self.with_certificate()).out,
                         "SUCCESS CN=client,O=bulla\n")

    def test_five_megabytes(self):
        self.nginx()
        body = os.urandom(5 * 1024 * 1024)
        self.write("nginx/www/five.bin", body)
        done = subprocess.run([BULLA, "get", "--cacert", os.path.join(self.ca, "ca.crt"),
                               f"https://localhost:{self.port}/five.bin"], capture_output=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(hashlib.sha256(done.stdout).digest(), hashlib.sha256(body).digest())

    def test_chunked_answer(self):
        self.nginx()
        self.write("nginx/www/chunked.txt", "one <!--# echo var=\"host\" --> two\n" * 2000)
        done = self.fetch("/chunked.txt")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.out, "one localhost two\n" * 2000)

    def test_status_of_400_and_more_ends_with_1(self):
        self.nginx()
        for path, status in (("/nothing", "404"), ("/teapot", "418")):
            done = self.fetch(path)
            self.assertEqual(done.code, 1)
            self.assertIn(status, done.err)

    def test_hello_retry_request(self):
        self.nginx("ssl_ecdh_curve secp384r1;")
        done = self.fetch("/who", "--verbose")
        self.assertEqual(done.out, "NONE \n")
        self.assertIn("(after a HelloRetryRequest)", done.err)

    def test_alpn(self):
        self.nginx()
        self.assertIn("alpn       http/1.1", self.fetch("/who", "--verbose").err)


if __name__ == "__main__":
    main()
