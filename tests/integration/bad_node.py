"""
A node that misbehaves: a proxy on 127.0.0.1 before a real one, with a mode that a test switches.
"""
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from regtest import fetch

MODES = ('honest', 'garbage', 'empty', 'half', 'closed', 'error', 'busy', 'network', 'endless',
         'slow')


class BadNode:
    """Use with `with`; url stays the same whatever the mode."""

    def __init__(self, node):
        self.node = node
        self.mode = 'honest'
        self.asked = 0
        self.left = None  # honest answers that remain before the mode sets in
        self.lie = None   # (path, request, answer) -> the answer given instead, when honest
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *_):
                pass

            def answer(self):
                size = int(self.headers.get('Content-Length', 0))
                outer.serve(self, self.rfile.read(size))

            do_POST = do_GET = answer

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        return False

    def set(self, mode, after=None):
        """From now on, or after so many honest answers."""
        assert mode in MODES
        self.mode, self.left = mode, after

    @staticmethod
    def drip(handler, mode):
        """A body without end, as fast as it is taken or a byte now and then."""
        handler.close_connection = True
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b' ' if mode == 'slow' else bytes(1 << 20))
                if mode == 'slow':
                    time.sleep(0.3)
        except OSError:
            pass

    def serve(self, handler, body):
        self.asked += 1
        mode = self.mode
        if self.left is not None:
            if self.left > 0:
                mode, self.left = 'honest', self.left - 1
        code, data, told = 200, b'', None
        if mode in ('endless', 'slow'):
            self.drip(handler, mode)
            return
        if mode == 'garbage':
            data = bytes(range(256)) * 8
        elif mode == 'error':
            code, data = 500, b'<html>internal error</html>'
        elif mode == 'closed':
            handler.close_connection = True
            return
        elif mode == 'busy':
            data = b'{"id":"0","jsonrpc":"2.0","status":"BUSY","result":{"status":"BUSY"}}'
        elif mode != 'empty':
            code, data = fetch(self.node.port, handler.path, body)
            if mode == 'honest' and self.lie:
                data = self.lie(handler.path, body, data)
            if mode == 'half':
                told = len(data)
                data = data[:len(data) // 2]
                handler.close_connection = True
            elif mode == 'network':
                data = data.replace(b'"fakechain"', b'"stagenet"')
                data = data.replace(b'"mainnet": true', b'"mainnet": false')
                data = data.replace(b'"stagenet": false', b'"stagenet": true')
        handler.send_response(code)
        handler.send_header('Content-Type', 'application/json')
        handler.send_header('Content-Length', str(len(data) if told is None else told))
        handler.end_headers()
        try:
            handler.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
