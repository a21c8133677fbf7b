import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import type { NewKey } from '../../src/store/keys-contract.ts';
import type { Store } from '../../src/store/store.ts';
import { addCa, benchWithCa, der, gw1, importGateway, openTransaction } from './bench-with-ca.ts';
import { extensionsPem, oddPem, requestPem } from './certificates-with-extensions.ts';
import { gatewayPem, rootPem } from './certificates.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

const web1 = parseLabel('web1', 'name');
const key: NewKey = { spki: Uint8Array.of(1), pkcs8: Uint8Array.of(2) };

async function show(bench: Bench, ...words: string[]): Promise<string> {
  const { code, out, err } = await bench.run(['show', 'cert', ...words]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

async function shownJson(bench: Bench, ...words: string[]): Promise<unknown> {
  return JSON.parse(await show(bench, ...words, '--json'));
}

function imports(
  bench: Bench,
  pem: string,
  more: Partial<Parameters<Store['certificates']['import']>[0]> = {},
) {
  return bench.withStore((store) =>
    store.certificates.import({
      name: web1,
      der: der(pem),
      chain: [],
      source: 'import',
      at: now,
      ...more,
    }),
  );
}

/** Lines of the long form by their names, those without a name after what they belong to. */
function fieldsIn(text: string): ReadonlyMap<string, string> {
  const [fields = ''] = text.split('\n\n');
  return new Map(
    fields.split('\n').flatMap((line) => {
      const found = /^(.+?) {2,}(.*)$/.exec(line);
      return found ? [[found[1] ?? '', found[2] ?? ''] as const] : [];
    }),
  );
}

function until(text: string): string {
  return fieldsIn(text).get('valid until') ?? '';
}

describe('show cert NAME', () => {
  it('tells what the extensions say: usages, OCSP, issuer and CRL addresses, policies', async () => {
    const bench = makeBench();
    await imports(bench, extensionsPem);
    const fields = fieldsIn(await show(bench, 'web1'));
    expect(Object.fromEntries(fields)).toMatchObject({
      subject: 'CN=web1,O=Test',
      san: 'dns:web1.example',
      serial: '0a0b',
      key: 'p-256, not here',
      'key usage': 'digitalSignature, keyEncipherment',
      'ext key use': 'serverAuth, clientAuth',
      basic: 'end entity',
      policies: '2.23.140.1.2.2, 1.3.6.1.4.1.99999.1',
      'OCSP at': 'http://ocsp.example/',
      'issuer at': 'http://ca.example/ca.cer',
      'CRL at': 'http://ca.example/ca.crl',
    });
    expect(await shownJson(bench, 'web1')).toMatchObject({
      certificate: {
        keyUsage: ['digitalSignature', 'keyEncipherment'],
        extKeyUsage: ['serverAuth', 'clientAuth'],
        ocsp: ['http://ocsp.example/'],
        caIssuers: ['http://ca.example/ca.cer'],
        crl: ['http://ca.example/ca.crl'],
        isCa: false,
        unreadable: [],
      },
    });
  });

  it('names an extension that does not decode, and shows all others', async () => {
    const bench = makeBench();
    await imports(bench, oddPem);
    const fields = fieldsIn(await show(bench, 'web1'));
    expect(fields.get('unreadable')).toBe('keyUsage');
    expect(fields.get('san')).toBe('dns:odd.example');
  });

  it('says how long a certificate is valid still, and since when it is not', async () => {
    const before = makeBench();
    await importGateway(before);
    expect(until(await show(before, 'gw1'))).toBe('2027-11-21T02:19:29Z (355d 2h left)');
    const after = makeBench(new Date('2027-11-22T02:19:29Z'));
    await importGateway(after);
    expect(until(await show(after, 'gw1'))).toBe('2027-11-21T02:19:29Z (expired 1d ago)');
    const early = makeBench(new Date('2026-11-20T02:19:29Z'));
    await importGateway(early);
    expect(until(await show(early, 'gw1'))).toBe('2027-11-21T02:19:29Z (valid in 1d)');
  });

  it('says when a certificate with key and CA is renewed, and by which command', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem, { name: gw1, key, ca: parseLabel('rootA', 'name') });
    const fields = fieldsIn(await show(bench, 'gw1'));
    expect(fields.get('state')).toBe('active, version 1');
    // Two thirds of 365 days after 2026-11-21T02:19:29Z, less 0.18579 (2f90321f of 2^32) of a twentieth of the last third.
    expect(fields.get('next')).toBe(
      'renew at 2027-07-21T07:11:55Z (in 232d 7h): certkeeper cmp update current-cert gw1',
    );
    expect(fields.get('renewal')).toBe(
      '121d 16h before its end, a third of its lifetime; up to a twentieth of that earlier',
    );
    expect(await shownJson(bench, 'gw1')).toMatchObject({
      label: 'gw1',
      state: 'active',
      next: {
        action: 'renew',
        at: '2027-07-21T07:11:55Z',
        windowSeconds: (365 * 86_400) / 3,
        windowFrom: 'lifetime',
      },
    });
  });

  it('says what fails, since when, why, and when it is tried again', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem, { name: gw1, key, ca: parseLabel('rootA', 'name') });
    const failure = { code: 'CMP_REJECTED', text: 'not today', at: now } as const;
    const failed = (kind: 'failing' | 'blocked') =>
      bench.withStore((store) => store.schedule.failed(gw1, { job: 'update', kind, ...failure }));
    await failed('failing');
    const fields = fieldsIn(await show(bench, 'gw1'));
    expect(fields.get('state')).toBe('failed, active, version 1');
    expect(fields.get('failing')).toBe(
      'update, once, at 2026-12-01T00:00:00Z: not today (CMP_REJECTED); not tried again by itself',
    );
    await bench.withStore((store) => store.nameSettings.set(gw1, 'auto-update-days', '350'));
    await failed('blocked');
    const at = expect.stringMatching(/^2027-\S+Z$/);
    expect(await shownJson(bench, 'gw1')).toMatchObject({
      state: 'blocked, active',
      next: { action: 'renew', at },
      failing: [
        {
          job: 'update',
          kind: 'blocked',
          count: 2,
          since: '2026-12-01T00:00:00Z',
          last: '2026-12-01T00:00:00Z',
          code: 'CMP_REJECTED',
          text: 'not today',
          nextAt: at,
        },
      ],
    });
    expect(fieldsIn(await show(bench, 'gw1')).get('failing')).toMatch(
      /^update, 2 times since 2026-12-01T00:00:00Z: .*; tried again at 2027-\S+Z \(in .*\)$/,
    );
  });

  it('shows a name of which only the failure of its first request is left', async () => {
    const bench = makeBench();
    const failure = { code: 'NETWORK_TIMEOUT', text: 'gave up', at: now } as const;
    await bench.withStore((store) =>
      store.schedule.failed(gw1, { job: 'poll', kind: 'failing', ...failure }),
    );
    expect(fieldsIn(await show(bench, 'gw1')).get('state')).toBe('failed');
  });

  it('says that a renewal is due, in a state directory of its own', async () => {
    const bench = makeBench(new Date('2027-08-01T00:00:00Z'));
    await imports(bench, gatewayPem, { name: gw1, key, ca: parseLabel('rootA', 'name') });
    const out = await show(bench, 'gw1', '--state', bench.state);
    expect(fieldsIn(out).get('next')).toBe(
      'renew now (due since 2027-07-21T07:11:55Z): ' +
        `certkeeper cmp update current-cert gw1 --state ${bench.state}`,
    );
  });

  it('says that nobody renews what is tracked, or was imported without a CA', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem, { key });
    await imports(bench, gatewayPem, { name: gw1, source: 'track' });
    const watch =
      'watch only: nobody renews it here; warn of its end from 2027-11-14T02:19:29Z (in 348d 2h)';
    expect(fieldsIn(await show(bench, 'web1')).get('next')).toBe(watch);
    const tracked = fieldsIn(await show(bench, 'gw1'));
    expect(tracked.get('state')).toBe('tracked, version 1');
    expect(tracked.get('next')).toBe(watch);
    expect(await shownJson(bench, 'gw1')).toMatchObject({
      state: 'tracked',
      next: { action: 'watch', at: '2027-11-14T02:19:29Z' },
    });
  });

  it('says that what came from a CA is still to be delivered', async () => {
    const bench = makeBench();
    await importGateway(bench);
    const fields = fieldsIn(await show(bench, 'gw1'));
    expect(fields.get('state')).toBe('deploy pending, version 1');
    expect(fields.get('next')).toBe('deliver it again: certkeeper cmp poll current-cert gw1');
  });

  it('shows a request that is outstanding for a name without a certificate', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    const fields = fieldsIn(await show(bench, 'gw1'));
    expect(fields.get('state')).toBe('waiting');
    expect(fields.get('next')).toMatch(
      /^ask the CA again now .*: certkeeper cmp poll current-cert gw1$/,
    );
    expect(fields.get('request')).toBe(
      'ir to rootA, waiting since 2026-12-01T00:00:00Z, 0 polls, given up at 2026-12-15T00:00:00Z',
    );
    expect(await shownJson(bench, 'gw1')).toMatchObject({
      state: 'waiting',
      next: { action: 'poll' },
      request: { request: 'ir', ca: 'rootA', polls: 0 },
    });
  });

  it('says that the next certificate is asked for while one is in force', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem, { name: gw1, key, ca: parseLabel('rootA', 'name') });
    await openTransaction(bench);
    expect(fieldsIn(await show(bench, 'gw1')).get('state')).toBe('renewing, waiting, version 1');
  });

  it('shows a key that waits for its certificate, and forgets to say so once that is here', async () => {
    const bench = makeBench();
    const { keyId } = await bench.withStore((store) =>
      store.keyRequests.put({ name: web1, key, request: der(requestPem), at: now }, false),
    );
    const out = await show(bench, 'web1', 'full');
    expect(Object.fromEntries(fieldsIn(out))).toMatchObject({
      state: 'awaiting import',
      next: 'take its request to a CA, then certkeeper cert import cert-name web1 file FILE',
      'request: subject': 'CN=web1,O=Test',
      'request: key': 'p-256, in the store',
    });
    expect(out).toContain(requestPem);
    expect(await shownJson(bench, 'web1')).toMatchObject({
      state: 'awaiting import',
      next: { action: 'import' },
      keyRequest: { subject: 'CN=web1,O=Test', key: 'p-256', hasKey: true },
    });
    await imports(bench, extensionsPem, { key: { id: keyId } });
    expect(fieldsIn(await show(bench, 'web1')).get('request: subject')).toBeUndefined();
  });

  it('names the certificate that the chain of an import lacks, and nothing where it is complete', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem);
    const why = 'incomplete: the certificate of "CN=Test Root,O=Test" is missing';
    expect(fieldsIn(await show(bench, 'web1')).get('chain')).toBe(why);
    expect(await shownJson(bench, 'web1')).toMatchObject({
      certificate: { missingIssuer: 'CN=Test Root,O=Test' },
    });
    await imports(bench, gatewayPem, { name: gw1, chain: [der(rootPem)] });
    expect(await show(bench, 'gw1')).not.toContain('incomplete');
  });

  it('tells where a key is: here, or in a token by its URI', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem, { key });
    const tokenUri = 'pkcs11:token=hsm1;object=gw1;type=private';
    await imports(bench, gatewayPem, { name: gw1, key: { spki: Uint8Array.of(9), tokenUri } });
    expect(fieldsIn(await show(bench, 'web1')).get('key')).toBe('rsa-2048, in the store');
    expect(fieldsIn(await show(bench, 'gw1')).get('key in token')).toBe(tokenUri);
    expect(await shownJson(bench, 'full')).toMatchObject({
      certificates: [{ type: 'Pub' }, { type: 'Key', keyUri: tokenUri }, {}, { label: 'web1' }],
    });
  });

  it('lists the versions before in short, and with full their PEM text', async () => {
    const bench = makeBench();
    await imports(bench, oddPem);
    await imports(bench, extensionsPem);
    const out = await show(bench, 'web1');
    expect(out).toMatch(/\n\nVERSION +STATUS +SERIAL .*\n1 +superseded +0a0b +2026-11-21T/);
    expect(out).not.toContain('BEGIN');
    const full = await show(bench, 'web1', 'full');
    expect(full).toContain(extensionsPem);
    expect(full).toContain(`Version 1:\n${oddPem}`);
    expect(await shownJson(bench, 'web1')).toMatchObject({
      versions: [{ version: 1, status: 'superseded', subjectAltNames: ['dns:odd.example'] }],
    });
  });

  it('shows what is set for the name alone', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem);
    await bench.withStore(async (store) => {
      await store.nameSettings.set(web1, 'key', 'reuse');
      await store.nameSettings.set(web1, 'renew-by', 'cr rootB');
    });
    const fields = fieldsIn(await show(bench, 'web1'));
    expect([fields.get('next key'), fields.get('renewed by')]).toEqual(['reuse', 'cr rootB']);
    expect(await shownJson(bench, 'web1')).toMatchObject({
      settings: { key: 'reuse', 'renew-by': 'cr rootB' },
    });
  });

  it('shows when a tracked certificate was last read as a time', async () => {
    const bench = makeBench();
    await imports(bench, gatewayPem);
    await bench.withStore(({ nameSettings }) =>
      nameSettings.set(web1, 'track-read-at', String(now.getTime())),
    );
    const at = '2026-12-01T00:00:00Z';
    expect(fieldsIn(await show(bench, 'web1')).get('last read')).toBe(at);
    expect(await shownJson(bench, 'web1')).toMatchObject({ settings: { 'track-read-at': at } });
  });

  it('shows CA certificates by their label, of the CA store and of a CA profile', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    const label = parseLabel('root2', 'name');
    await bench.withStore((store) =>
      store.caCertificates.put(
        { label, der: der(rootPem), subject: Uint8Array.of(1), createdAt: now },
        false,
      ),
    );
    for (const name of ['rootA', 'root2']) {
      expect(Object.fromEntries(fieldsIn(await show(bench, name)))).toMatchObject({
        state: 'CA certificate',
        subject: 'CN=Test Root,O=Test',
        basic: 'CA',
      });
      expect(await shownJson(bench, name)).toMatchObject({
        label: name,
        caCertificates: [{ subject: 'CN=Test Root,O=Test', isCa: true }],
      });
    }
    expect(await show(bench, 'root2', 'full')).toContain(rootPem);
  });
});
