import { CertError } from '../../base/errors.ts';
import { commandLine } from '../command-line.ts';
import type { Body } from '../command.ts';
import type { clearRequestTemplateParameters } from '../parameters-ca.ts';

/** Forget what a CA said it wishes of requests; the next one asks for what is said and no more. */
export const run: Body<typeof clearRequestTemplateParameters> = async ({ label }, context) => {
  const { store } = await context.services();
  const kept = await store.authorities.kept(label);
  if (kept === undefined) {
    throw new CertError(
      'CA_UNKNOWN',
      `Cannot forget the request template of CA profile "${label}": there is none`,
      { hint: `See ${commandLine(['ca', 'show'], context.globals)}` },
    );
  }
  const { requestTemplate } = kept;
  if (requestTemplate) await store.authorities.putRequestTemplate(label, undefined);
  context.print.done(
    { ca: label, cleared: requestTemplate },
    requestTemplate
      ? `Requests to CA "${label}" follow no request template any more`
      : `There is no request template of CA "${label}"`,
  );
  return 0;
};
