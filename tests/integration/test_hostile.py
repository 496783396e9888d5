"""
A node that lies, call by call: each time exit code 5 and nothing more, or nothing that counts: no
credit, no request, no crash. What it lies about is listed in docs/threat-model.md.
"""
import json
import re

from airlock import NODE, Treasury
from bad_node import BadNode
from daemon import Daemon
from regtest import COINBASE_UNLOCK, XMR, Chain
from test_run import configure, health


def of_json(path, change, method=b''):
    """A lie about one JSON call; change takes the (inner) answer."""
    def lie(asked, request, answer):
        if asked != path or method not in request:
            return answer
        told = json.loads(answer)
        change(told.get('result', told))
        return json.dumps(told).encode()
    return lie


def of_bytes(path, change):
    return lambda asked, request, answer: change(answer) if asked == path else answer


def flipped(at):
    def change(data):
        spoilt = bytearray(data)
        spoilt[int(at * len(spoilt))] ^= 1
        return bytes(spoilt)
    return change


def set_(**values):
    return lambda told: told.update(values)


def indices_moved(data):
    """Another place among the chain's outputs for each coinbase output (portable storage)."""
    return re.sub(rb'(indices\x85\x04)(.{8})', lambda m: m.group(1) + (
        int.from_bytes(m.group(2), 'little') + 1).to_bytes(8, 'little'), data, flags=re.S)


def no_outputs(data):
    """The distribution of a chain that holds no output at all, as long as the real one."""
    at = data.index(b'\x0cdistribution\x0a') + 14
    size, width = int.from_bytes(data[at:at + 4], 'little'), 1 << (data[at] & 3)
    size = (int.from_bytes(data[at:at + width], 'little')) >> 2
    return data[:at + width] + bytes(size) + data[at + width + size:]


def times(factor):
    def change(told):
        told['fee'] = int(told['fee'] * factor)
        told['fees'] = [int(f * factor) for f in told['fees']]
    return change


ABOUT_BLOCKS = {
    'a height that its top block lacks': of_json('/get_info', lambda t: t.update(
        height=t['height'] + 1000)),
    'another top block': of_json('/get_info', set_(top_block_hash='ab' * 32)),
    'another network': of_json('/get_info', set_(nettype='stagenet', mainnet=False,
                                                 stagenet=True)),
    'a hard fork to come': of_json('/json_rpc', set_(version=17), b'hard_fork_info'),
    'a spoilt block': of_bytes('/get_blocks.bin', flipped(0.3)),
    'blocks cut short': of_bytes('/get_blocks.bin', lambda d: d[:len(d) // 2]),
    'no blocks at all': of_bytes('/get_blocks.bin', lambda d: b''),
}

ABOUT_PLANS = {
    'a fee a million times as high': of_json('/json_rpc', times(10**6), b'get_fee_estimate'),
    'a fee a few hundred times as high': of_json('/json_rpc', times(500), b'get_fee_estimate'),
    'a fee in giant steps': of_json('/json_rpc', set_(quantization_mask=2 * 10**12),
                                    b'get_fee_estimate'),
    'no fee': of_json('/json_rpc', times(0), b'get_fee_estimate'),
    'a negative fee': of_json('/json_rpc', times(-1), b'get_fee_estimate'),
    'no outputs to choose from': of_bytes('/get_output_distribution.bin', no_outputs),
    'a distribution cut short': of_bytes('/get_output_distribution.bin', lambda d: d[:-9]),
    'an empty set of ring members': of_bytes('/get_outs.bin', lambda d: d[:10]),
    'ring members cut short': of_bytes('/get_outs.bin', lambda d: d[:len(d) // 2]),
    'to be behind': of_json('/get_info', set_(target_height=10**6)),
    'not to be synchronized': of_json('/get_info', set_(synchronized=False)),
}


def scenario_lies():
    with Chain() as chain, BadNode(chain.node) as bad:
        treasury = Treasury(chain, url=bad.url)
        watcher = treasury.watcher
        configure(watcher)
        chain.node.mine(COINBASE_UNLOCK + 25, watcher.address())
        for what, lie in ABOUT_BLOCKS.items():
            bad.lie = lie
            watcher.sync(code=NODE)
            assert not watcher.deposits(), what
            assert health(watcher) in ('faulty', 'foreign', 'unknown_fork', 'unreachable'), what
        bad.lie = None
        bad.set('endless')
        watcher.sync(code=NODE)
        assert health(watcher) == 'faulty'
        bad.set('slow')
        with Daemon(watcher) as daemon:
            assert daemon.stop() < 1
        bad.set('honest')

        # Wrong places of our own outputs come to light before anything is planned on them.
        bad.lie = of_bytes('/get_blocks.bin', indices_moved)
        watcher.sync()
        bad.lie = None
        watcher.add('one', watcher.address(), XMR)
        watcher.build(chain.path('request'), code=NODE)
        assert watcher.payouts() == {'one': 'queued'}

        # A watcher of the same wallet that knows better, and lies about what plans are made of.
        watcher = Treasury(chain, 'second', words=treasury.words, url=bad.url).watcher
        configure(watcher)
        watcher.sync()
        credited = len([d for d in watcher.deposits() if d[4] == 'credited'])
        watcher.add('one', watcher.address(), XMR)
        for what, lie in ABOUT_PLANS.items():
            bad.lie = lie
            result = watcher.build(chain.path('request'), code=None)
            assert result.code == NODE, (what, result.code, result.err)
            assert watcher.payouts() == {'one': 'queued'}, what
            assert watcher.balance()[2] == 0, what
        bad.lie = None
        watcher.build(chain.path('request'))
        assert len([d for d in watcher.deposits() if d[4] == 'credited']) == credited
        watcher.run('verify')
