import { formatTime } from '../base/format-time.ts';
import type { StapleReport } from '../lifecycle/staple-certificate.ts';
import type { KeptStaple } from '../store/staples-contract.ts';
import type { ExitCode } from '../base/errors.ts';
import { agentNote } from './agent-note.ts';
import type { CommandContext } from './command.ts';
import { failCommand } from './failure.ts';
import type { Json } from './json.ts';

/** Fields of an object in JSON. */
export type JsonFields = Readonly<Record<string, Json | undefined>>;

/** Say what became of the staples of a name; what failed is an error, though an agent tries it again. */
export async function reportStaple(
  name: string,
  report: StapleReport,
  context: CommandContext,
): Promise<ExitCode> {
  const { text: note } = await agentNote(await context.services(), context);
  const { staples, endpoints } = report;
  const told = endpoints.map(({ label, type, text }) => ({ label, type, text }));
  const json = { name, staples: staples.map(stapleJson), endpoints: told };
  const [kept] = staples;
  const failed = endpoints.filter(({ type }) => type === 'failed');
  const trouble = kept?.error ?? failed[0]?.text;
  if (trouble !== undefined) {
    const what =
      kept?.error === undefined ? `serve the OCSP response of` : 'get an OCSP response for';
    const message = `Cannot ${what} "${name}": ${trouble}`;
    const again = `It is tried again${note}; see "certkeeper show staple ${name}"`;
    const own = kept?.error === undefined ? failed[0]?.hint : undefined;
    const hint = own === undefined ? again : `${own}. ${again}`;
    return failCommand({ code: 'DELIVERY_FAILED', message, hint }, context, json);
  }
  const until = kept?.held && formatTime(kept.held.until);
  const where = endpoints.map(({ label }) => label).join(', ');
  context.print.done(
    json,
    `"${name}" is stapled at ${where} until ${until ?? 'further notice'}${note}`,
  );
  return 0;
}

/** Write what is kept as JSON, octets apart. */
export function stapleJson({ held, revoked, ...kept }: KeptStaple): JsonFields {
  const { der: _, ...response } = held ?? {};
  return {
    certificate: kept.certificate,
    ...times(response),
    nextAt: formatTime(kept.nextAt),
    failures: kept.failures,
    triedAt: kept.triedAt && formatTime(kept.triedAt),
    code: kept.code,
    error: kept.error,
    retryAfter: kept.retryAfter && formatTime(kept.retryAfter),
    revoked: revoked && { at: formatTime(revoked.at), reason: revoked.reason },
  };
}

function times(fields: Readonly<Record<string, Date | string | undefined>>): JsonFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Date ? formatTime(value) : value,
    ]),
  );
}
