"""Harness: plants layers on a docker-archive image kept as an OCI layout, compares alone and hidden, judges rows."""
import hashlib, io, json, os, subprocess, sys, tarfile, posixpath, copy, shutil
OUT=os.environ['OUT']; BIN=os.environ['IMGDRIFT']
os.environ['IMGDRIFT_CACHE']=OUT+'/cache'
LOUD={'unexplained','same-version'}
MT=1_790_000_000
class Image:
    def __init__(s, archive, folder):
        s.folder=folder; s.blobs=folder+'/blobs/sha256'; os.makedirs(s.blobs,exist_ok=True)
        open(folder+'/oci-layout','w').write('{"imageLayoutVersion":"1.0.0"}')
        meta=folder+'/meta.json'
        if os.path.exists(meta):
            m=json.load(open(meta)); s.config=m['config']; s.layers=m['layers']
        else:
            s.layers=[]
            with tarfile.open(archive) as t:
                man=json.load(t.extractfile('manifest.json'))[0]
                s.config=json.load(t.extractfile(man['Config']))
                for n in man['Layers']: s.layers.append(s.keep(t.extractfile(n).read()))
            json.dump(dict(config=s.config,layers=s.layers),open(meta,'w'))
        s._nodes=None
    def keep(s,b):
        n=hashlib.sha256(b).hexdigest(); p=s.blobs+'/'+n
        if not os.path.exists(p): open(p,'wb').write(b)
        return dict(digest='sha256:'+n,size=len(b))
    @property
    def nodes(s):
        if s._nodes is None:
            N={}; s._tars=[]
            for l in s.layers:
                t=tarfile.open(s.blobs+'/'+l['digest'][7:]); s._tars.append(t)
                for m in t:
                    p=m.name.removeprefix('./').strip('/')
                    d,b=posixpath.split(p)
                    if b=='.wh..wh..opq':
                        for k in [k for k in N if k.startswith(d+'/')]: del N[k]
                    elif b.startswith('.wh.'):
                        g=posixpath.join(d,b[4:])
                        for k in [k for k in N if k==g or k.startswith(g+'/')]: del N[k]
                    else: N[p]=(m,t)
            s._nodes=N
        return s._nodes
    def read(s,p):
        m,t=s.nodes[p]
        return t.extractfile(m).read()
    def info(s,p): return s.nodes[p][0]
    def has(s,p): return p in s.nodes
    def build(s,layers,tag,config=None,history='RUN /bin/sh -c ./setup.sh'):
        """layers: list of bytes"""
        c=copy.deepcopy(config or s.config); ls=list(s.layers)
        for b in layers:
            l=s.keep(b); ls.append(l); c['rootfs']['diff_ids'].append(l['digest']); c.setdefault('history',[]).append({'created':'2026-11-30T23:00:00Z','created_by':history})
        cfg=s.keep(json.dumps(c).encode()); k='application/vnd.oci.image.'
        man=s.keep(json.dumps({'schemaVersion':2,'mediaType':k+'manifest.v1+json','config':{'mediaType':k+'config.v1+json',**cfg},'layers':[{'mediaType':k+'layer.v1.tar',**x} for x in ls]}).encode())
        man['mediaType']=k+'manifest.v1+json'; man['annotations']={'org.opencontainers.image.ref.name':tag}
        json.dump({'schemaVersion':2,'manifests':[man]},open(s.folder+'/index.json','w'))
        return f'oci:{s.folder}:{tag}'
class Layer:
    def __init__(s,img): s.img=img; s.e=[]; s.names=set(); s.watch=[]; s.config=None; s.note=''; s.history='RUN /bin/sh -c ./setup.sh'
    def _parents(s,p):
        d=posixpath.dirname(p); out=[]
        while d:
            out.append(d); d=posixpath.dirname(d)
        for d in reversed(out):
            if d in s.names: continue
            s.names.add(d)
            if s.img.has(d):
                m=s.img.info(d)
                if m.issym(): raise Exception('symlinked parent '+d)
                t=copy.copy(m); t.name=d; t.pax_headers={}
            else:
                t=tarfile.TarInfo(d); t.type=tarfile.DIRTYPE; t.mode=0o755; t.mtime=MT
            s.e.append((t,None))
    def put(s,p,data=b'',mode=None,watch=True,like=None,**kw):
        s._parents(p); t=tarfile.TarInfo(p)
        src=like or (p if s.img.has(p) else None)
        if src:
            m=s.img.info(src); t.mode,t.uid,t.gid,t.mtime=m.mode,m.uid,m.gid,m.mtime
        else: t.mode,t.mtime=0o644,MT
        if mode is not None: t.mode=mode
        for k,v in kw.items(): setattr(t,k,v)
        if isinstance(data,str): data=data.encode()
        if t.isfile(): t.size=len(data)
        else: data=None
        s.e=[x for x in s.e if x[0].name!=p]; s.names.add(p)
        s.e.append((t,data))
        if watch: s.watch.append('/'+p)
        return t
    def cur(s,p):
        for t,d in s.e:
            if t.name==p and d is not None: return d
        return s.img.read(p)
    def edit(s,p,f,watch=True,**kw):
        b=s.cur(p); n=f(b); assert n!=b,p
        return s.put(p,n,watch=watch,**kw)
    def append(s,p,x,watch=True,**kw):
        if isinstance(x,str): x=x.encode()
        return s.edit(p,lambda b:b+x,watch=watch,**kw)
    def chmod(s,p,watch=True,**kw):
        m=s.img.info(p)
        if m.isdir():
            s._parents(p); t=copy.copy(m); t.name=p; t.pax_headers={}
            for k,v in kw.items(): setattr(t,k,v)
            s.e=[x for x in s.e if x[0].name!=p]
            s.e.append((t,None)); s.names.add(p)
            if watch: s.watch.append('/'+p)
        else: s.put(p,s.img.read(p),watch=watch,**kw)
    def mkdir(s,p,watch=True,mode=0o755,**kw):
        s._parents(p); t=tarfile.TarInfo(p); t.type=tarfile.DIRTYPE; t.mode=mode; t.mtime=MT
        for k,v in kw.items(): setattr(t,k,v)
        s.e.append((t,None)); s.names.add(p)
        if watch: s.watch.append('/'+p)
    def link(s,p,to,watch=True): s.put(p,b'',watch=watch,type=tarfile.SYMTYPE,linkname=to,mode=0o777)
    def delete(s,p,watch=True):
        d,b=posixpath.split(p); s._parents(p); t=tarfile.TarInfo(f'{d}/.wh.{b}' if d else '.wh.'+b); t.mtime=MT; s.e.append((t,b''))
        if watch: s.watch.append('/'+p)
    def own(s,path,pkg,data=None,md5=True,lst=True):
        """append claim to dpkg's info of pkg"""
        info='var/lib/dpkg/info/'+pkg
        if not s.img.has(info+'.list'):
            info+=':amd64'
        if lst: s.append(info+'.list','/'+path+'\n',watch=False)
        if md5 and data is not None:
            if isinstance(data,str): data=data.encode()
            h=hashlib.md5(data).hexdigest()
            def f(b):
                lines=[l for l in b.splitlines() if not l.endswith(b'  '+path.encode())]
                return b'\n'.join(lines+[f'{h}  {path}'.encode()])+b'\n'
            s.edit(info+'.md5sums',f,watch=False)
    def bytes(s):
        o=io.BytesIO()
        t=tarfile.open(fileobj=o,mode='w',format=tarfile.PAX_FORMAT)
        for i,d in s.e: t.addfile(i,io.BytesIO(d) if d is not None else None)
        t.close(); return o.getvalue()
def compared(l,r,*a):
    x=subprocess.run(['nice',BIN,l,r,'--all','--format','json',*a],capture_output=True)
    if x.returncode: return {'error':x.stderr.decode()[:400]}
    return json.loads(x.stdout)
PAIRS={name:(f'{OUT}/{name}-old.tar',f'{OUT}/{name}-new.tar') for name in('systemd','app','base')}
_imgs={}
def image(pair):
    if pair not in _imgs:
        _imgs[pair]=Image(PAIRS[pair][1],f'{OUT}/layouts/{pair}')
    return _imgs[pair]
_base={}
def refs(pair): return PAIRS[pair]
def baseline(pair,mode):
    k=(pair,mode)
    if k not in _base:
        o,n=refs(pair)
        r=compared(o if mode=='hidden' else n,n); _base[k]=r
    return _base[k]
def mentions(r,base,watch):
    fs=[]
    for f in r['findings']:
        if f['check'] in('generated','nondeterministic'): continue
        if f['drift']=='new' or f['drift'] is None:
            if any(p in (f.get('paths') or []) or p in f['subject'] for p in watch): fs.append(f"{f['severity']}:{f['check']}")
    key=lambda p:(p['ecosystem'],p['name'],p['arch'],p['location'])
    b={key(p):(p['change'],(p['right'] or {}).get('version')) for p in base['packages']}
    pk=[f"{p['ecosystem']}:{p['name']} {p['change']}" for p in r['packages'] if p['change'] and b.get(key(p))!=(p['change'],(p['right'] or {}).get('version'))]
    bc={c['key'] for c in base['config']}
    cf=[c['key'] for c in r['config'] if c['key'] not in bc]
    return fs,pk,cf,r['warnings']
def judge(pair,mode,L,ref,leftref=None):
    o,n=refs(pair)
    left=leftref or (o if mode=='hidden' else n)
    r=compared(left,ref)
    if 'error' in r: return dict(ok=True,rows={'error':r['error']},m='',r=r)
    rows={c['path']:c for c in r['files']['changes']}
    b=baseline(pair,mode)
    brows={c['path']:c['explanation'] for c in b['files']['changes']}
    out={}
    for w in L.watch:
        c=rows.get(w)
        out[w]=None if c is None else ('same-version' if c.get('alarm') else c['explanation'],c['rule'],c['proof'],c['detail'][:110])
    extra=[p for p,c in rows.items() if c['explanation'] in LOUD and p not in L.watch and brows.get(p) not in LOUD]
    ok=all(v and v[0] in LOUD for v in out.values())
    return dict(ok=ok,rows=out,m=mentions(r,b,L.watch),extra=extra,headline=r['headline'],r=r)
