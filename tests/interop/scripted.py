# SPDX-License-Identifier: Apache-2.0
"""Peers that are scripts of ours beside this file, with options and reports like bulla-peer's."""

import os

from harness import find, run
from matrix import HERE, reports_of, shared_arguments


class Serving:
    until = "\n"

    def __init__(self, case, process):
        self.case, self.process = case, process
        self.port = int(process.wait_for(r"^Listening on \S+:(\d+)")[1])

    def reports(self, ours):
        self.process.wait()
        return reports_of(self.process.text())


class Scripted:
    """`command` SCRIPT client|server OPTIONS"""

    say, answers = "hello\n", "hello"

    def __init__(self, name, command, script, cannot, wrong_ca):
        self.name, self.cannot, self.wrong_ca = name, cannot, wrong_ca
        self.missing = None if find(command) else f"{name}: {command} is not installed"
        self.arguments = [command, os.path.join(HERE, script)]

    def serve(self, case, options):
        return Serving(case, case.start(*self.arguments, "server", "--listen", "127.0.0.1:0",
                                        *shared_arguments("server", options)))

    def connect(self, case, port, options):
        done = run(*self.arguments, "client", "--connect", f"127.0.0.1:{port}",
                   *shared_arguments("client", options))
        reports = reports_of(done.out)
        case.assertEqual(len(reports), options.times, done.out + done.err)
        return reports
