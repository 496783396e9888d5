#!/usr/bin/python3
"""
The crash test of the signer. Real runs of the real program are recorded call by call (record.c);
for each call, the states that kill -9 and a power cut there can leave are built (images.py) and
judged by the real program: the vault opens, the journal verifies and is a beginning of what the
whole run wrote, no byte of a reply is out without the journal entries of its signatures, and the
same request then gets the same reply. Besides, the program is killed for real at random moments.

    crash.py [--build DIR] [--seed N] [--rounds N] [--images N] [--kills N] [--control NAME]

--control plants a fault that must be found: `nosync` (nothing is ever durable), `early` (the reply
leaves before the commit). The last line tells the counts; the exit code is 0 when nothing is wrong.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from images import History, read_log  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIRST, SECOND = 'first passphrase\n', 'second passphrase\n'
POLICY = {'version': 1,
          'limits': {'payout': '5', 'transaction': '5', 'day': '1000', 'day_count': 1000,
                     'fee': '0.01', 'fee_per_byte': '0.000001'},
          'tiers': {'unattended': {'transaction': '4', 'day': '900'}}}
NOT_KEPT = ('lock.mdb',)  # LMDB makes it anew; it is no state


class Broken(Exception):
    """What must never be."""


class Program:
    """The signer on one folder: its vault is `vault` in it, what it hands out goes to `out`."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, args, fds=(), log=None):
        command = [os.path.join(self.build, 'signer', 'airlock-signer'), '--vault', self.path('vault')]
        give, environment = [], dict(os.environ)
        for option, text in [*fds]:
            reader, writer = os.pipe()
            os.write(writer, text.encode())
            os.close(writer)
            give.append(reader)
            args = [*args, option, str(reader)]
        if log:
            environment.update(LD_PRELOAD=os.path.join(self.build, 'tests', 'crash', 'libcrash_record.so'),
                               CRASH_LOG=log, CRASH_ROOT=self.folder)
        process = subprocess.Popen([*command, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, pass_fds=give, env=environment)
        for reader in give:
            os.close(reader)
        return process

    def run(self, args, fds=(), log=None, codes=(0,)):
        process = self.start(args, fds, log)
        out, err = process.communicate(timeout=300)
        if process.returncode not in codes:
            raise Broken(f"{args[0]} ended with {process.returncode}: {err.decode(errors='replace').strip()}")
        return process.returncode, out

    def journal(self):
        """Entries after verifying them, oldest first."""
        self.run(['journal', 'verify'])
        return json.loads(self.run(['journal', 'show', '--json'])[1])['entries']


class Step:
    """One run that is recorded: its arguments, and the requests that it answers by their numbers."""

    def __init__(self, name, args, fds, requests=(), codes=(0,), new_passphrase=None):
        self.name, self.args, self.fds = name, args, fds
        self.requests, self.codes, self.new_passphrase = requests, codes, new_passphrase


def files_of(folder):
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            if name in NOT_KEPT:
                continue
            path = os.path.join(at, name)
            with open(path, 'rb') as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def lay_out(files, folder):
    shutil.rmtree(folder, ignore_errors=True)
    for sub in ('vault', 'out', 'in'):
        os.makedirs(os.path.join(folder, sub), mode=0o700)
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)


class Campaign:
    def __init__(self, build, seed, images, control=None):
        self.build, self.images, self.control = build, images, control
        self.chance = random.Random(seed)
        self.work = tempfile.mkdtemp(prefix='airlock-crash-')
        self.points = self.judged = self.resumed = self.kills = 0
        self.wrong = []
        self.passphrase = FIRST

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def place(self, *parts):
        return os.path.join(self.work, *parts)

    def unlock(self, passphrase=None):
        return ('--passphrase-fd', passphrase or self.passphrase)

    # ---- the signer as it is before each step

    def set_up(self, requests, txs):
        """A paired vault with a policy, and the watcher's requests."""
        live = self.live = Program(self.build, self.place('live'))
        for folder in ('live', 'live/out', 'live/in', 'made'):
            os.makedirs(self.place(folder), mode=0o700)
        self.record(Step('init', ['init', '--network', 'stagenet', '--birthday', '0', '--kdf', 'quick',
                                  '--words-out-fd', '2'], [self.unlock()]))
        live.run(['kit', '--out', self.place('made', 'kit')], [self.unlock()])
        subprocess.run([os.path.join(self.build, 'tests', 'crash', 'crash_watcher'),
                        self.place('made', 'kit'), self.place('made'), str(requests), str(txs)], check=True)
        self.policy(POLICY)
        self.record(Step('pair', ['pair', self.place('made', 'pairing')], [self.unlock()]))
        self.record(Step('policy', ['policy', 'set', self.place('made', 'policy'), '--yes'], [self.unlock()]))

    def policy(self, policy):
        with open(self.place('made', 'policy'), 'w', encoding='utf-8') as f:
            json.dump(policy, f)

    def sign(self, number):
        with open(self.place('made', f'code-{number}'), encoding='ascii') as f:
            code = f.read()
        return (['sign', self.place('made', f'request-{number}'), '--out',
                 self.live.path('out', f'request-{number}.reply')],
                [self.unlock(), ('--confirm-fd', code + '\n')])

    # ---- one step: recorded, then judged at each of its calls

    def record(self, step):
        log = self.place('log')
        if os.path.exists(log):
            os.remove(log)
        before = files_of(self.live.folder)
        entries = self.live.journal() if 'vault/vault' in before else []
        self.live.run(step.args, step.fds, log, step.codes)
        if step.new_passphrase:
            self.passphrase = step.new_passphrase
        ops = read_log(log)
        if not ops:
            raise Broken(f"{step.name}: nothing was recorded")
        if self.control == 'early':
            ops.sort(key=lambda op: not op.path.startswith('out/'))
        history = History(before, ops)
        whole = self.live.journal()
        for end in range(len(ops) + 1):
            self.points += 1
            for image in range(self.images):
                how = ('lost', 'kept')[image] if image < 2 else 'torn'
                files = history.image(end, how, self.chance, self.control != 'nosync')
                self.judge(step, ops[:end + 1], files, entries, whole, f"{step.name}, call {end} of {len(ops)}, {how}")

    def judge(self, step, ops, files, before, whole, where):
        self.judged += 1
        image = Program(self.build, self.place('image'))
        lay_out({name: data for name, data in files.items() if os.path.basename(name) not in NOT_KEPT},
                image.folder)
        try:
            if step.name == 'init':
                self.judge_init(image, files)
                return
            found = image.journal()
            if found != whole[:len(found)] or len(found) < len(before):
                raise Broken("the journal is no beginning of what was written")
            opens = [p for p in (self.passphrase, FIRST, SECOND)
                     if image.run(['status'], [self.unlock(p)], codes=(0, 1))[0] == 0]
            if not opens:
                raise Broken("the vault does not open")
            for number in step.requests:
                self.judge_request(image, step, number, ops, found, whole, opens[0])
        except Broken as broken:
            self.wrong.append(f"{where}: {broken}")
            if not self.control:
                print(f"WRONG {where}: {broken}", flush=True)

    def judge_init(self, image, files):
        """Either nothing is there, and init can be done again, or a vault that opens."""
        if 'vault/vault' in files:
            image.run(['status'], [self.unlock()])
            image.journal()
            return
        shutil.rmtree(image.path('vault'))
        image.run(['init', '--network', 'stagenet', '--birthday', '0', '--kdf', 'quick', '--words-out-fd', '2'],
                  [self.unlock()])

    def judge_request(self, image, step, number, ops, found, whole, passphrase):
        name = f'out/request-{number}.reply'
        out = any(op.kind == 'w' and op.path.startswith(name) for op in ops)
        hashes = [e['request'] for e in whole if e['kind'] == 'request' and e['request_number'] == number]

        def signed(entries):
            return sum(e['kind'] == 'signed' and e['request'] in hashes for e in entries)

        if out and signed(found) != signed(whole):
            raise Broken(f"request {number} has a reply outside and {signed(found)} of "
                         f"{signed(whole)} signatures in the journal")
        if not out and self.chance.random() > 0.15:
            return
        self.resumed += 1
        self.resume(image, step, number, out, passphrase)

    def resume(self, image, step, number, out, passphrase):
        """The same command again, as after any interruption."""
        moved = [a.replace(self.live.folder, image.folder) for a in step.args]
        fds = [(option, passphrase if option == '--passphrase-fd' else text) for option, text in step.fds]
        image.run(moved, fds, codes=step.codes)
        with open(image.path('out', f'request-{number}.reply'), 'rb') as f:
            reply = f.read()
        with open(self.live.path('out', f'request-{number}.reply'), 'rb') as f:
            first = f.read()
        if out and reply != first:
            raise Broken(f"request {number} got another reply than the one that is outside")
        if [n for n in os.listdir(image.path('out')) if n.startswith(f'request-{number}.') and
                n.endswith('.reply')] != [f'request-{number}.reply']:
            raise Broken(f"request {number} has more than one reply")

    # ---- the steps

    def steps(self, rounds):
        for number in range(1, rounds + 1):
            if number % 4 == 0:
                self.serve(number)
            else:
                args, fds = self.sign(number)
                self.record(Step(f'sign {number}', args, fds, [number], (3,) if number % 5 == 0 else (0,)))
            if number % 4 == 1:
                args, fds = self.sign(number)
                self.record(Step(f'sign {number} again', args, fds, [number], (3,) if number % 5 == 0 else (0,)))
            if number % 8 == 3:
                fresh = SECOND if self.passphrase == FIRST else FIRST
                self.record(Step('passphrase', ['passphrase'], [self.unlock(), ('--new-passphrase-fd', fresh)],
                                 new_passphrase=fresh))
            if number % 8 == 6:
                self.policy({**POLICY, 'limits': {**POLICY['limits'], 'day': str(1000 + number)}})
                self.record(Step('policy', ['policy', 'set', self.place('made', 'policy'), '--yes'], [self.unlock()]))

            if number % 8 == 5:
                kept = files_of(self.live.path('vault'))
            if number % 8 == 7:
                self.catch_up(kept)

    def catch_up(self, kept):
        """The disk as it was two rounds ago, and what it has lost since from a copy of the journal."""
        copy = self.place('made', 'copy')
        self.live.run(['journal', 'export', '--cbor', '--out', copy], [self.unlock()])
        shutil.rmtree(self.live.path('vault'))
        for name, data in kept.items():
            os.makedirs(self.live.path('vault'), mode=0o700, exist_ok=True)
            with open(self.live.path('vault', name), 'wb') as f:
                f.write(data)
        self.record(Step('catch-up', ['catch-up', copy], [self.unlock()]))

    def serve(self, number):
        shutil.copy(self.place('made', f'request-{number}'), self.live.path('in', f'request-{number}'))
        self.record(Step(f'serve {number}', ['serve', '--inbox', self.live.path('in'), '--outbox',
                                             self.live.path('out'), '--once'], [self.unlock()], [number]))

    def kill(self, number, times):
        """kill -9 at a random moment of signing, again and again, on a folder that lives on."""
        image = Program(self.build, self.place('killed'))
        lay_out(files_of(self.live.folder), image.folder)
        args, fds = self.sign(number)
        args = [a.replace(self.live.folder, image.folder) for a in args]
        started = time.monotonic()
        fresh = Program(self.build, self.place('timed'))
        lay_out(files_of(self.live.folder), fresh.folder)
        fresh.run([a.replace(self.live.folder, fresh.folder) for a in self.sign(number)[0]], fds)
        longest = time.monotonic() - started
        for _ in range(times):
            lay_out(files_of(self.live.folder), image.folder)
            process = image.start(args, fds)
            time.sleep(self.chance.random() * longest * 1.1)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            self.kills += 1
            try:
                found = image.journal()
                reply = image.path('out', f'request-{number}.reply')
                before = os.path.exists(reply) and open(reply, 'rb').read()  # pylint: disable=R1732
                if before and not any(e['kind'] == 'request' and e['request_number'] == number for e in found):
                    raise Broken("a reply without its journal entry")
                image.run(args, fds)
                if before and open(reply, 'rb').read() != before:  # pylint: disable=R1732
                    raise Broken("another reply than before")
            except Broken as broken:
                self.wrong.append(f"killed while signing {number}: {broken}")
                print(f"WRONG killed while signing {number}: {broken}", flush=True)


def campaign(build, seed, rounds, images, kills, control=None):
    """Runs one; returns it, closed. `wrong` lists what must never be."""
    c = Campaign(build, seed, images, control)
    # A multiple of 5 is a request over every limit: no signing to be killed in.
    last = rounds + 1 + ((rounds + 1) % 5 == 0)
    try:
        c.set_up(last, 3)
        c.steps(rounds)
        c.kill(last, kills)
    finally:
        c.close()
    return c


def main():
    parser = argparse.ArgumentParser(description='The crash test of the signer.')
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=40)
    parser.add_argument('--images', type=int, default=6)
    parser.add_argument('--kills', type=int, default=100)
    parser.add_argument('--control', choices=('nosync', 'early'))
    args = parser.parse_args()
    c = campaign(os.path.abspath(args.build), args.seed, args.rounds, args.images, args.kills, args.control)
    print(f"crash: seed {args.seed}: {c.points} points, {c.judged} images judged, {c.resumed} resumed, "
          f"{c.kills} killed, {len(c.wrong)} wrong")
    if args.control:
        return 0 if c.wrong else 1
    return 1 if c.wrong else 0


if __name__ == '__main__':
    sys.exit(main())
