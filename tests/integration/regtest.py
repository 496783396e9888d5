"""
A private Monero chain for tests: monerod in regtest and official wallets beside it, all on
127.0.0.1, in one temporary folder, gone when the `with` block ends, however it ends.

    with Chain() as chain:
        payer = chain.wallet('payer')
        chain.mine(70, payer.address())
        txid = payer.pay([(address, 1.5 * XMR)])['tx_hash']

Amounts are atomic units (int) everywhere. Python's standard library only.
"""
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import prepared

XMR = 10**12
UNLOCK = 10  # confirmations before an ordinary output can be spent
COINBASE_UNLOCK = 60
START_SECONDS = 60
STOP_SECONDS = 15
CALL_SECONDS = 300
RELAY_SECONDS = 20
JOIN_SECONDS = 240
PR_SET_PDEATHSIG = 1


class RpcError(Exception):
    """An answer that is an error; code and message are the server's."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error.get('message', error)}")
        self.code = error.get('code')


class StartError(Exception):
    """A server that did not come up; the text holds the end of its log."""


def xmr(amount):
    """Atomic units as people write them, all twelve decimals, exactly."""
    return f"{amount // XMR}.{amount % XMR:012d}"


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def fetch(port, path, body):
    """
    Status and body of one POST. Not urllib: it asks the server to close, and Monero's then closes
    before a large answer is sent out.
    """
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=CALL_SECONDS)
    try:
        connection.request('POST', path, body, {'Content-Type': 'application/json'})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def wait_for(true):
    """A few seconds are usual; more than JOIN_SECONDS is an error."""
    end = time.monotonic() + JOIN_SECONDS
    while not true():
        if time.monotonic() > end:
            raise AssertionError('the nodes do not do what is waited for')
        time.sleep(0.1)


def die_with_parent():
    """In the child: killed when the test is, even by SIGKILL, so that no daemon is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """One daemon with a JSON-RPC port. Subclasses give the command line."""

    keep = False

    def __init__(self, folder, name):
        self.name = name
        self.log = os.path.join(folder, name + '.out')
        self.process = None
        self.port = None

    def command(self):
        raise NotImplementedError

    def ready(self):
        raise NotImplementedError

    def start(self, port=None):
        """On a free port, or on the one it had before."""
        for _ in range(3):  # another program may take a free port before the daemon does
            self.port = port or free_port()
            with open(self.log, 'ab') as out:
                self.process = subprocess.Popen(
                    self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    start_new_session=self.keep,
                    preexec_fn=None if self.keep else die_with_parent)
            if self._wait():
                return self
            self.stop()
        with open(self.log, 'rb') as f:
            tail = f.read()[-2000:].decode(errors='replace')
        raise StartError(f"{self.name} did not start:\n{tail}")

    def _wait(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            try:
                self.ready()
                return True
            except (OSError, http.client.HTTPException, RpcError, ValueError):
                time.sleep(0.1)
        return False

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def post(self, path, body):
        code, data = fetch(self.port, path, json.dumps(body).encode())
        if code != 200:
            raise RpcError(path, {'message': f"HTTP {code}", 'code': code})
        return json.loads(data)

    def rpc(self, method, **params):
        answer = self.post('/json_rpc', {'jsonrpc': '2.0', 'id': '0', 'method': method,
                                         'params': params})
        if 'error' in answer:
            raise RpcError(method, answer['error'])
        return answer['result']


class Node(Server):
    """monerod with a chain of its own; every hard fork is active from block 1."""

    tls = 'disabled'  # else it makes an RSA key of 4096 bits at each start, which takes seconds

    def __init__(self, folder, name='monerod', fresh=True, linked=False, peers=()):
        super().__init__(folder, name)
        self.data = os.path.join(folder, name)
        self.fresh = fresh
        self.linked = linked  # speaks with other nodes
        self.peers = peers  # of these it is the one that connects
        self.p2p = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def command(self):
        self.p2p = free_port()
        command = [
            'monerod', '--regtest', '--fixed-difficulty', '1', '--non-interactive',
            '--data-dir', self.data, '--no-zmq', '--no-igd', '--hide-my-port',
            '--check-updates', 'disabled', '--disable-dns-checkpoints', '--log-level', '0',
            '--max-log-file-size', '0', '--db-sync-mode', 'fastest:async:1000',
            '--p2p-bind-ip', '127.0.0.1', '--p2p-bind-port', str(self.p2p),
            '--rpc-bind-ip', '127.0.0.1', '--rpc-bind-port', str(self.port), '--rpc-ssl', self.tls]
        if not self.fresh:
            command.append('--keep-fakechain')
        command.append('--allow-local-ip' if self.linked else '--offline')
        for peer in self.peers:
            command += ['--add-exclusive-node', f"127.0.0.1:{peer.p2p}"]
        return command

    def limit_peers(self, count):
        self.post('/out_peers', {'set': True, 'out_peers': count})
        self.post('/in_peers', {'set': True, 'in_peers': count})

    def connections(self):
        info = self.rpc('get_info')
        return info['outgoing_connections_count'] + info['incoming_connections_count']

    def top(self):
        return self.rpc('get_info')['top_block_hash']

    def ready(self):
        self.rpc('get_info')

    def height(self):
        """Number of blocks, the genesis block included."""
        return self.rpc('get_block_count')['count']

    def settle(self):
        """
        Waits until what is in the pool can be mined: a block template leaves out a transaction
        that the node has not passed on yet, which takes it a moment also without peers.
        """
        end = time.monotonic() + RELAY_SECONDS
        while time.monotonic() < end:
            pool = self.post('/get_transaction_pool', {}).get('transactions', [])
            if all(tx['relayed'] for tx in pool):
                return
            time.sleep(0.05)

    def mine(self, count, address):
        """Mines blocks to the address, the first with what is in the pool; returns their hashes."""
        hashes = []
        if self.linked:  # what is passed on, and on which chain, is the scenario's business
            return self.mine_now(count, address)
        self.settle()
        if count >= prepared.WORTH and self.height() == 1 and address == made_address():
            hashes = self.take_prepared(min(count, prepared.BLOCKS))
        return hashes + self.mine_now(count - len(hashes), address)

    def take(self, data):
        """Goes on with a copy of another node's data."""
        self.stop()
        shutil.rmtree(self.data)
        shutil.copytree(data, self.data)
        self.fresh = False
        self.start(self.port)

    def take_prepared(self, count):
        """Goes on with a copy of the prepared chain, cut to so many blocks; their hashes."""
        self.take(made_chain())
        if count < prepared.BLOCKS:
            self.pop(prepared.BLOCKS - count)
        headers = self.rpc('get_block_headers_range', start_height=1, end_height=count)['headers']
        return [header['hash'] for header in headers]

    def mine_now(self, count, address):
        hashes = []
        while count > 0:
            part = min(count, 50)
            hashes += self.rpc('generateblocks', amount_of_blocks=part,
                               wallet_address=address)['blocks']
            count -= part
        return hashes

    def pop(self, count):
        """Drops blocks from the top; their transactions go back to the pool."""
        answer = self.post('/pop_blocks', {'nblocks': count})
        if answer['status'] != 'OK':
            raise RpcError('pop_blocks', {'message': answer['status']})

    def submit(self, blob):
        """What the node says of a transaction: status OK when it takes it into its pool."""
        return self.post('/send_raw_transaction', {'tx_as_hex': blob, 'do_not_relay': False,
                                                   'do_sanity_checks': False})

    def flush_pool(self, txids=()):
        self.rpc('flush_txpool', txids=list(txids))

    def pool(self):
        """Ids of the transactions that wait to be mined."""
        answer = self.post('/get_transaction_pool', {})
        return [tx['id_hash'] for tx in answer.get('transactions', [])]

    def transactions(self, txids):
        """What the node says of transactions (in_pool, block_height, ...), in the given order."""
        answer = self.post('/get_transactions', {'txs_hashes': list(txids),
                                                 'decode_as_json': True})
        by_id = {tx['tx_hash']: tx for tx in answer.get('txs', [])}
        return [by_id.get(txid) for txid in txids]


class Wallet(Server):
    """An official wallet: one monero-wallet-rpc with one wallet open."""

    def __init__(self, folder, name, node):
        super().__init__(folder, 'wallet-' + name)
        self.folder = os.path.join(folder, 'wallets-' + name)
        self.file = name
        self.node = node

    def command(self):
        os.makedirs(self.folder, exist_ok=True)
        # Rings are remembered by key image, and prepared wallets have the same ones in every chain.
        return ['monero-wallet-rpc', '--wallet-dir', self.folder, '--disable-rpc-login',
                '--shared-ringdb-dir', os.path.join(self.folder, 'rings'),
                '--rpc-bind-ip', '127.0.0.1', '--rpc-bind-port', str(self.port),
                '--daemon-address', f"127.0.0.1:{self.node.port}", '--trusted-daemon',
                '--rpc-ssl', 'disabled', '--daemon-ssl', 'disabled',
                '--log-file', self.log + '.log',
                '--log-level', '0', '--max-log-file-size', '0', '--max-log-files', '0']

    # The wallet gave up on a node that was slow for a moment, before anything was made or sent.
    PASSING = ('Failed to get earliest fork height', 'no connection to daemon', 'daemon is busy')

    def rpc(self, method, **params):
        for attempt in range(4):
            try:
                return super().rpc(method, **params)
            except RpcError as error:
                if attempt == 3 or not any(text in str(error) for text in self.PASSING):
                    raise
                time.sleep(2 ** attempt)
        raise AssertionError

    def ready(self):
        super().rpc('get_version')

    def open(self, words=None, birthday=0, made=None):
        """Makes a new wallet, opens a copy of one made before, or restores the one of 25 words."""
        if made is not None:
            for end in ('', '.keys'):
                shutil.copy(os.path.join(made, 'wallet' + end),
                            os.path.join(self.folder, self.file + end))
            self.rpc('open_wallet', filename=self.file, password='')
        elif words is None:
            self.rpc('create_wallet', filename=self.file, password='', language='English')
        else:
            self.rpc('restore_deterministic_wallet', filename=self.file, password='',
                     seed=words, restore_height=birthday, language='English')
        self.rpc('auto_refresh', enable=False)  # only when a test says so
        return self

    def words(self):
        return self.rpc('query_key', key_type='mnemonic')['key']

    def view_key(self):
        return self.rpc('query_key', key_type='view_key')['key']

    def address(self, account=0, index=0):
        answer = self.rpc('get_address', account_index=account, address_index=[index])
        return answer['addresses'][0]['address']

    def new_address(self, account=0):
        return self.rpc('create_address', account_index=account)['address']

    def new_account(self):
        answer = self.rpc('create_account')
        return answer['account_index'], answer['address']

    def integrated(self, payment_id='', address=None):
        """An integrated address of ours, or of a given standard address; with its payment id."""
        params = {'payment_id': payment_id} if payment_id else {}
        if address is not None:
            params['standard_address'] = address
        answer = self.rpc('make_integrated_address', **params)
        return answer['integrated_address'], answer['payment_id']

    def refresh(self):
        self.rpc('refresh')
        return self

    def balance(self, account=None):
        """Total and unlocked balance of one account, or of all."""
        self.refresh()
        if account is None:
            answer = self.rpc('get_balance', all_accounts=True)
        else:
            answer = self.rpc('get_balance', account_index=account)
        return answer['balance'], answer['unlocked_balance']

    def pay(self, destinations, account=0, **more):
        """One transaction to (address, amount) pairs: tx_hash, fee, tx_key and tx_blob."""
        return self.rpc(
            'transfer', account_index=account, get_tx_key=True, get_tx_hex=True,
            destinations=[{'address': a, 'amount': n} for a, n in destinations], **more)

    def pay_split(self, destinations, account=0):
        return self.rpc(
            'transfer_split', account_index=account, get_tx_keys=True,
            destinations=[{'address': a, 'amount': n} for a, n in destinations])

    def sweep(self, address, account=0, **more):
        return self.rpc('sweep_all', address=address, account_index=account, **more)

    def outputs(self, kind='all'):
        """Received outputs ('all', 'available', 'unavailable'), every account."""
        accounts = self.rpc('get_accounts')['subaddress_accounts']
        found = []
        for account in accounts:
            answer = self.rpc('incoming_transfers', transfer_type=kind,
                              account_index=account['account_index'])
            found += answer.get('transfers', [])
        return found

    def transfer(self, txid, account=0):
        """What the wallet recorded of one transaction."""
        return self.rpc('get_transfer_by_txid', txid=txid, account_index=account)['transfers']

    def received(self, txid, account=0):
        """Sum received in one account by one transaction; 0 when the wallet saw nothing."""
        try:
            found = self.refresh().transfer(txid, account)
        except RpcError:
            return 0
        return sum(t['amount'] for t in found if t['type'] in ('in', 'pool', 'block'))

    def check_tx_key(self, txid, key, address):
        """Amount that the transaction paid to the address, by the sender's transaction key."""
        return self.rpc('check_tx_key', txid=txid, tx_key=key, address=address)


def make_wallet(folder):
    """A wallet that has seen no chain, as the files wallet and wallet.keys, and its address."""
    node = Node(folder, 'node').start()
    wallet = Wallet(folder, 'wallet', node)
    try:
        wallet.start()
        address = wallet.open().address()
        wallet.rpc('close_wallet')
        for end in ('', '.keys'):
            shutil.copy(os.path.join(wallet.folder, 'wallet' + end),
                        os.path.join(folder, 'wallet' + end))
        with open(os.path.join(folder, 'address'), 'w', encoding='ascii') as f:
            f.write(address)
    finally:
        wallet.stop()
        node.stop()


def made_wallet(number):
    return prepared.have(f"wallet-{number}", make_wallet)


def made_address():
    """Where the prepared chain's blocks are mined to: the first wallet of every scenario."""
    with open(os.path.join(made_wallet(0), 'address'), encoding='ascii') as f:
        return f.read()


def made_chain():
    address = made_address()

    def make(folder):
        node = Node(folder, 'chain').start()
        try:
            node.mine_now(prepared.BLOCKS, address)
        finally:
            node.stop()

    return os.path.join(prepared.have('blocks', make, prepared.CHAIN_SECONDS), 'chain')


class Chain:
    """
    A node, its wallets and a folder to work in. With two nodes the second, `other`, has the same
    chain until they are separated: each then lives on with blocks of its own, and when they are
    joined again the longer chain is the one, as on the day of a real reorganisation.
    """

    def __init__(self, keep=False, nodes=1):
        self.keep = keep  # leave everything running and the folder in place
        self.folder = tempfile.mkdtemp(prefix='airlock-regtest.')
        self.node = self.other = None
        self.two = nodes == 2
        self.wallets = []
        self.new_wallets = 0

    def __enter__(self):
        try:
            self.node = Node(self.folder, linked=self.two)
            self.node.keep = self.keep
            self.node.start()
            if self.two:
                self.other = Node(self.folder, 'monerod-2', linked=True, peers=[self.node])
                self.other.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if not self.keep or kind is not None:
            self.close()
        return False

    def close(self):
        for server in self.wallets + [self.other, self.node]:
            if server is not None:
                server.stop()
        if os.environ.get('AIRLOCK_TEST_KEEP') != '1':
            shutil.rmtree(self.folder, ignore_errors=True)

    def wallet(self, name, words=None, birthday=0, node=None):
        """A new wallet, or the one of 25 words."""
        wallet = Wallet(self.folder, name, node or self.node)
        wallet.keep = self.keep
        made = None
        if words is None:
            made = made_wallet(self.new_wallets)
            self.new_wallets += 1
        self.wallets.append(wallet)
        wallet.start()
        return wallet.open(words, birthday, made)

    def mine(self, count, address):
        return self.node.mine(count, address)

    def separate(self):
        """Neither node hears of the other's blocks and transactions from here on."""
        for node in (self.node, self.other):
            node.limit_peers(0)
        wait_for(lambda: self.node.connections() == self.other.connections() == 0)

    def join(self):
        """Both follow the longer chain."""
        for node in (self.node, self.other):
            node.limit_peers(8)
        wait_for(lambda: self.node.top() == self.other.top())

    def path(self, *parts):
        return os.path.join(self.folder, *parts)
