"""
Bad input to both programs: each time a clear error, the right exit code, no change of state, and
the good thing still works afterwards.
"""
import json
import os
import resource
import shutil
import signal
import tempfile
import zlib

from airlock import (DONE, FAILED, MESSAGE, NODE, POLICY, REFUSED, USAGE, Signer, Treasury,
                     Watcher)
from bad_node import BadNode
from regtest import Chain, UNLOCK, XMR
from test_payouts import confirm, funded


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    return path


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def damaged(path, out):
    """(what, file) of every way to spoil a message that is tried; files are made in turn."""
    good = read(path)
    for size in (0, 1, 7, 8, 9, 40, len(good) // 2, len(good) - 1):
        yield f"truncated to {size}", write(out, good[:size])
    for at in [0, 3, 7, 8, 20, 48, len(good) // 2, len(good) - 17, len(good) - 1]:
        yield f"bit flipped at {at}", write(out, good[:at] + bytes([good[at] ^ 4]) + good[at + 1:])
    yield 'something after its end', write(out, good + b'\0')
    yield 'twice', write(out, good + good)
    yield 'oversized', write(out, good + bytes(17 << 20))
    yield 'text', write(out, b'not a message\n')


def each_refused(try_one, state, files):
    """try_one(file, exit code) on every file; the state stays."""
    before = state()
    for what, file in files:
        try:
            try_one(file, MESSAGE)
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error
        assert state() == before, f"{what}: the state changed"


def no_space():
    """In the child: files cannot grow; a write beyond fails as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))


def scenario_messages():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 6, 3 * XMR)
        signer, watcher = treasury.signer, treasury.watcher
        stranger = Treasury(chain, 'stranger')
        payee = chain.wallet('payee')
        bad = treasury.path('bad')
        reply = treasury.path('reply')

        def signer_state():
            return signer.journal()

        def watcher_state():
            return watcher.balance(), watcher.payouts(), watcher.deposits()

        def sign(file, code):
            signer.inspect(file, code=code)
            signer.sign(file, reply, code=code, confirm='AAAA-AAAA')
            assert not os.path.exists(reply)

        def take(file, code):
            watcher.take(file, code=code)

        watcher.add('good', payee.address(), XMR)
        request = treasury.request()
        each_refused(sign, signer_state, damaged(request, bad))

        # Good messages, for another purpose or another signer.
        payer.pay([(stranger.watcher.address(), 2 * XMR)] * 2)
        chain.mine(UNLOCK, payer.address())
        stranger.watcher.sync()
        stranger.watcher.add('foreign', payee.address(), XMR)
        foreign = stranger.request()
        each_refused(sign, signer_state, [
            ('a kit', treasury.path('kit')), ('a pairing', treasury.path('pairing')),
            ("another signer's request", foreign)])

        # The reply, back at the watcher.
        signer.sign(request, reply)
        each_refused(take, watcher_state, damaged(reply, bad))
        stranger.signer.sign(foreign, foreign + '.reply')
        each_refused(take, watcher_state, [
            ('a request', request), ('a kit', treasury.path('kit')),
            ("another watcher's reply", foreign + '.reply')])

        # The good one works; the same again changes nothing, on both sides.
        watcher.take(reply)
        state = watcher_state()
        watcher.take(reply, code=None)
        assert watcher_state() == state, 'a replayed reply changed the state'
        watcher.broadcast()
        signed = [e for e in signer.journal() if e['kind'] == 'signed']
        signer.sign(request, reply + '-again')
        assert read(reply + '-again') == read(reply), 'the same request got another reply'
        assert [e for e in signer.journal() if e['kind'] == 'signed'] == signed
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == XMR

        # A request older than one that was answered.
        chain.mine(UNLOCK, payer.address())
        watcher.sync()
        watcher.add('old', payee.address(), XMR // 2)
        old = treasury.request()
        watcher.add('new', payee.address(), XMR // 4)
        new = treasury.request()
        signer.sign(new, new + '.reply')
        signer.sign(old, old + '.reply', code=REFUSED)


def scenario_networks_and_kits():
    with Chain() as chain:
        treasury = Treasury(chain)
        kit = treasury.path('kit')

        # Another network: a kit of stagenet at a mainnet chain, a pairing for another network.
        other = Signer(treasury.path('stagenet'))
        other.init(network='stagenet')
        other.run('kit', '--out', treasury.path('stagenet-kit'))
        watcher = Watcher(treasury.path('stagenet-watcher'), chain.node.url)
        watcher.init(treasury.path('stagenet-kit'), code=None)
        watcher.sync(code=None)
        assert watcher.run('sync', code=None).code != DONE
        other.run('pair', treasury.path('pairing'), code=MESSAGE)

        for what, file in damaged(kit, treasury.path('bad')):
            watcher = Watcher(treasury.path('none'), chain.node.url)
            watcher.init(file, code=MESSAGE)
            assert watcher.run('balance', code=None).code != DONE, what


def swapped(words):
    """Two neighbours the other way round, where the checksum word shows it: it is one of 24."""
    *seed, checksum = words.split()
    for i in range(23):
        other = seed[:i] + [seed[i + 1], seed[i]] + seed[i + 2:]
        if other[zlib.crc32(''.join(w[:3] for w in other).encode()) % 24] != checksum:
            return ' '.join([*other, checksum])
    raise AssertionError('no swap shows')


def scenario_vaults():
    """The signer alone: passphrases, damage at any place, words, policies."""
    folder = tempfile.mkdtemp(prefix='airlock-vaults.')
    try:
        vaults(folder)
    finally:
        shutil.rmtree(folder)


def vaults(folder):
    def path(name):
        return os.path.join(folder, name)

    signer = Signer(path('vault'))
    words = signer.init()
    assert len(words.split()) == 25
    signer.set_policy(POLICY)
    journal = signer.journal()

    signer.run('status', code=FAILED, passphrase='wrong')
    signer.run('kit', '--out', path('none'), code=FAILED, passphrase='wrong')
    signer.init(words, code=FAILED)
    signer.run('status')

    copy = Signer(path('copy'))

    def try_damaged(name, data):
        shutil.rmtree(copy.folder, ignore_errors=True)
        shutil.copytree(signer.folder, copy.folder)
        write(os.path.join(copy.folder, name), data)
        copy.run('kit', '--out', path('none'), code=FAILED)
        assert not os.path.exists(path('none'))

    good = read(os.path.join(signer.folder, 'vault'))
    for at in range(0, len(good), 7):
        try_damaged('vault', good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
    for size in (0, 1, 16, len(good) // 2, len(good) - 1):
        try_damaged('vault', good[:size])
    try_damaged('vault', good + b'\0')
    # The journal's store: both of its first pages gone, and cut short.
    store = read(os.path.join(signer.folder, 'data.mdb'))
    try_damaged('data.mdb', bytes([store[0]] * 8192) + store[8192:])
    try_damaged('data.mdb', store[:len(store) // 2])
    assert signer.journal() == journal

    fresh = Signer(path('fresh'))
    for bad in ('', words.rsplit(' ', 1)[0], 'zzz ' + words.split(' ', 1)[1], words + ' abbey',
                swapped(words)):
        fresh.init(bad, code=USAGE)
        assert not os.path.exists(os.path.join(fresh.folder, 'vault'))
    fresh.init(words)
    assert fresh.run('status', '--json').json['address'] == signer.run(
        'status', '--json').json['address']

    limits = json.dumps(POLICY['limits'])
    for text in ('', '{', '[]', '{"version":1}', '{"version":2,"limits":' + limits + '}',
                 '{"version":1,"limits":' + limits + ',"more":1}',
                 '{"version":1,"limits":' + limits.replace('"1000"', '1000.5') + '}',
                 '{"version":1,"limits":' + limits.replace('"1000"', '"-1"') + '}',
                 '{"version":1,"limits":' + limits.replace('"payout"', '"pay"') + '}',
                 '{"version":1,"limits":' + limits + ',"vaults":["4abc"]}'):
        signer.run('policy', 'set', write(path('bad'), text.encode()), code=USAGE)
    assert signer.journal() == journal


def scenario_nodes():
    with Chain() as chain, BadNode(chain.node) as node:
        payer = chain.wallet('payer')
        chain.mine(75, payer.address())
        payer.refresh()
        treasury = Treasury(chain, url=node.url)
        watcher = treasury.watcher
        payer.pay([(watcher.address(), 3 * XMR)])
        chain.mine(UNLOCK, payer.address())

        def state():
            return watcher.balance(), watcher.deposits(), watcher.payouts()

        # From the first block on, and in the middle of the way.
        before = state()
        for mode in ('garbage', 'empty', 'half', 'closed', 'error', 'busy', 'network'):
            node.set(mode)
            watcher.sync(code=NODE)
            assert state() == before, f"{mode}: the state changed"
        for mode in ('garbage', 'half', 'closed'):
            node.set(mode, after=2)
            watcher.sync(code=NODE)
        node.set('honest')
        watcher.sync()
        assert watcher.balance()[0] == 3 * XMR

        # With money at stake: planning and sending.
        watcher.add('a', payer.address(), XMR)
        for mode in ('garbage', 'half', 'closed', 'network'):
            before = state()
            node.set(mode)
            watcher.build(treasury.path('none'), code=NODE)
            assert not os.path.exists(treasury.path('none'))
            assert state() == before
        node.set('honest')
        request = treasury.request()
        treasury.signer.sign(request, request + '.reply')
        watcher.take(request + '.reply')
        for mode in ('garbage', 'half', 'closed'):
            node.set(mode)
            watcher.broadcast(code=NODE)
        node.set('honest')
        watcher.broadcast()
        chain.mine(1, payer.address())
        watcher.sync()
        assert watcher.payouts() == {'a': 'confirmed'} or chain.node.pool() == []

        # Nobody there.
        chain.node.stop()
        watcher.sync(code=NODE)


def scenario_no_space():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 4, 3 * XMR)
        payee = chain.wallet('payee')
        signer, watcher = treasury.signer, treasury.watcher
        watcher.add('a', payee.address(), XMR)
        before = watcher.payouts(), watcher.balance()
        watcher.run('request', 'build', '--out', treasury.path('none'), code=FAILED, limits=no_space)
        watcher.run('payout', 'add', '--id', 'b', '--address', payee.address(), '--amount', '1',
                    code=FAILED, limits=no_space)
        chain.mine(1, payer.address())
        watcher.run('sync', code=FAILED, limits=no_space)
        assert (watcher.payouts(), watcher.balance()) == before
        assert not os.path.exists(treasury.path('none'))

        request = treasury.request()
        code = signer.inspect(request).json['code']
        journal = signer.journal()
        signer.run('sign', request, '--out', treasury.path('none'),
                   fds=[('--confirm-fd', code + '\n')], code=FAILED, limits=no_space)
        assert not os.path.exists(treasury.path('none'))
        assert signer.journal() == journal
        treasury.send(request)
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == XMR


def scenario_usage():
    """The command line: exit code 2, a word on what is wrong, nothing made."""
    with Chain() as chain:
        treasury = Treasury(chain)
        signer, watcher = treasury.signer, treasury.watcher
        state = watcher.payouts(), signer.journal()
        good = watcher.address()
        for args in ((), ('nonsense',), ('payout', 'add'), ('balance', '--nonsense')):
            watcher.run(*args, code=USAGE)
        for address in ('', 'x', good[:-1], good + 'a', good[:-1] + ('1' if good[-1] != '1' else '2'),
                        good.replace(good[5], '0', 1), '9' + good[1:]):
            watcher.run('payout', 'add', '--id', 'a', '--address', address, '--amount', '1',
                        code=USAGE)
        for amount in ('', '0', '-1', '1e3', '0.0000000000001', '18446744073709551616', '1,5', 'x'):
            watcher.run('payout', 'add', '--id', 'a', '--address', good, '--amount', amount,
                        code=USAGE)
        for args in ((), ('nonsense',), ('sign',), ('sign', '--nonsense')):
            signer.run(*args, code=USAGE)
        assert (watcher.payouts(), signer.journal()) == state
