# SPDX-License-Identifier: Apache-2.0
"""The certificates that all cells share: made once by openssl, beside OCSP responses for them."""

import os
import ssl

from harness import OpensslCa, run

NAME = "server.bulla.test"  # with a dot: Java sends no SNI without


class Pki:
    """The files by their names: .server[0] is a chain, .server[1] its key."""

    def __init__(self, folder):
        ours, other = (os.path.join(folder, name) for name in ("ours", "other"))
        for path in (ours, other):
            os.makedirs(path)
        self.folder = ours
        self.authority, self.stranger = OpensslCa(ours), OpensslCa(other, "another CA")
        self.ca, self.other_ca = self.authority.root, self.stranger.root
        self.both_ca = os.path.join(folder, "both.crt")
        with open(self.both_ca, "wb") as file:
            file.write(bytes.fromhex(file_hex(self.ca) + file_hex(self.other_ca)))
        san = f"DNS:{NAME}"
        self.server = self.authority.issue("server", san=san, usage="serverAuth")
        self.client = self.authority.issue("client", san="DNS:client.bulla.test",
                                           usage="clientAuth")
        # NSS takes no RSA server without keyEncipherment.
        self.server_rsa = self.authority.issue("server-rsa", san=san, usage="serverAuth",
                                               key=("rsa:2048",),
                                               key_usage="digitalSignature,keyEncipherment")
        self.client_rsa = self.authority.issue("client-rsa", san="DNS:client.bulla.test",
                                               usage="clientAuth", key=("rsa:2048",))
        self.other_client = self.stranger.issue("stranger", san="DNS:client.bulla.test",
                                                usage="clientAuth")
        self.revoked = self.authority.issue("revoked", san=san, usage="serverAuth")
        self.authority._openssl("ca", "-batch", "-config", "openssl.cnf", "-cert", "ca.crt",
                                "-keyfile", "ca.key", "-revoke", "revoked.crt")
        self.staple = self._staple("server")
        self.revoked_staple = self._staple("revoked")

    def _staple(self, name):
        openssl = self.authority._openssl
        openssl("ocsp", "-issuer", "ca.crt", "-cert", f"{name}.crt", "-no_nonce", "-reqout",
                f"{name}.request")
        openssl("ocsp", "-index", "index.txt", "-CA", "ca.crt", "-rsigner", "ca.crt", "-rkey",
                "ca.key", "-reqin", f"{name}.request", "-respout", f"{name}.staple", "-ndays", "7")
        return os.path.join(self.folder, f"{name}.staple")

    def pkcs12(self, pair, name, out):
        done = run("openssl", "pkcs12", "-export", "-in", pair[0], "-inkey", pair[1], "-name",
                   name, "-passout", "pass:", "-out", out)
        if done.code != 0:
            raise AssertionError(done.err)
        return out


def der_hex(path):
    """The first certificate of a PEM file, as the reports show it."""
    with open(path) as file:
        text = file.read()
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return ssl.PEM_cert_to_DER_cert(text[text.index(begin):text.index(end) + len(end)]).hex()


def file_hex(path):
    with open(path, "rb") as file:
        return file.read().hex()
