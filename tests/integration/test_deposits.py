"""
Every deposit is found, none is invented: the watcher's list and balance are those of an official
wallet restored from the same 25 words, on a chain of hundreds of transactions.
"""
from airlock import Treasury
from regtest import Chain, UNLOCK, XMR

TRANSACTIONS = 300
A_BLOCK = 30


def official_outputs(wallet):
    """As Watcher.outputs gives them."""
    return sorted((o['tx_hash'], o['subaddr_index']['major'], o['subaddr_index']['minor'],
                   o['amount']) for o in wallet.outputs())


def agree(treasury, witness):
    """Outputs and balance, exactly."""
    treasury.watcher.sync()
    expected, found = official_outputs(witness.refresh()), treasury.watcher.outputs()
    assert found == expected, (
        f"missed {sorted(set(expected) - set(found))}\ninvented {sorted(set(found) - set(expected))}"
        f"\n{len(found)} found, {len(expected)} expected")
    total, unlocked, _ = treasury.watcher.balance()
    assert (total, unlocked) == witness.balance(), f"{(total, unlocked)} != {witness.balance()}"
    return len(found)


def scenario_deposits_everywhere():
    with Chain() as chain:
        payer, other = chain.wallet('payer'), chain.wallet('other')
        treasury = Treasury(chain)
        watcher, primary = treasury.watcher, treasury.watcher.address()
        subaddresses = [watcher.new_address(account) for account in (0, 0, 0, 1, 1, 2, 5)]

        # Coinbase to us, early and late; official wallets mine to primary addresses only.
        chain.mine(3, primary)
        chain.mine(160, payer.address())
        chain.mine(2, primary)
        payer.refresh()
        for _ in range(40):  # many outputs to spend, so that many payments fit into one block
            payer.pay([(payer.address(), 2 * XMR)] * 15)
        chain.mine(UNLOCK, other.address())
        payer.refresh()

        # What a deposit can look like: each is one transaction, with and without additional keys.
        integrated, _ = payer.integrated(address=primary)
        foreign = [other.address()] + [other.new_address() for _ in range(3)]
        kinds = [
            [(primary, 7)],
            [(subaddresses[0], 11)],
            [(subaddresses[3], 13)],
            [(integrated, 17)],
            [(subaddresses[0], 19), (subaddresses[1], 23)],
            [(subaddresses[2], 29), (foreign[1], 31)],
            [(primary, 37), (foreign[2], 41), (subaddresses[4], 43)],
            [(address, 47) for address in subaddresses] + [(primary, 53)],
            [(primary, 59), (primary, 61)],
            [(subaddresses[5], 67), (subaddresses[5], 67)],
            [(foreign[0], 71)],
            [(foreign[1], 73), (foreign[3], 79)],
            [(foreign[2], 83)],
        ]
        sent = 0
        while sent < TRANSACTIONS:
            for _ in range(A_BLOCK):
                kind = kinds[sent % len(kinds)]
                payer.pay([(address, amount * 10**8 + sent) for address, amount in kind])
                sent += 1
            chain.mine(1, primary if sent % 4 == 0 else payer.address())
        chain.mine(UNLOCK, other.address())

        witness = chain.wallet('witness', words=treasury.words)
        assert witness.address() == primary
        assert agree(treasury, witness) > TRANSACTIONS

        # A second look changes nothing, and a watcher that starts over finds the same.
        before = watcher.deposits()
        watcher.sync()
        assert watcher.deposits() == before
        # Ten blocks on, nothing is locked but coinbase.
        chain.mine(UNLOCK, other.address())
        agree(treasury, witness)


def scenario_words_of_an_official_wallet():
    """A vault made of an official wallet's words is that wallet; deposits from before it count."""
    with Chain() as chain:
        owner = chain.wallet('owner')
        _, second = owner.new_account()
        chain.mine(75, owner.address())
        owner.refresh()
        owner.pay([(second, 3 * XMR), (owner.new_address(), 2 * XMR)])
        chain.mine(UNLOCK, owner.address())
        treasury = Treasury(chain, words=owner.words())
        assert treasury.watcher.address() == owner.address()
        # It holds spends of ours made elsewhere: known only by key images, so outputs alone agree.
        treasury.watcher.sync()
        assert treasury.watcher.outputs() == official_outputs(owner.refresh())
