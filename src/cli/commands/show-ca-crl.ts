import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import { listConfiguredCrls } from '../../lifecycle/configured-crls.ts';
import type { Clock } from '../../base/clock.ts';
import { fromDer } from '../../asn1/codec.ts';
import { readCrl } from '../../revocation/crl.ts';
import type { Store } from '../../store/store.ts';
import type { CrlSource } from '../../store/validation-contract.ts';
import { Name } from '../../x509/name.ts';
import { formatName } from '../../x509/name-text.ts';
import type { Body } from '../command.ts';
import type { showCaCrlParameters } from '../parameters-validation.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields } from '../table.ts';

/** Show CRLs, and what is held of them. */
export const run: Body<typeof showCaCrlParameters> = async ({ name: wanted }, context) => {
  const all = (await readStored(context, ({ store, clock }) => readAll(store, clock))) ?? [];
  const shown = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (wanted !== undefined && shown.length === 0) {
    throw new CertError('CONFIG_INVALID', `Cannot show CRL "${wanted}": there is none`, {
      hint: 'See "certkeeper show ca-crl"',
    });
  }
  context.print.show({ crls: shown }, () =>
    shown.length === 0
      ? `There is no CRL${whereLooked(context)}; certkeeper ca-crl name sets one up\n`
      : shown
          .map(({ name, url, source, refreshSeconds, format, ...crl }) =>
            formatFields([
              ['CRL', name ?? '-'],
              ['url', url],
              ['source', source],
              ['form', formText(crl.form, format)],
              ['refresh', refreshSeconds === undefined ? undefined : `${refreshSeconds} s`],
              ['issuer', crl.issuer],
              ['number', crl.number],
              ['thisUpdate', crl.thisUpdate],
              ['nextUpdate', crl.nextUpdate],
              ['entries', crl.entries?.toString()],
              ['state', crl.state],
              ['last fetch', crl.lastFetch],
              ['next fetch', crl.nextFetch],
              ['last error', crl.lastError],
            ]),
          )
          .join('\n'),
  );
  return 0;
};

type ShownCrl = {
  readonly name?: string;
  readonly url: string;
  readonly source: 'cli' | 'cdp';
  readonly refreshSeconds?: number;
  /** How it is said to be written, and how it is. */
  readonly format?: 'der' | 'pem';
  readonly form?: 'der' | 'pem';
  readonly issuer?: string;
  readonly number?: string;
  readonly thisUpdate?: string;
  readonly nextUpdate?: string;
  readonly entries?: number;
  readonly state: 'valid' | 'expired' | 'not fetched' | 'fetch-failed' | 'bad-signature';
  readonly lastFetch?: string;
  readonly nextFetch?: string;
  readonly lastError?: string;
};

async function readAll(store: Store, clock: Clock): Promise<readonly ShownCrl[]> {
  const configured = await listConfiguredCrls(store);
  const sources = await store.crlSources.list();
  const shown: ShownCrl[] = [];
  for (const { name, url, refreshSeconds, format } of configured) {
    const source = sources.find((one) => one.url === url);
    shown.push({
      name,
      url,
      source: 'cli' as const,
      format,
      ...(refreshSeconds !== undefined && { refreshSeconds }),
      ...(await heldOf(store, source, clock.now())),
    });
  }
  for (const source of sources) {
    if (configured.some(({ url }) => url === source.url)) continue;
    shown.push({
      url: source.url,
      source: 'cdp' as const,
      ...(await heldOf(store, source, clock.now())),
    });
  }
  return shown;
}

/** What the octets are decides; an operator should know that they are not as was said. */
function formText(form: ShownCrl['form'], format: ShownCrl['format']): string | undefined {
  if (form === undefined || format === undefined || form === format) return form ?? format;
  return `${form}, though ${format} is set`;
}

async function heldOf(
  store: Store,
  source: CrlSource | undefined,
  now: Date,
): Promise<Omit<ShownCrl, 'name' | 'url' | 'source' | 'refreshSeconds' | 'format'>> {
  const { identity, form, fetchedAt, nextAt, error, code } = source ?? {};
  const held = identity === undefined ? undefined : await store.heldCrls.get(identity);
  const fetches = {
    ...(fetchedAt && { lastFetch: formatTime(fetchedAt) }),
    ...(nextAt && { nextFetch: formatTime(nextAt) }),
    ...(error !== undefined && { lastError: error }),
  };
  if (!held) {
    const state =
      code === 'bad-signature' ? code : code === undefined ? 'not fetched' : 'fetch-failed';
    return { state, ...fetches };
  }
  const { nextUpdate, thisUpdate, crlNumber } = held;
  const reading = readCrl(held.der);
  return {
    ...(form && { form }),
    issuer: formatName(fromDer(Name, held.issuer)),
    ...(crlNumber !== undefined && { number: crlNumber.toString() }),
    thisUpdate: formatTime(thisUpdate),
    ...(nextUpdate && { nextUpdate: formatTime(nextUpdate) }),
    ...(reading.type === 'crl' && { entries: reading.crl.index.count }),
    state: nextUpdate && nextUpdate < now ? 'expired' : 'valid',
    ...fetches,
  };
}
