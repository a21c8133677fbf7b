import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serialText } from '../../src/ca/grant.ts';
import type { Lab } from '../../src/ca/lab.ts';
import { ocspFaults, parseOcspFault } from '../../src/ca/ocsp-fault.ts';
import type { OcspHttpAnswer } from '../../src/ca/ocsp-http.ts';
import { verifyOcspResponse } from '../../src/revocation/ocsp-verify.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { rulesFor } from '../revocation/ocsp-vectors.ts';
import { enrolled } from './lab-client.ts';
import { openLab, temporaryDirectory } from './lab-under-test.ts';
import { certId, now, ocspRequest, wordOf } from './ocsp-client.ts';

const nonce = new Uint8Array(32).fill(0xab);

describe('parseOcspFault()', () => {
  it('reads a name, the certificate it is for, and how often', () => {
    expect(parseOcspFault('down')).toEqual({ name: 'down' });
    expect(parseOcspFault('try-later*3')).toEqual({ name: 'try-later', times: 3 });
    expect(parseOcspFault('revoked@00ABC*2')).toEqual({
      name: 'revoked',
      serial: '0abc',
      times: 2,
    });
  });

  it.each([
    ['no-such-fault', 'there is no such fault'],
    ['constructor', 'there is no such fault'],
    ['', 'there is no such fault'],
    ['down@gw1', 'there is no such fault'],
    ['down*0', '0 times'],
  ])('refuses "%s": %s', (text, says) => {
    expect(() => parseOcspFault(text)).toThrow(says);
  });
});

describe('docs/lab-faults.md', () => {
  it('lists every fault of the responder with what it does and what must come of it, and no other', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/lab-faults.md'), 'utf8');
    const [, table = ''] = text.split('## Faults of the OCSP responder');
    const rows = [...table.matchAll(/^\| `([^`]+)` +\| (\w+) +\| (.+?) +\| (\w+) +\|$/gm)];
    expect(rows.map((row) => row.slice(1))).toEqual(
      Object.entries(ocspFaults).map(([name, { where, summary, ends }]) => [
        name,
        where === 'HTTP' || where === 'octets' ? where : 'response',
        summary,
        ends,
      ]),
    );
  });
});

function ask(lab: Lab, certificate: Certificate, withNonce?: Uint8Array): Promise<OcspHttpAnswer> {
  const id = certId(certificate, lab.authorities.issuing.certificate);
  return lab.responder.answer({
    method: 'POST',
    url: '/ocsp',
    body: ocspRequest([id], withNonce),
  });
}

/** What a client makes of an answer: of HTTP, or of the response in it. */
async function madeOf(lab: Lab, certificate: Certificate, withNonce?: Uint8Array): Promise<string> {
  const answer = await ask(lab, certificate, withNonce);
  if (answer.type !== 'answer') return answer.type;
  if (answer.status !== 200) return `status ${answer.status}`;
  const origin = { type: 'query', ...(withNonce && { nonce: withNonce }) } as const;
  const about = { certificate, issuer: lab.authorities.issuing.certificate, origin };
  const rules = rulesFor({ type: 'issuer' }, { nonce: 'prefer', maxResponseOctets: 100_000 });
  return wordOf(verifyOcspResponse(answer.body, about, rules, now));
}

const expected: Readonly<Record<string, string>> = {
  revoked: 'revoked',
  'on-hold': 'revoked',
  unknown: 'unknown',
  'wrong-cert-id': 'no-matching-response',
  'other-issuer': 'no-matching-response',
  expired: 'expired',
  future: 'not-yet-valid',
  older: 'good',
  'no-next-update': 'good',
  'no-single-response': 'no-matching-response',
  'more-responses': 'good',
  'wrong-nonce': 'nonce-mismatch',
  'no-nonce': 'good',
  'bad-signature': 'bad-signature',
  'new-delegate': 'good',
  'delegate-without-eku': 'unauthorized-responder',
  'delegate-any-eku': 'unauthorized-responder',
  'delegate-expired': 'unauthorized-responder',
  'delegate-untrusted': 'unauthorized-responder',
  'delegate-not-sent': 'unauthorized-responder',
  'try-later': 'responder-error(tryLater)',
  unauthorized: 'responder-error(unauthorized)',
  'internal-error': 'responder-error(internalError)',
  'malformed-request': 'responder-error(malformedRequest)',
  'sig-required': 'responder-error(sigRequired)',
  truncated: 'malformed',
  'trailing-octets': 'malformed',
  'not-der': 'malformed',
  down: 'reset',
  flapping: 'reset',
  silence: 'silence',
  slow: 'good',
  dripping: 'good',
  'status-500': 'status 500',
  'status-503': 'status 503',
  'status-404': 'status 404',
  'html-200': 'malformed',
  'text-plain': 'good',
  redirect: 'status 302',
  'redirect-loop': 'status 302',
  'body-10mb': 'too-large',
  'empty-body': 'malformed',
};

describe('the OCSP responder of a lab with faults', () => {
  it('does each once, and is right again', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const found: Record<string, string> = {};
    for (const name of Object.keys(ocspFaults)) {
      await lab.responder.inject(`${name}*1`);
      found[name] = await madeOf(lab, certificate, nonce);
      expect(await madeOf(lab, certificate, nonce), `after ${name}`).toBe('good');
    }
    expect(found).toEqual(expected);
  });

  it('does what is counted first, one after the other, then the last that is not, until it is healed', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    for (const fault of ['unknown', 'expired', 'try-later*2', 'down*1']) {
      await lab.responder.inject(fault);
    }
    const words = [];
    for (let count = 0; count < 5; count++) words.push(await madeOf(lab, certificate));
    expect(words).toEqual([
      'responder-error(tryLater)',
      'responder-error(tryLater)',
      'reset',
      'expired',
      'expired',
    ]);
    await lab.responder.heal();
    expect(await madeOf(lab, certificate)).toBe('good');
  });

  it('is up every other time when it flaps', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    await lab.responder.inject('flapping');
    const words = [];
    for (let count = 0; count < 4; count++) words.push(await madeOf(lab, certificate));
    expect(words).toEqual(['reset', 'good', 'reset', 'good']);
  });

  it('is wrong about one certificate only', async () => {
    const lab = await openLab();
    const [one, other] = [await enrolled(lab), await enrolled(lab)];
    await lab.responder.inject(`revoked@${serialText(one.tbsCertificate.serialNumber)}`);
    expect(await madeOf(lab, other)).toBe('good');
    expect(await madeOf(lab, one)).toBe('revoked');
  });

  it('has a new delegate for every response when it changes', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    await lab.responder.inject('new-delegate*2');
    const bodies = [await ask(lab, certificate), await ask(lab, certificate)];
    const [first, second] = bodies.map((one) => (one.type === 'answer' ? one.body : undefined));
    expect(first).not.toEqual(second);
  });

  it('says when to come again: in seconds, or at what time', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    await lab.responder.inject('status-500*1');
    await lab.responder.inject('status-503*1');
    expect(await ask(lab, certificate)).toMatchObject({ headers: { 'retry-after': '120' } });
    expect(await ask(lab, certificate)).toMatchObject({
      headers: { 'retry-after': 'Sun, 01 Nov 2026 12:02:00 GMT' },
    });
  });

  it('is right in a lab that is opened anew', async () => {
    const directory = temporaryDirectory();
    const lab = await openLab({ directory });
    const certificate = await enrolled(lab);
    await lab.responder.inject('down');
    const again = await openLab({ directory });
    expect(await madeOf(again, certificate)).toBe('good');
  });
});
