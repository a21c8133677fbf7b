import { responderPlaceText } from '../../lifecycle/responder-place.ts';
import { readResponder } from '../../lifecycle/responder-setting.ts';
import type { Body } from '../command.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields } from '../table.ts';

/** Show how the agent answers OCSP requests of servers. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const setting = await readStored(context, ({ store }) => readResponder(store.settings));
  context.print.show({ responder: setting && { ...setting } }, () => {
    if (setting === undefined) {
      return `The agent answers no OCSP requests${whereLooked(context)}; certkeeper staple responder listen has it do so\n`;
    }
    const { isOpen, forCa, object, passesNonces } = setting;
    return formatFields([
      ['OCSP responder', `http://${responderPlaceText(setting)}/`],
      ['open', isOpen ? 'on' : 'off'],
      ['for-ca', forCa.length > 0 ? forCa.join(', ') : undefined],
      ['ocsp-object', object],
      ['nonces', passesNonces ? 'pass' : 'keep'],
    ]);
  });
  return 0;
};
