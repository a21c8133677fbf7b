import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One statement of the conformance checklist. */
export interface Row {
  readonly id: string;
  /** MUST, SHOULD or MAY. */
  readonly level: 'M' | 'S' | 'O';
  readonly statement: string;
  /** The RFCs, and what else it rests on. */
  readonly basis: string;
  /** Heading it stands under. */
  readonly section: string;
}

/** Letters of the sections: header, protection, bodies, responses, certificates, long waits, transfer. */
export const ROW_ID = '[HPBRCLT][1-9][0-9]?';

/** Read the rows out of `docs/conformance-rows.md`. @throws {Error} for a row that is none, or stands there twice */
export function readRows(root: string): readonly Row[] {
  const rows: Row[] = [];
  let section = '';
  for (const line of readFileSync(join(root, 'docs/conformance-rows.md'), 'utf8').split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    if (!/^\| [A-Z]\d/.test(line)) continue;
    const [, id = '', level = '', statement = '', basis = ''] =
      new RegExp(`^\\| (${ROW_ID}) \\| ([MSO]) \\| (.+) \\| (.+) \\|$`).exec(line) ?? [];
    if (level !== 'M' && level !== 'S' && level !== 'O') throw new Error(`no row: ${line}`);
    if (rows.some((row) => row.id === id)) throw new Error(`row ${id} stands there twice`);
    rows.push({ id, level, statement, basis, section });
  }
  return rows;
}
