import { CertError } from '../../src/base/errors.ts';
import type { DeliveryFs } from '../../src/deploy/delivery-fs.ts';
import { readOnly } from '../../src/store/read-only.ts';
import type { Store } from '../../src/store/store.ts';
import { methodsOf, tablesOf } from './read-cache.ts';

/** A process of the gateway, which can die between any two of its writes. */
export interface ProcessImage {
  readonly pid: number;
  readonly isDead: boolean;
  /** Settles when it dies. */
  readonly died: Promise<'died'>;
  /** Let it die so many instants from now: at a write, a file operation, or a message sent or received. */
  dieIn(instants: number): void;
  die(): void;
  /** Come to an instant. */
  tick(): void;
  /** Come to an instant, and go on after it; never, when the process is dead by then. */
  live(): Promise<void>;
}

/** Start a process. */
export function processImage(pid: number, onDeath: () => void): ProcessImage {
  const end = Promise.withResolvers<'died'>();
  let left = Infinity;
  let isDead = false;
  const image: ProcessImage = {
    pid,
    get isDead() {
      return isDead;
    },
    died: end.promise,
    dieIn(instants) {
      left = instants;
    },
    die() {
      if (isDead) return;
      isDead = true;
      onDeath();
      end.resolve('died');
    },
    tick() {
      left--;
      if (left <= 0) image.die();
    },
    async live() {
      image.tick();
      await never(image);
    },
  };
  return image;
}

/** Nothing of a dead process goes on: not what waits, not what would tidy up. */
async function never({ isDead }: ProcessImage): Promise<void> {
  if (isDead) await new Promise<void>(() => {});
}

/** What may hinder a process in what it does, by throwing. */
export interface Hindrance {
  /** Before each write to the store. */
  readonly write: () => void;
  /** Before each change to a file. */
  readonly change: () => void;
}

function refuse(): never {
  throw new CertError('INTERNAL', 'Cannot write');
}

/** Tell which methods of a store write. */
export function writesOf(store: Store): (group: string, method: string) => boolean {
  const reading = readOnly(store, refuse);
  const refused: unknown = reading.schedule.plan;
  return (group, method) => {
    if (group === 'leases') return method !== 'holder';
    const table: unknown = Reflect.get(reading, group);
    return typeof table === 'object' && table !== null && Reflect.get(table, method) === refused;
  };
}

/** A store that does nothing more once its process is dead. */
export function mortalStore(
  store: Store,
  image: ProcessImage,
  { write }: Hindrance,
  isWriting: (group: string, method: string) => boolean,
): Store {
  return tablesOf(store, (group, inner) =>
    methodsOf(inner, (method, work) => {
      const hinder = isWriting(group, method) ? write : () => {};
      return async (...args) => {
        if (image.isDead) await never(image);
        hinder();
        try {
          const result = await work(...args);
          if (image.isDead) await never(image);
          return result;
        } catch (error) {
          await never(image);
          throw error;
        }
      };
    }),
  );
}

/** A file system that a process does nothing more to once it is dead. */
export function mortalFs(fs: DeliveryFs, image: ProcessImage, { change }: Hindrance): DeliveryFs {
  const mortal =
    <T extends readonly unknown[], R>(work: (...args: T) => Promise<R>) =>
    async (...args: T): Promise<R> => {
      await image.live();
      change();
      const result = await work(...args);
      await never(image);
      return result;
    };
  return {
    status: (path) => fs.status(path),
    targetStatus: (path) => fs.targetStatus(path),
    read: (path) => fs.read(path),
    makeDirectory: mortal((path, mode, parents) => fs.makeDirectory(path, mode, parents)),
    writeNew: mortal((path, content, attributes) => fs.writeNew(path, content, attributes)),
    duplicate: mortal((from, to) => fs.duplicate(from, to)),
    rename: mortal((from, to) => fs.rename(from, to)),
    remove: mortal((path) => fs.remove(path)),
    removeAll: mortal((path) => fs.removeAll(path)),
    syncDirectory: (path) => fs.syncDirectory(path),
  };
}
