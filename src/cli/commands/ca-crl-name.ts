import { resolve } from 'node:path';
import { putConfiguredCrl } from '../../lifecycle/configured-crls.ts';
import { looksLikeUrl } from '../../retrieval/url.ts';
import type { Body } from '../command.ts';
import type { caCrlParameters } from '../parameters-validation.ts';

/** Set where a CRL is fetched from. */
export const run: Body<typeof caCrlParameters> = async (args, context) => {
  const { name, format, refresh } = args;
  const url = looksLikeUrl(args.url) ? args.url : resolve(args.url);
  const words = { format, url, ...(refresh !== undefined && { refresh }) };
  await putConfiguredCrl(await context.services(), { name, words });
  context.print.done({ name, ...words }, `CRL "${name}" is fetched from ${url}`);
  return 0;
};
