# SPDX-License-Identifier: Apache-2.0
"""`bulla explain --fetch` against a CA's web server on loopback (publisher.py): what is asked for,
what is believed, and that nobody is asked anything without the option."""

import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

import harness  # noqa: E402
from pki import CA, SERVER, Pki  # noqa: E402
from publisher import Publisher  # noqa: E402
from servers import Servers  # noqa: E402

ROOT = ("--cacert", "root.crt", "--name", "a.test")
FETCH = ROOT + ("--fetch",)
KIB = 1024


class Fetch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="bulla-fetch-")
        cls.addClassCleanup(folder.cleanup)
        cls.pki = Pki(folder.name)
        cls.web = Publisher(cls.pki)
        cls.addClassCleanup(cls.web.close)
        cls.servers = Servers(cls.pki)
        cls.addClassCleanup(cls.servers.end)
        cls.make_cas()
        cls.make_leaves()
        cls.publish()

    @classmethod
    def make_cas(cls):
        root_crl = f"crlDistributionPoints=URI:{cls.web.url}/root.crl\n"
        cls.pki.issue("root", extensions=CA)
        cls.pki.issue("middle", "root", CA + root_crl)
        cls.pki.issue("other", extensions=CA)

    @classmethod
    def make_leaves(cls):
        for name, extensions in {
                "crl-good": cls.crl("middle.crl"), "crl-revoked": cls.crl("middle.crl"),
                "ocsp-good": cls.aia("OCSP", "ocsp"), "ocsp-revoked": cls.aia("OCSP", "ocsp"),
                "ahead": cls.aia("OCSP", "ahead"), "replayed": cls.aia("OCSP", "replayed"),
                "falls-back": cls.aia("OCSP", "none") + cls.crl("middle.crl"),
                "must-staple": "tlsfeature=status_request\n" + cls.aia("OCSP", "ocsp"),
                "aia": cls.aia("caIssuers", "middle.der"),
                "aia-revoked": cls.aia("caIssuers", "middle.der") + cls.crl("middle.crl"),
                "aia-pem": cls.aia("caIssuers", "middle.pem"),
                "aia-other": cls.aia("caIssuers", "other.der"),
                "aia-pkcs7": cls.aia("caIssuers", "middle.p7c"),
                "hangs": cls.crl("hangs"), "huge": cls.aia("OCSP", "huge"),
                "to-https": cls.crl("to-https"), "loops": cls.crl("loops"),
                "moved": cls.crl("moved"), "nothing-there": cls.crl("nothing-there"),
                "no-crl": cls.crl("no-crl"), "ldap": cls.crl("x").replace("http", "ldap"),
                "forged": cls.crl("forged.crl"), "silent-on-it": ""}.items():
            cls.pki.issue(name, "middle", SERVER + extensions)
            cls.pki.chain(name, name, "middle")

    @classmethod
    def crl(cls, path):
        return f"crlDistributionPoints=URI:{cls.web.url}/{path}\n"

    @classmethod
    def aia(cls, method, path):
        return f"authorityInfoAccess={method};URI:{cls.web.url}/{path}\n"

    @classmethod
    def publish(cls):
        pki, web = cls.pki, cls.web
        for leaf in ("crl-revoked", "ocsp-revoked", "aia-revoked"):
            pki.revoke(leaf, "middle", "keyCompromise")
        for name, issuer in (("middle", "middle"), ("root", "root")):
            pki.crl(name, issuer)
            web.publish(f"/{name}.crl", pki.openssl("crl", "-in", f"{name}.crl", "-outform", "DER"))
        forged = bytearray(web.answers["/middle.crl"][2])
        forged[-1] ^= 1
        web.publish("/forged.crl", bytes(forged))
        web.responder("/ocsp", "middle")
        web.publish("/ahead", pki.read(os.path.basename(pki.ocsp("ahead", "ahead", "middle"))))
        pki.openssl("ocsp", "-issuer", "middle.crt", "-cert", "replayed.crt", "-nonce", "-reqout",
                    "old.request")
        web.responder("/live", "middle")
        web.publish("/replayed", web.answers["/live"](pki.read("old.request"))[2])
        for name in ("middle", "other"):
            web.publish(f"/{name}.der", pki.openssl("x509", "-in", f"{name}.crt", "-outform",
                                                    "DER"))
        web.publish("/middle.pem", pki.read("middle.crt"))
        web.publish("/middle.p7c", pki.openssl("crl2pkcs7", "-nocrl", "-certfile", "middle.crt",
                                               "-outform", "DER"))
        web.hang("/hangs")
        web.publish("/huge", bytes(64 * KIB + 1))
        web.redirect("/to-https", "https://127.0.0.1/middle.crl")
        web.redirect("/loops", "/loops")
        web.redirect("/moved", "/moved-again")
        web.redirect("/moved-again", web.url + "/middle.crl")
        web.publish("/no-crl", b"<html>It works!</html>")

    def setUp(self):
        self.web.asked()

    def explain(self, *arguments):
        return harness.run(harness.BULLA, "explain", *arguments, cwd=self.pki.folder,
                           env={**os.environ, "LC_ALL": "C"})

    def judge(self, chain, code, diagnosis, *arguments):
        """What `--fetch --json` says of a chain: all of it, and the item of the leaf."""
        done = self.explain("--json", *FETCH, *arguments, chain)
        self.assertEqual(done.code, code, done.out + done.err)
        found = json.loads(done.out)
        self.assertEqual(found["diagnosis"], diagnosis, done.out)
        name = os.path.splitext(chain)[0]
        own = [item for item in found["fetched"] if item["subject"] == f"CN={name}"]
        return found, own[0] if own else None

    def warns(self, found, cause="cert_revocation_unknown"):
        leaf = next(c for c in found["certificates"] if c["depth"] == 0)
        self.assertEqual(leaf["checks"]["revocation"], {"verdict": "warning", "cause": cause})

    def test_nobody_is_asked_without_the_option(self):
        for chain in ("crl-revoked", "ocsp-revoked"):
            for more in ((), ("--revocation", "soft")):
                done = self.explain("--json", *ROOT, *more, f"{chain}.pem")
                self.assertEqual(done.code, 0, done.out)
                self.assertNotIn("fetched", json.loads(done.out))
        self.assertEqual(self.explain(*ROOT, "aia.crt").code, 4)
        port = self.servers.bulla("ocsp-revoked")
        self.assertEqual(self.explain(*ROOT, f"127.0.0.1:{port}").code, 0)
        self.assertEqual(self.web.asked(), [])

    def test_crl(self):
        found, item = self.judge("crl-revoked.pem", 6, "cert_revoked")
        self.assertIn("keyCompromise", found["evidence"])
        self.assertEqual((item["kind"], item["outcome"]), ("crl", "revoked"))
        self.assertEqual(item["url"], self.web.url + "/middle.crl")
        self.assertEqual(item["bytes"], len(self.web.answers["/middle.crl"][2]))
        self.assertEqual(self.web.asked(), ["GET /middle.crl", "GET /root.crl"])
        found, item = self.judge("crl-good.pem", 0, "ok", "--revocation", "hard")
        self.assertEqual([i["outcome"] for i in found["fetched"]], ["good", "good"])

    def test_ocsp(self):
        found, item = self.judge("ocsp-revoked.pem", 6, "cert_revoked")
        self.assertEqual((item["kind"], item["outcome"], item["says"]), ("ocsp", "revoked", ""))
        found, item = self.judge("ocsp-good.pem", 0, "ok", "--revocation", "hard")
        self.assertEqual(item["outcome"], "good")
        method, path, headers, body = self.web.requests[-2]
        self.assertEqual((method, path), ("POST", "/ocsp"))
        self.assertEqual(headers["Content-Type"], "application/ocsp-request")
        self.assertEqual(sorted(headers), ["Accept", "Connection", "Content-Length",
                                           "Content-Type", "Host", "User-Agent"])
        self.assertNotIn(b"a.test", body)

    def test_nonces(self):
        _, item = self.judge("ahead.pem", 0, "ok", "--revocation", "hard")
        self.assertEqual((item["outcome"], item["says"]),
                         ("good", "signed ahead, without a nonce"))
        found, item = self.judge("replayed.pem", 0, "ok")
        self.assertEqual(item["outcome"], "ocsp_nonce_mismatch")
        self.warns(found)

    def test_crl_where_ocsp_gives_no_answer(self):
        found, item = self.judge("falls-back.pem", 0, "ok", "--revocation", "hard")
        self.assertIn("404 Not Found", item["says"])
        self.assertEqual([(i["kind"], i["outcome"]) for i in found["fetched"]],
                         [("ocsp", "failed"), ("crl", "good"), ("crl", "good")])

    def test_what_was_given_is_not_asked_for(self):
        found, _ = self.judge("crl-revoked.pem", 6, "cert_revoked", "--crl", "middle.crl")
        self.assertEqual(self.web.asked(), ["GET /root.crl"])
        self.judge("crl-good.pem", 0, "ok", "--revocation", "off")
        self.assertEqual(self.web.asked(), [])

    def test_fetched_is_not_stapled(self):
        _, item = self.judge("must-staple.pem", 4, "cert_staple_missing")
        self.assertEqual(item["outcome"], "good")
        self.assertIn("RFC 7633", item["says"])

    def test_missing_intermediate(self):
        for leaf, path in (("aia", "middle.der"), ("aia-pem", "middle.pem")):
            found, item = self.judge(f"{leaf}.crt", 4, "missing_intermediate")
            self.assertEqual(found["cause"], "cert_unknown_issuer")
            self.assertEqual((item["kind"], item["outcome"]), ("issuer", "found"))
            self.assertEqual(found["cause_with_fetched"], "ok")
            self.assertIn(f"send CN=middle (fetched from {self.web.url}/{path})", found["fix"])
            self.assertIn("then the chain is good", found["fix"])

    def test_what_is_left_after_the_intermediate_is_said(self):
        found, _ = self.judge("aia-revoked.crt", 4, "missing_intermediate")
        self.assertEqual(found["cause_with_fetched"], "cert_revoked")
        self.assertIn("then this is left to mend: cert_revoked", found["fix"])

    def test_wrong_issuers(self):
        for leaf, outcome, says in (("aia-other", "other_certificate", "another CA"),
                                    ("aia-pkcs7", "cert_malformed", "PKCS#7")):
            found, item = self.judge(f"{leaf}.crt", 4, "missing_intermediate")
            self.assertEqual(item["outcome"], outcome)
            self.assertIn(says, item["says"])
            self.assertNotIn("cause_with_fetched", found)

    def test_failures_are_warnings_unless_hard(self):
        for leaf, says in (("huge", "longer than 65536 bytes"), ("to-https", "https://"),
                           ("loops", "more than 3 times"), ("nothing-there", "404 Not Found")):
            with self.subTest(leaf):
                found, item = self.judge(f"{leaf}.pem", 0, "ok")
                self.assertEqual((item["outcome"], item["bytes"]), ("failed", 0))
                self.assertIn(says, item["says"])
                self.warns(found)
                self.judge(f"{leaf}.pem", 4, "cert_revocation_unknown", "--revocation", "hard")
        self.assertEqual(self.web.asked().count("GET /loops"), 8)

    def test_a_url_that_does_not_answer(self):
        found, item = self.judge("hangs.pem", 0, "ok")
        self.assertIn("no whole answer within 5000 ms", item["says"])
        self.warns(found)

    def test_rubbish(self):
        for leaf, outcome, cause in (
                ("no-crl", "pem_not_found", "cert_revocation_unknown"),
                ("forged", "crl_signature_invalid", "crl_signature_invalid")):
            with self.subTest(leaf):
                found, item = self.judge(f"{leaf}.pem", 0, "ok")
                self.assertEqual(item["outcome"], outcome)
                self.warns(found, cause)

    def test_redirects_are_followed(self):
        _, item = self.judge("moved.pem", 0, "ok", "--revocation", "hard")
        self.assertEqual(item["outcome"], "good")
        self.assertEqual(self.web.asked()[:3],
                         ["GET /moved", "GET /moved-again", "GET /middle.crl"])

    def test_nothing_to_ask(self):
        for leaf in ("ldap", "silent-on-it"):
            _, item = self.judge(f"{leaf}.pem", 0, "ok")
            self.assertIsNone(item)
        done = self.explain("--cacert", "root.crt", "--fetch", "silent-on-it.pem")
        self.assertEqual(done.code, 0, done.out)
        self.assertIn("the CRL of CN=middle", done.out)
        done = self.explain("--cacert", "ocsp-good.crt", "--fetch", "ocsp-good.crt")
        self.assertEqual(done.code, 0, done.out)
        self.assertIn("fetched nothing", done.out)

    def test_server(self):
        port = self.servers.bulla("ocsp-revoked")
        done = self.explain(*FETCH, f"127.0.0.1:{port}")
        self.assertEqual(done.code, 6, done.out)
        self.assertIn("fetched the OCSP response of CN=ocsp-revoked from "
                      f"{self.web.url}/ocsp: ", done.out)
        self.assertIn("\ncert_revoked: ", done.out)
        port = self.servers.bulla("ocsp-good")
        done = self.explain(*FETCH, "--revocation", "hard", f"127.0.0.1:{port}")
        self.assertEqual(done.code, 0, done.out)
        port = self.servers.openssl("aia")
        done = self.explain(*FETCH, f"127.0.0.1:{port}")
        self.assertEqual(done.code, 4, done.out)
        self.assertIn("then the chain is good", done.out)
        done = self.explain(*FETCH, f"127.0.0.1:{harness.free_port()}")
        self.assertEqual(done.code, 3, done.out)

    def test_revoked_server_is_shown_no_client_certificate(self):
        """The one handshake that would show it ends before its turn."""
        port = self.servers.openssl("ocsp-revoked", "-cert_chain", "middle.crt", "-verify", "1")
        shown = [self.explain(*options, "--cert", f"{client}.pem", "--key", f"{client}.key",
                              f"127.0.0.1:{port}").code
                 for options, client in ((FETCH, "crl-good"), (ROOT, "ocsp-good"))]
        self.assertEqual(shown, [6, 0])
        server = self.servers.processes[-1]
        server.wait_for("ocsp-good")  # the twin that does not ask
        self.assertNotIn("crl-good", server.text())


if __name__ == "__main__":
    harness.main()
