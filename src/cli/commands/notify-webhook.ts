import { putDestination } from '../../lifecycle/put-destination.ts';
import type { Body } from '../command.ts';
import type { notifyWebhookParameters } from '../parameters-notify.ts';
import { resolveSecret } from '../secret.ts';

/** Post each notification to a server. */
export const run: Body<typeof notifyWebhookParameters> = async (args, context) => {
  const { name, url, secret, plainHttp } = args;
  const octets = await resolveSecret(secret, 'secret', context);
  await putDestination(
    await context.services(),
    { type: 'webhook', name, url, ...(plainHttp && { allowPlainHttp: true }) },
    new Map([['secret', octets]]),
  );
  context.print.done(
    { name, type: 'webhook', url },
    `Notifications are posted to ${url} from now on; try it with "certkeeper notify test ${name}"`,
  );
  return 0;
};
