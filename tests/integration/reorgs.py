"""
Real reorganisations: two nodes that are separated, live on with different blocks, and are joined
again. Each round has, on the losing side, a deposit whose transaction comes back and one that the
payer spends elsewhere on the winning side; and on the winning side a deposit of its own. What the
watcher says is compared with what must be, event by event.
"""
from airlock import FAILED, Treasury
from regtest import UNLOCK, XMR

SMALL = XMR // 20  # credited in its first block
HALTING = 20  # a reorganisation as deep as the deepest credit


class World:
    """A treasury that follows one of two nodes, and who pays it on either side."""

    def __init__(self, chain, rounds):
        self.chain = chain
        self.miner = chain.wallet('miner')
        self.cheat = chain.wallet('cheat')
        chain.mine(160, self.miner.address())
        self.miner.refresh()
        self.treasury = Treasury(chain)
        self.watcher = self.treasury.watcher
        # One output an account: what the cheat pays twice is the same money.
        accounts = [self.cheat.new_account() for _ in range(rounds)]
        self.accounts = [index for index, _ in accounts]
        addresses = [address for _, address in accounts]
        for at in range(0, rounds, 15):
            self.miner.pay([(address, XMR) for address in addresses[at:at + 15]])
        self.miner.pay([(self.miner.address(), 2 * XMR)] * 15)
        chain.mine(1, self.miner.address())
        chain.mine(UNLOCK, self.miner.address())
        chain.join()
        self.cheat.refresh()
        self.miner.refresh()
        # The same wallets, on the other node.
        self.twin = chain.wallet('twin', words=self.cheat.words(), node=chain.other).refresh()
        self.else_rich = chain.wallet('else-rich', node=chain.other)
        self.miner.pay([(self.else_rich.address(), XMR)] * 15)
        chain.mine(UNLOCK + 1, self.miner.address())
        chain.join()
        self.watcher.sync()
        self.lost, self.number = [], 0

    def states(self):
        return {d[0]: d[4] for d in self.watcher.deposits()}

    def events_of(self, txid, after):
        return [(n, e) for n, e in self.watcher.events(after) if e.get('txid') == txid]

    def round(self, depth):
        """One reorganisation of that depth; returns the number of events it made."""
        chain, watcher = self.chain, self.watcher
        account = self.accounts[self.number]
        self.number += 1
        watcher.sync()
        begin = watcher.status()['events']
        for wallet in (self.miner, self.cheat, self.twin, self.else_rich):
            wallet.refresh()
        chain.separate()

        # The losing side.
        comes_back = self.miner.pay([(watcher.new_address(), SMALL)])['tx_hash']
        double = self.cheat.pay([(watcher.new_address(), SMALL)], account=account)['tx_hash']
        watcher.sync()
        states = self.states()
        assert states[comes_back] == states[double] == 'seen', states
        chain.mine(depth, self.miner.address())
        watcher.sync()
        states = self.states()
        assert states[comes_back] == states[double] == 'credited', states
        credit = {t: self.events_of(t, begin)[-1] for t in (comes_back, double)}
        assert all(e['kind'] == 'deposit_credited' for _, e in credit.values())

        # The winning side.
        elsewhere = self.twin.pay([(self.miner.address(), SMALL)], account=account)['tx_hash']
        other = self.else_rich.pay([(watcher.new_address(), SMALL)])['tx_hash']
        chain.other.mine(depth + 1, self.miner.address())
        chain.join()
        assert chain.node.transactions([elsewhere])[0]['in_pool'] is False

        middle = watcher.status()['events']
        watcher.sync()
        states = self.states()
        assert states[other] == 'credited', states
        assert states[double] == 'reversed', states
        assert states[comes_back] == 'seen', states
        for txid, (number, _) in credit.items():
            reversals = [e for _, e in self.events_of(txid, middle)
                         if e['kind'] == 'deposit_reversed']
            assert [e['credit'] for e in reversals] == [number], reversals
            assert reversals[0]['credited_atomic'] == SMALL
        reorganised = [e for _, e in watcher.events(middle) if e['kind'] == 'reorganised']
        assert [e['depth'] for e in reorganised] == [depth], reorganised
        self.check_halt(depth)

        # The same transaction, mined again: the same deposit, credited by a new event.
        chain.mine(1, self.miner.address())
        if comes_back in chain.node.pool():  # the block was made before the node had it back
            chain.mine(1, self.miner.address())
        chain.join()
        watcher.sync()
        states = self.states()
        assert states[comes_back] == 'credited' and states[double] == 'reversed', states
        again = [e for _, e in self.events_of(comes_back, middle)
                 if e['kind'] == 'deposit_credited']
        assert [e['reversed_credit'] for e in again] == [credit[comes_back][0]], again
        self.lost.append(double)
        watcher.run('verify')
        return watcher.status()['events'] - begin

    def check_halt(self, depth):
        halted = self.watcher.status()['halted']
        assert bool(halted) == (depth >= HALTING), halted
        if halted:
            kinds = dict(self.watcher.events(halted - 1))
            assert kinds[halted]['kind'] == 'payouts_halted'
            self.watcher.build(self.treasury.path('halted'), code=FAILED)
            self.watcher.broadcast(code=FAILED)
            assert self.watcher.run('resume', '--json').json['halt'] == halted
            assert self.watcher.status()['halted'] == 0

    def check_sums(self):
        """What the events add up to is what the balance is, and what the official wallet has."""
        numbers = [n for n, _ in self.watcher.events()]
        assert numbers == list(range(1, len(numbers) + 1))
        credited = {}
        for _, e in self.watcher.events():
            if e['kind'] == 'deposit_credited':
                credited[e['txid'], e['output']] = e['amount_atomic']
            elif e['kind'] == 'deposit_reversed' and 'credit' in e:
                assert credited.pop((e['txid'], e['output'])) == e['credited_atomic']
        assert not {txid for txid, _ in credited} & set(self.lost)
        # What the payer spent elsewhere still lies in the node's pool, and the official wallet
        # counts what waits.
        self.chain.node.flush_pool()
        witness = self.chain.wallet('witness', words=self.treasury.words).refresh()
        theirs = sorted(
            (o['tx_hash'], o['subaddr_index']['major'], o['subaddr_index']['minor'], o['amount'])
            for o in witness.outputs())
        ours = self.watcher.outputs()
        assert ours == theirs, f"{ours}\n{theirs}\nlost {self.lost}"
        balances = sum(credited.values()), self.watcher.balance()[0], witness.balance()[0]
        assert len(set(balances)) == 1, balances
