import { resolve } from 'node:path';
import { formatTime } from '../base/format-time.ts';
import type { Services } from '../agent/compose.ts';
import type { Label } from '../base/label.ts';
import { fetchCertificate, type FetchResult } from '../lifecycle/fetch-certificate.ts';
import { readFetchPlace } from '../lifecycle/fetch-place.ts';
import { looksLikeUrl } from '../retrieval/url.ts';
import { viewCertificate } from './certificate-view.ts';
import type { CommandContext } from './command.ts';
import { interruptible } from './interruptible.ts';

/** What both ways to fetch are told. */
export interface FetchArguments {
  readonly name: Label;
  readonly caRoot?: Label | undefined;
  readonly from?: string | undefined;
  readonly as?: Label | undefined;
}

/** Fetch now; a path is taken from where the operator is. */
export async function fetchNow(
  { name, caRoot, from, as }: FetchArguments,
  services: Services,
  context: CommandContext,
): Promise<FetchResult> {
  return interruptible(context, name, (signal) =>
    fetchCertificate(
      { ...services, signal },
      {
        name,
        ...(caRoot !== undefined && { ca: caRoot }),
        ...(from !== undefined && { from: looksLikeUrl(from) ? from : resolve(from) }),
        ...(as !== undefined && { as }),
        read: (place) =>
          readFetchPlace(place, name, {
            retrieve: (url, options) => services.retrieve(url, options),
            signal,
          }),
      },
    ),
  );
}

/** Say what was there. */
export function fetchedText({ type, certificate }: FetchResult): string {
  const { notAfter } = viewCertificate(certificate.der);
  const until = `valid until ${formatTime(notAfter)}`;
  return type === 'fetched'
    ? `Certificate "${certificate.name}" is fetched, ${until}`
    : `There is nothing newer than what is here for "${certificate.name}", ${until}`;
}

/** The same for `--json`. */
export function fetchedJson({ type, certificate }: FetchResult): {
  readonly name: string;
  readonly fetched: boolean;
  readonly version: number;
  readonly notAfter: string;
} {
  const { name, version, der } = certificate;
  return {
    name,
    fetched: type === 'fetched',
    version,
    notAfter: formatTime(viewCertificate(der).notAfter),
  };
}
