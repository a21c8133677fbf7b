import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { enroll, type EnrollRequest } from '../../src/lifecycle/enroll.ts';
import { initialize, type InitializeRequest } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { coded, initialized, issued, makeSite, named, outstanding } from './site.ts';
import { request, sharedKey, wanted, type Site } from './site.ts';

const name = named('gw1');
const san = { type: 'dNSName', value: 'gw1.example' } as const;
const serverAuth = [extension('keyUsage', ['digitalSignature', 'keyAgreement'], true)];

/** A site whose CA answers nothing for now, with a second profile for the same CA. */
async function cutOff(): Promise<Site> {
  const site = await makeSite();
  const other = parseLabel('other', 'ca');
  await site.store.authorities.put(
    { ...site.profile, label: other },
    await site.store.authorities.secret('lab'),
  );
  return site;
}

async function interrupt(site: Site, work: () => Promise<unknown>): Promise<void> {
  site.setWire(() => Promise.reject(new Error('killed')));
  await expect(work()).rejects.toThrow('killed');
  site.setWire();
}

function asked(changes: Partial<InitializeRequest> = {}): InitializeRequest {
  return request({
    ca: named('lab'),
    url: 'http://ra.example/one',
    wanted: { ...wanted('CN=gw1,O=Test', san), extensions: serverAuth },
    ...changes,
  });
}

const others: readonly (readonly [string, string, Partial<InitializeRequest>])[] = [
  ['of another CA', 'its CA is "lab", not "other"', { ca: named('other') }],
  [
    'at another address',
    'its URL is "http://ra.example/one", not "http://ra.example/two"',
    { url: 'http://ra.example/two' },
  ],
  [
    'of a key of another type',
    'its key is p-256, not p-384',
    { key: { type: 'generate', keyType: 'p-384' } },
  ],
  [
    'for another subject',
    'its subject is "CN=gw1,O=Test", not "CN=gw2"',
    { wanted: { ...wanted('CN=gw2', san), extensions: serverAuth } },
  ],
  [
    'for other names',
    'its subjectAltName has other names',
    { wanted: { ...wanted('CN=gw1,O=Test'), extensions: serverAuth } },
  ],
  [
    'for no extensions',
    'its other extensions are not those',
    { wanted: wanted('CN=gw1,O=Test', san) },
  ],
  [
    'for other extensions',
    'its other extensions are not those',
    {
      wanted: {
        ...wanted('CN=gw1,O=Test', san),
        extensions: [extension('keyUsage', ['digitalSignature'], true)],
      },
    },
  ],
];

describe('a repeated initialize', () => {
  it('goes on with the one that was interrupted', async () => {
    const site = await cutOff();
    await interrupt(site, () => initialize(site.context, asked()));
    const { keyId } = await outstanding(site.store);
    const { certificate } = issued(await initialize(site.context, asked()));
    expect(certificate.keyId).toBe(keyId);
    expect(site.sent[1]).toEqual(site.sent[0]);
  });

  it.each(others)('%s does not, and says what differs', async (_, difference, changes) => {
    const site = await cutOff();
    await interrupt(site, () => initialize(site.context, asked()));
    const record = await outstanding(site.store);
    await expect(initialize(site.context, asked(changes))).rejects.toMatchObject({
      ...coded('TRANSACTION_OUTSTANDING'),
      message: expect.stringContaining(difference),
    });
    expect(site.sent).toHaveLength(1);
    expect(await outstanding(site.store)).toEqual(record);
  });

  it('says that an address was given where none is now', async () => {
    const site = await cutOff();
    await interrupt(site, () => initialize(site.context, asked()));
    const { url: _, ...without } = asked();
    await expect(initialize(site.context, without)).rejects.toMatchObject({
      message: expect.stringContaining('its URL is "http://ra.example/one", not that of its CA'),
    });
  });

  it('with another key of the operator’s does not go on', async () => {
    const site = await cutOff();
    const key = { type: 'given', key: await sharedKey('p-256') } as const;
    await interrupt(site, () => initialize(site.context, asked({ key })));
    const other = { type: 'given', key: await softwareKeys.generate('p-256') } as const;
    await expect(initialize(site.context, asked({ key: other }))).rejects.toMatchObject({
      message: expect.stringContaining('its key is another one'),
    });
    issued(await initialize(site.context, asked({ key })));
  });
});

describe('a repeated initialize whose certificate is not delivered yet', () => {
  // A certificate may say more than was asked for: asking for less than before is not told from that.
  const told = others.filter(([which]) => !/for other names|for no extensions/.test(which));

  it.each(told)('%s is another request', async (_, _difference, changes) => {
    const site = await cutOff();
    const context = { ...site.context, deliver: () => Promise.reject(new Error('killed')) };
    await expect(initialize(context, asked())).rejects.toThrow('killed');
    const sent = site.sent.length;
    const other = initialize(site.context, asked(changes));
    await expect(other).rejects.toMatchObject(coded('CERT_EXISTS'));
    expect(site.sent).toHaveLength(sent);
    expect(site.files().size).toBe(0);
  });
});

describe('a repeated enroll', () => {
  it.each([
    ['its CA is "lab", not "other"', { ca: named('other') }],
    ['its URL is that of its CA, not "http://b.example/"', { url: 'http://b.example/' }],
    ['its key is p-256, not p-521', { key: { type: 'generate', keyType: 'p-521' } }],
  ] as const)('says that %s', async (difference, changes) => {
    const site = await cutOff();
    await initialized(site, { ca: named('lab') });
    const further: EnrollRequest = {
      current: name,
      name: named('web'),
      wanted: wanted('CN=web'),
      key: { type: 'generate', keyType: 'p-256' },
      waitSeconds: 0,
    };
    await interrupt(site, () => enroll(site.context, further));
    await expect(enroll(site.context, { ...further, ...changes })).rejects.toMatchObject({
      ...coded('TRANSACTION_OUTSTANDING'),
      message: expect.stringContaining(difference),
    });
    issued(await enroll(site.context, further));
    expect(await site.lab.issuedCount()).toBe(2);
  });
});

describe('a repeated update', () => {
  it.each([
    ['its CA is "lab", not "other"', { ca: named('other') }],
    ['its key is p-256, not p-384', { key: { type: 'generate', keyType: 'p-384' } }],
    ['its key is another one', { key: { type: 'reuse' } }],
  ] as const)('says that %s', async (difference, changes) => {
    const site = await cutOff();
    await initialized(site, { ca: named('lab') });
    const again = { current: name, waitSeconds: 0 };
    await interrupt(site, () => update(site.context, again));
    await expect(update(site.context, { ...again, ...changes })).rejects.toMatchObject({
      ...coded('TRANSACTION_OUTSTANDING'),
      message: expect.stringContaining(difference),
    });
    issued(await update(site.context, again));
    expect(await site.lab.issuedCount()).toBe(2);
  });

  it('that says nothing of the key goes on with whichever it was', async () => {
    const site = await cutOff();
    await initialized(site, { ca: named('lab') });
    const reuse = { current: name, key: { type: 'reuse' }, waitSeconds: 0 } as const;
    await interrupt(site, () => update(site.context, reuse));
    issued(await update(site.context, { current: name, waitSeconds: 0 }));
    expect(await site.lab.issuedCount()).toBe(2);
  });
});

describe('a certificate that is revoked', () => {
  it('is neither updated nor used for another, nothing being sent [B10][P10]', async () => {
    const site = await cutOff();
    const { certificate } = await initialized(site, { ca: named('lab') });
    const { keyId, id } = certificate;
    const opened = await site.store.transactions.open(
      {
        name,
        operation: 'rr',
        ca: named('lab'),
        url: site.profile.url,
        isUrlGiven: false,
        ...(keyId !== undefined && { key: { id: keyId } }),
        credential: { type: 'signature', certificateId: id },
        transactionID: Uint8Array.of(1),
        phase: 'requested',
        state: Uint8Array.of(1),
        outgoing: Uint8Array.of(1),
        openedAt: site.clock.now(),
        deadline: site.clock.now(),
      },
      [],
    );
    const outcome = { type: 'revoked', certificateId: id, reason: 'keyCompromise' } as const;
    await site.store.transactions.finish(opened, outcome, site.clock.now(), []);
    const sent = site.sent.length;
    const revoked = {
      ...coded('CERT_INVALID'),
      message: expect.stringMatching(/"gw1": it was revoked at .*Z \(keyCompromise\)$/),
    };

    await expect(update(site.context, { current: name, waitSeconds: 0 })).rejects.toMatchObject(
      revoked,
    );
    const further = {
      current: name,
      name: named('web'),
      wanted: wanted('CN=web'),
      key: { type: 'generate', keyType: 'p-256' },
      waitSeconds: 0,
    } as const;
    await expect(enroll(site.context, further)).rejects.toMatchObject(revoked);
    expect(site.sent).toHaveLength(sent);
  });
});
