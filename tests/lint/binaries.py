"""
Rules over the built programs: what the signer may need and import, and what the watcher must not
contain. Each takes the build folder and returns findings.
"""
import os
import re
import subprocess

SIGNER_NEEDED = re.compile(
    r'^(libsodium|liblmdb|libcbor|libjansson|libqrencode|libseccomp|libc|ld-linux[\w-]*)\.so(\.|$)')

# Ways to another machine, another program, or code that was not there at link time.
SIGNER_DENIED = re.compile(
    r'^(socket|socketpair|connect|bind|listen|accept4?|send|sendto|sendmsg|sendmmsg|recv|recvfrom|'
    r'recvmsg|recvmmsg|getaddrinfo|getnameinfo|gethostby\w+|getservby\w+|res_\w+|__res_\w+|'
    r'inet_\w+|getifaddrs|exec[lv]\w*|fexecve|posix_spawn\w*|system|popen|fork|vfork|_Fork|clone|'
    r'daemon|dlopen|dlmopen|dlsym|curl_\w+|MHD_\w+|SSL_\w+|wordexp|getpw\w+|getgr\w+)$')

# Code that works with the spend key, by its names in signer/.
WATCHER_DENIED = re.compile(
    r'^(tx_build|clsag_sign|bpplus_prove|input_key_image|input_secret\w*|spend_\w+|vault_\w+|'
    r'policy_\w+|words_(to|from)_\w+|mnemonic_\w+|journal_append\w*)$')


def programs(build):
    return (os.path.join(build, 'signer', 'airlock-signer'),
            os.path.join(build, 'watcher', 'airlock-watcher'),
            os.path.join(build, 'scan', 'airlock-scan'))


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needed(path):
    return re.findall(r'\(NEEDED\)\s+Shared library: \[([^\]]+)\]', run('readelf', '-d', path))


def symbols(path, *options):
    names = []
    for line in run('nm', *options, path).splitlines():
        names.append(line.split()[-1].split('@')[0])
    return names


def missing(path):
    return [] if os.path.isfile(path) else [f"{os.path.basename(path)} has not been built"]


def needed_findings(libraries):
    return [f"airlock-signer needs {name}" for name in libraries if not SIGNER_NEEDED.match(name)]


def imported_findings(names, program='airlock-signer'):
    return [f"{program} imports {name}" for name in names if SIGNER_DENIED.match(name)]


def contained_findings(names):
    return [f"airlock-watcher contains {name}" for name in names if WATCHER_DENIED.match(name)]


def signer_libraries(build):
    path = programs(build)[0]
    return missing(path) or needed_findings(needed(path))


def signer_imports(build):
    path = programs(build)[0]
    return missing(path) or imported_findings(symbols(path, '-D', '--undefined-only'))


def scan_imports(build):
    """What decodes pictures reaches no other machine and runs no other program either."""
    path = programs(build)[2]
    return missing(path) or imported_findings(symbols(path, '-D', '--undefined-only'),
                                              'airlock-scan')


def watcher_without_spend_key(build):
    """A stripped program would pass unseen, so the rule also asks for a symbol that must be there."""
    path = programs(build)[1]
    if missing(path):
        return missing(path)
    names = symbols(path, '--defined-only')
    if 'main' not in names:
        return ['airlock-watcher is stripped: its symbols cannot be checked']
    return contained_findings(names)


def hardened(build):
    """Position independent, read-only relocations, all symbols bound at start, no executable stack."""
    found = []
    for path in programs(build):
        if missing(path):
            found += missing(path)
            continue
        name = os.path.basename(path)
        headers = run('readelf', '-W', '-h', '-l', '-d', path)
        if not re.search(r'Type:\s+DYN', headers):
            found.append(f"{name} is not position independent")
        if 'GNU_RELRO' not in headers or 'BIND_NOW' not in headers:
            found.append(f"{name} lacks full RELRO")
        if not re.search(r'GNU_STACK\s.*\sRW\s', headers):
            found.append(f"{name} has an executable stack")
    return found


RULES = [signer_libraries, signer_imports, scan_imports, watcher_without_spend_key, hardened]
