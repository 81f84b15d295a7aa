# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium reads `/` of `bulla up`, with the CA in a trust store of its own.

Needs chromium and, to import the CA, certutil (Debian: libnss3-tools). Skipped without them. To run
it by hand: BULLA=build/bulla python3 tests/e2e/test_chromium.py
"""

import os
import unittest

from harness import Case, find, main, needs, run

CHROMIUM = next((name for name in ("chromium", "chromium-browser", "google-chrome") if find(name)),
                None)


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
@needs("certutil")
class Chromium(Case):
    def dump(self, url, trust):
        """The page's text, as a browser with a fresh home sees it."""
        home = self.path("home-trusting" if trust else "home")
        store = os.path.join(home, ".pki", "nssdb")
        os.makedirs(store)
        done = run("certutil", "-N", "--empty-password", "-d", f"sql:{store}")
        self.assertEqual(done.code, 0, done.err)
        if trust:
            done = run("certutil", "-A", "-d", f"sql:{store}", "-n", "bulla", "-t", "C,,", "-i",
                       self.path("ca", "ca.crt"))
            self.assertEqual(done.code, 0, done.err)
        return run(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                   "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                   f"--user-data-dir={home}/profile", "--dump-dom", url,
                   env={**os.environ, "HOME": home}, timeout=120)

    def test_reads_the_page(self):
        server = self.up()
        done = self.dump(f"https://localhost:{server.port}/", trust=True)
        self.assertIn("TLSv1.3", done.out, done.err)
        self.assertIn("server_name", done.out)

    def test_does_not_read_it_without_the_ca(self):
        server = self.up()
        done = self.dump(f"https://localhost:{server.port}/", trust=False)
        self.assertNotIn("TLSv1.3", done.out)
        server.wait_for("alert_received=(unknown_ca|certificate_unknown|bad_certificate)")


if __name__ == "__main__":
    main()
