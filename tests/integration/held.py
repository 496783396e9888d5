"""
The real signer with the probe in it (probe.c): started, held at a place, looked at, let go on.
"""
import os
import subprocess
import threading

from airlock import PROGRAM_SECONDS, program


def probe():
    build = os.path.dirname(os.path.dirname(program('airlock-signer')))
    return os.path.join(build, 'tests', 'integration', 'libprobe.so')


class Held:
    """
    fds is a list of (option, text), as airlock.run takes it; a text of None leaves the pipe open
    and empty, to be written to with `type`. hold_read is (option, n).
    """

    def __init__(self, command, fds=(), hold_read=None, **todo):
        environment = dict(os.environ, LD_PRELOAD=probe())
        report, report_writer = os.pipe()
        go, self.go = os.pipe()
        self.pipes, give = {}, [report_writer, go]
        command = list(command)
        for option, text in fds:
            reader, writer = os.pipe()
            give.append(reader)
            command += [option, str(reader)]
            if text is None:
                self.pipes[option] = writer
            else:
                threading.Thread(target=self._serve, args=(writer, text), daemon=True).start()
            if hold_read and hold_read[0] == option:
                environment['PROBE_READ'] = f"{reader}:{hold_read[1]}"
        environment.update(PROBE_REPORT=str(report_writer), PROBE_GO=str(go))
        environment.update({'PROBE_' + name.upper(): str(value) for name, value in todo.items()})
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, pass_fds=give, env=environment)
        for fd in give:
            os.close(fd)
        self.report = os.fdopen(report, encoding='ascii')

    @staticmethod
    def _serve(writer, text):
        try:
            os.write(writer, text.encode())
        except BrokenPipeError:
            pass
        os.close(writer)

    @property
    def pid(self):
        return self.process.pid

    def type(self, option, text):
        os.write(self.pipes[option], text.encode())
        os.close(self.pipes.pop(option))

    def line(self):
        """The probe's next line; '' when the process has ended."""
        return self.report.readline().strip()

    def wait(self, where):
        line = self.line()
        if line != 'held ' + where:
            out, err = self.process.communicate(timeout=PROGRAM_SECONDS)
            raise AssertionError(f"expected to be held at {where}: {line!r}\n{out!r}\n{err!r}")

    def release(self):
        os.write(self.go, b'.')

    def end(self, code=None):
        """Ends the process or waits for its end; returns what it said."""
        out, err = self.process.communicate(timeout=PROGRAM_SECONDS)
        for fd in [self.go, *self.pipes.values()]:
            os.close(fd)
        self.report.close()
        if code is not None:
            assert self.process.returncode == code, (self.process.returncode, out, err)
        return (out + err).decode()

    def kill(self):
        self.process.kill()
        self.end()
