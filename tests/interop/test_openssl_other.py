# SPDX-License-Identifier: Apache-2.0
"""Another openssl as our peer, such as a newer one: BULLA_OPENSSL is the command that runs it."""

import os
import shlex

from matrix import Matrix, cell, main
from openssl_peer import Openssl

HYBRID = "X25519MLKEM768"


def other():
    command = shlex.split(os.environ.get("BULLA_OPENSSL", ""))
    return Openssl(command) if command else Openssl(
        missing="no other openssl: BULLA_OPENSSL does not name one")


class OpensslOther(Matrix):
    peer = other()

    @cell("groups", versions=("1.3",))
    def post_quantum(self):
        """OpenSSL has ML-KEM from 3.5 on."""
        if HYBRID not in self.peer.groups():
            self.skipTest(f"this openssl has no {HYBRID}")
        ours, theirs = self.meet(self.client(), self.server())
        self.agreed(ours[0], theirs[0], group=HYBRID)


if __name__ == "__main__":
    main()
