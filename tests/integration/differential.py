"""
Random histories on a real chain, against a model of a few lines and the official wallet. A history
is deposits, blocks, blocks taken back with or without what was in them, payments made twice, and a
watcher that is looked after irregularly and killed in the middle of things. After it, the watcher
must have the credits that the model has and the outputs and balance that the official wallet has,
and its events must tell the same story.
"""
import json
import os
import random
import signal
import subprocess
import time

from airlock import Signer, Watcher, program
from regtest import Chain, RpcError, UNLOCK, XMR

SMALL, MIDDLE = XMR // 10, 10 * XMR
WINDOW = 20
STEPS = 24


def depth_of(amount):
    """The default table."""
    return 1 if amount <= SMALL else 10 if amount <= MIDDLE else WINDOW


def images_of(tx):
    """Key images of what the node says of a transaction."""
    return [i['key']['k_image'] for i in json.loads(tx['as_json'])['vin']]


class Model:
    """What must be, from the payments made and the blocks that hold them. Nothing of Airlock's."""

    def __init__(self, node):
        self.node = node
        self.payments = {}  # txid: [(address, amount)]

    def heights(self):
        """{txid: height} of what stands in blocks now"""
        found = {}
        txids = list(self.payments)
        for txid, tx in zip(txids, self.node.transactions(txids) if txids else []):
            if tx is not None and not tx['in_pool']:
                found[txid] = tx['block_height']
        return found

    def waiting(self):
        """
        What may be mined yet. A node's pool also keeps what a block that was taken back had in it,
        although the new chain spends the same inputs.
        """
        found = set()
        for txid in set(self.node.pool()) & set(self.payments):
            tx = self.node.transactions([txid])[0]
            if tx is not None and tx['in_pool']:
                images = images_of(tx)
                spent = self.node.post('/is_key_image_spent', {'key_images': images})
                if 1 not in spent['spent_status']:
                    found.add(txid)
        return found

    def credits(self):
        """{txid: amount} of the outputs that are deep enough by the larger of the two sums"""
        height, heights = self.node.height(), self.heights()
        credited = {}
        for txid, at in heights.items():
            of_tx = sum(amount for _, amount in self.payments[txid])
            for address, amount in self.payments[txid]:
                of_address = sum(part for other, h in heights.items() if at - WINDOW < h <= at
                                 for to, part in self.payments[other] if to == address)
                if height >= at + depth_of(max(of_tx, of_address)):
                    credited[txid] = credited.get(txid, 0) + amount
        return credited


class History:
    """One random history of one treasury, on a chain and with payers that others share."""

    def __init__(self, world, seed):
        self.world, self.random = world, random.Random(seed)
        self.seed = seed
        folder = world.chain.path(f"seed-{seed}")
        os.makedirs(folder)
        self.signer = Signer(os.path.join(folder, 'vault'))
        # The birthday leaves room for the blocks that a history may take back.
        self.birthday = world.node.height() - 40
        self.words = self.signer.init(birthday=self.birthday)
        self.signer.run('kit', '--out', os.path.join(folder, 'kit'))
        self.watcher = Watcher(os.path.join(folder, 'watcher'), world.node.url)
        self.watcher.init(os.path.join(folder, 'kit'))
        self.watcher.sync()
        self.addresses = [self.watcher.new_address(account) for account in (0, 0, 1, 3)]
        self.model = Model(world.node)
        self.reorgs = 0

    def pay(self):
        """To one address or two; rarely much, sometimes the same address again and again."""
        amounts = (SMALL, SMALL // 2, SMALL + 1, XMR, MIDDLE, MIDDLE + 1)
        wanted = [(self.random.choice(self.addresses), self.random.choice(amounts[:4]))
                  for _ in range(self.random.choice((1, 1, 2)))]
        if self.random.random() < 0.1:
            wanted = [(self.random.choice(self.addresses), self.random.choice(amounts[4:]))]
        self.world.pay(self.model, wanted)

    def mine(self):
        self.world.mine(self.random.choice((1, 1, 2, 3, 8)))

    def take_back(self):
        """A reorganisation: some blocks less, then more than there were."""
        count = self.random.choice((1, 1, 2, 3, 5, 12))
        count = min(count, self.world.node.height() - self.birthday - 5)
        self.world.node.pop(count)
        if self.random.random() < 0.5:
            self.world.drop(self.model, self.random)
        self.world.mine(count + self.random.choice((1, 2)))
        self.reorgs += 1

    def look(self):
        self.watcher.sync()

    def die(self):
        """Killed at a random moment of its work."""
        process = subprocess.Popen(  # pylint: disable=R1732
            [program('airlock-watcher'), '--data', self.watcher.folder, 'sync'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.random.random() ** 2 * 0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def run(self):
        steps = (self.pay, self.pay, self.pay, self.mine, self.mine, self.mine, self.take_back,
                 self.look, self.look, self.die)
        for _ in range(STEPS):
            self.random.choice(steps)()
        self.compare('in the middle')
        self.mine()
        self.world.mine(self.random.choice((1, 9, 10, WINDOW)))
        self.compare('at the end')
        self.official()

    def compare(self, when):
        """The model's credits are the watcher's, in its list and by its events."""
        self.watcher.sync()
        self.watcher.run('verify')
        expected = self.model.credits()
        heights, waiting = self.model.heights(), self.model.waiting()
        listed, states = {}, {}
        for d in self.watcher.run('deposits', '--json').json['deposits']:
            states.setdefault(d['txid'], set()).add(d['state'])
            if 'credit' in d:
                listed[d['txid']] = listed.get(d['txid'], 0) + d['credited_atomic']
        told, numbers = {}, {}
        for number, e in self.watcher.events():
            place = e.get('txid'), e.get('output')
            if e['kind'] == 'deposit_credited':
                assert place not in told, (self.seed, 'credited twice', e)
                told[place], numbers[place] = e['amount_atomic'], number
            elif e['kind'] == 'deposit_reversed' and 'credit' in e:
                assert numbers[place] == e['credit'], (self.seed, 'another credit', e)
                assert told.pop(place) == e['credited_atomic'], (self.seed, e)
        by_events = {}
        for (txid, _), amount in told.items():
            by_events[txid] = by_events.get(txid, 0) + amount
        where = f"seed {self.seed} {when}"
        story = f"height {self.world.node.height()}, in blocks {heights}, waiting {waiting}, " \
               f"paid {self.model.payments}"
        assert listed == expected, f"{where}: list {listed}\nmodel {expected}\n{story}\n" + \
            '\n'.join(str(e) for e in self.watcher.events())
        assert by_events == expected, f"{where}: events {by_events}\nmodel {expected}"
        for txid, at in states.items():
            assert (at <= {'in_block', 'confirmed', 'credited'} if txid in heights else
                    at == {'seen'} if txid in waiting else at == {'reversed'}), (where, txid, at)
        assert set(heights) | waiting <= set(states), where

    def official(self):
        """The official wallet's outputs and balances are the watcher's."""
        self.world.node.flush_pool()  # it counts what waits
        wallet = self.world.witness(self.words, self.birthday)
        outputs = sorted(
            (o['tx_hash'], o['subaddr_index']['major'], o['subaddr_index']['minor'], o['amount'])
            for o in wallet.outputs())
        assert self.watcher.outputs() == outputs, f"seed {self.seed}: outputs"
        assert self.watcher.balance()[:2] == wallet.balance(), f"seed {self.seed}: balance"


class DifferentialWorld:
    """A chain and two payers that hold the same coins, so that one can undo what the other paid."""

    def __init__(self, chain):
        self.chain, self.node = chain, chain.node
        self.payer = chain.wallet('payer')
        chain.mine(160, self.payer.address())
        self.payer.refresh()
        for _ in range(12):
            self.payer.pay([(self.payer.address(), 12 * XMR)] * 15)
        chain.mine(UNLOCK, self.payer.address())
        self.payer.refresh()
        self.looker = None
        self.double_spends = self.deposits = 0
        self.refused = {}  # why the wallet did not pay: how often

    def mine(self, count):
        self.node.mine(count, self.payer.address())

    def transfer(self, wanted):
        """
        The transaction's id; None for a payment that the wallet cannot make now, since its coins
        are not back yet. What it believed of the chain before a reorganisation it may try twice.
        """
        for _ in range(2):
            try:
                self.payer.refresh()
                return self.payer.pay(wanted)['tx_hash']
            except RpcError as error:
                self.refuse(error)
        return None

    def refuse(self, error):
        self.refused[str(error)] = self.refused.get(str(error), 0) + 1

    def pay(self, model, wanted):
        txid = self.transfer(wanted)
        if txid is not None:
            model.payments[txid] = wanted
            self.deposits += 1

    def drop(self, model, choice):
        """Some of what waits is gone; some of that is spent elsewhere by its payer."""
        waiting = sorted(model.waiting())
        gone = [txid for txid in waiting if choice.random() < 0.6]
        if not gone:
            return
        images = images_of(self.node.transactions(gone[:1])[0])
        self.node.flush_pool(gone)
        # The wallet forgets what the node does not have, and spends the same coin elsewhere.
        self.payer.refresh()
        self.payer.rpc('rescan_spent')
        self.payer.refresh()
        try:
            self.payer.rpc('sweep_single', address=self.payer.address(), key_image=images[0])
            self.double_spends += 1
        except RpcError as error:
            self.refuse(error)

    def witness(self, words, birthday):
        if self.looker is None:
            self.looker = self.chain.wallet('witness')
        self.looker.file = f"witness-{birthday}-{time.monotonic_ns()}"
        self.looker.open(words, birthday)
        return self.looker.refresh()


def campaign(seeds, report=None):
    """Runs these seeds; returns what happened."""
    total = {'seeds': 0, 'deposits': 0, 'reorganisations': 0, 'double spends': 0}
    seeds = list(seeds)
    with Chain() as chain:
        world = DifferentialWorld(chain)
        for seed in seeds:
            history = History(world, seed)
            history.run()
            total['seeds'] += 1
            total['reorganisations'] += history.reorgs
            total['deposits'], total['double spends'] = world.deposits, world.double_spends
            if report:
                report(seed, total, world.refused)
    return total
