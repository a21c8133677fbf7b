import { snmpBaseOid } from '../../lifecycle/setting-keys.ts';
import { defaultBaseOid } from '../../traps/base-oid.ts';
import { mibText } from '../../traps/mib-text.ts';
import type { Body } from '../command.ts';
import { readStored } from '../stored.ts';

/** Print the MIB as it is sent. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const set = await readStored(context, ({ store }) => store.settings.get(snmpBaseOid));
  const baseOid = set ?? defaultBaseOid;
  const mib = mibText(baseOid);
  context.print.show({ baseOid, mib }, () => mib);
  return 0;
};
