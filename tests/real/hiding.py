"""Something real, hidden in a file that varies from build to build: one function per trick, by format.

FORMATS lists (format, recognises(path, bytes), tricks); a trick is (what it hides, change(bytes) -> bytes). A change returns
its input where the file has no such place; the caller leaves those out. Standard library only, and Python 3.11 for marshal.
"""
import bz2
import gzip
import hashlib
import io
import lzma
import os
import re
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zipfile
import zlib

SCRIPT = b"#!/bin/sh\nexec sh -c \"$(cat /tmp/.x)\"\n"


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def appended(data):
    return data + SCRIPT


def letter_changed(data, pattern):
    """The last letter of the first match of `pattern`, another one."""
    match = re.search(pattern, data)
    return flip(data, match.end() - 1) if match else data


# --- compiled Python -------------------------------------------------------------------------------------------------

def opcode(data):
    size = struct.unpack_from("<I", data, 38)[0]  # header 16, 'c', five numbers, 's', its length
    at = 42 + size - 2
    return data[:at] + (b"\x09" if data[at] != 9 else b"\x53") + data[at + 1:]


def constant(data):
    match = re.search(rb"[\xda\xfa\x5a\x7a]([\x03-\x40])([a-z_]{3})", data[16:])
    return flip(data, 16 + match.end(2) - 1) if match else data


# Reads marshalled code and prints an offset and the number of a reference that could lead elsewhere. On its own: damaged
# code can crash the interpreter.
REFERENCES = """
import marshal, re, struct, sys
code = sys.stdin.buffer.read()
for match in re.finditer(rb"r(..)\\0\\0", code, re.S):
    at, number = match.start() + 1, struct.unpack("<H", match[1])[0] - 1
    try:
        if number >= 0 and marshal.loads(code[:at] + struct.pack("<H", number) + code[at + 2:]) != marshal.loads(code):
            print(at, number, flush=True)
            break
    except (ValueError, EOFError, TypeError, SystemError):
        pass
"""


def swapped_reference(data):
    """One object refers to another one than before."""
    found = subprocess.run([sys.executable, "-c", REFERENCES], input=data[16:], capture_output=True).stdout.split()
    if not found:
        return data
    at, number = 16 + int(found[0]), struct.pack("<H", int(found[1]))
    return data[:at] + number + data[at + 2:]


def claimed_hash_based(data):
    return data[:4] + b"\1\0\0\0" + data[8:] if data[4:8] == bytes(4) else data


def other_size(data):
    return flip(data, 12)


PYC = [("an opcode", opcode), ("a constant", constant), ("a reference to another object", swapped_reference),
       ("bytes after the code", appended), ("another mode", claimed_hash_based), ("another size of the source", other_size)]


# --- gzip and the other compressors ----------------------------------------------------------------------------------

def gzip_parts(data):
    at, flags = 10, data[3]
    if flags & 4:
        at += 2 + struct.unpack_from("<H", data, at)[0]
    for bit in (8, 16):
        if flags & bit:
            at = data.index(b"\0", at) + 1
    return data[:at + (2 if flags & 2 else 0)], gzip.decompress(data)


def regzip(head, content):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(content) + deflate.flush()
    return head + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def gzip_content(data):
    head, content = gzip_parts(data)
    return regzip(head, flip(content, len(content) // 2))


def gzip_extra(data):
    head, content = gzip_parts(data)
    if head[3] & 4:
        return data
    return regzip(head[:3] + bytes([head[3] | 4]) + head[4:10] + struct.pack("<H", len(SCRIPT)) + SCRIPT + head[10:], content)


def gzip_comment(data):
    head, content = gzip_parts(data)
    return data if head[3] & 18 else regzip(head[:3] + bytes([head[3] | 16]) + head[4:] + SCRIPT + b"\0", content)


def gzip_member(data):
    return data + gzip.compress(SCRIPT)


GZIP = [("compressed content", gzip_content), ("bytes after the end", appended), ("an extra field", gzip_extra),
        ("a comment", gzip_comment), ("another member", gzip_member)]


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, capture_output=True, check=True).stdout


CODECS = {
    b"\x1f\x8b": (lambda data: gzip_parts(data)[1], lambda data, content: regzip(gzip_parts(data)[0], content)),
    b"\xfd7zXZ": (lzma.decompress, lambda _, content: lzma.compress(content)),
    b"BZh": (bz2.decompress, lambda _, content: bz2.compress(content)),
    b"\x28\xb5\x2f\xfd": (lambda data: zstd(data, "-d"), lambda _, content: zstd(content)),
}


def codec(data):
    return next((codec for magic, codec in CODECS.items() if data.startswith(magic)), None)


def within(change):
    """`change` on the content of a compressed file."""
    def changed(data):
        unpack, pack = codec(data)
        content = unpack(data)
        new = change(content)
        return data if new == content else pack(data, new)
    return changed


# --- tar -------------------------------------------------------------------------------------------------------------

def tar_headers(data):
    """Offsets of the headers of regular members."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [(member.offset, member.offset_data, member.size) for member in tar if member.isfile()]


def tar_header_changed(data, at, start, new):
    header = bytearray(data[at:at + 512])
    header[start:start + len(new)] = new
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return data[:at] + bytes(header) + data[at + 512:]


def tar_content(data):
    at = next((at for _, at, size in tar_headers(data) if size), None)
    return data if at is None else flip(data, at)


def tar_in_last_header(start, new):
    def changed(data):
        headers = tar_headers(data)
        return tar_header_changed(data, headers[-1][1] - 512, start, new) if headers else data
    return changed


def tar_name(data):
    headers = tar_headers(data)
    at = headers[-1][1] - 512 if headers else None
    return data if at is None else tar_header_changed(data, at, 0, bytes([data[at] ^ 1]))


def tar_member(data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo("hidden")
        member.size = len(SCRIPT)
        tar.addfile(member, io.BytesIO(SCRIPT))
    return out.getvalue()[:1024] + data


def tar_capability(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        member = next((member for member in tar if member.isfile()), None)
    if member is None:
        return data
    member.pax_headers = {"SCHILY.xattr.security.capability": "\1\0\0\2\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0"}
    record = member.tobuf(tarfile.PAX_FORMAT)
    return data[:member.offset] + record[:-512] + data[member.offset_data - 512:]


TAR = [("a member's content", tar_content), ("a member's name", tar_name), ("an added member", tar_member),
       ("a setuid bit in a member", tar_in_last_header(100, b"0004755\0")), ("a member turned into a link", tar_in_last_header(156, b"2/etc/passwd\0")),
       ("a file capability in a member", tar_capability), ("bytes after the end", appended)]

PACKED_TAR = [(what, within(change)) for what, change in TAR]


# --- zip -------------------------------------------------------------------------------------------------------------

def rezipped(data, change):
    """The archive anew; `change` takes the list of (ZipInfo, content)."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        members = [(info, old.read(info)) for info in old.infolist()]
        comment = old.comment
    prefix = data[:min((info.header_offset for info, _ in members), default=0)]
    out = io.BytesIO()
    out.write(prefix)
    with zipfile.ZipFile(out, "a" if prefix else "w") as new:
        new.comment = comment
        warnings.simplefilter("ignore")  # a second member of one name is one of the tricks
        for info, content in change(members):
            new.writestr(info, content, compress_type=info.compress_type)
    return out.getvalue()


def zip_content(data):
    def change(members):
        at = max(range(len(members)), key=lambda at: len(members[at][1]))
        info, content = members[at]
        return members[:at] + [(info, flip(content, len(content) // 2))] + members[at + 1:]
    return rezipped(data, change)


def zip_added(data):
    return rezipped(data, lambda members: members + [(zipfile.ZipInfo("hidden.py"), SCRIPT)])


def zip_renamed(data):
    def change(members):
        members[-1][0].filename = members[-1][0].filename[:-1] + "Z"
        return members
    return rezipped(data, change)


def zip_mode(data):
    def change(members):
        members[-1][0].external_attr |= 0o4111 << 16
        return members
    return rezipped(data, change)


def zip_twice(data):
    """A second member of the same name: the last one wins for most readers, the first for some."""
    def change(members):
        info = zipfile.ZipInfo(members[-1][0].filename, members[-1][0].date_time)
        return members + [(info, SCRIPT)]
    return rezipped(data, change)


def zip_extra(data):
    def change(members):
        members[0][0].extra += struct.pack("<HH", 0x6D65, len(SCRIPT)) + SCRIPT
        return members
    return rezipped(data, change)


def zip_directory(data):
    """Where the end record stands, and the directory's offset."""
    end = data.rindex(b"PK\5\6")
    return end, struct.unpack_from("<I", data, end + 16)[0]


def zip_gap(data):
    end, at = zip_directory(data)
    if data[at:at + 4] != b"PK\1\2":
        return data
    return data[:at] + SCRIPT + data[at:end + 16] + struct.pack("<I", at + len(SCRIPT)) + data[end + 20:]


def zip_prefix(data):
    return SCRIPT + data


def zip_comment(data):
    end, _ = zip_directory(data)
    return data[:end + 20] + struct.pack("<H", len(SCRIPT)) + SCRIPT


def zip_local_name(data):
    """The local header names another file than the directory does."""
    at = data.find(b"PK\3\4")
    return flip(data, at + 30) if at >= 0 else data


ZIP = [("a member's content", zip_content), ("an added member", zip_added), ("a renamed member", zip_renamed),
       ("bytes between the members", zip_gap), ("bytes before the archive", zip_prefix), ("an archive comment", zip_comment),
       ("a local name unlike the directory's", zip_local_name), ("a second member of one name", zip_twice),
       ("a privileged member", zip_mode), ("an unknown extra field", zip_extra), ("bytes after the end", appended)]


# --- ar and deb ------------------------------------------------------------------------------------------------------

def ar_members(data):
    at, found = 8, []
    while at + 60 <= len(data):
        size = int(data[at + 48:at + 58])
        found.append((at, data[at:at + 16].rstrip(), size))
        at += 60 + size + size % 2
    return found


def ar_content(data):
    at, _, size = next(((at, name, size) for at, name, size in reversed(ar_members(data)) if size), (0, b"", 0))
    return flip(data, at + 60 + size // 2) if size else data


def ar_name(data):
    at, name, _ = ar_members(data)[-1]
    return data[:at] + (b"x" + name[1:]).ljust(16) + data[at + 16:]


def ar_added(data):
    head = b"hidden.o/".ljust(16) + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6) + b"644".ljust(8) + b"%-10d`\n" % len(SCRIPT)
    return data + head + SCRIPT + b"\n" * (len(SCRIPT) % 2)


def ar_index(data):
    """The symbol index leads to another member."""
    at, name, size = ar_members(data)[0]
    return flip(data, at + 60 + 7) if name == b"/" and size >= 8 else data


def ar_padding(data):
    for at, _, size in ar_members(data):
        if size % 2:
            return data[:at + 60 + size] + b"X" + data[at + 61 + size:]
    return data


AR = [("a member's content", ar_content), ("a member's name", ar_name), ("an added member", ar_added),
      ("the symbol index", ar_index), ("a byte between members", ar_padding), ("bytes after the end", appended)]


def deb_content(which, change):
    def changed(data):
        for at, name, size in ar_members(data):
            body = data[at + 60:at + 60 + size]
            if name.startswith(which) and codec(body):
                new = within(change)(body)
                head = data[at:at + 48] + b"%-10d" % len(new) + data[at + 58:at + 60]
                return data[:at] + head + new + b"\n" * (len(new) % 2) + data[at + 60 + size + size % 2:]
        return data
    return changed


DEB = [("a file in the package", deb_content(b"data.tar", tar_content)), ("the control file", deb_content(b"control.tar", tar_content)),
       ("a setuid bit in the package", deb_content(b"data.tar", tar_in_last_header(100, b"0004755\0"))), ("bytes after the end", appended),
       ("an added member", ar_added)]


# --- ELF -------------------------------------------------------------------------------------------------------------

def elf_sections(data):
    """name -> (header's offset, offset, size, type); 64-bit little-endian, else none."""
    if data[4:6] != b"\2\1":
        return {}
    table, size, count, names = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HHH", data, 58)
    rows = [struct.unpack_from("<IIQQQQ", data, table + at * size) for at in range(count)]
    if names >= len(rows):
        return {}
    strings = rows[names][4]
    return {data[strings + row[0]:data.index(b"\0", strings + row[0])].decode(): (table + at * size, row[4], row[5], row[1])
            for at, row in enumerate(rows)}


def elf_section(name, middle=True):
    def changed(data):
        _, at, size, kind = elf_sections(data).get(name, (0, 0, 0, 8))
        return flip(data, at + (size // 2 if middle else 0)) if size and kind != 8 else data
    return changed


def elf_entry(data):
    return flip(data, 24)


def elf_executable_stack(data):
    start, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    for at in (start + size * number for number in range(count)):
        if struct.unpack_from("<I", data, at)[0] == 0x6474E551:
            return flip(data, at + 4)
    return data


def elf_note_grown(data):
    """A build id of another kind: its type and name changed, so that it is no build id."""
    _, at, size, _ = elf_sections(data).get(".note.gnu.build-id", (0, 0, 0, 0))
    return flip(data, at + 8) if size else data


def elf_needed(data):
    _, at, size, _ = elf_sections(data).get(".dynstr", (0, 0, 0, 0))
    match = re.search(rb"\0lib\w+\.so", data[at:at + size])
    return flip(data, at + match.start() + 4) if match else data


def elf_gap(data):
    """Bytes that no section holds, between two of them."""
    spans = sorted((at, at + size) for _, at, size, kind in elf_sections(data).values() if kind not in (0, 8))
    for (_, end), (start, _) in zip(spans, spans[1:]):
        if start - end >= 8 and data[end:start] == bytes(start - end):
            return data[:end] + b"evil" + data[end + 4:]
    return data


ELF = [("an instruction", elf_section(".text")), ("a read-only constant", elf_section(".rodata")), ("a variable", elf_section(".data")),
       ("a relocation", elf_section(".rela.dyn", False)), ("the entry point", elf_entry), ("an executable stack", elf_executable_stack),
       ("a needed library", elf_needed), ("a note that is no build id", elf_note_grown), ("bytes between sections", elf_gap),
       ("bytes after the end", appended)]


# --- PNG, .mo, font and icon caches, PDF -----------------------------------------------------------------------------

def png_chunks(data):
    at, found = 8, []
    while at + 12 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        found.append((data[at + 4:at + 8], data[at + 8:at + 8 + size]))
        at += 12 + size
    return found


def repng(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)


def png_pixels(data):
    chunks = png_chunks(data)
    at = next(at for at, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    pixels = zlib.decompress(chunks[at][1])
    chunks[at] = (b"IDAT", zlib.compress(flip(pixels, len(pixels) - 1)))
    return repng(chunks)


def png_added(kind, body):
    return lambda data: repng(png_chunks(data)[:-1] + [(kind, body), (b"IEND", b"")])


def png_time_grown(data):
    """A time of more than the seven bytes that a time has."""
    return repng([(kind, body + SCRIPT if kind == b"tIME" else body) for kind, body in png_chunks(data)])


PNG = [("a pixel", png_pixels), ("a private chunk", png_added(b"prVt", SCRIPT)), ("a text that is no date", png_added(b"tEXt", b"Comment\0" + SCRIPT)),
       ("a payload after a time", png_time_grown), ("a script where a date belongs", png_added(b"tEXt", b"date:create\0" + SCRIPT)),
       ("bytes after the end", appended)]


def mo_message(data):
    count, _, table = struct.unpack_from("<III", data, 8)
    size, at = struct.unpack_from("<II", data, table + 8 * (count - 1))
    return flip(data, at + size - 1) if size else data


def mo_header(data):
    return data.replace(b"plural=(n != 1)", b"plural=(n != 7)").replace(b"nplurals=2", b"nplurals=3")


def mo_date(data):
    """A payload where a date belongs."""
    return re.sub(rb"(Revision-Date: )(\d{4}-\d\d-\d\d)", rb"\1;rm -rf /;", data)


MO = [("a message", mo_message), ("the plural form", mo_header), ("a payload in the date", mo_date), ("bytes after the end", appended)]

FONTS = [("a font file's name", lambda data: letter_changed(data, rb"[A-Za-z]{3,}\.(ttf|otf|pfb|pcf\.gz)")),
         ("a font family", lambda data: letter_changed(data, rb"DejaVu|Liberation")), ("bytes after the end", appended)]

ICONS = [("an icon's name", lambda data: letter_changed(data, rb"edit-copy|folder-open|[a-z]{4,}-[a-z]{4,}")), ("bytes after the end", appended)]

PDF = [("the page", lambda data: letter_changed(data, rb"/MediaBox ?\[ ?0 0 \d+")), ("bytes after the end", appended),
       ("an action", lambda data: data.replace(b"/Type/Catalog", b"/OpenAction<</S/Launch>>/Type/Catalog", 1))]


# --- Java key stores -------------------------------------------------------------------------------------------------

def jks_sealed(body, magic=b"Mighty Aphrodite", password="changeit"):
    return body + hashlib.sha1(password.encode("utf-16-be") + magic + body).digest()


def jks_certificate(data):
    """A flipped bit within the first certificate."""
    at = data.index(b"\x00\x05X.509") + 7
    return jks_sealed(flip(data[:-20], at + 4 + struct.unpack_from(">I", data, at)[0] // 2))


def jks_alias(data):
    return jks_sealed(flip(data[:-20], 18))


def jks_added(data):
    count = struct.unpack_from(">I", data, 8)[0]
    alias, certificate = b"hidden", b"\x30\x03\x02\x01\x01"
    entry = struct.pack(">IH", 2, len(alias)) + alias + bytes(8) + struct.pack(">H", 5) + b"X.509" + struct.pack(">I", len(certificate)) + certificate
    return jks_sealed(data[:8] + struct.pack(">I", count + 1) + data[12:-20] + entry)


JKS = [("a certificate", jks_certificate), ("an alias", jks_alias), ("an added certificate", jks_added), ("bytes after the end", appended)]


# --- text ------------------------------------------------------------------------------------------------------------

def some_line(data):
    """A word of a line in the middle, changed but for dates and numbers."""
    lines = data.splitlines(True)
    for line in range(len(lines) // 2, len(lines)):
        match = list(re.finditer(rb"[A-Za-z]{4,}", lines[line]))
        if match:
            lines[line] = flip(lines[line], match[-1].end() - 1)
            return b"".join(lines)
    return data


def added_line(data):
    lines = data.splitlines(True)
    at = len(lines) // 2
    date = re.match(rb"[\d: -]*", lines[at])[0] if lines else b""
    return b"".join(lines[:at] + [date + b" install netcat-openbsd:amd64 <none> 1.219-1\n"] + lines[at:])


def removed_line(data):
    lines = data.splitlines(True)
    return b"".join(lines[:len(lines) // 2] + lines[len(lines) // 2 + 1:]) if len(lines) > 1 else data


def behind_a_date(data):
    return re.sub(rb"(\d\d:\d\d:\d\d)", rb"\1;evil", data, count=1)


TEXT = [("a changed word", some_line), ("another version", lambda data: letter_changed(data, rb"[ :=]\d+\.\d+")), ("an added line", added_line), ("a removed line", removed_line),
        ("a payload behind a time", behind_a_date)]


def shadow_field(field, new):
    def changed(data):
        lines = data.split(b"\n")
        for at in reversed(range(len(lines))):
            fields = lines[at].split(b":")
            if len(fields) == 9:
                fields[field] = new
                return b"\n".join(lines[:at] + [b":".join(fields)] + lines[at + 1:])
        return data
    return changed


SHADOW = [("another password", shadow_field(1, b"$y$j9T$abc$def")), ("no password", shadow_field(1, b"")), ("a day that is none", shadow_field(2, b"0")),
          ("a maximum age", shadow_field(4, b"7")), ("an expiry", shadow_field(7, b"1")), ("a payload for a day", shadow_field(2, b"evil")),
          ("another account", lambda data: data + b"mallory:$y$j9T$abc$def:20000:0:99999:7:::\n")]


def record_row(data):
    return re.sub(rb"(\.py,sha256=.)(.)", lambda match: match[1] + (b"A" if match[2] != b"A" else b"B"), data, count=1)


RECORD = [("a source's hash", record_row), ("an added row", lambda data: data + b"hidden.py,sha256=AAAA,4\r\n"), ("a removed row", removed_line)]

KEYS = [("a second key", lambda data: data + data), ("a command beside the key", lambda data: data.rstrip(b"\n") + b" command=\"sh\"\n"),
        ("text after the key", appended), ("something else altogether", lambda _: SCRIPT)]

MACHINE_ID = [("a longer id", lambda data: data.rstrip() + b"00\n"), ("something else altogether", lambda _: SCRIPT)]


# --- git and sqlite --------------------------------------------------------------------------------------------------

def git_index(change):
    """`change` on the bytes of the first entry's 62 fixed ones and its name."""
    def changed(data):
        body = change(data[:-20])
        return body + hashlib.sha1(body).digest()
    return changed


def git_index_added(data):
    count, entry = struct.unpack_from(">I", data, 8)[0], bytes(24) + struct.pack(">I", 0o100755) + bytes(12) + b"\7" * 20 + struct.pack(">H", 8) + b"~hidden/"[:8]
    body = data[:8] + struct.pack(">I", count + 1) + data[12:-20]
    at = body.rfind(b"TREE")
    at = at if at > 12 else len(body)
    entry += bytes(8 - len(entry) % 8)
    body = body[:at] + entry + body[at:]
    return body + hashlib.sha1(body).digest()


GIT_INDEX = [("another blob", git_index(lambda body: flip(body, 12 + 45))), ("an executable bit", git_index(lambda body: body[:39] + bytes([body[39] ^ 0o111]) + body[40:])),
             ("another name", git_index(lambda body: flip(body, 12 + 62))), ("an added entry", git_index_added), ("bytes after the end", appended)]


def sqlite_after(*statements):
    def changed(data):
        with tempfile.NamedTemporaryFile(suffix=".db") as file:
            file.write(data)
            file.flush()
            database = sqlite3.connect(file.name, isolation_level=None)
            try:
                table = database.execute("select name from sqlite_master where type = 'table' order by name desc").fetchone()
                if table is None:
                    return data
                for statement in statements:
                    database.execute(statement.format(table=table[0]))
            except sqlite3.Error:
                return data
            finally:
                database.close()
                for left in ("-wal", "-shm"):
                    if os.path.exists(file.name + left):
                        os.remove(file.name + left)
            with open(file.name, "rb") as written:
                return written.read()
    return changed


SQLITE = [("a deleted row", sqlite_after("delete from {table} where rowid = (select max(rowid) from {table})")),
          ("an added table", sqlite_after("create table hidden (a)", "insert into hidden values (1)")),
          ("a trigger", sqlite_after("create trigger hidden after insert on {table} begin select 1; end")),
          ("a changed value", lambda data: letter_changed(data, rb"ann|bob|eve|\d{20}")), ("bytes after the end", appended)]


# --- which file has which tricks -------------------------------------------------------------------------------------

def starts(*magics):
    return lambda _, data: data.startswith(magics)


def named(pattern):
    return lambda path, _: re.search(pattern, path) is not None


def is_tar(_, data):
    return data[257:262] == b"ustar"


def is_zip(_, data):
    return b"PK\5\6" in data[-65600:] and (data.startswith(b"PK\3\4") or data.startswith(b"#!"))


def is_compressed_tar(path, data):
    if not codec(data):
        return False
    try:
        return is_tar(path, codec(data)[0](data))
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        return False


def is_text(_, data):
    try:
        return bool(data) and "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


FORMATS = [
    ("pyc", named(r"\.pyc$"), PYC),
    ("tar.gz", lambda path, data: data.startswith(b"\x1f\x8b") and is_compressed_tar(path, data), PACKED_TAR + GZIP[1:]),
    ("tar, compressed", is_compressed_tar, [*PACKED_TAR, ("bytes after the end", appended)]),
    ("tar", is_tar, TAR),
    ("gzip", starts(b"\x1f\x8b"), GZIP),
    ("deb", named(r"\.deb$"), DEB),
    ("ar", starts(b"!<arch>\n"), AR),
    ("zip", is_zip, ZIP),
    ("ELF", starts(b"\x7fELF"), ELF),
    ("PNG", starts(b"\x89PNG"), PNG),
    ("mo", starts(b"\xde\x12\x04\x95"), MO),
    ("fontconfig", starts(b"\x04\xfc\x02\xfc"), FONTS),
    ("icon cache", named(r"/icon-theme\.cache$"), ICONS),
    ("JKS", starts(b"\xfe\xed\xfe\xed"), JKS),
    ("sqlite", starts(b"SQLite format 3\0"), SQLITE),
    ("git index", starts(b"DIRC"), GIT_INDEX),
    ("PDF", starts(b"%PDF"), PDF),
    ("shadow", named(r"^/etc/g?shadow-?$"), SHADOW),
    ("RECORD", named(r"\.dist-info/RECORD$"), RECORD),
    ("machine id", named(r"/machine-id$"), MACHINE_ID),
    ("key", lambda path, data: data.startswith((b"-----BEGIN", b"ssh-", b"ecdsa-")), KEYS),
    ("text", is_text, TEXT),
]


def tricks_for(path, data):
    """(format, tricks) of a file."""
    for name, recognises, tricks in FORMATS:
        if recognises(path, data):
            return name, tricks
    return "other", [("a flipped bit", lambda data: flip(data, len(data) // 2) if data else SCRIPT), ("bytes after the end", appended)]
