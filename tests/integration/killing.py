"""
kill -9 of `run` at random moments, under deposits, payouts, webhooks and reorganisations. After it:
no event lost, doubled or changed, `verify` clean, webhooks complete, every payout paid once, and the
official wallet of the same words sees the same money.
"""
import contextlib
import hashlib
import random
import subprocess
import threading
import time

from airlock import Treasury, program
from daemon import Daemon, Receiver, until
from regtest import Chain, RpcError, UNLOCK, XMR, die_with_parent

EVERY = 25  # kills between two looks at the ledger


class Load:
    """Deposits, blocks, reorganisations and payouts, until told to stop."""

    def __init__(self, chain, treasury, payer, seed):
        self.chain, self.treasury, self.payer = chain, treasury, payer
        self.random = random.Random(seed)
        self.addresses = [treasury.watcher.new_address() for _ in range(5)]
        self.payee = chain.wallet('payee')
        self.queued = 0
        self.stopping = False
        self.failed = None
        self.thread = threading.Thread(target=self.go, daemon=True)

    def go(self):
        try:
            while not self.stopping:
                self.step(self.random.randrange(6))
        except Exception as error:  # pylint: disable=W0718
            self.failed = error

    def step(self, kind):
        if kind == 0:
            self.payer.refresh()
            with contextlib.suppress(RpcError):  # its own outputs went with a reorganisation
                self.payer.pay([(self.random.choice(self.addresses), XMR // 4 + self.queued)])
        elif kind == 1:
            self.queued += 1
            self.treasury.watcher.add(f"k{self.queued}", self.payee.address(), XMR // 1000)
        elif kind == 2:
            request = self.treasury.path(f"request-{self.queued}-{time.monotonic_ns()}")
            if self.treasury.watcher.build(request, code=None).code == 0:
                self.treasury.signer.sign(request, request + '.reply')
                self.treasury.watcher.take(request + '.reply')
                self.treasury.watcher.broadcast(code=None)
        elif kind == 3:
            depth = self.random.randrange(1, 7)
            self.chain.node.pop(depth)
            self.chain.mine(depth + 1, self.payer.address())
        else:
            self.chain.mine(1, self.payer.address())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join(120)
        if self.failed:
            raise self.failed


def ledger(watcher, seen):
    """Every event is where it was, and the numbers have no gap."""
    events = watcher.run('events', '--json').json['events']
    assert [e['number'] for e in events] == list(range(1, len(events) + 1)), 'a gap'
    hashes = [hashlib.sha256(repr(e).encode()).digest() for e in events]
    assert hashes[:len(seen)] == seen, 'an event changed, or is gone'
    watcher.run('verify')
    return hashes


def kill_at_random(watcher, source, most_ms):
    """One life of `run`."""
    process = subprocess.Popen([program('airlock-watcher'), '--data', watcher.folder, 'run'],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
    time.sleep(source.random() * most_ms / 1000)
    alive = process.poll() is None
    process.kill()
    process.wait()
    return alive


def campaign(kills, seed=1, most_ms=200):
    """Returns how many lives ended by our hand, and how many events there were."""
    source = random.Random(seed)
    with Chain() as chain, contextlib.closing(Receiver()) as receiver:
        treasury, payer = Treasury(chain), chain.wallet('payer')
        chain.mine(120, payer.address())
        payer.refresh()
        watcher = treasury.watcher
        payer.pay([(watcher.address(), XMR)] * 10)
        chain.mine(UNLOCK + 1, payer.address())
        watcher.sync()
        answer = watcher.run('webhook', 'add', '--id', 'shop', '--url', receiver.url, '--allow',
                             '127.0.0.0/8', '--after', '0', '--json').json
        receiver.keys.append(answer['secret'])
        seen, dead = [], 0
        with Load(chain, treasury, payer, seed) as load:
            for i in range(kills):
                dead += kill_at_random(watcher, source, most_ms)
                if i % EVERY == EVERY - 1:
                    seen = ledger(watcher, seen)
        assert dead > kills * 9 // 10, f"{kills - dead} lives ended by themselves"
        # Then in peace: what can be mined is, and all events are delivered. A reorganisation takes
        # ring members with it: what names them stays in the pool for good.
        for _ in range(5):
            watcher.run('resume')
            watcher.broadcast(code=None)
            chain.mine(2, payer.address())
            watcher.sync()
        chain.node.flush_pool()
        chain.mine(2 * UNLOCK + 1, payer.address())
        watcher.sync()
        seen = ledger(watcher, seen)
        with Daemon(watcher) as daemon:
            until('all webhooks', lambda: set(receiver.numbers()) >= set(range(1, len(seen) + 1)), 60)
            daemon.stop()
        first = {}
        for at, number in enumerate(receiver.numbers()):
            first.setdefault(number, at)
        assert sorted(first, key=first.get) == sorted(first), 'webhooks came out of order'
        done = [p for p, state in watcher.payouts().items() if state == 'confirmed']
        assert load.payee.balance()[0] == len(done) * (XMR // 1000), 'paid twice, or not at all'
        witness = chain.wallet('witness', words=treasury.words)
        ours, theirs = watcher.balance()[0], witness.balance()[0]
        assert ours == theirs, f"we have {ours}, the official wallet {theirs}"
        return dead, len(seen), len(done)
