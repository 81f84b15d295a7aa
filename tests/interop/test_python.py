# SPDX-License-Identifier: Apache-2.0
"""Python's ssl module (peer.py) as our peer; see matrix.py."""

from matrix import Matrix, main
from scripted import Scripted

NO_STAPLE = "Python's ssl module has no OCSP stapling"
NO_EARLY = "Python's ssl module has no early data"


class Python(Matrix):
    peer = Scripted("python", "python3", "peer.py", {
        ("client", "staple"): NO_STAPLE, ("server", "staple"): NO_STAPLE,
        ("client", "early"): NO_EARLY, ("server", "early"): NO_EARLY,
    }, wrong_ca="unknown_ca")


if __name__ == "__main__":
    main()
