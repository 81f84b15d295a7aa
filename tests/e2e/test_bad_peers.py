# SPDX-License-Identifier: Apache-2.0
"""Peers that do what they should not: each is one line in the log, and the server goes on."""

import resource
import socket
import ssl
import struct

from harness import Case, main

UNEXPECTED_MESSAGE = b"\x15\x03\x03\x00\x02\x02\x0a"


def reset(peer):
    """Closes with a reset, as a crashed machine does."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def read_all(peer):
    parts = []
    while True:
        part = peer.recv(65536)
        if not part:
            return b"".join(parts)
        parts.append(part)


class BadPeers(Case):
    def setUp(self):
        super().setUp()
        self.certificates()
        self.server = self.serve("--cert", self.path("ca", "server.crt"), "--key",
                                 self.path("ca", "server.key"), "--handshake-timeout", "1s",
                                 "--idle-timeout", "2s")

    def still_serves(self):
        done = self.get("--cacert", self.path("ca", "ca.crt"),
                        f"https://localhost:{self.server.port}/")
        self.assertEqual(done.code, 0, done.err)

    def answer_to(self, data):
        """What the server says to `data` before it closes."""
        peer = self.connect(self.server.port)
        peer.sendall(data)
        return read_all(peer)

    def test_plain_http(self):
        answer = self.answer_to(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer)
        self.assertIn(b"https", answer.lower())
        self.server.wait_for("cause=peer_speaks_http .*says=.*HTTP")
        self.still_serves()

    def test_ssh(self):
        self.assertEqual(self.answer_to(b"SSH-2.0-OpenSSH_9.2\r\n"), UNEXPECTED_MESSAGE)
        self.server.wait_for("cause=peer_speaks_ssh")
        self.still_serves()

    def test_garbage(self):
        self.assertEqual(self.answer_to(b"\xde\xad\xbe\xef" * 5000), UNEXPECTED_MESSAGE)
        self.server.wait_for("cause=peer_not_tls")
        self.still_serves()

    def test_broken_client_hello(self):
        answer = self.answer_to(b"\x16\x03\x01\x00\x08\x01\x00\x00\x04\x03\x03\x00\x00")
        self.assertEqual(answer[:5], b"\x15\x03\x03\x00\x02")
        self.server.wait_for("alert_sent=decode_error")
        self.still_serves()

    def test_silence(self):
        self.assertEqual(self.answer_to(b""), b"")
        self.server.wait_for("event=handshake_timeout .*said nothing")
        self.still_serves()

    def test_stall_in_the_middle(self):
        self.assertEqual(self.answer_to(b"\x16\x03\x01\x02\x00\x01\x00"), b"")
        self.server.wait_for("event=handshake_timeout .*stalled")
        self.still_serves()

    def test_one_byte_at_a_time_wins_no_time(self):
        peer = self.connect(self.server.port)
        peer.settimeout(0.05)
        peer.sendall(b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc")
        open_still = True
        for _ in range(600):
            try:
                peer.sendall(b"\x00")
                open_still = peer.recv(100) != b""
            except TimeoutError:
                continue
            except OSError:
                open_still = False
            if not open_still:
                break
        self.assertFalse(open_still)
        self.server.wait_for("event=handshake_timeout .*stalled")
        self.still_serves()

    def test_disconnect_without_a_word(self):
        self.connect(self.server.port).close()
        self.server.wait_for("cause=closed_before_handshake .*left without a word")
        self.still_serves()

    def test_disconnect_in_the_middle(self):
        peer = self.connect(self.server.port)
        peer.sendall(b"\x16\x03\x01\x02\x00\x01")
        peer.close()
        self.server.wait_for("cause=closed_before_handshake")
        self.still_serves()

    def test_reset(self):
        peer = self.connect(self.server.port)
        peer.sendall(b"\x16\x03\x01\x02\x00\x01")
        reset(peer)
        self.server.wait_for("event=(disconnected|connection_failed)")
        self.still_serves()

    def test_closed_without_close_notify(self):
        peer = self.tls(self.server.port)
        peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b"200 OK", peer.recv(65536))
        socket.socket.shutdown(peer, socket.SHUT_WR)
        self.server.wait_for("cause=truncated")
        self.still_serves()

    def test_idle_connection_is_closed(self):
        peer = self.tls(self.server.port, suppress_ragged_eofs=False)
        self.assertEqual(peer.recv(10), b"")  # by close_notify, or this would raise
        self.server.wait_for("event=idle_timeout")

    def test_client_that_refuses_our_certificate(self):
        context = ssl.create_default_context()
        with self.assertRaises(ssl.SSLError):
            context.wrap_socket(self.connect(self.server.port), server_hostname="localhost")
        self.server.wait_for("cause=alert_received alert_received=unknown_ca")

    def test_more_connections_than_allowed_wait_their_turn(self):
        server = self.serve("--cert", self.path("ca", "server.crt"), "--key",
                            self.path("ca", "server.key"), "--connections", "2")
        first = [self.tls(server.port) for _ in range(2)]
        waiting = self.connect(server.port)
        waiting.settimeout(0.2)
        context = ssl.create_default_context(cafile=self.path("ca", "ca.crt"))
        with self.assertRaises(TimeoutError):
            context.wrap_socket(waiting, server_hostname="localhost", do_handshake_on_connect=True)
        for peer in first:
            peer.unwrap().close()
        self.assertEqual(self.get("--cacert", self.path("ca", "ca.crt"),
                                  f"https://localhost:{server.port}/").code, 0)

    def test_out_of_sockets_does_not_spin_or_end(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, hard))
        try:
            server = self.serve("--cert", self.path("ca", "server.crt"), "--key",
                                self.path("ca", "server.key"), "--workers", "1")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        peers = [self.connect(server.port) for _ in range(20)]
        server.wait_for("event=accept_failed .*ulimit")
        self.assertEqual(server.text().count("accept_failed"), 1)
        for peer in peers:
            peer.close()
        self.assertEqual(self.get("--cacert", self.path("ca", "ca.crt"),
                                  f"https://localhost:{server.port}/").code, 0)


if __name__ == "__main__":
    main()
