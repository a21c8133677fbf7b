import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { parseLabel } from '../../src/base/label.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import type { NewTransaction } from '../../src/store/store.ts';
import { gatewayPem, gatewaySha256, rootPem } from './certificates.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

function benchWithCa(): Bench {
  const bench = makeBench();
  writeFileSync(join(bench.directory, 'root.pem'), rootPem);
  return bench;
}

function addCa(bench: Bench, ...more: string[]): string[] {
  const root = join(bench.directory, 'root.pem');
  return ['ca', 'add', 'rootA', 'url', 'http://ra.example/pkix/', 'root', root, ...more];
}

function der(pem: string): Uint8Array {
  return decodePem(pem)[0]?.der ?? new Uint8Array();
}

const gw1 = parseLabel('gw1', 'name');
const rootA = parseLabel('rootA', 'name');

async function importGateway(bench: Bench): Promise<void> {
  await bench.withStore((store) =>
    store.certificates.import({
      name: gw1,
      der: der(gatewayPem),
      chain: [der(rootPem)],
      source: 'cmp',
      ca: rootA,
      at: now,
    }),
  );
}

const transaction: NewTransaction = {
  name: gw1,
  operation: 'ir',
  ca: rootA,
  url: 'http://ra.example/pkix/',
  isUrlGiven: false,
  key: { spki: Uint8Array.of(1), pkcs8: Uint8Array.of(2) },
  credential: { type: 'mac', reference: 'gw1', secret: Uint8Array.of(3) },
  transactionID: fromHex('00112233445566778899aabbccddeeff'),
  phase: 'waiting',
  state: Uint8Array.of(4),
  outgoing: Uint8Array.of(5),
  openedAt: now,
  deadline: new Date('2026-12-15T00:00:00Z'),
};

async function openTransaction(bench: Bench): Promise<void> {
  await bench.withStore((store) =>
    store.transactions.open(transaction, [
      {
        type: 'sent',
        body: 'ir',
        at: now,
        name: gw1,
        ca: rootA,
        transactionID: '00112233445566778899aabbccddeeff',
      },
    ]),
  );
}

describe('ca add', () => {
  it('stores a profile with its defaults and its secret', async () => {
    const bench = benchWithCa();
    const added = await bench.run(addCa(bench, 'reference', 'gw1', 'secret', 'env:PSK'), {
      env: { PSK: 'sesame' },
    });
    expect(added).toEqual({ code: 0, out: 'CA profile "rootA" is added\n', err: '' });
    const [profile, secret] = await bench.withStore(async (store) => [
      await store.authorities.get('rootA'),
      await store.authorities.secret('rootA'),
    ]);
    // The library's defaults are the command's.
    expect(profile).toEqual(
      caProfile({
        label: parseLabel('rootA', 'ca'),
        url: 'http://ra.example/pkix/',
        roots: [der(rootPem)],
        reference: 'gw1',
      }),
    );
    expect(new TextDecoder().decode(secret)).toBe('sesame');
  });

  it('replaces a profile, keeping its reference and secret', async () => {
    const bench = benchWithCa();
    const mine = addCa(bench, 'reference', 'gw1', 'secret', 'env:PSK');
    await bench.run(mine, { env: { PSK: 'sesame' } });
    const replaced = await bench.run(addCa(bench, 'min-poll', '1m', '--json'));
    expect(JSON.parse(replaced.out)).toMatchObject({ ca: { reference: 'gw1' } });
    expect(JSON.parse(replaced.out)).toMatchObject({
      schemaVersion: 1,
      replaced: true,
      ca: { label: 'rootA', minPollSeconds: 60, roots: [{ subject: 'CN=Test Root,O=Test' }] },
    });
    const secret = await bench.withStore((store) => store.authorities.secret('rootA'));
    expect(new TextDecoder().decode(secret)).toBe('sesame');
  });

  it('takes and shows the MAC of requests, which is PasswordBasedMac unless said', async () => {
    const bench = benchWithCa();
    for (const [words, shown] of [
      [[], 'pbm'],
      [['protection', 'pbmac1'], 'pbmac1'],
    ] as const) {
      const { out } = await bench.run(addCa(bench, ...words, '--json'));
      expect(JSON.parse(out)).toMatchObject({ ca: { protection: shown } });
      expect((await bench.run(['ca', 'show', 'rootA'])).out).toMatch(
        `protection            ${shown}`,
      );
    }
  });

  it('warns of a literal secret without repeating it', async () => {
    const bench = benchWithCa();
    const { code, err } = await bench.run(addCa(bench, 'secret', 'sesame'));
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: other users of this machine can see the secret/);
    expect(err).not.toContain('sesame');
  });

  it('reads a root from standard input', async () => {
    const bench = makeBench();
    const argv = ['ca', 'add', 'rootA', 'url', 'https://ra/', 'root', '-'];
    expect(await bench.run(argv, { input: rootPem })).toMatchObject({ code: 0 });
  });

  it.each([
    [
      'a root that is not there',
      ['root', '/nowhere/r.pem'],
      3,
      'Cannot read root "/nowhere/r.pem": no such file',
    ],
    ['a bad distinguished name', ['recipient', 'gw1'], 2, 'Cannot read distinguished name "gw1"'],
    ['sha1 without legacy-algorithms', ['pbm-owf', 'sha1'], 2, 'Cannot use "sha1" as pbm-owf'],
    [
      'a secret that is not there',
      ['secret', 'env:NONE'],
      3,
      'environment variable "NONE": it is not set',
    ],
    [
      'a secret from a file that is not there',
      ['secret', 'file:/none'],
      3,
      'file "/none": no such file',
    ],
    ['a prompt without a terminal', ['secret', 'prompt'], 3, 'from prompt: this is not a terminal'],
    [
      'a systemd credential without systemd',
      ['secret', 'cred:psk'],
      3,
      'CREDENTIALS_DIRECTORY is not set',
    ],
  ])('refuses %s, and stores nothing', async (_, more, code, message) => {
    const bench = benchWithCa();
    const outcome = await bench.run(addCa(bench, ...more));
    expect(outcome.code).toBe(code);
    expect(outcome.err).toContain(message);
    expect(await bench.withStore((store) => store.authorities.list())).toEqual([]);
  });

  it('refuses a file without a certificate', async () => {
    const bench = benchWithCa();
    writeFileSync(join(bench.directory, 'root.pem'), 'hello\n');
    const { code, err } = await bench.run(addCa(bench));
    expect(code).toBe(3);
    expect(err).toContain('as certificate');
    expect(err).toContain('hint: Give an X.509 certificate as PEM or DER');
  });
});

describe('ca show and ca remove', () => {
  it('list, show and remove a profile', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench, 'reference', 'gw1'));
    expect((await bench.run(['ca', 'show'])).out).toBe(
      'LABEL  URL                      REFERENCE  ROOTS\n' +
        'rootA  http://ra.example/pkix/  gw1            1\n',
    );
    const shown = await bench.run(['ca', 'show', 'rootA']);
    expect(shown.out).toMatch(/^root +CN=Test Root,O=Test, until 2036-11-18T/m);
    expect(shown.out).toMatch(/^deadline +14d$/m);
    expect(await bench.run(['ca', 'remove', 'rootA', '--yes'])).toMatchObject({ code: 0 });
    expect((await bench.run(['ca', 'show'])).out).toContain('There is no CA profile');
    expect(await bench.run(['ca', 'remove', 'rootA'])).toMatchObject({ code: 3 });
    expect(await bench.run(['ca', 'show', 'rootA'])).toMatchObject({ code: 3 });
  });

  it('asks before a profile is removed', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    const scripted = await bench.run(['ca', 'remove', 'rootA']);
    expect(scripted).toMatchObject({ code: 2 });
    expect(scripted.err).toContain('Cannot remove CA profile "rootA" unasked');
    const asked = await bench.run(['ca', 'remove', 'rootA'], { isTTY: true, input: 'n\n' });
    expect(asked).toMatchObject({ code: 0, out: 'Nothing was changed\n' });
    expect((await bench.run(['ca', 'show', 'rootA'])).code).toBe(0);
  });

  it('keeps --state in the command line that a hint gives', async () => {
    const bench = makeBench();
    const { err } = await bench.run(['ca', 'show', 'rootA', '--state', '/tmp/my state']);
    expect(err).toContain("hint: See certkeeper ca show --state '/tmp/my state'\n");
    expect(err).toContain('state: /tmp/my state\n');
  });

  it('does not remove a profile a request waits for', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    const { code, err } = await bench.run(['ca', 'remove', 'rootA']);
    expect(code).toBe(3);
    expect(err).toContain('Cannot remove CA profile "rootA": the request for "gw1" waits for it');
    expect(err).toContain('or close it with clear cmp cert-name gw1\n');
  });
});

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
      'TYPE  HASH      EXPIRES      NAME  DIST  LABEL\n' +
        'Pub   fd4142a8  Nov 21 2027  gw1   cmp   gw1\n',
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
