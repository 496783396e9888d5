"""
Random histories on a real chain, against a model of a few lines and the official wallet. A history
is deposits, blocks, blocks taken back with or without what was in them, coins spent in two ways,
payments that vanish and come back, and a watcher that is looked after irregularly and killed in the
middle of things. In it and after it, the watcher must have the credits that the model has and the
outputs and balance that the official wallet has, and its events must tell the same story.
"""
import itertools
import json
import random
import shutil
import signal
import subprocess
import time
from collections import Counter

from airlock import Signer, Watcher, program
from regtest import Chain, UNLOCK, XMR

SMALL, MIDDLE = XMR // 10, 10 * XMR
WINDOW = 20
STEPS = 24
COINS = 30  # of the payer, for each history
TOGETHER = 100  # seeds on one chain


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
        self.payments = {}  # {txid: [(address, amount)]} of what is ours

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
        txids = list(set(self.node.pool()) & set(self.payments))
        for txid, tx in zip(txids, self.node.transactions(txids) if txids else []):
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


class Coin:
    """An output of the payer, and two payments that spend it: of the two a chain holds one."""

    def __init__(self, payer, index, wanted):
        self.sides = []  # (txid, blob, [(address, amount)])
        for destinations in wanted:
            made = payer.pay(destinations, subaddr_indices=[index], do_not_relay=True)
            self.sides.append((made['tx_hash'], made['tx_blob'], destinations))


class World:
    """
    What many histories begin from: a chain, a watcher, the payments that may be made, and an
    official wallet of the same words. A history only puts blocks on top, which are dropped again.
    """

    def __init__(self, chain, seed, coins):
        self.chain, self.node = chain, chain.node
        self.random = random.Random(f"world {seed}")
        self.payer = chain.wallet('payer')
        self.miner = self.payer.address()
        chain.mine(160, self.miner)
        self.payer.refresh()
        addresses = [self.payer.new_address() for _ in range(coins)]
        for at in range(0, coins, 15):
            self.payer.pay([(address, 2 * MIDDLE + XMR) for address in addresses[at:at + 15]])
        chain.mine(UNLOCK, self.miner)
        self.payer.refresh()
        self.height, self.top = self.node.height(), self.node.top()
        signer = Signer(chain.path('vault'))
        birthday = self.height - 40
        words = signer.init(birthday=birthday)
        signer.run('kit', '--out', chain.path('kit'))
        self.watcher = Watcher(chain.path('watcher'), self.node.url)
        self.watcher.init(chain.path('kit'))
        self.watcher.sync()
        self.addresses = [self.watcher.new_address(account) for account in (0, 0, 1, 3)]
        self.coins = [Coin(self.payer, at + 1, [self.wanted(), self.wanted()])
                      for at in range(coins)]
        self.witness = chain.wallet('witness', words, birthday).refresh()
        self.events = Counter()

    def wanted(self):
        """To one address or two; rarely much, and now and then nothing of it to us."""
        kind = self.random.random()
        if kind < 0.1:
            return [(self.random.choice(self.addresses), self.random.choice((MIDDLE, MIDDLE + 1)))]
        if kind < 0.2:
            return [(self.payer.address(), XMR)]
        return [(self.random.choice(self.addresses),
                 self.random.choice((SMALL, SMALL // 2, SMALL + 1, XMR)))
                for _ in range(self.random.choice((1, 1, 2)))]

    def mine(self, count):
        self.node.mine(count, self.miner)

    def reset(self):
        """As it was made."""
        self.node.pop(self.node.height() - self.height)
        self.node.flush_pool()
        assert self.node.top() == self.top

    def copy(self, folder):
        """A watcher that has seen the chain as far as it is the same for all."""
        shutil.copytree(self.watcher.folder, folder)
        return Watcher(folder, self.node.url)


class History:
    """One random history of one watcher."""

    def __init__(self, world, seed):
        self.world, self.random = world, random.Random(seed)
        self.seed = seed
        world.reset()
        self.watcher = world.copy(world.chain.path(f"seed-{seed}"))
        self.model = Model(world.node)
        self.coins = self.random.sample(world.coins, len(world.coins))  # not spent yet
        self.gone = []  # (coin, side) that were in the pool and are not
        self.coin_of = {}

    def submit(self, coin, side):
        """Whether the node takes a payment."""
        txid, blob, wanted = coin.sides[side]
        answer = self.world.node.submit(blob)
        if answer['status'] == 'OK':
            self.model.payments[txid] = [(a, n) for a, n in wanted if a in self.world.addresses]
            self.coin_of[txid] = coin, side
        return answer['status'] == 'OK'

    def count(self, what, number=1):
        self.world.events[what] += number

    def pay(self):
        if self.coins:
            self.count('payments', self.submit(self.coins.pop(), self.random.randrange(2)))

    def mine(self):
        self.world.mine(self.random.choice((1, 1, 1, 2, 4)))

    def take_back(self):
        """A reorganisation: some blocks less, then more than there were."""
        count = self.random.choice((1, 1, 1, 2, 2, 3, 5, 12))
        count = min(count, self.world.node.height() - self.world.height)
        if count:
            self.world.node.pop(count)
            if self.random.random() < 0.6:
                self.drop()
            self.world.mine(count + self.random.choice((1, 2)))
            self.count('reorganisations')

    def drop(self):
        """Some of what waits is gone; the coins of some of that are spent in another way."""
        gone = [txid for txid in sorted(self.model.waiting()) if self.random.random() < 0.6]
        if gone:
            self.world.node.flush_pool(gone)
        for txid in gone:
            coin, side = self.coin_of[txid]
            if self.random.random() < 0.6:
                self.count('double spends', self.submit(coin, 1 - side))
            else:
                self.gone.append((coin, side))

    def send_again(self):
        """What was gone comes back, unless its coin is spent by now."""
        if self.gone:
            coin, side = self.gone.pop(self.random.randrange(len(self.gone)))
            self.count('sent again', self.submit(coin, side))

    def look(self):
        self.watcher.sync()

    def die(self):
        """Killed at a random moment of its work."""
        process = subprocess.Popen(  # pylint: disable=R1732
            [program('airlock-watcher'), '--data', self.watcher.folder, 'sync'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.random.random() ** 2 * 0.2)
        self.count('kills', process.poll() is None)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def run(self):
        steps = (self.pay, self.pay, self.pay, self.pay, self.mine, self.mine, self.mine,
                 self.take_back, self.take_back, self.drop, self.send_again, self.look, self.look,
                 self.die, self.die)
        for _ in range(STEPS):
            self.random.choice(steps)()
        self.compare('in the middle')
        self.world.mine(self.random.choice((1, 2, 9, 10, WINDOW)))
        self.count('credited at the end', self.compare('at the end'))
        self.official()
        shutil.rmtree(self.watcher.folder)

    def compare(self, when):
        """
        The model's credits are the watcher's, in its list and by its events; returns how many
        transactions are credited.
        """
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
        ours = {txid for txid in set(heights) | waiting if self.model.payments[txid]}
        assert ours <= set(states), where
        return len(expected)

    def official(self):
        """The official wallet's outputs and balances are the watcher's."""
        self.world.node.flush_pool()  # it counts what waits
        wallet = self.world.witness.refresh()
        outputs = sorted(
            (o['tx_hash'], o['subaddr_index']['major'], o['subaddr_index']['minor'], o['amount'])
            for o in wallet.outputs())
        assert self.watcher.outputs() == outputs, f"seed {self.seed}: outputs"
        assert self.watcher.balance()[:2] == wallet.balance(), f"seed {self.seed}: balance"
        self.count('outputs compared', len(outputs))


def campaign(seeds, report=None, coins=COINS):
    """Runs these seeds; returns what happened."""
    total = Counter()
    for block, group in itertools.groupby(seeds, lambda seed: (seed - 1) // TOGETHER):
        with Chain() as chain:
            world = World(chain, block, coins)
            for seed in group:
                History(world, seed).run()
                world.events['seeds'] += 1
                if report:
                    report(seed, total + world.events)
        total += world.events
    return total
