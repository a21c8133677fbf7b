import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { reportInfo } from '../../src/cli/info-view.ts';
import { createPrinter } from '../../src/cli/render.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import type { InfoResult } from '../../src/lifecycle/info.ts';
import type { InfoAnswer } from '../../src/lifecycle/take-info.ts';
import { issue } from '../harness/certificates.ts';
import { fakeIo } from './fake-io.ts';

const said = {
  ca: parseLabel('rootA', 'ca'),
  transactionID: '00112233445566778899aabbccddeeff',
};
const root = issue({ subject: 'CN=New Root,O=Test', isCa: true }).certificate;

function report(result: InfoResult | 'interrupted', asked = 'caCerts', json = false) {
  const io = fakeIo();
  const globals = { json, quiet: false, verbose: false, yes: false };
  const code = reportInfo(result, asked, {
    io,
    globals,
    print: createPrinter(io, globals),
    failed: () => {},
  });
  return { code, out: io.out(), err: io.err() };
}

function answered(answer: InfoAnswer, asked?: string, json?: boolean) {
  return report({ ...said, ...answer }, asked, json);
}

describe('reportInfo()', () => {
  it('says that the CA does not know it, or has nothing new, which is no failure [L10]', () => {
    expect(answered({ type: 'unsupported' })).toMatchObject({
      code: 0,
      out: 'CA "rootA" does not know caCerts\n',
    });
    expect(answered({ type: 'nothing' }).out).toContain('nothing newer than what is here');
  });

  it('lists certificates by subject, end and fingerprint', () => {
    const { code, out } = answered({ type: 'ca-certs', certificates: [root] });
    expect(code).toBe(0);
    expect(out).toMatch(/^CN=New Root,O=Test, until .*, SHA-256 [0-9A-Fa-f:]+$/m);
  });

  it('makes visible what a terminal would obey in the reason a CRL is refused for', () => {
    const tbsCertList = {
      signature: root.signatureAlgorithm,
      issuer: root.tbsCertificate.subject,
      thisUpdate: root.tbsCertificate.validity.notBefore,
    };
    const { signatureAlgorithm, signature } = root;
    const list = { tbsCertList, signatureAlgorithm, signature };
    const { out } = answered({ type: 'crls', crls: [{ list, outcome: { refused: '\u001b[2J' } }] });
    expect(out).toContain('refused: \\u001b[2J');
  });

  it('says of a new root whether it is an anchor now [L10]', () => {
    const update = {
      type: 'root-update',
      newRoot: root,
      verdict: { type: 'valid', newRoot: root, present: root },
      wasAnchor: false,
    } as const;
    const shown = answered({ ...update, isAccepted: false }, 'rootCaCert');
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/give "accept" to make it an anchor/i);
    const taken = answered({ ...update, isAccepted: true }, 'rootCaCert');
    expect(taken.out).toMatch(/it is an anchor of the CA profile now/i);
    const again = answered({ ...update, isAccepted: true, wasAnchor: true }, 'rootCaCert');
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toMatch(/^The new root of CA "rootA" is an anchor of the CA profile already/);
  });

  it('fails when nothing vouches for a new root, and says why [L10]', () => {
    const { code, out, err } = answered({
      type: 'root-update',
      newRoot: root,
      verdict: { type: 'invalid', detail: 'newWithOld is missing' },
      isAccepted: false,
      wasAnchor: false,
    });
    expect({ code, out }).toEqual({ code: 9, out: '' });
    expect(err).toContain('newWithOld is missing');
  });

  it('shows what it cannot name as it stands', () => {
    const item = info('preferredSymmAlg');
    const { code, out } = answered({ type: 'value', item });
    expect(code).toBe(0);
    expect(out).toContain('preferredSymmAlg');
  });

  it('gives the codes for waiting, rejected and interrupted [C2]', () => {
    expect(report({ ...said, type: 'waiting' }).code).toBe(8);
    const status = { status: 'rejection', failInfo: ['notAuthorized'] } as const;
    const rejected = report({ ...said, type: 'rejected', status, details: ['no'] });
    expect(rejected.code).toBe(7);
    expect(rejected.err).toContain('notAuthorized');
    expect(report('interrupted').code).toBe(8);
  });

  it('is one JSON object with --json, whatever it is', () => {
    const results: InfoAnswer[] = [
      { type: 'unsupported' },
      { type: 'nothing' },
      { type: 'ca-certs', certificates: [root] },
      { type: 'crls', crls: [] },
      { type: 'value', item: info('signKeyPairTypes') },
    ];
    for (const result of results) {
      const { out } = answered(result, 'caCerts', true);
      expect(JSON.parse(out)).toMatchObject({ type: result.type, ca: 'rootA', asked: 'caCerts' });
    }
  });
});
