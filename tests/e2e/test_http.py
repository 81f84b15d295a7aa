# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as the server speaks it, by a client that can break every rule."""

import hashlib
import os
import re
import socket
import ssl

from harness import Case, main, needs, run


class Http(Case):
    def setUp(self):
        super().setUp()
        self.certificates()
        os.mkdir(self.path("www"))

    def folder_server(self, *arguments):
        return self.serve("--cert", self.path("ca", "server.crt"), "--key",
                          self.path("ca", "server.key"), *arguments, self.path("www"))

    def exchange(self, server, request):
        """Everything that the server says to these bytes."""
        peer = self.tls(server.port)
        peer.sendall(request)
        parts = []
        while part := peer.recv(65536):
            parts.append(part)
        return b"".join(parts)

    def status(self, server, target, method=b"GET"):
        answer = self.exchange(server, method + b" " + target +
                               b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return int(answer.split()[1])

    def test_files_types_and_index(self):
        self.write("www/index.html", "<p>front</p>")
        os.mkdir(self.path("www", "sub"))
        self.write("www/sub/a b.json", "{}")
        server = self.folder_server()
        answer = self.exchange(server, b"GET / HTTP/1.0\r\n\r\n")
        self.assertIn(b"Content-Type: text/html", answer)
        self.assertTrue(answer.endswith(b"<p>front</p>"))
        answer = self.exchange(server, b"GET /sub/a%20b.json?x=1 HTTP/1.0\r\n\r\n")
        self.assertIn(b"Content-Type: application/json", answer)
        self.assertEqual(self.status(server, b"/sub"), 301)
        self.assertEqual(self.status(server, b"/sub/"), 404)

    def test_no_way_out_of_the_folder(self):
        self.write("secret", "hidden")
        self.write("www/.env", "hidden")
        os.symlink(self.path("secret"), self.path("www", "link"))
        os.symlink(self.dir, self.path("www", "up"))
        os.mkfifo(self.path("www", "pipe"))
        server = self.folder_server()
        for target in (b"/../secret", b"/%2e%2e/secret", b"/..%2fsecret", b"/.%2e/secret",
                       b"//secret", b"/link", b"/up/secret", b"/.env", b"/%00", b"/pipe",
                       b"/./secret", b"/www/../../secret", b"/%2e%2e%5csecret", b"/%zz", b"/%2"):
            self.assertEqual(self.status(server, target), 404, target)

    def test_pipelined_requests_are_answered_in_order(self):
        for name in ("a", "b", "c"):
            self.write(f"www/{name}.txt", name * 100000)
        answer = self.exchange(self.folder_server(), b"".join(
            b"GET /%s.txt HTTP/1.1\r\nHost: x\r\n%s\r\n" % (name, b"Connection: close\r\n" * last)
            for name, last in ((b"a", 0), (b"b", 0), (b"c", 1))))
        positions = [answer.find(name * 100000) for name in (b"a", b"b", b"c")]
        self.assertEqual(positions, sorted(positions))
        self.assertNotIn(-1, positions)

    def test_slow_reader_gets_every_byte(self):
        body = os.urandom(5 * 1024 * 1024)
        self.write("www/five.bin", body)
        server = self.folder_server()
        peer = self.tls(server.port)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        peer.sendall(b"GET /five.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        digest, head, received = hashlib.sha256(), b"", 0
        while part := peer.recv(3000):
            if b"\r\n\r\n" not in head:
                head += part
                part = head.partition(b"\r\n\r\n")[2] if b"\r\n\r\n" in head else b""
            received += len(part)
            digest.update(part)
        self.assertEqual(received, len(body))
        self.assertEqual(digest.digest(), hashlib.sha256(body).digest())

    def test_goodbye_during_a_response_ends_the_connection_after_it(self):
        self.write("www/five.bin", os.urandom(5 * 1024 * 1024))
        server = self.folder_server("--idle-timeout", "1h")
        peer = self.connect(server.port)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        context = ssl.create_default_context(cafile=self.path("ca", "ca.crt"))
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                peer.sendall(outgoing.read())
                incoming.write(peer.recv(65536))
        tls.write(b"GET /five.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        with self.assertRaises(ssl.SSLWantReadError):
            tls.unwrap()  # says close_notify, and would wait for the server's
        peer.sendall(outgoing.read())
        received = 0
        while part := peer.recv(65536):  # to the end, which has to come
            received += len(part)
        self.assertGreater(received, 5 * 1024 * 1024)

    def test_file_that_shrinks_is_not_passed_off_as_whole(self):
        path = self.write("www/big.bin", os.urandom(20 * 1024 * 1024))
        peer = self.tls(self.folder_server().port, suppress_ragged_eofs=False)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        peer.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        peer.recv(1000)
        os.truncate(path, 1000)
        received = 0
        with self.assertRaises(OSError):  # the end without close_notify
            while part := peer.recv(65536):
                received += len(part)
        self.assertLess(received, 20 * 1024 * 1024)

    def test_bad_requests_are_refused_and_end_the_connection(self):
        self.write("www/a.txt", "a")
        server = self.folder_server()
        good = b"GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n"
        for status, request in (
                (400, b"GET /a.txt HTTP/1.1\nHost: x\n\n"),
                (400, b"GET /a.txt HTTP/1.1\r\n\r\n"),
                (400, b"GET /a.txt HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
                (400, b"GET /a.txt HTTP/1.1\r\nHost : x\r\n\r\n"),
                (400, b"GET /a.txt HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"),
                (400, b"GET  /a.txt HTTP/1.1\r\nHost: x\r\n\r\n"),
                (400, b"GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n"),
                (400, b"GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                      b"Content-Length: 2\r\n\r\n"),
                (405, b"POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
                (413, b"GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
                (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
                (431, b"GET /a.txt HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000),
                (501, b"GET /a.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
                (505, b"GET /a.txt HTTP/2.0\r\nHost: x\r\n\r\n")):
            answer = self.exchange(server, request + good)
            self.assertEqual(int(answer.split()[1]), status, request[:80])
            self.assertIn(b"Connection: close\r\n", answer)
            self.assertEqual(len(re.findall(rb"HTTP/1.1 \d", answer)), 1, request[:80])
        self.assertEqual(self.status(server, b"/a.txt"), 200)
        self.assertEqual(self.status(server, b"/a.txt", b"BREW"), 501)

    def test_stop_lets_a_response_finish(self):
        body = os.urandom(5 * 1024 * 1024)
        self.write("www/five.bin", body)
        server = self.folder_server()
        idle = self.tls(server.port)
        peer = self.tls(server.port)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        peer.sendall(b"GET /five.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = peer.recv(1000)
        server.process.terminate()
        self.assertEqual(idle.recv(10), b"")
        while part := peer.recv(65536):
            answer += part
        self.assertTrue(answer.endswith(body))
        idle.close()
        peer.close()
        self.assertEqual(server.wait(), 0)

    @needs("gnutls-cli")
    def test_half_closed_by_close_notify(self):
        """gnutls-cli says close_notify at the end of its input; RFC 8446 6.1: we may go on."""
        body = os.urandom(1024 * 1024)
        self.write("www/one.bin", body)
        server = self.folder_server()
        done = run("gnutls-cli", "--logfile", self.path("log"), "--x509cafile",
                   self.path("ca", "ca.crt"), "--port", server.port, "localhost",
                   stdin=b"GET /one.bin HTTP/1.0\r\n\r\n")
        self.assertIn(body, done.stdout)


if __name__ == "__main__":
    main()
