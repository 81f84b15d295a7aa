# SPDX-License-Identifier: Apache-2.0
"""Java's JSSE (Peer.java) as our peer; see matrix.py."""

from matrix import Matrix, main
from java_peer import Java


class JavaSecureSockets(Matrix):
    peer = Java()


if __name__ == "__main__":
    main()
