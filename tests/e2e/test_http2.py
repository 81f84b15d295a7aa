# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 and HTTP/1.1 side by side, files with conditions and ranges, by everyday clients."""

import email.utils
import hashlib
import http.client
import json
import os
import re
import ssl

from harness import Case, main, needs, run


class Served(Case):
    def setUp(self):
        super().setUp()
        self.certificates()
        os.mkdir(self.path("www"))

    def folder_server(self, *arguments):
        return self.serve("--cert", self.path("ca", "server.crt"), "--key",
                          self.path("ca", "server.key"), *arguments, self.path("www"))

    def file(self, name, body, age=3600):
        """A file that did not change lately, so that its tag is a strong one."""
        path = self.write(f"www/{name}", body)
        moment = int(os.stat(path).st_mtime) - age
        os.utime(path, (moment, moment))
        return moment

    def curl(self, server, path, *arguments):
        """(status, fields in small letters, body)"""
        done = run("curl", "-sS", "-D", self.path("fields"), "--cacert", self.path("ca", "ca.crt"),
                   *arguments, f"https://localhost:{server.port}{path}")
        self.assertEqual(done.code, 0, done.err)
        with open(self.path("fields")) as file:
            lines = file.read().splitlines()
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), fields, done.stdout


@needs("curl")
class Curl(Served):
    VERSIONS = {"--http2": "HTTP/2", "--http1.1": "HTTP/1.1"}

    def version(self, server, *arguments):
        with_version = ("-o", self.path("out"), "-w", "%{http_version}")
        return self.curl(server, "/a.txt", *arguments, *with_version)[2].decode()

    def test_alpn_picks(self):
        self.file("a.txt", "a")
        server = self.folder_server()
        self.assertEqual(self.version(server), "2")
        self.assertEqual(self.version(server, "--http1.1"), "1.1")
        self.assertEqual(self.version(server, "--no-alpn"), "1.1")

    def test_the_connections_page_says_h2(self):
        server = self.up()
        page = json.loads(self.curl(server, "/", "--http2")[2])
        self.assertEqual(page["alpn"], "h2")
        client = ("--cert", self.path("ca", "client.crt"), "--key", self.path("ca", "client.key"))
        self.assertEqual(self.curl(server, "/api/secure", "--http2")[0], 401)
        self.assertEqual(self.curl(server, "/api/secure", "--http2", *client)[0], 200)

    def test_whole_files(self):
        body = os.urandom(20 * 1024 * 1024)
        moment = self.file("big.bin", body)
        self.file("empty.txt", "")
        server = self.folder_server()
        for option in self.VERSIONS:
            status, fields, got = self.curl(server, "/big.bin", option)
            self.assertEqual(status, 200)
            self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(body).digest())
            self.assertEqual(fields["content-length"], str(len(body)))
            self.assertEqual(fields["last-modified"],
                             email.utils.formatdate(moment, usegmt=True).lower())
            self.assertEqual(fields["accept-ranges"], "bytes")
            self.assertRegex(fields["etag"], r'^"[0-9a-f.-]+"$')
            self.assertNotIn("strict-transport-security", fields)
            self.assertEqual(self.curl(server, "/empty.txt", option)[2], b"")
            status, fields, got = self.curl(server, "/big.bin", option, "--head")
            self.assertEqual((status, fields["content-length"]), (200, str(len(body))))
            self.assertEqual(self.curl(server, "/none", option)[0], 404)
            self.assertEqual(self.curl(server, "/big.bin", option, "-d", "x=y")[0], 405)
        long = self.write("long", bytes(500000))
        self.assertEqual(self.curl(server, "/a", "--http2", "--data-binary", f"@{long}")[0], 405)

    def test_ranges_and_conditions(self):
        body = bytes(range(256)) * 400
        moment = self.file("a.bin", body)
        server = self.folder_server()
        date = email.utils.formatdate(moment, usegmt=True)
        for option in self.VERSIONS:
            etag = self.curl(server, "/a.bin", option)[1]["etag"]

            def ask(*fields):
                options = [word for field in fields for word in ("-H", field)]
                return self.curl(server, "/a.bin", option, *options)

            status, fields, got = ask("Range: bytes=100-299")
            self.assertEqual((status, got), (206, body[100:300]))
            self.assertEqual(fields["content-range"], f"bytes 100-299/{len(body)}")
            self.assertEqual(fields["content-length"], "200")
            self.assertEqual(ask("Range: bytes=-3")[2], body[-3:])
            self.assertEqual(ask("Range: bytes=102000-")[2], body[102000:])
            self.assertEqual(ask("Range: bytes=0-1,4-5")[0], 200)
            status, fields, got = ask("Range: bytes=102400-")
            self.assertEqual((status, fields["content-range"]), (416, "bytes */102400"))
            self.assertEqual(ask("Range: bytes=0-1", f"If-Range: {etag}")[0], 206)
            self.assertEqual(ask("Range: bytes=0-1", 'If-Range: "other"')[0], 200)
            status, fields, got = ask(f"If-None-Match: {etag}")
            self.assertEqual((status, got, fields["etag"]), (304, b"", etag))
            self.assertNotIn("content-length", fields)
            self.assertEqual(ask(f"If-Modified-Since: {date}")[0], 304)
            self.assertEqual(ask('If-None-Match: "other"', f"If-Modified-Since: {date}")[0], 200)
            self.assertEqual(ask('If-Match: "other"')[0], 412)

    def test_a_download_goes_on_where_it_ended(self):
        body = os.urandom(300000)
        self.file("a.bin", body)
        server = self.folder_server()
        for option in self.VERSIONS:
            part = self.write("part", body[:123456])
            self.curl(server, "/a.bin", option, "-C", "-", "-o", part)
            with open(part, "rb") as file:
                self.assertEqual(file.read(), body)

    def test_a_change_changes_the_tag(self):
        self.file("a.txt", "one")
        server = self.folder_server()
        before = self.curl(server, "/a.txt")[1]["etag"]
        self.file("new", "two", age=3600)
        os.rename(self.path("www", "new"), self.path("www", "a.txt"))
        status, fields, got = self.curl(server, "/a.txt", "-H", f"If-None-Match: {before}")
        self.assertEqual((status, got), (200, b"two"))
        self.assertNotEqual(fields["etag"], before)

    def test_hsts(self):
        self.file("a.txt", "a")
        server = self.folder_server("--hsts")
        for option in self.VERSIONS:
            for path in ("/a.txt", "/none"):
                fields = self.curl(server, path, option)[1]
                self.assertEqual(fields["strict-transport-security"], "max-age=63072000")

    def test_plain_http_is_told_so(self):
        self.file("a.txt", "a")
        server = self.folder_server()
        for method in ("GET", "HEAD", "POST"):
            done = run("curl", "-sS", "-i", "-X", method, f"http://localhost:{server.port}/a.txt",
                       "--max-time", "20")
            self.assertIn("HTTP/1.1 400 Bad Request", done.out)
            if method != "HEAD":
                self.assertEqual(done.code, 0, done.err)
                self.assertIn("This port speaks HTTPS", done.out)
        server.wait_for(r"cause=peer_speaks_http")

    def test_long_fields_over_http2(self):
        self.file("a.txt", "a")
        server = self.folder_server()
        self.assertEqual(self.curl(server, "/a.txt", "-H", "X: " + "y" * 15000)[0], 200)
        self.assertEqual(self.curl(server, "/a.txt", "-H", "X: " + "y" * 17000)[0], 431)

    def test_a_file_that_shrinks_on_the_way(self):
        path = self.write("www/big.bin", bytes(40 * 1024 * 1024))
        server = self.folder_server()
        got = self.path("got")
        slow = self.start("curl", "-sS", "--http2", "--limit-rate", "1M", "--cacert",
                          self.path("ca", "ca.crt"), "-o", got,
                          f"https://localhost:{server.port}/big.bin")
        server.wait_for(r"target=/big.bin")
        os.truncate(path, 1000)
        self.assertNotEqual(slow.wait(), 0)


class Python(Served):
    def test_many_requests_on_one_connection(self):
        self.file("a.txt", "hello")
        server = self.folder_server()
        context = ssl.create_default_context(cafile=self.path("ca", "ca.crt"))
        client = http.client.HTTPSConnection("localhost", server.port, context=context)
        for _ in range(50):
            client.request("GET", "/a.txt")
            answer = client.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b"hello"))
        etag = answer.headers["ETag"]
        client.request("GET", "/a.txt", headers={"If-None-Match": etag})
        answer = client.getresponse()
        self.assertEqual((answer.status, answer.read()), (304, b""))
        client.request("GET", "/a.txt", headers={"Range": "bytes=1-3"})
        self.assertEqual(client.getresponse().read(), b"ell")
        client.close()

    def test_http2_over_a_connection_that_breaks_off(self):
        """The preface, half a frame, nonsense: the server ends the connection, and lives."""
        self.file("a.txt", "a")
        server = self.folder_server()
        for end in (b"", b"\0\0", b"\xff" * 100, b"GET / HTTP/1.1\r\n\r\n"):
            context = ssl.create_default_context(cafile=self.path("ca", "ca.crt"))
            context.set_alpn_protocols(["h2"])
            peer = context.wrap_socket(self.connect(server.port), server_hostname="localhost")
            self.assertEqual(peer.selected_alpn_protocol(), "h2")
            peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + end)
            self.assertEqual(peer.recv(100)[3:4], b"\x04")  # SETTINGS come first
            peer.close()
        client = http.client.HTTPSConnection("localhost", server.port, context=context)
        context.set_alpn_protocols(["http/1.1"])
        client.request("GET", "/a.txt")
        self.assertEqual(client.getresponse().read(), b"a")
        client.close()


@needs("nghttp")
class Nghttp(Served):
    def test_several_files_on_one_connection(self):
        bodies = {f"{i}.bin": os.urandom(200000 + i) for i in range(8)}
        for name, body in bodies.items():
            self.file(name, body)
        server = self.folder_server()
        addresses = [f"https://localhost:{server.port}/{name}" for name in bodies]
        done = run("nghttp", *addresses)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(len(done.stdout), sum(map(len, bodies.values())))
        for body in bodies.values():  # they come side by side, so that no body is in one piece
            self.assertIn(body[:64], done.stdout)

    def test_small_windows(self):
        body = os.urandom(1024 * 1024)
        self.file("a.bin", body)
        server = self.folder_server()
        done = run("nghttp", "-w", "10", "-W", "12", f"https://localhost:{server.port}/a.bin")
        self.assertEqual(done.stdout, body)

    def test_the_settings(self):
        self.file("a.txt", "a")
        server = self.folder_server()
        done = run("nghttp", "-nv", f"https://localhost:{server.port}/a.txt")
        self.assertIn("SETTINGS_MAX_CONCURRENT_STREAMS(0x03):100", done.out)
        self.assertIn("SETTINGS_MAX_HEADER_LIST_SIZE(0x06):16384", done.out)

    @needs("h2load")
    def test_load(self):
        self.file("a.txt", "a" * 1000)
        self.file("b.bin", os.urandom(300000))
        server = self.folder_server("--quiet")
        for requests, name in ((5000, "a.txt"), (300, "b.bin")):
            for protocol in (["--h1"], []):
                done = run("h2load", "-n", requests, "-c", "10", "-m", "20", *protocol,
                           f"https://localhost:{server.port}/{name}", timeout=120)
                found = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", done.out)
                self.assertIsNotNone(found, done.out + done.err)
                self.assertEqual(found.groups(), (str(requests), "0", "0"), done.out)

    @needs("h2load")
    def test_stop_under_load_loses_no_request(self):
        self.file("a.txt", "a" * 1000)
        server = self.folder_server()
        load = self.start("h2load", "-n", "2000000", "-c", "4", "-m", "10",
                          f"https://localhost:{server.port}/a.txt")
        server.wait_for(r"event=request|request ", times=200)
        server.process.terminate()
        self.assertEqual(server.wait(), 0)
        load.wait()
        # What h2load counts besides it had not sent yet: it may send nothing after a GOAWAY.
        answered = len(re.findall(r"event=request .*status=200", server.text()))
        found = re.search(r"status codes: (\d+) 2xx", load.text())
        self.assertEqual(int(found[1]), answered, load.text())
        self.assertNotIn("level=warn", server.text())


if __name__ == "__main__":
    main()
