"""
The watcher's chain over a real monerod, call by call (chain_live), against the node's JSON calls and
what the official wallet says; then over nodes that misbehave.
"""
import base64
import hashlib
import os
import shutil
import subprocess
import tempfile

from airlock import DONE, NODE, USAGE
from bad_node import BadNode
from daemon import Socks
from regtest import UNLOCK, XMR, Chain, Node


def live(url, *args, code=DONE, **options):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    build = os.environ.get('AIRLOCK_BUILD', os.path.join(root, 'build'))
    environment = dict(os.environ, http_proxy='http://127.0.0.1:9', all_proxy='http://127.0.0.1:9')
    environment.update({'AIRLOCK_LIVE_' + k.upper(): str(v) for k, v in options.items()})
    result = subprocess.run(
        [os.path.join(build, 'tests/integration/chain_live'), url, *map(str, args)],
        env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == code, (args[:1], result.returncode, result.stderr)
    if code != DONE:
        return result.stderr
    return [line.split() for line in result.stdout.splitlines()]


def header(node, height):
    return node.rpc('get_block_header_by_height', height=height)['block_header']


def parse_batch(lines):
    """Start, node height and blocks (height, id, previous, time, transactions) of a batch."""
    blocks = []
    for line in lines[1:]:
        if line[0] == 'block':
            blocks.append((int(line[1]), line[2], line[3], int(line[4]), []))
        else:
            blocks[-1][4].append((line[1], line[2] == '1', line[3] == '1', int(line[4]),
                                  [int(i) for i in line[5:]]))
    assert int(lines[0][3]) == len(blocks)
    return int(lines[0][1]), int(lines[0][2]), blocks


def check_blocks(node, url):
    height = node.height()
    ids = [header(node, h)['hash'] for h in range(height)]
    for options in {}, {'whole': 1}:
        start, told, blocks = parse_batch(live(url, 'blocks', ids[0], **options))
        assert (start, told) == (0, height) and [b[1] for b in blocks] == ids
        for block in blocks:
            answer = node.rpc('get_block', height=block[0])
            assert block[3] == answer['block_header']['timestamp']
            others = answer.get('tx_hashes', [])
            assert [t[0] for t in block[4]] == [answer['miner_tx_hash']] + others
            assert block[4][0][2] and not any(t[2] for t in block[4][1:])
            assert all(t[1] == (not options) for t in block[4][1:])
            if others:
                told = node.transactions(others)
                assert [t[4] for t in block[4][1:]] == [t['output_indices'] for t in told]
    assert sum(len(b[4]) for b in blocks) == height + 2
    # The newest known id decides, whatever stands around it; nothing new is an empty batch.
    start, _, blocks = parse_batch(live(url, 'blocks', 'ab' * 32, ids[70], ids[3], ids[0]))
    assert start == 70 and blocks[0][1] == ids[70] and blocks[-1][1] == ids[-1]
    start, _, blocks = parse_batch(live(url, 'blocks', ids[-1], ids[0]))
    assert start == height and blocks == []
    # No known block at all: from the first; and a genesis of another network is an error.
    assert parse_batch(live(url, 'blocks'))[2][0][1] == ids[0]
    assert 'node_answer' in live(url, 'blocks', 'ab' * 32, code=NODE)


def check_outputs(node, url, wallet):
    height = node.height()
    [line] = live(url, 'distribution')
    counts = [int(c) for c in line[1:]]
    assert int(line[0]) == 0 and len(counts) == height and counts == sorted(counts)
    told = node.rpc('get_output_distribution', amounts=[0], cumulative=True, binary=False)
    assert told['distributions'][0]['distribution'] == counts

    indices = list(range(counts[-1]))
    lines = live(url, 'outs', *indices)
    told = node.post('/get_outs', {'outputs': [{'amount': 0, 'index': i} for i in indices]})['outs']
    assert lines == [[str(i), o['key'], o['mask'], str(int(o['unlocked'])), str(o['height'])]
                     for i, o in enumerate(told)]
    assert any(line[3] == '0' for line in lines) and any(line[3] == '1' for line in lines)
    assert 'node_answer' in live(url, 'outs', counts[-1] + 5, code=NODE)

    [fee] = live(url, 'fee')
    told = node.rpc('get_fee_estimate')
    assert [int(f) for f in fee] == told['fees'] + [told['quantization_mask']]


def scenario_calls():
    with Chain() as chain:
        node, wallet = chain.node, chain.wallet('payer')
        url = f"127.0.0.1:{node.port}"
        chain.mine(80, wallet.address())
        wallet.refresh()
        first = wallet.pay([(wallet.new_address(), XMR), (wallet.new_address(), 2 * XMR)])
        chain.mine(2, wallet.address())
        wallet.refresh()
        second = wallet.pay([(wallet.address(), XMR)])
        chain.mine(1, wallet.address())

        top = header(node, node.height() - 1)
        assert live(url, 'info') == [[str(node.height()), '0', top['hash'], str(top['timestamp']),
                                      'mainnet', '1', '16']]
        assert live(url, 'id', 5) == [[header(node, 5)['hash']]]
        assert 'node_answer' in live(url, 'id', 5000, code=NODE)
        check_blocks(node, url)
        check_outputs(node, url, wallet)

        # A payment made by the official wallet, submitted by us, from nowhere to a block.
        wallet.refresh()
        third = wallet.pay([(wallet.address(), XMR)], do_not_relay=True)
        txid, blob = third['tx_hash'], third['tx_blob']
        assert live(url, 'pool') == [] and live(url, 'place', txid) == [['unknown', '0', '0']]
        broken = blob[:-2] + ('00' if blob[-2:] != '00' else '01')
        assert 'node_rejected' in live(url, 'submit', broken, code=NODE)
        assert live(url, 'submit', blob) == []
        assert live(url, 'pool') == [[txid, str(len(blob) // 2)]]
        assert live(url, 'submit', blob) == []  # again: no harm
        height = node.height()
        chain.mine(1, wallet.address())
        assert live(url, 'pool') == []
        places = live(url, 'place', first['tx_hash'], '00' * 32, txid, second['tx_hash'])
        assert [p[0] for p in places] == ['block', 'unknown', 'block', 'block']
        assert int(places[2][1]) == height

        images = [o['key_image'] for o in wallet.refresh().outputs('unavailable')]
        unspent = [o['key_image'] for o in wallet.outputs('available')]
        assert images and unspent
        assert live(url, 'spent', *(images + unspent)) == [['1']] * len(images) + [['0']] * len(
            unspent)
        chain.mine(UNLOCK, wallet.address())
        wallet.refresh()
        wallet.pay([(wallet.address(), XMR)])
        pooled = [o['key_image'] for o in wallet.outputs('unavailable')]
        assert ['2'] in live(url, 'spent', *pooled)

        image = wallet.refresh().outputs('available')[0]['key_image']
        one, other = (wallet.rpc('sweep_single', address=wallet.address(), key_image=image,
                                 do_not_relay=True, get_tx_hex=True) for _ in range(2))
        assert one['tx_hash'] != other['tx_hash']
        assert live(url, 'submit', one['tx_blob']) == []
        assert 'an input is spent already' in live(url, 'submit', other['tx_blob'], code=NODE)

        assert 'node_network' in live(url, 'info', code=NODE, network='stagenet')


def scenario_misbehaving_nodes():
    with Chain() as chain, BadNode(chain.node) as bad:
        chain.mine(3, chain.wallet('miner').address())
        genesis = header(chain.node, 0)['hash']
        calls = [('info',), ('id', 1), ('blocks', genesis), ('distribution',), ('outs', 1),
                 ('fee',), ('place', genesis), ('spent', genesis), ('pool',)]
        for mode, names in (('garbage', ('node_answer',)), ('empty', ('node_answer',)),
                            ('half', ('node_unreachable', 'node_answer')),
                            ('closed', ('node_unreachable',)), ('error', ('node_busy',)),
                            ('busy', ('node_busy', 'node_answer'))):
            bad.set(mode)
            for call in calls:
                said = live(bad.url, *call, code=NODE)
                assert said.split(':')[0] in names, (mode, call, said)
        bad.set('honest')
        assert live(bad.url, 'id', 0) == [[genesis]]
        # Transactions go another way, by a proxy that resolves names too; nothing else does.
        socks = Socks()
        other = {'submit': f"http://elsewhere.onion:{chain.node.port}",
                 'submit_proxy': socks.address}
        assert live(bad.url, 'id', 0, **other) == [[genesis]]
        asked = bad.asked
        assert 'node_rejected' in live(bad.url, 'submit', '00', code=NODE, **other)
        assert bad.asked == asked and socks.asked == [('elsewhere.onion', chain.node.port)]
        assert 'usage' in live(bad.url, 'submit', '00', code=USAGE, submit='http://192.0.2.1:1')
        socks.close()
    assert 'node_unreachable' in live('127.0.0.1:1', 'info', code=NODE)
    assert 'usage' in live('http://192.0.2.1:18081', 'info', code=USAGE)
    assert 'usage' in live('file:///etc/passwd', 'info', code=USAGE)


class GuardedNode(Node):
    """A node with a login and TLS, as one on another machine would have."""

    pin = None
    tls = 'enabled'

    def command(self):
        return super().command() + ['--rpc-login', 'op:secret']

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def ready(self):
        """Pins the key of the certificate that the node made for itself."""
        shown = subprocess.run(
            ['openssl', 's_client', '-connect', f"127.0.0.1:{self.port}"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if b'BEGIN CERTIFICATE' not in shown.stdout:
            raise OSError('no certificate yet')
        key = subprocess.run(['openssl', 'x509', '-noout', '-pubkey'], input=shown.stdout,
                             capture_output=True, check=True)
        der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'der'], input=key.stdout,
                             capture_output=True, check=True)
        self.pin = 'sha256//' + base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def scenario_guarded_node():
    folder = tempfile.mkdtemp(prefix='airlock-regtest.')
    node = GuardedNode(folder)
    try:
        node.start()
        login = {'user': 'op', 'password': 'secret', 'pin': node.pin}
        assert live(node.url, 'info', **login)[0][0] == '1'
        assert live(node.url, 'distribution', **login)[0] == ['0', '0']
        assert 'node_auth' in live(node.url, 'info', code=NODE, pin=node.pin)
        assert 'node_auth' in live(node.url, 'info', code=NODE, **dict(login, password='wrong'))
        # Another key than the pinned one, and a certificate that nobody vouches for.
        other = 'sha256//' + base64.b64encode(bytes(32)).decode()
        assert 'node_auth' in live(node.url, 'info', code=NODE, **dict(login, pin=other))
        assert 'node_auth' in live(node.url, 'info', code=NODE, user='op', password='secret')
        assert 'usage' in live(f"127.0.0.1:{node.port}", 'info', code=USAGE, pin=node.pin)
    finally:
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)
