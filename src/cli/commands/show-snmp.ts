import type { Services } from '../../agent/compose.ts';
import { decodeDestination, destinationText } from '../../lifecycle/destination-settings.ts';
import { formatTime } from '../../base/format-time.ts';
import { waitingFor, type Waiting } from '../../lifecycle/doctor-destinations.ts';
import { notificationPolicy } from '../../lifecycle/notification-policy.ts';
import { snmpBaseOid } from '../../lifecycle/setting-keys.ts';
import { usualPolicy } from '../../traps/alarms/policy.ts';
import { defaultBaseOid } from '../../traps/base-oid.ts';
import type { Body } from '../command.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields, formatTable } from '../table.ts';

/** Show where notifications go, and who sends. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const shown = (await readStored(context, readAll)) ?? {
    engine: undefined,
    policy: usualPolicy,
    baseOid: defaultBaseOid,
    destinations: [],
  };
  const { engine, policy, baseOid, destinations } = shown;
  const { warningHours, repeatHours } = policy;
  context.print.show(
    {
      engineID: engine?.engineID,
      boots: engine?.boots,
      baseOid,
      warningHours,
      repeatHours,
      destinations,
    },
    () => {
      const fields = formatFields([
        [
          'engine ID',
          engine === undefined ? 'made with the first SNMP destination' : `0x${engine.engineID}`,
        ],
        ['boots', engine?.boots.toString()],
        ['base OID', baseOid],
        ['ends are warned of', warningHours === 0 ? 'never' : `${warningHours} hours before`],
        ['told again after', repeatHours === 0 ? 'nothing is' : `${repeatHours} hours`],
      ]);
      if (destinations.length === 0) return `${fields}\nNobody is told${whereLooked(context)}\n`;
      const columns = ['NAME', 'HOW', 'WAITING', 'SINCE', 'DROPPED', 'LAST SENT', 'TROUBLE'];
      return `${fields}\n${formatTable(
        columns.map((title) => ({ title })),
        destinations.map(
          ({ name, how, waiting, waitingSince = '-', dropped, sentAt = '-', trouble = '' }) => [
            name,
            how,
            String(waiting),
            waitingSince,
            String(dropped),
            sentAt,
            trouble,
          ],
        ),
      )}`;
    },
  );
  return 0;
};

async function readAll({ store, clock }: Pick<Services, 'store' | 'clock'>) {
  const records = await store.destinations.list();
  const due: (Waiting | undefined)[] = [];
  for (const { name } of records) due.push(await waitingFor(store, name, clock.now()));
  const waiting = await store.outbox.sizes();
  return {
    engine: await store.snmpEngine.get(),
    policy: await notificationPolicy(store),
    baseOid: (await store.settings.get(snmpBaseOid)) ?? defaultBaseOid,
    destinations: records.map((record, at) => {
      const { name, dropped, sentAt, failure } = record;
      const destination = decodeDestination(record);
      const since = due[at]?.since;
      return {
        ...destination,
        name,
        how: destinationText(destination),
        waiting: waiting.get(name) ?? 0,
        ...(since && { waitingSince: formatTime(since) }),
        dropped,
        ...(sentAt && { sentAt: formatTime(sentAt) }),
        ...(failure && { trouble: failure.text, troubleAt: formatTime(failure.at) }),
      };
    }),
  };
}
