"""
What a power cut can leave of files, given the calls that changed them (record.c): every call that
was made durable is there; each that was not may be there, be lost, or be torn at sectors of 512
bytes. Names follow the order in which a folder's were changed, as journaling file systems keep it.
"""
import struct

SECTOR = 512
CONTENT = 'wt'  # written, cut to size
NAMES = 'mrlud'  # made, renamed, linked, unlinked, folder made


class Op:
    def __init__(self, kind, through, offset, path, data):
        self.kind, self.through, self.offset, self.path, self.data = kind, through, offset, path, data
        self.other = data.decode() if kind in 'rl' else None

    def folder(self):
        return self.path.rpartition('/')[0] or '.'

    def __repr__(self):
        return f"{self.kind} {self.path} {self.offset}+{len(self.data)}"


def read_log(path):
    ops = []
    with open(path, 'rb') as f:
        log = f.read()
    at = 0
    while at < len(log):
        kind, through, offset, n = struct.unpack_from('<cBQQ', log, at)
        at += 18
        name = log[at:at + n].decode()
        at += n
        n, = struct.unpack_from('<Q', log, at)
        at += 8
        ops.append(Op(kind.decode(), through, offset, name, log[at:at + n]))
        at += n
    return ops


class History:
    """The calls of one run on top of the files it began with (path: bytes)."""

    def __init__(self, base, ops):
        self.base, self.ops = base, ops
        self.inode = []  # of each call's file, as it was called then
        names = {path: number for number, path in enumerate(sorted(base))}
        self.first = dict(names)
        fresh = len(names)
        for op in ops:
            if op.kind == 'm':
                names[op.path] = fresh
                fresh += 1
            self.inode.append(names.get(op.path))
            if op.kind == 'r':
                names[op.other] = names.pop(op.path)
            elif op.kind == 'l':
                names[op.other] = names[op.path]
            elif op.kind == 'u':
                names.pop(op.path, None)

    def durable(self, end, honest=True):
        """Which of the calls before `end` no power cut takes back. Not honest: the disk lies."""
        safe = set()
        for at in range(end if honest else 0):
            op = self.ops[at]
            if op.kind == 'w' and op.through:
                safe.add(at)
            if op.kind != 's':
                continue
            for before in range(at):
                old = self.ops[before]
                if old.kind in CONTENT and self.inode[before] == self.inode[at] is not None:
                    safe.add(before)
                if old.kind in NAMES and old.folder() == op.path:
                    safe.add(before)
        return safe

    def image(self, end, how, chance, honest=True):
        """
        The files when the power goes during call `end` (all calls ended: len(ops)): with `kept`
        whatever was called is there, with `lost` only what is durable, with `torn` chance decides.
        """
        calls = range(min(end + 1, len(self.ops)))
        safe = self.durable(end, honest)
        stopped = set()  # folders of which no later change is there
        kept = {}
        for at in calls:
            op = self.ops[at]
            if at in safe or how == 'kept':
                kept[at] = None
            elif how == 'lost' or op.kind == 's':
                continue
            elif op.kind in NAMES:
                if op.folder() not in stopped and chance.random() < 0.6:
                    kept[at] = None
                else:
                    stopped.add(op.folder())
            elif chance.random() < 0.6:
                sectors = range(0, len(op.data) + SECTOR, SECTOR)
                kept[at] = None if chance.random() < 0.5 else {
                    s for s in sectors if chance.random() < 0.5}
        return self.build(kept)

    def build(self, kept):
        names = dict(self.first)
        content = {self.first[path]: bytearray(data) for path, data in self.base.items()}
        for at, sectors in kept.items():
            op, inode = self.ops[at], self.inode[at]
            if op.kind == 'm':
                names[op.path] = inode
                content.setdefault(inode, bytearray())
            elif op.kind == 'r' and op.path in names:
                names[op.other] = names.pop(op.path)
            elif op.kind == 'l' and op.path in names:
                names[op.other] = names[op.path]
            elif op.kind == 'u':
                names.pop(op.path, None)
            elif op.kind == 't':
                held = content.setdefault(inode, bytearray())
                del held[op.offset:]
                held.extend(bytes(op.offset - len(held)))
            elif op.kind == 'w':
                write(content.setdefault(inode, bytearray()), op, sectors)
        return {path: bytes(content.get(inode, b'')) for path, inode in names.items()}


def write(held, op, sectors):
    end = op.offset + len(op.data)
    if len(held) < end:
        held.extend(bytes(end - len(held)))
    if sectors is None:
        held[op.offset:end] = op.data
        return
    first = op.offset - op.offset % SECTOR
    for at in range(first, end, SECTOR):
        if at - first in sectors:
            low, high = max(at, op.offset), min(at + SECTOR, end)
            held[low:high] = op.data[low - op.offset:high - op.offset]
