"""
The way across the gap by light, as tests walk it: codes as pictures, a camera that is not a good
one, readers that are not ours, and a terminal whose screen is looked at.
"""
import fcntl
import os
import pty
import random
import re
import select
import shutil
import struct
import subprocess
import termios
import time

from PIL import Image, ImageChops, ImageFilter

from airlock import program

READERS = ('zbar', 'zxing')


def build_folder():
    return os.path.dirname(os.path.dirname(program('airlock-signer')))


def ur_tool(*args, data=b''):
    """Output and standard error of tests/integration/ur_tool.c."""
    tool = os.path.join(build_folder(), 'tests', 'integration', 'ur_tool')
    done = subprocess.run([tool, *map(str, args)], input=data, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def parts(payload, most, count):
    code, out, err = ur_tool('parts', most, count, data=payload)
    assert code == 0, err
    return out.decode().splitlines()


def collect(lines):
    """The payload and how many lines it took; None when they were not enough."""
    code, out, err = ur_tool('collect', data=('\n'.join(lines) + '\n').encode())
    return (out, int(err.split()[-1])) if code == 0 else (None, len(lines))


def pictures(payload, most, folder):
    code, _, err = ur_tool('pictures', most, folder, data=payload)
    assert code == 0, err
    return sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.startswith('frame-'))


# ---- readers ----

def read_zbar(files):
    """{file: text}. One process for all: it prints only what it finds, so files are told apart by
    asking for its XML."""
    done = subprocess.run(['zbarimg', '--xml', '-q', '--nodbus', '-Sdisable', '-Sqrcode.enable', *files],
                          capture_output=True, text=True, check=False)
    found = {}
    for block in re.findall(r"<source href='([^']+)'>(.*?)</source>", done.stdout, re.S):
        text = re.search(r'<!\[CDATA\[(.*?)\]\]>', block[1], re.S)
        if text:
            found[block[0]] = text.group(1)
    return found


def read_zxing(files):
    found = {}
    for file in files:
        done = subprocess.run(['ZXingReader', '-format', 'QRCode', file], capture_output=True,
                              text=True, check=False)
        text = re.search(r'^Text:\s+"?([^"\n]+)"?$', done.stdout, re.M)
        if text:
            found[file] = text.group(1)
    return found


def read(reader, files):
    return read_zbar(files) if reader == 'zbar' else read_zxing(files)


# ---- a camera ----

def photograph(source, target, rng):
    """The picture of a code as a hand-held webcam might have it: turned, of another size, blurred,
    unevenly lit, with noise."""
    image = Image.open(source).convert('L')
    side = int(image.width * rng.uniform(0.75, 1.6))
    image = image.resize((side, side), Image.BICUBIC)
    image = image.rotate(rng.uniform(-12, 12), Image.BICUBIC, expand=True, fillcolor=255)
    frame = Image.new('L', (image.width + 60, image.height + 60), 96)
    frame.paste(image, (30, 30))
    frame = frame.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.0)))
    light = Image.linear_gradient('L').resize(frame.size).rotate(rng.choice((0, 90, 180, 270)))
    light = light.resize(frame.size).point(lambda v: 150 + v * 90 // 255)
    frame = ImageChops.multiply(frame, light)
    noise = Image.effect_noise(frame.size, rng.uniform(8, 20))
    frame = ImageChops.add(frame, noise, 1, -128)
    frame.save(target, compress_level=1)


def photographs(files, folder, seed):
    os.makedirs(folder)
    made = []
    for file in files:
        rng = random.Random(f"{seed} {os.path.basename(file)}")
        made.append(os.path.join(folder, os.path.basename(file)))
        photograph(file, made[-1], rng)
    return made


# ---- what an elimination decoder needs, from the code's definition alone ----

def expected_frames(n, loss, trials, seed):
    """Mean number of frames that a sender looping parts 1..2n shows until n independent ones have
    come through, when a share `loss` does not."""
    rng = random.Random(f"expected {seed}")
    weights = [1 / d for d in range(1, n + 1)]
    total = 0
    for _ in range(trials):
        sets = [1 << i for i in range(n)]
        for degree in rng.choices(range(1, n + 1), weights, k=n):
            sets.append(sum(1 << i for i in rng.sample(range(n), degree)))
        rows, shown, at = {}, 0, rng.randrange(2 * n)
        while len(rows) < n:
            shown += 1
            v = sets[at]
            at = (at + 1) % (2 * n)
            if rng.random() < loss:
                continue
            while v:
                low = v & -v
                if low not in rows:
                    rows[low] = v
                    break
                v ^= rows[low]
        total += shown
    return total / trials


def frames_needed(texts, loss, rng):
    """The same of our decoder: texts is the round, for each frame what several looks at it gave,
    None where a reader saw nothing. The payload, and how many frames were shown."""
    at, shown, lines, steps = rng.randrange(len(texts)), 0, [], []
    while shown < 40 * len(texts) and len(lines) < 6 * len(texts):
        text = rng.choice(texts[at])
        at = (at + 1) % len(texts)
        shown += 1
        if text is not None and rng.random() >= loss:
            lines.append(text)
            steps.append(shown)
    payload, used = collect(lines)
    return payload, steps[used - 1] if payload is not None else None


# ---- a terminal ----

class Terminal:
    """A program on a terminal of its own (a pseudo-terminal that it controls)."""

    def __init__(self, command, fds=(), columns=80, rows=24):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for fd in fds:
                os.set_inheritable(fd, True)
            os.execv(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        self.out = b''

    def until(self, wanted, seconds=20):
        """Reads until the bytes have come, or the program has ended."""
        end = time.monotonic() + seconds
        while wanted not in self.out and time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.1)[0]:
                continue
            try:
                got = os.read(self.fd, 65536)
            except OSError:
                break
            if not got:
                break
            self.out += got
        return wanted in self.out

    def settings(self):
        return termios.tcgetattr(self.fd)

    def write(self, data):
        os.write(self.fd, data)

    def end(self):
        """The exit code, or minus the signal's number."""
        self.until(b'never written')
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


class Screen:
    """A virtual display; its picture is read from the file it lives in (XWD)."""

    def __init__(self, folder, width=1700, height=1100):
        self.folder = os.path.join(folder, 'display')
        os.makedirs(self.folder)
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            ['Xvfb', '-displayfd', str(writer), '-screen', '0', f"{width}x{height}x24", '-fbdir',
             self.folder, '-nolisten', 'tcp'],
            pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writer)
        with open(reader, encoding='ascii') as f:
            self.display = ':' + f.readline().strip()
        self.terminals = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.terminals, self.process]:
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def terminal(self, columns, rows, command, fds=()):
        """xterm with a dark theme, so that what is light was made so."""
        self.terminals.append(subprocess.Popen(
            ['xterm', '-geometry', f"{columns}x{rows}+0+0", '-fa', 'DejaVu Sans Mono', '-fs', '9',
             '-bg', '#202020', '-fg', '#c0c0c0', '-e', *command],
            env={**os.environ, 'DISPLAY': self.display, 'LC_ALL': 'C.UTF-8', 'TERM': 'xterm'},
            pass_fds=fds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return self.terminals[-1]

    def picture(self, path):
        with open(os.path.join(self.folder, 'Xvfb_screen0'), 'rb') as f:
            data = f.read()
        head = struct.unpack('>25I', data[:100])
        size, width, height, line, colours = head[0], head[4], head[5], head[12], head[19]
        pixels = data[size + 12 * colours:]
        image = Image.frombuffer('RGB', (width, height), pixels, 'raw', 'BGRX', line, 1)
        image.convert('L').save(path, compress_level=1)
        return path


def watch(screen, folder, seconds, enough):
    """Looks at the screen until `enough(lines)`, for so many seconds at most; the lines."""
    lines, until, path = [], time.monotonic() + seconds, os.path.join(folder, 'screenshot.png')
    while time.monotonic() < until and not enough(lines):
        text = read_zbar([screen.picture(path)]).get(path)
        if text and (not lines or lines[-1] != text):
            lines.append(text)
    return lines
