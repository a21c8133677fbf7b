import { setImmediate as pause } from 'node:timers/promises';
import { CertError } from '../base/errors.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { Agent } from './agent.ts';
import { askHealth } from './health.ts';
import type { MetricsPlace, MetricsServer } from './metrics-server.ts';
import { serviceManager, type Notice } from './sd-notify.ts';
import { feedWatchdog, watchdogMs } from './watchdog.ts';

/** How others watch an agent. */
export interface OperationsOptions {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absent: metrics are not served. */
  readonly metrics?: MetricsPlace;
  /** Absolute; absent: metrics are not written. */
  readonly metricsFile?: string;
}

/** What runs beside an agent for those who watch it. */
export interface Operations {
  /** Where metrics are served. */
  readonly metricsUrl?: string;
  /** Say to the service manager that the agent works. */
  ready(): Promise<void>;
  /** Say to it, once, that the agent ends. */
  stopping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Begin what runs beside an agent: metrics, health, the watchdog. What does not work of it keeps nobody from renewing
 * certificates: it is warned of.
 */
export async function startOperations(
  { store, clock, log }: Pick<LifecycleContext, 'store' | 'clock' | 'log'>,
  agent: Agent,
  { version, env, metrics: place, metricsFile }: OperationsOptions,
): Promise<Operations> {
  const status = (): ReturnType<Agent['status']> => agent.status();
  const closing: (() => void | Promise<void>)[] = [];
  let server: MetricsServer | undefined;
  if (place !== undefined || metricsFile !== undefined) {
    const { pictureTaker } = await import('./metrics-picture.ts');
    const { contentType, exposition } = await import('../metrics/exposition.ts');
    const take = pictureTaker({ store, clock, version, status });
    // The first one reads every certificate: whoever asks first is not to wait for that.
    void take().catch(() => {});
    const metrics = async () => ({ contentType, parts: exposition(await take(), pause) });
    try {
      if (place !== undefined) {
        const { serveMetrics } = await import('./metrics-server.ts');
        const ready = () => askHealth(status, () => clock.now());
        server = await serveMetrics(place, { metrics, ready });
        closing.push(() => server?.close());
      }
      if (metricsFile !== undefined) {
        const { keepMetricsFile } = await import('./metrics-file.ts');
        closing.push(keepMetricsFile(metricsFile, metrics, log));
      }
    } catch (error) {
      if (!(error instanceof CertError)) throw error;
      log.warn(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`);
    }
  }
  const manager = serviceManager(env, log);
  const everyMs = watchdogMs(env, process.pid);
  if (manager !== undefined && everyMs !== undefined) {
    const watchdog = feedWatchdog(manager, everyMs, async () => {
      await store.schedule.next();
      return true;
    });
    closing.push(() => watchdog.stop());
  }
  const said = async (...notices: readonly Notice[]): Promise<void> => manager?.notify(...notices);
  let stopping: Promise<void> | undefined;
  return {
    ...(server && { metricsUrl: server.url }),
    ready: () => said('READY=1', `MAINPID=${process.pid}`, 'STATUS=Renews what is due'),
    stopping: () => (stopping ??= said('STOPPING=1', 'STATUS=Ends what it is doing')),
    async close() {
      for (const each of closing) await each();
    },
  };
}
