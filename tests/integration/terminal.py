"""The signer on a terminal, as a person uses it: what it shows, what is typed."""
import os
import pty
import re
import select
import time

SECONDS = 60


class Terminal:
    """A program with a controlling terminal of its own."""

    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)
        self.shown = ''
        self.read_to = 0

    def _more(self):
        ready, _, _ = select.select([self.fd], [], [], 1)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # it has ended
            return False
        self.shown += data.decode(errors='backslashreplace')
        return bool(data)

    def expect(self, pattern):
        """Waits for text that matches, after what was expected before; returns the match."""
        end = time.monotonic() + SECONDS
        while True:
            match = re.compile(pattern, re.S).search(self.shown, self.read_to)
            if match:
                self.read_to = match.end()
                return match
            if not self._more() or time.monotonic() > end:
                raise AssertionError(f"no {pattern!r} in {self.shown[self.read_to:]!r}")

    def type(self, line):
        os.write(self.fd, line.encode() + b'\n')

    def end(self):
        """Reads to the end; the exit code."""
        while self._more():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
