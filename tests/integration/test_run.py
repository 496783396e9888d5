"""
`run` on a real monerod: notifications, webhooks, metrics, witnesses, logins that change, nodes that
are slow, busy or away; and stopping, kindly and not.
"""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

from airlock import FAILED, FEES, NODE, USAGE, Treasury, Watcher, program
from bad_node import BadNode
from daemon import Daemon, Receiver, Silence, Socks, make_certificate, until
from regtest import Chain, Node, XMR, free_port
from test_rpc import GuardedNode


def configure(watcher, **settings):
    """Replaces airlock.conf: see Watcher.set."""
    os.truncate(os.path.join(watcher.folder, 'airlock.conf'), 0)
    watcher.set(**dict({'node': watcher.url, 'stall_minutes': 0, **FEES}, **settings))


def health(watcher):
    node = watcher.status()['node']
    return node['state']


def events(watcher):
    return watcher.run('events', '--json').json['events']


def add_hook(watcher, name, url, *more):
    answer = watcher.run('webhook', 'add', '--id', name, '--url', url, '--json', *more)
    return answer.json['secret']


def hooks(watcher):
    return {h['name']: h for h in watcher.run('webhook', 'list', '--json').json['webhooks']}


def scrape(address, path='/metrics'):
    """Status and text; address is a port or the path of a unix socket."""
    connection = http.client.HTTPConnection('127.0.0.1', address if isinstance(address, int) else 1,
                                            timeout=10)
    if not isinstance(address, int):
        connection.sock = socket.socket(socket.AF_UNIX)
        if not os.path.exists(address):
            return 0, ''
        connection.sock.connect(address)
    try:
        connection.request('GET', path)
    except ConnectionRefusedError:
        return 0, ''
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def figure(text, name):
    return int(re.search('^' + re.escape('airlock_' + name) + r' (\d+)$', text, re.M).group(1))


def scenario_events_followed():
    """Each as it happens, a line each; SIGTERM ends it between two of them."""
    with Chain() as chain:
        watcher = Treasury(chain).watcher
        command = [program('airlock-watcher'), '--data', watcher.folder, 'events', '--follow',
                   '--json', '--after', '0']
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
            for _ in range(3):
                watcher.run('address', 'new')
            known = events(watcher)
            lines = [json.loads(following.stdout.readline()) for _ in known]
            assert lines == known
            watcher.run('address', 'new')
            assert json.loads(following.stdout.readline()) == events(watcher)[-1]
            following.terminate()
            assert following.stdout.read() == '' and following.wait() == 0


def scenario_webhooks():
    """In order, at least once, signed by both kinds of key, over refusals, kills and a rotation."""
    with Chain() as chain:
        watcher = Treasury(chain).watcher
        first, second = Receiver(), Receiver()
        configure(watcher)
        allow = ('--allow', '127.0.0.1', '--after', '0')
        for bad in (('--allow', '127.0.0.1/33'), ()):
            watcher.run('webhook', 'add', '--id', 'x', '--url', first.url, *bad, code=USAGE)
        first.keys = [add_hook(watcher, 'first', first.url, *allow)]
        second.keys = [add_hook(watcher, 'second', second.url, '--key', 'ed25519', *allow)]
        watcher.run('webhook', 'add', '--id', 'first', '--url', first.url, *allow, code=FAILED)
        # A private address that was not allowed by name is never asked, whatever its name says.
        closed = Receiver()
        add_hook(watcher, 'closed', closed.url.replace('http:', 'https:').replace(
            '127.0.0.1', 'localhost'), '--after', '0')
        second.refuse = [500]
        with Daemon(watcher) as daemon:
            until('the first', lambda: len(first.came) >= 4)
            until('a refusal', lambda: second.refused == 1)
            daemon.kill()
        # Work for it while it is dead, and a new key with an overlap.
        for i in range(20):
            watcher.run('address', 'new', '--label', f"a{i}")
        rotated = watcher.run('webhook', 'rotate', 'first', '--json').json['secret']
        first.keys.insert(0, rotated)
        first.refuse = [302]
        first.location = second.url
        with Daemon(watcher) as daemon:
            until('the redirect', lambda: first.refused == 1)
            assert daemon.stop() < 1
        again = watcher.run('webhook', 'rotate', 'first', code=FAILED)
        assert '--hours 0' in again.err, again.err
        watcher.run('webhook', 'retry', 'first')
        with Daemon(watcher) as daemon:
            newest = events(watcher)[-1]['number']
            for receiver in first, second:
                until('all', lambda r=receiver: r.came and r.came[-1]['number'] >= newest, 60)
            until('a record of it', lambda: hooks(watcher)['second']['delivered'] >= newest)
            assert daemon.stop() < 1
        kept = events(watcher)
        for receiver in first, second:
            assert not receiver.wrong, receiver.wrong
            numbers = receiver.numbers()
            assert sorted(set(numbers)) == list(range(1, max(numbers) + 1)), 'a gap'
            # After a kill it goes on from what was written down: some come twice, none early.
            assert all(n <= max(numbers[:i], default=0) + 1 for i, n in enumerate(numbers))
            assert all(kept[e['number'] - 1] == e for e in receiver.came)
        assert not closed.came and hooks(watcher)['closed']['attempts'] >= 1
        # Gone is gone until someone says otherwise; secrets stand in no log.
        second.refuse = [410]
        watcher.run('address', 'new')
        with Daemon(watcher) as daemon:
            until('gone', lambda: hooks(watcher)['second']['state'] == 'gone')
        watcher.run('webhook', 'remove', 'second')
        assert 'second' not in hooks(watcher)
        for key in first.keys + second.keys:
            assert key.partition('_')[2] not in daemon.text()
        for receiver in first, second, closed:
            receiver.close()


def scenario_webhooks_slow():
    """Four seconds are no failure, and the status is the answer; why one fails is told."""
    with Chain() as chain:
        watcher = Treasury(chain).watcher
        configure(watcher)
        slow, away = Receiver(), Receiver()
        slow.delay, slow.cut = 4, True
        slow.keys = [add_hook(watcher, 'slow', slow.url, '--allow', '127.0.0.1')]
        add_hook(watcher, 'away', away.url, '--allow', '127.0.0.1')
        add_hook(watcher, 'inside', 'https://localhost:1/', '--after', '0')
        away.close()
        with Daemon(watcher) as daemon:
            until('it is taken', lambda: hooks(watcher)['slow']['delivered'] >= 2, 40)
            assert hooks(watcher)['slow']['attempts'] == 0 and not slow.wrong
            assert hooks(watcher)['away']['last_failure'] == 'no answer'
            assert hooks(watcher)['inside']['last_failure'] == 'its address is not allowed'
            assert daemon.stop() < 1
        slow.close()


def scenario_silent_node():
    """While a node takes connections and says nothing, everybody else goes on."""
    with Chain() as chain:
        watcher = Treasury(chain).watcher
        watcher.sync()
        silence, receiver, page = Silence(), Receiver(), chain.path('page')
        receiver.keys = [add_hook(watcher, 'shop', receiver.url, '--allow', '127.0.0.1')]
        configure(watcher, node=silence.url, metrics=f"unix:{page}")
        with Daemon(watcher) as daemon:
            until('the page', lambda: scrape(page)[0] == 200)
            for i in range(10):
                start = time.monotonic()
                watcher.run('payout', 'add', '--id', f"p{i}", '--address', watcher.address(),
                            '--amount', '1')
                watcher.invoice(f"i{i}", XMR)
                assert time.monotonic() - start < 3
            newest = events(watcher)[-1]['number']
            until('the events', lambda: newest in receiver.numbers(), 30)
            until('the page to tell', lambda: 'payouts{state="queued"} 10\n' in scrape(page)[1], 90)
            assert daemon.stop() < 1
        assert not receiver.wrong
        receiver.close()
        silence.close()


def scenario_webhooks_tls():
    """Only a certificate that is vouched for, and for this name, gets an event."""
    with Chain() as chain:
        watcher = Treasury(chain).watcher
        right = Receiver(make_certificate(chain.path('right'), 'localhost'))
        other = Receiver(make_certificate(chain.path('other'), 'elsewhere'))
        allow = ('--allow', '127.0.0.1', '--after', '0')
        for name, receiver in (('right', right), ('other', other)):
            receiver.keys = [add_hook(watcher, name, receiver.url, *allow)]
        configure(watcher)
        # The authorities of both, put together by the operator.
        with open(chain.path('ca'), 'wb') as out:
            for name in 'right.crt', 'other.crt':
                with open(chain.path(name), 'rb') as f:
                    out.write(f.read())
        with Daemon(watcher) as daemon:
            until('a refusal', lambda: hooks(watcher)['right']['attempts'] >= 1)
            assert not right.came
            configure(watcher, webhook_ca=chain.path('ca'))
            daemon.hup()
            until('the reload', lambda: 'read again' in daemon.text())
            watcher.run('webhook', 'retry', 'right')
            watcher.run('webhook', 'retry', 'other')
            until('delivery', lambda: len(right.came) >= 3)
            until('the other name', lambda: hooks(watcher)['other']['attempts'] >= 1)
            assert daemon.stop() < 1
        assert not right.wrong and not other.came
        right.close()
        other.close()


def scenario_service():
    """Notifications, metrics, SIGTERM while the node is silent, busy or away."""
    with Chain() as chain, BadNode(chain.node) as bad:
        treasury = Treasury(chain, url=bad.url)
        watcher = treasury.watcher
        page, port = treasury.path('metrics'), free_port()
        configure(watcher, metrics=f"unix:{page}")
        chain.node.mine(3, watcher.address())
        # The chain tells whether the clock is right; before the first block nobody does.
        assert 'sync first' in watcher.run('prune', code=FAILED).err
        with Daemon(watcher, watchdog_ms=400) as daemon:
            until('healthy', lambda: any('node healthy' in s for s in daemon.said))
            # A second one has nothing to do here; when the first is gone it has.
            second = watcher.run('run', code=FAILED)
            assert 'another run' in second.err, second.err
            until('the watchdog', lambda: daemon.said.count('WATCHDOG=1') > 3)
            until('figures', lambda: 'airlock_scan_height 4\n' in scrape(page)[1])
            text = scrape(page)[1]
            assert figure(text, 'node_height{node="followed"}') == 4
            assert figure(text, 'scan_lag_blocks') == 0
            assert figure(text, 'node_health{state="healthy"}') == 1
            assert figure(text, 'deposits{state="in_block"}') + figure(
                text, 'deposits{state="credited"}') == 3
            assert figure(text, 'rpc_duration_seconds_count{node="followed"}') > 5
            assert 'airlock_balance' not in text
            assert scrape(page, '/healthz')[0] == scrape(page, '/readyz')[0] == 200
            assert scrape(page, '/x')[0] == 404

            # Trouble of each kind: a state, growing pauses, and everything else goes on.
            for mode, state in (('busy', 'unreachable'), ('garbage', 'faulty'),
                                ('error', 'unreachable'), ('empty', 'faulty'),
                                ('closed', 'unreachable')):
                bad.set(mode)
                daemon.hup()  # a look at once, the pauses short again
                until(mode, lambda s=state: health(watcher) == s)
                assert daemon.process.poll() is None
            asked = bad.asked
            time.sleep(4)
            assert bad.asked - asked < 20, 'a tight loop'
            until('the alarm', lambda: scrape(page, '/readyz')[0] == 503)
            bad.set('honest')
            # A reload looks at once; it moves the page, and tells balances now.
            configure(watcher, metrics=f"127.0.0.1:{port}", metrics_balances='yes')
            daemon.hup()
            until('back', lambda: health(watcher) == 'healthy')
            until('the new page', lambda: 'reload' in daemon.text() or 'read again' in daemon.text())
            until('balances', lambda: 'airlock_balance_piconero' in scrape(port)[1])
            assert not os.path.exists(page)
            # A configuration that is wrong changes nothing.
            configure(watcher, nonsense=1)
            watcher.run('check-config', code=USAGE)
            daemon.hup()
            until('the refusal', lambda: 'line 5: there is no setting "nonsense"' in daemon.text())
            configure(watcher)
            assert daemon.stop() < 1
            log = daemon.text()
            assert watcher.address() not in log and '.000000' not in log
            assert 'nothing is forgotten' not in log
        watcher.run('prune')
        silence = Silence()
        configure(watcher, node=silence.url)
        with Daemon(watcher) as daemon:
            time.sleep(1)
            assert daemon.stop() < 1
        silence.close()
        configure(watcher, node='127.0.0.1:1')
        with Daemon(watcher) as daemon:
            until('a pause', lambda: 'again in' in daemon.text())
            assert daemon.stop() < 1


def scenario_reload_is_whole():
    """A configuration of which one part does not open is not taken in any part of it."""
    with Chain() as chain:
        treasury = Treasury(chain)
        watcher, receiver = treasury.watcher, Receiver()
        page, taken = treasury.path('metrics'), socket.socket()
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        configure(watcher, metrics=f"unix:{page}")
        receiver.keys = [add_hook(watcher, 'shop', receiver.url, '--allow', '127.0.0.1')]
        with Daemon(watcher) as daemon:
            until('figures', lambda: 'airlock_scan_height' in scrape(page)[1])
            # Another node, balances, and a port that someone has.
            configure(watcher, node='127.0.0.1:1', metrics=f"127.0.0.1:{taken.getsockname()[1]}",
                      metrics_balances='yes')
            daemon.hup()
            until('the warning', lambda: 'one before stays in use' in daemon.text())
            chain.mine(2, watcher.address())
            until('the old node', lambda: 'airlock_scan_height 3\n' in scrape(page)[1])
            assert 'airlock_balance' not in scrape(page)[1]
            watcher.run('address', 'new')
            until('the old couriers', lambda: receiver.came)
            assert daemon.text().count('read again') == 0
            # The same page goes on, also under another name for it.
            for name in page, os.path.join(os.path.dirname(page), '.', os.path.basename(page)):
                configure(watcher, metrics=f"unix:{name}", metrics_balances='yes')
                daemon.hup()
                until('balances', lambda: 'airlock_balance_piconero' in scrape(page)[1])
            until('both', lambda: daemon.text().count('read again') == 2)
            assert scrape(page, '/healthz')[0] == 200
            assert daemon.stop() < 1
        assert not os.path.exists(page)
        taken.close()
        receiver.close()


def scenario_witnesses():
    """A second node that lags, agrees, is ahead, disagrees, is away."""
    with Chain() as chain:
        other = Node(chain.folder, 'other').start()
        chain.wallets.append(other)
        watcher = Treasury(chain).watcher
        address = watcher.address()
        configure(watcher, witness=other.url, credit='*:1')
        # Both at the first block. The followed one alone gets blocks that pay us: none counts.
        watcher.sync()
        assert health(watcher) == 'healthy'
        chain.node.mine(2, address)
        watcher.sync()
        assert {d[4] for d in watcher.deposits()} == {'confirmed'}
        # The other one learns them, and they count.
        for height in 1, 2:
            block = chain.node.rpc('get_block', height=height)['blob']
            other.post('/json_rpc', {'jsonrpc': '2.0', 'id': '0', 'method': 'submit_block',
                                     'params': [block]})
        assert other.height() == 3
        until('credit', lambda: watcher.sync() and
              {d[4] for d in watcher.deposits()} == {'credited'}, 60)
        # It goes ahead: we are behind.
        other.mine(4, address)
        watcher.sync()
        assert health(watcher) == 'behind'
        watcher.add('p', address, XMR)
        watcher.build(chain.path('request'), code=NODE)
        # Each goes its own way, ten blocks deep.
        other.mine(8, address)
        chain.node.mine(12, address)
        watcher.sync()
        assert health(watcher) == 'disagreeing'
        watcher.sync()
        kinds = [e['event']['kind'] for e in events(watcher)]
        assert kinds.count('alarm') == 1
        assert len([d for d in watcher.deposits() if d[4] == 'credited']) == 2
        watcher.build(chain.path('request'), code=NODE)
        # Away: not enough witnesses, unless none is needed.
        other.stop()
        watcher.sync()
        assert health(watcher) == 'unreachable'
        configure(watcher, witness=other.url, witnesses_needed=0)
        watcher.sync()
        assert health(watcher) == 'healthy'
        watcher.run('verify')


def scenario_ways_to_the_node():
    """A login that changes while it runs, TLS with a pinned key, and a SOCKS proxy."""
    with Chain() as chain:
        node = GuardedNode(chain.folder, 'guarded').start()
        chain.wallets.append(node)
        watcher = Treasury(chain).watcher
        login = chain.path('login')

        def write(text):
            with open(login, 'w', encoding='ascii') as f:
                f.write(text + '\n')

        write('op:wrong')
        ways = {'node': node.url, 'node_tls_pin': node.pin, 'node_login_file': login}
        configure(watcher, **ways)
        watcher.sync(code=NODE)
        with Daemon(watcher) as daemon:
            until('no login', lambda: health(watcher) == 'unreachable')
            write('op:secret')
            daemon.hup()
            until('a login', lambda: health(watcher) == 'healthy')
            assert daemon.stop() < 1
            assert 'secret' not in daemon.text()
        socks = Socks()
        configure(watcher, node_proxy=socks.address, **ways)
        watcher.sync()
        assert socks.asked and set(socks.asked) == {('127.0.0.1', node.port)}
        # A node on another machine needs both, unless forced by name.
        for more in ({}, {'node_without_tls': 'yes'}, {'node_without_login': 'yes'}):
            configure(watcher, node='http://192.0.2.1:18081', **more)
            watcher.run('check-config', code=USAGE)
        configure(watcher, node='http://192.0.2.1:18081', node_without_tls='yes',
                  node_without_login='yes')
        watcher.run('check-config')
        socks.close()


def scenario_backup_while_running():
    """Copies made while `run` writes open, verify, and tell the beginning of the same story."""
    with Chain() as chain:
        treasury = Treasury(chain)
        watcher = treasury.watcher
        address, stopping = watcher.address(), threading.Event()

        def mine():
            while not stopping.is_set():
                chain.mine(1, address)

        copies = []
        with Daemon(watcher) as daemon:
            mining = threading.Thread(target=mine)
            mining.start()
            try:
                for number in range(8):
                    file = treasury.path(f"backup-{number}")
                    watcher.run('backup', '--out', file)
                    watcher.run('backup', '--out', file, code=FAILED)
                    copy = Watcher(treasury.path(f"copy-{number}"), watcher.url)
                    os.makedirs(copy.folder, mode=0o700)
                    os.rename(file, os.path.join(copy.folder, 'data.mdb'))
                    shutil.copy(os.path.join(watcher.folder, 'airlock.conf'), copy.folder)
                    copies.append(copy)
                    # The daemon writes between two copies.
                    before = len(events(watcher))
                    until('more events', lambda n=before: len(events(watcher)) > n)
            finally:
                stopping.set()
                mining.join()
            assert daemon.stop() < 1
        told = events(watcher)
        lengths = []
        for copy in copies:
            copy.run('verify')
            kept = events(copy)
            assert kept == told[:len(kept)]
            lengths.append(len(kept))
        assert lengths == sorted(set(lengths)), lengths
        # One that is put to use finds the rest on the chain.
        copies[0].sync()
        watcher.sync()
        assert copies[0].balance() == watcher.balance()
        assert copies[0].outputs() == watcher.outputs()
