import { formatTime } from '../../base/format-time.ts';
import { listTokens } from '../../lifecycle/token-settings.ts';
import type { Body } from '../command.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** List the tokens that are set up. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const tokens = (await readStored(context, ({ store }) => listTokens(store))) ?? [];
  const json = tokens.map(({ token, modulePath, pinSource, pinRefusedAt }) => ({
    token,
    module: modulePath,
    pin: pinSource,
    pinRefusedAt: pinRefusedAt && formatTime(pinRefusedAt),
  }));
  context.print.show({ tokens: json }, () => {
    if (tokens.length === 0) {
      return `No token is set up${whereLooked(context)}; certkeeper crypto token add does so\n`;
    }
    const columns = ['TOKEN', 'MODULE', 'PIN', 'PIN REFUSED'];
    return formatTable(
      columns.map((title) => ({ title })),
      json.map(({ token, module, pin = '-', pinRefusedAt = '-' }) => [
        token,
        module,
        pin,
        pinRefusedAt,
      ]),
    );
  });
  return 0;
};
