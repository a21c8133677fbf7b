import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { formatJson } from '../../src/cli/json.ts';
import { printList } from '../../src/cli/print-list.ts';
import { addCa, benchWithCa, der, gw1 } from './bench-with-ca.ts';
import { extensionsPem, requestPem } from './certificates-with-extensions.ts';
import { gatewayPem, rootPem } from './certificates.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

async function list(bench: Bench, ...words: string[]): Promise<string> {
  const { code, out, err } = await bench.run(['show', 'cert', ...words]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

/** The sixth column. */
function labelIn(line: string): string | undefined {
  return line.split(/ {2,}/)[5];
}

async function importAs(bench: Bench, names: readonly string[], pem: string): Promise<void> {
  await bench.withStore(async (store) => {
    for (const name of names) {
      const imported = { name: parseLabel(name, 'name'), der: der(pem), chain: [], at: now };
      await store.certificates.import({ ...imported, source: 'import' });
    }
  });
}

describe('show cert', () => {
  it('with full lists CA certificates, ours, and each key, also one that waits', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    const key = { spki: Uint8Array.of(1), pkcs8: Uint8Array.of(2) };
    const waiting = { spki: Uint8Array.of(3), pkcs8: Uint8Array.of(4) };
    await bench.withStore(async (store) => {
      const label = parseLabel('issuing', 'name');
      const subject = Uint8Array.of(1);
      await store.caCertificates.put({ label, der: der(rootPem), subject, createdAt: now }, false);
      const certificate = { name: gw1, der: der(gatewayPem), chain: [], key, at: now };
      await store.certificates.import({ ...certificate, source: 'track' });
      const name = parseLabel('w', 'name');
      const request = { name, key: waiting, request: der(requestPem), at: now };
      await store.keyRequests.put(request, false);
    });
    expect(await list(bench, 'full')).toBe(
      'TYPE      HASH      EXPIRES      NAME       DIST    LABEL    STATE\n' +
        'CA-local  b5fa9355  Nov 18 2036  Test Root  import  rootA\n' +
        'CA-local  b5fa9355  Nov 18 2036  Test Root  import  issuing\n' +
        'Pub       fd4142a8  Nov 21 2027  gw1        track   gw1      tracked\n' +
        'Key       N/A       N/A          gw1        N/A     gw1\n' +
        'Key       N/A       N/A          web1       N/A     w\n' +
        'Waiting for import: w (certkeeper show cert w)\n',
    );
    expect(await list(bench)).not.toMatch(/^(?:Key|CA-local)/m);
    expect(await list(bench)).toMatch(/\nWaiting for import: w \(.*\)\n$/);
    const outstanding = await bench.run(['show', 'cmp', 'outstanding-req']);
    expect(outstanding.out).toMatch(/\nWaiting for import: w\n$/);
    expect(JSON.parse(await list(bench, 'full', '--json'))).toMatchObject({
      schemaVersion: 1,
      waitingForImport: ['w'],
      certificates: [
        { type: 'CA-local', label: 'rootA' },
        { type: 'CA-local', label: 'issuing' },
        { type: 'Pub', dist: 'track', notAfter: '2027-11-21T02:19:29Z', expired: false },
        { type: 'Key', label: 'gw1' },
        { type: 'Key', label: 'w', name: 'web1', waiting: true },
      ],
    });
  });

  it('lists more than it holds at a time, each once and by name', async () => {
    const bench = makeBench();
    const names = Array.from({ length: 1001 }, (_, i) => `gw-${String(i).padStart(4, '0')}`);
    await importAs(bench, names.toReversed(), gatewayPem);
    const lines = (await list(bench)).trimEnd().split('\n');
    expect(lines.map(labelIn)).toEqual(['LABEL', ...names]);
    const json: unknown = JSON.parse(await list(bench, '--json'));
    expect(json).toHaveProperty('certificates.length', names.length);
  });

  it('lists a certificate that is damaged in the store, and all others', async () => {
    const bench = makeBench();
    await bench.withStore((store) =>
      store.certificates.import({
        name: gw1,
        der: Uint8Array.of(0x30, 0),
        chain: [],
        source: 'import',
        at: now,
      }),
    );
    await importAs(bench, ['web1'], extensionsPem);
    const out = await list(bench);
    expect(out).toMatch(/^Pub +[0-9a-f]{8} +unreadable +gw1 +import +gw1$/m);
    expect(out).toMatch(/^Pub +[0-9a-f]{8} +Nov 21 2027 +web1 +import +web1 +active$/m);
  });
});

async function states(bench: Bench): Promise<Readonly<Record<string, unknown>>> {
  const { out } = await bench.run(['show', 'cert', '--json']);
  const { certificates }: { readonly certificates: readonly Record<string, unknown>[] } =
    JSON.parse(out);
  return Object.fromEntries(certificates.map(({ label, state }) => [label, state]));
}

describe('the state in show cert', () => {
  it('is that of show cert N for each, whatever is under way for it', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importAs(bench, ['active'], extensionsPem);
    const far = new Date('2027-11-20T00:00:00Z');
    await bench.withStore(async (store) => {
      const base = { der: der(gatewayPem), chain: [], at: now };
      const taken = (name: string, source: 'track' | 'import' | 'fetch') =>
        store.certificates.import({ ...base, name: parseLabel(name, 'name'), source });
      await taken('watched', 'track');
      await taken('undelivered', 'fetch');
      await taken('failing', 'import');
      await store.schedule.failed(parseLabel('failing', 'name'), {
        job: 'update',
        kind: 'blocked',
        code: 'CMP_REJECTED',
        text: 'no',
        at: now,
      });
    });
    const expected = {
      active: 'active',
      failing: 'blocked, active',
      undelivered: 'deploy pending',
      watched: 'tracked',
    };
    expect(await states(bench)).toEqual(expected);
    for (const [name, state] of Object.entries(expected)) {
      const { out } = await bench.run(['show', 'cert', name]);
      expect(out).toMatch(new RegExp(`^state +${state}`, 'm'));
    }
    const later = makeBench(far);
    await importAs(later, ['soon'], gatewayPem);
    expect(await states(later)).toEqual({ soon: 'expiring' });
    expect(await list(later)).toMatch(/^Pub .* soon +expiring$/m);
    const ended = makeBench(new Date('2028-01-01T00:00:00Z'));
    await importAs(ended, ['past'], gatewayPem);
    expect(await states(ended)).toEqual({ past: 'expired' });
  });
});

describe('show cert expiring', () => {
  it('lists as many as are wanted of those that end next, soonest first', async () => {
    const bench = makeBench();
    await importAs(bench, ['a-root'], rootPem);
    await importAs(bench, ['later'], extensionsPem);
    await importAs(bench, ['soon'], gatewayPem);
    const names = async (count: string): Promise<readonly (string | undefined)[]> => {
      const lines = (await list(bench, 'expiring', count)).trimEnd().split('\n');
      return lines.slice(1).map(labelIn);
    };
    expect(await names('2')).toEqual(['soon', 'later']);
    expect(await names('20')).toEqual(['soon', 'later', 'a-root']);
  });

  it('leaves out what has expired, and says when nothing is left', async () => {
    const bench = makeBench(new Date('2027-12-01T00:00:00Z'));
    await importAs(bench, ['gw1'], gatewayPem);
    expect(await list(bench, 'expiring', '20')).toBe(
      `There is no certificate that is yet to expire in ${bench.state}\n`,
    );
    await importAs(bench, ['root'], rootPem);
    expect(await list(bench, 'expiring', '20')).toMatch(/^Pub +b5fa9355 +Nov 18 2036/m);
  });

  it.each([
    ['expiring', '0'],
    ['expiring', '5', 'full'],
    ['expiring', '5', 'gw1'],
  ])('is refused as %s %s %s', async (...words) => {
    expect(await makeBench().run(['show', 'cert', ...words])).toMatchObject({ code: 2, out: '' });
  });
});

describe('printList()', () => {
  const items = [{ name: 'a', note: 'x\u009by' }, { name: 'b' }, { name: 'c' }];

  async function printed(blocks: readonly (readonly unknown[])[], isJson: boolean) {
    const io = fakeIo();
    async function* source(): AsyncGenerator<readonly (typeof items)[number][]> {
      yield* blocks.map((block) => items.filter((item) => block.includes(item.name)));
    }
    const globals = { json: isJson, quiet: false, verbose: false, yes: false };
    await printList({ io, globals }, source(), {
      key: 'things',
      columns: [{ title: 'NAME' }, { title: 'NOTE' }],
      json: (item) => item,
      row: ({ name, note = 'a longer note' }) => [name, note],
      none: () => 'nothing\n',
    });
    return io.out();
  }

  it('prints in blocks what JSON prints at once', async () => {
    const whole = formatJson({ things: items });
    expect(await printed([['a', 'b', 'c']], true)).toBe(whole);
    expect(await printed([['a'], [], ['b', 'c']], true)).toBe(whole);
    expect(await printed([], true)).toBe(formatJson({ things: [] }));
    expect(await printed([[], []], true)).toBe(formatJson({ things: [] }));
  });

  it('puts the titles above the first block alone, and says when there is nothing', async () => {
    expect(await printed([['b'], ['c']], false)).toBe(
      'NAME  NOTE\nb     a longer note\nc     a longer note\n',
    );
    expect(await printed([[]], false)).toBe('nothing\n');
  });
});
