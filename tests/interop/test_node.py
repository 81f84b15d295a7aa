# SPDX-License-Identifier: Apache-2.0
"""Node's tls module (peer.js) as our peer; see matrix.py."""

from matrix import Matrix, main
from scripted import Scripted

NO_EARLY = "Node's tls module has no early data"


class Node(Matrix):
    peer = Scripted("node", "node", "peer.js", {
        ("client", "early"): NO_EARLY, ("server", "early"): NO_EARLY,
    }, wrong_ca="")  # Node judges the chain after the handshake


if __name__ == "__main__":
    main()
