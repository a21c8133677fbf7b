import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-store.ts';

/** Commands about the state directory as a whole. */
export const storeCommands: readonly Command[] = [
  defineCommand({
    words: ['store', 'backup'],
    // Keys leave the store with it.
    changes: 'world',
    summary: 'Write a copy of the store to one file, while others work with it',
    parameters: table.storeBackupParameters,
    example: 'store backup /var/backups/certkeeper/monday.db',
    load: () => import('./commands/store-backup.ts'),
  }),
  defineCommand({
    words: ['store', 'restore'],
    changes: 'world',
    summary: 'Put a backup in the place of the store, which is kept beside it',
    parameters: table.storeRestoreParameters,
    example: 'store restore /var/backups/certkeeper/monday.db',
    load: () => import('./commands/store-restore.ts'),
  }),
  defineCommand({
    words: ['store', 'rekey'],
    changes: 'store',
    summary: 'Change the store key',
    parameters: table.storeRekeyParameters,
    example: 'store rekey new-key prompt data-key',
    load: () => import('./commands/store-rekey.ts'),
  }),
];
