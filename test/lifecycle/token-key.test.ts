import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { setDeployment } from '../../src/lifecycle/deploy-settings.ts';
import { dryRun } from '../../src/lifecycle/dry-run.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { exportCertificate } from '../../src/lifecycle/export-certificate.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { certStoreKey } from '../../src/lifecycle/setting-keys.ts';
import { update } from '../../src/lifecycle/update.ts';
import { fakeToken, type FakeToken } from '../tokens/fake-cryptoki.ts';
import { openToken } from '../tokens/world.ts';
import {
  bodies,
  coded,
  issued,
  makeSite,
  named,
  outstanding,
  request,
  wanted,
  type Site,
  type SiteOptions,
} from './site.ts';

const place = 'pkcs11:token=t1;object=gw1';
const inToken = { type: 'generate', keyType: 'p-256', token: place } as const;
const now = { current: named('gw1'), waitSeconds: 60 };
const polled = { name: named('gw1'), waitSeconds: 60 };

/** A site whose process has a token. */
async function makeTokenSite(options: SiteOptions = {}): Promise<{
  readonly site: Site;
  readonly token: FakeToken;
  readonly context: LifecycleContext;
}> {
  const site = await makeSite(options);
  const token = fakeToken();
  const { keys } = openToken(token);
  return { site, token, context: { ...site.context, tokens: async () => keys } };
}

async function full(): Promise<never> {
  throw new CertError('STORE_FULL', 'Cannot write');
}

async function keyOf({ store }: Site, keyId: number | undefined) {
  return store.keys.publicKey(keyId ?? 0);
}

describe('initialize() with a key in a token', () => {
  it('makes it there, stores where it is, and delivers no key file', async () => {
    const { site, token, context } = await makeTokenSite();
    const { certificate } = issued(await initialize(context, request({ key: inToken })));
    expect((await keyOf(site, certificate.keyId)).tokenUri).toMatch(
      /^pkcs11:token=t1;object=gw1;id=/,
    );
    expect([...site.files().keys()]).toEqual(['gw1.cert.pem', 'gw1.chain.pem']);
    expect(token.count()).toBe(2);
  });

  it('uses one that is there', async () => {
    const { site, token, context } = await makeTokenSite();
    const key = await openToken(token).keys.generate(place, 'p-256');
    const { certificate } = issued(
      await initialize(context, request({ key: { type: 'given', key } })),
    );
    expect(await keyOf(site, certificate.keyId)).toMatchObject({
      spki: key.key.spki,
      tokenUri: key.uri,
    });
  });

  it('goes on with the same key after an interruption', async () => {
    const { site, token, context } = await makeTokenSite();
    site.setWire(() => Promise.reject(new Error('killed')));
    await expect(initialize(context, request({ key: inToken }))).rejects.toThrow('killed');
    site.setWire();
    issued(await initialize(context, request({ key: inToken })));
    expect(token.count()).toBe(2);
    expect(await site.lab.certificates()).toHaveLength(1);
  });

  it.each([
    ['before the request is signed', { failNext: 'Sign' }],
    ['when the store is full', { failNext: undefined }],
  ])('leaves no key in the token when it ends %s', async (_when, { failNext }) => {
    const { site, token, context } = await makeTokenSite();
    if (failNext !== undefined) token.failNext(failNext, 'MECHANISM_INVALID');
    const { store } = context;
    const failing =
      failNext === undefined
        ? { ...context, store: { ...store, transactions: { ...store.transactions, open: full } } }
        : context;
    await expect(initialize(failing, request({ key: inToken }))).rejects.toBeInstanceOf(CertError);
    expect(token.calls).toContain('GenerateKeyPair');
    expect(token.count()).toBe(0);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it('names the key that stays when the token is gone in that moment', async () => {
    const { site, token, context } = await makeTokenSite();
    const { keys } = openToken(token);
    const tokens = async () => ({
      ...keys,
      async generate(...args: Parameters<typeof keys.generate>) {
        const made = await keys.generate(...args);
        token.isThere = false;
        return made;
      },
    });
    const work = initialize({ ...context, tokens }, request({ key: inToken }));
    await expect(work).rejects.toMatchObject(coded('TOKEN_UNAVAILABLE'));
    expect(site.warnings.join()).toMatch(/stays in its token: pkcs11:token=t1;object=gw1;id=/);
  });

  it('leaves a key that was there before, whatever becomes of the request', async () => {
    const { token, context } = await makeTokenSite();
    const { keys } = openToken(token);
    await keys.generate(place, 'p-256');
    const key = await keys.find(place);
    token.failNext('SignInit', 'MECHANISM_INVALID');
    const given = request({ key: { type: 'given', key } });
    await expect(initialize(context, given)).rejects.toMatchObject(coded('KEY_UNUSABLE'));
    expect(token.count()).toBe(2);
  });

  it('makes none in a dry run', async () => {
    const { token, context } = await makeTokenSite();
    const result = await dryRun(context, (dry) => initialize(dry, request({ key: inToken })));
    expect(result.type).toBe('message');
    expect(token.calls).toEqual([]);
  });

  it('is refused where there are no tokens', async () => {
    const { context } = await makeSite();
    await expect(initialize(context, request({ key: inToken }))).rejects.toMatchObject(
      coded('CONFIG_INVALID'),
    );
  });
});

describe('update() and enroll() with a key in a token', () => {
  it('sign there; the next key is made there, under the same label', async () => {
    const { site, token, context } = await makeTokenSite();
    const first = issued(await initialize(context, request({ key: inToken }))).certificate;
    const second = issued(await update(context, now)).certificate;
    const [old, next] = [await keyOf(site, first.keyId), await keyOf(site, second.keyId)];
    expect(next.tokenUri).toMatch(/^pkcs11:token=t1;object=gw1;id=/);
    expect(next.tokenUri).not.toBe(old.tokenUri);
    expect(token.count()).toBe(4);

    const key = { type: 'generate', keyType: 'p-256' } as const;
    const further = { name: named('gw2'), wanted: wanted('CN=gw2'), key };
    const other = issued(await enroll(context, { ...now, ...further })).certificate;
    expect(await keyOf(site, other.keyId)).not.toHaveProperty('tokenUri');
    expect(site.files().has('gw2.key.pem')).toBe(true);
  });

  it('make a key of the type that is asked for, there, too', async () => {
    const { site, context } = await makeTokenSite();
    await initialize(context, request({ key: inToken }));
    const key = { type: 'generate', keyType: 'p-384' } as const;
    const { certificate } = issued(await update(context, { ...now, key }));
    expect((await keyOf(site, certificate.keyId)).tokenUri).toContain('token=t1');
  });

  it.each(['by the request', 'by the setting'])('keep the key when that is said %s', async (by) => {
    const { site, token, context } = await makeTokenSite();
    const first = issued(await initialize(context, request({ key: inToken }))).certificate;
    const isSet = by === 'by the setting';
    if (isSet) await site.store.settings.set(certStoreKey, 'reuse');
    const key = { type: 'reuse' } as const;
    const second = issued(await update(context, { ...now, ...(!isSet && { key }) })).certificate;
    expect(second.keyId).toBe(first.keyId);
    expect(token.count()).toBe(2);
  });

  it('move a key into a token, and say what stays behind', async () => {
    const { site, context } = await makeTokenSite();
    await initialize(context, request());
    const old = join(context.defaultCertStore, 'gw1.key.pem');
    // With the old key beside it, no service could use the new certificate.
    await expect(update(context, { ...now, token: place })).rejects.toMatchObject({
      ...coded('DELIVERY_FAILED'),
      message: expect.stringContaining(`"${old}" is not the key of this certificate`),
    });
    expect(site.warnings.join()).toContain('a key file of the old one stays');
    rmSync(old);
    expect(await poll(context, polled)).toMatchObject({ type: 'delivered' });
    const current = await site.store.certificates.current('gw1');
    expect((await keyOf(site, current?.keyId)).tokenUri).toContain('token=t1');
    expect(site.files().has('gw1.key.pem')).toBe(false);
  });

  it('put no certificate beside the old key that another deployment wrote', async () => {
    const { site, context } = await makeTokenSite();
    const files = (label: 'keys' | 'certs', kind: 'key' | 'cert') => ({
      label: named(label),
      files: [{ kind, path: join(context.defaultCertStore, `${label}.pem`) }],
    });
    mkdirSync(context.defaultCertStore);
    await site.store.deployments.put(named('gw1'), files('keys', 'key'));
    await site.store.deployments.put(named('gw1'), files('certs', 'cert'));
    await initialize(context, request());
    const before = site.files().get('certs.pem');
    await expect(update(context, { ...now, token: place })).rejects.toMatchObject({
      ...coded('DELIVERY_FAILED'),
      message: 'Cannot deliver "gw1": deployment "keys" writes its key, and the key is not here',
    });
    expect(site.files().get('certs.pem')).toEqual(before);
    expect(await site.store.deployments.list('gw1')).toMatchObject([
      { label: 'certs', status: { state: 'pending' } },
      { label: 'keys', status: { state: 'pending' } },
    ]);
    await site.store.deployments.remove('gw1', 'keys');
    expect(await poll(context, polled)).toMatchObject({ type: 'delivered' });
    expect(site.files().get('certs.pem')).not.toEqual(before);
  });
});

describe('setDeployment() of a key in a token', () => {
  it.each(['key', 'combined', 'pkcs12'] as const)(
    'refuses %s, and stores nothing',
    async (kind) => {
      const { site, context } = await makeTokenSite();
      await initialize(context, request({ key: inToken }));
      const name = named('gw1');
      const deployment = { label: named('web'), files: [{ kind, path: '/etc/web/file' }] };
      await expect(setDeployment(context, name, deployment, false)).rejects.toMatchObject({
        ...coded('CONFIG_INVALID'),
        message: `Cannot deploy "gw1" with ${kind}: its key is in a token, which it never leaves`,
      });
      expect(await site.store.deployments.list('gw1')).toEqual([]);
    },
  );
});

describe('exportCertificate() of a key in a token', () => {
  it.each([
    { type: 'pem-with-key', content: 'cert' },
    { type: 'pkcs12', content: 'fullchain', withKey: true, password: 'geheim' },
  ] as const)('says that the key cannot leave it, in form $type', async (form) => {
    const { context } = await makeTokenSite();
    await initialize(context, request({ key: inToken }));
    await expect(exportCertificate(context, { name: named('gw1'), form })).rejects.toMatchObject({
      ...coded('KEY_UNUSABLE'),
      message: expect.stringContaining('it is in a token (pkcs11:token=t1;object=gw1'),
    });
    const alone = { type: 'pem', content: 'cert' } as const;
    const { count } = await exportCertificate(context, { name: named('gw1'), form: alone });
    expect(count).toBe(1);
  });
});

describe('a token that is pulled out', () => {
  it('after the answer came, before it is confirmed: poll asks again and gets the same', async () => {
    const { site, token, context } = await makeTokenSite();
    await initialize(context, request({ key: inToken }));
    site.setWire(async (der, lab) => {
      const answer = await lab(der);
      token.isThere = false;
      return answer;
    });
    const failed = update(context, now);
    await expect(failed).rejects.toMatchObject({
      ...coded('TOKEN_UNAVAILABLE'),
      hint: expect.stringContaining('certkeeper cmp poll current-cert gw1'),
    });
    const before = await outstanding(site.store);
    expect(before.operation).toBe('kur');

    await expect(poll(context, polled)).rejects.toMatchObject(coded('TOKEN_UNAVAILABLE'));
    expect((await outstanding(site.store)).state).toEqual(before.state);

    site.setWire();
    token.isThere = true;
    const { certificate } = issued(await poll(context, polled));
    expect(certificate.version).toBe(2);
    expect(await site.lab.certificates()).toHaveLength(2);
    expect(bodies(site.sent).at(-1)).toBe('certConf');
  });

  it('while the CA waits: the transaction waits, too', async () => {
    const { site, token, context } = await makeTokenSite();
    await initialize(context, request({ key: inToken }));
    await site.relab({ polls: 1, checkAfterSeconds: 10 });
    expect(await update(context, { ...now, waitSeconds: 0 })).toMatchObject({ type: 'waiting' });
    const before = await outstanding(site.store);

    token.isThere = false;
    await expect(poll(context, polled)).rejects.toMatchObject(coded('TOKEN_UNAVAILABLE'));
    expect(await outstanding(site.store)).toEqual(before);
    expect(await site.store.history.list()).toMatchObject([
      { result: 'outstanding' },
      { result: 'granted' },
    ]);

    token.isThere = true;
    issued(await poll(context, polled));
  });
});
