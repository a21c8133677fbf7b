import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { ocspFaults } from '../../src/ca/ocsp-fault.ts';
import { run as runLine } from '../../src/cli/run.ts';
import { fakeIo } from '../cli/fake-io.ts';
import type { Outcome } from '../cli/run-cli.ts';
import { requirePeer } from '../harness/require.ts';
import { mac, setUp, wanted, type Bench } from './openssl/lab-bench.ts';

beforeEach((context) => requirePeer(context, 'openssl'));

const exec = promisify(execFile);

/** A lab with a certificate in `out.pem` that names its responder and its CRL. */
async function enrolled(settings: Partial<LabSettings> = {}): Promise<Bench> {
  const bench = await setUp({ ocsp: true, crl: true, ...settings });
  await bench.cmp('-cmd', 'ir', ...mac, ...wanted);
  return bench;
}

/** Where `out.pem` says that the responder is. */
async function placeIn(bench: Bench): Promise<string> {
  return (await bench.openssl('x509', '-in', 'out.pem', '-noout', '-ocsp_uri')).trim();
}

const about = ['-issuer', 'issuing.pem', '-cert', 'out.pem'];
const trusted = ['-CAfile', 'root.pem', '-verify_other', 'issuing.pem'];

/** What `openssl ocsp` says, be it an error. */
function said(bench: Bench, ...args: readonly string[]): Promise<string> {
  return bench.openssl('ocsp', ...args, ...trusted).catch((error: unknown) => String(error));
}

async function ask(bench: Bench, ...more: readonly string[]): Promise<string> {
  return said(bench, ...more, ...about, '-url', await placeIn(bench));
}

const isGood = /out\.pem: good[^]*Response verify OK/;

describe('openssl ocsp, as a client of the lab', () => {
  it.each(['delegate', 'ca'] as const)('believes what the %s signs', async (ocspSigner) => {
    const bench = await enrolled({ ocspSigner });
    expect(await ask(bench)).toMatch(isGood);
    expect(await ask(bench, '-sha256', '-no_nonce')).toMatch(isGood);
    await bench.lab.revoke(1, 'superseded');
    expect(await ask(bench)).toMatch(/out\.pem: revoked[^]*Reason: superseded/);
    const ofOthers = ['-issuer', 'issuing.pem', '-serial', '0x1234'];
    const unknown = await said(bench, ...ofOthers, '-url', await placeIn(bench));
    expect(unknown).toMatch(/0x1234: unknown/);
  });

  it('asks about two certificates at once, and about the issuing CA', async () => {
    const bench = await enrolled();
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted.slice(0, -1), 'two.pem');
    const both = await ask(bench, '-issuer', 'issuing.pem', '-cert', 'two.pem');
    expect(both).toMatch(/two\.pem: good/);
    expect(both).toMatch(isGood);
    const url = await placeIn(bench);
    const ofRoot = ['-issuer', 'root.pem', '-cert', 'issuing.pem', '-url', url];
    expect(await said(bench, ...ofRoot)).toMatch(/issuing\.pem: good/);
  });

  it('believes the response to a GET, whose base64 is escaped or not', async () => {
    const bench = await enrolled();
    await bench.openssl('ocsp', ...about, '-no_nonce', '-reqout', 'request.der');
    const text = readFileSync(bench.path('request.der')).toString('base64');
    for (const path of [text, encodeURIComponent(text)]) {
      const response = await fetch(`${await placeIn(bench)}/${path}`);
      writeFileSync(bench.path('response.der'), await response.bytes());
      expect(await said(bench, ...about, '-respin', 'response.der')).toMatch(isGood);
    }
  });

  /** What this client makes of each: it goes on after times that are wrong, and tells so. */
  const expected: Readonly<Record<string, RegExp>> = {
    revoked: /revoked[^]*Reason: keyCompromise/,
    'on-hold': /revoked[^]*Reason: certificateHold/,
    unknown: /out\.pem: unknown/,
    'wrong-cert-id': /No Status found/,
    'other-issuer': /Response Verify Failure/,
    expired: /status expired/,
    future: /status not yet valid/,
    older: isGood,
    'no-next-update': isGood,
    'no-single-response': /response contains no revocation data/,
    'more-responses': isGood,
    'wrong-nonce': /Nonce Verify error/,
    'no-nonce': /no nonce in response/,
    'bad-signature': /signature failure/,
    'new-delegate': isGood,
    'delegate-without-eku': /missing ocspsigning usage/,
    'delegate-any-eku': /missing ocspsigning usage/,
    'delegate-expired': /certificate has expired/,
    'delegate-untrusted': /unable to get local issuer certificate/,
    'delegate-not-sent': /signer certificate not found/,
    'try-later': /Responder Error: trylater/,
    unauthorized: /Responder Error: unauthorized/,
    'internal-error': /Responder Error: internalerror/,
    'malformed-request': /Responder Error: malformedrequest/,
    'sig-required': /Responder Error: sigrequired/,
    truncated: /inconsistent content length/,
    'trailing-octets': /inconsistent content length/,
    'not-der': /missing asn1 encoding/,
    down: /failed reading data/,
    flapping: /failed reading data/,
    silence: /timeout/,
    slow: /timeout/,
    dripping: /timeout/,
    'status-500': /code=500/,
    'status-503': /code=503/,
    'status-404': /code=404/,
    'html-200': /actual=text\/html/,
    'text-plain': /actual=text\/plain/,
    redirect: /redirection not enabled/,
    'redirect-loop': /redirection not enabled/,
    'body-10mb': /error receiving/,
    'empty-body': /failed reading data/,
  };

  it('names every fault, and is content again after it', async () => {
    const bench = await enrolled();
    expect(Object.keys(ocspFaults)).toEqual(Object.keys(expected));
    for (const [name, says] of Object.entries(expected)) {
      await bench.lab.responder.inject(`${name}*1`);
      // Only what keeps it waiting is to be waited for in vain.
      const patience = says.source === 'timeout' ? ['-timeout', '1'] : [];
      expect(await ask(bench, ...patience), name).toMatch(says);
    }
    expect(await ask(bench)).toMatch(isGood);
  });
});

describe('openssl verify, with the CRL of the lab', () => {
  it('accepts a certificate until it is revoked, by the CRL at /crl', async () => {
    const bench = await enrolled();
    const { origin } = new URL(await placeIn(bench));
    const verify = async (): Promise<string> => {
      const crl = await fetch(`${origin}/crl`);
      writeFileSync(bench.path('crl.der'), await crl.bytes());
      await bench.openssl('crl', '-inform', 'DER', '-in', 'crl.der', '-out', 'crl.pem');
      const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem', '-CRLfile', 'crl.pem'];
      return bench.openssl('verify', '-x509_strict', '-crl_check', ...chain, 'out.pem');
    };
    expect(await verify()).toMatch(/out\.pem: OK/);
    await bench.lab.revoke(1);
    await expect(verify()).rejects.toThrow(/certificate revoked/);
  });

  it('accepts a certificate until the delta to the CRL says that it is revoked', async () => {
    const bench = await enrolled({ crlDelta: true });
    const fetched = async (name: string): Promise<string> => {
      const crl = await fetch(new URL(`/${name}.crl`, await placeIn(bench)));
      writeFileSync(bench.path('crl.der'), await crl.bytes());
      await bench.openssl('crl', '-inform', 'DER', '-in', 'crl.der', '-out', `${name}.crl.pem`);
      return `${name}.crl.pem`;
    };
    const verify = async (): Promise<string> => {
      const files = [await fetched('issuing'), await fetched('delta')];
      const crls = files.flatMap((file) => ['-CRLfile', file]);
      const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem', ...crls];
      const deltas = ['-extended_crl', '-use_deltas', '-crl_check'];
      return bench.openssl('verify', '-x509_strict', ...deltas, ...chain, 'out.pem');
    };
    expect(await verify()).toMatch(/out\.pem: OK/);
    await bench.lab.revoke(1);
    await expect(verify()).rejects.toThrow(/certificate revoked/);
    const complete = await bench.openssl('crl', '-in', 'issuing.crl.pem', '-noout', '-text');
    expect(complete).toMatch(/No Revoked Certificates/);
  });

  it('reads the issuer at /ca.crt', async () => {
    const bench = await enrolled();
    const { origin } = new URL(await placeIn(bench));
    const issuer = await fetch(`${origin}/ca.crt`);
    writeFileSync(bench.path('fetched.der'), await issuer.bytes());
    await bench.openssl('x509', '-inform', 'DER', '-in', 'fetched.der', '-out', 'fetched.pem');
    const chain = ['-CAfile', 'root.pem', '-untrusted', 'fetched.pem'];
    expect(await bench.openssl('verify', ...chain, 'out.pem')).toMatch(/out\.pem: OK/);
  });
});

function readable(failed: unknown): { stdout?: string; stderr?: string } {
  if (!(failed instanceof Error) || !('stdout' in failed) || !('stderr' in failed)) return {};
  return { stdout: String(failed.stdout), stderr: String(failed.stderr) };
}

/** What it says; it takes the URL from the certificate. */
async function ocsptool(bench: Bench): Promise<string> {
  const files = ['--load-cert', 'out.pem', '--load-issuer', 'issuing.pem'];
  const anchors = ['--load-trust', 'issuing.pem'];
  const { stdout, stderr } = await exec('ocsptool', ['--ask', ...files, ...anchors], {
    cwd: bench.path('.'),
  }).catch((failed: unknown) => ({ stdout: String(failed), stderr: '', ...readable(failed) }));
  return stdout + stderr;
}

describe('ocsptool of GnuTLS, as a client of the lab', () => {
  beforeEach((context) => requirePeer(context, 'gnutls-bin'));

  it.each(['delegate', 'ca'] as const)('believes what the %s signs', async (ocspSigner) => {
    const bench = await enrolled({ ocspSigner });
    const good = await ocsptool(bench);
    expect(good).toMatch(/Certificate Status: good[^]*Verifying OCSP Response: Success\./);
    await bench.lab.revoke(1, 'keyCompromise');
    expect(await ocsptool(bench)).toMatch(/Certificate Status: revoked/);
  });

  it.each([
    ['bad-signature', /Verifying OCSP Response: Failure/],
    ['delegate-without-eku', /Verifying OCSP Response: Failure/],
    ['delegate-untrusted', /Verifying OCSP Response: Failure/],
    ['try-later', /Response Status: tryLater/],
    ['html-200', /error/i],
  ])('refuses %s', async (fault, says) => {
    const bench = await enrolled();
    await bench.lab.responder.inject(fault);
    expect(await ocsptool(bench)).toMatch(says);
  });
});

/** Run a command line by the real clock, in a state directory of its own. */
async function gateway(bench: Bench, place?: string): Promise<(line: string) => Promise<Outcome>> {
  const state = mkdtempSync(join(tmpdir(), 'certkeeper-lab-ocsp-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const run = async (line: string): Promise<Outcome> => {
    const io = fakeIo({ env: { CERTKEEPER_STATE: state } });
    const code = await runLine(line.split(' '), io, (_globals, _outside, log) =>
      compose({ stateDirectory: state, log }),
    );
    return { code, out: io.out(), err: io.err() };
  };
  const { origin } = new URL(place ?? (await placeIn(bench)));
  for (const line of [
    `cert import cert-name labroot file ${bench.path('root.pem')} ca`,
    `ca add lab url ${origin}/pkix/ root ${bench.path('root.pem')} intermediate ${bench.path('issuing.pem')}`,
    'ocsp verify-object asked verify-others off ca-chain lab profile rfc6960 nonce require cache-error-timeout 20',
    `ca-crl name labroot der url ${origin}/root.crl`,
    'crypto map strict ikev2-ipv4 ca labroot ocsp-cert-validator asked ca-crl list ca-crl-name labroot revocation strict',
  ]) {
    expect(await run(line), line).toMatchObject({ code: 0 });
  }
  return run;
}

function verifyLine(bench: Bench): string {
  return `verify ${bench.path('out.pem')} chain ${bench.path('issuing.pem')} policy strict`;
}

describe('certkeeper, as a client of the lab', () => {
  it('accepts strictly what the responder says is good, at the place the certificate names', async () => {
    const bench = await enrolled();
    const run = await gateway(bench);
    expect(await run(verifyLine(bench))).toMatchObject({ code: 0 });
    await bench.lab.revoke(1, 'keyCompromise');
    const { code, out } = await run(verifyLine(bench));
    expect(code).toBe(9);
    expect(out).toContain('revoked (certificate 0): it is revoked (keyCompromise)');
  });

  it('asks the next responder a certificate names when the first does not listen', async () => {
    const bench = await enrolled({ ocspUrls: ['http://127.0.0.1:9/ocsp'] });
    const places = (await placeIn(bench)).split('\n');
    expect(places[0]).toBe('http://127.0.0.1:9/ocsp');
    const run = await gateway(bench, places[1]);
    expect(await run(verifyLine(bench))).toMatchObject({ code: 0 });
    expect(bench.lab.responder.requests().total).toBe(1);
  });

  it('goes on with the CRL of the lab where that is named', async () => {
    const bench = await enrolled();
    const run = await gateway(bench);
    await bench.lab.responder.inject('down');
    expect((await run(verifyLine(bench))).out).toMatch(/CRL +good/);
    await bench.lab.revoke(1, 'superseded');
    // Whoever holds the CRL before goes on with that.
    const other = await gateway(bench);
    expect((await other(verifyLine(bench))).out).toContain('it is revoked (superseded)');
  });

  it('learns from the delta to the CRL what was revoked since', async () => {
    const bench = await enrolled({ crlDelta: true });
    await bench.lab.crl('issuing');
    await bench.lab.responder.inject('down');
    const run = await gateway(bench);
    expect(await run(verifyLine(bench))).toMatchObject({ code: 0 });
    await bench.lab.revoke(1, 'keyCompromise');
    const other = await gateway(bench);
    expect((await other(verifyLine(bench))).out).toContain('it is revoked (keyCompromise)');
  });

  it('gets a certificate that must be stapled, and after its update another', async () => {
    const bench = await enrolled();
    const run = await gateway(bench);
    const secret = bench.path('secrets/device-0001');
    const initialize =
      'cmp initialize key-type p-256 cert-name web1 subject-name CN=web1 ca-root lab must-staple';
    const credential = `reference device-0001 ca-psk file:${secret}`;
    expect(await run(`${initialize} ${credential}`)).toMatchObject({ code: 0 });
    const certificate = async (): Promise<string> => {
      const { out } = await run('cert export web1 content cert');
      writeFileSync(bench.path('web1.pem'), out);
      return bench.openssl('x509', '-in', 'web1.pem', '-noout', '-text');
    };
    const first = await certificate();
    expect(first).toMatch(/TLS Feature: *\n\s+status_request\n/);
    expect(await run('cmp update current-cert web1')).toMatchObject({ code: 0 });
    const second = await certificate();
    expect(second).not.toBe(first);
    expect(second).toMatch(/TLS Feature: *\n\s+status_request\n/);
  });

  it('refuses strictly while the responder does wrong, and nothing else is named', async () => {
    const bench = await enrolled({ crl: false });
    const run = await gateway(bench);
    for (const fault of ['try-later', 'expired', 'bad-signature', 'delegate-without-eku', 'down']) {
      await bench.lab.responder.inject(fault);
      expect(await run(verifyLine(bench)), fault).toMatchObject({ code: 9 });
      await bench.lab.responder.heal();
    }
    expect(await run(verifyLine(bench))).toMatchObject({ code: 0 });
  });
});
