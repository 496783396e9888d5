"""
The thief: holds the watcher's data, and says to the signer whatever it likes. A request's body is a
tree of lists, numbers, bytes and text that a test changes at will; thief.c signs and seals it.
"""
import os
import subprocess

from airlock import program

# Places in a request's body, proto/airlock.cddl.
NUMBER, TIME, EXPIRES, HEIGHT, CHAIN_TIME, TOP, JOURNAL, PAYOUTS, TXS = range(9)
ID, ADDRESS, AMOUNT, REFERENCE = range(4)  # of a payout
TYPE, INPUTS, PAYS, FEE, ACCOUNT, PARTS = range(6)  # of a transaction
R, INDEX, MAJOR, MINOR, WORTH, MASK, REAL, PLACES, MEMBERS = range(9)  # of an input
RING = 16
BIG = 2**64 - 1


def head(major, value):
    """The shortest form, as deterministic CBOR wants it."""
    for size, info in ((0, None), (1, 24), (2, 25), (4, 26), (8, 27)):
        if size == 0 and value < 24:
            return bytes([major << 5 | value])
        if size and value < 1 << 8 * size:
            return bytes([major << 5 | info]) + value.to_bytes(size, 'big')
    raise ValueError(value)


def encode(value):
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode('utf-8', 'surrogateescape')
        return head(3, len(data)) + data
    return head(4, len(value)) + b''.join(map(encode, value))


def decode(data):
    value, rest = decode_one(data)
    assert not rest
    return value


def decode_one(data):
    major, info = data[0] >> 5, data[0] & 31
    size = 0 if info < 24 else 1 << (info - 24)
    value = int.from_bytes(data[1:1 + size], 'big') if size else info
    data = data[1 + size:]
    if major == 0:
        return value, data
    if major in (2, 3):
        part = data[:value]
        return (part.decode() if major == 3 else bytes(part)), data[value:]
    assert major == 4
    found = []
    for _ in range(value):
        item, data = decode_one(data)
        found.append(item)
    return found, data


class Thief:
    """Whoever has the folder of this watcher."""

    def __init__(self, watcher):
        self.watcher = watcher
        self.made = 0

    def tool(self, *args, text=''):
        build = os.path.dirname(os.path.dirname(program('airlock-signer')))
        command = [os.path.join(build, 'tests', 'integration', 'thief'), self.watcher.folder]
        result = subprocess.run([*command, *map(str, args)], input=text, capture_output=True,
                                text=True, check=False, timeout=120)
        assert result.returncode == 0, f"thief {args}: {result.stderr}"
        return result.stdout.split()

    def body(self, number):
        """The tree of a request that the watcher made."""
        return decode(bytes.fromhex(self.tool('body', number)[0]))

    def seal(self, body, number=None, **options):
        """(file, code to confirm it) of a tree, or of bytes that need be no tree at all."""
        self.made += 1
        file = f"{self.watcher.folder}.forged-{self.made}"
        data = body if isinstance(body, bytes) else encode(body)
        number = body[NUMBER] if number is None else number
        code, = self.tool('seal', file, number, *(f"{k}={v}" for k, v in options.items()),
                          text=data.hex())
        return file, code

    def reply(self, file):
        """Code (0: signed) and blob of each transaction of a reply."""
        return decode(bytes.fromhex(self.tool('open', file)[0]))

    def make_inputs(self, like, amount, count=1):
        """Outputs that are ours by their keys and on no chain, among another input's decoys."""
        words, made = self.tool('make', amount, count), []
        for i in range(0, len(words), 5):
            tx_public, index, mask, key, commitment = words[i:i + 5]
            out = list(like)
            out[R], out[INDEX] = bytes.fromhex(tx_public), int(index)
            out[MAJOR], out[MINOR] = 0, 0
            out[WORTH], out[MASK] = amount, bytes.fromhex(mask)
            set_member(out, out[REAL], bytes.fromhex(key), bytes.fromhex(commitment))
            made.append(out)
        return made

    def commit(self, amount, mask):
        return bytes.fromhex(self.tool('commit', amount, mask.hex())[0])

    def address(self, text):
        """An address as a payout holds it."""
        network, kind, spend, view, payment_id = self.tool('address', text)
        fields = [int(network), int(kind), bytes.fromhex(spend), bytes.fromhex(view)]
        return fields + [bytes.fromhex(payment_id)] if int(kind) == 2 else fields


def member(spent, i):
    """Key and commitment of a ring's member."""
    data = spent[MEMBERS][64 * i:64 * i + 64]
    return data[:32], data[32:]


def set_member(spent, i, key, commitment):
    data = spent[MEMBERS]
    spent[MEMBERS] = data[:64 * i] + key + commitment + data[64 * i + 64:]
