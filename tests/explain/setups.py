# SPDX-License-Identifier: Apache-2.0
"""All the material of the broken set-ups, made once for a run."""

from pki import CA, CLIENT, DAY, HOUR, LEAF, SERVER, Pki

YEAR = 365 * DAY
AIA = "authorityInfoAccess=caIssuers;URI:http://ca.test/intermediate.der\n"


def make(folder):
    pki = Pki(folder)
    make_good(pki)
    make_path_faults(pki)
    make_leaf_faults(pki)
    make_status(pki)
    make_clients(pki)
    return pki


def make_good(pki):
    pki.issue("root", extensions=CA, start=-YEAR, end=YEAR)
    pki.issue("middle", "root", CA, start=-YEAR / 2, end=YEAR / 2)
    pki.issue("leaf", "middle", SERVER + AIA)
    pki.issue("other-root", extensions=CA)
    pki.issue("plain", "middle")
    pki.issue("hostile", "middle", SERVER +
              "authorityInfoAccess=caIssuers;URI:http://ca.test/x&reboot\n")
    pki.chain("good", "leaf", "middle")
    pki.chain("leaf-alone", "leaf")
    pki.chain("with-root", "leaf", "middle", "root")
    pki.chain("wrong-order", "leaf", "root", "middle")
    pki.chain("leaf-last", "middle", "leaf")
    pki.chain("stray", "leaf", "other-root", "middle")


def make_path_faults(pki):
    pki.issue("expired-middle", "root", CA, start=-YEAR, end=-HOUR, subject="/CN=old middle")
    pki.issue("below-expired", "expired-middle")
    pki.chain("expired-middle", "below-expired", "expired-middle")
    pki.issue("no-ca", "root", LEAF, subject="/CN=no CA")
    pki.issue("below-no-ca", "no-ca")
    pki.chain("no-ca", "below-no-ca", "no-ca")
    pki.issue("no-sign", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n")
    pki.issue("below-no-sign", "no-sign")
    pki.chain("no-sign", "below-no-sign", "no-sign")
    pki.issue("short", "root", CA.replace("CA:TRUE", "CA:TRUE,pathlen:0"))
    pki.issue("too-deep", "short", CA)
    pki.issue("below-too-deep", "too-deep")
    pki.chain("too-deep", "below-too-deep", "too-deep", "short")
    pki.issue("permits", "root", CA + "nameConstraints=critical,permitted;DNS:inside.test\n")
    pki.issue("outside", "permits", LEAF + "extendedKeyUsage=serverAuth\n"
              "subjectAltName=DNS:a.test\n")
    pki.chain("permits", "outside", "permits")
    pki.issue("excludes", "root",
              CA + "nameConstraints=critical,excluded;IP:127.0.0.0/255.0.0.0\n")
    pki.issue("inside", "excludes")
    pki.chain("excludes", "inside", "excludes")
    pki.issue("rolled", "root", CA, subject="/CN=rolled CA")
    pki.issue("rolled-new", "root", CA, subject="/CN=rolled CA")
    pki.issue("below-rolled", "rolled")
    pki.chain("rolled", "below-rolled", "rolled-new")


def make_leaf_faults(pki):
    names = "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:a.test\n"
    pki.issue("self-signed")
    pki.issue("expired", "middle", start=-10 * DAY, end=-3 * DAY)
    pki.issue("ancient", "middle", start="20010101000000Z", end="20020101000000Z")
    pki.issue("future", "middle", start=2 * DAY, end=9 * DAY)
    pki.issue("no-san", "middle", LEAF + "extendedKeyUsage=serverAuth\n", subject="/CN=a.test")
    pki.issue("only-client", "middle", LEAF + "extendedKeyUsage=clientAuth\n"
              "subjectAltName=DNS:a.test\n")
    pki.issue("no-purpose", "middle", LEAF + "subjectAltName=DNS:a.test\n")
    pki.issue("weak-key", "middle", key=("-newkey", "rsa:1024"))
    pki.issue("sha1", "middle", md="sha1")
    pki.issue("unknown-critical", "middle", SERVER + "1.2.3.4=critical,ASN1:NULL\n")
    pki.issue("is-ca", "middle", CA + names)
    pki.issue("no-signature", "middle", "basicConstraints=critical,CA:FALSE\n"
              "keyUsage=critical,keyEncipherment\n" + names)
    pki.issue("two-ids", "middle", LEAF + "extendedKeyUsage=serverAuth,clientAuth\n"
              "subjectAltName=URI:spiffe://td/a,URI:spiffe://td/b\n")
    pki.issue("svid", "middle", LEAF + "extendedKeyUsage=serverAuth,clientAuth\n"
              "subjectAltName=URI:spiffe://td/a\n")
    for name in ("expired", "ancient", "future", "no-san", "only-client", "no-purpose", "weak-key",
                 "sha1", "unknown-critical", "is-ca", "no-signature", "two-ids", "svid", "plain"):
        pki.chain(name, name, "middle")
    der = bytearray(pki.openssl("x509", "-in", "leaf.crt", "-outform", "DER"))
    pki.write("whole.der", bytes(der))
    pki.write("cut.der", bytes(der[:-7]))


def make_status(pki):
    pki.issue("revoked", "middle")
    pki.issue("staple", "middle", SERVER + "tlsfeature=status_request\n")
    pki.chain("revoked", "revoked", "middle")
    pki.chain("staple", "staple", "middle")
    pki.crl("empty-root", "root")
    pki.ocsp("good", "leaf", "middle")
    pki.ocsp("brief", "leaf", "middle", minutes=1)
    pki.ocsp("other", "plain", "middle")
    pki.revoke("revoked", "middle", "keyCompromise")
    pki.ocsp("revoked", "revoked", "middle")
    pki.crl("middle", "middle")
    pki.crl("stale", "middle", start=-9 * DAY, end=-2 * DAY)
    both = pki.read("middle.crl") + pki.read("empty-root.crl")
    pki.write("all.crl", both)
    pki.write("stale-all.crl", pki.read("stale.crl") + pki.read("empty-root.crl"))


def make_clients(pki):
    pki.issue("client-root", extensions=CA)
    pki.issue("client", "client-root", CLIENT)
    pki.issue("stranger", "other-root", CLIENT)
    pki.issue("late-client", "client-root", CLIENT, start=-9 * DAY, end=-2 * DAY)
