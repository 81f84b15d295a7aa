#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The simulation's own promises: the same seeds give the same words, in however many jobs; each
planted mistake is noticed, and the command in the line that says so shows it again, alone."""

import os
import re
import subprocess
import sys
import unittest

SIMULATE = os.environ["BULLA_SIMULATE"]
# What is said of each planted mistake.
PLANTS = {
    "secret": "two secrets",
    "name": "two names",
    "info": "two suites",
    "plaintext": "data that was not sent so",
    "alert": "a failure without its alert",
    "cause": "a cause outside the enumeration",
    "ended": "a peer was accepted whose certificate is not valid now",
    "stranger": "a peer was accepted that is not to be",
    "identity": "resumed with another identity",
    "age": "resumed after its end",
    "reuse": "(a ticket was offered|a stored session was taken) twice",
    "twice": "early data was taken twice by one register",
    "lost-early": "refused early data does not come back whole",
    "forgetful": "nothing changed, and it was not resumed",
}


def simulate(*arguments):
    return subprocess.run([SIMULATE, *map(str, arguments)], capture_output=True, text=True)


class Simulation(unittest.TestCase):
    def test_same_seed_same_words(self):
        alone = simulate("--connections", 600, "--seed", 70)
        again = simulate("--connections", 600, "--seed", 70)
        shared = simulate("--connections", 600, "--seed", 70, "--jobs", 3)
        other = simulate("--connections", 600, "--seed", 71)
        self.assertEqual(alone.returncode, 0, alone.stdout)
        self.assertEqual(alone.stdout, again.stdout)
        self.assertEqual(alone.stdout, shared.stdout)
        self.assertNotEqual(alone.stdout, other.stdout)

    def test_each_planted_mistake_is_noticed(self):
        for plant, says in PLANTS.items():
            with self.subTest(plant=plant):
                # The rarest of them, "twice", shows itself four times there.
                result = simulate("--connections", 4000, "--seed", 700, "--plant", plant)
                self.assertEqual(result.returncode, 1)
                found = re.search(rf"^seed (\d+), connection (\d+): {says} .*$", result.stdout,
                                  flags=re.M)
                self.assertIsNotNone(found, result.stdout)
                command = found[0].split("./dev simulate ")[1].split()
                again = simulate(*command)
                self.assertEqual(again.returncode, 1)
                self.assertIn(found[0], again.stdout)

    def test_what_cannot_be_asked(self):
        for arguments in (["--seed"], ["--seed", "x"], ["--jobs", "0"], ["--plant", "oak"], ["x"],
                          ["--jobs", "1025"], ["--connections", "-1"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(simulate(*arguments).returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
