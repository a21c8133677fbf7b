import { describe, expect, it } from 'vitest';
import { judgeNode } from '../../src/lifecycle/judge-node.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { certificateDer, decodeCertificate, type Certificate } from '../../src/x509/certificate.ts';
import { crlRecord } from '../agent/node-crl.ts';
import type { Issued } from '../harness/certificates.ts';
import { ders, issueCa, issueTls } from '../http/tls-server.ts';
import { makeSite, named } from './site.ts';

const nodes = named('nodes');

function read({ certificate }: Issued): Certificate {
  return decodeCertificate(certificateDer(certificate));
}

async function scene() {
  const { store, clock } = await makeSite();
  const root = issueCa('CN=Root');
  const url = 'http://nodes.example/';
  const setUp = (...intermediates: readonly Issued[]) =>
    store.authorities.put({
      ...caProfile({ label: nodes, url, roots: [...ders(root)] }),
      intermediates: [...ders(...intermediates)],
    });
  await setUp();
  const judge = (
    shown: readonly [Issued, ...Issued[]],
    at: Date = clock.now(),
  ): Promise<string | undefined> => {
    const [node, ...others] = shown;
    return judgeNode(store, nodes, [read(node), ...others.map(read)], at);
  };
  return { store, at: clock.now(), root, setUp, judge };
}

const names = [{ type: 'dNSName', value: 'node2.example' }] as const;

describe('judgeNode()', () => {
  it('does not let a node choose what a CRL is checked by', async () => {
    const { store, at, root, setUp, judge } = await scene();
    // One CA, before and after a change of its key.
    const [before, after] = [issueCa('CN=Issuing', root), issueCa('CN=Issuing', root)];
    const node = issueTls(before, names);
    expect(await judge([node, before])).toBeUndefined();
    await store.crls.put(crlRecord(nodes, after, node.certificate, at));
    expect(await judge([node, before, after])).toMatch(/was revoked at/);
    expect(await judge([node, before])).toMatch(/CRL of "CN=Issuing" .*signature does not fit/);
    await setUp(after);
    expect(await judge([node, before])).toMatch(/was revoked at/);
  });

  it('refuses by a CRL that is from the future, beyond what clocks may differ by', async () => {
    const { store, at, root, judge } = await scene();
    const node = issueTls(root, names);
    await store.crls.put(crlRecord(nodes, root, issueTls(root, names).certificate, at));
    const back = (seconds: number) => new Date(at.getTime() - seconds * 1000);
    expect(await judge([node], at)).toBeUndefined();
    expect(await judge([node], back(30))).toBeUndefined();
    expect(await judge([node], back(3600))).toMatch(/its thisUpdate is in the future/);
  });

  it('takes a CRL that is out of date for what it says', async () => {
    const { store, at, root, judge } = await scene();
    const [node, bad] = [issueTls(root, names), issueTls(root, names)];
    await store.crls.put(crlRecord(nodes, root, bad.certificate, at));
    const later = new Date(at.getTime() + 10 * 86_400_000);
    expect(await judge([node], later)).toBeUndefined();
    expect(await judge([bad], later)).toMatch(/was revoked at/);
  });
});
