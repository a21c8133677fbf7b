import { formatTime } from '../../base/format-time.ts';
import { lifetimeOf, renewalTime } from '../../lifecycle/renewal-time.ts';
import { storedCertificate } from '../../lifecycle/stored-certificate.ts';
import { nextJob } from '../../scheduler/next-job.ts';
import { agentNote } from '../agent-note.ts';
import type { Body } from '../command.ts';
import { fetchedJson, fetchedText, fetchNow } from '../fetch-report.ts';
import type { autoFetchParameters } from '../parameters-agent.ts';

/** Have the agent fetch a certificate; the first time it is done at once, so that a wrong place is told. */
export const run: Body<typeof autoFetchParameters> = async (args, context) => {
  const { currentName: name, caRoot, time: days, from, as } = args;
  const services = await context.services();
  const result = await fetchNow({ name, caRoot, from, as }, services, context);
  await services.store.nameSettings.set(name, 'auto-fetch-days', String(days));
  const { certificate } = result;
  const { validity } = storedCertificate(certificate.der, `"${name}"`).tbsCertificate;
  const next = await nextJob(services.store, name, 'fetch', services.clock.now());
  const { at } = next ?? renewalTime(lifetimeOf(validity), certificate, days);
  const { agentRuns, text: note } = await agentNote(services, context);
  context.print.done(
    { ...fetchedJson(result), days, fetchFrom: formatTime(at), agentRuns },
    `${fetchedText(result)}; the agent looks for the next one from ${formatTime(at)} on` + note,
  );
  return 0;
};
