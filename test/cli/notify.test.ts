import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snmpBaseOid } from '../../src/lifecycle/setting-keys.ts';
import { importGateway } from './bench-with-ca.ts';
import { makeBench, now, type Bench } from './run-cli.ts';
import { parseLabel } from '../../src/base/label.ts';

const gw1 = parseLabel('gw1', 'name');

function words(line: string): readonly string[] {
  return line.split(' ');
}

function toldIn(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

/** A bench whose notifications go to a file. */
async function listening(bench: Bench): Promise<string> {
  const path = join(bench.directory, 'events.jsonl');
  expect(await bench.run(['notify', 'log', 'events', 'file', path])).toMatchObject({ code: 0 });
  return path;
}

describe('destinations', () => {
  it('are set, shown without secrets, tested and removed', async () => {
    const bench = makeBench();
    const { run } = bench;
    const env = {
      COMMUNITY: 'c0mmun1ty',
      AUTH: 'authkey-0123',
      PRIV: 'privkey-0123',
      HOOK: 'x'.repeat(16),
    };
    const path = await listening(bench);
    const adds = [
      'snmp destination add old host 192.0.2.9 version 2c kind trap community env:COMMUNITY',
      'snmp destination add noc host noc.example user clm auth-key env:AUTH priv-key env:PRIV',
      'notify webhook chat url https://chat.example/x secret env:HOOK',
      'notify command pager -- /bin/true now',
    ];
    for (const line of adds)
      expect(await run(words(line), { env })).toMatchObject({ code: 0, err: '' });
    const shown = await run(words('show snmp'));
    expect(shown.out).toMatch(/engine ID +0x8000b98380[0-9a-f]{24}\nboots +0\n/);
    expect(shown.out).toMatch(
      /noc +SNMP v3 inform to noc\.example:162 as clm \(sha256, aes128\) +0/,
    );
    expect(shown.out).toContain('POST to https://chat.example/x');
    expect(shown.out).toContain('run /bin/true now');
    const json = await run(words('show snmp --json'));
    for (const value of Object.values(env)) expect(shown.out + json.out).not.toContain(value);
    expect(JSON.parse(json.out)).toMatchObject({
      warningHours: 168,
      repeatHours: 24,
      destinations: [
        { name: 'chat', type: 'webhook' },
        { name: 'events', type: 'log', path },
        { name: 'noc', type: 'snmp', version: '3', kind: 'inform', waiting: 0 },
        { name: 'old', version: '2c', kind: 'trap', port: 162 },
        { name: 'pager', command: ['/bin/true', 'now'], timeoutSeconds: 60 },
      ],
    });
    expect(await run(words('notify test pager'))).toMatchObject({
      code: 0,
      out: expect.stringContaining('"pager" (run /bin/true now) has taken the test notification'),
    });
    expect(await run(words('notify test events'))).toMatchObject({ code: 0 });
    expect(toldIn(path)).toMatchObject([expect.stringContaining('clmTestNotification')]);
    expect(await run(words('snmp destination remove noc'))).toMatchObject({ code: 0 });
    expect(await run(words('notify remove noc'))).toMatchObject({
      code: 3,
      err: expect.stringContaining('there is none'),
    });
  });

  it('that take nothing are said to, with exit code 5, and the test does not stay in their queue', async () => {
    const bench = makeBench();
    const program = join(bench.directory, 'program');
    writeFileSync(program, '#!/bin/sh\necho no paper\nexit 7\n');
    chmodSync(program, 0o755);
    await bench.run(['notify', 'command', 'printer', '--', program]);
    expect(await bench.run(words('notify test printer'))).toMatchObject({
      code: 5,
      err: expect.stringContaining('it ended with exit code 7: no paper'),
    });
    expect((await bench.run(words('show snmp'))).out).toMatch(/printer +run .* 0 +- +1 .*no paper/);
  });

  it.each([
    ['snmp destination add n host h', 'it has no user'],
    ['snmp destination add n host h user u auth-key env:K', 'it has no keys'],
    [
      'snmp destination add n host h user u auth-key env:K priv-key env:S',
      'its priv-key is too short',
    ],
    ['snmp destination add n host h version 2c', 'it has no community'],
    ['snmp destination add n host h community env:K', 'a community is of version 2c'],
    ['snmp destination add n host h/x version 2c community env:K', 'is no host'],
    ['notify webhook n url http://h.example/ secret env:L', 'is plain http'],
    ['notify webhook n url https://h.example/ secret env:K', 'its secret has 10 octets'],
    ['notify command n', 'no program is named'],
    ['notify command n -- sleep', 'it is no whole path'],
    ['notify log n file /proc/none', 'Cannot append to "/proc/none"'],
    ['snmp base-oid 2.25.1', 'as base OID'],
    ['notify test n', 'there is none'],
  ])('refuse "%s": %s', async (line, why) => {
    const env = { K: 'k'.repeat(10), S: 'short', L: 'l'.repeat(20) };
    const { code, err } = await makeBench().run(words(line), { env });
    expect(err).toContain(why);
    expect(code).not.toBe(0);
  });
});

describe('the MIB', () => {
  it('is printed for the base OID that is set, and for the usual one again', async () => {
    const { run, withStore } = makeBench();
    expect((await run(words('snmp mib'))).out).toContain('{ netSnmpPlaypen 4210 }');
    await run(words('snmp base-oid 1.3.6.1.4.1.99999.7'));
    expect(await withStore((store) => store.settings.get(snmpBaseOid))).toBe('1.3.6.1.4.1.99999.7');
    expect((await run(words('snmp mib'))).out).toContain('{ enterprises 99999 7 }');
    await run(words('no snmp base-oid'));
    expect((await run(words('snmp mib'))).out).toContain('{ netSnmpPlaypen 4210 }');
  });
});

it('are all in show notify, too; other words for it are understood', async () => {
  const { run } = makeBench();
  await run(words('notify command pager -- /bin/true now'));
  expect((await run(words('show notify'))).out).toBe((await run(words('show snmp'))).out);
  expect((await run(words('show notify'))).out).toContain('run /bin/true now');
  expect((await run(words('show notifications'))).err).toContain('Did you mean "show notify"?');
  expect((await run(words('agent start'))).err).toContain('Did you mean "agent run"?');
  const env = { HOOK: 'x'.repeat(16) };
  const open = words('notify webhook chat url http://chat.example/x secret env:HOOK');
  expect((await run(open, { env })).err).toContain('add plain-http');
});

describe('cmp cert-trap', () => {
  it('sets when ends are warned of, and says where every renewal would be', async () => {
    const bench = makeBench();
    await importGateway(bench);
    await bench.withStore(async (store) => {
      await store.nameSettings.set(gw1, 'auto-update-days', '5');
    });
    const narrow = await bench.run(words('cmp cert-trap time 48 repeat 12'));
    expect(narrow).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('48 hours before'),
    });
    expect(narrow.out).toContain('again after 12 hours');
    const wide = await bench.run(words('cmp cert-trap time 240'));
    expect(wide.err).toContain('240 hours is more than the agent leaves before it renews "gw1"');
    expect(wide.out).toContain('again after 12 hours');
    expect(JSON.parse((await bench.run(words('cmp cert-trap time 0 --json'))).out)).toMatchObject({
      warningHours: 0,
      warnedInVain: [],
    });
    await bench.run(words('no cmp cert-trap'));
    expect((await bench.run(words('show snmp'))).out).toContain('168 hours before');
  });
});

describe('what a command did, without an agent', () => {
  it('is told by the command: a warning of an end, and that the removal ends it', async () => {
    const bench = makeBench(new Date(Date.UTC(2027, 10, 18)));
    await importGateway(bench);
    const path = await listening(bench);
    // Any command about the name looks at it.
    await bench.run(words('cert key gw1 reuse'));
    expect(toldIn(path)).toMatchObject([expect.stringContaining('clmCertAboutToExpire')]);
    const { out } = await bench.run(words('show alarms'));
    expect(out).toMatch(/warning +2027-11-18T00:00:00Z +clmCertAboutToExpire +gw1/);
    expect((await bench.run(words('show alarms full'))).out).toContain('expires at 2027-11-21');
    expect(JSON.parse((await bench.run(words('show alarms --json'))).out)).toMatchObject({
      alarms: [
        { notification: 'clmCertAboutToExpire', severity: 'warning', name: 'gw1', count: 1 },
      ],
    });
    await bench.run(words('cert remove gw1 --yes'));
    expect(toldIn(path).slice(1)).toMatchObject([
      expect.stringMatching(/clmCertExpiryCleared.*"reason":"removed"/),
    ]);
    expect((await bench.run(words('show alarms'))).out).toContain('Nothing is wrong');
  });

  it('is a failed renewal, remembered as the agent does, until it is cleared', async () => {
    const bench = makeBench();
    await importGateway(bench);
    const path = await listening(bench);
    await bench.withStore(async (store) => {
      const at = now;
      const failure = {
        job: 'update',
        kind: 'blocked',
        code: 'CMP_REJECTED',
        text: 'no',
        at,
      } as const;
      await store.schedule.failed(gw1, failure);
    });
    await bench.run(words('cert key gw1 reuse'));
    expect(toldIn(path).at(-1)).toMatch(/clmCertRenewalFailed.*"severity":"major"/);
    await bench.run(words('clear cmp cert-name gw1 --yes'));
    expect(toldIn(path).at(-1)).toMatch(/clmCertRenewalFailed.*"severity":"cleared"/);
    expect((await bench.run(words('show alarms'))).out).toContain('Nothing is wrong');
  });

  it('is not waited for where nobody is to be told', async () => {
    const bench = makeBench();
    await importGateway(bench);
    expect(await bench.run(words('cert key gw1 reuse'))).toMatchObject({ code: 0, err: '' });
    expect(
      await bench.withStore((store) => store.alarms.find('certificate', 'gw1')),
    ).toBeUndefined();
  });
});
