import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import { converse, gist, request } from '../ca/lab-client.ts';
import { openLab, temporaryDirectory } from '../ca/lab-under-test.ts';
import { requireFeature } from '../harness/require.ts';
import { fakeIo, type FakeIo } from './fake-io.ts';

/** An outside that presses Ctrl-C as soon as something was printed. */
function impatient(env: Readonly<Record<string, string>> = {}): FakeIo {
  const io = fakeIo({ env });
  const { stdout } = io;
  const write = (text: string): void => {
    stdout.write(text);
    io.abort();
  };
  return { ...io, stdout: { ...stdout, write } };
}

async function json(...argv: readonly string[]): Promise<Record<string, unknown>> {
  const io = fakeIo();
  expect(await run([...argv, '--json'], io)).toBe(0);
  const printed: Record<string, unknown> = JSON.parse(io.out());
  return printed;
}

describe('lab', () => {
  it('says where it is, which files it wrote and what to type, and ends with Ctrl-C', async () => {
    const dir = temporaryDirectory();
    const io = impatient();
    expect(await run(['lab', 'port', '0', 'dir', dir], io)).toBe(0);
    expect(io.out()).toMatch(/^Lab CA and RA at http:\/\/127\.0\.0\.1:\d+\/pkix\/$/m);
    expect(io.out()).toMatch(/^OCSP +http:\/\/127\.0\.0\.1:\d+\/ocsp\nCRL +http:\S+\/crl$/m);
    expect(io.out()).toContain(`${dir}/root.pem`);
    expect(io.out()).toMatch(
      /^ {2}certkeeper ca add lab url http:\S+ root \S+ reference device-0001/m,
    );
    expect(io.out()).toMatch(/^ {2}certkeeper cmp initialize .* ca-root lab$/m);
    expect(io.err()).toBe('');
  });

  it('takes secrets by reference, and none without', async () => {
    const dir = temporaryDirectory();
    const env = { PSK: 's3cret' };
    const secret = ['--secret', 'gw1:env:PSK'];
    expect(await run(['lab', '--port', '0', '--dir', dir, ...secret], impatient(env))).toBe(0);
    const lab = await openLab({ directory: dir, secrets: new Map() });
    expect([...lab.secrets.keys()]).toEqual(['gw1']);

    const io = impatient(env);
    expect(await run(['lab', '--port', '0', '--dir', dir, '--secret', 'env:PSK'], io)).toBe(2);
    expect(io.err()).toContain('reference');
  });

  it('says whether a person approves', async () => {
    for (const [approval, said] of [
      ['automatic', 'automatic: every request is granted'],
      ['manual', 'manual: see certkeeper lab requests --dir /'],
    ] as const) {
      const io = impatient();
      const dir = temporaryDirectory();
      expect(await run(['lab', 'port', '0', 'dir', dir, 'approval', approval], io)).toBe(0);
      expect(io.out()).toMatch(new RegExp(`^approval +${said}`, 'm'));
    }
  });

  it('listens on the loopback interface and nowhere else', async () => {
    for (const address of [
      '0.0.0.0',
      '192.0.2.1',
      '::',
      '2001:db8::1',
      '127.0.0.256',
      '1127.0.0.1',
      'localhost',
      'x',
    ]) {
      const io = impatient();
      const argv = ['lab', 'port', '0', 'dir', temporaryDirectory(), 'address', address];
      expect(await run(argv, io)).toBe(2);
      expect(io.err()).toContain(`Cannot let the lab listen on "${address}": not a loopback`);
      expect(io.err()).toContain('hint: Use 127.0.0.1 or ::1');
    }
    const io = impatient();
    const argv = ['lab', 'port', '0', 'dir', temporaryDirectory(), 'address', '127.0.0.2'];
    expect(await run(argv, io)).toBe(0);
    expect(io.out()).toContain('http://127.0.0.2:');
  });

  it('refuses settings that cannot be meant', async () => {
    const dir = temporaryDirectory();
    for (const [words, text] of [
      [['validity', '0'], 'validity'],
      [['subject-suffix', 'nonsense'], 'distinguished name'],
      [['template-subject', 'nonsense'], 'distinguished name'],
      [['crl-validity', '0'], 'crl-validity'],
      [['key-specs', 'p-256,dsa'], 'Cannot use "dsa" as a key type'],
    ] as const) {
      const io = impatient();
      expect(await run(['lab', 'port', '0', 'dir', dir, ...words], io)).toBe(2);
      expect(io.err()).toContain(text);
    }
  });
});

describe('lab roll-root', () => {
  it('gives a lab that runs a new root, and writes it and the links to the old one', async () => {
    const dir = temporaryDirectory();
    const lab = await openLab({ directory: dir });
    const { root: before } = await lab.writeFiles();
    const old = readFileSync(before, 'latin1');
    const { root, links } = await json('lab', 'roll-root', 'dir', dir);
    expect(root).toBe(before);
    expect(readFileSync(before, 'latin1')).not.toBe(old);
    expect(links).toEqual(
      ['previous-root', 'new-with-old', 'old-with-new'].map((name) => join(dir, `${name}.pem`)),
    );
    expect(readFileSync(join(dir, 'previous-root.pem'), 'latin1')).toBe(old);
    const { body } = await converse(lab).send({ type: 'genm', value: [info('rootCaCert')] });
    expect(body.type === 'genp' && body.value[0]?.infoValue).toBeDefined();
  });

  it('says when there is no lab', async () => {
    const io = fakeIo();
    expect(await run(['lab', 'roll-root', 'dir', temporaryDirectory()], io)).toBe(3);
    expect(io.err()).toContain('Cannot find a lab');
  });
});

describe('lab requests, lab approve and lab deny', () => {
  it('decide about what waits in a running lab', async () => {
    const dir = temporaryDirectory();
    const lab = await openLab({ directory: dir, settings: { approval: 'manual' } });
    const clients = [converse(lab), converse(lab)];
    for (const client of clients) await client.send({ type: 'ir', value: [await request()] });

    expect(await json('lab', 'requests', 'dir', dir)).toMatchObject({
      issued: 0,
      requests: [{ id: 1, operation: 'ir', subject: 'CN=gw1,O=Test', phase: 'waiting' }, { id: 2 }],
    });
    expect(await json('lab', 'approve', '1', 'dir', dir)).toMatchObject({ decision: 'approved' });
    expect(await json('lab', 'deny', '2', 'reason', 'unknown device', 'dir', dir)).toMatchObject({
      decision: 'denied',
    });
    const answers = [];
    for (const client of clients) {
      answers.push(gist(await client.send({ type: 'pollReq', value: [{ certReqId: 0 }] })));
    }
    expect(answers).toEqual(['ip accepted', 'ip rejection notAuthorized']);
    expect(await json('lab', 'requests', 'dir', dir)).toMatchObject({ issued: 1, requests: [] });

    const io = fakeIo();
    await run(['lab', 'requests', 'all', 'dir', dir], io);
    expect(io.out()).toContain('refused, denied: unknown device');
  });

  it('say when there is no lab, or nothing to decide', async () => {
    const io = fakeIo();
    const dir = temporaryDirectory();
    expect(await run(['lab', 'requests', 'dir', dir], io)).toBe(3);
    expect(io.err()).toContain(`Cannot find a lab in "${dir}"`);
    await openLab({ directory: dir });
    expect(await run(['lab', 'approve', '7', 'dir', dir], io)).toBe(3);
    expect(io.err()).toContain('Cannot decide about request 7: there is none');
    expect(io.err()).toContain(`hint: See certkeeper lab requests --dir ${dir}\n`);
    await run(['lab', 'requests', 'dir', dir], io);
    expect(io.out()).toBe(`No request waits in the lab in ${dir}\n`);
  });

  it('say that a directory may not be entered', async (context) => {
    requireFeature(context, 'ordinary-user');
    const dir = temporaryDirectory();
    chmodSync(dir, 0);
    const io = fakeIo();
    expect(await run(['lab', 'requests', 'dir', dir], io)).toBe(3);
    expect(io.err()).toContain(`Cannot open the lab in "${dir}": permission denied`);
    expect(io.err()).toMatch(/^hint: .* dir DIR$/m);
  });

  it('name a directory by dir in their hints', async () => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, 'thesis.tex'), 'x');
    chmodSync(dir, 0o755);
    const io = impatient();
    expect(await run(['lab', 'port', '0', 'dir', dir], io)).toBe(3);
    expect(io.err()).toMatch(/^hint: .*dir DIR/m);
    expect(io.err()).not.toContain('--state');
  });
});
