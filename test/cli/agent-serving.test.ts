import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseLabel, type Label } from '../../src/base/label.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import type { Issued } from '../harness/certificates.ts';
import { ders, issueCa, issueTls, loopbackNames, shown } from '../http/tls-server.ts';
import { benchWithCa, importGateway } from './bench-with-ca.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

/** Until a whole process would have started, on a machine with other things to do. */
const patience = { timeout: 10_000, interval: 50 };

const rootA: Label = parseLabel('rootA', 'ca');

/** A node with a certificate of the one CA there is. */
async function node(bench: Bench, ca: Issued, name: string, names: readonly GeneralName[]) {
  const issued = issueTls(ca, names, { subject: `CN=${name}` });
  const { pkcs8, chain } = shown(issued);
  await bench.withStore(async (store) => {
    await store.authorities.put(
      caProfile({ label: rootA, url: 'http://ra.example/', roots: [...ders(ca)] }),
    );
    await store.certificates.import({
      name: parseLabel(name, 'name'),
      der: chain[0] ?? new Uint8Array(),
      chain: [],
      key: { spki: toDer(SubjectPublicKeyInfo, issued.key.spki), pkcs8 },
      source: 'import',
      ca: rootA,
      at: now,
    });
  });
}

describe('agent serve', () => {
  it('says who may fetch a certificate, shows it, and takes it back', async () => {
    const bench = benchWithCa();
    await importGateway(bench);
    expect((await bench.run(['show', 'agent', 'serving'])).out).toBe(
      'Nothing is served to other agents\n',
    );
    const first = await bench.run(['agent', 'serve', 'name', 'gw1', 'to', 'DNS:b.example', 'n3']);
    expect(first).toMatchObject({
      code: 0,
      err: 'warning: no certificate "n3" is stored; did you mean dns:n3?\n',
    });
    expect(first.out).toContain('"gw1" is served, with its key, to dns:b.example; n3 by an agent');
    await bench.run(['agent', 'serve', 'name', 'gw1', 'to', 'CN=c,O=Test', 'dns:b.example']);
    expect((await bench.run(['show', 'agent', 'serving'])).out).toBe(
      'NAME  NODE\ngw1   dns:b.example\ngw1   n3\ngw1   CN=c,O=Test\n',
    );
    expect((await bench.run(['show', 'cert', 'gw1'])).out).toMatch(
      /served to +dns:b.example; n3; CN=c,O=Test/,
    );
    const less = await bench.run(['no', 'agent', 'serve', 'name', 'gw1', 'to', 'n3']);
    expect(less.out).toContain('"gw1" is still served to dns:b.example; CN=c,O=Test');
    await bench.run(['no', 'agent', 'serve', 'name', 'gw1']);
    expect((await bench.run(['show', 'agent', 'serving', '--json'])).out).toContain('"served": []');
    expect(await bench.run(['no', 'agent', 'serve', 'name', 'gw1'])).toMatchObject({ code: 3 });
    const { out } = await bench.run(['show', 'audit']);
    expect(out).toContain('agent serve');
  });

  it.each([
    ['nobody', 'dns:b.example', 3, 'there is no such certificate'],
    ['gw1', 'dns:*.example', 2, 'a node has one name'],
    ['gw1', 'b example', 2, 'Cannot'],
  ])('refuses %s to %s', async (name, to, code, why) => {
    const bench = benchWithCa();
    await importGateway(bench);
    const refused = await bench.run(['agent', 'serve', 'name', name, 'to', to]);
    expect(refused).toMatchObject({ code, err: expect.stringContaining(why) });
  });
});

describe('agent run serve', () => {
  it('wants to know what it shows, and whom it believes', async () => {
    const bench = makeBench();
    const refused = await bench.run(['agent', 'run', 'serve', '0', 'serve-cert', 'node1']);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining('not all of it is said'),
    });
  });

  it('refuses to start with what is not there, or a port that is taken', async () => {
    const bench = makeBench();
    await node(bench, issueCa('CN=Root A'), 'node1', loopbackNames);
    const taken = createServer();
    onTestFinished(() => void taken.close());
    const { promise, resolve } = Promise.withResolvers<void>();
    taken.listen(0, '127.0.0.1', resolve);
    await promise;
    const bound = taken.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    for (const [words, why] of [
      ['0 serve-cert nope serve-ca-root rootA', 'with "nope": there is no such certificate'],
      ['0 serve-cert node1 serve-ca-root nope', '"nope"'],
      [`${port} serve-cert node1 serve-ca-root rootA`, 'something else listens there'],
    ]) {
      const run = `agent run serve-address 127.0.0.1 serve ${words}`.split(' ');
      const { code, err } = await bench.run(run);
      expect(code).toBe(3);
      expect(err).toContain(why);
    }
    expect((await bench.run(['agent', 'status'])).code).toBe(3);
  });

  it('warns of names that are to be served, and are not', async () => {
    const bench = makeBench();
    await node(bench, issueCa('CN=Root A'), 'gw1', []);
    await bench.run(['agent', 'serve', 'name', 'gw1', 'to', 'dns:node2.example']);
    const running = bench.run(['agent', 'run']);
    await vi.waitFor(
      async () => expect((await bench.run(['agent', 'stop'])).code).toBe(0),
      patience,
    );
    const { code, err } = await running;
    expect(code).toBe(0);
    expect(err).toContain('"gw1" is to be served to other agents, and is not');
  });

  it('serves another node, whose agent is to fetch the next one', async () => {
    const [one, two] = [makeBench(), makeBench()];
    const ca = issueCa('CN=Root A');
    await node(one, ca, 'node1', loopbackNames);
    await node(one, ca, 'gw1', []);
    await node(two, ca, 'node2', [{ type: 'dNSName', value: 'node2.example' }]);
    await one.run(['agent', 'serve', 'name', 'gw1', 'to', 'dns:node2.example']);
    const running = one.run(
      'agent run serve 0 serve-address 127.0.0.1 serve-cert node1 serve-ca-root rootA'.split(' '),
    );
    onTestFinished(async () => void (await one.run(['agent', 'stop'])));
    const port = await vi.waitFor(async () => {
      const status: { serves?: number } = JSON.parse(
        (await one.run(['agent', 'status', '--json'])).out,
      );
      expect(status.serves).toBeGreaterThan(0);
      return status.serves;
    }, patience);

    const from = `agent://127.0.0.1:${port}`;
    const asNobody = await two.run(['cmp', 'fetch', 'gw1', 'ca-root', 'rootA', 'from', from]);
    expect(asNobody).toMatchObject({ code: 3, err: expect.stringContaining('as NAME') });
    const fetched = await two.run(
      `cmp auto-fetch gw1 ca-root rootA time 20 from ${from} as node2`.split(' '),
    );
    expect(fetched).toMatchObject({ code: 0, err: '' });
    expect(fetched.out).toContain('Certificate "gw1" is fetched, valid until 2120-01-01');
    expect((await two.run(['cmp', 'fetch', 'gw1', '--json'])).out).toContain('"fetched": false');
    expect((await two.run(['show', 'cert', 'gw1'])).out).toMatch(/fetched as +node2/);
    expect((await one.run(['show', 'audit'])).out).toMatch(/agent.* serve .*to dns:node2.example/);
    expect((await one.run(['agent', 'status'])).out).toContain(`other agents on port ${port}`);

    expect(await one.run(['agent', 'stop'])).toMatchObject({ code: 0 });
    expect(await running).toMatchObject({ code: 0 });
    const gone = await two.run(['cmp', 'fetch', 'gw1']);
    expect(gone).toMatchObject({ code: 5, err: expect.stringContaining(`"${from}"`) });
  });
});
