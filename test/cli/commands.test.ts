import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addCa, benchWithCa, der, gw1, importGateway, openTransaction } from './bench-with-ca.ts';
import { gatewayPem, gatewaySha256 } from './certificates.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

describe('show cert', () => {
  it('says when there is none', async () => {
    const bench = makeBench();
    expect(await bench.run(['show', 'cert'])).toMatchObject({
      code: 0,
      out: `There is no certificate: there is no store in ${bench.state}\n`,
    });
    expect(await bench.run(['show', 'cert', 'gw1'])).toMatchObject({
      code: 3,
      err:
        'error: Cannot show certificate "gw1": there is none\n' +
        `hint: See certkeeper show cert\nstate: ${bench.state}\ncode: CERT_UNKNOWN\n`,
    });
  });

  it('prints our certificates as a table, and with full the CA certificates too', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importGateway(bench);
    const { out } = await bench.run(['show', 'cert']);
    expect(out).toBe(
      'TYPE  HASH      EXPIRES      NAME  DIST  LABEL  STATE\n' +
        'Pub   fd4142a8  Nov 21 2027  gw1   cmp   gw1    deploy pending\n',
    );
    const full = await bench.run(['show', 'cert', 'full']);
    expect(full.out).toMatch(/^CA-local +[0-9a-f]{8} +Nov 18 2036 +Test Root +import +rootA$/m);
  });

  it('prints a key apart from its certificate', async () => {
    const bench = makeBench();
    await bench.withStore((store) =>
      store.certificates.import({
        name: gw1,
        der: der(gatewayPem),
        chain: [],
        source: 'import',
        key: { spki: Uint8Array.of(1), pkcs8: Uint8Array.of(2) },
        at: now,
      }),
    );
    expect((await bench.run(['show', 'cert', 'full'])).out).toMatch(
      /^Key +N\/A +N\/A +gw1 +N\/A +gw1$/m,
    );
  });

  it('prints everything about one, as text and as JSON', async () => {
    const bench = makeBench();
    await importGateway(bench);
    const { out } = await bench.run(['show', 'cert', 'gw1']);
    expect(out).toContain('valid until  2027-11-21T02:19:29Z');
    expect(out).toContain('ip:2001:db8::1');
    const json: unknown = JSON.parse((await bench.run(['show', 'cert', 'gw1', '--json'])).out);
    expect(json).toMatchObject({
      schemaVersion: 1,
      certificate: {
        label: 'gw1',
        subject: 'CN=gw1,O=Test',
        serialNumber: '0102030405',
        key: 'rsa-2048',
        sha256: gatewaySha256,
        subjectAltNames: [
          'dns:gw1.example',
          'ip:192.0.2.1',
          'ip:2001:db8::1',
          'email:a@b.example',
          'uri:urn:x',
        ],
        hasKey: false,
      },
    });
    const full = await bench.run(['show', 'cert', 'gw1', 'full']);
    expect(full.out).toContain(gatewayPem);
  });

  it('says of an expired certificate that it is expired, and not that it is current', async () => {
    const bench = makeBench(new Date('2027-11-21T02:19:29Z'));
    await importGateway(bench);
    expect((await bench.run(['show', 'cert', 'gw1'])).out).toMatch(/^state +expired, version 1$/m);
    expect((await bench.run(['show', 'cert'])).out).toMatch(/^Pub +fd4142a8 +expired +gw1/m);
    const one = await bench.run(['show', 'cert', 'gw1', '--json']);
    expect(JSON.parse(one.out)).toMatchObject({ certificate: { expired: true } });
    const list = await bench.run(['show', 'cert', '--json']);
    expect(JSON.parse(list.out)).toMatchObject({ certificates: [{ expired: true }] });
  });

  it('colours by urgency on a terminal, and not with NO_COLOR', async () => {
    const bench = makeBench();
    await importGateway(bench);
    const coloured = await bench.run(['show', 'cert'], { isTTY: true });
    expect(coloured.out).toContain('\u001b[32mNov 21 2027\u001b[0m  gw1');
    const plain = await bench.run(['show', 'cert'], { isTTY: true, env: { NO_COLOR: '1' } });
    expect(plain.out).not.toContain('\u001b');
  });
});

describe('show cmp', () => {
  it('says when there is nothing, and where, and makes no store to look', async () => {
    const bench = makeBench();
    const told = async (...words: string[]): Promise<string> => (await bench.run(words)).out;
    const nowhere = `: there is no store in ${bench.state}`;
    expect(await told('show', 'cmp', 'outstanding-req')).toBe(
      `No request is outstanding${nowhere}\n`,
    );
    expect(await told('show', 'cmp', 'history')).toBe(`There is no history${nowhere}\n`);
    expect(await told('show', 'cmp', 'statistics')).toBe(`Nothing was counted yet${nowhere}\n`);
    expect(await told('ca', 'show')).toMatch(/^There is no CA profile: there is no store in /);
    expect(existsSync(bench.state)).toBe(false);

    await bench.withStore(async () => undefined);
    expect(await told('show', 'cert')).toBe(`There is no certificate in ${bench.state}\n`);
    expect(await told('show', 'cmp', 'history')).toBe(`There is no history in ${bench.state}\n`);
  });

  it('shows an outstanding request, its history and what was counted', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    const outstanding = await bench.run(['show', 'cmp', 'outstanding-req']);
    expect(outstanding.out).toMatch(
      /^gw1 +ir +rootA +waiting +2026-12-01T00:00:00Z +now +0 +0011/m,
    );
    const json = await bench.run(['show', 'cmp', 'outstanding-req', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      outstanding: [
        { name: 'gw1', request: 'ir', transactionID: '00112233445566778899aabbccddeeff' },
      ],
    });
    expect((await bench.run(['show', 'cmp', 'history'])).out).toMatch(
      /gw1 +ir +rootA +outstanding/,
    );
    const statistics = await bench.run(['show', 'cmp', 'statistics']);
    expect(statistics.out).toMatch(/^Since 2026-12-01T00:00:00Z\n/);
    expect(statistics.out).toMatch(/^rootA +sent\.ir +1 +2026-12-01T00:00:00Z$/m);
  });
});

async function outstandingCount(bench: Bench): Promise<number> {
  return (await bench.withStore((store) => store.transactions.outstanding())).length;
}

describe('clear cmp', () => {
  it('refuses without a terminal and without --yes', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    const { code, err } = await bench.run(['clear', 'cmp', 'cert-name', 'gw1']);
    expect(code).toBe(2);
    expect(err).toBe(
      'error: Cannot clear "gw1" unasked: this is not a terminal\n' +
        'hint: Add --yes\ncode: USAGE_INVALID\n',
    );
    expect(await outstandingCount(bench)).toBe(1);
  });

  it.each([
    ['--yes', ['--yes'], {}, 0],
    ['a yes on the terminal', [], { isTTY: true, input: 'y\n' }, 0],
    ['a no on the terminal', [], { isTTY: true, input: '\n' }, 1],
  ])('with %s', async (_, more, options, left) => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    const { code } = await bench.run(['clear', 'cmp', 'cert-name', 'gw1', ...more], options);
    expect(code).toBe(0);
    expect(await outstandingCount(bench)).toBe(left);
    const history = await bench.withStore((store) => store.history.list());
    expect(history).toHaveLength(left);
  });

  it('says that a name is unknown', async () => {
    expect(await makeBench().run(['clear', 'cmp', 'cert-name', 'gw9', '--yes'])).toMatchObject({
      code: 3,
    });
  });

  it('sets the counters to zero', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    await bench.run(['clear', 'cmp', 'statistics']);
    expect((await bench.run(['show', 'cmp', 'statistics'])).out).toBe(
      'Since 2026-12-01T00:00:00Z\n',
    );
  });
});
