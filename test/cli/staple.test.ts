import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addCa, benchWithCa, gw1, importGateway } from './bench-with-ca.ts';
import { makeBench } from './run-cli.ts';

const nginx = ['target', 'nginx', 'file', '/etc/nginx/gw1.ocsp', 'pid-file', '/run/nginx.pid'];

describe('staple add', () => {
  it('keeps an endpoint for a certificate that is yet to come, and shows it', async () => {
    const bench = makeBench();
    const added = await bench.run(['staple', 'add', 'gw1', ...nginx, 'probe', '[::1]:443']);
    expect(added).toMatchObject({ code: 0 });
    expect(added.out).toBe(
      'Endpoint "nginx" of "gw1" is stored; it counts from its first certificate on\n',
    );
    const { out } = await bench.run(['show', 'staple']);
    expect(out).toContain('state   not asked yet');
    expect(out).toContain('nginx file /etc/nginx/gw1.ocsp pid-file /run/nginx.pid probe [::1]:443');
    const { staples } = JSON.parse((await bench.run(['show', 'staple', '--json'])).out);
    expect(staples).toMatchObject([
      { name: 'gw1', endpoints: [{ label: 'nginx', target: 'nginx', probe: '[::1]:443' }] },
    ]);
  });

  it.each([
    [['target', 'nginx', 'file', '/a'], 'pid-file is missing'],
    [['target', 'listener', 'file', '/a'], 'file does not belong to target listener'],
    [['target', 'file', 'file', '/a', 'socket', '/b'], 'socket does not belong to target file'],
    [['target', 'haproxy', 'file', '/a b', 'socket', '/s'], 'haproxy cannot be told of "/a b"'],
    [['target', 'file', 'file', '/a', 'mode', '666'], 'lets everybody write'],
    [['target', 'file', 'file', '/a', 'probe', 'x'], 'probe "x" is no place to look at'],
    [['target', 'file', 'file', '/a', 'probe-name', 'x'], 'probe is missing'],
  ])('refuses %j', async (words, complaint) => {
    const { code, err } = await makeBench().run(['staple', 'add', 'gw1', ...words]);
    expect(code).toBe(2);
    expect(err).toContain(complaint);
  });

  it('refuses the file of another endpoint, and an OCSP object that there is not', async () => {
    const bench = makeBench();
    await bench.run(['staple', 'add', 'gw1', ...nginx]);
    const same = await bench.run(['staple', 'add', 'gw2', ...nginx]);
    expect(same).toMatchObject({ code: 3 });
    expect(same.err).toContain('that is endpoint "nginx" of "gw1"');
    const object = await bench.run(['staple', 'add', 'gw1', ...nginx, 'ocsp', 'hq']);
    expect(object).toMatchObject({ code: 3 });
    expect(object.err).toContain('there is no such OCSP object');
  });

  it('says why there is nothing to staple, and tries again', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importGateway(bench);
    const file = join(bench.directory, 'gw1.der');
    const tried = await bench.run([
      'staple',
      'add',
      'gw1',
      'target',
      'file',
      'file',
      file,
      '--dry-run',
    ]);
    expect(tried).toMatchObject({ code: 0 });
    const added = await bench.run(['staple', 'add', 'gw1', 'target', 'file', 'file', file]);
    expect(added).toMatchObject({ code: 10 });
    expect(added.err).toContain('names no OCSP responder');
    expect(existsSync(file)).toBe(false);
    const { out } = await bench.run(['show', 'staple', 'gw1']);
    expect(out).toContain('no-source');
    expect(await bench.run(['staple', 'refresh', 'gw1'])).toMatchObject({ code: 10 });
    const plan = await bench.run(['agent', 'plan']);
    expect(plan.out).toMatch(/staple +gw1/);
  });
});

describe('staple remove', () => {
  it('forgets an endpoint, and asks which where there are several', async () => {
    const bench = makeBench();
    await bench.run(['staple', 'add', 'gw1', ...nginx]);
    await bench.run(['staple', 'add', 'gw1', 'target', 'listener']);
    const unsaid = await bench.run(['staple', 'remove', 'gw1']);
    expect(unsaid).toMatchObject({ code: 2 });
    expect(unsaid.err).toContain('it has listener, nginx');
    expect(unsaid.err).toContain('as in "to listener"');
    await bench.run(['staple', 'remove', 'gw1', 'to', 'nginx']);
    expect((await bench.run(['staple', 'remove', 'gw1'])).out).toContain('at "listener" any more');
    expect((await bench.run(['show', 'staple'])).out).toContain('Nothing is stapled');
    expect((await bench.run(['staple', 'remove', 'gw1'])).out).toContain('No endpoint of "gw1"');
  });
});

describe('config apply', () => {
  it('sets endpoints and what holds for them, and takes them away', async () => {
    const bench = makeBench();
    const file = join(bench.directory, 'c.yaml');
    const apply = async (text: string) => {
      writeFileSync(file, text);
      return await bench.run(['config', 'apply', file]);
    };
    const wanted = `certificates:
  gw1:
    staple-when-revoked: renew
    staple-endless: allow
    staple:
      web:
        target: lighttpd
        file: s.der
        pid-file: /run/lighttpd.pid
        mode: '0640'
        probe: 127.0.0.1:443
`;
    expect(await apply(wanted)).toMatchObject({ code: 0 });
    const endpoints = await bench.withStore((store) => store.staples.endpoints('gw1'));
    expect(endpoints).toMatchObject([
      {
        label: 'web',
        mode: 0o640,
        target: { type: 'lighttpd', file: join(bench.directory, 's.der') },
      },
    ]);
    expect(await bench.withStore((store) => store.nameSettings.get(gw1, 'staple-revoked'))).toBe(
      'renew',
    );
    expect((await apply(wanted)).out).toContain('Nothing');
    const { out } = await bench.run(['config', 'show']);
    expect(out).toContain('target: lighttpd');
    expect((await apply(out)).out).toContain('Nothing');
    expect(await apply('certificates: {}\n')).toMatchObject({ code: 0 });
    expect(await bench.withStore((store) => store.staples.endpoints())).toStrictEqual([]);
    const bad = await apply('certificates: { gw1: { staple: { web: { target: nginx } } } }\n');
    expect(bad).toMatchObject({ code: 3 });
    expect(bad.err).toContain('certificates.gw1.staple.web');
    expect(bad.err).toContain('file is missing');
  });
});

describe('a staple that cannot be had', () => {
  it('is said, and that nobody tries again while no agent runs', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importGateway(bench);
    const words = ['socket', '/nowhere/admin.sock', 'file', join(bench.directory, 'gw1.pem')];
    const { err } = await bench.run(['staple', 'add', 'gw1', 'target', 'haproxy', ...words]);
    expect(err).toContain('no agent runs now: certkeeper agent run');
  });
});
