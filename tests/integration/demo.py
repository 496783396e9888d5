"""The story that tools/demo tells. Everything in it is real: node, wallets, both programs."""
import os
import shlex
import sys
import time

from airlock import PASSPHRASE, Treasury, made, program
from regtest import Chain, UNLOCK, XMR, xmr

TTY = sys.stdout.isatty()
DEPOSIT = 20 * XMR
SECOND_DEPOSIT = 5 * XMR
started = time.monotonic()


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if TTY else text


def chapter(title):
    print('\n' + paint('1;36', f"{title}") + paint('2', f"  ({time.monotonic() - started:.0f} s)"),
          flush=True)


def tell(text):
    print('  ' + text, flush=True)


def shown(text):
    """What a program printed, as the operator sees it."""
    for line in text.rstrip().splitlines():
        print('    ' + paint('2', '| ') + line, flush=True)


def short(text):
    return text if len(text) <= 24 else f"{text[:10]}..{text[-10:]}"


def table(rows):
    width = max(len(name) for name, _ in rows)
    line = '-' * (width + 66)
    print('\n' + line)
    for name, value in rows:
        print(f"{paint('1', name.ljust(width))}  {value}")
    print(line, flush=True)


def by_hand(chain, treasury, wallets):
    """What to type next."""
    signer, watcher = (shlex.quote(program(f"airlock-{n}")) for n in ('signer', 'watcher'))
    print(f"""
The chain goes on. In a shell:

  cd {treasury.folder}
  watcher() {{ {watcher} --data {treasury.watcher.folder} "$@"; }}
  signer() {{ {signer} --vault {treasury.signer.folder} "$@"; }}
  mine() {{ curl -s {chain.node.url}/json_rpc -d '{{"jsonrpc":"2.0","id":"0","method":"generateblocks",
    "params":{{"amount_of_blocks":'"${{1:-1}}"',"wallet_address":"{wallets['payer'].address()}"}}}}'; }}

The signer's passphrase is: {PASSPHRASE}

  watcher address new
  watcher payout add --id coffee --address {wallets['standard'].address()} --amount 0.5
  watcher request build --out request-by-hand
  signer inspect request-by-hand
  signer sign request-by-hand --out reply-by-hand
  watcher import reply-by-hand && watcher broadcast && mine 1 && watcher sync && watcher status

Official wallets (monero-wallet-rpc):""")
    for name, wallet in wallets.items():
        print(f"  {name.ljust(11)} http://127.0.0.1:{wallet.port}/json_rpc")
    servers = [chain.node, *chain.wallets]
    print(f"""
To end it:

  kill {' '.join(str(s.process.pid) for s in servers)}; rm -r {chain.folder}
""")


def crossed(what, path):
    """How a message crossed, when it did by light."""
    if os.path.isdir(path):
        files = os.listdir(path)
        codes = sum(f.startswith('frame-') for f in files) or 1
        tell(f"{what} crossed as {codes} pictures of codes, in {path}")


def story(chain, light):
    chapter('1. A private Monero chain, and people with official wallets')
    wallets = {name: chain.wallet(name) for name in ('payer', 'standard', 'subaddress', 'integrated')}
    payer = wallets['payer']
    chain.mine(75, payer.address())
    payer.refresh()
    tell(f"monerod in regtest, {chain.node.height()} blocks; the payer mined "
         f"{xmr(payer.balance()[0])} XMR")

    chapter('2. A treasury: an offline signer, an online watcher, paired')
    treasury = Treasury(chain, light=light)
    watcher, signer = treasury.watcher, treasury.signer
    tell('the signer made a vault and a kit; the watcher has the view key, never the spend key')
    crossed('the kit', treasury.path('kit'))
    crossed('the pairing', treasury.path('pairing'))
    shown(signer.run('policy', 'show').out)

    chapter('3. A customer pays in')
    address = watcher.new_address()
    tell(f"the watcher's new address: {short(address)}")
    deposit = payer.pay([(address, DEPOSIT)])
    payer.pay([(watcher.new_address(), SECOND_DEPOSIT)])
    chain.mine(UNLOCK, payer.address())
    watcher.sync()
    shown(watcher.run('deposits').out)
    shown(watcher.run('balance').out)
    total = watcher.balance()[0]
    assert total == DEPOSIT + SECOND_DEPOSIT

    chapter('4. Three payouts are queued, and planned into one unsigned request')
    account, subaddress = wallets['subaddress'].new_account()
    integrated, payment_id = wallets['integrated'].integrated()
    payouts = {'salary': ('standard', wallets['standard'].address(), 3 * XMR // 2),
               'invoice-7': ('subaddress', subaddress, 2 * XMR + 250_000_000_000),
               'exchange': ('integrated', integrated, 1_000_000_000_001)}
    for payout, (_, to, amount) in payouts.items():
        watcher.add(payout, to, amount)
        tell(f"{payout.ljust(10)} {xmr(amount).rjust(18)} XMR to {short(to)}")
    request = treasury.path('request')
    shown(watcher.run('request', 'build', *made(light, request)).out)

    chapter('5. The request crosses the gap; the signer shows it, checks it, signs it')
    crossed('the request', request)
    shown(signer.take('inspect', request).out)
    reply = treasury.path('reply')
    shown(signer.sign(request, reply).out.rstrip().splitlines()[-1])

    chapter('6. The reply crosses back; the watcher checks and broadcasts it')
    crossed('the reply', reply)
    done = watcher.take(reply)
    watcher.broadcast()
    txids = [t['txid'] for t in done]
    assert sorted(chain.node.pool()) == sorted(txids)
    for txid in txids:
        tell(f"monerod accepted {txid}")
    chain.mine(1, payer.address())
    mined = {tx['tx_hash']: tx['block_height'] for tx in chain.node.transactions(txids)}
    watcher.sync()
    tell(f"mined in block {', '.join(str(height) for height in sorted(set(mined.values())))}")

    chapter("7. The recipients' official wallets")
    chain.mine(UNLOCK, payer.address())
    seen = {}
    for payout, (name, to, amount) in payouts.items():
        wallet = wallets[name]
        seen[payout] = wallet.balance(account if name == 'subaddress' else 0)[0]
        assert seen[payout] == amount, f"{payout}: {seen[payout]} seen, {amount} paid"
        to = wallet.address() if name == 'integrated' else to
        tx = next(t for t in done if payout in t['payouts'])
        assert wallet.check_tx_key(tx['txid'], ''.join(tx['keys']), to)['received'] == amount
        tell(f"{payout.ljust(10)} sees {xmr(seen[payout])} XMR; check_tx_key confirms it")
    found = wallets['integrated'].rpc('get_payments', payment_id=payment_id)['payments']
    assert found[0]['amount'] == payouts['exchange'][2]

    chapter('8. A thief has the watcher: a payout over the limit')
    watcher.sync()
    signer.set_policy({**signer.policy, 'limits': {**signer.policy['limits'], 'payout': '1'}})
    watcher.add('too-much', wallets['standard'].address(), 2 * XMR)
    tell('the operator tightened the policy to 1 XMR a payout; the thief asks for 2')
    watcher.run('request', 'build', *made(light, treasury.path('theft')))
    refusal = signer.sign(treasury.path('theft'), treasury.path('theft.reply'), code=3)
    shown(refusal.out + refusal.err)
    shown(signer.run('journal', 'show').out)

    chapter("9. An official wallet of the treasury's 25 words agrees")
    witness = chain.wallet('witness', words=treasury.words)
    watcher.sync()
    assert witness.balance()[0] == watcher.balance()[0]
    fee = sum(t['fee'] for t in done)
    assert watcher.balance()[0] == total - sum(p[2] for p in payouts.values()) - fee
    tell(f"both see {xmr(witness.balance()[0])} XMR")

    table([('deposit', f"{xmr(DEPOSIT)} XMR"), ('  in', deposit['tx_hash']),
           *((f"payout {payout}", f"{xmr(amount)} XMR to {short(to)}")
             for payout, (_, to, amount) in payouts.items()),
           *(row for t in done for row in (
               ('transaction', t['txid']), ('  pays', ' and '.join(t['payouts'])),
               ('  fee', f"{xmr(t['fee'])} XMR"), ('  block', str(mined[t['txid']])))),
           *((f"{name}'s official wallet", f"{xmr(seen[payout])} XMR")
             for payout, (name, _, _) in payouts.items()),
           ('treasury left', f"{xmr(watcher.balance()[0])} XMR (same in the restored wallet)")])
    return treasury, wallets


def main():
    keep = '--keep' in sys.argv[1:]
    light = 250 if '--qr' in sys.argv[1:] else 0
    with Chain(keep=keep) as chain:
        treasury, wallets = story(chain, light)
        if keep:
            by_hand(chain, treasury, wallets)
        print(paint('1;32', 'demo: ok'))


if __name__ == '__main__':
    main()
