# SPDX-License-Identifier: Apache-2.0
"""`bulla up`: what it makes, keeps, mends and refuses."""

import os
import pathlib
import re
import signal
import socket
import stat

from harness import BULLA, Case, find, main, needs, run

FILES = ["ca.crt", "ca.key", "client.crt", "client.key", "intermediate.crt", "intermediate.key",
         "server.crt", "server.key"]


def content(folder):
    return {file.name: file.read_bytes() for file in pathlib.Path(folder).iterdir()}


class Up(Case):
    def test_makes_the_files_with_their_modes(self):
        folder = self.certificates()
        self.assertEqual(sorted(os.listdir(folder)), FILES)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        for name in FILES:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            self.assertEqual(mode, 0o600 if name.endswith(".key") else 0o644, name)

    def test_chains_stand_leaf_first(self):
        folder = self.certificates()
        for name in ("server.crt", "client.crt"):
            self.assertEqual(content(folder)[name].count(b"BEGIN CERTIFICATE"), 2)
            self.assertTrue(content(folder)[name].endswith(content(folder)["intermediate.crt"]))

    @needs("openssl")
    def test_openssl_accepts_the_chains(self):
        folder = self.certificates()
        for name, purpose in (("server.crt", "sslserver"), ("client.crt", "sslclient")):
            done = run("openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile",
                       "ca.crt", "-untrusted", "intermediate.crt", name, cwd=folder)
            self.assertEqual(done.code, 0, done.err)

    def test_second_start_reuses_the_files(self):
        before = content(self.certificates())
        server = self.up()
        self.assertIn("Using a private CA", server.text())
        self.assertEqual(content(self.path("ca")), before)

    def test_lost_and_mismatched_pairs_are_mended(self):
        folder = self.certificates()
        before = content(folder)
        os.remove(os.path.join(folder, "server.key"))
        os.replace(os.path.join(folder, "client.key"), os.path.join(folder, "server.key"))
        after = content(self.certificates())
        self.assertEqual(sorted(after), FILES)
        self.assertEqual(after["ca.crt"], before["ca.crt"])
        self.assertEqual(after["intermediate.crt"], before["intermediate.crt"])
        self.assertNotEqual(after["server.crt"], before["server.crt"])
        self.assertNotEqual(after["client.crt"], before["client.crt"])

    def test_the_root_key_may_be_kept_elsewhere(self):
        folder = self.certificates()
        os.remove(os.path.join(folder, "ca.key"))
        os.remove(os.path.join(folder, "client.crt"))
        self.certificates()
        os.remove(os.path.join(folder, "intermediate.key"))
        done = run(BULLA, "up", "--dir", folder, "--port", "0")
        self.assertEqual(done.code, 2)
        self.assertEqual(done.err.count("\n"), 1)
        self.assertIn("ca.key is missing", done.err)

    def test_broken_pem_is_one_line_with_the_fix(self):
        folder = self.certificates()
        for name in FILES:
            file = pathlib.Path(folder, name)
            whole = file.read_bytes()
            file.write_bytes(whole[: len(whole) // 2])
            done = run(BULLA, "up", "--dir", folder, "--port", "0")
            self.assertEqual(done.code, 2, name)
            self.assertEqual(done.err.count("\n"), 1, done.err)
            self.assertRegex(done.err, rf"/{name}: \w+: .*; .*rm \S+/{name}")
            file.write_bytes(whole)

    def test_port_in_use_is_one_line_and_nothing_is_made(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = run(BULLA, "up", "--dir", self.path("ca"), "--port", port)
        self.assertEqual(done.code, 2)
        self.assertEqual(done.err.count("\n"), 1)
        self.assertRegex(done.err, rf"localhost:{port}: .*in use; .*--port 0")
        self.assertFalse(os.path.exists(self.path("ca")))

    def test_folder_that_cannot_be_made(self):
        done = run(BULLA, "up", "--dir", self.path("no", "such"), "--port", "0")
        self.assertEqual(done.code, 2)
        self.assertEqual(done.err.count("\n"), 1)

    def test_ctrl_c_and_sigterm_end_with_0(self):
        self.assertEqual(self.up().end(signal.SIGINT), 0)
        self.assertEqual(self.up().end(signal.SIGTERM), 0)

    def test_printed_commands_work_as_they_stand(self):
        server = self.up(folder="it's a folder")
        commands = re.findall(r"^  (\S.*https://localhost:.*)$", server.text(), re.MULTILINE)
        self.assertEqual(len(commands), 3)
        for command in commands:
            if command.startswith("curl") and not find("curl"):
                continue
            done = run("sh", "-c", command)
            self.assertEqual(done.code, 0, command + done.err)
            self.assertIn("TLSv1.3" if command.endswith("/") else '"cn": "client"', done.out)


if __name__ == "__main__":
    main()
