import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CertError } from '../../src/base/errors.ts';
import { fetchCertificate, type FetchResult } from '../../src/lifecycle/fetch-certificate.ts';
import { readFetchPlace } from '../../src/lifecycle/fetch-place.ts';
import { update } from '../../src/lifecycle/update.ts';
import { temporaryDirectory } from '../store/sample.ts';
import { coded, initialized, makeSite, named, wanted, type Site } from './site.ts';

const name = named('gw1');

/** What reads files, as the retriever of a real process would. */
async function retrieve(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new CertError('FILE_UNREADABLE', `Cannot read ${path}`, { cause });
  }
}

/** A node that renews, and one that fetches from its cert-store location; the same CA is set up at both. */
async function twoNodes(): Promise<{ readonly renewing: Site; readonly fetching: Site }> {
  const renewing = await makeSite();
  const fetching = await makeSite({ clock: renewing.clock });
  await fetching.setProfile({ roots: renewing.profile.roots });
  await initialized(renewing);
  return { renewing, fetching };
}

async function fetchFrom(site: Site, place: string | undefined): Promise<FetchResult> {
  return fetchCertificate(site.context, {
    name,
    ca: named('lab'),
    ...(place !== undefined && { from: place }),
    read: (from) => readFetchPlace(from, name, { retrieve }),
  });
}

describe('fetchCertificate()', () => {
  it('takes certificate, key and chain, and delivers them here', async () => {
    const { renewing, fetching } = await twoNodes();
    const { type, certificate } = await fetchFrom(fetching, renewing.certs);
    const there = await renewing.store.certificates.current('gw1');
    expect(type).toBe('fetched');
    expect(certificate).toMatchObject({ source: 'fetch', ca: 'lab', der: there?.der });
    expect(await fetching.store.keys.privateKey(certificate.keyId ?? 0)).toEqual(
      await renewing.store.keys.privateKey(there?.keyId ?? 0),
    );
    expect(fetching.files()).toEqual(renewing.files());
  });

  it('takes the next one from where the last one came, and nothing that is not newer', async () => {
    const { renewing, fetching } = await twoNodes();
    await fetchFrom(fetching, renewing.certs);
    expect((await fetchFrom(fetching, undefined)).type).toBe('nothing newer');
    await renewing.clock.advance(60 * 86_400);
    await update(renewing.context, { current: name, waitSeconds: 0 });
    const { type, certificate } = await fetchFrom(fetching, undefined);
    expect({ type, version: certificate.version }).toEqual({ type: 'fetched', version: 2 });
    expect((await fetchFrom(fetching, undefined)).type).toBe('nothing newer');
  });

  it('refuses what does not lead to the root that is set up here', async () => {
    const { renewing } = await twoNodes();
    const stranger = await makeSite({ clock: renewing.clock });
    await expect(fetchFrom(stranger, renewing.certs)).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(await stranger.store.certificates.versions('gw1')).toEqual([]);
  });

  it('refuses what has expired, and what was issued to somebody else', async () => {
    const { renewing, fetching } = await twoNodes();
    await fetchFrom(fetching, renewing.certs);
    const other = await makeSite({ clock: renewing.clock });
    await renewing.clock.advance(30 * 86_400);
    await initialized(renewing, {
      name: named('gw2'),
      wanted: wanted('CN=gw2,O=Test'),
    });
    const mixed = temporaryDirectory();
    for (const part of ['key', 'cert', 'chain']) {
      const pem = readFileSync(join(renewing.certs, `gw2.${part}.pem`));
      writeFileSync(join(mixed, `gw1.${part}.pem`), pem);
    }
    await expect(fetchFrom(fetching, mixed)).rejects.toThrow('its subject is');
    await renewing.clock.advance(200 * 86_400);
    await expect(fetchFrom(other, renewing.certs)).rejects.toThrow('it expired on');
  });

  it('refuses a key that is not that of the certificate, as in a set that is being written', async () => {
    const { renewing, fetching } = await twoNodes();
    const torn = temporaryDirectory();
    mkdirSync(torn, { recursive: true });
    for (const part of ['cert', 'chain']) {
      writeFileSync(
        join(torn, `gw1.${part}.pem`),
        readFileSync(join(renewing.certs, `gw1.${part}.pem`)),
      );
    }
    await initialized(renewing, { name: named('gw2') });
    writeFileSync(join(torn, 'gw1.key.pem'), readFileSync(join(renewing.certs, 'gw2.key.pem')));
    await expect(fetchFrom(fetching, torn)).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(await fetching.store.certificates.versions('gw1')).toEqual([]);
  });

  it.each(['http://node/certs', 'ftp://node/certs', 'tftp://node/certs'])(
    'lets no key come by %s',
    async (place) => {
      const { fetching } = await twoNodes();
      await expect(fetchFrom(fetching, place)).rejects.toThrow('would cross the network in clear');
    },
  );

  it('says so when there is nothing there, and when no place is known', async () => {
    const { fetching } = await twoNodes();
    await expect(fetchFrom(fetching, '/nowhere')).rejects.toMatchObject(coded('FILE_UNREADABLE'));
    await expect(fetchFrom(fetching, undefined)).rejects.toMatchObject(coded('CERT_UNKNOWN'));
  });
});
