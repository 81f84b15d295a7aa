# SPDX-License-Identifier: Apache-2.0
"""Broken set-ups, each a set of files or a real server, and what `bulla explain` says of each: the
diagnosis, words of the evidence, the exit code. A row that says "ok" is a set-up that looks broken
and is not. Material: setups.py; servers: servers.py."""

import json
import os
import re
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

import harness  # noqa: E402
import setups  # noqa: E402
from servers import Servers, available  # noqa: E402

ROOT = ("--cacert", "root.crt")
NAMED = ROOT + ("--name", "a.test")
HARD = ROOT + ("--revocation", "hard")

# name, arguments (files of the folder), diagnosis, in the evidence or fix, exit code
FILES = [
    ("good", NAMED + ("good.pem",), "ok", "trusted through CN=root", 0),
    ("good, in two files", NAMED + ("leaf.crt", "middle.crt"), "ok", "CN=root", 0),
    ("good, DER", ROOT + ("whole.der", "middle.crt"), "ok", "CN=root", 0),
    ("good, with its root", NAMED + ("with-root.pem",), "ok", "CN=root", 0),
    ("wrong order", NAMED + ("wrong-order.pem",), "ok", "CN=root", 0),
    ("a stray certificate", NAMED + ("stray.pem",), "ok", "CN=root", 0),
    ("missing intermediate", NAMED + ("leaf.crt",), "missing_intermediate",
     "http://ca.test/intermediate.der", 4),
    ("unknown issuer", NAMED + ("plain.crt",), "unknown_issuer", "issued by CN=middle", 4),
    ("unknown root", ("--cacert", "other-root.crt", "good.pem"), "unknown_root",
     "CN=middle was issued by CN=root", 4),
    ("unknown root, sent", ("--cacert", "other-root.crt", "with-root.pem"), "unknown_root",
     "CN=root", 4),
    ("self-signed", ROOT + ("self-signed.crt",), "cert_self_signed", "self-signed", 4),
    ("self-signed, trusted", ("--cacert", "self-signed.crt", "self-signed.crt"), "ok",
     "CN=self-signed", 0),
    ("leaf last", ROOT + ("leaf-last.pem",), "leaf_not_first", "first in its chain file", 4),
    ("expired", NAMED + ("expired.pem",), "cert_expired", "expired 3 days", 5),
    ("expired: a fast clock explains it", NAMED + ("expired.pem",), "cert_expired",
     "a clock that is fast by at least 3 days", 5),
    ("never valid at once", NAMED + ("ancient.pem",), "cert_expired",
     "no moment in which all of the chain was valid", 5),
    ("expired intermediate", ROOT + ("expired-middle.pem",), "cert_expired",
     "CN=old middle expired 1 hour", 5),
    ("not yet valid", NAMED + ("future.pem",), "cert_not_yet_valid", "becomes valid in", 4),
    ("slow clock", NAMED + ("--at", "2001-01-01", "good.pem"), "clock_skew",
     "a clock that is slow by at least", 4),
    ("fast clock", NAMED + ("--at", "2090-01-01T12:00:00Z", "good.pem"), "clock_skew",
     "a clock that is fast by at least", 5),
    ("wrong host", ROOT + ("--name", "c.test", "good.pem"), "cert_name_mismatch",
     "DNS:a.test, DNS:b.test", 4),
    ("wrong address", ROOT + ("--name", "192.0.2.7", "good.pem"), "cert_name_mismatch",
     "IP:192.0.2.7", 4),
    ("CN without SAN", NAMED + ("no-san.pem",), "cert_no_subject_alt_name",
     "only the common name a.test", 4),
    ("no serverAuth", NAMED + ("only-client.pem",), "cert_purpose_not_server",
     "is for clientAuth", 4),
    ("no EKU, by the web PKI's rules", NAMED + ("--profile", "webpki", "no-purpose.pem"),
     "cert_profile_violated", "it has no extended key usage", 4),
    ("no EKU, in a private PKI", NAMED + ("no-purpose.pem",), "ok", "CN=root", 0),
    ("no clientAuth", ROOT + ("--purpose", "client", "good.pem"), "cert_purpose_not_client",
     "is for serverAuth", 4),
    ("CA flag missing", ROOT + ("no-ca.pem",), "cert_ca_flag_missing", "CN=no CA", 4),
    ("no keyCertSign", ROOT + ("no-sign.pem",), "cert_key_usage_no_cert_sign", "CN=no-sign", 4),
    ("path length", ROOT + ("too-deep.pem",), "cert_path_length_exceeded",
     "CN=short above it allows 0", 4),
    ("name constraint, permitted", ROOT + ("permits.pem",), "cert_name_constraint_violated",
     "CN=permits may issue only for DNS:inside.test", 4),
    ("name constraint, excluded", ROOT + ("excludes.pem",), "cert_name_constraint_violated",
     "CN=excludes may not issue for IP:127.0.0.0/255.0.0.0", 4),
    ("another CA of the same name", ROOT + ("rolled.pem",), "cert_signature_invalid",
     "not signed with the key", 4),
    ("weak key", ROOT + ("weak-key.pem",), "cert_key_too_weak", "RSA of 1024 bits", 4),
    ("SHA-1", ROOT + ("sha1.pem",), "cert_signature_algorithm_unsupported", "SHA-1", 4),
    ("critical extension", ROOT + ("unknown-critical.pem",), "cert_critical_extension_unknown",
     "CN=unknown-critical", 4),
    ("CA as a leaf", ROOT + ("is-ca.pem",), "cert_is_ca", "CN=is-ca", 4),
    ("no digitalSignature", ROOT + ("no-signature.pem",), "cert_key_usage_no_signature",
     "CN=no-signature", 4),
    ("cut", ROOT + ("cut.der",), "cert_malformed", "follows RFC 5280", 4),
    ("SVID", ROOT + ("--purpose", "svid", "svid.pem"), "ok", "CN=root", 0),
    ("SVID with two IDs", ROOT + ("--purpose", "svid", "two-ids.pem"), "cert_spiffe_id_invalid",
     "SPIFFE", 4),
    ("revoked by CRL", HARD + ("--crl", "all.crl", "revoked.pem"), "cert_revoked",
     "reason: keyCompromise", 6),
    ("revoked, softly", ROOT + ("--crl", "middle.crl", "revoked.pem"), "cert_revoked",
     "was revoked at", 6),
    ("not revoked", HARD + ("--crl", "all.crl", "good.pem"), "ok", "CN=root", 0),
    ("stale CRL", HARD + ("--crl", "stale-all.crl", "good.pem"), "crl_stale", "nextUpdate", 4),
    ("stale CRL, softly", ROOT + ("--crl", "stale-all.crl", "good.pem"), "ok", "CN=root", 0),
    ("no answer", HARD + ("good.pem",), "cert_revocation_unknown", "fresh CRL", 4),
    ("revoked by OCSP", ROOT + ("--ocsp", "revoked.ocsp", "revoked.pem"), "cert_revoked",
     "keyCompromise", 6),
    ("stale OCSP", HARD + ("--crl", "empty-root.crl", "--ocsp", "brief.ocsp", "--at",
                           "{in an hour}", "good.pem"), "ocsp_stale", "nextUpdate", 4),
    ("OCSP of another certificate", HARD + ("--crl", "empty-root.crl", "--ocsp", "other.ocsp",
                                            "good.pem"),
     "ocsp_other_certificate", "staple the response for the certificate", 4),
    ("must-staple without a staple", ROOT + ("--revocation", "soft", "staple.pem"),
     "cert_staple_missing", "OCSP stapling", 4),
    ("pin mismatch", ROOT + ("--pin", "sha256/" + 43 * "A" + "=,sha256/" + 42 * "B" + "A=",
                             "good.pem"), "pin_mismatch", "{pin:leaf}", 7),
    ("pins match", ROOT + ("--pin", "{pin:middle},sha256/" + 43 * "A" + "=", "good.pem"), "ok",
     "CN=root", 0),
    ("a lone pin", ROOT + ("--pin", "{pin:leaf}", "good.pem"), "pins_too_few", "backup pin", 7),
    ("another key", NAMED + ("--key", "plain.key", "good.pem"), "key_mismatch", "plain.key", 1),
    ("its key", NAMED + ("--key", "leaf.key", "good.pem"), "ok", "CN=root", 0),
]

MTLS = ("--client-ca", "client-root.crt", "--client-auth", "require")
VERIFY = ("-Verify", "1", "-verify_return_error", "-CAfile", "client-root.crt", "-cert_chain",
          "middle.crt")
CLIENT = ("--cert", "client.crt", "--key", "client.key")
STRANGER = ("--cert", "stranger.crt", "--key", "stranger.key")
LATE = ("--cert", "late-client.crt", "--key", "late-client.key")

# name, program needed, server, arguments, diagnosis, in the evidence or fix, exit code
SERVERS = [
    ("bulla serve", None, lambda s: s.bulla("good"), NAMED, "ok", "CN=root", 0),
    ("bulla serve, its chain cut", None, lambda s: s.bulla("leaf-alone"), NAMED,
     "missing_intermediate", "http://ca.test/intermediate.der", 4),
    ("bulla serve, expired", None, lambda s: s.bulla("expired"), NAMED, "cert_expired",
     "expired 3 days", 5),
    ("bulla serve, wrong host", None, lambda s: s.bulla("good"), ROOT + ("--name", "c.test"),
     "cert_name_mismatch", "DNS:a.test", 4),
    ("s_server, self-signed", None, lambda s: s.openssl("self-signed"), NAMED,
     "cert_self_signed", "self-signed", 4),
    ("s_server, unknown root", None, lambda s: s.openssl("leaf", "-cert_chain", "middle.crt"),
     ("--cacert", "other-root.crt"), "unknown_root", "CN=root", 4),
    ("s_server, a revoked staple", None,
     lambda s: s.openssl("revoked", "-cert_chain", "middle.crt", "-status_file", "revoked.ocsp"),
     NAMED, "cert_revoked", "keyCompromise", 6),
    ("s_server, only TLS 1.2", None,
     lambda s: s.openssl("leaf", "-cert_chain", "middle.crt", "-tls1_2"), NAMED,
     "ok", "CN=root", 0),
    ("s_server, only TLS 1.1", None,
     lambda s: s.openssl("leaf", "-cert_chain", "middle.crt", "-tls1_1", "-cipher",
                         "DEFAULT:@SECLEVEL=0"), NAMED,
     "protocol_mismatch", "TLS 1.3", 3),
    ("s_server, no common suite", None,
     lambda s: s.openssl("leaf", "-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"), NAMED,
     "suite_mismatch", "handshake_failure", 3),
    ("bulla serve, no client certificate", None, lambda s: s.bulla("good", *MTLS), NAMED,
     "client_certificate_required", "certificate_required (116)", 8),
    ("bulla serve, client of another CA", None, lambda s: s.bulla("good", *MTLS),
     NAMED + STRANGER, "client_ca_not_accepted", "unknown_ca (48)", 4),
    ("bulla serve, a good client", None, lambda s: s.bulla("good", *MTLS), NAMED + CLIENT, "ok",
     "CN=root", 0),
    ("s_server, no client certificate", None, lambda s: s.openssl("leaf", *VERIFY), NAMED,
     "client_certificate_required", "certificate_required (116)", 8),
    ("s_server, client of another CA", None, lambda s: s.openssl("leaf", *VERIFY),
     NAMED + STRANGER, "client_ca_not_accepted", "unknown_ca (48)", 4),
    ("s_server, expired client", None, lambda s: s.openssl("leaf", *VERIFY), NAMED + LATE,
     "client_certificate_expired", "certificate_expired (45)", 5),
    ("s_server, a good client", None, lambda s: s.openssl("leaf", *VERIFY), NAMED + CLIENT, "ok",
     "CN=root", 0),
    ("nginx, wrong order", "nginx", lambda s: s.nginx(
        "ssl_certificate wrong-order.pem;", "ssl_certificate_key leaf.key;",
        "ssl_protocols TLSv1.3;"), NAMED, "ok", "CN=root", 0),
    ("nginx, only TLS 1.2", "nginx", lambda s: s.nginx(
        "ssl_certificate good.pem;", "ssl_certificate_key leaf.key;", "ssl_protocols TLSv1.2;"),
     NAMED, "ok", "CN=root", 0),
    ("nginx, plain HTTP", "nginx", lambda s: s.nginx(ssl=""), NAMED, "peer_speaks_http",
     "https://", 3),
    ("python's http.server", None, lambda s: s.python_http(), NAMED, "peer_speaks_http",
     "https://", 3),
    ("SSH", None, lambda s: s.greeter(b"SSH-2.0-OpenSSH_9.2p1\r\n"), NAMED, "peer_speaks_ssh",
     "check the port number", 3),
    ("SMTP", None, lambda s: s.greeter(b"220 mail.test ESMTP\r\n"), NAMED, "peer_speaks_smtp",
     "STARTTLS", 3),
    ("PostgreSQL", None, lambda s: s.postgresql(b"S"), NAMED, "peer_speaks_postgresql",
     "SSLRequest with S", 3),
    ("PostgreSQL without TLS", None, lambda s: s.postgresql(b"N"), NAMED,
     "peer_speaks_postgresql", "ssl = on", 3),
    ("something else", None, lambda s: s.greeter(b"\x4a\x00\x00\x00\x0a8.0.36\x00"), NAMED,
     "peer_not_tls", "check host and port", 3),
    ("hung up on", None, lambda s: s.closer(), NAMED, "closed_before_handshake",
     "without a byte", 3),
    ("silence", None, lambda s: s.silent(), NAMED + ("--timeout", "300ms"), "handshake_timeout",
     "said nothing at all", 3),
    ("nobody there", None, lambda s: harness.free_port(), NAMED, "connect_failed", "refused", 3),
]


class Case(unittest.TestCase):
    """The material and the servers, made once for a class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="bulla-explain-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.pki = setups.make(cls.folder.name)
        cls.servers = Servers(cls.pki)
        cls.addClassCleanup(cls.servers.end)


class Explain(Case):
    def explain(self, *arguments):
        return harness.run(harness.BULLA, "explain", *arguments, cwd=self.pki.folder,
                           env={**os.environ, "LC_ALL": "C"})

    def check(self, name, arguments, diagnosis, words, code):
        filled = [self.fill(argument) for argument in arguments]
        plain = self.explain(*filled)
        shown = f"{name}: bulla explain {' '.join(filled)}\n{plain.out}{plain.err}"
        self.assertEqual(plain.code, code, shown)
        done = self.explain("--json", *filled)
        self.assertEqual(done.code, code, shown + done.err)
        found = json.loads(done.out)
        self.assertEqual(found["diagnosis"], diagnosis, shown)
        self.assertEqual(found["exit_code"], code, shown)
        said = " ".join((found["says"], found["evidence"], found["fix"]))
        self.assertIn(self.fill(words), said, shown)
        self.assertIn(f"\n{diagnosis}: ", plain.out, shown)
        return found, plain

    def fill(self, text):
        text = re.sub(r"\{pin:([a-z-]+)\}", lambda m: self.pki.pin(m[1]), text)
        hence = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + setups.HOUR))
        return text.replace("{in an hour}", hence)

    def test_files(self):
        for name, *row in FILES:
            with self.subTest(name):
                self.check(name, *row)

    def test_servers(self):
        for name, program, start, arguments, *row in SERVERS:
            with self.subTest(name):
                if program is not None and not available(program):
                    self.skipTest(f"{program} is not installed")
                port = start(self.servers)
                self.check(name, arguments + (f"127.0.0.1:{port}",), *row)

    def test_there_are_thirty(self):
        broken = [row for row in FILES + SERVERS if "ok" not in row]
        self.assertGreaterEqual(len(broken), 30)

    def test_harmless_things_are_said(self):
        found, plain = self.check("wrong order", NAMED + ("wrong-order.pem",), "ok", "CN=root", 0)
        self.assertTrue(found["wrong_order"])
        self.assertIn("wrong order; harmless", plain.out)
        found, plain = self.check("stray", NAMED + ("stray.pem",), "ok", "CN=root", 0)
        self.assertIn("not part of the chain: CN=other-root  [sent 2]", plain.out)
        found, plain = self.check("stale", ROOT + ("--crl", "stale-all.crl", "good.pem"), "ok",
                                  "CN=root", 0)
        leaf = next(c for c in found["certificates"] if c["depth"] == 0)
        self.assertEqual(leaf["checks"]["revocation"],
                         {"verdict": "warning", "cause": "crl_stale"})

    def test_all_faults_are_shown(self):
        found, _ = self.check("two faults", ROOT + ("--name", "c.test", "expired.pem"),
                              "cert_expired", "3 days", 5)
        self.assertFalse(found["clock_explains"])
        leaf = next(c for c in found["certificates"] if c["depth"] == 0)
        self.assertEqual(leaf["checks"]["dates"]["cause"], "cert_expired")
        self.assertEqual(leaf["checks"]["name"]["cause"], "cert_name_mismatch")
        self.assertEqual(leaf["checks"]["purpose"], {"verdict": "passed"})
        self.assertEqual(leaf["checks"]["signature"], {"verdict": "not reached"})

    def test_commands_can_be_pasted(self):
        found, _ = self.check("missing", NAMED + ("leaf.crt",), "missing_intermediate", "", 4)
        self.assertEqual(found["command"], "curl -sS http://ca.test/intermediate.der | "
                         "openssl x509 -inform DER >> chain.pem")
        found, _ = self.check("hostile", NAMED + ("hostile.crt",), "missing_intermediate", "", 4)
        self.assertEqual(found["command"], "")  # its URL would have run something

    def test_tree(self):
        """A picture of the whole; digests, serials and dates differ from run to run."""
        _, plain = self.check("tree", NAMED + ("leaf.crt", "middle.crt"), "ok", "CN=root", 0)
        text = re.sub(r"[0-9a-f]{64}", "DIGEST", plain.out)
        text = re.sub(r"(serial +)[0-9a-f]+", r"\1SERIAL", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "DATE", text)
        with open(os.path.join(HERE, "tree.txt"), encoding="utf-8") as file:
            self.assertEqual(text, file.read())

    def test_trust_stores(self):
        """A folder as --cacert names it, and what the environment says of the system's store."""
        folder = self.pki.path("store")
        os.makedirs(folder)
        os.symlink("root.pem", os.path.join(folder, "1a2b3c4d.0"))
        self.pki.write("store/README", "no certificate")
        self.pki.write("store/root.pem", self.pki.read("root.crt"))
        empty = self.pki.path("empty-store")
        os.makedirs(empty)
        self.assertEqual(self.explain("--cacert", folder, "good.pem").code, 0)
        self.assertEqual(self.explain("--cacert", empty, "good.pem").code, 2)
        for code, variables in (
                (0, {"SSL_CERT_FILE": self.pki.path("root.crt")}), (0, {"SSL_CERT_DIR": folder}),
                (0, {"SSL_CERT_DIR": f"{empty}:{folder}"}),
                (4, {"SSL_CERT_FILE": self.pki.path("other-root.crt")}),
                (0, {"SSL_CERT_FILE": self.pki.path("other-root.crt"), "SSL_CERT_DIR": folder}),
                (2, {"SSL_CERT_FILE": self.pki.path("root.key")}), (2, {"SSL_CERT_DIR": empty})):
            with self.subTest(variables):
                done = harness.run(harness.BULLA, "explain", "good.pem", cwd=self.pki.folder,
                                   env={"PATH": os.environ["PATH"], **variables})
                self.assertEqual(done.code, code, done.out + done.err)

    def test_usage(self):
        for arguments in ((), ("--at", "yesterday", "good.pem"), ("--purpose", "x", "good.pem"),
                          ("missing.pem",), ("root.key",), ("--pin", "x", "good.pem"),
                          ("--crl", "good.pem", "good.pem"), ("a b",)):
            with self.subTest(arguments):
                self.assertEqual(self.explain(*ROOT, *arguments).code, 2)


class Pin(Case):
    """`bulla pin`, on the same material."""

    def pin(self, *arguments):
        return harness.run(harness.BULLA, "pin", *arguments, cwd=self.pki.folder)

    def test_digests_are_those_of_openssl(self):
        done = self.pin("good.pem")
        self.assertEqual(done.code, 0, done.err)
        fingerprint = self.pki.openssl("x509", "-in", "leaf.crt", "-noout", "-fingerprint",
                                       "-sha256").decode().strip().split("=")[1]
        for word in (self.pki.pin("leaf"), self.pki.pin("middle"), fingerprint, "CN=leaf",
                     "pin-sha256=\"", "sha256//"):
            self.assertIn(word, done.out)

    def test_json(self):
        found = json.loads(self.pin("--json", "good.pem").out)["certificates"]
        self.assertEqual([c["subject"] for c in found], ["CN=leaf", "CN=middle"])
        self.assertEqual(found[0]["public_key"]["sha256"], self.pki.pin("leaf"))

    def test_request(self):
        done = self.pin("leaf.csr")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn(self.pki.pin("leaf"), done.out)
        self.assertIn("certification request", done.out)
        self.assertNotIn("  certificate\n", done.out)

    def test_server_sees_no_data(self):
        recorder = self.servers.recorder("good")
        done = self.pin(f"127.0.0.1:{recorder.port}")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn(self.pki.pin("leaf"), done.out)
        self.assertIn(self.pki.pin("middle"), done.out)
        self.assertEqual(recorder.wait(), b"")

    def test_explain_sends_no_data(self):
        recorder = self.servers.recorder("good")
        done = harness.run(harness.BULLA, "explain", "--cacert", "root.crt",
                           f"127.0.0.1:{recorder.port}", cwd=self.pki.folder)
        self.assertEqual(done.code, 0, done.out)
        self.assertEqual(recorder.wait(), b"")

    def test_expired_server_is_pinned_too(self):
        port = self.servers.bulla("expired")
        self.assertEqual(self.pin(f"127.0.0.1:{port}").code, 0)

    def test_no_server(self):
        done = self.pin(f"127.0.0.1:{harness.free_port()}")
        self.assertEqual(done.code, 3)
        self.assertIn("bulla explain", done.err)


if __name__ == "__main__":
    harness.main()
