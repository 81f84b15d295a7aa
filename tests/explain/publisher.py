# SPDX-License-Identifier: Apache-2.0
"""What a CA has on the web: CRLs, an OCSP responder, its own certificate; some of it broken."""

import http.server
import threading


class Publisher:
    """An HTTP server on loopback that answers by path, and remembers what it was asked."""

    def __init__(self, pki):
        self.pki = pki
        self.answers = {}  # path: (status, headers, body), or a function of the request's body
        self.requests = []  # (method, path, headers, body)
        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def publish(self, path, body, status=200, **headers):
        self.answers[path] = (status, headers, body)

    def redirect(self, path, location):
        self.publish(path, b"", 302, Location=location)

    def hang(self, path):
        """Takes the request and says nothing until the end."""
        self.answers[path] = lambda body: self.released.wait() and None

    def responder(self, path, issuer, *arguments):
        """OCSP of `issuer`, which signs for each request (and gives its nonce back)."""
        def answer(body):
            self.pki.write("request.ocsp", body)
            self.pki.openssl("ocsp", "-index", f"{issuer}.index", "-CA", f"{issuer}.crt",
                             "-rsigner", f"{issuer}.crt", "-rkey", f"{issuer}.key", "-nmin", "60",
                             "-reqin", "request.ocsp", "-respout", "response.ocsp", *arguments)
            return 200, {"Content-Type": "application/ocsp-response"}, self.pki.read(
                "response.ocsp")
        self.answers[path] = answer

    def asked(self):
        """The requests since this was called last, as "METHOD /path"."""
        requests, self.requests = self.requests, []
        return [f"{method} {path}" for method, path, _, _ in requests]

    def _handler(self):
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                publisher.requests.append((self.command, self.path, self.headers, body))
                answer = publisher.answers.get(self.path, (404, {}, b""))
                answer = answer(body) if callable(answer) else answer
                self.close_connection = True
                if answer is not None:
                    self._send(*answer)

            do_POST = do_GET

            def _send(self, status, headers, body):
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # who asked has left

            def log_message(self, *_):
                pass

        return Handler
