# SPDX-License-Identifier: Apache-2.0
"""Python's ssl module as a peer: takes a part of bulla-peer's options, and reports as it does.

    python3 peer.py client|server --connect|--listen HOST:PORT OPTIONS
"""

import argparse
import json
import re
import socket
import ssl
import sys

VERSIONS = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["client", "server"])
    for name in ("connect", "listen", "name", "ca", "cert", "key", "min", "max", "groups", "alpn",
                 "say", "until", "client-auth"):
        parser.add_argument("--" + name)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def context_of(args):
    is_server = args.role == "server"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    # Some builds of Python ask OpenSSL to take a missing close_notify for a good end.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    if args.max == "1.1":
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if args.min:
        context.minimum_version = VERSIONS[args.min]
    if args.max:
        context.maximum_version = VERSIONS[args.max]
    if args.groups:  # one alone can be named
        context.set_ecdh_curve({"secp256r1": "prime256v1"}.get(args.groups, args.groups))
    if args.alpn:
        context.set_alpn_protocols(args.alpn.split(","))
    if args.cert:
        context.load_cert_chain(args.cert, args.key)
    if args.ca:
        context.load_verify_locations(args.ca)
    if args.client_auth:
        context.verify_mode = (ssl.CERT_REQUIRED if args.client_auth == "require"
                               else ssl.CERT_OPTIONAL)
    return context


def talk(args, peer):
    """A server answers the first line with itself; a client says its line and reads the answer."""
    received = b""
    if args.role == "client":
        peer.sendall(args.say.encode())
    until = b"\n" if args.role == "server" else args.until.encode()
    while until not in received:
        data = peer.recv(4096)
        if not data:
            break
        received += data
    if args.role == "server":
        peer.sendall(received)
    return received


def report(args, context, raw, session):
    """Talks over a connected socket; prints the report, returns the session."""
    result = {"cause": "ok", "alert_received": ""}
    is_server = args.role == "server"
    try:
        peer = context.wrap_socket(raw, server_side=is_server, session=session,
                                   server_hostname=None if is_server else args.name)
        result["received"] = talk(args, peer).decode("latin-1")
        result["version"] = peer.version().replace("TLSv", "")
        result["suite"] = peer.cipher()[0]
        result["resumed"] = bool(peer.session_reused)
        result["alpn"] = peer.selected_alpn_protocol() or ""
        result["peer_certificate"] = (peer.getpeercert(True) or b"").hex()
        session = peer.session
        peer.unwrap()
    except (ssl.SSLError, OSError) as error:
        alert = re.search(r"ALERT_(\w+)", getattr(error, "reason", None) or "")
        result["cause"] = str(error)
        result["alert_received"] = alert[1].lower() if alert else ""
    raw.close()
    print(json.dumps(result), flush=True)
    return session


def main():
    args = arguments()
    context = context_of(args)
    host, _, port = (args.connect or args.listen).rpartition(":")
    listening = None
    if args.role == "server":
        listening = socket.create_server((host, int(port)))
        print(f"Listening on {host}:{listening.getsockname()[1]}", flush=True)
    session = None
    for _ in range(args.times):
        raw = listening.accept()[0] if listening else socket.create_connection((host, int(port)))
        raw.settimeout(20)
        kept = report(args, context, raw, session)
        session = kept if args.resume and args.role == "client" else None


if __name__ == "__main__":
    sys.exit(main())
