"""
A treasury whose watcher is in a thief's hands, and the books that the signer's limits must agree
with after every attack, to the last atomic unit.
"""
import copy
import os
import time

from airlock import DONE, MESSAGE, REFUSED, Treasury, atomic
from regtest import XMR
from thief import (ADDRESS, AMOUNT, EXPIRES, FEE, ID, NUMBER, PAYOUTS, PAYS, REFERENCE, TXS,
                   Thief)

POLICY = {
    'version': 1,
    'limits': {'payout': '2', 'transaction': '2.5', 'day': '9', 'day_count': 30, 'fee': '0.05',
               'fee_per_byte': '0.00001'},
}


class Attack:
    """A treasury, its thief, and what the day's limits must have counted so far."""

    def __init__(self, chain, miner, payees, policy=POLICY):
        """One honest request of one payout of 1 XMR for each payee; none is answered yet."""
        self.chain, self.miner = chain, miner
        # With fewer outputs on the chain the official wallet can search for decoys without end.
        chain.mine(160, miner.address())
        miner.refresh()
        self.treasury = Treasury(chain, policy=policy)
        self.signer, self.watcher = self.treasury.signer, self.treasury.watcher
        self.thief = Thief(self.watcher)
        self.miner.pay([(self.watcher.address(), 3 * XMR)] * (len(payees) + 1))
        chain.mine(10, self.miner.address())
        self.watcher.sync()
        self.bodies = []
        for i, payee in enumerate(payees):
            self.watcher.add(f"payout-{i}", payee, XMR)
            self.treasury.request()
            self.bodies.append(self.thief.body(i + 1))
        self.number = len(payees)
        self.spent, self.count = 0, 0
        self.entries = self.signer.journal()
        self.check_books()

    def request(self, which=0):
        """A copy of an honest request, newly numbered, as of now."""
        body = copy.deepcopy(self.bodies[which])
        self.number += 1
        body[NUMBER], body[EXPIRES] = self.number, int(time.time()) + 3600
        return body

    def both(self):
        """The first two honest requests as one of two transactions."""
        body, other = self.request(), copy.deepcopy(self.bodies[1])
        body[PAYOUTS] += other[PAYOUTS]
        other[TXS][0][PAYS] = [len(body[PAYOUTS]) - 1]
        body[TXS] += other[TXS]
        return body

    def check_books(self):
        status = self.signer.run('status', '--json').json
        have = atomic(status['day_spent']), status['day_count']
        assert have == (self.spent, self.count), f"{have}, not {(self.spent, self.count)}"

    def new_entries(self):
        """Entries since the last call; those before are the same."""
        entries = self.signer.journal()
        assert entries[:len(self.entries)] == self.entries
        new, self.entries = entries[len(self.entries):], entries
        return new

    def answer(self, body, code, runner=(), **seal):
        """What became of a forged request: exit code checked; the result and the reply, if any."""
        file, confirm = self.thief.seal(body, **seal)
        return self.answer_file(file, confirm, code, runner)

    def answer_file(self, file, confirm, code, runner=()):
        signer = self.signer
        if runner:
            signer = copy.copy(signer)
            signer.command = lambda *args: [*runner, *self.signer.command(*args)]
        if os.path.exists(file + '.reply'):
            os.unlink(file + '.reply')
        result = signer.sign(file, file + '.reply', code=code, confirm=confirm)
        reply = self.thief.reply(file + '.reply') if os.path.exists(file + '.reply') else None
        return result, reply

    def refused(self, what, body, reason, code=REFUSED, **more):
        """Refused for this reason, in the journal, nothing signed, and the limits unmoved."""
        try:
            result, reply = self.answer(body, code, **more)
            assert reason in result.err, f"no {reason} in: {result.err}"
            new = self.new_entries()
            assert not any(e['kind'] == 'signed' for e in new), new
            assert any(e.get('code', '').startswith(reason) for e in new), f"not in the journal: {new}"
            if reply:
                assert reply[4] and all(t[0] != 0 for t in reply[4]), 'the reply signs something'
                assert [e['kind'] for e in new] == ['request'] + ['refused'] * len(reply[4]), new
            else:
                assert [e['kind'] for e in new] == ['request_refused'], new
            self.check_books()
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error

    def unwritten(self, what, body, reason, code=MESSAGE, **seal):
        """Refused, and nothing whatever happens: anybody could have sent it, or it tells of a past."""
        result, reply = self.answer(body, code, **seal)
        assert reason in result.err, f"{what}: no {reason} in: {result.err}"
        assert reply is None and self.new_entries() == [], what
        self.check_books()

    def signs(self, body, takes=None, refusals=(), **more):
        """
        Signed, but for the transactions of `refusals` ({index: reason}). takes: what it takes from
        the limits, if not all its payouts and fees. Returns the signed blobs.
        """
        _, reply = self.answer(body, DONE, **more)
        return self.book(body, reply, takes, dict(refusals))

    def book(self, body, reply, takes, refusals):
        new = self.new_entries()
        blobs = []
        for i, (tx, answer) in enumerate(zip(body[TXS], reply[4])):
            if i in refusals:
                assert answer[0] != 0
                continue
            assert answer[0] == 0, answer
            blobs.append(answer[2].hex())
            paid = sum(body[PAYOUTS][k][AMOUNT] for k in tx[PAYS])
            self.spent += tx[FEE] + (paid if takes is None else takes)
            self.count += len(tx[PAYS])
        kinds = [e['kind'] for e in new]
        assert kinds.count('signed') == len(blobs), kinds
        assert sorted(e['code'] for e in new if 'code' in e) == sorted(refusals.values()), new
        self.check_books()
        return blobs

    def submit(self, blob):
        """The network's answer."""
        return self.chain.node.submit(blob)

    def mined(self, blob):
        """The network takes it."""
        answer = self.submit(blob)
        assert answer['status'] == 'OK', answer
        end = time.monotonic() + 60
        while self.chain.node.pool():
            assert time.monotonic() < end
            self.chain.mine(1, self.miner.address())


def payout(like, number, **changes):
    """A payout made from another: a new id, and some fields otherwise."""
    new = list(like)
    new[ID] = bytes([number]) * 16
    fields = {'address': ADDRESS, 'amount': AMOUNT, 'reference': REFERENCE}
    for name, value in changes.items():
        new[fields[name]] = value
    return new


def add_payouts(body, payouts, tx=0):
    """More payouts for a transaction of the request."""
    for new in payouts:
        body[TXS][tx][PAYS].append(len(body[PAYOUTS]))
        body[PAYOUTS].append(new)
    return body
