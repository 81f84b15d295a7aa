# SPDX-License-Identifier: Apache-2.0
"""The servers of the broken set-ups: each starts on a free port and gives the port."""

import os
import socket
import ssl
import sys
import threading

from harness import BULLA, DEADLINE, Process, find, free_port, wait_for_port

NGINX = """
daemon off;
worker_processes 1;
error_log {folder}/nginx-{port}.log;
pid {folder}/nginx-{port}.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  server {{
    listen 127.0.0.1:{port} {ssl};
    {directives}
    location / {{ return 200 "ok"; }}
  }}
}}
"""


class Recorder:
    """One TLS connection, of which it keeps what the client sent."""

    def __init__(self, chain, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        self.listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)),
                                            server_side=True)
        self.port = self.listener.getsockname()[1]
        self.received = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        peer, _ = self.listener.accept()
        with peer:
            received = b""
            while block := peer.recv(4096):
                received += block
            self.received = received

    def close(self):
        self.listener.close()

    def wait(self):
        self.thread.join(DEADLINE)
        return self.received


class Servers:
    def __init__(self, pki):
        self.pki = pki
        self.processes = []
        self.listeners = []

    def end(self):
        for process in self.processes:
            process.end()
        for listener in self.listeners:
            listener.close()

    def _start(self, *arguments):
        process = Process(*arguments, cwd=self.pki.folder)
        self.processes.append(process)
        return process

    def bulla(self, chain, *arguments):
        server = self._start(BULLA, "serve", "--listen", "127.0.0.1:0", "--cert",
                             self.pki.path(f"{chain}.pem"), "--key",
                             self.pki.path(f"{key_of(chain)}.key"), *arguments)
        return int(server.wait_for(r"^Listening on \S+:(\d+)")[1])

    def openssl(self, leaf, *arguments):
        """`leaf` with the intermediate where arguments name one (-cert_chain)."""
        port = free_port()
        self._start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", "-cert",
                    f"{leaf}.crt", "-key", f"{leaf}.key", *arguments)
        wait_for_port(port)
        return port

    def nginx(self, *directives, ssl="ssl"):
        port = free_port()
        config = self.pki.write(f"nginx-{port}.conf", NGINX.format(
            folder=self.pki.folder, port=port, ssl=ssl, directives="\n    ".join(directives)))
        self._start(find("nginx"), "-e", f"{self.pki.folder}/nginx-{port}.log", "-p",
                    self.pki.folder, "-c", config)
        wait_for_port(port)
        return port

    def python_http(self):
        port = free_port()
        self._start(sys.executable, "-B", "-m", "http.server", "--bind", "127.0.0.1", str(port))
        wait_for_port(port)
        return port

    def greeter(self, greeting):
        """Says `greeting` to whoever comes, and then nothing."""
        return self._listen(lambda peer: (peer.sendall(greeting), peer.recv(4096)))

    def recorder(self, chain):
        recorder = Recorder(self.pki.path(f"{chain}.pem"),
                            self.pki.path(f"{key_of(chain)}.key"))
        self.listeners.append(recorder)
        return recorder

    def silent(self):
        return self._listen(lambda peer: drain(peer))

    def closer(self):
        return self._listen(lambda peer: peer.recv(4096))

    def postgresql(self, answer):
        """As PostgreSQL before 17: what is no start-up packet is hung up on."""
        def serve(peer):
            packet = peer.recv(4096)
            if packet == bytes([0, 0, 0, 8, 4, 210, 22, 47]):
                peer.sendall(answer)
                peer.recv(4096)
        return self._listen(serve)

    def _listen(self, serve):
        listener = socket.create_server(("127.0.0.1", 0))
        self.listeners.append(listener)
        threading.Thread(target=accept_all, args=(listener, serve), daemon=True).start()
        return listener.getsockname()[1]


def key_of(chain):
    return {"good": "leaf", "with-root": "leaf", "wrong-order": "leaf", "stray": "leaf",
            "leaf-alone": "leaf"}.get(chain, chain)


def accept_all(listener, serve):
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve_one, args=(peer, serve), daemon=True).start()


def serve_one(peer, serve):
    with peer:
        try:
            serve(peer)
        except OSError:
            pass


def drain(peer):
    while peer.recv(4096):
        pass


def available(program):
    return find(program) is not None or os.path.exists(f"/usr/sbin/{program}")
