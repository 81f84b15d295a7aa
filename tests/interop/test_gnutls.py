# SPDX-License-Identifier: Apache-2.0
"""gnutls-cli and gnutls-serv as our peers; see matrix.py."""

from matrix import Matrix, main
from gnutls_peer import Gnutls


class GnutlsTools(Matrix):
    peer = Gnutls()


if __name__ == "__main__":
    main()
