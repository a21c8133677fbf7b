import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { readResponder, type ResponderSetting } from '../lifecycle/responder-setting.ts';
import { relayOf } from '../lifecycle/set-responder.ts';
import { ipsecRelays, type IpsecRelays } from '../lifecycle/ipsec-relays.ts';
import type { Store } from '../store/store.ts';
import type { ValidationParts } from './compose-validation.ts';
import type { HeardRevocations } from './heard-revocations.ts';
import { keepLooking } from './keep-looking.ts';
import { serveResponses, type OcspResponder, type ResponderSource } from './ocsp-responder.ts';
import { passNonce } from './pass-nonce.ts';
import { relayBudget } from './request-counter.ts';
import { tellingGate } from './telling-gate.ts';
import { responderSource, type Relay } from './responder-source.ts';
import { servedCrls } from './served-crls.ts';

/** What answering stands on. */
export interface RespondingContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly validation: Pick<ValidationParts, 'askForOthers'>;
  /** Told what charons, and servers, are told of the certificates of others. */
  readonly heard?: Pick<HeardRevocations, 'note'>;
}

/** That servers are answered as it is set, as long as the agent works. */
export interface Responding {
  /** Where; undefined while nobody is, or cannot be. */
  url(): string | undefined;
  /** Take up what is set now, or try again to listen. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** How soon a changed setting counts, or a port that was taken is tried again. */
const EVERY_MS = 10_000;

/** How long CAs and object are taken for what they were when they were read last. */
const RELAY_MS = 1000;

/** Answer OCSP requests as it is set from time to time. What goes wrong is told once, and keeps nobody from renewing. */
export async function keepResponding(context: RespondingContext): Promise<Responding> {
  const { store, log } = context;
  let server: OcspResponder | undefined;
  let served: string | undefined;

  const end = async (): Promise<void> => {
    await server?.close();
    server = undefined;
    served = undefined;
  };
  const look = async (): Promise<void> => {
    const setting = await readResponder(store.settings);
    const written = setting && JSON.stringify(setting);
    if (written !== served) await end();
    if (setting && server === undefined) {
      server = await serveResponses(setting, sourceFor(context, setting));
      served = written;
      log.info(`OCSP requests are answered at ${server.url}`);
    }
  };
  const { refresh, close } = await keepLooking(look, { log, everyMs: EVERY_MS });
  return {
    url: () => server?.url,
    refresh,
    async close() {
      await close();
      await end();
    },
  };
}

function sourceFor(context: RespondingContext, setting: ResponderSetting): ResponderSource {
  const { store, clock, log, validation } = context;
  let known: readonly Relay[] = [];
  let readAt: number | undefined;
  let reading: Promise<void> | undefined;
  let complaint: string | undefined;
  /** What is set for servers, or why that cannot be used. */
  const ofServers = async (): Promise<{ readonly relay?: Relay; readonly failure?: string }> => {
    try {
      const relay = await relayOf(store, setting);
      return relay ? { relay } : {};
    } catch (error) {
      if (!(error instanceof CertError)) throw error;
      return { failure: error.message };
    }
  };
  const ofGateways = async (): Promise<IpsecRelays & { readonly relays: readonly Relay[] }> => {
    try {
      const { relays, failures } = await ipsecRelays(store);
      return { relays: relays.map(requiringNonce), failures };
    } catch (error) {
      if (!(error instanceof CertError)) throw error;
      // A store of another version, for one: what is ours is answered all the same.
      return { relays: [], failures: [error.message] };
    }
  };
  const read = async (): Promise<void> => {
    const { relay, failure } = await ofServers();
    const { relays, failures } = await ofGateways();
    known = relay ? [...relays, relay] : relays;
    const said = [...new Set([...(failure === undefined ? [] : [failure]), ...failures])].join(
      '; ',
    );
    if (said !== '' && said !== complaint) log.warn(said);
    complaint = said;
    readAt = clock.now().getTime();
  };
  const budget = relayBudget(clock);
  const gate = tellingGate(clock);
  const crls = servedCrls(context);
  const source = responderSource({
    store,
    clock,
    budget,
    failed({ code, detail }, { object: { name } }) {
      if (gate.pass(`${name} ${code}`) === undefined) return;
      log.warn(`OCSP object "${name}" has no word for a server that asks: ${detail} (${code})`);
    },
    said({ certificate: { tbsCertificate }, issuer }, verdict, der) {
      context.heard?.note(issuer, tbsCertificate.serialNumber, verdict, der);
    },
    ocsp: validation.askForOthers(budget),
    async relays() {
      const age = clock.now().getTime() - (readAt ?? -Infinity);
      if (age < 0 || age >= RELAY_MS) {
        reading ??= read().finally(() => {
          reading = undefined;
        });
        await reading;
      }
      return known;
    },
    passOn: passNonce(clock),
    passesNonces: setting.passesNonces,
  });
  return { ...source, crl: (place) => crls.find(place) };
}

/** What an object requires holds for charon as it does for the agent itself. */
function requiringNonce(relay: Relay): Relay {
  return { ...relay, isNonceRequired: relay.object.rules.nonce === 'require' };
}
