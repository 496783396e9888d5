"""
`airlock-watcher run` as a service manager and its neighbours see it: the process with a socket for
its notifications, a receiver of webhooks that verifies signatures by itself, a SOCKS5 proxy, a server
that never answers.
"""
import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from airlock import program
from regtest import die_with_parent


def until(what, condition, seconds=30):
    """Waits for a condition; returns its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Daemon:
    """`run` on a watcher's folder. Use with `with`."""

    def __init__(self, watcher, watchdog_ms=0):
        self.watcher = watcher
        self.path = watcher.folder + '.notify'
        self.log = watcher.folder + '.log'
        self.watchdog_ms = watchdog_ms
        self.said = []
        self.process = None

    def __enter__(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        environment = dict(os.environ, NOTIFY_SOCKET=self.path)
        if self.watchdog_ms:
            environment['WATCHDOG_USEC'] = str(1000 * self.watchdog_ms)
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                [program('airlock-watcher'), '--data', self.watcher.folder, 'run'],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent)
        threading.Thread(target=self.listen, args=(self.socket,), daemon=True).start()
        until('READY=1', lambda: 'READY=1' in self.said)
        return self

    def listen(self, listening):
        while True:
            try:
                text = listening.recv(4096).decode()
            except OSError:
                return
            if not text:
                return
            self.said += text.split('\n')

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.socket.close()
        if kind is not None:
            print(self.text()[-3000:])
        return False

    def text(self):
        with open(self.log, encoding='utf-8') as f:
            return f.read()

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the seconds it took."""
        start = time.monotonic()
        self.process.terminate()
        code = self.process.wait(20)
        assert code == 0, f"run ended with {code}\n{self.text()[-2000:]}"
        took = time.monotonic() - start
        until('STOPPING=1', lambda: 'STOPPING=1' in self.said, 5)
        return took


class Receiver:
    """Takes webhooks on 127.0.0.1 and keeps what came: (id, body), each with a right signature."""

    def __init__(self, certificate=None):
        self.keys = []      # "whsec_..." and "whpk_...", those that must have signed
        self.came = []      # events, in the order they came
        self.refuse = []    # statuses to answer before it takes anything more
        self.refused = 0
        self.answer = b'thanks'
        self.delay = 0      # seconds before an answer
        self.cut = False    # the answer's body ends before its time
        self.location = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                status = outer.take(self.headers, body)
                time.sleep(outer.delay)
                self.send_response(status)
                if outer.cut:
                    self.send_header('Content-Length', '1000')
                if outer.location:
                    self.send_header('Location', outer.location)
                self.end_headers()
                try:
                    self.wfile.write(outer.answer)
                except OSError:
                    pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.url = f"https://localhost:{self.server.server_address[1]}/hook"
        self.wrong = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, headers, body):
        if self.refuse:
            self.refused += 1
            return self.refuse.pop(0)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        said = headers['webhook-signature'].split()
        if len(said) != len(self.keys) or not all(self.verify(k, said, signed) for k in self.keys):
            self.wrong.append(said)
            return 401
        if abs(int(headers['webhook-timestamp']) - time.time()) > 300:
            self.wrong.append('time')
            return 401
        event = json.loads(body)
        assert str(event['number']) == headers['webhook-id']
        self.came.append(event)
        return 200

    @staticmethod
    def verify(key, said, signed):
        kind, _, text = key.partition('_')
        raw = base64.b64decode(text)
        if kind == 'whsec':
            mac = base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()
            return f"v1,{mac}" in said
        return any(s.startswith('v1a,') and ed25519_is_right(raw, base64.b64decode(s[4:]), signed)
                   for s in said)

    def numbers(self):
        return [e['number'] for e in self.came]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def make_certificate(path, name):
    """A certificate for the name that vouches for itself, with its key, in one file."""
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
         '-nodes', '-keyout', path + '.key', '-out', path + '.crt', '-days', '2', '-subj',
         f"/CN={name}", '-addext', f"subjectAltName=DNS:{name}"], capture_output=True, check=True)
    with open(path, 'wb') as out:
        for part in '.key', '.crt':
            with open(path + part, 'rb') as f:
                out.write(f.read())
    return path


def ed25519_is_right(public, signature, message):
    """By OpenSSL, on the key's standard form (RFC 8410)."""
    pem = base64.b64encode(bytes.fromhex('302a300506032b6570032100') + public).decode()
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, data in (('key', f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n"
                            .encode()), ('sig', signature), ('msg', message)):
            paths[name] = os.path.join(folder, name)
            with open(paths[name], 'wb') as f:
                f.write(data)
        return subprocess.run(
            ['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', paths['key'], '-rawin',
             '-sigfile', paths['sig'], '-in', paths['msg']], capture_output=True,
            check=False).returncode == 0


class Socks:
    """A SOCKS5 proxy without login that counts what goes through it."""

    def __init__(self):
        self.asked = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def exactly(self, n):
                data = b''
                while len(data) < n:
                    more = self.request.recv(n - len(data))
                    if not more:
                        raise OSError
                    data += more
                return data

            def handle(self):
                try:
                    self.serve()
                except OSError:
                    pass

            def serve(self):
                _, n = self.exactly(2)
                self.exactly(n)
                self.request.sendall(b'\x05\x00')
                _, _, _, kind = self.exactly(4)
                if kind == 1:
                    host = socket.inet_ntoa(self.exactly(4))
                else:
                    host = self.exactly(self.exactly(1)[0]).decode()
                port = int.from_bytes(self.exactly(2), 'big')
                outer.asked.append((host, port))
                with socket.create_connection(('127.0.0.1', port)) as far:
                    self.request.sendall(b'\x05\x00\x00\x01' + bytes(6))
                    back = threading.Thread(target=self.pump, args=(far, self.request),
                                            daemon=True)
                    back.start()
                    self.pump(self.request, far)
                    back.join(10)

            @staticmethod
            def pump(a, b):
                try:
                    while data := a.recv(65536):
                        b.sendall(data)
                    b.shutdown(socket.SHUT_WR)
                except OSError:
                    pass

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Silence:
    """Takes connections and never answers."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(('127.0.0.1', 0))
        self.socket.listen(64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def close(self):
        self.socket.close()
