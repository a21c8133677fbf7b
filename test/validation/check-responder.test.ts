import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { Crl } from '../../src/revocation/crl.ts';
import type { ResponderCheck } from '../../src/revocation/ocsp-rules.ts';
import type { OcspAnswer, OcspClient, ResolvedOcsp } from '../../src/validation/contract.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { sameName } from '../../src/x509/name.ts';
import { unavailable } from '../../src/revocation/verdict.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue } from '../harness/certificates.ts';
import { leaf, sub } from '../harness/paths.ts';
import { entry, hours } from '../revocation/crl-made.ts';
import { ca, leaf as ownLeaf, response } from '../revocation/ocsp-made.ts';
import { answerWith, asking, codeIn, ocspObjectFor, responderAt } from './ocsp-asked.ts';
import { crl, good, judge, object, type Seen } from './judged.ts';

/** Whoever answers for the leaf, named by its CA and without nocheck. */
const delegate = issue({ subject: 'CN=responder', issuer: sub });
const listed = crl(sub, { number: 2n, entries: [entry(delegate, 'keyCompromise')] });
const clean = crl(sub);

type From = 'network' | 'cache';

function answerOf(from: From, responder = delegate): OcspAnswer {
  const source = { type: 'ocsp', url: 'http://r.example', from } as const;
  const tried = [{ source, verdict: good, notes: ['responder-not-checked'] as const }];
  return { verdict: good, tried, unchecked: responder.certificate };
}

const plain: OcspAnswer = { verdict: good, tried: [] };

function checking(check: ResponderCheck | 'warn'): ResolvedOcsp {
  return check === 'warn'
    ? object
    : { ...object, rules: { ...object.rules, checkResponder: check } };
}

interface Case {
  readonly check?: ResponderCheck | 'warn';
  readonly crls?: readonly Crl[];
  /** What is answered of the leaf, one after the other. */
  readonly answers?: readonly OcspAnswer[];
  readonly staple?: OcspAnswer;
  readonly find?: () => Promise<never>;
}

/** Judge the leaf by what its responder says, with CRLs for nobody but responders. */
async function judgeBy(
  given: Case,
): Promise<Seen & { readonly forgotten: readonly (string | undefined)[] }> {
  const { check = 'crl', crls = [], answers = [answerOf('network')], staple, find } = given;
  const left = [...answers];
  const forgotten: (string | undefined)[] = [];
  const sought: Certificate[] = [];
  const client: Partial<OcspClient> = {
    async status(certificate) {
      const isLeaf = sameName(certificate.tbsCertificate.subject, leaf.subject);
      return (isLeaf ? left.shift() : plain) ?? plain;
    },
    ...(staple && { staple: () => staple }),
    forget: (_certificate, _issuer, _object, failure) => void forgotten.push(failure?.verdict.code),
  };
  const seen = await judge({
    policy: { ocsp: checking(check), crls: { ...rules, use: false } },
    client,
    ...(staple && { staple: Uint8Array.of(1) }),
    keeper: {
      async find(certificate) {
        sought.push(certificate);
        return find ? await find() : { crls, failed: [] };
      },
    },
  });
  return { ...seen, sought, forgotten };
}

const rules = {
  use: true,
  configured: [],
  fromCertificates: true,
  useDeltas: true,
  clockSkewSeconds: 0,
};

const breaking = async (): Promise<never> => {
  throw new TypeError('broken');
};

function codes({ verdict }: Seen): readonly string[] {
  return [...verdict.reasons, ...verdict.warnings].map(({ code }) => code);
}

describe('a responder without nocheck', () => {
  it('is not believed when a CRL lists it, and that is told', async () => {
    const seen = await judgeBy({ crls: [listed] });
    expect(seen.verdict.verdict).toBe('reject');
    expect(codes(seen)).toStrictEqual(['unauthorized-responder']);
    expect(seen.verdict.reasons[0]?.detail).toContain('"CN=responder" is revoked (keyCompromise)');
    expect(seen.events).toContainEqual({
      type: 'responder-unauthorized',
      url: 'http://r.example',
    });
    expect(seen.forgotten).toStrictEqual(['unauthorized-responder']);
  });

  it('is taken without a warning when a CRL vouches for it, and that CRL is held', async () => {
    const seen = await judgeBy({ crls: [clean] });
    expect(seen.verdict).toMatchObject({ verdict: 'accept', warnings: [] });
    expect(seen.kept).toStrictEqual([clean]);
  });

  it('is taken with a warning when no CRL tells of it, and not where it has to be checked', async () => {
    const seen = await judgeBy({});
    expect(seen.verdict.verdict).toBe('accept');
    expect(codes(seen)).toStrictEqual(['responder-not-checked']);
    const strict = await judgeBy({ check: 'strict' });
    expect(codes(strict)).toStrictEqual(['no-source']);
    expect(strict.verdict.reasons[0]?.detail).toContain('no word on the responder "CN=responder"');
    expect(strict.forgotten).toStrictEqual([]);
  });

  it('is not believed by strict on a CRL that has ended, and is by crl with a warning', async () => {
    const ended = crl(sub, { thisUpdate: hours(-48), nextUpdate: hours(-24) });
    expect(codes(await judgeBy({ check: 'strict', crls: [ended] }))).toStrictEqual(['expired']);
    expect(codes(await judgeBy({ crls: [ended] }))).toStrictEqual(['responder-not-checked']);
  });

  it('is asked about by nobody where that is not set', async () => {
    const seen = await judgeBy({ check: 'warn', crls: [listed] });
    expect(seen.verdict.verdict).toBe('accept');
    expect(codes(seen)).toStrictEqual(['responder-not-checked']);
    expect(seen.sought).toStrictEqual([]);
  });

  it('that no path leads to is no better than one no CRL tells of', async () => {
    const stranger = issue({
      subject: 'CN=stranger',
      issuer: issue({ subject: 'CN=Other', isCa: true }),
    });
    const answers = [answerOf('network', stranger)];
    expect(codes(await judgeBy({ answers, crls: [clean] }))).toStrictEqual([
      'responder-not-checked',
    ]);
    expect(codes(await judgeBy({ answers, crls: [clean], check: 'strict' }))).toStrictEqual([
      'crl-issuer-untrusted',
    ]);
  });

  it('does not keep a peer waiting beyond the deadline, nor break anything when its CRLs do', async () => {
    expect(codes(await judgeBy({ find: breaking }))).toStrictEqual(['responder-not-checked']);
    expect(codes(await judgeBy({ find: breaking, check: 'strict' }))).toStrictEqual(['internal']);
  });

  it('that is revoked since its answer was kept is asked once more, and the new answer counts', async () => {
    const other = issue({ subject: 'CN=new responder', issuer: sub });
    const seen = await judgeBy({
      crls: [listed],
      answers: [answerOf('cache'), answerOf('network', other)],
    });
    expect(seen.verdict).toMatchObject({ verdict: 'accept', warnings: [] });
    expect(seen.forgotten).toStrictEqual([undefined]);
    const again = await judgeBy({
      crls: [listed],
      answers: [answerOf('cache'), answerOf('network'), plain],
    });
    expect(codes(again)).toStrictEqual(['unauthorized-responder']);
    expect(again.forgotten).toStrictEqual([undefined, 'unauthorized-responder']);
  });

  it('that is revoked makes a staple worthless, and the network is asked', async () => {
    const tried = [{ source: { type: 'staple' }, verdict: good, notes: [] }] as const;
    const staple = { verdict: good, tried, unchecked: delegate.certificate };
    const seen = await judgeBy({ crls: [listed], staple, answers: [plain] });
    expect(seen.verdict.verdict).toBe('accept');
    const [first] = seen.verdict.revocation[0]?.tried ?? [];
    expect(first).toMatchObject({ source: { type: 'staple' }, verdict: { type: 'unavailable' } });
  });
});

describe('who signed an answer and has no nocheck', () => {
  const signer = issue({
    subject: 'CN=delegate',
    issuer: ca,
    extensions: [extension('extKeyUsage', [oids.ocspSigning])],
  });
  const { serialNumber } = signer.certificate.tbsCertificate;
  const named = { unchecked: { tbsCertificate: { serialNumber } } };

  it('is named with the answer, from the network, from what is kept and from a staple', async () => {
    const { url, requests } = await responderAt((_request, out) =>
      answerWith(out, response({ signer })),
    );
    const { ask, client } = asking();
    const asked = ocspObjectFor({ rules: { checkResponder: 'crl' }, query: { url } });
    expect(await ask(asked)).toMatchObject(named);
    expect(await ask(asked)).toMatchObject(named);
    expect(requests).toHaveLength(1);
    const stapled = response({ signer });
    const about = [ownLeaf.certificate, ca.certificate] as const;
    expect(client.staple(stapled, ...about, asked)).toMatchObject(named);
    const plainly = ocspObjectFor({ query: { url }, policyHash: 'q' });
    expect(await ask(plainly)).not.toHaveProperty('unchecked');
  });

  it('is asked anew when its answer is forgotten, unless a failure is remembered in its place', async () => {
    const { url, requests } = await responderAt((_request, out) =>
      answerWith(out, response({ signer })),
    );
    const { ask, client } = asking();
    const asked = ocspObjectFor({ rules: { checkResponder: 'crl' }, query: { url } });
    const about = [ownLeaf.certificate, ca.certificate, asked] as const;
    await ask(asked);
    client.forget(...about);
    expect(codeIn(await ask(asked))).toBe('good');
    expect(requests).toHaveLength(2);
    const verdict = unavailable('unauthorized-responder', 'it is revoked');
    client.forget(...about, { verdict, tried: [] });
    expect(codeIn(await ask(asked))).toBe('unauthorized-responder');
    expect(requests).toHaveLength(2);
  });
});
