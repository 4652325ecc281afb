"""Plants each alteration of a module of cases as one more layer, compares it alone (new against altered) and hidden (old
against altered), and prints PASSED for each that is neither unexplained nor an alarm. run.py MODULE [NAME...]; OUT is what
80-lies.sh made, IMGDRIFT the binary."""
import sys,json,collections
mod=sys.argv[1]; m=__import__(mod); from harness import *
only=set(sys.argv[2:])
res=[]
def report(c,mode,ok,rows,men,extra=''):
    quiet={k:v for k,v in rows.items() if not v or v[0] not in LOUD}
    res.append(dict(name=c['name'],cls=c['cls'],want=c['want'],mode=mode,ok=ok,rows=rows,men=men))
    if not ok: print('PASSED',c['name'],'['+c['cls']+']',mode,{k:v[:3]+(v[3][:60],) if v else None for k,v in quiet.items()},'| mentions',men,'| extra',extra,flush=True)
for pair in sorted({c['pair'] for c in m.C}):
    img=image(pair)
    bulk=[c for c in m.C if c['pair']==pair and c['bulk'] and (not only or c['name'] in only)]
    if bulk:
        L=Layer(img); own={}
        for c in bulk:
            n=len(L.watch)
            try: c['f'](L)
            except Exception as e: print('ERR',c['name'],repr(e)); del L.watch[n:]; continue
            own[c['name']]=L.watch[n:]
        for mode in('alone','hidden'):
            ref=img.build([L.bytes()],'bulk'); j=judge(pair,mode,L,ref)
            print(pair,mode,j['headline'])
            for c in bulk:
                if c['name'] not in own: continue
                rows={w:j['rows'][w] for w in own[c['name']]}
                fs,pk,cf,wa=mentions(j['r'],baseline(pair,mode),own[c['name']])
                report(c,mode,all(v and v[0] in LOUD for v in rows.values()),rows,fs)
    for c in m.C:
        if c['pair']!=pair or c['bulk'] or (only and c['name'] not in only): continue
        L=Layer(img)
        try: c['f'](L)
        except Exception as e:
            import traceback; print('ERR',c['name'],repr(e)); traceback.print_exc(limit=3); continue
        for mode in c['modes']:
            ref=img.build([L.bytes()] if L.e else [],'case',L.config,L.history); j=judge(pair,mode,L,ref)
            report(c,mode,j['ok'],j['rows'],[x for x in j['m']] if j['m'] else j['rows'],(j.get('extra'),j.get('headline')))
json.dump(res,open(f'{OUT}/{mod}.json','w'),indent=1)
n=len({(r['name']) for r in res}); p={(r['name']) for r in res if not r['ok']}
print('cases',n,'rows',len(res),'passed quietly',len(p))
sys.exit(bool(p))
