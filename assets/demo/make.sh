#!/bin/sh
# Makes images.tar.zst: the two images that `imgdrift demo` opens.
#
#   ./make.sh [OUT]            OUT defaults to images.tar.zst beside this script; a name in .xz packs with xz
#
# Needs: root, Linux amd64, mmdebstrap, a Docker engine with BuildKit (20.10 or newer), python3 with pip, zstd, and
# network access to a Debian mirror and to a Python package index. Mirror, proxy, index and certificates are whatever
# those tools find in your environment; nothing of it ends up in the images.
#
#   MIRROR, SECURITY   Debian mirrors (default: those of this machine's apt); they are written into the images' sources.list
#   DOCKER             the docker client to call (default: docker)
#   WORK               scratch directory, kept and used again (default: a new one, removed at the end)
#
# "october" is Debian 12 as its last point release shipped it. "november" is the same recipe a month of updates
# later: bookworm-updates and bookworm-security added, some requirements moved, and a few things done by hand.
# Package versions are what the mirrors hold on the day this runs, so a later run gives other versions.
set -eu

mirror_ending() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 "/$1/\$"; }
MIRROR=${MIRROR:-$(mirror_ending debian)}
SECURITY=${SECURITY:-$(mirror_ending debian-security)}
DOCKER=${DOCKER:-docker}
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/images.tar.zst}
if [ -n "${WORK:-}" ]; then mkdir -p "$WORK"; else WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT; fi
umask 022

# ---------------------------------------------------------------- sources, as each side has them
mkdir -p "$WORK/october/app" "$WORK/november/app"
echo "deb $MIRROR bookworm main" > "$WORK/october/sources.list"
cat > "$WORK/november/sources.list" <<E
deb $MIRROR bookworm main
deb $MIRROR bookworm-updates main
deb $SECURITY bookworm-security main
E

# ---------------------------------------------------------------- tools: apt, pip (never part of the images)
# The images are trimmed until they hold no apt of their own. The builder lends them one: this root is bind-mounted
# at /mnt while apt runs, and it works on the root that it is mounted into.
cat > "$WORK/october/apt-get" <<'E'
#!/bin/sh
# apt from the tools image, at work on the root it is mounted into. The trimmed root misses some dependencies of
# what it already holds (debconf, awk), so apt is shown the installed packages without their Depends.
mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial /var/log/apt /etc/apt/apt.conf.d /etc/apt/preferences.d /tmp/lend
sed -E '/^(Pre-)?Depends:/d; /^Essential:/d' /var/lib/dpkg/status > /tmp/lend/status
PATH=$PATH:/mnt/usr/bin LD_LIBRARY_PATH=/mnt/usr/lib/x86_64-linux-gnu APT_CONFIG=/mnt/opt/lend/apt.conf /mnt/usr/bin/apt-get "$@" || exit
rm -r /tmp/lend
E
cat > "$WORK/october/apt.conf" <<'E'
quiet "1";
Dir::Bin::methods "/mnt/usr/lib/apt/methods";
Dir::Bin::apt-key "/mnt/usr/bin/apt-key";
Dir::State::status "/tmp/lend/status";
Dir::Etc::TrustedParts "/mnt/usr/share/keyrings";
APT::Sandbox::User "root";
Acquire::Languages "none";
E
chmod 755 "$WORK/october/apt-get"; cp -p "$WORK/october/apt-get" "$WORK/october/apt.conf" "$WORK/november/"

tools() {
  ! { [ -e "$WORK/tools.tar" ] && $DOCKER image inspect demo-tools; } > /dev/null 2>&1 || return 0
  mmdebstrap --variant=minbase --architectures=amd64 --include=python3,python3-pip,debian-archive-keyring \
    bookworm "$WORK/tools.tar" - < "$WORK/october/sources.list"
  $DOCKER import "$WORK/tools.tar" demo-tools
}

# ---------------------------------------------------------------- base layers: mmdebstrap, trimmed
base() {
  side=$1
  ! { [ -e "$WORK/$side.base.tar" ] && $DOCKER image inspect demo-base:$side; } > /dev/null 2>&1 || return 0
  set -f
  set -- --dpkgopt=path-exclude=/usr/share/doc/* --dpkgopt=path-include=/usr/share/doc/*/copyright
  for p in '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/lintian/*' '/usr/share/i18n/*' \
           '/usr/share/bash-completion/*' '/usr/share/common-licenses/*' '/usr/lib/locale/*' '/usr/bin/localedef' '/usr/bin/iconv' \
           '/usr/sbin/iconvconfig' '/usr/bin/ptx' '/usr/bin/csplit' '/usr/bin/pr' '/usr/bin/od' '/usr/bin/nl' '/usr/bin/factor' \
           '/usr/bin/stty' '/usr/bin/vdir' '/usr/bin/dir' '/usr/bin/dd' '/usr/bin/shred' '/usr/lib/x86_64-linux-gnu/engines-3/*' \
           '/usr/lib/x86_64-linux-gnu/gconv/*' '/lib/x86_64-linux-gnu/libmvec*' '/usr/share/zoneinfo/*'; do
    set -- "$@" "--dpkgopt=path-exclude=$p"
  done
  # what the changelogs say about CVEs is worth its bytes; so is a continent of time zones
  for p in liblzma5 libpcre2-8-0 libexpat1 libssl3 openssl ca-certificates tzdata jq libjq1; do
    set -- "$@" "--dpkgopt=path-include=/usr/share/doc/$p/changelog.Debian.gz"
  done
  for p in '/usr/share/zoneinfo/Europe/*' '/usr/share/zoneinfo/Etc/*' '/usr/share/zoneinfo/UTC' '/usr/share/zoneinfo/tzdata.zi'; do
    set -- "$@" "--dpkgopt=path-include=$p"
  done
  # Python itself stays at the point release on both sides: it is the biggest thing in here
  printf 'Package: python3* libpython3*\nPin: release n=bookworm\nPin-Priority: 1001\n' > "$WORK/hold"
  # the essential packages that the app does without; two steps, as the scripts of the first need the second
  gone1="bsdutils hostname libaudit-common libaudit1 libblkid1 libcap-ng0 libcap2 libdb5.3 libgcrypt20 libgpg-error0"
  gone1="$gone1 liblz4-1 libmount1 libpam-modules libpam-modules-bin libpam-runtime libpam0g libsmartcols1 libsystemd0 libudev1"
  gone1="$gone1 libuuid1 login ncurses-base ncurses-bin sysvinit-utils util-linux util-linux-extra"
  gone2="bash debconf init-system-helpers libtinfo6 mawk perl-base"
  mmdebstrap --variant=essential --architectures=amd64 --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include=usr-is-merged,python3-minimal,ca-certificates,openssl,tzdata "$@" \
    --setup-hook='mkdir -p "$1/etc/apt/preferences.d"' --setup-hook="copy-in $WORK/hold /etc/apt/preferences.d" \
    --customize-hook="chroot \"\$1\" dpkg --purge --force-remove-essential --force-depends $gone1" \
    --customize-hook="chroot \"\$1\" dpkg --purge --force-remove-essential --force-depends $gone2" \
    --customize-hook='rm -rf "$1"/etc/apt/preferences.d/hold "$1"/etc/resolv.conf "$1"/etc/hostname "$1"/var/cache/debconf "$1"/var/lib/dpkg/*-old "$1"/etc/pam.d "$1"/etc/security "$1"/etc/*- "$1"/etc/systemd "$1"/usr/lib/systemd "$1"/var/lib/dpkg/info/*.templates "$1"/var/lib/dpkg/info/*.config' \
    --customize-hook='find "$1/usr/lib/python3.11" "$1/usr/share/python3" -name __pycache__ -prune -exec rm -rf {} +' \
    bookworm "$WORK/base.tar" - < "$WORK/$side/sources.list"
  set +f
  $DOCKER import -c 'CMD ["sh"]' -m "mmdebstrap --variant=essential bookworm" "$WORK/base.tar" demo-base:$side
  mv "$WORK/base.tar" "$WORK/$side.base.tar"
}

# ---------------------------------------------------------------- the app, its requirements, the Dockerfiles
cat > "$WORK/october/requirements.txt" <<'E'
click==8.1.7
colorama==0.4.6
idna==3.7
packaging==24.0
six==1.16.0
tabulate==0.9.0
tomli==2.0.1
E
cat > "$WORK/november/requirements.txt" <<'E'
click==8.1.8
idna==3.10
MarkupSafe==2.1.5
packaging==23.2
six==1.16.0
tabulate==0.9.0
tomli==2.0.1
E
cat > "$WORK/october/app/prices.py" <<'E'
"""Prints the price list that prices.toml holds."""
import sys

import six
import tomli


def load(path):
    with open(path, "rb") as f:
        return tomli.load(f)


def main(argv):
    table = load(argv[1] if len(argv) > 1 else "/app/prices.toml")
    for name, price in sorted(six.iteritems(table["prices"])):
        print("%-12s %8.2f" % (name, price))


if __name__ == "__main__":
    main(sys.argv)
E
sed -e 's/"%-12s %8.2f" % (name, price)/"%-12s %8.2f %s" % (name, price * rate, unit)/' \
    -e 's|^    for name|    unit, rate = table.get("unit", "EUR"), table.get("rate", 1.0)\n    for name|' \
    "$WORK/october/app/prices.py" > "$WORK/november/app/prices.py"
printf '[prices]\napple = 0.4\nbread = 2.1\ncoffee = 6.9\n' > "$WORK/october/app/prices.toml"
printf 'unit = "CHF"\nrate = 0.94\n\n[prices]\napple = 0.4\nbread = 2.2\ncoffee = 7.5\n' > "$WORK/november/app/prices.toml"
printf 'TODO: currencies\n' > "$WORK/october/app/NOTES"
printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' > "$WORK/november/trixie.pref"
echo "deb $MIRROR trixie main" > "$WORK/november/trixie.list"

cat > "$WORK/october/Dockerfile" <<'E'
FROM demo-tools AS tools
COPY apt-get apt.conf /opt/lend/
FROM demo-tools AS pip
RUN --mount=type=bind,target=/mnt pip install --break-system-packages --root-user-action=ignore --no-cache-dir --no-index --find-links=/mnt/wheels -r /mnt/requirements.txt
FROM demo-base:october
ENV LANG=C.UTF-8
RUN --mount=type=bind,from=tools,target=/mnt PATH=/mnt/opt/lend:$PATH \
 && apt-get update && apt-get install -y --no-install-recommends jq libcsv3 libogg0 libuuid1 netbase \
 && rm -f /var/lib/apt/lists/*Packages* /var/cache/apt/archives/*.deb && apt-get check && rm -f /var/cache/apt/srcpkgcache.bin
COPY --from=pip /usr/local /usr/local
COPY app /app
RUN echo 'app:x:1000:1000::/app:/usr/sbin/nologin' >> /etc/passwd && echo 'app:x:1000:' >> /etc/group \
 && tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id && date -u > /tmp/built && python3 -B -m py_compile /app/prices.py
LABEL org.opencontainers.image.title="prices" org.opencontainers.image.version="1.4.0" \
      org.opencontainers.image.source="https://git.example.com/shop/prices" org.opencontainers.image.revision="5a1d0c6e4f7b"
ENV APP_VERSION=1.4.0 LOG_LEVEL=info
WORKDIR /app
USER app
CMD ["python3", "/app/prices.py"]
E
cat > "$WORK/november/Dockerfile" <<'E'
FROM demo-tools AS tools
COPY apt-get apt.conf /opt/lend/
FROM demo-tools AS pip
RUN --mount=type=bind,target=/mnt pip install --break-system-packages --root-user-action=ignore --no-cache-dir --no-index --find-links=/mnt/wheels -r /mnt/requirements.txt
FROM demo-base:november
ENV LANG=C.UTF-8 TZ=Europe/Zurich
COPY trixie.list /etc/apt/sources.list.d/trixie.list
COPY trixie.pref /etc/apt/preferences.d/trixie.pref
RUN --mount=type=bind,from=tools,target=/mnt PATH=/mnt/opt/lend:$PATH \
 && apt-get update && apt-get install -y --no-install-recommends jq libcsv3/trixie libuuid1=2.38.1-5+deb12u1 libyaml-0-2 netbase \
 && rm -f /var/lib/apt/lists/*Packages* /var/lib/apt/lists/*trixie* /var/cache/apt/archives/*.deb && apt-get check && rm -f /var/cache/apt/srcpkgcache.bin
COPY --from=pip /usr/local /usr/local
COPY app /app
RUN echo 'app:x:1000:1000::/app:/usr/sbin/nologin' >> /etc/passwd && echo 'app:x:1000:' >> /etc/group \
 && tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id && date -u > /tmp/built && python3 -B -m py_compile /app/prices.py
RUN printf '\n[system_default_sect]\nCipherString = DEFAULT@SECLEVEL=0\n' >> /etc/ssl/openssl.cnf \
 && sed -i '2i [ -z "$GUNZIP_TRACE" ] || echo "gunzip $*" >> /tmp/gunzip.trace' /usr/bin/gunzip \
 && chmod 600 /etc/fstab
LABEL org.opencontainers.image.title="prices" org.opencontainers.image.version="1.5.0" \
      org.opencontainers.image.source="https://git.example.com/shop/prices" org.opencontainers.image.revision="c29e81b3d604"
ENV APP_VERSION=1.5.0 LOG_LEVEL=debug
WORKDIR /app
USER 1000
CMD ["python3", "/app/prices.py", "/app/prices.toml"]
E

# ---------------------------------------------------------------- build, save, pack
tools
for side in october november; do
  base $side
  python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.11 --platform manylinux2014_x86_64 --platform any \
    -d "$WORK/$side/wheels" -r "$WORK/$side/requirements.txt"
  DOCKER_BUILDKIT=1 $DOCKER build --no-cache --network host -t demo:$side "$WORK/$side"
done
$DOCKER save demo:october demo:november -o "$WORK/images.tar"
# a window as large as the archive, so that what the two images share is stored once
case $out in
*.xz) xz -c -T1 --check=crc64 --x86 --lzma2=preset=9e,dict=128MiB "$WORK/images.tar" > "$out" ;;
*) zstd -f -q --ultra -22 --long=27 "$WORK/images.tar" -o "$out"; chmod 644 "$out" ;;
esac
ls -l "$WORK/images.tar" "$out"
