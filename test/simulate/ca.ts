import { CertError } from '../../src/base/errors.ts';
import { createLab, type Lab } from '../../src/ca/lab.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import type { Transport } from '../../src/cmp/transport/transport.ts';
import type { Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';
import type { ProcessImage } from './process-image.ts';

/** What is wrong between gateway and CA; each holds while it is above 0. */
export interface Weather {
  /** Connections are refused. */
  down: number;
  /** Nobody answers. */
  silent: number;
  /** A proxy says 503. */
  gateway: number;
  /** Answers take their time. */
  slow: number;
  /** What the CA did is done, and its answer comes too late. */
  late: number;
  /** So many answers to certConf get lost. */
  lostConfirmations: number;
}

/** The CA of a world, and the way to it. */
export interface SimulatedCa {
  readonly lab: Lab;
  readonly weather: Weather;
  /** Messages that left the gateway. */
  readonly sent: number;
  /** The transport of one process. */
  connect(image: ProcessImage): Transport;
  /** Change what the CA does. */
  set(settings: Partial<LabSettings>): void;
  /** Forget what it was to do wrong. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

/** A little less than the response timeout of the CA profile. */
const slowMs = 25_000;

/** The response timeout of the CA profile. */
export const timeoutMs = 30_000;

/** Longer than any world, so that no certificate ends with its CA. */
const caDays = 36_500;

/** Open the CA of a world. */
export async function simulatedCa(
  directory: string,
  clock: WorldClock,
  luck: Chance,
  settings: Partial<LabSettings>,
): Promise<SimulatedCa> {
  const random = { bytes: (length: number) => luck.bytes(length) };
  const openLab = (with_: Partial<LabSettings>): Promise<Lab> =>
    createLab({ directory, clock: clock.theirs, random, caDays, settings: with_ });
  let lab = await openLab(settings);
  let sent = 0;
  const weather: Weather = {
    down: 0,
    silent: 0,
    gateway: 0,
    slow: 0,
    late: 0,
    lostConfirmations: 0,
  };
  const silence = (): CertError => {
    clock.advance(timeoutMs);
    return new CertError('NETWORK_TIMEOUT', 'Cannot get a response: silence for 30 s');
  };

  const exchange = async (der: Uint8Array): Promise<Uint8Array> => {
    sent++;
    if (weather.down > 0) {
      clock.advance(luck.between(1, 3000));
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect: connection refused');
    }
    if (weather.silent > 0) throw silence();
    if (weather.gateway > 0) {
      clock.advance(luck.between(1, 500));
      throw new CertError('HTTP_STATUS', 'Cannot use the response: HTTP 503');
    }
    clock.advance(weather.slow > 0 ? luck.between(1000, slowMs) : luck.between(5, 200));
    const answer = await lab.handle(der);
    if (weather.late > 0) throw silence();
    if (weather.lostConfirmations > 0 && decodeMessage(der).body.type === 'certConf') {
      weather.lostConfirmations--;
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot get a response: connection reset');
    }
    return answer;
  };

  return {
    get lab() {
      return lab;
    },
    weather,
    get sent() {
      return sent;
    },
    connect: (image) => ({
      async exchange(der, signal) {
        signal?.throwIfAborted();
        await image.live();
        try {
          return await exchange(der);
        } finally {
          await image.live();
        }
      },
      async close() {},
    }),
    set(changes) {
      // The lab looks at its settings with each message.
      Object.assign(lab.settings, changes);
    },
    async recover() {
      const { settings: now } = lab;
      await lab.close();
      lab = await openLab(now);
    },
    close: () => lab.close(),
  };
}
