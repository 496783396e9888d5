"""
kill -9 of `run` at random moments, under deposits, invoices, payouts, webhooks and reorganisations.
After each: no event lost, doubled or changed, and `verify` clean. At the end of a chain: webhooks
complete, every payout paid once, invoices as the payments in the blocks say, and the official wallet
of the same words sees the same money.
"""
import contextlib
import hashlib
import random
import subprocess
import threading
import time
from collections import Counter

from airlock import Treasury, program
from daemon import Daemon, Receiver, until
from regtest import Chain, RpcError, UNLOCK, XMR, die_with_parent

CHAIN = 1000     # kills on one chain; another begins with an empty store
NEW = 10         # kills between two looks at the events that are new
ALL = 50         # and at all of them
LIFE = 2         # a life of `run` takes at most so many times as long as `verify`
PAYOUT = XMR // 1000
INVOICE = XMR // 20  # credited in its first block
DEEPEST = 20     # blocks until the largest sum is credited
INVOICES = 150   # the official wallet, restored, looks for the first 200 addresses only


class Load:
    """What goes on around the watcher, until told to stop."""

    def __init__(self, chain, treasury, payer, seed, pause):
        self.chain, self.treasury, self.payer = chain, treasury, payer
        self.pause = pause
        self.watcher = treasury.watcher
        self.random = random.Random(seed)
        self.addresses = [self.watcher.new_address() for _ in range(5)]
        self.payee = chain.wallet('payee')
        self.invoices = []  # (id, address)
        self.paid = {}      # {txid: [(invoice, amount)]}
        self.done = Counter()
        self.stopping = False
        self.failed = None
        self.thread = threading.Thread(target=self.go, daemon=True)

    def go(self):
        steps = (self.pay, self.ask, self.queue, self.send, self.reorganise, self.mine, self.mine)
        try:
            while not self.stopping:
                self.random.choice(steps)()
                time.sleep(self.pause)
        except Exception as error:  # pylint: disable=W0718
            self.failed = error

    def ask(self):
        """A new invoice."""
        if len(self.invoices) == INVOICES:
            return
        name = f"i{len(self.invoices)}"
        self.invoices.append((name, self.watcher.invoice(name, INVOICE)['address']))
        self.done['invoices'] += 1

    def pay(self):
        """A deposit, and in the same transaction a few recent invoices: in part, exactly, over."""
        self.done['deposits tried'] += 1
        to = [(self.random.choice(self.addresses), XMR // 4 + self.done['deposits tried'])]
        recent = self.invoices[-8:]
        some = self.random.sample(recent, min(len(recent), self.random.randrange(4)))
        amounts = [self.random.choice((INVOICE // 3, INVOICE - INVOICE // 3, INVOICE, 2 * INVOICE))
                   for _ in some]
        to += [(address, amount) for (_, address), amount in zip(some, amounts)]
        self.payer.refresh()
        with contextlib.suppress(RpcError):  # its own outputs went with a reorganisation
            txid = self.payer.pay(to)['tx_hash']
            self.paid[txid] = [(name, amount) for (name, _), amount in zip(some, amounts)]
            self.done['deposits'] += 1
            self.done['payments of invoices'] += len(some)

    def queue(self):
        self.done['payouts'] += 1
        self.watcher.add(f"k{self.done['payouts']}", self.payee.address(), PAYOUT)

    def send(self):
        """A request of what is queued, if anything is, signed and broadcast."""
        request = self.treasury.path(f"request-{time.monotonic_ns()}")
        if self.watcher.build(request, code=None).code == 0:
            self.treasury.signer.sign(request, request + '.reply')
            self.watcher.take(request + '.reply')
            self.watcher.broadcast(code=None)
            self.done['requests'] += 1

    def reorganise(self):
        depth = self.random.choice((1, 1, 2, 3, 6))
        self.chain.node.pop(depth)
        self.chain.mine(depth + 1, self.payer.address())
        # What failed once, its ring too young for a moment, the node never puts into a block. When
        # it drops it, ours is sent again.
        self.chain.node.flush_pool()
        self.done['reorganisations'] += 1

    def mine(self):
        self.chain.mine(1, self.payer.address())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join(120)
        assert not self.thread.is_alive(), 'a step of the load does not end'
        if self.failed:
            raise self.failed


class Ledger:
    """Every event is where it was, and the numbers have no gap."""

    def __init__(self, watcher):
        self.watcher = watcher
        self.seen = []  # a hash of each

    def look(self, everything=False):
        known = [] if everything else self.seen
        events = self.watcher.run('events', '--after', str(len(known)), '--json').json['events']
        numbers = [e['number'] for e in events]
        assert numbers == list(range(len(known) + 1, len(known) + len(events) + 1)), numbers
        hashes = known + [hashlib.sha256(repr(e).encode()).digest() for e in events]
        assert hashes[:len(self.seen)] == self.seen, 'an event changed, or is gone'
        self.seen = hashes

    def verify(self):
        """Returns the seconds it took."""
        started = time.monotonic()
        self.watcher.run('verify')
        return time.monotonic() - started


def kill_at_random(watcher, seconds):
    """One life of `run`. Whether it ended by our hand."""
    process = subprocess.Popen([program('airlock-watcher'), '--data', watcher.folder, 'run'],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
    time.sleep(seconds)
    alive = process.poll() is None
    process.kill()
    process.wait()
    return alive


def settle(load, payer):
    """In peace: what can be mined is, and what no block can take any more is made anew."""
    chain, watcher = load.chain, load.watcher
    for _ in range(10):
        watcher.run('resume')
        chain.node.flush_pool()
        watcher.broadcast(code=None)
        chain.mine(UNLOCK, payer.address())
        watcher.sync()
        states = set(watcher.payouts().values())
        if states <= {'confirmed'}:
            break
        load.send()
    chain.node.flush_pool()
    chain.mine(DEEPEST + 1, payer.address())
    watcher.sync()


def judge_invoices(load):
    """By what stands in blocks, all of it deep: how many have been paid."""
    received = Counter()
    txids = list(load.paid)
    for txid, tx in zip(txids, load.chain.node.transactions(txids) if txids else []):
        if tx is not None and not tx['in_pool']:
            for name, amount in load.paid[txid]:
                received[name] += amount
    listed = load.watcher.run('invoice', 'list', '--json').json['invoices']
    assert [v['id'] for v in listed] == [name for name, _ in load.invoices]
    paid = 0
    for v in listed:
        got = received[v['id']]
        state = 'paid' if got >= INVOICE else 'partly_paid' if got else 'open'
        # Counted up to the sum asked for; what is beyond it is held.
        expected = state, got, min(got, INVOICE), max(got - INVOICE, 0)
        found = v['state'], v['received_atomic'], v['counted_atomic'], v['held_atomic']
        assert found == expected, (v, expected)
        paid += state == 'paid'
    return paid


def different_outputs(watcher, witness):
    """What only one of the two received, and what the official wallet calls spent."""
    theirs = [(o['tx_hash'], o['subaddr_index']['major'], o['subaddr_index']['minor'], o['amount'],
               o['spent']) for o in witness.outputs()]
    received = Counter(o[:4] for o in theirs)
    return f"only ours: {list((Counter(watcher.outputs()) - received).elements())}\n" \
           f"only theirs: {list((received - Counter(watcher.outputs())).elements())}\n" \
           f"spent, they say: {[o[:4] for o in theirs if o[4]]}\n" \
           f"events: {watcher.run('events', '--json').out[-20000:]}"


def one_chain(kills, seed, pause):
    """Counts of what happened."""
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
        ledger, dead = Ledger(watcher), 0
        pace = ledger.verify()  # a slow machine's lives are as long in what they do
        with Load(chain, treasury, payer, seed, pause) as load:
            for i in range(1, kills + 1):
                dead += kill_at_random(watcher, source.random() * LIFE * pace)
                pace = ledger.verify()
                if i % NEW == 0:
                    ledger.look(i % ALL == 0)
                assert not load.failed, load.failed
        assert dead > kills * 9 // 10, f"{kills - dead} lives ended by themselves"
        settle(load, payer)
        ledger.look(everything=True)
        ledger.verify()
        events = len(ledger.seen)
        with Daemon(watcher) as daemon:
            until('all webhooks', lambda: set(receiver.numbers()) >= set(range(1, events + 1)), 60)
            daemon.stop()
        assert not receiver.wrong, receiver.wrong
        first = {}
        for at, number in enumerate(receiver.numbers()):
            first.setdefault(number, at)
        assert sorted(first, key=first.get) == sorted(first), 'webhooks came out of order'
        states = Counter(watcher.payouts().values())
        assert states['confirmed'] == load.done['payouts'], states
        assert load.payee.balance()[0] == states['confirmed'] * PAYOUT, 'paid twice, or not at all'
        paid = judge_invoices(load)
        witness = chain.wallet('witness', words=treasury.words)
        ours, theirs = watcher.balance()[0], witness.balance()[0]
        assert ours == theirs, f"we have {ours}, the official wallet {theirs}\n" + \
            different_outputs(watcher, witness)
        return Counter({'kills': dead, 'events': events, 'webhooks': len(receiver.came),
                        'payouts confirmed': states['confirmed'], 'invoices paid': paid}) + load.done


def campaign(kills, seed=1, pause=0.0, report=None):
    """
    Chains one after another, each by a seed of its own, with so many seconds between two steps of
    the load; counts of what happened in all.
    """
    total = Counter()
    for at in range(0, kills, CHAIN):
        total += one_chain(min(CHAIN, kills - at), seed + at // CHAIN, pause)
        if report:
            report(total)
    return total
