# SPDX-License-Identifier: Apache-2.0
"""NSS's tstclnt and selfserv as our peers; see matrix.py."""

from matrix import Matrix, main
from nss_peer import Nss


class NssTools(Matrix):
    peer = Nss()


if __name__ == "__main__":
    main()
