"""Our rows of tests/bench beside the official programs' on the same machine in the same minute.

Ours and theirs are run in turn, several times; the median of each is what counts. The official
figures come from monero-tests' performance_tests, whole signing from monero-wallet-rpc. Rows without
an official counterpart of their own say so in their note.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

import whole_signing

OFFICIAL = os.environ.get("AIRLOCK_PERFORMANCE_TESTS",
                          "/usr/lib/monero/tests/bin/performance_tests")
ROUNDS = int(os.environ.get("AIRLOCK_BENCH_ROUNDS", "3"))

# ours, official filter, official name, divisor, note
ROWS = [
    ("scan", "test_generate_key_derivation", "test_generate_key_derivation", 1,
     "one key derivation (8aR) per transaction public key, one core"),
    ("bpplus_prove_2", "test_bulletproof_plus<false, 2>", "test_bulletproof_plus<false, 2>", 1,
     "range proof for 2 outputs"),
    ("bpplus_prove_16", "test_bulletproof_plus<false, 15>", "test_bulletproof_plus<false, 15>", 1,
     "range proof for 16 outputs; the official test has 15, which pads to 16"),
    ("bpplus_verify_2", "test_bulletproof_plus<true, 2>", "test_bulletproof_plus<true, 2>", 1,
     "one proof by itself"),
    ("bpplus_verify_16", "test_bulletproof_plus<true, 15>", "test_bulletproof_plus<true, 15>", 1,
     "one proof by itself; 15 outputs on the official side"),
    ("clsag_verify", "test_sig_clsag<16, 2, 2>", "test_sig_clsag<16, 2, 2>", 2,
     "ring 16; the official test checks two inputs, halved here"),
    ("clsag_sign", "test_sig_clsag<16, 2, 2>", "test_sig_clsag<16, 2, 2>", 2,
     "ring 16; the official tests time only the check, which does the same work"),
]
ALONE = [
    ("build_2in_2out", "a whole transaction from its plan, self-verification included"),
    ("build_2in_16out", "a whole transaction from its plan, self-verification included"),
]
UNITS = {"ns": 0.001, "µs": 1.0, "us": 1.0, "ms": 1000.0, "s": 1e6}


def our_figure(bench, name):
    text = subprocess.run([bench, name], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        row, us, _ = line.split()
        if row == name:
            return float(us)
    raise SystemExit(f"bench: no row {name}")


def official_figure(filter_text, name, folder):
    text = subprocess.run([OFFICIAL, "--filter=" + re.escape(filter_text).replace("\\ ", " ")],
                          cwd=folder, check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        match = re.match(re.escape(name) + r" \(\d+ calls\) - OK: ([0-9.]+) (\S+)/call", line)
        if match:
            return float(match.group(1)) * UNITS[match.group(2)]
    raise SystemExit(f"bench: the official programs printed no {name}:\n{text}")


def main():
    bench = sys.argv[1]
    as_json = "--json" in sys.argv[2:]
    result = []
    with tempfile.TemporaryDirectory() as folder:
        for ours, wanted, name, divisor, note in ROWS:
            pairs = []
            for _ in range(ROUNDS):
                mine = our_figure(bench, ours)
                theirs = official_figure(wanted, name, folder) / divisor
                pairs.append((mine, theirs, theirs / mine))
            result.append({
                "name": ours,
                "ours_us": round(statistics.median(p[0] for p in pairs), 2),
                "official_us": round(statistics.median(p[1] for p in pairs), 2),
                "ratio": round(statistics.median(p[2] for p in pairs), 2),
                "note": note,
            })
        for ours, note in ALONE:
            figures = [our_figure(bench, ours) for _ in range(ROUNDS)]
            result.append({"name": ours, "ours_us": round(statistics.median(figures), 2),
                           "official_us": None, "ratio": None, "note": note})
    os.environ.setdefault("AIRLOCK_BUILD", os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(bench)))))
    signing, peaks = whole_signing.measure(ROUNDS)
    for outputs, (ours, official, ratio) in signing.items():
        result.append({"name": f"sign_2in_{outputs}out", "ours_us": round(ours, 2),
                       "official_us": round(official, 2), "ratio": round(ratio, 2),
                       "note": "airlock-signer sign from start to end, beside sign_transfer of a "
                               "running monero-wallet-rpc"})
    for program, mib in peaks.items():
        result.append({"name": program, "ours_us": None, "official_us": None, "ratio": None,
                       "note": f"{mib:.1f} MiB at the most, without Argon2id's"})
    if as_json:
        print(json.dumps(result, indent=1))
        return
    print(f"{'':18} {'ours':>12} {'official':>12} {'ratio':>7}")
    for row in result:
        official = f"{row['official_us']:.1f} us" if row["official_us"] else "-"
        ratio = f"{row['ratio']:.1f}x" if row["ratio"] else "-"
        ours = f"{row['ours_us']:.1f} us" if row["ours_us"] else "-"
        print(f"{row['name']:18} {ours:>12} {official:>12} {ratio:>7}  {row['note']}")


if __name__ == "__main__":
    main()
