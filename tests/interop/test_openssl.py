# SPDX-License-Identifier: Apache-2.0
"""The system's openssl as our peer; see matrix.py."""

from matrix import Matrix, main
from openssl_peer import Openssl


class OpensslOfTheSystem(Matrix):
    peer = Openssl()


if __name__ == "__main__":
    main()
