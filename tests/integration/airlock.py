"""
Both programs as a test drives them: secrets over file descriptors, exit codes checked, printed JSON
turned into plain values. Amounts are atomic units (int).
"""
import json
import os
import subprocess
import threading

from regtest import XMR, xmr

DONE, FAILED, USAGE, REFUSED, MESSAGE, NODE = range(6)
PASSPHRASE = 'correct horse battery staple'
PROGRAM_SECONDS = 300

# A young chain's block reward is great, and with it what the node asks for.
FEES = {'fee_most': '0.5', 'fee_per_byte_most': '0.001'}
POLICY = {
    'version': 1,
    'limits': {'payout': '1000', 'transaction': '2000', 'day': '5000', 'day_count': 1000,
               'fee': '0.5', 'fee_per_byte': '0.0001'},
}


class ExitCode(AssertionError):
    """A program that ended with another code than the test expects."""


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


def program(name):
    """The program of the build under test; set by run.py, else ./build."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    build = os.environ.get('AIRLOCK_BUILD', os.path.join(root, 'build'))
    return os.path.join(build, name.split('-')[1], name)


def atomic(value):
    """An amount as the programs print it in JSON: a decimal string of XMR, all digits exact."""
    assert isinstance(value, str), f"amount {value!r} is not a string"
    whole, _, part = value.partition('.')
    assert len(part) <= 12
    return int(whole) * XMR + int(part.ljust(12, '0'))


def made(light, path):
    """The options by which a command makes a message: a file, or pictures of codes in a folder."""
    return ['--png', path, '--density', str(light)] if light else ['--out', path]


def scanned(path):
    """Lines of text that airlock-scan finds in pictures."""
    done = subprocess.run([program('airlock-scan'), path], capture_output=True, text=True,
                          check=False)
    assert done.returncode == DONE, done.stderr
    return done.stdout


def run(command, fds=(), code=DONE, limits=None, stdin=None):
    """
    Runs a program, with the text stdin, if any, as its input. fds is a list of (option, text): each
    text is served on a descriptor of its own and the option is given its number. code None accepts
    any.
    """
    command, writers, give = list(command), [], []
    for option, text in fds:
        reader, writer = os.pipe()
        give.append(reader)
        command += [option, str(reader)]
        writers.append((writer, text.encode()))

    def serve(writer, data):
        try:
            os.write(writer, data)
        except BrokenPipeError:
            pass
        os.close(writer)

    environment = dict(os.environ)
    environment['PATH'] = os.path.dirname(program('airlock-scan')) + ':' + environment['PATH']
    try:
        process = subprocess.Popen(command, env=environment,
                                   stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=give,
                                   preexec_fn=limits, text=True, errors='backslashreplace')
    finally:
        for reader in give:
            os.close(reader)
        for writer, data in writers:
            threading.Thread(target=serve, args=(writer, data), daemon=True).start()
    try:
        out, err = process.communicate(stdin, timeout=PROGRAM_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise ExitCode(f"{command}: still running after {PROGRAM_SECONDS} s\n{out}\n{err}") from None
    result = Result(process.returncode, out, err)
    if code is not None and result.code != code:
        raise ExitCode(f"{' '.join(command)}\n  ended with {result.code}, expected {code}\n"
                       f"--- stdout\n{out}--- stderr\n{err}")
    if result.code != DONE:
        assert result.code in range(1, 6), f"{command}: exit code {result.code}\n{err}"
        assert err.strip(), f"{command}: failed with {result.code} and said nothing"
    return result


class Signer:
    """One vault."""

    def __init__(self, folder, passphrase=PASSPHRASE):
        self.folder = folder
        self.passphrase = passphrase
        self.policy = None
        self.light = 0  # bytes in a code, when messages cross as pictures of codes

    def command(self, *args):
        return [program('airlock-signer'), '--vault', self.folder, *args]

    def run(self, *args, fds=(), code=DONE, limits=None, passphrase=None, stdin=None):
        unlock = ('--passphrase-fd', (passphrase or self.passphrase) + '\n')
        return run(self.command(*args), [unlock, *fds], code, limits, stdin)

    def take(self, command, message, *args, fds=(), code=DONE):
        """A command that takes a message: a file, or a folder of pictures."""
        if not os.path.isdir(message):
            return self.run(command, message, *args, fds=fds, code=code)
        return self.run(command, '--scan', '-', *args, fds=fds, code=code, stdin=scanned(message))

    def init(self, words=None, birthday=0, network='mainnet', code=DONE):
        """A vault of given words, or a new one; returns its words."""
        args = ['init', '--network', network, '--birthday', str(birthday), '--kdf', 'quick']
        if words is not None:
            self.run(*args, fds=[('--words-fd', words + '\n')], code=code)
            return words
        reader, writer = os.pipe()
        try:
            os.set_inheritable(writer, True)
            with open(reader, encoding='ascii', closefd=False) as f:
                secret, secret_writer = os.pipe()
                os.write(secret_writer, (self.passphrase + '\n').encode())
                os.close(secret_writer)
                result = subprocess.run(
                    self.command(*args, '--words-out-fd', str(writer), '--passphrase-fd',
                                 str(secret)),
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    pass_fds=[writer, secret], check=False)
                os.close(secret)
                os.close(writer)
                writer = None
                if result.returncode != code:
                    raise ExitCode(f"init ended with {result.returncode}\n{result.stderr}")
                return f.read().strip()
        finally:
            os.close(reader)
            if writer is not None:
                os.close(writer)

    def set_policy(self, policy, code=DONE):
        path = self.folder + '.policy.json'
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(policy, f)
        self.policy = policy
        return self.run('policy', 'set', path, '--yes', code=code)

    def inspect(self, request, code=DONE):
        return self.run('inspect', request, '--json', code=code)

    def sign(self, request, reply, code=DONE, confirm=None):
        """Signs with the code that inspect shows, as a person would type it."""
        if confirm is None:
            shown = self.take('inspect', request, '--json', code=None)
            confirm = shown.json['code'] if shown.code == DONE else 'none'
        return self.take('sign', request, *made(self.light, reply),
                         fds=[('--confirm-fd', confirm + '\n')], code=code)

    def journal(self):
        """Entries, oldest first."""
        return self.run('journal', 'show', '--json').json['entries']


class Watcher:
    """One data folder."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url
        self.light = 0

    def run(self, *args, code=DONE, limits=None):
        return run([program('airlock-watcher'), '--data', self.folder, *args], (), code, limits)

    def init(self, kit, code=DONE):
        option = '--scan' if os.path.isdir(kit) else '--kit'
        result = self.run('init', option, kit, '--node', self.url, code=code)
        if result.code == DONE:
            self.set(**FEES)
        return result

    def set(self, **settings):
        """Adds to the configuration; underscores stand for dashes, lists for several lines."""
        with open(os.path.join(self.folder, 'airlock.conf'), 'a', encoding='utf-8') as f:
            for name, value in settings.items():
                for one in value if isinstance(value, list) else [value]:
                    f.write(f"{name.replace('_', '-')} = {one}\n")

    def sync(self, code=DONE):
        return self.run('sync', code=code)

    def balance(self):
        """total, unlocked, reserved"""
        answer = self.run('balance', '--json').json
        return tuple(atomic(answer[name]) for name in ('total', 'unlocked', 'reserved'))

    def deposits(self):
        """(transaction id, account, index, amount, state), sorted."""
        found = self.run('deposits', '--json').json['deposits']
        return sorted((d['txid'], d['account'], d['index'], atomic(d['amount']), d['state'])
                      for d in found)

    def outputs(self):
        """(transaction id, account, index, amount) of every output in the chain, sorted."""
        return sorted(d[:4] for d in self.deposits() if d[4] not in ('reversed', 'seen'))

    def new_address(self, account=0):
        return self.run('address', 'new', '--account', str(account), '--json').json['address']

    def address(self):
        return self.run('address', 'show', '--json').json['address']

    def add(self, payout, address, amount, code=DONE):
        return self.run('payout', 'add', '--id', payout, '--address', address, '--amount',
                        xmr(amount), code=code)

    def payouts(self):
        """{id: state}"""
        return {p['id']: p['state'] for p in self.run('payout', 'list', '--json').json['payouts']}

    def build(self, request, code=DONE):
        return self.run('request', 'build', *made(self.light, request), '--json', code=code)

    def take(self, reply, code=DONE):
        """The transactions of a reply: txid, fee, payouts (ids), keys."""
        option = ['--scan'] if os.path.isdir(reply) else []
        result = self.run('import', *option, reply, '--json', code=code)
        if result.code != DONE:
            return []
        return [dict(t, fee=atomic(t['fee'])) for t in result.json['transactions']]

    def broadcast(self, code=DONE):
        return self.run('broadcast', code=code)

    def events(self, after=0):
        """(number, event) from the one after `after`."""
        found = self.run('events', '--after', str(after), '--json').json['events']
        return [(e['number'], e['event']) for e in found]

    def invoice(self, name, amount, *options, code=DONE):
        """A new invoice, or the same again."""
        result = self.run('invoice', 'create', '--id', name, '--amount', xmr(amount), *options,
                          '--json', code=code)
        return result.json if code == DONE else None

    def invoice_state(self, name):
        """state, and received, counted, held, refund in atomic units"""
        v = self.run('invoice', 'show', name, '--json').json
        return v['state'], *(v[part + '_atomic'] for part in ('received', 'counted', 'held',
                                                              'refund'))

    def status(self):
        return self.run('status', '--json').json


class Treasury:
    """A signer and a watcher that are paired, on a chain."""

    def __init__(self, chain, name='treasury', words=None, policy=POLICY, url=None, light=0):  # pylint: disable=W0102,R0913
        self.chain = chain
        self.folder = chain.path(name)
        os.makedirs(self.folder)
        self.signer = Signer(self.path('vault'))
        self.watcher = Watcher(self.path('watcher'), url or chain.node.url)
        self.words = self.signer.init(words)
        self.signer.light = self.watcher.light = light
        self.signer.run('kit', *made(light, self.path('kit')))
        self.watcher.init(self.path('kit'))
        self.watcher.run('pair', *made(light, self.path('pairing')))
        self.signer.take('pair', self.path('pairing'))
        self.signer.set_policy(policy)
        self.requests = 0

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def request(self):
        """A new request of all queued payouts; returns its file."""
        self.requests += 1
        file = self.path(f"request-{self.requests}")
        self.watcher.build(file)
        return file

    def pay(self, payouts):
        """
        Queue, build, sign, import, broadcast. payouts: {id: (address, amount)}. Returns the
        transactions as import reports them: txid, fee, payouts, keys.
        """
        for payout, (address, amount) in payouts.items():
            self.watcher.add(payout, address, amount)
        return self.send(self.request())

    def send(self, request):
        self.signer.sign(request, request + '.reply')
        taken = self.watcher.take(request + '.reply')
        self.watcher.broadcast()
        return taken
