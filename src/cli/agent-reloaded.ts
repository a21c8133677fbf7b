/** What an agent says after a reload. */
export type Reloaded = {
  readonly reloaded: true;
  /** What its configuration file changed, as `ca.rootA removed`. */
  readonly changes: readonly string[];
};

/** Read that, as another version may say it. */
export function readReloaded(answer: object): Reloaded {
  const { changes }: Readonly<Record<string, unknown>> = { ...answer };
  const list: readonly unknown[] = Array.isArray(changes) ? changes : [];
  return { reloaded: true, changes: list.filter((each) => typeof each === 'string') };
}

/** Say it as a sentence: what the file changed may be what somebody has just set at the keyboard. */
export function reloadedText({ changes }: Reloaded): string {
  const made =
    changes.length === 0 ? '' : `; its configuration file changed: ${changes.join(', ')}`;
  return `The agent looks at everything again${made}`;
}
