import type { Body } from '../command.ts';
import { fetchedJson, fetchedText, fetchNow } from '../fetch-report.ts';
import type { fetchParameters } from '../parameters-agent.ts';

/** Take a newer certificate from another node's store. */
export const run: Body<typeof fetchParameters> = async (args, context) => {
  const { currentCert: name, caRoot, from, as } = args;
  const result = await fetchNow({ name, caRoot, from, as }, await context.services(), context);
  context.print.done(fetchedJson(result), fetchedText(result));
  return 0;
};
