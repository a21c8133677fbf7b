import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { RootCaKeyUpdateContent } from '../../src/cmp/message/root-ca-key-update.ts';
import { checkRootUpdate } from '../../src/revocation/root-update.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import {
  issue,
  makeKey,
  someDay,
  withBrokenSignature,
  type Issued,
} from '../harness/certificates.ts';

const subject = 'CN=Root,O=Test';
const past = new Date('2026-02-01T00:00:00Z');
const future = new Date('2026-11-01T00:00:00Z');

const old = issue({ subject, isCa: true });
const newKey = makeKey();
const newWithNew = issue({ subject, isCa: true, key: newKey });
const newWithOld = issue({ subject, isCa: true, key: newKey, issuer: old });
const oldWithNew = issue({ subject, isCa: true, key: old.key, issuer: newWithNew });

const unknown = { extnID: '1.3.6.1.4.1.99999.1', critical: false, extnValue: Uint8Array.of(5, 0) };

function withExtensions(added: Extension, issuer?: Issued): Issued {
  const extensions = [extension('basicConstraints', { cA: true }, true), added];
  return issue({ subject, key: newKey, extensions, ...(issuer && { issuer }) });
}

interface Parts {
  readonly newWithNew?: Issued['certificate'];
  readonly newWithOld?: Issued['certificate'];
  readonly oldWithNew?: Issued['certificate'];
}

const good = {
  newWithNew: newWithNew.certificate,
  newWithOld: newWithOld.certificate,
  oldWithNew: oldWithNew.certificate,
} satisfies RootCaKeyUpdateContent;

function check(changes: Parts = {}, present: readonly Issued[] = [old], at: Date = someDay) {
  return checkRootUpdate(
    { ...good, ...changes },
    present.map(({ certificate }) => certificate),
    at,
    { allowLegacy: false },
  );
}

function detail(...args: Parameters<typeof check>): string {
  const verdict = check(...args);
  return verdict.type === 'invalid' ? verdict.detail : 'valid';
}

describe('checkRootUpdate() takes', () => {
  it('a new root that the present one vouches for [L10]', () => {
    expect(check()).toEqual({
      type: 'valid',
      newRoot: newWithNew.certificate,
      present: old.certificate,
    });
  });

  it('an update without oldWithNew [L10]', () => {
    const { oldWithNew: _, ...update } = good;
    const verdict = checkRootUpdate(update, [old.certificate], someDay, { allowLegacy: false });
    expect(verdict.type).toBe('valid');
  });

  it('the right one of several present roots', () => {
    const other = issue({ subject: 'CN=Other Root', isCa: true });
    const sameName = issue({ subject, isCa: true });
    expect(detail({}, [other, sameName, old])).toBe('valid');
  });
});

describe('checkRootUpdate() refuses', () => {
  it('an update without newWithOld [L10]', () => {
    const { newWithOld: _, ...update } = good;
    const verdict = checkRootUpdate(update, [old.certificate], someDay, { allowLegacy: false });
    expect(verdict).toMatchObject({ type: 'invalid' });
    expect(verdict.type === 'invalid' && verdict.detail).toContain('newWithOld is missing');
  });

  it.each<[string, Parts, string]>([
    [
      'newWithOld for another key',
      { newWithOld: issue({ subject, isCa: true, issuer: old }).certificate },
      'another key than newWithNew',
    ],
    [
      'newWithOld with another name',
      {
        newWithOld: issue({ subject: 'CN=Other', isCa: true, key: newKey, issuer: old })
          .certificate,
      },
      'newWithOld has another name',
    ],
    [
      'oldWithNew with another name',
      {
        oldWithNew: issue({ subject: 'CN=Other', isCa: true, key: old.key, issuer: newWithNew })
          .certificate,
      },
      'oldWithNew has another name',
    ],
    [
      'newWithNew that has expired',
      { newWithNew: issue({ subject, isCa: true, key: newKey, notAfter: past }).certificate },
      'newWithNew is not valid now',
    ],
    [
      'newWithNew of the future',
      { newWithNew: issue({ subject, isCa: true, key: newKey, notBefore: future }).certificate },
      'newWithNew is not valid now',
    ],
    [
      'newWithOld that has expired',
      {
        newWithOld: issue({ subject, isCa: true, key: newKey, issuer: old, notAfter: past })
          .certificate,
      },
      'newWithOld is not valid now',
    ],
    [
      'newWithOld signed by a stranger of the same name',
      {
        newWithOld: issue({
          subject,
          isCa: true,
          key: newKey,
          issuer: issue({ subject, isCa: true }),
        }).certificate,
      },
      'not signed by a root of the CA profile',
    ],
    [
      'newWithOld with a broken signature',
      { newWithOld: withBrokenSignature(newWithOld) },
      'not signed by a root of the CA profile',
    ],
    [
      'newWithNew that the old key signed',
      { newWithNew: newWithOld.certificate },
      'newWithNew is not signed with its own key',
    ],
    [
      'newWithNew with a broken signature',
      { newWithNew: withBrokenSignature(newWithNew) },
      'newWithNew is not signed with its own key',
    ],
    [
      'oldWithNew for another key',
      { oldWithNew: issue({ subject, isCa: true, issuer: newWithNew }).certificate },
      'oldWithNew is for another key',
    ],
    [
      'oldWithNew that the new key did not sign',
      { oldWithNew: issue({ subject, isCa: true, key: old.key, issuer: old }).certificate },
      'oldWithNew is not signed with the new key',
    ],
    [
      'newWithNew that is no CA',
      { newWithNew: issue({ subject, key: newKey }).certificate },
      'newWithNew is not the certificate of a CA',
    ],
    [
      'newWithOld that is no CA',
      { newWithOld: issue({ subject, key: newKey, issuer: old }).certificate },
      'newWithOld is not the certificate of a CA',
    ],
    [
      'newWithNew that may not sign certificates',
      {
        newWithNew: issue({
          subject,
          key: newKey,
          extensions: [
            extension('basicConstraints', { cA: true }, true),
            extension('keyUsage', ['cRLSign'], true),
          ],
        }).certificate,
      },
      'newWithNew is not the certificate of a CA',
    ],
    [
      'newWithNew with a critical extension that is not processed',
      { newWithNew: withExtensions({ ...unknown, critical: true }).certificate },
      'newWithNew is not the certificate of a CA to be believed',
    ],
    [
      'newWithOld with a critical extension that is not processed',
      { newWithOld: withExtensions({ ...unknown, critical: true }, old).certificate },
      'newWithOld is not the certificate of a CA to be believed',
    ],
    [
      'newWithNew whose keyUsage cannot be read',
      { newWithNew: withExtensions({ ...unknown, extnID: oids.keyUsage }).certificate },
      'newWithNew is not the certificate of a CA to be believed',
    ],
  ])('%s [L10]', (_, changes, says) => {
    expect(detail(changes)).toContain(says);
  });

  it('an intermediate as new root [L10]', () => {
    const sub = issue({ subject: 'CN=Sub', isCa: true, issuer: old });
    expect(detail({ newWithNew: sub.certificate, newWithOld: sub.certificate })).toContain(
      'another name',
    );
  });

  it('an update signed by an intermediate or a leaf below the root [L10]', () => {
    const sub = issue({ subject, isCa: true, issuer: old });
    const bySub = issue({ subject, isCa: true, key: newKey, issuer: sub });
    expect(detail({ newWithOld: bySub.certificate })).toContain('not signed by a root');
  });

  it('an update of a root that is not one of those believed, or that has expired [L10]', () => {
    const stranger = issue({ subject: 'CN=Stranger', isCa: true });
    expect(detail({}, [stranger])).toContain('not signed by a root');
    expect(detail({}, [])).toContain('not signed by a root');
    const expired = issue({ subject, isCa: true, key: old.key, notAfter: past });
    expect(detail({}, [expired])).toContain('not signed by a root');
  });

  it('an update signed with a hash that is broken [L10]', () => {
    const weak = issue({ subject, isCa: true, key: newKey, issuer: old, digest: 'sha1' });
    expect(detail({ newWithOld: weak.certificate })).toContain('not signed by a root');
  });
});
