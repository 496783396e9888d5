"""
Messages that cross by light: an independent implementation on the other side, a camera that is not
a good one, a real terminal's screen, and a whole payout with every message as pictures.
"""
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

import light
from airlock import MESSAGE, PASSPHRASE, Signer, Treasury, program, run
from regtest import Chain, UNLOCK, XMR

PEER = '@ngraveio/bc-ur@1.1.13'
PEER_SIZES = {1: 250, 2: 250, 245: 250, 246: 250, 250: 250, 251: 250, 1000: 100, 5000: 250,
              20000: 400, 200000: 1000}
# Reads N.bin and our N.parts, writes its own parts to N.theirs, and N.ok when ours gave N.bin.
PEER_SCRIPT = """
const fs = require('fs');
const {UR, UREncoder, URDecoder} = require('@ngraveio/bc-ur');
const sizes = JSON.parse(process.argv[2]);
for (const [n, most] of Object.entries(sizes)) {
  const payload = fs.readFileSync(n + '.bin');
  const ur = new UR(UR.fromBuffer(payload).cbor, 'airlock');
  const encoder = new UREncoder(ur, most, 0, 10);
  const count = encoder.fragmentsLength === 1 ? 1 : 3 * encoder.fragmentsLength;
  let theirs = '';
  for (let i = 0; i < count; i++) theirs += encoder.nextPart() + '\\n';
  fs.writeFileSync(n + '.theirs', theirs);
  const decoder = new URDecoder();
  for (const line of fs.readFileSync(n + '.parts', 'utf8').split('\\n')) {
    if (line && !decoder.isComplete()) decoder.receivePart(line);
  }
  if (decoder.isComplete() && decoder.isSuccess() &&
      Buffer.compare(decoder.resultUR().decodeCBOR(), payload) === 0)
    fs.writeFileSync(n + '.ok', '');
}
"""


def lossy(lines, every):
    """A fifth or so of the lines missing, from the second one on, the rest shuffled."""
    kept = [line for i, line in enumerate(lines) if len(lines) == 1 or i % every != 1]
    random.Random(len(lines)).shuffle(kept)
    return kept


def scenario_light_meets_an_independent_implementation():
    """Parts of ours are put together by the npm package, and its parts by us, with losses."""
    with tempfile.TemporaryDirectory(prefix='airlock-peer-') as folder:
        if not shutil.which('node') or not shutil.which('npm'):
            print('skipped: there is no npm here')
            return
        # A registry that takes the connection and says nothing is no fault of ours either.
        got = subprocess.run(['timeout', '--kill-after=5', '60', 'npm', 'install', '--prefix',
                              folder, '--no-audit', '--no-fund', '--silent',
                              '--fetch-timeout=20000', '--fetch-retries=1', PEER],
                             capture_output=True, text=True, check=False, cwd=folder)
        if got.returncode != 0:
            print(f"skipped: {PEER} cannot be had from the npm registry: {got.stderr[:200]}")
            return
        payloads = {}
        for n, most in PEER_SIZES.items():
            payloads[n] = random.Random(n).randbytes(n)
            lines = light.parts(payloads[n], most, 1)
            if '-' in lines[0].split('/')[1]:
                count = 3 * int(lines[0].split('/')[1].split('-')[1])
                lines = lossy(light.parts(payloads[n], most, count), 5)
            with open(os.path.join(folder, f"{n}.bin"), 'wb') as f:
                f.write(payloads[n])
            with open(os.path.join(folder, f"{n}.parts"), 'w', encoding='ascii') as f:
                f.write('\n'.join(line.upper() for line in lines))
        script = os.path.join(folder, 'peer.js')
        with open(script, 'w', encoding='ascii') as f:
            f.write(PEER_SCRIPT)
        sizes = '{' + ','.join(f'"{n}":{most}' for n, most in PEER_SIZES.items()) + '}'
        subprocess.run(['node', script, sizes], cwd=folder, check=True, timeout=120)
        for n, payload in payloads.items():
            assert os.path.exists(os.path.join(folder, f"{n}.ok")), f"{n} bytes: not put together"
            with open(os.path.join(folder, f"{n}.theirs"), encoding='ascii') as f:
                theirs = f.read().split()
            assert theirs == light.parts(payload, PEER_SIZES[n], len(theirs)), f"{n}: differ"
            assert light.collect(lossy(theirs, 5))[0] == payload, f"{n} bytes: theirs not read"


def scenario_light_passes_a_bad_camera():
    """Turned, resized, blurred, noisy pictures, a fifth and two fifths of them lost: no more frames
    are needed than the code's definition says, within a tenth."""
    payload = random.Random(1).randbytes(5000)
    with tempfile.TemporaryDirectory(prefix='airlock-camera-') as folder:
        files = light.pictures(payload, 250, os.path.join(folder, 'codes'))
        photos = light.photographs(files, os.path.join(folder, 'photos'), 1)
        for reader in light.READERS:
            found = light.read(reader, photos)
            texts = [[found.get(photo)] for photo in photos]
            missed = texts.count([None]) / len(texts)
            assert missed < 0.25, f"{reader} read {len(found)} of {len(photos)}"
            for loss in (0.2, 0.4):
                rng = random.Random(f"{reader} {loss}")
                needed = []
                for _ in range(30):
                    got, frames = light.frames_needed(texts, loss, rng)
                    assert got == payload
                    needed.append(frames)
                mean = sum(needed) / len(needed)
                wanted = light.expected_frames(len(files) // 2, 1 - (1 - loss) * (1 - missed), 400, 1)
                print(f"{reader}: {missed:.0%} not read, {loss:.0%} lost: {mean:.1f} frames, "
                      f"{wanted:.1f} expected")
                assert mean < 1.1 * wanted, f"{reader}, {loss}: {mean} frames, {wanted} expected"


def scenario_light_is_read_from_a_real_terminal():
    """xterm shows a kit at 80x24 and at 200x60; what zbar reads from its picture is the kit."""
    with tempfile.TemporaryDirectory(prefix='airlock-screen-') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        signer.init()
        kit = os.path.join(folder, 'kit')
        signer.run('kit', '--out', kit, '--png', kit + '.codes')
        codes = kit + '.codes'
        with open(kit, 'rb') as f:
            kit = f.read()
        # On paper too.
        sheet = os.path.join(folder, 'sheet')
        subprocess.run(['pdftoppm', '-r', '100', '-gray', '-png', '-singlefile', os.path.join(codes, 'sheet.pdf'), sheet],
                       check=True)
        found = light.read_zbar([sheet + '.png'])
        assert light.collect(list(found.values()))[0] == kit
        with light.Screen(folder) as screen:
            for columns, rows in ((80, 24), (200, 60)):
                reader = secret()
                terminal = screen.terminal(
                    columns, rows,
                    signer.command('kit', '--qr', '--passphrase-fd', str(reader)), [reader])
                os.close(reader)
                lines = light.watch(screen, folder, 30, lambda got: light.collect(got)[0])
                assert light.collect(lines)[0] == kit, f"{columns}x{rows}: {len(lines)} codes"
                print(f"{columns}x{rows}: {len(set(lines))} codes")
                terminal.terminate()
                terminal.wait()


def secret():
    """A descriptor that gives the passphrase."""
    reader, writer = os.pipe()
    os.write(writer, (PASSPHRASE + '\n').encode())
    os.close(writer)
    return reader


def scenario_light_gives_the_terminal_back():
    """By key and by signal: main screen, cursor, settings. Codes typed by a hand-held scanner are
    taken, and not echoed."""
    with tempfile.TemporaryDirectory(prefix='airlock-terminal-') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        signer.init()
        for how in (b'q', b'\3', signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            fd = secret()
            t = light.Terminal(signer.command('kit', '--qr', '--density', '60', '--passphrase-fd',
                                              str(fd)), [fd])
            os.close(fd)
            before = t.settings()
            assert t.until(b'\x1b[?1049h') and t.until('\u2580'.encode()), t.out[-300:]
            assert t.settings() != before
            if isinstance(how, bytes):
                t.write(b'fdcpn' + how)
                wanted = 0
            else:
                os.kill(t.pid, how)
                wanted = -how
            assert t.until(b'\x1b[?1049l')
            time.sleep(0.2)
            assert t.settings() == before, f"{how}: the settings are not as they were"
            assert t.end() == wanted, how
            assert b'\x1b[?25h' in t.out[t.out.rindex(b'\x1b[?25l'):]
        fd = secret()
        t = light.Terminal(signer.command('pair', '--scan', '-', '--passphrase-fd', str(fd)), [fd])
        os.close(fd)
        time.sleep(0.5)
        for line in light.parts(random.Random(5).randbytes(600), 100, 7):
            t.write(line.upper().encode() + b'\n')
            time.sleep(0.15)
        assert t.end() == MESSAGE, t.out  # whole, but no pairing
        assert b'7 of 7' in t.out and b'UR:AIRLOCK' not in t.out, t.out


def scenario_light_ignores_what_is_hostile():
    """Damaged, contradictory, endless and foreign lines: an error that says what was seen, or the
    message all the same; the scanner of pictures is confined."""
    payload = random.Random(3).randbytes(2000)
    good = light.parts(payload, 100, 40)
    other = light.parts(random.Random(4).randbytes(2000), 100, 40)
    bad = [good[0][:-1], good[0][:-2] + 'ae', 'ur:airlock/1-99999/' + good[0].split('/')[2], 'x' * 9000,
           'https://example.org', 'ur:bytes/aeadaolazmjendeoti', '', 'WIFI:S:x;;']
    mixed = [line for three in zip(good, other[:15] + bad * 4, bad * 8) for line in three]
    assert light.collect(mixed)[0] == payload
    with tempfile.TemporaryDirectory(prefix='airlock-hostile-') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        signer.init()
        result = signer.run('pair', '--scan', '-', code=MESSAGE, stdin='\n'.join(bad + good[:7]))
        assert '7 of 2' in result.err and 'example.org' in result.err or 'ignored' in result.err
        signer.run('pair', '--scan', '-', code=MESSAGE, stdin='\n'.join(good))
        signer.run('pair', '--scan', '-', code=MESSAGE, stdin='')
        # It waits for a picture, by when it must have locked itself in.
        pipe = os.path.join(folder, 'picture')
        os.mkfifo(pipe)
        with subprocess.Popen([program('airlock-scan'), pipe], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as scan:
            with open(pipe, 'wb') as f:
                until = time.monotonic() + 20
                state = ''
                while 'Seccomp:\t2' not in state and time.monotonic() < until:
                    with open(f"/proc/{scan.pid}/status", encoding='ascii') as status:
                        state = status.read()
                    time.sleep(0.05)
                f.write(b'\x89PNG\r\n\x1a\n' + bytes(100))
            assert 'Seccomp:\t2' in state
            assert scan.wait(20) == MESSAGE
        run([program('airlock-scan'), folder + '/vault'], code=1)


def scenario_light_carries_a_days_batch():
    """15 payouts from 2 inputs, every message as pictures of codes, at most 24 codes each way at
    QR version 20."""
    with Chain() as chain:
        payer = chain.wallet('payer')
        chain.mine(75, payer.address())
        payer.refresh()
        treasury = Treasury(chain, 'light', light=590)
        payer.pay([(treasury.watcher.new_address(), 10 * XMR)] * 2)
        chain.mine(UNLOCK, payer.address())
        treasury.watcher.sync()
        payouts = {f"p{i}": (payer.new_account()[1], XMR + i) for i in range(15)}
        for payout, (address, amount) in payouts.items():
            treasury.watcher.add(payout, address, amount)
        request = treasury.request()
        treasury.signer.sign(request, request + '.reply')
        for folder in (request, request + '.reply'):
            codes = len([f for f in os.listdir(folder) if f.startswith('frame-')]) // 2
            assert os.path.exists(os.path.join(folder, 'animation.png'))
            # 97 modules and the quiet zone, 4 pixels each: version 20.
            side = light.Image.open(os.path.join(folder, 'frame-0001.png')).width
            print(f"{os.path.basename(folder)}: {codes} codes, {side // 4 - 8} modules")
            assert codes <= 24 and side <= 4 * (97 + 8)
        taken = treasury.watcher.take(request + '.reply')
        treasury.watcher.broadcast()
        assert sum(len(t['payouts']) for t in taken) == 15
        assert sorted(chain.node.pool()) == sorted(t['txid'] for t in taken)
