import { servedNames } from '../../lifecycle/served-names.ts';
import type { Body } from '../command.ts';
import { readStored } from '../stored.ts';
import { formatTable } from '../table.ts';

/** List which certificates the agents of which nodes may fetch. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const served = (await readStored(context, ({ store }) => servedNames(store))) ?? [];
  const json = { served: served.map(({ name, nodes }) => ({ name, nodes })) };
  context.print.show(json, () =>
    served.length === 0
      ? 'Nothing is served to other agents\n'
      : formatTable(
          [{ title: 'NAME' }, { title: 'NODE' }],
          served.flatMap(({ name, nodes }) => nodes.map((node) => [name, node])),
        ),
  );
  return 0;
};
