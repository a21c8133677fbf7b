import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateDer } from '../../src/x509/certificate.ts';
import { root } from '../harness/paths.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

const at = '127.0.0.1:8889';

/** A store with the CA `rootA`, and the OCSP objects `hq` and, without a URL, `bare`. */
async function makeOne(): Promise<Bench> {
  const bench = makeBench();
  const file = join(bench.directory, 'root.der');
  writeFileSync(file, certificateDer(root.certificate));
  for (const line of [
    `cert import cert-name rootA file ${file} ca`,
    'ocsp verify-object hq url http://ocsp.example/ verify-others off ca-chain rootA',
    'ocsp verify-object bare verify-others off ca-chain rootA',
  ]) {
    expect(await say(bench, line), line).toMatchObject({ code: 0 });
  }
  return bench;
}

function say(bench: Bench, line: string): Promise<Outcome> {
  return bench.run(line.split(' '));
}

function apply(bench: Bench, text: string): Promise<Outcome> {
  const file = join(bench.directory, 'gw.yaml');
  writeFileSync(file, text);
  return bench.run(['config', 'apply', file, '--yes']);
}

const shown = async (bench: Bench): Promise<string> =>
  (await say(bench, 'show ocsp responder')).out.replaceAll(/ +/g, ' ');

describe('staple responder listen', () => {
  it('sets where the agent answers and for whom, until no staple responder', async () => {
    const bench = await makeOne();
    expect(await shown(bench)).toContain('The agent answers no OCSP requests');
    const line = `staple responder listen ${at} for-ca rootA ocsp-object hq nonces pass`;
    const dry = await say(bench, `${line} dry-run`);
    expect(dry.code).toBe(0);
    expect(await shown(bench)).toContain('The agent answers no OCSP requests');
    expect((await say(bench, line)).out).toContain(`http://${at}/; no agent runs now`);
    expect(await shown(bench)).toContain(`http://${at}/`);
    expect(await shown(bench)).toContain('nonces pass');
    expect(await say(bench, 'no staple responder')).toMatchObject({ code: 0 });
    const { code, err } = await say(bench, 'no staple responder');
    expect(code).not.toBe(0);
    expect(err).toContain('the agent has none');
  });

  const refused: readonly (readonly [string, string])[] = [
    ['localhost:80', 'not an address'],
    ['0.0.0.0:80', 'not an address of the loopback'],
    ['127.0.0.1', 'no address and port'],
    [`${at} for-ca rootA`, 'it is not said how to ask'],
    [`${at} ocsp-object hq`, '"hq" would never be asked by'],
    [`${at} nonces pass`, 'no nonce could be passed on'],
    [`${at} for-ca rootB ocsp-object hq`, 'Cannot find CA "rootB"'],
    [`${at} for-ca rootA ocsp-object none`, 'Cannot use OCSP object "none"'],
    [`${at} for-ca rootA ocsp-object bare`, 'has no url'],
  ];
  it('refuses what could not work, and says why', async () => {
    const bench = await makeOne();
    for (const [words, why] of refused) {
      const { code, err } = await say(bench, `staple responder listen ${words}`);
      expect(code, words).not.toBe(0);
      expect(err).toContain(why);
    }
    expect(await shown(bench)).toContain('The agent answers no OCSP requests');
  });

  it('keeps CA and OCSP object from being removed, and lets them go after it', async () => {
    const bench = await makeOne();
    const file = join(bench.directory, 'root.der');
    await say(bench, `cert import cert-name rootC file ${file} ca`);
    await say(bench, `staple responder listen ${at} for-ca rootC ocsp-object hq`);
    const removals = ['no ocsp verify-object hq', 'cert remove rootC ca --yes'];
    for (const line of removals) {
      expect((await say(bench, line)).err).toContain('the responder of the agent needs it');
    }
    await say(bench, 'no staple responder');
    for (const line of removals) expect(await say(bench, line), line).toMatchObject({ code: 0 });
  });
});

describe('staple-responder of the configuration file', () => {
  const text = `staple-responder: { listen: "${at}", for-ca: [rootA], ocsp-object: hq, nonces: pass }\n`;

  it('sets it, is shown as it was, and takes it away', async () => {
    const bench = await makeOne();
    expect(await apply(bench, text)).toMatchObject({ code: 0, err: '' });
    expect(await shown(bench)).toContain('nonces pass');
    expect((await apply(bench, text)).out).toContain('Nothing was changed');
    const { out } = await say(bench, 'config show');
    expect(out).toContain(`listen: ${at}`);
    expect((await apply(bench, out)).out).toContain('Nothing was changed');
    expect(await apply(bench, 'staple-responder: {}\n')).toMatchObject({ code: 0 });
    expect(await shown(bench)).toContain('The agent answers no OCSP requests');
  });

  const refused: readonly (readonly [string, string])[] = [
    ['{ listen: "0.0.0.0:80" }', 'not an address of the loopback'],
    ['{ nonces: pass }', 'it does not say where'],
    [`{ listen: "${at}", for-ca: [rootB], ocsp-object: hq }`, '"rootB"'],
    [`{ listen: "${at}", for-ca: [rootA], ocsp-object: no }`, 'there is no OCSP object "no"'],
    [`{ listen: "${at}", for-ca: [rootA], ocsp-object: bare }`, 'has no url'],
    [`{ listen: "${at}", ocsp-object: hq }`, 'would never be asked by'],
  ];
  it('refuses what could not work, and says why', async () => {
    const bench = await makeOne();
    for (const [words, why] of refused) {
      const { code, err } = await apply(bench, `staple-responder: ${words}\n`);
      expect(code, words).toBe(3);
      expect(err).toContain(why);
    }
    expect(await shown(bench)).toContain('The agent answers no OCSP requests');
  });

  it('keeps the object that it names, unless both go', async () => {
    const bench = await makeOne();
    await apply(bench, text);
    expect((await apply(bench, 'ocsp: {}\n')).err).toContain('the responder of the agent needs');
    expect(await apply(bench, 'ocsp: {}\nstaple-responder: {}\n')).toMatchObject({ code: 0 });
  });
});
