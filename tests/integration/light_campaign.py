"""
The campaign of tools/optical: codes photographed by a bad camera, read by two readers, decoded with
losses; a table of how many frames it took, beside what the code's definition says.
"""
import argparse
import os
import random
import sys
import tempfile
import time

import light


def look(payload, folder, args, seed):
    """{reader: for each frame, what each look gave}"""
    files = light.pictures(payload, 250, os.path.join(folder, 'codes'))
    texts = {reader: [[] for _ in files] for reader in light.READERS}
    for i in range(args.looks):
        photos = light.photographs(files, os.path.join(folder, f"photos-{i}"), f"{seed} {i}")
        for reader in light.READERS:
            found = light.read(reader, photos)
            for frame, photo in zip(texts[reader], photos):
                frame.append(found.get(photo))
    return texts


def rows(size, args):
    """Several messages, since the mixed parts of one may happen to be of more use than another's."""
    seen = []
    for message in range(args.messages):
        payload = random.Random(f"{args.seed} {size} {message}").randbytes(size)
        with tempfile.TemporaryDirectory(prefix='airlock-optical-') as folder:
            seen.append((payload, look(payload, folder, args, f"{args.seed} {message}")))
    for reader in light.READERS:
        looks = [text for _, texts in seen for frame in texts[reader] for text in frame]
        n, missed = len(seen[0][1][reader]) // 2, looks.count(None) / len(looks)
        for loss in (0.0, 0.2, 0.4):
            rng = random.Random(f"{args.seed} {reader} {n} {loss}")
            needed = []
            for i in range(args.trials):
                payload, texts = seen[i % len(seen)]
                got, frames = light.frames_needed(texts[reader], loss, rng)
                assert got == payload
                needed.append(frames)
            needed.sort()
            mean, most_of = sum(needed) / len(needed), needed[len(needed) * 95 // 100]
            wanted = light.expected_frames(n, 1 - (1 - loss) * (1 - missed), args.trials * 4,
                                           args.seed)
            print(f"| {size} | {n} | {reader} | {missed:.1%} | {loss:.0%} | {mean:.1f} "
                  f"({mean / n:.2f} n) | {most_of} | {wanted:.1f} | {mean / wanted - 1:+.1%} |",
                  flush=True)


def main():
    parser = argparse.ArgumentParser(prog='tools/optical', description=__doc__)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--trials', type=int, default=200, help='transfers for each row')
    parser.add_argument('--messages', type=int, default=4, help='different ones of each size')
    parser.add_argument('--looks', type=int, default=3, help='photographs of each code')
    parser.add_argument('--sizes', type=int, nargs='*', default=[5000, 15000, 30000])
    args = parser.parse_args()
    started = time.monotonic()
    print('| bytes | n | reader | not read | lost besides | frames, mean | 95 % | expected | off by |')
    print('|---|---|---|---|---|---|---|---|---|')
    for size in args.sizes:
        rows(size, args)
    print(f"seed {args.seed}, {args.trials} transfers a row, {time.monotonic() - started:.0f} s",
          file=sys.stderr)


if __name__ == '__main__':
    main()
