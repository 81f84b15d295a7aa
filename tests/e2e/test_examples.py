# SPDX-License-Identifier: Apache-2.0
"""The programs of examples/, built as a user builds them: with the installed library, its
pkg-config file and nothing of src/. Then each against real peers, and its refusals."""

import base64
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import BULLA, Case, find, free_port, main, needs, run, wait_for_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "examples")
BUILD = os.path.dirname(os.path.abspath(BULLA))
PROGRAMS = ("tls_server", "mtls_server", "pinned_client", "fingerprint", "expiry_check",
            "session_cache", "pooled_client")
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
LINES_MAX = 99
OFTEN = ("2020-01-01", "2100-01-01")

CLOSE_NOTIFY = b"\x15\x03\x03\x00\x02\x01\x00"  # not protected yet

built = {}


def setUpModule():
    """Installs, and builds every program, once."""
    built["dir"] = tempfile.mkdtemp(prefix="bulla-examples-")
    prefix = os.path.join(built["dir"], "prefix")
    must("cmake", "--install", BUILD, "--prefix", prefix)
    with open(os.path.join(BUILD, "CMakeCache.txt")) as file:
        cache = file.read()
    compiler = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", cache, re.MULTILINE)[1]
    flags = []
    if re.search(r"^BULLA_SANITIZE:\w+=(ON|1|TRUE)$", cache, re.MULTILINE):
        flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    [folder] = [at for at, _, files in os.walk(prefix) if "bulla.pc" in files]
    environment = dict(os.environ, PKG_CONFIG_PATH=folder, CC=compiler)
    built.update(environment=environment, sanitized=bool(flags))
    library = must("pkg-config", "--cflags", "--libs", "bulla", env=environment).out.split()
    where = must("pkg-config", "--variable=libdir", "bulla", env=environment).out.strip()
    for name in PROGRAMS:
        must(compiler, "-std=c17", *WARNINGS, *flags, f"{name}.c", *shared(), "-o",
             os.path.join(built["dir"], name), *library, f"-Wl,-rpath,{where}", "-pthread",
             cwd=EXAMPLES)


def tearDownModule():
    shutil.rmtree(built["dir"], ignore_errors=True)


def shared():
    return sorted(f for f in os.listdir(EXAMPLES)
                  if f.endswith(".c") and f[:-2] not in PROGRAMS)


def must(*arguments, **keywords):
    done = run(*arguments, timeout=120, **keywords)
    if done.code != 0:
        raise AssertionError(f"{arguments}: {done.out}{done.err}")
    return done


def example(name, *arguments):
    return run(os.path.join(built["dir"], name), *arguments)


class Example(Case):
    def ca(self, name):
        return self.path("ca", name)

    def setUp(self):
        super().setUp()
        self.certificates()

    def server(self, name, *arguments):
        server = self.start(os.path.join(built["dir"], name), *arguments)
        server.port = int(server.wait_for(r"^Listening on 127.0.0.1:(\d+)")[1])
        return server

    def tls_server(self, handshake=30, idle=30):
        return self.server("tls_server", self.ca("server.crt"), self.ca("server.key"), 0,
                           handshake, idle)

    def s_server(self, *arguments, certificate=None, key=None):
        certificate = certificate or self.ca("server.crt")
        port = free_port()
        self.start("openssl", "s_server", "-accept", port, "-cert", certificate, "-cert_chain",
                   certificate, "-key", key or self.ca("server.key"), "-www", *arguments)
        wait_for_port(port)
        return port

    def nginx(self, more=""):
        """With early data; / says whether it was used, and whose certificate was shown."""
        folder, port = self.path("nginx"), free_port()
        os.makedirs(os.path.join(folder, "www"))
        config = self.write("nginx.conf", NGINX.format(folder=folder, port=port, more=more,
                                                       ca=self.path("ca")))
        self.start(find("nginx"), "-p", folder, "-c", config, "-e",
                   os.path.join(folder, "error.log"))
        wait_for_port(port)
        return port

    def rest(self, peer):
        return b"".join(iter(lambda: peer.recv(4096), b""))

    def answers(self, done, *lines):
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.out.splitlines(), list(lines))


NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
http {{
    log_format who "$ssl_early_data|$ssl_session_reused|$ssl_client_s_dn|$connection_requests";
    access_log {folder}/access.log who;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols TLSv1.3;
        ssl_early_data on;
        ssl_certificate {ca}/server.crt;
        ssl_certificate_key {ca}/server.key;
        ssl_client_certificate {ca}/ca.crt;
        ssl_verify_client optional;
        ssl_verify_depth 3;
        {more}
        location = / {{ return 200 "hello\\n"; }}
    }}
}}
"""


class Sources(unittest.TestCase):
    def test_each_program_is_short_and_opens_with_what_it_shows(self):
        for name in PROGRAMS:
            with open(os.path.join(EXAMPLES, f"{name}.c")) as file:
                text = file.read()
            self.assertLessEqual(text.count("\n"), LINES_MAX, name)
            comment = text[text.index("\n") + 1:text.index("#include")].replace("\n *", "")
            self.assertTrue(text.startswith("/* SPDX"), name)
            self.assertIn(f"./{name} ", comment)
            self.assertIn("o see it ", comment)

    def test_nothing_of_the_inside_is_included(self):
        for name in os.listdir(EXAMPLES):
            if name.endswith((".c", ".h")):
                with open(os.path.join(EXAMPLES, name)) as file:
                    included = re.findall(r'#include "(.*)"', file.read())
                for header in included:
                    self.assertTrue(os.path.exists(os.path.join(EXAMPLES, header)), header)

    def test_the_readme_names_each(self):
        with open(os.path.join(EXAMPLES, "README.md")) as file:
            text = file.read()
        for name in PROGRAMS:
            self.assertIn(f"[{name}.c]({name}.c)", text)

    def test_the_readme_says_how_to_build(self):
        if built["sanitized"]:
            self.skipTest("the library asks for the sanitizers' flags besides")
        with open(os.path.join(EXAMPLES, "README.md")) as file:
            command = re.search(r"^    cc (.*) -o tls_server$", file.read(), re.MULTILINE)[1]
        program = os.path.join(built["dir"], "by_readme")
        must("sh", "-c", f'$CC {command} -o "$0"', program, env=built["environment"],
             cwd=EXAMPLES)
        self.assertTrue(os.access(program, os.X_OK))

    def test_each_says_its_usage(self):
        for name in PROGRAMS:
            done = example(name)
            self.assertEqual((done.code, done.out), (3, ""), name)
            self.assertTrue(done.err.startswith(f"usage: {name} "), done.err)


class TlsServer(Example):
    @needs("curl")
    def test_curl_asks_twice_over_one_connection(self):
        server = self.tls_server()
        url = f"https://localhost:{server.port}/"
        done = run("curl", "-sS", "-w", "%{num_connects}\\n", "--cacert", self.ca("ca.crt"), url,
                   url)
        self.answers(done, "hello over TLS", "1", "hello over TLS", "0")
        server.wait_for(r"^handshake: TLSv1\.3 ")

    def test_bulla_get(self):
        server = self.tls_server()
        done = self.get("--cacert", self.ca("ca.crt"), f"https://localhost:{server.port}/")
        self.answers(done, "hello over TLS")

    @needs("openssl")
    def test_resumes(self):
        server = self.tls_server()
        for _ in range(2):
            kept = ["-sess_in" if os.path.exists(self.path("session")) else "-sess_out",
                    self.path("session")]
            run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile",
                self.ca("ca.crt"), "-ign_eof", *kept,
                stdin=b"GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n")
        server.wait_for(r"^handshake: TLSv1\.3 .* resumed$")

    def test_a_peer_that_says_nothing_runs_into_the_handshake_deadline(self):
        server = self.tls_server(handshake=1)
        self.assertEqual(self.rest(self.connect(server.port)), CLOSE_NOTIFY)
        server.wait_for("^handshake: the deadline passed$")

    def test_a_peer_that_stalls_within_its_hello_does_too(self):
        server = self.tls_server(handshake=1)
        peer = self.connect(server.port)
        peer.sendall(b"\x16\x03\x01\x01\x00\x01")
        self.assertEqual(self.rest(peer), CLOSE_NOTIFY)
        server.wait_for("^handshake: the deadline passed$")

    def test_a_request_that_never_ends_runs_into_the_idle_deadline(self):
        server = self.tls_server(idle=1)
        peer = self.tls(server.port)
        peer.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        self.assertEqual(peer.recv(1), b"")  # close_notify, not a cut
        server.wait_for("^connection: the deadline passed$")

    def test_who_stalls_holds_up_nobody(self):
        server = self.tls_server()
        self.connect(server.port)
        done = self.get("--cacert", self.ca("ca.crt"), f"https://localhost:{server.port}/")
        self.answers(done, "hello over TLS")

    def test_plain_http_and_old_tls_are_refused(self):
        server = self.tls_server()
        self.connect(server.port).sendall(b"GET / HTTP/1.1\r\n\r\n")
        server.wait_for("^handshake: peer_speaks_http: ")
        if find("curl"):
            done = run("curl", "-sS", "--tls-max", "1.1", "--ciphers", "DEFAULT:@SECLEVEL=0",
                       "--cacert", self.ca("ca.crt"), f"https://localhost:{server.port}/")
            self.assertEqual(done.code, 35)
            server.wait_for("^handshake: version_unsupported: ")

    def test_a_request_with_a_body_is_refused(self):
        server = self.tls_server()
        peer = self.tls(server.port)
        peer.sendall(b"GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd")
        self.assertEqual(peer.recv(1), b"")

    def test_requests_in_one_record_are_all_answered(self):
        server = self.tls_server()
        peer = self.tls(server.port)
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n" * 3 + b"BAD / HTTP/1.1\r\n\r\n")
        self.assertEqual(self.rest(peer).count(b"hello over TLS\n"), 3)


class MtlsServer(Example):
    def setUp(self):
        super().setUp()
        self.mtls = self.server("mtls_server", self.ca("server.crt"), self.ca("server.key"),
                                self.ca("ca.crt"), 0)
        self.url = f"https://localhost:{self.mtls.port}/"

    def own(self, folder="ca"):
        return ["--cert", self.path(folder, "client.crt"), "--key",
                self.path(folder, "client.key")]

    def test_says_whose_certificate_it_is(self):
        done = self.get("--cacert", self.ca("ca.crt"), *self.own(), self.url)
        self.answers(done, "hello, CN=client,O=bulla (URI:spiffe://bulla.local/client)")
        shown = self.mtls.wait_for('^client: subject="CN=client,O=bulla" '
                                   'names="URI:spiffe://bulla.local/client" '
                                   r"serial=\w+ sha256=(\w{64})$")
        self.assertEqual(shown[1], hashlib.sha256(leaf_of(self.ca("client.crt"))).hexdigest())

    @needs("curl")
    def test_curl(self):
        done = run("curl", "-sS", "--cacert", self.ca("ca.crt"), *self.own(), self.url)
        self.answers(done, "hello, CN=client,O=bulla (URI:spiffe://bulla.local/client)")

    def test_no_certificate(self):
        self.assertNotEqual(self.get("--cacert", self.ca("ca.crt"), self.url).code, 0)
        self.mtls.wait_for("^refused: certificate_required: ")
        self.assertNotIn("subject=", self.mtls.text())

    def test_another_ca(self):
        self.certificates("other")
        done = self.get("--cacert", self.ca("ca.crt"), *self.own("other"), self.url)
        self.assertNotEqual(done.code, 0)
        self.mtls.wait_for("^refused: cert_unknown_issuer: ")
        self.assertNotIn("subject=", self.mtls.text())

    @needs("openssl")
    def test_an_expired_certificate_and_one_for_servers(self):
        ca = self.openssl_ca()
        mtls = self.server("mtls_server", self.ca("server.crt"), self.ca("server.key"), ca.root, 0)
        url = f"https://localhost:{mtls.port}/"
        for name, keywords, cause in (
                ("late", {"start": -86400, "end": -3600}, "cert_expired"),
                ("server", {"usage": "serverAuth"}, "cert_purpose_not_client")):
            certificate, key = ca.issue(name, **keywords)
            done = self.get("--cacert", self.ca("ca.crt"), "--cert", certificate, "--key", key,
                            url)
            self.assertNotEqual(done.code, 0)
            mtls.wait_for(f"^refused: {cause}: ")
        self.assertNotIn("subject=", mtls.text())
        certificate, key = ca.issue("good", san="DNS:a.test,URI:spiffe://td/a")
        done = self.get("--cacert", self.ca("ca.crt"), "--cert", certificate, "--key", key, url)
        self.answers(done, "hello, CN=good (DNS:a.test, URI:spiffe://td/a)")


class Fingerprint(Example):
    def expect(self, done, path):
        self.assertEqual(done.code, 0, done.err)
        digest = hashlib.sha256(leaf_of(path)).hexdigest().upper()
        lines = done.out.splitlines()
        self.assertEqual(lines[1].split()[1], ":".join(re.findall("..", digest)))
        self.assertEqual(lines[2].split()[-1], pin_of(path))

    def test_a_file(self):
        done = example("fingerprint", self.ca("server.crt"))
        self.expect(done, self.ca("server.crt"))
        self.assertEqual(done.out.count("certificate"), 2)

    def test_bulla_serve(self):
        server = self.serve("--cert", self.ca("server.crt"), "--key", self.ca("server.key"))
        done = example("fingerprint", "localhost", server.port)
        self.expect(done, self.ca("server.crt"))
        self.assertEqual(done.out, example("fingerprint", self.ca("server.crt")).out)
        self.assertEqual(server.end(signal.SIGTERM), 0)
        self.assertNotIn("200", server.text())

    @needs("openssl")
    def test_an_expired_one_of_openssl_is_shown_too(self):
        certificate, key = self.openssl_ca().issue("late", start=-86400, end=-3600)
        port = self.s_server(certificate=certificate, key=key)
        self.expect(example("fingerprint", "localhost", port), certificate)

    def test_no_certificates(self):
        done = example("fingerprint", self.ca("server.key"))
        self.assertEqual((done.code, done.out), (3, ""))
        done = example("fingerprint", self.path("nothing.pem"))
        self.assertEqual((done.code, done.out), (3, ""))

    def test_nobody_there(self):
        done = example("fingerprint", "localhost", free_port())
        self.assertEqual((done.code, done.out), (3, ""))
        self.assertEqual(done.err, "localhost: nobody answers there\n")


class PinnedClient(Example):
    def setUp(self):
        super().setUp()
        self.peer = self.serve("--cert", self.ca("server.crt"), "--key", self.ca("server.key"))
        self.current = pin_of(self.ca("server.crt"))
        self.backup = pin_of(self.ca("client.crt"))
        self.other = "sha256/" + base64.b64encode(bytes(32)).decode()

    def fetch(self, *pins, ca="ca", host="localhost"):
        return example("pinned_client", self.path(ca, "ca.crt"), host, self.peer.port,
                       *(word for pin in pins for word in pin))

    def test_the_current_key_and_after_it_the_backup(self):
        for pins in ([self.current, self.backup], [self.other, self.current]):
            done = self.fetch(*((pin, *OFTEN) for pin in pins))
            self.assertEqual(done.code, 0, done.err)
            self.assertEqual(done.out.splitlines()[0],
                             "pinned: localhost showed a key that is pinned")
            self.assertRegex(done.out.splitlines()[1], r"^HTTP/1\.1 200 OK, \d+ bytes$")

    def refused(self, done, cause):
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertTrue(done.err.startswith(f"localhost: {cause}: "), done.err)

    def test_neither(self):
        done = self.fetch((self.backup, *OFTEN), (self.other, *OFTEN))
        self.refused(done, "pin_mismatch")
        self.assertIn(self.current.replace("//", "/", 1), done.err)

    def test_one_pin_out_of_its_time_leaves_no_backup(self):
        over, to_come = ("2020-01-01", "2021-01-01"), ("2099-01-01", "2100-01-01")
        for times in (over, to_come):
            self.refused(self.fetch((self.current, *OFTEN), (self.backup, *times)),
                         "pins_too_few")
            self.refused(self.fetch((self.current, *times), (self.backup, *OFTEN)),
                         "pins_too_few")

    def test_a_pin_does_not_make_up_for_trust(self):
        self.certificates("other")
        done = self.fetch((self.current, *OFTEN), (self.backup, *OFTEN), ca="other")
        self.refused(done, "cert_unknown_issuer")

    def test_what_is_no_pin_or_no_date(self):
        for pins in ([("sha256/short", *OFTEN), (self.backup, *OFTEN)],
                     [(self.current, "soon", OFTEN[1]), (self.backup, *OFTEN)]):
            done = self.fetch(*pins)
            self.assertEqual((done.code, done.out), (3, ""))


class ExpiryCheck(Example):
    def check(self, port, *more, ca=None, host="localhost"):
        return example("expiry_check", ca or self.ca("ca.crt"), host, port, *more)

    @needs("openssl")
    def test_ok_warning_expired_unknown(self):
        ca = self.openssl_ca()
        days = 86400
        for name, keywords, more, code, said in (
                ("fine", {"end": 20 * days + 3600}, [5], 0, "OK: 20 days left"),
                ("near", {"end": 20 * days + 3600}, [], 1, "WARNING: 20 days left"),
                ("late", {"start": -9 * days, "end": -3600}, [], 2, "EXPIRED: "),
                ("soon", {"start": 9 * days, "end": 10 * days}, [], 3, "UNKNOWN: "),
                ("name", {"san": "DNS:a.test"}, [], 3, "UNKNOWN: ")):
            certificate, key = ca.issue(name, **keywords)
            port = self.s_server(certificate=certificate, key=key)
            done = self.check(port, *more, ca=ca.root)
            self.assertEqual(done.code, code, done.out + done.err)
            self.assertTrue(done.out.startswith(f"localhost: {said}"), done.out)

    def test_by_address_and_of_another_ca(self):
        server = self.serve("--cert", self.ca("server.crt"), "--key", self.ca("server.key"))
        self.assertEqual(self.check(server.port, 0, host="127.0.0.1").code, 0)
        self.certificates("other")
        done = self.check(server.port, 0, ca=self.path("other", "ca.crt"))
        self.assertEqual(done.code, 3)
        self.assertIn("UNKNOWN", done.out)

    def test_nobody_there_is_not_ok(self):
        done = self.check(free_port())
        self.assertEqual((done.code, done.out), (3, ""))


class SessionCache(Example):
    def visit(self, port, *more):
        return example("session_cache", self.ca("ca.crt"), "localhost", port, *more)

    @needs("nginx")
    def test_nginx_takes_early_data(self):
        self.answers(self.visit(self.nginx()), "full: HTTP/1.1 200 OK",
                     "resumed: HTTP/1.1 200 OK",
                     "resumed, early data accepted: HTTP/1.1 200 OK")

    @needs("nginx")
    def test_nginx_refuses_early_data_after_a_retry(self):
        self.answers(self.visit(self.nginx("ssl_ecdh_curve secp384r1;")), "full: HTTP/1.1 200 OK",
                     "resumed: HTTP/1.1 200 OK",
                     "resumed, early data refused: HTTP/1.1 200 OK")

    @needs("nginx")
    def test_an_emptied_cache(self):
        self.answers(self.visit(self.nginx(), "forget"), "full: HTTP/1.1 200 OK",
                     "resumed: HTTP/1.1 200 OK", "full: HTTP/1.1 200 OK")

    @needs("nginx")
    def test_a_server_that_forgets_sessions(self):
        port = self.nginx("ssl_session_tickets off; ssl_session_cache off;")
        self.answers(self.visit(port), "full: HTTP/1.1 200 OK", "full: HTTP/1.1 200 OK",
                     "full, early data refused: HTTP/1.1 200 OK")
        with open(self.path("nginx", "access.log")) as file:
            self.assertEqual(file.read().count("\n"), 3)  # what was refused was asked once

    def test_without_early_data_there(self):
        server = self.tls_server()
        self.answers(self.visit(server.port), "full: HTTP/1.1 200 OK",
                     *["resumed: HTTP/1.1 200 OK"] * 2)
        server.wait_for("resumed$", times=2)

    @needs("openssl")
    def test_openssl_over_tls_1_2(self):
        self.answers(self.visit(self.s_server("-tls1_2")), "full: HTTP/1.0 200 ok",
                     *["resumed: HTTP/1.0 200 ok"] * 2)

    def test_another_ca(self):
        self.certificates("other")
        done = example("session_cache", self.path("other", "ca.crt"), "localhost",
                       self.tls_server().port)
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("cert_unknown_issuer", done.err)


class PooledClient(Example):
    def fetch(self, port, num, *more):
        return example("pooled_client", self.ca("ca.crt"), "localhost", port, num, *more)

    def own(self):
        return self.ca("client.crt"), self.ca("client.key")

    def test_reused(self):
        server = self.tls_server()
        self.answers(self.fetch(server.port, 3), "nobody: new: HTTP/1.1 200 OK",
                     *["nobody: reused: HTTP/1.1 200 OK"] * 2)
        server.wait_for("^connection: closed$")
        self.assertEqual(server.text().count("handshake:"), 1)

    def test_bulla_serve(self):
        server = self.serve("--cert", self.ca("server.crt"), "--key", self.ca("server.key"))
        self.answers(self.fetch(server.port, 2), "nobody: new: HTTP/1.1 200 OK",
                     "nobody: reused: HTTP/1.1 200 OK")

    @needs("openssl")
    def test_a_server_that_closes(self):
        self.answers(self.fetch(self.s_server(), 3), "nobody: new: HTTP/1.0 200 ok",
                     *["nobody: resumed: HTTP/1.0 200 ok"] * 2)

    @needs("nginx")
    def test_identities_do_not_mix(self):
        port = self.nginx("keepalive_requests 2;")
        lines = [f"{who}: {how}: HTTP/1.1 200 OK" for how in ("new", "reused", "resumed")
                 for who in ("nobody", "owner")]
        self.answers(self.fetch(port, 3, *self.own()), *lines)
        with open(self.path("nginx", "access.log")) as file:
            seen = [line.rstrip("\n").split("|")[1:] for line in file]
        owner = "CN=client,O=bulla"
        self.assertEqual(seen, [[".", "-", "1"], [".", owner, "1"], [".", "-", "2"],
                                [".", owner, "2"], ["r", "-", "1"], ["r", owner, "1"]])

    def test_nobody_there(self):
        done = self.fetch(free_port(), 1)
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertEqual(done.err, "localhost: nobody answers there\n")


def leaf_of(path):
    """The first certificate's DER."""
    with open(path) as file:
        text = re.search("-----BEGIN CERTIFICATE-----(.*?)-----END", file.read(), re.DOTALL)[1]
    return base64.b64decode(text)


def pin_of(path):
    """By openssl, where it is here; else by `bulla pin`."""
    if not find("openssl"):
        return re.search(r"sha256//\S+", run(BULLA, "pin", path).out)[0]
    key = run("openssl", "x509", "-in", path, "-noout", "-pubkey").stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key,
                         capture_output=True, check=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


if __name__ == "__main__":
    main()
