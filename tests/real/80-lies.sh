#!/usr/bin/env bash
# Builds the pairs that lies.py alters into OUT (Docker engine, mmdebstrap; 4 GB, some ten minutes):
#   app-old, app-new          last month's image and today's: Debian without and with its updates, older and newer pip pins
#   systemd-old, systemd-new  the same for an image with daemons
#   base-old, base-new        the two Debian roots alone
set -euo pipefail
out=${1:?usage: $0 OUT}; mkdir -p "$out/app" "$out/daemons"; cd "$out"
mirror=${MIRROR:-http://deb.debian.org/debian} security=${SECURITY:-http://deb.debian.org/debian-security}
[ -f old.root ] || mmdebstrap --quiet --variant=minbase --include=ca-certificates --format=tar bookworm old.root "deb $mirror bookworm main"
[ -f new.root ] || mmdebstrap --quiet --variant=minbase --include=ca-certificates --format=tar bookworm new.root \
    "deb $mirror bookworm main" "deb $mirror bookworm-updates main" "deb $security bookworm-security main"
cp /etc/ssl/certs/ca-certificates.crt app/ca.crt
echo 'print("hello")' >app/app.py
cat >app/Dockerfile <<'D'
ARG BASE
FROM ${BASE}
COPY ca.crt /usr/local/share/ca-certificates/x.crt
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_BREAK_SYSTEM_PACKAGES=1 TZ=UTC
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip curl && rm -rf /var/lib/apt/lists/*
COPY ca.crt /etc/ssl/certs/ca-certificates.crt
COPY requirements.txt /app/requirements.txt
RUN pip install --no-cache-dir -r /app/requirements.txt
COPY app.py /app/
USER 1000:1000
CMD ["python3","/app/app.py"]
D
cat >daemons/Dockerfile <<'D'
ARG BASE
FROM ${BASE}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends systemd systemd-sysv udev dbus cron sudo openssh-server rsyslog && rm -rf /var/lib/apt/lists/*
RUN echo 'deploy ALL=(ALL) NOPASSWD: /bin/true' > /etc/sudoers.d/deploy && chmod 0440 /etc/sudoers.d/deploy
D
old='flask==2.3.2 requests==2.28.0 numpy==1.26.0 pandas==2.1.0 scikit-learn==1.3.0'
new='flask==2.3.3 requests==2.31.0 numpy==1.26.4 pandas==2.1.4 scikit-learn==1.3.2'
build() { # PAIR CONTEXT SIDE
    [ -f "$1-$3.tar" ] && return
    DOCKER_BUILDKIT=0 docker build -q --no-cache --network host --build-arg "BASE=lies-base:$3" -t "lies-$1:$3" "$2" >/dev/null
    docker save "lies-$1:$3" -o "$1-$3.tar"
}
for side in old new; do
    docker import -c 'CMD ["bash"]' "$side.root" "lies-base:$side" >/dev/null
    [ -f "base-$side.tar" ] || docker save "lies-base:$side" -o "base-$side.tar"
    pins=$([ "$side" = old ] && echo "$old" || echo "$new")
    tr ' ' '\n' <<<"$pins click==8.5.1 six==1.17.0" >app/requirements.txt
    build app app "$side"
    build systemd daemons "$side"
done
