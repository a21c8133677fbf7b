import { describe, expect, it } from 'vitest';
import { listenerCertificate } from '../../src/lifecycle/listener-certificate.ts';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import { update } from '../../src/lifecycle/update.ts';
import { coded, named } from './site.ts';
import {
  endpoint,
  makeStapledSite,
  mustStaple,
  stapled,
  type StapledSite,
} from './stapled-site.ts';

const gw1 = named('gw1');

/** A certificate of a listener, stapled or not, as its listener was told last. */
async function scene(options: { readonly isMust?: boolean } = {}) {
  const made = await makeStapledSite();
  await stapled(made, options.isMust === true ? mustStaple() : {});
  await made.site.store.staples.putEndpoint(gw1, endpoint('web', { target: { type: 'listener' } }));
  await stapleCertificate(made.context, gw1);
  return { made, first: await listenerCertificate(made.context, gw1) };
}

/** Renewed, though nothing may be delivered yet. @returns the new one's hash */
async function renewed({ context, current }: StapledSite): Promise<string> {
  const { version } = await current();
  await update(context, { current: gw1, waitSeconds: 60 }).catch(() => {});
  const record = await current();
  expect(record.version).toBe(version + 1);
  return stapleHash(record.der);
}

describe('listenerCertificate()', () => {
  it('has the certificate with its chain, its key and its staple', async () => {
    const { made, first } = await scene();
    const { der } = await made.current();
    const kept = await made.site.store.staples.get(stapleHash(der));
    expect(first).toMatchObject({ name: 'gw1', id: stapleHash(der) });
    expect(first.staple).toStrictEqual({ der: kept?.held?.der, until: kept?.held?.until });
    expect(first.chain.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(0);
    expect(first.key).toContain('BEGIN PRIVATE KEY');
  });

  it('waits with one that clients refuse without for its staple, and then has both', async () => {
    const { made, first } = await scene({ isMust: true });
    await made.site.lab.responder.inject('down');
    const id = await renewed(made);
    const waiting = await listenerCertificate(made.context, gw1, first);
    expect(waiting).toMatchObject({ id: first.id, staple: first.staple });
    await made.site.lab.responder.heal();
    await stapleCertificate(made.context, gw1, { byHand: true });
    const next = await listenerCertificate(made.context, gw1, waiting);
    expect(next.id).toBe(id);
    expect(next.staple).toBeDefined();
  });

  it('keeps the staple of the one before fresh while the new one waits for its own', async () => {
    const { made, first } = await scene({ isMust: true });
    const { site, context } = made;
    await site.lab.responder.inject('down');
    await renewed(made);
    await stapleCertificate(context, gw1, { byHand: true });
    const waiting = await listenerCertificate(context, gw1, first);
    expect(waiting).toMatchObject({ id: first.id, staple: first.staple });
    await site.lab.responder.heal();
    await stapleCertificate(context, gw1, { byHand: true });
    // From now on nobody serves that one.
    expect(await site.store.staples.get(first.id)).toBeUndefined();
  });

  it('begins with the one before where clients would refuse the new one without its staple', async () => {
    const { made, first } = await scene({ isMust: true });
    await made.site.lab.responder.inject('down');
    const id = await renewed(made);
    await stapleCertificate(made.context, gw1);
    const begun = await listenerCertificate(made.context, gw1);
    expect(begun).toStrictEqual(first);
    // From then on clients refuse that one, too.
    await made.site.clock.advance(86_400);
    expect(await listenerCertificate(made.context, gw1)).toMatchObject({ id });
  });

  it('waits with others until they were asked for in vain, and ten minutes at the most', async () => {
    const { made, first } = await scene();
    await made.site.lab.responder.inject('down');
    const id = await renewed(made);
    const asked = await listenerCertificate(made.context, gw1, first);
    expect(asked).toMatchObject({ id });
    await made.site.store.staples.keepOnly('gw1', [first.id]);
    expect(await listenerCertificate(made.context, gw1, first)).toMatchObject({ id: first.id });
    await made.site.clock.advance(600);
    const next = await listenerCertificate(made.context, gw1, first);
    expect(next.id).toBe(id);
    expect(next.staple).toBeUndefined();
  });

  it('never has one that clients refuse without a staple before that is there', async () => {
    const { made, first } = await scene({ isMust: true });
    await made.site.lab.responder.inject('down');
    await renewed(made);
    await made.site.clock.advance(86_400);
    const next = await listenerCertificate(made.context, gw1, first);
    expect(next.id).toBe(first.id);
    // Its own has ended meanwhile.
    expect(next.staple).toBeUndefined();
  });

  it('refuses a name without a certificate', async () => {
    const { made } = await scene();
    await expect(listenerCertificate(made.context, named('nobody'))).rejects.toMatchObject(
      coded('CERT_UNKNOWN'),
    );
  });
});
