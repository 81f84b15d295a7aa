# SPDX-License-Identifier: Apache-2.0
"""Java (Peer.java) as a peer: one machine for many conversations, a second one for other groups,
and a responder that Java's server gets its OCSP responses from.
"""

import http.server
import os
import threading

from harness import Process, find
from matrix import HERE, file_hex, reports_of, shared_arguments

# Java refuses TLS 1.1 by itself, which is not what these tests ask.
SECURITY = "jdk.tls.disabledAlgorithms=\n"


class Java:
    name = "java"
    say, answers = "hello\n", "hello"
    wrong_ca = "certificate_unknown"
    cannot = {("client", "early"): "JSSE has no early data",
              ("server", "early"): "JSSE has no early data"}

    def __init__(self):
        here = find("java") and find("javac")
        self.missing = None if here else "java (a JDK) is not installed"
        self.machines = {}

    def begin(self, case):
        self.folder = case.folder
        with open(os.path.join(self.folder, "java.security"), "w") as file:
            file.write(SECURITY)
        self.responder = Responder()
        self.machines = {}
        case.addClassCleanup(self.end)
        self.machine("")

    def end(self):
        self.responder.shutdown()
        self.responder.server_close()
        for machine in self.machines.values():
            machine.close()

    def machine(self, groups):
        if groups not in self.machines:
            properties = [f"-Djava.security.properties={self.folder}/java.security",
                          "-Djdk.tls.server.enableStatusRequestExtension=true",
                          f"-Djdk.tls.stapling.responderURI=http://127.0.0.1:{self.responder.port}",
                          "-Djdk.tls.stapling.responderOverride=true",
                          "-Djdk.tls.stapling.cacheSize=1",
                          "-Djdk.tls.stapling.cacheLifetime=0"]
            properties += [f"-Djdk.tls.namedGroups={groups}"] if groups else []
            self.machines[groups] = Machine(properties)
        return self.machines[groups]

    def serve(self, case, options):
        self.responder.response = b""
        if options.staple:
            self.responder.response = bytes.fromhex(file_hex(options.staple))
            # It asks only where its chain holds the issuer too.
            chain = bytes.fromhex(file_hex(options.pair[0]) + file_hex(case.pki.ca))
            options.pair = (case.write("chain.crt", chain), options.pair[1])
        return Serving(self.machine(options.groups), options)

    def connect(self, case, port, options):
        machine = self.machine(options.groups)
        machine.command("client", "--connect", f"127.0.0.1:{port}",
                        *shared_arguments("client", options))
        return machine.reports()


class Machine:
    def __init__(self, properties):
        reading, self.writing = os.pipe()
        self.process = Process("java", "-XX:TieredStopAtLevel=1", *properties,
                               os.path.join(HERE, "Peer.java"), stdin=reading)
        os.close(reading)
        self.num_commands, self.num_served, self.num_lines = 0, 0, 0

    def command(self, *words):
        with self.process.changed:
            self.num_lines = len(self.process.lines)
        self.num_commands += 1
        line = "\t".join(words).replace("\n", "\\n") + "\n"
        os.write(self.writing, line.encode())

    def reports(self):
        self.process.wait_for("^Done$", times=self.num_commands)
        with self.process.changed:
            return reports_of("\n".join(self.process.lines[self.num_lines:]))

    def close(self):
        os.close(self.writing)
        self.process.wait()
        self.process.process.stdout.close()


class Serving:
    until = "\n"

    def __init__(self, machine, options):
        self.machine = machine
        machine.command("server", "--listen", "127.0.0.1:0",
                        *shared_arguments("server", options))
        machine.num_served += 1
        found = machine.process.wait_for(r"^Listening on \S+:(\d+)", times=machine.num_served)
        self.port = int(found[1])

    def reports(self, ours):
        return self.machine.reports()


class Responder(http.server.ThreadingHTTPServer):
    """Answers every question with the one response that the cell gave it, or with an error."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.port = self.server_address[1]
        self.response = b""
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def do_GET(self):
        response = self.server.response
        self.send_response(200 if response else 404)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, *_):
        pass
