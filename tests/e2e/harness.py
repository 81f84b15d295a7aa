# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: starting programs, waiting for what they say, certificates.

Nothing here sleeps for a fixed time: whoever waits, waits for a line of output or for a port, with
a deadline that only a failure reaches. Every program that is started is ended with its test.
"""

import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BULLA = os.environ.get("BULLA", "build/bulla")
DEADLINE = 30  # seconds; generous, as machines are shared
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def needs(program):
    """Skips a test or a class where `program` is not installed."""
    return unittest.skipUnless(find(program), f"{program} is not installed")


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    """Below the ports that the system gives to outgoing connections, which come and go."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def run(*arguments, stdin=b"", env=None, cwd=None, timeout=DEADLINE):
    """Runs a program to its end; the result has .code, .out and .err (text)."""
    done = subprocess.run([str(a) for a in arguments], input=stdin, capture_output=True,
                          timeout=timeout, env=env, cwd=cwd)
    done.code = done.returncode
    done.out = done.stdout.decode("utf-8", "replace")
    done.err = done.stderr.decode("utf-8", "replace")
    return done


class Process:
    """A program in the background, whose output is collected line by line."""

    def __init__(self, *arguments, env=None, cwd=None, stdin=None):
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen([str(a) for a in arguments], env=env, cwd=cwd,
                                        stdin=stdin or subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def text(self):
        with self.changed:
            return "\n".join(line for line in self.lines if line is not None)

    def wait_for(self, pattern, times=1):
        """The `times`th match; an error with all output where the program ends first."""
        limit = time.monotonic() + DEADLINE
        with self.changed:
            while True:
                found = [m for m in (re.search(pattern, line) for line in self.lines if line) if m]
                if len(found) >= times:
                    return found[times - 1]
                over = self.lines and self.lines[-1] is None
                if over or not self.changed.wait(max(0.0, limit - time.monotonic())):
                    shown = "\n".join(str(line) for line in self.lines)
                    raise AssertionError(f"no line matches {pattern!r} in:\n{shown}")

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end(self, number=signal.SIGTERM):
        """Signals the program and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self):
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the program did not end:\n{self.text()}")
        self.reader.join(DEADLINE)
        return code


class Case(unittest.TestCase):
    """A test with a folder of its own, which ends what it started."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="bulla-e2e-")
        self.processes = []
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.addCleanup(self._end_all)

    def _end_all(self):
        for process in self.processes:
            if process.process.poll() is None:
                process.process.kill()
            process.process.wait()
            process.reader.join(DEADLINE)
            for stream in (process.process.stdin, process.process.stdout):
                if stream is not None:
                    stream.close()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def start(self, *arguments, **keywords):
        process = Process(*arguments, **keywords)
        self.processes.append(process)
        return process

    # The program itself.

    def up(self, *arguments, folder="ca", **keywords):
        """`bulla up` on a free port; .port and the files below self.path(folder)."""
        server = self.start(BULLA, "up", "--dir", self.path(folder), "--port", "0", *arguments,
                            **keywords)
        server.port = int(server.wait_for(r"^Listening on \S+:(\d+)")[1])
        server.wait_for(r"^Ctrl-C")
        return server

    def serve(self, *arguments, **keywords):
        """`bulla serve` on a free port of 127.0.0.1."""
        server = self.start(BULLA, "serve", "--listen", "127.0.0.1:0", *arguments, **keywords)
        server.port = int(server.wait_for(r"^Listening on \S+:(\d+)")[1])
        return server

    def get(self, *arguments, **keywords):
        return run(BULLA, "get", *arguments, **keywords)

    def certificates(self, folder="ca"):
        """Makes the files of `bulla up` without a server running afterwards."""
        self.assertEqual(self.up(folder=folder).end(signal.SIGINT), 0)
        return self.path(folder)

    # Other peers.

    def openssl_ca(self, folder="openssl"):
        """A CA made by openssl, for certificates that bulla would not issue."""
        os.makedirs(self.path(folder), exist_ok=True)
        return OpensslCa(self.path(folder))

    def connect(self, port):
        """A bare TCP connection."""
        peer = socket.create_connection(("127.0.0.1", port), DEADLINE)
        peer.settimeout(DEADLINE)
        self.addCleanup(peer.close)
        return peer

    def tls(self, port, folder="ca", client=False, **keywords):
        """A TLS 1.3 connection by Python's ssl module, as a peer that can be told anything."""
        context = ssl.create_default_context(cafile=self.path(folder, "ca.crt"))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # Some builds of Python ask OpenSSL to take a missing close_notify for a good end.
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
        if client:
            context.load_cert_chain(self.path(folder, "client.crt"),
                                    self.path(folder, "client.key"))
        peer = context.wrap_socket(self.connect(port), server_hostname="localhost", **keywords)
        self.addCleanup(peer.close)
        return peer


class OpensslCa:
    """Issues certificates with `openssl ca`, which can backdate them."""

    CONFIG = """
[ca]
default_ca = this
[this]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = copy
[anything]
commonName = optional
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
"""

    def __init__(self, folder, name="a test CA"):
        self.folder = folder
        with open(os.path.join(folder, "openssl.cnf"), "w") as file:
            file.write(self.CONFIG.format(folder=folder))
        open(os.path.join(folder, "index.txt"), "w").close()
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", "ca.key",
                      "-out", "ca.crt", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                      "keyUsage=critical,keyCertSign,cRLSign", "-config", "openssl.cnf")

    def _openssl(self, *arguments):
        done = run("openssl", *arguments, cwd=self.folder)
        if done.code != 0:
            raise AssertionError(f"openssl {arguments}: {done.err}")

    def issue(self, name, san="DNS:localhost,IP:127.0.0.1", start=-3600, end=86400,
              usage="serverAuth,clientAuth", key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
              key_usage="digitalSignature"):
        """Writes NAME.crt and NAME.key; `start` and `end` are seconds from now."""
        extensions = os.path.join(self.folder, f"{name}.ext")
        with open(extensions, "w") as file:
            file.write(f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,{key_usage}\n"
                       f"extendedKeyUsage={usage}\n" + (f"subjectAltName={san}\n" if san else ""))
        self._openssl("req", "-new", "-newkey", *key, "-nodes", "-subj", f"/CN={name}", "-keyout",
                      f"{name}.key", "-out", f"{name}.csr", "-config", "openssl.cnf")
        now = time.time()
        moments = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(now + s)) for s in (start, end)]
        self._openssl("ca", "-batch", "-notext", "-config", "openssl.cnf", "-cert", "ca.crt",
                      "-keyfile", "ca.key", "-in", f"{name}.csr", "-out", f"{name}.crt",
                      "-startdate", moments[0], "-enddate", moments[1], "-extfile", extensions)
        return os.path.join(self.folder, f"{name}.crt"), os.path.join(self.folder, f"{name}.key")

    @property
    def root(self):
        return os.path.join(self.folder, "ca.crt")


def wait_for_port(port):
    """Waits until something listens there, by trying."""
    limit = time.monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), DEADLINE).close()
            return
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.02)


def main():
    """unittest.main(), but with ctest's code for a file whose tests were all skipped."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.testsRun == len(result.skipped) else 0)
