# Databases of the same rows, written another number of times.
out=$1; mkdir -p "$out"; cd "$out"
sqlite3 app.db 'create table users (id integer primary key, name text unique); insert into users (name) values ("ann"), ("bob"), ("eve"); create index by_name on users (name)'
for turn in $(seq $(($(date +%s) / 60 % 7 + 1))); do
    sqlite3 app.db 'begin; create table scratch as select * from users; insert into scratch select id + 10, name from users; drop table scratch; commit'
done
# The same rows in pages of another order, and a write-ahead log that nobody closed.
cp app.db shuffled.db
for turn in $(seq 400 | shuf); do echo "insert into log values ($turn, printf('%0200d', $turn));"; done > rows.sql
{ echo 'create table log (id integer primary key, line text); begin;'; cat rows.sql; echo 'commit;'; } | sqlite3 shuffled.db
rm rows.sql
sqlite3 vacuumed.db 'create table t (a); insert into t values (1)'; for turn in $(seq $(($(date +%s) / 60 % 7 + 1))); do sqlite3 vacuumed.db vacuum; done
python3 - wal.db <<'P'
import dbm.dumb, os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("pragma journal_mode=wal")
db.execute("create table t (a)")
db.execute("insert into t values (1)")
db.commit()
os._exit(0)
P
