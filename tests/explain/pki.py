# SPDX-License-Identifier: Apache-2.0
"""Certificates, CRLs and OCSP responses that nobody should issue, made by the openssl program."""

import base64
import hashlib
import os
import subprocess
import time

CONFIG = """
[ca]
default_ca = this
[this]
database = {folder}/{issuer}.index
crlnumber = {folder}/{issuer}.crlnumber
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
default_crl_days = 30
policy = anything
unique_subject = no
[anything]
commonName = optional
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
"""

HOUR = 3600
DAY = 86400
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
SERVER = LEAF + "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:a.test,DNS:b.test,IP:127.0.0.1\n"
CLIENT = LEAF + "extendedKeyUsage=clientAuth\n"
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


class Pki:
    """A folder of NAME.crt and NAME.key."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True)
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def issue(self, name, issuer=None, extensions=SERVER, start=-HOUR, end=DAY, key=EC,
              subject=None, md="sha256"):
        """`issuer` None: self-signed. `start` and `end`: seconds from now, or YYYYMMDDHHMMSSZ."""
        signer = issuer or name
        self._database(signer)
        self.write(f"{name}.ext", extensions)
        self.openssl("req", "-new", *key, "-nodes", "-subj", subject or f"/CN={name}", "-keyout",
                     f"{name}.key", "-out", f"{name}.csr", "-config", f"{signer}.cnf")
        own = ("-selfsign",) if issuer is None else ("-cert", f"{issuer}.crt")
        self.openssl("ca", "-batch", "-notext", "-config", f"{signer}.cnf", *own, "-keyfile",
                     f"{signer}.key", "-in", f"{name}.csr", "-out", f"{name}.crt", "-md", md,
                     "-startdate", moment(start), "-enddate", moment(end), "-extfile",
                     f"{name}.ext")
        return name

    def _database(self, signer):
        if os.path.exists(self.path(f"{signer}.cnf")):
            return
        self.write(f"{signer}.cnf", CONFIG.format(folder=self.folder, issuer=signer))
        self.write(f"{signer}.index", "")
        self.write(f"{signer}.crlnumber", "01\n")

    def chain(self, name, *parts):
        """NAME.pem out of several .crt."""
        return self.write(f"{name}.pem", b"".join(self.read(f"{part}.crt") for part in parts))

    def revoke(self, name, issuer, reason):
        self.openssl("ca", "-config", f"{issuer}.cnf", "-cert", f"{issuer}.crt", "-keyfile",
                     f"{issuer}.key", "-revoke", f"{name}.crt", "-crl_reason", reason)

    def crl(self, name, issuer, start=-HOUR, end=DAY):
        self._database(issuer)
        self.openssl("ca", "-config", f"{issuer}.cnf", "-cert", f"{issuer}.crt", "-keyfile",
                     f"{issuer}.key", "-gencrl", "-out", f"{name}.crl", "-crl_lastupdate",
                     moment(start), "-crl_nextupdate", moment(end))
        return self.path(f"{name}.crl")

    def ocsp(self, name, leaf, issuer, minutes=1440):
        """The response of the issuer itself about `leaf`."""
        self.openssl("ocsp", "-index", f"{issuer}.index", "-CA", f"{issuer}.crt", "-rsigner",
                     f"{issuer}.crt", "-rkey", f"{issuer}.key", "-issuer", f"{issuer}.crt",
                     "-cert", f"{leaf}.crt", "-nmin", str(minutes), "-respout", f"{name}.ocsp",
                     "-noverify", "-no_nonce")
        return self.path(f"{name}.ocsp")

    def pin(self, name):
        """sha256/BASE64 of the public key, which openssl takes out of the certificate."""
        public = self.openssl("x509", "-in", f"{name}.crt", "-noout", "-pubkey")
        self.write("pin.pub", public)
        self.openssl("pkey", "-pubin", "-in", "pin.pub", "-outform", "DER", "-out", "pin.der")
        digest = hashlib.sha256(self.read("pin.der")).digest()
        return "sha256/" + base64.b64encode(digest).decode()


def moment(when):
    if isinstance(when, str):
        return when
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + when))
